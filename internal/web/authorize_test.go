package web

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestAuthorizeErrorsGoToTheApp(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	for _, c := range []struct{ name, query, want string }{
		{"no response type", ask("response_type", ""), "?error=invalid_request&state=s%201"},
		{"unknown response type", ask("response_type", "id_token"), "?error=invalid_request&state=s%201"},
		{"scope not allowed", ask("scope", "openid phone"), "?error_description=invalid_scope&state=s%201&error=invalid_request"},
		{"offline_access", ask("scope", "openid offline_access"), "?error_description=invalid_scope&state=s%201&error=invalid_request"},
		{"scope not allowed, no state", ask("scope", "phone", "state", ""), "?error_description=invalid_scope&error=invalid_request"},
		{"scope not allowed, implicit", ask("scope", "phone", "state", "", "response_type", "token"), "#error_description=invalid_scope&error=invalid_request"},
		{"plain PKCE", ask("code_challenge", strings.Repeat("a", 43), "code_challenge_method", "plain"), "?error=invalid_request&state=s%201"},
		{"challenge without method", ask("code_challenge", strings.Repeat("a", 43)), "?error=invalid_request&state=s%201"},
		{"method without challenge", ask("code_challenge_method", "S256"), "?error=invalid_request&state=s%201"},
		{"prompt=none without session", ask("prompt", "none"), "?error=login_required&state=s%201"},
		{"prompt=none login", ask("prompt", "none login"), "?error=invalid_request&state=s%201"},
		{"negative max_age", ask("max_age", "-1"), "?error=invalid_request&state=s%201"},
		{"repeated scope", ask() + "&scope=email", "?error=invalid_request&state=s%201"},
	} {
		for _, path := range []string{"/oauth2/authorize", "/login"} {
			if res := b.get(path + c.query); res.StatusCode != http.StatusFound || res.location() != callback+c.want {
				t.Errorf("%s at %s: %d %q, want %q", c.name, path, res.StatusCode, res.location(), callback+c.want)
			}
		}
	}
}

func TestFlowNotEnabled(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(_ *pool.Pool, c *pool.Client) { c.AllowedOAuthFlows = []string{"implicit"} })
	if res := d.browser(t).get("/oauth2/authorize" + ask()); res.location() != callback+"?error=unauthorized_client&state=s%201" {
		t.Errorf("a flow that is not enabled led to %q", res.location())
	}
}

func TestRedirectsThatAreNotTheApps(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	for _, uri := range []string{
		callback + "/", callback + "?", callback + "#f", callback + "/../x", strings.ToUpper(callback), "https" + callback[4:],
		strings.Replace(callback, "4200", "4201", 1), strings.Replace(callback, ":4200", "", 1), strings.Replace(callback, "app.", "app.localhost.evil.", 1),
		strings.Replace(callback, "app.", "app.localhost@evil.", 1), "http://user@" + callback[7:], callback + "\r\nSet-Cookie: a=b", "//evil.example", "javascript:alert(1)", " " + callback,
	} {
		for _, path := range []string{"/oauth2/authorize", "/login", "/signup", "/confirm", "/forgotPassword", "/confirmForgotPassword"} {
			res := b.get(path + ask("redirect_uri", uri))
			if res.location() != "/error?error=redirect_mismatch&client_id="+clientA {
				t.Errorf("%s with %q: %d %q", path, uri, res.StatusCode, res.location())
			}
		}
	}
	page := b.get("/error?error=redirect_mismatch&client_id=" + clientA)
	if page.StatusCode != http.StatusBadRequest {
		t.Errorf("/error answers %d, want 400", page.StatusCode)
	}
	shows(t, page, "An error was encountered with the requested page.", "redirect_mismatch", page.Header.Get(requestIDHeader), callback)
	d.web.Dev = false
	if page := b.get("/error?error=redirect_mismatch&client_id=" + clientA); strings.Contains(page.body, callback) {
		t.Error("without --dev the error page shows what the client registered")
	}
}

func TestTheErrorPageRepeatsNothing(t *testing.T) {
	t.Parallel()
	b := newDoor(t).browser(t)
	page := b.get("/error?error=Call+0900+123&error_description=You+won&client_id=%3Cb%3E&state=zzz")
	for _, text := range []string{"0900", "won", "<b>", "&lt;b&gt;", "zzz"} {
		if strings.Contains(page.body, text) {
			t.Errorf("the error page repeats %q", text)
		}
	}
	if page.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d, want 400", page.StatusCode)
	}
}

