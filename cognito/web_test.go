package cognito_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

const appURL = "http://localhost:4200"

// app is a web app, its pool and one person's browser.
type app struct {
	t       *testing.T
	pool    *fakepool.Pool
	browser *http.Client
	log     *bytes.Buffer
	url     string
}

func webConfig() cognito.WebConfig {
	return cognito.WebConfig{Keys: [][]byte{bytes.Repeat([]byte("k"), 32)}}
}

func newApp(t *testing.T, opts fakepool.Options, cfg cognito.WebConfig) *app {
	t.Helper()
	p := fakepool.New(opts)
	a := &app{t: t, pool: p, browser: p.Net.Browser(), log: &bytes.Buffer{}, url: p.RedirectURL[:strings.Index(p.RedirectURL[8:], "/")+8]}
	a.serve(cfg)
	return a
}

// serve starts the app anew, as a deployment does.
func (a *app) serve(cfg cognito.WebConfig) {
	a.t.Helper()
	cfg.Logger = slog.New(slog.NewTextHandler(a.log, nil))
	web, err := cognito.NewWeb(client(a.t, config(a.pool)), cfg)
	if err != nil {
		a.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/private/", web.RequireLogin(http.HandlerFunc(whoami)))
	mux.HandleFunc("/", whoami)
	a.pool.Net.Serve(strings.TrimPrefix(strings.TrimPrefix(a.url, "https://"), "http://"), web.Handler(mux))
}

func whoami(w http.ResponseWriter, r *http.Request) {
	session, ok := cognito.SessionFrom(r.Context())
	if !ok {
		fmt.Fprint(w, "nobody")
		return
	}
	fmt.Fprint(w, session.User().Email, " at ", r.URL.RequestURI())
}

// get opens a page as a browser does and returns where it ended and what it read.
func (a *app) get(path string) (*http.Response, string) {
	a.t.Helper()
	return a.do(a.browser, http.MethodGet, path)
}

func (a *app) do(browser *http.Client, method, path string, headers ...string) (*http.Response, string) {
	a.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = a.url + path
	}
	req, err := http.NewRequestWithContext(context.Background(), method, path, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,*/*")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := browser.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp, string(body)
}

func (a *app) want(path, body string) {
	a.t.Helper()
	if resp, got := a.get(path); got != body {
		a.t.Errorf("GET %s: %s %q, want %q", path, resp.Status, got, body)
	}
}

// step is the browser without following redirects.
func (a *app) step() *http.Client {
	c := *a.browser
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func (a *app) cookies() []*http.Cookie {
	u, err := url.Parse(a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.browser.Jar.Cookies(u)
}

func (a *app) setCookie(name, value string) {
	u, err := url.Parse(a.url)
	if err != nil {
		a.t.Fatal(err)
	}
	a.browser.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

func TestWebSignInAndOut(t *testing.T) {
	t.Parallel()
	secure := aws()
	secure.RedirectURL = "https://app.example.com/cb"
	for name, opts := range map[string]fakepool.Options{"Poolhouse": {}, "AWS": secure} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, opts, webConfig())
			a.want("/", "nobody")
			a.want("/private/page?x=1", "ann@example.com at /private/page?x=1")
			a.want("/", "ann@example.com at /")
			for _, c := range a.cookies() {
				if strings.Contains(c.Name, "login") {
					t.Errorf("cookie %s is left over", c.Name)
				}
			}
			refresh := a.pool.Count("/oauth2/token")
			a.want("/login", "ann@example.com at /")
			if a.pool.Count("/oauth2/token") != refresh {
				t.Error("signed in again without need")
			}
			resp, body := a.do(a.browser, http.MethodPost, "/logout")
			if body != "nobody" || resp.Request.URL.Path != "/" {
				t.Errorf("signed out: %s %s", resp.Request.URL, body)
			}
			if a.pool.Count("/logout") != 1 || len(a.pool.Revoked()) != 1 || len(a.cookies()) != 0 {
				t.Errorf("pool's session ended %d times, tokens revoked %d, cookies left %v", a.pool.Count("/logout"), len(a.pool.Revoked()), a.cookies())
			}
			a.want("/", "nobody")
		})
	}
}

func TestWebCookieFlags(t *testing.T) {
	t.Parallel()
	secure := aws()
	secure.RedirectURL = "https://app.example.com/cb"
	cfg := webConfig()
	cfg.CookieName = "__Host-app"
	for _, a := range []*app{newApp(t, fakepool.Options{}, webConfig()), newApp(t, secure, cfg)} {
		login, _ := a.do(a.step(), http.MethodGet, "/login")
		callback, _ := a.do(a.step(), http.MethodGet, login.Header.Get("Location"))
		session, _ := a.do(a.step(), http.MethodGet, callback.Header.Get("Location"))
		all := append(login.Cookies(), session.Cookies()...)
		if len(all) < 3 {
			t.Fatalf("only %d cookies", len(all))
		}
		for _, c := range all {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != strings.HasPrefix(a.url, "https") {
				t.Errorf("cookie %s: %+v", c.Name, c)
			}
			if len(c.Name)+len(c.Value) > 4000 {
				t.Errorf("cookie %s has %d bytes", c.Name, len(c.Value))
			}
			if strings.HasPrefix(a.url, "https") && !strings.HasPrefix(c.Name, "__Host-app") {
				t.Errorf("cookie is called %s", c.Name)
			}
		}
	}
}

func TestWebSignUp(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	a.want("/signup?return_to=/private/welcome", "ann@example.com at /private/welcome")
	if a.pool.Count("/signup") != 1 {
		t.Error("the sign-up page was not opened")
	}
}

func TestWebLoginParams(t *testing.T) {
	t.Parallel()
	cfg := webConfig()
	cfg.LoginParams = func(r *http.Request) []oauth2.AuthCodeOption {
		return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("lang", r.URL.Query().Get("lang"))}
	}
	a := newApp(t, fakepool.Options{}, cfg)
	a.get("/login?lang=de")
	if got := a.pool.Last("/oauth2/authorize").Get("lang"); got != "de" {
		t.Errorf("lang is %q", got)
	}
}

func TestWebReturnsToThisAppOnly(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"/private/x?y=1#z": "/private/x?y=1", "/": "/", "": "/",
		"https://evil.example/": "/", "//evil.example/": "/", "///evil.example/": "/", `/\evil.example/`: "/", "/\t/evil.example": "/", "/\n/evil.example": "/",
		"evil": "/", "javascript:alert(1)": "/", `\\evil.example`: "/", "/%": "/", "/" + strings.Repeat("x", 5000): "/",
	} {
		a := newApp(t, fakepool.Options{}, webConfig())
		resp, body := a.get("/login?return_to=" + url.QueryEscape(asked))
		if got := resp.Request.URL; got.Host != "localhost:4200" || got.RequestURI() != want || !strings.HasPrefix(body, "ann@") {
			t.Errorf("return_to=%q: ended at %s with %q", asked, got, body)
		}
		// The same for somebody who is signed in already.
		if resp, _ := a.get("/login?return_to=" + url.QueryEscape(asked)); resp.Request.URL.Host != "localhost:4200" {
			t.Errorf("return_to=%q, signed in: ended at %s", asked, resp.Request.URL)
		}
	}
	a := newApp(t, fakepool.Options{}, webConfig())
	if resp, _ := a.get("//evil.example/private/"); resp.Request.URL.Host != "localhost:4200" {
		t.Errorf("a path with two slashes led to %s", resp.Request.URL)
	}
}

func TestWebTwoTabs(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	first, _ := a.do(a.step(), http.MethodGet, "/private/1")
	second, _ := a.do(a.step(), http.MethodGet, "/private/2")
	if resp, body := a.get(first.Header.Get("Location")); body != "ann@example.com at /private/1" {
		t.Errorf("first tab: %s %s", resp.Request.URL, body)
	}
	if resp, body := a.get(second.Header.Get("Location")); body != "ann@example.com at /private/2" {
		t.Errorf("second tab: %s %s", resp.Request.URL, body)
	}
}

func TestWebAbandonedSignInsAreBounded(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	a.setCookie("session_login_0123456789abcdef", "garbage")
	var last *http.Response
	for range 12 {
		last, _ = a.do(a.step(), http.MethodGet, "/login")
	}
	if n := len(a.cookies()); n != 5 {
		t.Errorf("%d cookies of sign-ins, want 5", n)
	}
	if _, body := a.get(last.Header.Get("Location")); body != "ann@example.com at /" {
		t.Errorf("the newest sign-in: %s", body)
	}
}

func TestWebCallbackRefuses(t *testing.T) {
	t.Parallel()
	begin := func(a *app) string { // the callback URL that the pool would send the browser to
		login, _ := a.do(a.step(), http.MethodGet, "/login")
		back, _ := a.do(a.step(), http.MethodGet, login.Header.Get("Location"))
		return back.Header.Get("Location")
	}
	for name, test := range map[string]struct {
		attack func(a *app) *http.Response
		status int
	}{
		"another browser's callback": {func(a *app) *http.Response {
			at := begin(a)
			a.browser = a.pool.Net.Browser()
			resp, _ := a.get(at)
			return resp
		}, 400},
		"a callback twice": {func(a *app) *http.Response {
			at := begin(a)
			a.get(at)
			a.do(a.browser, http.MethodPost, "/logout")
			resp, _ := a.get(at)
			return resp
		}, 400},
		"another state": {func(a *app) *http.Response {
			resp, _ := a.get(begin(a) + "x")
			return resp
		}, 400},
		"nothing": {func(a *app) *http.Response {
			resp, _ := a.get("/oauth/cognito")
			return resp
		}, 400},
		"a cookie for another state": {func(a *app) *http.Response {
			one, two := begin(a), begin(a)
			// The names are 64 bits of a hash of the state; swap the values.
			c := a.cookies()
			a.setCookie(c[0].Name, c[1].Value)
			a.setCookie(c[1].Name, c[0].Value)
			a.get(one)
			resp, _ := a.get(two)
			return resp
		}, 400},
		"a session cookie as a sign-in": {func(a *app) *http.Response {
			a.get("/login")
			value := a.cookies()[0].Value
			a.do(a.browser, http.MethodPost, "/logout")
			at := begin(a)
			a.setCookie(a.cookies()[0].Name, value[2:])
			resp, _ := a.get(at)
			return resp
		}, 400},
		"scope refused": {func(a *app) *http.Response {
			a.pool.Scopes = []string{"openid"}
			resp, _ := a.get("/login")
			return resp
		}, 500},
		"pool down": {func(a *app) *http.Response {
			at := begin(a)
			a.pool.Net.Cut("localhost:9229")
			resp, _ := a.get(at)
			return resp
		}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, fakepool.Options{}, webConfig())
			resp := test.attack(a)
			if resp.StatusCode != test.status || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("status is %d, want %d; %v", resp.StatusCode, test.status, resp.Header)
			}
			a.pool.Net.Serve("localhost:9229", a.pool)
			a.want("/", "nobody")
			if !strings.Contains(a.log.String(), "sign-in failed") {
				t.Error("nothing was logged")
			}
		})
	}
}

func TestWebOnError(t *testing.T) {
	t.Parallel()
	cfg := webConfig()
	cfg.OnError = func(w http.ResponseWriter, _ *http.Request, err error) {
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, err)
	}
	a := newApp(t, fakepool.Options{}, cfg)
	if resp, body := a.get("/oauth/cognito?state=x&code=y"); resp.StatusCode != http.StatusTeapot || !strings.Contains(body, "not begun in this browser") {
		t.Errorf("%s %s", resp.Status, body)
	}
}

func TestWebSignOutIsOurs(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	a.get("/login")
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		if resp, _ := a.do(a.browser, http.MethodPost, "/logout", header...); resp.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %s", header, resp.Status)
		}
	}
	a.get("/logout") // a link does nothing
	a.want("/", "ann@example.com at /")
	// Signing out at the pool itself lands here and signs out here too.
	a.want("/oauth/cognito/logout", "nobody")
	a.want("/", "nobody")
}

func TestWebLandingAtTheFrontPageDoesNotLoop(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{RedirectURL: appURL + "/", LogoutURL: appURL + "/"}, webConfig())
	a.want("/", "nobody")
	a.want("/login", "ann@example.com at /")
	if _, body := a.do(a.browser, http.MethodPost, "/logout"); body != "nobody" {
		t.Error(body)
	}
}

func TestWebProgramsGet401(t *testing.T) {
	t.Parallel()
	a := newApp(t, fakepool.Options{}, webConfig())
	for _, try := range []struct{ method, accept string }{{"GET", "application/json"}, {"GET", "*/*"}, {"POST", "text/html"}} {
		resp, body := a.do(a.browser, try.method, "/private/x", "Accept", try.accept)
		if resp.StatusCode != 401 || !strings.Contains(body, `"login":"/login"`) {
			t.Errorf("%v: %s %s", try, resp.Status, body)
		}
	}
}
