package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.browser(t).signUp("ann@example.com")
	good := func(b *browser) url.Values {
		page := b.get("/login" + ask())
		return url.Values{"_csrf": {csrfField.FindStringSubmatch(page.body)[1]}, "username": {"ann@example.com"}, "password": {word}}
	}
	for name, spoil := range map[string]func(*browser, url.Values){
		"no token":              func(_ *browser, f url.Values) { f.Del("_csrf") },
		"empty token":           func(_ *browser, f url.Values) { f.Set("_csrf", "") },
		"another token":         func(_ *browser, f url.Values) { f.Set("_csrf", pool.NewUUID()) },
		"no cookie":             func(b *browser, _ url.Values) { b.http.Jar = nil },
		"cross-site":            func(b *browser, _ url.Values) { b.head.Set("Sec-Fetch-Site", "cross-site") },
		"neighbouring site":     func(b *browser, _ url.Values) { b.head.Set("Sec-Fetch-Site", "same-site") },
		"old browser elsewhere": func(b *browser, _ url.Values) { b.head.Set("Origin", "https://evil.example") },
		"opaque origin":         func(b *browser, _ url.Values) { b.head.Set("Origin", "null") },
	} {
		b := d.browser(t)
		form := good(b)
		spoil(b, form)
		for _, path := range []string{"/login", "/signup", "/confirm", "/confirmUser", "/resendcode", "/forgotPassword", "/confirmForgotPassword"} {
			res := b.do("POST", path+ask(), form)
			if res.StatusCode != http.StatusForbidden || cookie(res, sessionCookie) != nil {
				t.Errorf("%s: POST %s answered %d", name, path, res.StatusCode)
			}
			shows(t, res, "Try that once more", `class="main" href="/`)
		}
	}
	b := d.browser(t)
	form := good(b)
	b.head.Set("Sec-Fetch-Site", "same-origin")
	b.head.Set("Origin", "http://"+ownHost)
	leadsToApp(t, b.do("POST", "/login"+ask(), form))
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	page := b.get("/login" + ask())
	if res := b.post("/login"+ask(), page, "username", strings.Repeat("a", 1<<20)); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 1 MB: %d", res.StatusCode)
	}
	for name, value := range map[string]string{"long field": strings.Repeat("a", maxInput+1), "NUL": "a\x00", "bad UTF-8": "\xff"} {
		if res := b.post("/login"+ask(), page, "username", value, "password", "x"); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	if res := b.do("POST", "/oauth2/token", url.Values{"grant_type": {strings.Repeat("a", 1<<20)}}); res.StatusCode != http.StatusRequestEntityTooLarge || !strings.HasPrefix(res.body, `{"error":"invalid_request"`) {
		t.Errorf("a token request of 1 MB: %d %s", res.StatusCode, res.body)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	for _, target := range []string{"/login" + ask(), "/oauth2/authorize" + ask(), "/error", "/nowhere", "/oauth2/userInfo", "/logout", "/" + poolA + "/.well-known/jwks.json", d.web.look.cssPath} {
		res := b.get(target)
		for name, want := range map[string]string{"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", target, policy)
		}
		if _, err := uuid.Parse(res.Header.Get("x-amz-cognito-request-id")); err != nil {
			t.Errorf("%s: request id %q", target, res.Header.Get(requestIDHeader))
		}
		cached := strings.HasPrefix(target, "/assets") || strings.HasSuffix(target, "jwks.json")
		if control := res.Header.Get("Cache-Control"); strings.Contains(control, "no-store") == cached {
			t.Errorf("%s: Cache-Control %q", target, control)
		}
		if res.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over http", target)
		}
	}
	b = d.browser(t)
	b.head.Set("X-Forwarded-Proto", "https")
	res := b.get("/login" + ask())
	if res.Header.Get("Strict-Transport-Security") == "" || !cookie(res, csrfCookie).Secure {
		t.Error("by https there is no HSTS, or a cookie without Secure")
	}
}

func TestPageDataIsSealedToItsPool(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	res := b.post("/login"+ask(), b.get("/login"+ask()), "username", "ann@example.com", "password", "x")
	kept := cookie(res, dataCookie)
	if kept == nil || strings.Contains(kept.Value, "ann") || !kept.HttpOnly {
		t.Fatalf("page-data is %v", kept)
	}
	home := &url.URL{Scheme: "http", Host: ownHost}
	inB := ask("client_id", clientB)
	if page := b.get("/login" + inB); strings.Contains(page.body, "ann@example.com") {
		t.Error("another pool reads the cookie")
	}
	for i := range 3 {
		flipped := []byte(kept.Value)
		flipped[i*len(flipped)/3] ^= 1
		b.http.Jar.SetCookies(home, []*http.Cookie{{Name: dataCookie, Value: string(flipped), Path: "/"}})
		if page := b.get("/login" + ask()); page.StatusCode != 200 || strings.Contains(page.body, "ann@example.com") {
			t.Errorf("a changed cookie is read, or breaks the page: %d", page.StatusCode)
		}
	}
}

func TestALongRequestStillLeadsOn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	q := ask("state", strings.Repeat("<", pool.MaxParameter))
	res := b.post("/signup"+q, b.get("/signup"+q), "username", "ann@example.com", "password", word)
	if c := cookie(res, dataCookie); c == nil || len(c.Value) > maxCookie {
		t.Fatalf("page-data is %v", c)
	}
	leadsToApp(t, b.post("/confirm"+q, b.get("/confirm"+q), "username", "ann@example.com", "code", d.mailed(t, "ann@example.com")))
}

func TestAFaultInsideIsShownToNobody(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	must(t, d.db.Close())
	page := b.get("/login" + ask())
	shows(t, page, "Something went wrong on our side.", "server_error", page.Header.Get(requestIDHeader))
	machine := b.do("POST", "/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {clientA}, "refresh_token": {"x"}})
	for _, res := range []answer{page, machine} {
		if res.StatusCode != 500 || strings.Contains(res.body, "sql") || strings.Contains(res.body, "closed") {
			t.Errorf("%s: %d %s", res.Request.URL.Path, res.StatusCode, res.body)
		}
	}
	if members(t, machine)["error"] != "server_error" {
		t.Errorf("the endpoint answers %s", machine.body)
	}
}