func TestBrokenBeforeTheRedirectIsKnown(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	for _, c := range []struct {
		name, query string
		status      int
		want        string
	}{
		{"no client", ask("client_id", ""), 400, "Missing required parameter client_id in request URL"},
		{"unknown client", ask("client_id", "nobody"), 400, "There is no such app client here."},
		{"client with NUL", ask("client_id", "a\x00b"), 400, "The request is malformed"},
		{"client of bad UTF-8", ask("client_id", "\xff"), 400, "The request is malformed"},
		{"two clients", ask() + "&client_id=" + clientB, 400, "The request is malformed"},
		{"no redirect", ask("redirect_uri", ""), 400, "Required String parameter &#39;redirect_uri&#39; is not present"},
		{"two redirects", ask() + "&redirect_uri=x", 400, "more than one redirect_uri"},
		{"NUL in nonce", ask("nonce", "a\x00"), 400, "The request is malformed"},
		{"bad escape", ask() + "&x=%zz", 400, "The request is malformed"},
		{"long query", ask("nonce", strings.Repeat("a", maxQuery)), 414, "The request is too large."},
	} {
		for _, path := range []string{"/oauth2/authorize", "/login", "/confirmForgotPassword"} {
			res := b.get(path + c.query)
			if res.StatusCode != c.status || res.location() != "" {
				t.Errorf("%s at %s: %d %q, want %d", c.name, path, res.StatusCode, res.location(), c.status)
			}
			shows(t, res, "An error was encountered with the requested page.", c.want)
		}
	}
	if res := b.get("/nowhere"); res.StatusCode != 404 {
		t.Errorf("an unknown path answers %d", res.StatusCode)
	}
	if res := b.do("DELETE", "/login"+ask(), nil); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD, POST" {
		t.Errorf("DELETE /login: %d %q", res.StatusCode, res.Header.Get("Allow"))
	}
	if res := b.do("HEAD", "/login"+ask(), nil); res.StatusCode != 200 || res.body != "" {
		t.Errorf("HEAD /login: %d %q", res.StatusCode, res.body)
	}
}

func TestStateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	b.signUp("ann@example.com")
	for _, state := range []string{"", "plain", "a b+c%20", `{"a":"b&c=d#e"}`, "ä€😀", "\xff\x00\x01\r\nSet-Cookie: x=y\r\n\r\n<html>", "aGVsbG8=", strings.Repeat("x", pool.MaxParameter)} {
		q := ask("state", "") + "&state=" + url.QueryEscape(state)
		direct := b.get("/oauth2/authorize" + q)
		refused := b.get("/oauth2/authorize" + q + "&max_age=x")
		hash := b.get("/oauth2/authorize" + strings.Replace(q, "response_type=code", "response_type=token", 1))
		login := b.post("/login"+q+"&prompt=login", b.get("/login"+q+"&prompt=login"), "username", "ann@example.com", "password", word)
		for name, res := range map[string]answer{"code": direct, "error": refused, "form": login, "fragment": hash} {
			u, err := url.Parse(res.location())
			if err != nil {
				t.Fatal(err)
			}
			got := u.Query()
			if name == "fragment" {
				_, raw, _ := strings.Cut(res.location(), "#")
				got, err = url.ParseQuery(raw)
				must(t, err)
			}
			if !got.Has("state") || got.Get("state") != state || cookie(res, "x") != nil {
				t.Errorf("%s: state %q came back as %q in %q", name, state, got.Get("state"), res.location())
			}
		}
	}
	if res := b.get("/oauth2/authorize" + ask("state", "")); strings.Contains(res.location(), "state") {
		t.Errorf("a state that was not sent came back: %q", res.location())
	}
}

func TestCallbackURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		uri      string
		fragment bool
		want     string
	}{
		{"https://a.example/cb", false, "https://a.example/cb?code=x%20y&state=%26"},
		{"https://a.example/cb?t=1", false, "https://a.example/cb?t=1&code=x%20y&state=%26"},
		{"https://a.example/cb?", false, "https://a.example/cb?code=x%20y&state=%26"},
		{"https://a.example/cb?t=1", true, "https://a.example/cb?t=1#code=x%20y&state=%26"},
		{"myapp://cb", false, "myapp://cb?code=x%20y&state=%26"},
	} {
		if got := callbackURL(c.uri, c.fragment, "code", "x y", "state", "&"); got != c.want {
			t.Errorf("callbackURL(%q, %v) = %q, want %q", c.uri, c.fragment, got, c.want)
		}
	}
}

func TestFormsLeadOnlyToTheApp(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://a.example/cb": "https://a.example", "http://localhost:4200/x": "http://localhost:4200", "myapp://cb": "myapp:",
		"http://[::1]:4200/cb": "http:", "com.example.app:/cb": "com.example.app:", "": "",
	} {
		if got := formTarget(uri); got != want {
			t.Errorf("formTarget(%q) = %q, want %q", uri, got, want)
		}
	}
	b := newDoor(t).browser(t)
	policy := b.get("/login" + ask()).Header.Get("Content-Security-Policy")
	want := "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self' http://app.localhost:4200; frame-ancestors 'none'"
	if policy != want {
		t.Errorf("the policy of a page is\n%s, want\n%s", policy, want)
	}
	if policy := b.get("/error").Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self';") {
		t.Errorf("the policy of the error page is %s", policy)
	}
	if uri := b.get("/login" + ask("redirect_uri", callback+"?tenant=1", "prompt", "none")).location(); !strings.HasPrefix(uri, callback+"?tenant=1&error=login_required") {
		t.Errorf("a redirect URI with a query became %q", uri)
	}
}

// A request line may hold bytes that url.Values never writes.
func TestRawBytesInTheQuery(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	conn, err := net.Dial("tcp", d.Listener.Addr().String())
	must(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "GET /oauth2/authorize%s&nonce=\xc3\xa4\"<> HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", ask(), ownHost)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	must(t, err)
	defer res.Body.Close()
	if want := "/login" + ask() + "&nonce=%C3%A4%22%3C%3E"; res.Header.Get("Location") != want {
		t.Errorf("Location %q, want %q", res.Header.Get("Location"), want)
	}
}
