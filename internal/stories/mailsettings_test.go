package stories_test

import (
	"io"
	"mime/quotedprintable"
	"regexp"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// Cognito: VerificationMessageTemplate, CONFIRM_WITH_LINK. The mail carries a
// link, whose page changes nothing until its button is pressed.
func TestVerificationByLinkSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		config := with(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.VerificationMessageTemplate = &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK", EmailSubjectByLink: "Is it you?"}
			c.DefaultRedirectURI = housetest.Callback
		})
		config.Mail = office.url
		h := housetest.Start(t, config)
		b := h.Browser()
		signsUp(h, b, ann).Shows("We sent a link to a***@e***.")
		mail := office.waits(t, ann, 1)[0]
		text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(mail.text)))
		must(t, err)
		path := regexp.MustCompile(`/confirmUser\?[^\s"<>]+`).FindString(string(text))
		if mail.subject != "Is it you?" || path == "" {
			t.Fatalf("the mail %q has no link:\n%s", mail.subject, text)
		}
		h.Browser().Get(path) // a mail scanner
		enter := func() *housetest.Page {
			other := h.Browser()
			return other.Submit(other.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", secret)
		}
		if to := enter().Location(); to != nil && to.Host != b.At("/").Host {
			t.Errorf("the link alone confirmed the account: %s", to)
		}
		page := b.Get(path)
		page.Shows("Press the button")
		if back := b.Submit(page, "confirmlinkform").Back(); back.Query().Get("code") == "" {
			t.Errorf("the button leads to %s", back)
		}
		enter().Back()
	})

	byCode := housetest.Start(t, housetest.Config{})
	signsUp(byCode, byCode.Browser(), ann).Shows("We sent a code to a***@e***.")
	byCode.Code(ann)
}

// Cognito: EmailConfigurationType. A pool's own sender is who the mail is from;
// where it names none, the server's --mail does.
func TestFromAddressSetting(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		email         *pool.EmailConfiguration
		author, reply string
	}{
		"none":    {nil, `"Pool" <pool@example.com>`, ""},
		"default": {&pool.EmailConfiguration{EmailSendingAccount: "COGNITO_DEFAULT"}, `"Pool" <pool@example.com>`, ""},
		"own":     {&pool.EmailConfiguration{From: "Shop <shop@example.org>", ReplyToEmailAddress: "help@example.org"}, `"Shop" <shop@example.org>`, "<help@example.org>"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) {
				office := openPostOffice(t)
				config := with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.EmailConfiguration = c.email })
				config.Mail = office.url
				h := housetest.Start(t, config)
				signsUp(h, h.Browser(), ann)
				if got := office.waits(t, ann, 1)[0]; got.author != c.author || got.reply != c.reply {
					t.Errorf("the mail is from %s, replies go to %q", got.author, got.reply)
				}
			})
		})
	}
}
