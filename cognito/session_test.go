package cognito_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestWebConfigIsChecked(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	for name, spoil := range map[string]func(*cognito.WebConfig){
		"no key":        func(c *cognito.WebConfig) { c.Keys = nil },
		"short key":     func(c *cognito.WebConfig) { c.Keys = [][]byte{make([]byte, 31)} },
		"short old key": func(c *cognito.WebConfig) { c.Keys = append(c.Keys, []byte("x")) },
		"cookie name":   func(c *cognito.WebConfig) { c.CookieName = "a b" },
		"after sign-in": func(c *cognito.WebConfig) { c.AfterSignIn = "https://evil.example" },
		"callback path": func(c *cognito.WebConfig) { c.SignInPath = "/oauth/cognito" },
		"sign-in path":  func(c *cognito.WebConfig) { c.SignInPath = "login" },
	} {
		cfg := webConfig()
		spoil(&cfg)
		_, err := cognito.NewWeb(client(t, config(p)), cfg)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		wantError(t, err, cognito.ErrConfig)
	}
	cfg := config(p)
	cfg.RedirectURL = "myapp://callback"
	_, err := cognito.NewWeb(client(t, cfg), webConfig())
	wantError(t, err, cognito.ErrConfig)
}

func TestLargeSessionsAreSplit(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	grow := func(n int) {
		a.pool.SetUser(fakepool.User{Sub: "u1", Email: "ann@example.com", Claims: map[string]any{"custom:big": strings.Repeat("b", n)}})
	}
	count := func() int { return len(a.cookies()) }
	grow(6000)
	a.want("/login", "ann@example.com at /")
	large := count()
	if large < 4 {
		t.Fatalf("%d cookies", large)
	}
	a.want("/private/x", "ann@example.com at /private/x")
	grow(1)
	a.do(a.browser, http.MethodPost, "/logout")
	if count() != 0 {
		t.Fatalf("%d cookies after signing out", count())
	}
	a.want("/login", "ann@example.com at /")
	if n := count(); n < 2 || n >= large {
		t.Errorf("%d cookies for a smaller session", n)
	}
	a.do(a.browser, http.MethodPost, "/logout")
	grow(20000)
	if resp, _ := a.get("/login"); resp.StatusCode != http.StatusInternalServerError || !strings.Contains(a.log.String(), "SessionStore") {
		t.Errorf("too large: %s", resp.Status)
	}
}

func TestOldPiecesAreCleared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, fakepool.Options{}, webConfig())
		a.pool.SetUser(fakepool.User{Sub: "u1", Email: "ann@example.com", Claims: map[string]any{"custom:big": strings.Repeat("b", 6000)}})
		a.get("/login")
		large := len(a.cookies())
		a.pool.SetUser(fakepool.User{Sub: "u1", Email: "ann@example.com"})
		time.Sleep(time.Hour)
		a.want("/", "ann@example.com at /")
		if n := len(a.cookies()); n >= large {
			t.Errorf("%d cookies, before %d", n, large)
		}
	})
}

func TestTamperedSessionsAreNobody(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	a.get("/login")
	first, second := a.cookies()[0], a.cookies()[1]
	flipped := []byte(second.Value)
	flipped[7] ^= 1
	for name, change := range map[string][2]string{
		"flipped":        {first.Value, string(flipped)},
		"piece missing":  {first.Value, ""},
		"piece swapped":  {"2." + second.Value, first.Value[2:]},
		"fewer pieces":   {"1" + first.Value[1:], second.Value},
		"too many":       {"99" + first.Value[1:], second.Value},
		"none":           {"0" + first.Value[1:], second.Value},
		"no number":      {"x" + first.Value[1:], second.Value},
		"not base64":     {"1.%%%", second.Value},
		"short":          {"1.AAAA", second.Value},
		"empty":          {"", ""},
		"nothing sealed": {"1.", ""},
	} {
		a.setCookie(first.Name, change[0])
		a.setCookie(second.Name, change[1])
		if _, body := a.get("/"); body != "nobody" {
			t.Errorf("%s: %s", name, body)
		}
	}
	a.setCookie(first.Name, first.Value)
	a.setCookie(second.Name, second.Value)
	a.want("/", "ann@example.com at /")
	other := webConfig()
	other.CookieName = "other"
	a.serve(other)
	a.setCookie("other", first.Value)
	a.setCookie("other_1", second.Value)
	a.want("/", "nobody") // a cookie under another name
}

