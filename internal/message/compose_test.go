package message_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// golden compares got with a file of testdata, or writes that file when
// UPDATE_GOLDEN is set.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func poolWith(template *pool.VerificationMessageTemplate) pool.Pool {
	return pool.Pool{ID: "us-east-1_demo00001", Settings: pool.Settings{VerificationMessageTemplate: template}}
}

func letter() message.Letter {
	return message.Letter{
		To:       "ann@example.com",
		Username: "ann",
		Code:     "123456",
		Link:     "https://demo.example.com/confirmUser?client_id=c1&user_name=ann&confirmation_code=123456",
	}
}

const htmlTemplate = `<!DOCTYPE html><html><head><title>x</title><style>p { color: #123 }</style></head>
<body><h1>Hello {username} &amp; welcome</h1>
<p>Your code is <b>{####}</b>.<br>It works for a day.</p>
<ul><li>one</li><li>two</li></ul>
<p><a href="https://example.com/help">Help</a>, <a href='https://example.com'>https://example.com</a></p>
<!-- not shown --></body></html>`

func TestCompose(t *testing.T) {
	t.Parallel()
	byLink := func(body string) *pool.VerificationMessageTemplate {
		return &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK", EmailMessageByLink: body}
	}
	evil := letter()
	evil.Username = `<img src=x onerror="alert(1)">{####}&amp;`
	legacy := poolWith(nil)
	legacy.EmailVerificationSubject, legacy.EmailVerificationMessage = "Old subject", "Old way: {####}"
	sender := poolWith(nil)
	sender.EmailConfiguration = &pool.EmailConfiguration{From: "Demo <demo@example.com>", ReplyToEmailAddress: "help@example.com"}
	both := legacy
	both.VerificationMessageTemplate = &pool.VerificationMessageTemplate{EmailSubject: "Für {username}", EmailMessage: "Neu: {####} für {username}"}

	for _, test := range []struct {
		name string
		pool pool.Pool
		kind pool.MailKind
		in   message.Letter
	}{
		{"default-code", poolWith(nil), pool.MailConfirm, letter()},
		{"default-link", poolWith(byLink("")), pool.MailConfirm, letter()},
		{"reset-of-a-link-pool", poolWith(byLink("")), pool.MailReset, letter()},
		{"no-link-in-a-code-mail", poolWith(&pool.VerificationMessageTemplate{EmailMessage: "<i>{####}</i> {##Verify##}"}), pool.MailReset, letter()},
		{"legacy-template", legacy, pool.MailReset, letter()},
		{"template-before-legacy", both, pool.MailConfirm, letter()},
		{"own-sender", sender, pool.MailConfirm, letter()},
		{"html", poolWith(&pool.VerificationMessageTemplate{EmailMessage: htmlTemplate}), pool.MailConfirm, letter()},
		{"html-escaped", poolWith(&pool.VerificationMessageTemplate{EmailMessage: "<p>{username}: {####}</p>"}), pool.MailConfirm, evil},
		{"text-not-escaped", poolWith(&pool.VerificationMessageTemplate{EmailMessage: "{username}: {####} by <ann@example.com>, 1 < 2"}), pool.MailConfirm, evil},
		{"link-in-html", poolWith(byLink("<p>Dear {username},</p><p>{##<b>Confirm</b> now##}</p>")), pool.MailConfirm, evil},
		{"link-in-lines", poolWith(byLink("Dear {username} & co,\n\n{##Confirm##} or type {####}")), pool.MailConfirm, letter()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := message.Compose(test.pool, test.kind, test.in)
			if err != nil {
				t.Fatal(err)
			}
			if m.UserPoolID != test.pool.ID || m.Kind != test.kind || m.Code != test.in.Code {
				t.Errorf("pool %q, kind %q, code kept: %v", m.UserPoolID, m.Kind, m.Code == test.in.Code)
			}
			golden(t, test.name, fmt.Sprintf("From: %s\nReply-To: %s\nTo: %s\nSubject: %s\n\n--- text\n%s\n--- html\n%s\n",
				m.From, m.ReplyTo, m.To, m.Subject.Reveal(), m.Text.Reveal(), m.HTML.Reveal()))
		})
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	type change func(p *pool.Pool, in *message.Letter)
	template := func(v pool.VerificationMessageTemplate) change {
		return func(p *pool.Pool, _ *message.Letter) { p.VerificationMessageTemplate = &v }
	}
	for name, broken := range map[string]change{
		"line break in the subject": template(pool.VerificationMessageTemplate{EmailSubject: "Code\r\nBcc: eve@example.com"}),
		"line feed in the subject":  template(pool.VerificationMessageTemplate{EmailSubject: "Code\nx"}),
		"no code in the template":   template(pool.VerificationMessageTemplate{EmailMessage: "Hello"}),
		"no link in the template":   template(pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK", EmailMessageByLink: "Code {####}"}),
		"line break in the address": func(_ *pool.Pool, in *message.Letter) { in.To = "ann@example.com\r\nBcc: eve@example.com" },
		"two addresses":             func(_ *pool.Pool, in *message.Letter) { in.To = "ann@example.com, eve@example.com" },
		"address with a name":       func(_ *pool.Pool, in *message.Letter) { in.To = "Ann <ann@example.com>" },
		"no address":                func(_ *pool.Pool, in *message.Letter) { in.To = "" },
		"username breaks the header": func(p *pool.Pool, in *message.Letter) {
			p.EmailVerificationSubject, in.Username = "For {username}", "ann\r\nBcc: eve@example.com"
		},
		"line break in the sender": func(p *pool.Pool, _ *message.Letter) {
			p.EmailConfiguration = &pool.EmailConfiguration{From: "a@example.com\r\nBcc: eve@example.com"}
		},
		"reply address is none": func(p *pool.Pool, _ *message.Letter) {
			p.EmailConfiguration = &pool.EmailConfiguration{ReplyToEmailAddress: "nobody"}
		},
		"mail by link without a link": func(p *pool.Pool, in *message.Letter) {
			p.VerificationMessageTemplate, in.Link = &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"}, ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, in := poolWith(nil), letter()
			broken(&p, &in)
			m, err := message.Compose(p, pool.MailConfirm, in)
			if err == nil {
				t.Fatalf("no error, but a mail to %q with subject %q", m.To, m.Subject)
			}
			if strings.Contains(err.Error(), "123456") {
				t.Errorf("the error shows the code: %v", err)
			}
		})
	}
}

func TestComposeInternationalAddress(t *testing.T) {
	t.Parallel()
	in := letter()
	in.To = "jürgen@bücher.example"
	if m, err := message.Compose(poolWith(nil), pool.MailConfirm, in); err != nil || m.To != in.To {
		t.Errorf("To = %q, err = %v", m.To, err)
	}
}
