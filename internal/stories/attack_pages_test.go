package stories_test

import (
	"crypto/rand"
	"crypto/rsa"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/housetest"
)

func attackersKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	return key
}

// forms are the POSTs of the pages.
var forms = []string{"/login", "/signup", "/confirm", "/confirmUser", "/resendcode", "/forgotPassword", "/confirmForgotPassword", "/mfa", "/mfaSetup"}

func TestAttackCrossSiteForm(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	for what, spoil := range map[string]func(*http.Request, url.Values){
		"from another site": func(r *http.Request, _ url.Values) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", evil)
		},
		"from a neighbouring domain": func(r *http.Request, _ url.Values) {
			r.Header.Set("Sec-Fetch-Site", "same-site")
			r.Header.Set("Origin", "http://evil.localhost")
		},
		"from an older browser": func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", evil) },
		"from a sandbox":        func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") },
		"without a token":       func(_ *http.Request, f url.Values) { f.Del("_csrf") },
		"with a token made up":  func(_ *http.Request, f url.Values) { f.Set("_csrf", "00000000-0000-4000-8000-000000000000") },
		"with an empty token":   func(_ *http.Request, f url.Values) { f.Set("_csrf", "") },
	} {
		b := h.Browser()
		_, fields := b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
		fields.Set("username", ann)
		fields.Set("password", secret)
		for _, path := range forms {
			r := b.FormPost(path+housetest.Ask(), fields)
			spoil(r, fields)
			r2 := b.FormPost(path+housetest.Ask(), fields) // the changed fields, the changed headers
			r2.Header = r.Header
			p := b.Do(r2)
			if p.Status != http.StatusForbidden || b.Cookie("cognito") != "" {
				t.Errorf("POST %s %s: %d %v", path, what, p.Status, p.Location())
			}
		}
	}
	// Another browser's token is none either.
	mine, theirs := h.Browser(), h.Browser()
	_, fields := mine.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
	theirs.Get("/login" + housetest.Ask())
	fields.Set("username", ann)
	fields.Set("password", secret)
	if p := theirs.Post("/login"+housetest.Ask(), fields); p.Status != http.StatusForbidden {
		t.Errorf("another browser's token: %d %v", p.Status, p.Location())
	}
}

// A cookie that somebody planted before is worth nothing after a sign-in.
func TestAttackSessionFixation(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		attacker, victim := h.Browser(), h.Browser()
		h.SignUp(attacker, housetest.Ask(), "eve@example.com", secret)
		planted := attacker.Cookie("cognito")
		for _, value := range []string{"made-up", planted} {
			victim.SetCookie("cognito", value)
			p := victim.Get("/login" + housetest.Ask("prompt", "login"))
			before := victim.Cookie("XSRF-TOKEN")
			victim.Submit(p, "cognitoSignInForm", "username", ann, "password", secret).Back()
			if got := victim.Cookie("cognito"); got == value || got == "" {
				t.Errorf("after the sign-in the cookie is %q", got)
			}
			if got := victim.Cookie("XSRF-TOKEN"); got == before || got == "" {
				t.Errorf("after the sign-in the form token is %q", got)
			}
			thief := h.Browser()
			thief.SetCookie("cognito", value)
			if p := thief.Get("/login" + housetest.Ask()); p.Status != 200 {
				t.Errorf("the planted cookie signs in: %d %v", p.Status, p.Location())
			}
		}
		if p := victim.Get("/login" + housetest.Ask()); p.Back().Query().Get("code") == "" {
			t.Error("the victim's own session does not hold")
		}
	})
}

// No page can be framed, sniffed, or load and send anything elsewhere.
func TestAttackFraming(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret)
	pages := map[string]*housetest.Page{"confirm": b.Follow(p)}
	for _, path := range []string{"/login", "/signup", "/forgotPassword", "/confirmForgotPassword", "/error", "/logout", "/nowhere", "/mailbox", "/confirmUser"} {
		pages[path] = b.Get(path + housetest.Ask())
	}
	for name, p := range pages {
		policy := p.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy %q lacks %s", name, policy, want)
			}
		}
		if strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: the policy %q is open", name, policy)
		}
		if p.Header.Get("X-Frame-Options") != "DENY" || p.Header.Get("X-Content-Type-Options") != "nosniff" || p.Header.Get("Referrer-Policy") == "" || !strings.Contains(p.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: headers %v", name, p.Header)
		}
		if strings.Contains(p.Body, "<script") || regexp.MustCompile(`(?i)\son[a-z]+=|style="`).MatchString(p.Body) {
			t.Errorf("%s holds a script, a handler or an inline style", name)
		}
	}
}

