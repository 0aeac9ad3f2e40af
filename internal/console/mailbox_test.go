package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

const ann = "ann@example.com"

// letter is one message of /mailbox.json.
type letter struct {
	ID, To, Subject, Text, HTML, Code, Link, UserPoolID, State string

	CreatedAt time.Time
}

// ask sends a GET with headers, given as names and values; Host is one of them.
func ask(t *testing.T, h *housetest.House, path string, headers ...string) *housetest.Page {
	t.Helper()
	b := h.Browser()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.At(path).String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.Do(r)
}

func letters(t *testing.T, h *housetest.House, query string) []letter {
	t.Helper()
	p := ask(t, h, "/mailbox.json"+query)
	var out []letter
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil || out == nil || p.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("/mailbox.json%s is %s %q (%v)", query, p.Header.Get("Content-Type"), p.Body, err)
	}
	return out
}

// signUp leaves a mail to the address.
func signUp(t *testing.T, h *housetest.House, address string) {
	t.Helper()
	b := h.Browser()
	b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", address, "password", "secret1")
	h.Mail(address)
}

func TestMailboxShowsWhatWasSent(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	if got := letters(t, h, ""); len(got) != 0 {
		t.Errorf("a new mailbox holds %v", got)
	}
	ask(t, h, "/mailbox").Shows("No mail yet.")
	signUp(t, h, ann)
	signUp(t, h, "bea@example.com")

	got := letters(t, h, "?to=ANN@example.com")
	if len(got) != 1 {
		t.Fatalf("to ann: %+v", got)
	}
	m := got[0]
	if m.To != ann || m.UserPoolID != housetest.PoolID || m.State != "delivered" || len(m.Code) != 6 || !strings.Contains(m.Text, m.Code) || m.Link != "" {
		t.Errorf("the mail is %+v", m)
	}
	if ago := h.Now().Sub(m.CreatedAt); ago < 0 || ago > time.Minute {
		t.Errorf("it was sent %v ago", ago)
	}
	if all := letters(t, h, ""); len(all) != 2 || all[0].To != "bea@example.com" {
		t.Errorf("the newest is not first: %+v", all)
	}
	page := ask(t, h, "/mailbox?to="+ann)
	page.Shows(`<span class="digits">` + m.Code + `</span>`)
	if strings.Contains(page.Body, "bea@example.com") {
		t.Error("another's mail is shown")
	}
	for _, query := range []string{"?to=nobody@example.com", "?to=%00", "?to=%ff", "?to=" + strings.Repeat("a", 4000)} {
		if got := letters(t, h, query); len(got) != 0 {
			t.Errorf("%.20s: %+v", query, got)
		}
	}
}

func TestMailboxLeadsToTheLink(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPools[0].VerificationMessageTemplate = &pool.VerificationMessageTemplate{
			DefaultEmailOption: "CONFIRM_WITH_LINK", EmailMessageByLink: "Look at https://elsewhere.example.com/confirmUser?a=b and {##here##}.",
		}
	})})
	signUp(t, h, ann)
	link := letters(t, h, "")[0].Link
	if !strings.HasPrefix(link, h.URL()+"/confirmUser?") {
		t.Fatalf("the link is %q", link)
	}
	page := ask(t, h, "/mailbox")
	page.Shows(`<a href="` + link + `">Open the link</a>`)
	if strings.Count(page.Body, "<a ") != 1 {
		t.Errorf("other addresses became links:\n%s", page.Body)
	}
	h.Browser().Get(link).Form("confirmlinkform")
}

// TestMailboxKeepsMarkupAsText: what a mail holds is shown, never done.
func TestMailboxKeepsMarkupAsText(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&`
	h := housetest.Start(t, housetest.Config{Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPools[0].UsernameAttributes = nil
		d.UserPools[0].VerificationMessageTemplate = &pool.VerificationMessageTemplate{
			EmailSubject: evil, EmailMessage: "1 < 2 & {username}: {####} javascript:alert(3)",
		}
	})})
	b := h.Browser()
	b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", `<b>"ann"</b>`, "requiredAttributes[email]", ann, "password", "secret1")
	h.Mail(ann)
	if m := letters(t, h, "")[0]; m.Subject != evil || !strings.Contains(m.Text, `1 < 2 & <b>"ann"</b>: `) {
		t.Errorf("the mail is %+v", m)
	}
	page := ask(t, h, "/mailbox?to=%22%3E%3Cscript%3Ealert(4)%3C/script%3E")
	all := ask(t, h, "/mailbox")
	all.Shows(evil)
	for _, p := range []*housetest.Page{page, all} {
		for _, bad := range []string{"<script", "<img", "<b>", `href="javascript`} {
			if strings.Contains(p.Body, bad) {
				t.Errorf("the page holds %s:\n%s", bad, p.Body)
			}
		}
		if policy := p.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
			t.Errorf("the policy is %q", policy)
		}
	}
}

// TestMailboxAnswersItsOwnNamesOnly: a name that somebody's DNS points at this
// machine (DNS rebinding), and a pool's own domain, read no mail.
func TestMailboxAnswersItsOwnNamesOnly(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	signUp(t, h, ann)
	_, port, _ := strings.Cut(h.Address, ":")
	for _, c := range []struct {
		host   string
		status int
	}{
		{"localhost:" + port, http.StatusOK},
		{"localhost", http.StatusOK},
		{"127.0.0.1:" + port, http.StatusOK},
		{"[::1]:" + port, http.StatusOK},
		{"evil.example.com", http.StatusMisdirectedRequest},
		{"evil.example.com:" + port, http.StatusMisdirectedRequest},
		{"localhost.evil.example.com:" + port, http.StatusMisdirectedRequest},
		{"127.0.0.1.evil.example.com:" + port, http.StatusMisdirectedRequest},
		{housetest.Prefix + ".localhost:" + port, http.StatusMisdirectedRequest},
		{"127.0.0.2:" + port, http.StatusMisdirectedRequest},
		{"localhost.:" + port, http.StatusMisdirectedRequest},
	} {
		for _, path := range []string{"/mailbox", "/mailbox.json", "/mailbox?to=" + ann} {
			p := ask(t, h, path, "Host", c.host, "X-Forwarded-Host", "localhost")
			if p.Status != c.status || strings.Contains(p.Body, ann) != (c.status == http.StatusOK) {
				t.Errorf("%s at %s: %d %q, want %d", path, c.host, p.Status, p.Body, c.status)
			}
		}
	}
}

// TestMailboxIsNotForOtherSites: their scripts and frames get nothing; a link
// that a person follows works.
func TestMailboxIsNotForOtherSites(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	signUp(t, h, ann)
	for _, c := range []struct {
		site, mode string
		status     int
	}{
		{"cross-site", "cors", http.StatusForbidden},
		{"cross-site", "no-cors", http.StatusForbidden},
		{"cross-site", "", http.StatusForbidden},
		{"cross-site", "navigate", http.StatusOK},
		{"same-origin", "cors", http.StatusOK},
		{"none", "navigate", http.StatusOK},
	} {
		for _, path := range []string{"/mailbox", "/mailbox.json"} {
			p := ask(t, h, path, "Origin", "https://evil.example.com", "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode)
			if p.Status != c.status || strings.Contains(p.Body, ann) != (c.status == http.StatusOK) {
				t.Errorf("%s %s %s: %d, want %d", path, c.site, c.mode, p.Status, c.status)
			}
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": "", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			} {
				if got := p.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
		}
	}
	if p := h.Browser().Post("/mailbox", nil); p.Status != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", p.Status)
	}
}
