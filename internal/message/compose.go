package message

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// Letter is what differs from one mail of a kind to the next.
type Letter struct {
	Language string      // of what the pool has no template for: a BCP 47 tag that Language returned, or "" for English
	To       string      // one plain address
	Username string      // fills {username}
	Code     pool.Secret // fills {####}
	Link     pool.Secret // fills {##text##}: the absolute URL that confirms; only for mail by link
}

// template is the subject and the body of one kind of mail, with placeholders.
type template struct {
	subject, body string
	link          bool
}

// Compose words a mail of the given kind from the templates of p, or where it
// has none from Cognito's defaults, in the letter's language. A confirmation carries a link when the pool says
// CONFIRM_WITH_LINK; a reset always carries a code.
//
// The mail has an HTML part when its template holds tags or a link; its Text is
// then the same without them. Code, username and link are escaped in HTML. ID,
// times and state are left to the caller.
//
// It fails when the address is not one plain address, when the template lacks the
// placeholder that the mail is for, when there is no link for a mail by link, and
// when the subject or a sender's address would break out of its header.
func Compose(p pool.Pool, kind pool.MailKind, in Letter) (pool.Mail, error) {
	m := pool.Mail{UserPoolID: p.ID, Kind: kind, To: in.To, Code: in.Code}
	if c := p.EmailConfiguration; c != nil {
		m.From, m.ReplyTo = c.From, c.ReplyToEmailAddress
	}
	words, err := words(in.Language)
	if err != nil {
		return pool.Mail{}, err
	}
	t := templateFor(p, kind, words)
	if err := t.check(in); err != nil {
		return pool.Mail{}, fmt.Errorf("message: %s mail of pool %s: %w", kind, p.ID, err)
	}
	if !t.link {
		in.Link = "" // a mail by code never carries a link, whatever its template holds
	}
	m.Subject = pool.Secret(fillText(t.subject, in))
	m.Text, m.HTML = t.bodies(in)
	if err := checkHeaders(m); err != nil {
		return pool.Mail{}, fmt.Errorf("message: %s mail of pool %s: %w", kind, p.ID, err)
	}
	return m, nil
}

func templateFor(p pool.Pool, kind pool.MailKind, words *locale.Language) template {
	own := pool.VerificationMessageTemplate{}
	if p.VerificationMessageTemplate != nil {
		own = *p.VerificationMessageTemplate
	}
	if kind == pool.MailConfirm && p.ConfirmsByLink() {
		return template{
			subject: cmp.Or(own.EmailSubjectByLink, words.T("link.subject")),
			body:    cmp.Or(own.EmailMessageByLink, words.T("link.body")),
			link:    true,
		}
	}
	switch kind {
	case pool.MailInvite:
		return invitation(p, words)
	case pool.MailSecond:
		return second(p, words)
	}
	return template{
		subject: cmp.Or(own.EmailSubject, p.EmailVerificationSubject, words.T("code.subject")),
		body:    cmp.Or(own.EmailMessage, p.EmailVerificationMessage, words.T("code.body")),
	}
}

func invitation(p pool.Pool, words *locale.Language) template {
	own := pool.InviteMessageTemplate{}
	if c := p.AdminCreateUserConfig; c != nil && c.InviteMessageTemplate != nil {
		own = *c.InviteMessageTemplate
	}
	return template{subject: cmp.Or(own.EmailSubject, words.T("invite.subject")), body: cmp.Or(own.EmailMessage, words.T("invite.body"))}
}

// second is the mail of a pool's EmailMfaConfiguration.
func second(p pool.Pool, words *locale.Language) template {
	own := pool.EmailMFA{}
	if c := p.SecondFactors.EmailMfaConfiguration; c != nil {
		own = *c
	}
	return template{subject: cmp.Or(own.Subject, words.T("second.subject")), body: cmp.Or(own.Message, words.T("second.body"))}
}

func (t template) check(in Letter) error {
	switch {
	case !t.link && !strings.Contains(t.body, "{####}"):
		return errors.New("the template lacks {####}")
	case t.link && !linkMark.MatchString(t.body):
		return errors.New("the template lacks {##text##}")
	case t.link && in.Link == "":
		return errors.New("a mail by link needs a link")
	}
	return nil
}

func (t template) bodies(in Letter) (text, asHTML pool.Secret) {
	switch {
	case anyTag.MatchString(t.body):
		return pool.Secret(fillText(plainText(t.body), in)), pool.Secret(fillHTML(t.body, in))
	case t.link:
		// The words that are clicked can be a link in HTML only.
		markup := strings.ReplaceAll(html.EscapeString(strings.TrimSpace(t.body)), "\n", "<br>\n")
		return pool.Secret(fillText(t.body, in)), pool.Secret(fillHTML(markup, in))
	}
	return pool.Secret(fillText(t.body, in)), ""
}

// checkHeaders refuses what could end a header line and begin another (RFC 5322,
// section 2.2), and addresses that are not one address.
func checkHeaders(m pool.Mail) error {
	if !headerSafe(m.Subject.Reveal()) {
		return errors.New("the subject holds a control character or invalid UTF-8")
	}
	if !plainAddress(m.To) {
		return errors.New("the recipient is not one plain address")
	}
	for _, sender := range []string{m.From, m.ReplyTo} {
		if sender == "" {
			continue
		}
		if _, err := parseSender(sender); err != nil {
			return err
		}
	}
	return nil
}

func headerSafe(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// plainAddress says whether s is one address without a display name. It may be
// international (RFC 6531).
func plainAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && !strings.ContainsAny(s, "<>") && headerSafe(s)
}

// parseSender reads `a@b` or `Name <a@b>`.
func parseSender(s string) (*mail.Address, error) {
	a, err := mail.ParseAddress(s)
	if err != nil || !headerSafe(s) || !headerSafe(a.Name) {
		return nil, errors.New("the sender is not an address like a@b or Name <a@b>")
	}
	return a, nil
}
