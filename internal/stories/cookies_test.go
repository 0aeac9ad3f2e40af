package stories_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// behindProxy is a house that a browser reaches by https, through a proxy.
func behindProxy(t *testing.T) *housetest.House {
	t.Helper()
	return housetest.Start(t, housetest.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
}

// byHTTPS sends a request as that proxy does, with the given cookies.
func byHTTPS(b *housetest.Browser, r *http.Request, cookies string) (*housetest.Page, map[string]string) {
	r.Header.Set("X-Forwarded-Proto", "https")
	if cookies != "" {
		r.Header.Set("Cookie", cookies)
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		r.Header.Set("Origin", "https"+strings.TrimPrefix(origin, "http"))
	}
	p := b.Do(r)
	set := map[string]string{}
	for _, line := range p.Header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(line, "=")
		set[name] = line
	}
	return p, set
}

// The cookies of the pages (Cognito: User pool managed login): all are bound to
// this one host, none can be read by a script or is sent by http.
func TestCookies(t *testing.T) {
	t.Parallel()
	h := behindProxy(t)
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	b := h.Browser()
	page, set := byHTTPS(b, b.Request(http.MethodGet, "/login"+housetest.Ask("lang", "en"), nil), "")
	_, fields := page.Form("cognitoSignInForm")
	token := fields.Get("_csrf")
	if id, err := uuid.Parse(token); err != nil || id.Version() != 4 {
		t.Errorf("_csrf is %q, want a random UUID", token)
	}
	if want := "XSRF-TOKEN=" + token + "; Path=/; HttpOnly; Secure; SameSite=Lax"; set["XSRF-TOKEN"] != want {
		t.Errorf("Set-Cookie: %s, want %s", set["XSRF-TOKEN"], want)
	}
	if want := "lang=en; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"; set["lang"] != want {
		t.Errorf("Set-Cookie: %s, want %s", set["lang"], want)
	}
	if _, again := byHTTPS(b, b.Request(http.MethodGet, "/login"+housetest.Ask(), nil), "XSRF-TOKEN="+token); again["XSRF-TOKEN"] != "" {
		t.Errorf("a browser that has a token got another: %s", again["XSRF-TOKEN"])
	}
	action := "/login" + housetest.Ask()
	wrong := url.Values{"_csrf": {token}, "username": {ann}, "password": {"wrong"}}
	if _, set = byHTTPS(b, b.FormPost(action, wrong), "XSRF-TOKEN="+token); !regexp.MustCompile(`^page-data=[\w-]+; Path=/; Max-Age=\d+; HttpOnly; Secure; SameSite=Lax$`).MatchString(set["page-data"]) {
		t.Errorf("Set-Cookie: %s", set["page-data"])
	}
	if strings.Contains(set["page-data"], "ann") {
		t.Error("page-data can be read")
	}
	wrong.Set("password", secret)
	p, set := byHTTPS(b, b.FormPost(action, wrong), "XSRF-TOKEN="+token)
	p.Back()
	session := regexp.MustCompile(`^cognito=([\w-]{43}); Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax$`).FindStringSubmatch(set["cognito"])
	if session == nil {
		t.Fatalf("Set-Cookie: %s", set["cognito"])
	}
	if set["XSRF-TOKEN"] == "" || strings.Contains(set["XSRF-TOKEN"], token) {
		t.Errorf("after the sign-in the form token is %s", set["XSRF-TOKEN"])
	}
	b = h.Browser() // with that cookie alone
	p, set = byHTTPS(b, b.Request(http.MethodGet, "/oauth2/authorize"+housetest.Ask(), nil), "cognito="+session[1])
	if p.Back(); set["cognito"] != "" {
		t.Errorf("the hour slides: %s", set["cognito"])
	}
}

// A form counts only with the cookie that its page came with.
func TestCookieAndFieldMustAgree(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	b := h.Browser()
	action, fields := b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
	fields.Set("username", ann)
	fields.Set("password", secret)
	good := fields.Get("_csrf")
	for name, value := range map[string]string{"another": uuid.NewString(), "none": ""} {
		fields.Set("_csrf", value)
		if p := b.Post(action, fields); p.Status != http.StatusForbidden || p.Location() != nil {
			t.Errorf("%s token: %d %v", name, p.Status, p.Location())
		}
	}
	fields.Set("_csrf", good)
	fields.Del("signInSubmitButton")
	fields.Del("cognitoAsfData")
	b.Post(action, fields).Back()
}
