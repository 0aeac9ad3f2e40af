package message_test

import (
	"encoding/json"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
)

var mark = regexp.MustCompile(`\{username\}|\{####\}|\{##`)

func TestEveryLanguageHasEveryMail(t *testing.T) {
	t.Parallel()
	texts := map[string]map[string]string{}
	for _, tag := range locale.Tags() {
		b, err := os.ReadFile(filepath.Join("locale", tag+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var text map[string]string
		if err := json.Unmarshal(b, &text); err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		texts[tag] = text
	}
	files, err := filepath.Glob("locale/*")
	if err != nil || len(files) != len(texts) {
		t.Errorf("the languages are %v, want %v (%v)", files, locale.Tags(), err)
	}
	source := texts[locale.Source]
	for tag, text := range texts {
		if len(text) != len(source) {
			t.Errorf("%s has %d texts, want %d", tag, len(text), len(source))
		}
		for key, want := range source {
			got := text[key]
			if tag != locale.Source && got == want || got == "" {
				t.Errorf("%s: %s is %q", tag, key, got)
			}
			marks, wanted := mark.FindAllString(got, -1), mark.FindAllString(want, -1)
			slices.Sort(marks)
			slices.Sort(wanted)
			if diff := cmp.Diff(wanted, marks); diff != "" {
				t.Errorf("%s: the placeholders of %s (-want +got):\n%s", tag, key, diff)
			}
		}
	}
}

// TestMailsInEveryLanguage sends each kind of mail in each language, and finds
// it unchanged behind the encodings of the wire.
func TestMailsInEveryLanguage(t *testing.T) {
	t.Parallel()
	byLink := poolWith(&pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"})
	seen := map[string]string{}
	for _, tag := range locale.Tags() {
		for name, c := range map[string]struct {
			pool pool.Pool
			kind pool.MailKind
			want []string
		}{
			"code":   {poolWith(nil), pool.MailConfirm, []string{"123456"}},
			"reset":  {poolWith(nil), pool.MailReset, []string{"123456"}},
			"invite": {poolWith(nil), pool.MailInvite, []string{"123456", "ann"}},
			"link":   {byLink, pool.MailConfirm, []string{letter().Link.Reveal()}},
		} {
			in := letter()
			in.Language = tag
			m, err := message.Compose(c.pool, c.kind, in)
			if err != nil {
				t.Fatalf("%s %s: %v", tag, name, err)
			}
			key := name + m.Text.Reveal()
			if other, ok := seen[key]; ok {
				t.Errorf("the %s mail reads the same in %s and %s", name, tag, other)
			}
			seen[key] = tag
			m.ID, m.CreatedAt = aMail().ID, aMail().CreatedAt
			arrives(t, m)
			for _, want := range c.want {
				if !strings.Contains(m.Text.Reveal(), want) {
					t.Errorf("the %s mail in %s lacks %q: %s", name, tag, want, m.Text.Reveal())
				}
			}
			if name == "link" && !strings.Contains(m.HTML.Reveal(), `<a href="https://demo.example.com/confirmUser?`) {
				t.Errorf("the %s mail in %s has no link: %s", name, tag, m.HTML.Reveal())
			}
		}
	}
}

// TestOwnTemplateInEveryScript: a pool's own words go out as they are, in
// whatever script and direction, whatever the person's language.
func TestOwnTemplateInEveryScript(t *testing.T) {
	t.Parallel()
	for _, own := range []pool.VerificationMessageTemplate{
		{EmailSubject: "رمز التحقق الخاص بك", EmailMessage: "رمزك هو {####} للحساب {username}"},
		{EmailSubject: "קוד האימות שלך", EmailMessage: "<p dir=\"rtl\">הקוד: <b>{####}</b></p>"},
		{EmailSubject: strings.Repeat("確認コード", 40), EmailMessage: strings.Repeat("確認コード", 400) + "{####}"},
	} {
		in := letter()
		in.Language = "de"
		m, err := message.Compose(poolWith(&own), pool.MailConfirm, in)
		if err != nil {
			t.Fatal(err)
		}
		if m.Subject.Reveal() != own.EmailSubject || strings.Contains(m.Text.Reveal(), "Bestätigungscode") {
			t.Errorf("the pool's template is not used: %s", m.Subject.Reveal())
		}
		m.ID, m.CreatedAt = aMail().ID, aMail().CreatedAt
		arrives(t, m)
	}
}

// arrives delivers m and holds what the server took against it: one header
// line per header, ASCII alone in lines that servers take (RFC 5322 §2.1.1),
// and behind the encodings the same words.
func arrives(t *testing.T, m pool.Mail) {
	t.Helper()
	ms := &mailServer{secure: message.TLSNone}
	if failed := deliver(t, ms.start(t), m); failed != nil {
		t.Fatal(failed)
	}
	data := ms.only(t).data
	for line := range strings.SplitSeq(data, "\r\n") {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 0x7e || r < ' ' && r != '\t' }) {
			t.Errorf("a line of %d bytes on the wire: %q", len(line), line)
		}
	}
	got, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
	if err != nil || subject != m.Subject.Reveal() {
		t.Errorf("the subject arrives as %q, want %q (%v)", subject, m.Subject.Reveal(), err)
	}
	if text := strings.TrimSpace(body(t, data)); text != m.Text.Reveal() {
		t.Errorf("the text arrives as %q, want %q", text, m.Text.Reveal())
	}
}

func TestLanguageOfWishes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wishes []string
		want   string
	}{
		{nil, ""}, {[]string{"", ""}, ""}, {[]string{"", "de_AT"}, "de"}, {[]string{"ja", "de"}, "ja"}, {[]string{"<script>", "zh-HK"}, "zh-TW"},
		{[]string{strings.Repeat("x", 2048)}, ""}, {[]string{"en", "de"}, "en"},
	} {
		if got := message.Language(c.wishes...); got != c.want {
			t.Errorf("%.60q lead to %q, want %q", c.wishes, got, c.want)
		}
	}
}