func TestKeyRing(t *testing.T) {
	t.Parallel()
	first, second := bytes.Repeat([]byte("1"), 32), bytes.Repeat([]byte("2"), 40)
	cfg := webConfig()
	cfg.Keys = [][]byte{first}
	a := newApp(t, fakepool.Options{}, cfg)
	a.get("/login")
	cfg.Keys = [][]byte{second, first}
	a.serve(cfg)
	a.want("/", "ann@example.com at /") // old keys open
	cfg.Keys = [][]byte{second}
	a.serve(cfg)
	a.want("/", "nobody")
	cfg.Keys = [][]byte{second, first}
	a.serve(cfg)
	a.get("/login")
	cfg.Keys = [][]byte{second}
	a.serve(cfg)
	a.want("/", "ann@example.com at /") // the first key seals
}

// shelf is a SessionStore in memory.
type shelf struct {
	mu   sync.Mutex
	rows map[string][]byte
	down error

	saving func() // before Save does anything; may be nil
}

func (s *shelf) Create(_ context.Context, id string, data []byte, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = map[string][]byte{}
	}
	s.rows[id] = data
	return s.down
}

func (s *shelf) Load(_ context.Context, id string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, ok := s.rows[id]
	switch {
	case s.down != nil:
		return nil, s.down
	case !ok:
		return nil, cognito.ErrNoSession
	}
	return data, nil
}

func (s *shelf) Save(_ context.Context, id string, data []byte, _ time.Time) error {
	if s.saving != nil {
		s.saving()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.rows[id]; !ok {
		return cognito.ErrNoSession
	}
	s.rows[id] = data
	return s.down
}

func (s *shelf) Delete(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, id)
	return s.down
}

func (s *shelf) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

func TestSessionStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{}
		cfg := webConfig()
		cfg.Store = store
		a := newApp(t, fakepool.Options{Rotate: true}, cfg)
		a.pool.SetUser(fakepool.User{Sub: "u1", Email: "ann@example.com", Claims: map[string]any{"custom:big": strings.Repeat("b", 20000)}})
		a.want("/login", "ann@example.com at /")
		cookies := a.cookies()
		if len(cookies) != 1 || len(cookies[0].Value) > 200 || store.count() != 1 {
			t.Fatalf("cookies %v, %d rows", cookies, store.count())
		}
		for id, data := range store.rows {
			if strings.Contains(cookies[0].Value, id) || bytes.Contains(data, []byte("eyJ")) {
				t.Error("the id or the tokens lie open")
			}
			store.rows["copy"] = data
		}
		delete(store.rows, "copy")
		time.Sleep(3 * time.Hour)
		a.want("/", "ann@example.com at /")
		if a.pool.Count("/oauth2/token") != 2 {
			t.Error("the session was not refreshed")
		}
		store.down = errors.New("store is down")
		if resp, _ := a.get("/private/x"); resp.StatusCode != http.StatusInternalServerError {
			t.Errorf("store down: %s", resp.Status)
		}
		store.down = nil
		a.do(a.browser, http.MethodPost, "/logout")
		if store.count() != 0 {
			t.Error("the session outlives signing out")
		}
		a.setCookie(cookies[0].Name, cookies[0].Value)
		a.want("/", "nobody") // a stolen cookie is worth nothing afterwards
	})
}

