package web

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/pool"
)

var update = flag.Bool("update", false, "rewrite the golden pages in testdata")

// samples are one page of each kind, and the states that people meet.
func samples() map[string]*page {
	sent := pool.Delivery{Destination: "a***@e***", Medium: "EMAIL", AttributeName: "email"}
	late := sent
	late.OnItsWay = true
	strict := []string{"At least 8 characters", "An upper-case letter", "A lower-case letter", "A number", "A special character, such as ! or #"}
	const query = "?client_id=demolocalhost&response_type=code&scope=openid&redirect_uri=http%3A%2F%2Flocalhost%3A4200%2Foauth%2Fcognito&state=a%22%3E"
	base := page{
		App: "client-localhost", Back: "http://localhost:4200", Query: query, CSRF: "b5b3c9a1-9a3e-4d43-9d43-0d8f4f4d9c11",
		EmailIsUsername: true, SelfSignUp: true, Recovers: true,
	}
	with := func(name string, change func(*page)) *page {
		p := base
		p.Name = name
		if change != nil {
			change(&p)
		}
		return &p
	}
	return map[string]*page{
		"login":       with("login", nil),
		"login-wrong": with("login", func(p *page) { p.Username, p.Problem = "ann@example.com", "Incorrect username or password." }),
		"login-notice": with("login", func(p *page) {
			p.Username, p.Notice = "ann@example.com", "Your account is confirmed. Sign in to continue."
		}),
		"login-closed": with("login", func(p *page) { p.SelfSignUp, p.Recovers, p.EmailIsUsername, p.Back = false, false, false, "" }),
		"signup":       with("signup", func(p *page) { p.Rules = strict[:1] }),
		"signup-wrong": with("signup", func(p *page) {
			p.EmailIsUsername, p.Asked, p.Rules, p.Username = false, []string{"email"}, strict, "ann"
			p.Wrong = map[string]string{"email": "Enter an e-mail address like name@example.com."}
		}),
		"signup-asked": with("signup", func(p *page) {
			p.PhoneIsUsername, p.Rules, p.Username = true, strict[:1], "+14155550100"
			p.Asked = []string{"name", "given_name", "preferred_username", "website", "email", "gender", "birthdate", "phone_number", "address", "updated_at"}
			p.Given = map[string]string{"name": "Ann <b>", "birthdate": "1999-12-31"}
			p.Wrong = map[string]string{"phone_number": "Enter a phone number with its country code, like +14155550100."}
		}),
		"login-phone": with("login", func(p *page) { p.EmailIsUsername, p.PhoneIsUsername = false, true }),
		"confirm":     with("confirm", func(p *page) { p.Username, p.Delivery = "ann@example.com", sent }),
		"confirm-wrong": with("confirm", func(p *page) {
			p.Username, p.Delivery = "ann@example.com", late
			p.Wrong = map[string]string{"code": "That code isn't right. Check the newest e-mail, or send a new one."}
		}),
		"confirm-link": with("confirm", func(p *page) { p.Username, p.Delivery, p.ByLink = "ann@example.com", sent, true }),
		"forgot":       with("forgot", func(p *page) { p.Username = "ann@example.com" }),
		"change": with("change", func(p *page) {
			p.Username, p.Rules, p.Asked = "ann@example.com", strict, []string{"given_name", "birthdate"}
		}),
		"reset": with("reset", func(p *page) { p.Username, p.Delivery, p.Rules = "ann@example.com", sent, strict }),
		"link":  with("link", nil),
		"message": with("message", func(p *page) {
			p.Heading, p.Sentence, p.Button = "Sign in to go on", "This page does not know which account it is for. Sign in with your password and you will be led back here if it is needed.", &button{"Sign in", "/login" + query}
		}),
		"error": with("error", func(p *page) {
			p.App, p.Back, p.Code, p.RequestID, p.Registered = "", "", "redirect_mismatch", "2f0c1a3e-7b7b-4d8e-9a64-7f8f6f3f9b1a", []string{"http://localhost:4200/oauth/cognito"}
			p.Sentence = "The redirect_uri is not one of this app client's callback URLs. They must match exactly: scheme, host, port, path and final slash."
		}),
	}
}

func TestPagesLookAsAgreed(t *testing.T) {
	t.Parallel()
	l, err := newLook()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p.Language = l.locales.All[0]
			got, err := l.draw(p)
			if err != nil {
				t.Fatal(err)
			}
			if size := len(got) + len(styleSheet); size > 15_000 {
				t.Errorf("page and style sheet have %d bytes together, want at most 15,000", size)
			}
			// The style sheet's name changes with its content; the pages do not.
			shown := strings.ReplaceAll(string(got), l.cssPath, "/assets/pool.css")
			file := filepath.Join("testdata", "golden", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(shown), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), shown); diff != "" {
				t.Errorf("the page changed; go test -run TestPagesLookAsAgreed -update accepts it (-want +got):\n%s", diff)
			}
		})
	}
}