// Six digits are guessed fifteen times an hour, whichever page is used, and
// guesses at one moment are counted one by one.
func TestAttackCodeGuessing(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		page := b.Follow(b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret))
		right := h.Code(ann)
		wrong := "000000"
		if right == wrong {
			wrong = "000001"
		}
		var looked, refused int
		var mu sync.Mutex
		var wg sync.WaitGroup
		action, fields := page.Form("confirmform")
		fields.Set("code", wrong)
		for range 30 {
			wg.Go(func() {
				p := b.Post(action, fields)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case strings.Contains(p.Body, "That code isn"):
					looked++
				case p.Status == 200:
					refused++
				default:
					t.Errorf("a guess: %d %v", p.Status, p.Location())
				}
			})
		}
		wg.Wait()
		if looked != 15 || refused != 15 {
			t.Errorf("%d guesses were looked at and %d refused, want 15 and 15", looked, refused)
		}
		if p := b.Submit(page, "confirmform", "code", right); p.Location() != nil {
			t.Errorf("the right code after them led to %v", p.Location())
		}
		link := "/confirmUser?" + url.Values{"client_id": {housetest.ClientID}, "user_name": {ann}, "confirmation_code": {right}}.Encode()
		if p := b.Submit(b.Get(link), "confirmlinkform"); p.Location() != nil && strings.Contains(p.Location().String(), "code=") {
			t.Errorf("the link after them led to %v", p.Location())
		}
		h.Advance(time.Hour)
		if p := b.Submit(page, "confirmform", "code", right); p.Back().Query().Get("code") == "" {
			t.Error("in the next hour the right code does not work")
		}
	})
}

// plain is a page, with the headers and cookies it set, without what differs
// between any two answers.
func plain(p *housetest.Page, name string) string {
	body := strings.ReplaceAll(p.Body, name, "NAME") + "\n" + strings.Join(slices.Sorted(maps.Keys(p.Header)), " ")
	for _, cookie := range p.Header.Values("Set-Cookie") {
		set, _, _ := strings.Cut(cookie, "=")
		body += " " + set
	}
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).ReplaceAllString(body, "UUID")
}

// Nothing that a stranger can do tells who has an account: wrong passwords to
// the lockout and beyond, forgotten passwords, new codes, guessed codes.
func TestAttackWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), "amy@example.com", secret) // confirmed
		w := h.Browser()
		w.Submit(w.Get("/signup"+housetest.Ask()), "signupform", "username", "abe@example.com", "password", secret) // waits for its code
		for what, try := range map[string]func(b *housetest.Browser, name string) *housetest.Page{
			"sign in": func(b *housetest.Browser, name string) *housetest.Page {
				return b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", name, "password", "not this one")
			},
			"forgot": func(b *housetest.Browser, name string) *housetest.Page {
				return b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", name))
			},
			"confirm": func(b *housetest.Browser, name string) *housetest.Page {
				return post(b, "/confirm", name, "code", "000000")
			},
			"reset": func(b *housetest.Browser, name string) *housetest.Page {
				return post(b, "/confirmForgotPassword", name, "code", "000000", "password", "new password")
			},
			"resend": func(b *housetest.Browser, name string) *housetest.Page { return b.Follow(post(b, "/resendcode", name)) },
		} {
			for _, name := range []string{"amy@example.com", "abe@example.com"} {
				// Each pair has browsers and names of its own; the stranger's
				// name has the same first letters, which pages may show.
				nobody := "a" + strings.ReplaceAll(what, " ", "") + name[1:3] + "@example.com"
				known, unknown := h.Browser(), h.Browser()
				for round := range 7 {
					a, b := try(known, name), try(unknown, nobody)
					if a.Status != b.Status || plain(a, name) != plain(b, nobody) {
						t.Fatalf("%s, round %d, %s: %d and %d\n%s", what, round, name, a.Status, b.Status, cmp.Diff(plain(a, name), plain(b, nobody)))
					}
				}
			}
			h.Advance(time.Hour) // budgets and lockouts of one way do not hide those of the next
		}
	})
}