func TestSignInReplacesTheSession(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	cfg := webConfig()
	cfg.Store = store
	a := newApp(t, fakepool.Options{}, cfg)
	login, _ := a.do(a.step(), http.MethodGet, "/login")
	a.get("/login")
	before := a.cookies()[0].Value
	if _, body := a.get(login.Header.Get("Location")); body != "ann@example.com at /" {
		t.Fatal(body)
	}
	if store.count() != 1 {
		t.Errorf("%d sessions of one browser", store.count())
	}
	a.setCookie("session", before)
	a.want("/", "nobody")
}

func TestStoreRowsAreBoundToTheirID(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	cfg := webConfig()
	cfg.Store = store
	a := newApp(t, fakepool.Options{}, cfg)
	a.get("/login")
	mine := store.rows
	a.pool.SetUser(fakepool.User{Sub: "u2", Email: "bob@example.com"})
	store.rows = nil
	other := a.pool.Net.Browser()
	a.do(other, http.MethodGet, "/login")
	for id := range mine {
		for _, data := range store.rows {
			mine[id] = data
		}
	}
	store.rows = mine
	a.want("/", "nobody")
}

// Somebody signs out while the session is being refreshed: at the pool, or in
// the last moment before the refreshed session is saved.
func TestRefreshDoesNotReviveASignedOutSession(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]func(*app, *shelf, func()){
		"at the pool": func(a *app, _ *shelf, signOut func()) {
			a.pool.Break("/oauth2/token", func(w http.ResponseWriter, r *http.Request) { signOut(); a.pool.Answer(w, r) })
		},
		"before saving": func(_ *app, store *shelf, signOut func()) { store.saving = signOut },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &shelf{}
				cfg := webConfig()
				cfg.Store = store
				a := newApp(t, fakepool.Options{}, cfg)
				a.get("/login")
				time.Sleep(time.Hour)
				other := &http.Client{Transport: a.pool.Net, Jar: frozen{a.browser.Jar}}
				other.CheckRedirect = a.step().CheckRedirect
				arrange(a, store, func() { a.do(other, http.MethodPost, "/logout") })
				a.want("/", "nobody")
				if store.count() != 0 || len(a.cookies()) != 0 {
					t.Errorf("%d sessions are back, cookies %v", store.count(), a.cookies())
				}
			})
		})
	}
}

// Two apps with the same keys and cookie name, of two app clients or of two
// pools, do not take each other's sessions or sign-ins.
func TestSessionsAreBoundToTheApp(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fakepool.Pool){
		"app client": func(p *fakepool.Pool) { p.ClientID = "admins" },
		"domain":     func(p *fakepool.Pool) { p.Domain = "http://localhost:9230" },
	} {
		for where, store := range map[string]cognito.SessionStore{"cookies": nil, "store": &shelf{}} {
			cfg := webConfig()
			cfg.Store = store
			a := newApp(t, fakepool.Options{}, cfg)
			client, domain := a.pool.ClientID, a.pool.Domain
			a.get("/login")
			kept := a.cookies()
			change(a.pool)
			a.serve(cfg)
			if _, body := a.get("/"); body != "nobody" {
				t.Errorf("%s, %s: the other app lets in %q", name, where, body)
			}
			a.pool.ClientID, a.pool.Domain = client, domain
			a.serve(cfg)
			for _, c := range kept {
				a.setCookie(c.Name, c.Value)
			}
			a.want("/", "ann@example.com at /")
		}
		a := newApp(t, fakepool.Options{}, webConfig())
		login, _ := a.do(a.step(), http.MethodGet, "/login")
		back, _ := a.do(a.step(), http.MethodGet, login.Header.Get("Location"))
		change(a.pool)
		a.serve(webConfig())
		resp, _ := a.do(a.step(), http.MethodGet, back.Header.Get("Location"))
		if n := a.pool.Count("/oauth2/token"); resp.StatusCode != http.StatusBadRequest || n != 0 {
			t.Errorf("%s: the other app finished the sign-in: %s, %d token requests", name, resp.Status, n)
		}
	}
}