// post sends a form of a page that this browser was not led to.
func post(b *housetest.Browser, path, name string, pairs ...string) *housetest.Page {
	_, fields := b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
	fields.Set("username", name)
	fields.Del("password")
	for i := 0; i+1 < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	return b.Post(path+housetest.Ask(), fields)
}

// Guesses at one moment are counted one by one: five are looked at, and the
// right password among the rest does not get in.
func TestAttackParallelGuesses(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		hashes := h.Passwords.Count()
		var wg sync.WaitGroup
		for range 30 {
			b := h.Browser()
			page := b.Get("/login" + housetest.Ask())
			wg.Go(func() { b.Submit(page, "cognitoSignInForm", "username", ann, "password", "a guess") })
		}
		wg.Wait()
		if n := h.Passwords.Count() - hashes; n != 5 {
			t.Errorf("%d guesses were looked at, want 5", n)
		}
		b := h.Browser()
		b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", secret).Shows("Password attempts exceeded")
		h.Advance(15 * time.Minute)
		h.SignIn(b, housetest.Ask(), ann, secret)
	})
}

// A name of somebody else that resolves to this machine does not reach the
// mailbox, nor does a script of another site.
func TestAttackDNSRebinding(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Document: neighbours(t)})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	if p := h.Browser().Get("/mailbox.json?to=" + ann); p.Status != 200 || !strings.Contains(p.Body, ann) {
		t.Fatalf("the mailbox itself: %d %s", p.Status, p.Body)
	}
	for _, host := range []string{"evil.example.net", "localhost.evil.example.net", "auth.example.com", "house.localhost", "127.0.0.1.nip.io", "localhost.", "0.0.0.0", "10.0.0.1", "[::ffff:127.0.0.1]"} {
		for _, path := range []string{"/mailbox", "/mailbox.json", "/MAILBOX", "/mailbox.json?to=" + ann} {
			p := h.BrowserAt(at(h, host)).Get(path)
			if p.Status == 200 || strings.Contains(p.Body, ann) {
				t.Errorf("%s at %s: %d %s", path, host, p.Status, p.Body)
			}
		}
	}
	r := h.Browser().Request(http.MethodGet, "/mailbox.json", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "cors")
	if p := h.Browser().Do(r); p.Status == 200 || p.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a script of another site: %d %v", p.Status, p.Header)
	}
}

// logBook is a log that a test may read while it is written.
type logBook struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Whoever reads the log learns nothing to sign in with.
func TestNoSecretInTheLog(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		book := &logBook{}
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t), Log: book})
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask("nonce", "the-nonce-9")), "signupform", "username", ann, "password", secret)
		mailed := h.Code(ann)
		back := b.Submit(b.Follow(p), "confirmform", "code", mailed).Back()
		tokens := works(t, "redemption", redeem(t, h, back))
		refresh(t, h, tokens.text("refresh_token"))
		userInfo(t, h, tokens.text("access_token"))
		call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", otherApp, "client_secret", otherSecret, "refresh_token", "x")
		b.Submit(h.Browser().Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", "wrong "+secret)
		call(t, h, "/oauth2/revoke", "", "client_id", housetest.ClientID, "token", tokens.text("refresh_token"))
		log := book.String()
		if !strings.Contains(log, "/oauth2/token") {
			t.Fatalf("the log holds no request: %s", log)
		}
		for what, hush := range map[string]string{
			"password": secret, "mailed code": "=" + mailed, "authorization code": back.Query().Get("code"), "ID token": tokens.text("id_token"), "access token": tokens.text("access_token"),
			"refresh token": tokens.text("refresh_token"), "client secret": otherSecret, "session": b.Cookie("cognito"), "form token": b.Cookie("XSRF-TOKEN"), "address": ann, "nonce": "the-nonce-9",
		} {
			if hush == "" {
				t.Errorf("there is no %s to look for", what)
			} else if strings.Contains(log, hush) {
				t.Errorf("the log holds a %s", what)
			}
		}
	})
}
