package webapp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/joho/godotenv"

	"github.com/poolhouse/poolhouse/examples/webapp"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

const (
	page = "text/html,application/xhtml+xml,*/*;q=0.8"
	data = "application/json"
)

// story is the app, its pool and a person's browser.
type story struct {
	t       *testing.T
	pool    *fakepool.Pool
	browser *http.Client
	log     *bytes.Buffer
}

func demoEnv(t *testing.T) map[string]string {
	t.Helper()
	env, err := godotenv.Read(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	env["COOKIE_SESSION_SECRET"] = strings.Repeat("s", 32)
	return env
}

func start(t *testing.T, change map[string]string) *story {
	t.Helper()
	env := demoEnv(t)
	for name, value := range change {
		env[name] = value
	}
	cfg, err := webapp.ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	p := fakepool.New(fakepool.Options{RedirectURL: cfg.RedirectURL, LogoutURL: cfg.LogoutURL})
	s := &story{t: t, pool: p, browser: p.Net.Browser(), log: &bytes.Buffer{}}
	cfg.HTTPClient, cfg.Logger = p.HTTPClient(), slog.New(slog.NewTextHandler(s.log, nil))
	app, err := webapp.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.Net.Serve("localhost:4200", app)
	return s
}

func (s *story) do(method, at, accept string) (*http.Response, string) {
	s.t.Helper()
	if strings.HasPrefix(at, "/") {
		at = "http://localhost:4200" + at
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, at, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	resp, err := s.browser.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(body)
}

func (s *story) json(at string) (int, map[string]any) {
	s.t.Helper()
	resp, body := s.do(http.MethodGet, at, data)
	var out map[string]any
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		s.t.Fatalf("GET %s: %s %q: %v", at, resp.Status, body, err)
	}
	return resp.StatusCode, out
}

func TestPagesFromSignUpToSignOut(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, front := s.do(http.MethodGet, "/", page)
	if !strings.Contains(front, `href="/login"`) || !strings.Contains(front, `href="/signup"`) {
		t.Fatalf("front page:\n%s", front)
	}
	resp, profile := s.do(http.MethodGet, "/signup", page)
	if want := "/users/0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50"; resp.Request.URL.Path != want || s.pool.Count("/signup") != 1 {
		t.Fatalf("after sign-up at %s, want %s", resp.Request.URL, want)
	}
	for _, want := range []string{"Hello, <bdi>ann</bdi>", "ann@example.com", "Verified", "<details>", "eyJ", `action="/logout"`, "UTC</time>"} {
		if !strings.Contains(profile, want) {
			t.Errorf("the profile page lacks %s", want)
		}
	}
	resp, back := s.do(http.MethodPost, "/logout", page)
	if resp.Request.URL.Path != "/" || !strings.Contains(back, `href="/login"`) || s.pool.Count("/logout") != 1 || len(s.pool.Revoked()) != 1 {
		t.Errorf("signed out at %s:\n%s", resp.Request.URL, back)
	}
	if log := s.log.String(); strings.Contains(log, "eyJ") {
		t.Errorf("a token is in the log:\n%s", log)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	status, front := s.json("/")
	login, _ := front["login"].(string)
	if uptime, ok := front["uptime"].(float64); status != 200 || front["ok"] != true || !ok || uptime < 0 || len(front) != 3 {
		t.Fatalf("%d %v", status, front)
	}
	if status, body := s.json("/users/anybody"); status != 401 || body["error"] != "login_required" {
		t.Errorf("signed out: %d %v", status, body)
	}
	status, me := s.json(login)
	if status != 200 || len(me) != 6 || me["ok"] != true || me["email"] != "ann@example.com" || me["emailVerified"] != true || me["id"] != "0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50" {
		t.Fatalf("%d %v", status, me)
	}
	if token, _ := me["accessToken"].(string); strings.Count(token, ".") != 2 {
		t.Errorf("accessToken is %v", me["accessToken"])
	}
	if status, _ := s.json("/users/somebody-else"); status != 404 {
		t.Errorf("somebody else's profile: %d", status)
	}
	logout, _ := me["logout"].(string)
	if !strings.HasPrefix(logout, s.pool.Domain+"/logout?") {
		t.Fatalf("logout is %v", me["logout"])
	}
	if status, front = s.json(logout); status != 200 || front["login"] != login {
		t.Errorf("after signing out: %d %v", status, front)
	}
	if status, _ := s.json("/users/0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50"); status != 401 {
		t.Errorf("the profile after signing out: %d", status)
	}
}

func TestSignedOutBrowserComesBackToTheProfile(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	resp, _ := s.do(http.MethodGet, "/users/0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50", page)
	if resp.StatusCode != 200 || resp.Request.URL.Path != "/users/0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50" {
		t.Errorf("%s at %s", resp.Status, resp.Request.URL)
	}
}

func TestPathsFollowTheSettings(t *testing.T) {
	t.Parallel()
	s := start(t, map[string]string{
		"COGNITO_LOGIN_REDIRECT_URL": "http://localhost:4200/in", "COGNITO_LOGOUT_REDIRECT_URL": "http://localhost:4200/out",
		"COOKIE_SESSION_NAME": "mine", "COGNITO_ISSUER": "",
	})
	if resp, _ := s.do(http.MethodGet, "/login", page); resp.StatusCode != 200 || !strings.HasPrefix(resp.Request.URL.Path, "/users/") {
		t.Fatalf("%s at %s", resp.Status, resp.Request.URL)
	}
	for _, c := range s.browser.Jar.Cookies(mustRequest(t).URL) {
		if !strings.HasPrefix(c.Name, "mine") {
			t.Errorf("cookie %s", c.Name)
		}
	}
	if resp, _ := s.do(http.MethodGet, "/out", page); resp.Request.URL.Path != "/" {
		t.Errorf("signed out at %s", resp.Request.URL)
	}
	if resp, _ := s.do(http.MethodGet, "/oauth/cognito", page); resp.StatusCode != 404 {
		t.Errorf("the default callback is still there: %s", resp.Status)
	}
}

func mustRequest(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://localhost:4200/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestFailuresHaveAWayOut(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for at, status := range map[string]int{
		"/oauth/cognito?code=x&state=y":      400,
		"/oauth/cognito":                     400,
		"/oauth/cognito?error=access_denied": 403,
		"/oauth/cognito?error=invalid_request&error_description=invalid_scope": 500,
		"/nowhere": 404,
	} {
		resp, body := s.do(http.MethodGet, at, page)
		if resp.StatusCode != status || !strings.Contains(body, `class="button" href="/`) {
			t.Errorf("%s: %s\n%s", at, resp.Status, body)
		}
		if got, answer := s.json(at); got != status || answer["ok"] != false {
			t.Errorf("%s as JSON: %d %v", at, got, answer)
		}
	}
}

// Who signed in at the pool's own address comes back with a code that this
// browser did not ask for: it proves nothing, and the app asks anew.
func TestSignInBegunAtThePool(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	if resp, body := s.do(http.MethodGet, "/oauth/cognito?code=x", page); resp.StatusCode != 200 || !strings.HasPrefix(resp.Request.URL.Path, "/users/") {
		t.Errorf("%s at %s\n%s", resp.Status, resp.Request.URL, body)
	}
	s = start(t, nil)
	s.browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, _ := s.do(http.MethodGet, "/oauth/cognito?code=x", page)
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/login" {
		t.Errorf("%s to %q, want 303 to /login", resp.Status, resp.Header.Get("Location"))
	}
	for _, query := range []string{"code=x&state=", "code=x&state=y", "", "state=y"} {
		if resp, _ := s.do(http.MethodGet, "/oauth/cognito?"+query, page); resp.StatusCode != 400 {
			t.Errorf("%q: %s", query, resp.Status)
		}
	}
}

func TestNothingIsReflected(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, body := s.do(http.MethodGet, "/oauth/cognito?error=x&error_description=%3Cscript%3Ealert(1)%3C/script%3E", page)
	if strings.Contains(body, "alert") {
		t.Errorf("the query is on the page:\n%s", body)
	}
	s.pool.SetUser(fakepool.User{Sub: "u1", Email: `"><script>alert(1)</script>@example.com`})
	_, body = s.do(http.MethodGet, "/login", page)
	if strings.Contains(body, "<script") || !strings.Contains(body, "&lt;script&gt;") {
		t.Errorf("the address is not escaped:\n%s", body)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	for _, at := range []string{"/", "/login", "/nowhere", "/oauth/cognito"} {
		resp, body := s.do(http.MethodGet, at, page)
		h := resp.Header
		if got := h.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none';") || strings.Contains(got, "unsafe") ||
			!strings.Contains(got, "frame-ancestors 'none'") || !strings.HasSuffix(got, "form-action 'self' http://localhost:9229") {
			t.Errorf("%s: policy is %s", at, got)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" || h.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: headers are %v", at, h)
		}
		if regexp.MustCompile(`(?i)<script|style=|\son[a-z]+=`).MatchString(body) {
			t.Errorf("%s has something inline:\n%s", at, body)
		}
		if at == "/login" && h.Get("Cache-Control") != "no-store" {
			t.Errorf("the profile may be kept: %v", h)
		}
	}
}

func TestStyleIsOneFileThatBrowsersKeep(t *testing.T) {
	t.Parallel()
	s := start(t, nil)
	_, front := s.do(http.MethodGet, "/", page)
	link := regexp.MustCompile(`href="(/app\.[0-9a-f]{12}\.css)"`).FindStringSubmatch(front)
	if link == nil {
		t.Fatalf("no style:\n%s", front)
	}
	resp, css := s.do(http.MethodGet, link[1], "text/css")
	if !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/css") {
		t.Errorf("headers are %v", resp.Header)
	}
	if size := len(css) + len(front); size > 15<<10 {
		t.Errorf("page and style have %d bytes", size)
	}
	if resp, _ := s.do(http.MethodGet, "/favicon.svg", "image/*"); resp.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("icon: %s", resp.Status)
	}
}

func TestConfigFromEnv(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change map[string]string
		says   string
	}{
		"no secret":     {map[string]string{"COOKIE_SESSION_SECRET": ""}, "COOKIE_SESSION_SECRET has 0 characters"},
		"short secret":  {map[string]string{"COOKIE_SESSION_SECRET": "short"}, "openssl rand"},
		"implicit":      {map[string]string{"COGNITO_LOGIN_RESPONSE_TYPE": "token"}, "COGNITO_LOGIN_RESPONSE_TYPE"},
		"other grant":   {map[string]string{"COGNITO_LOGIN_GRANT_TYPE": "password"}, "COGNITO_LOGIN_GRANT_TYPE"},
		"two missing":   {map[string]string{"COGNITO_CLIENT_ID": "", "COGNITO_DOMAIN_NAME_URL": " "}, "COGNITO_CLIENT_ID, COGNITO_DOMAIN_NAME_URL"},
		"no logout URL": {map[string]string{"COGNITO_LOGOUT_REDIRECT_URL": ""}, "COGNITO_LOGOUT_REDIRECT_URL"},
	} {
		env := demoEnv(t)
		for key, value := range test.change {
			env[key] = value
		}
		_, err := webapp.ConfigFromEnv(func(name string) string { return env[name] })
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), `"short"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	env := demoEnv(t)
	for _, name := range []string{"COGNITO_LOGIN_GRANT_TYPE", "COGNITO_LOGIN_RESPONSE_TYPE", "COGNITO_LOGIN_SCOPE", "COOKIE_SESSION_NAME", "HOSTNAME", "PORT", "COGNITO_ISSUER"} {
		delete(env, name)
	}
	cfg, err := webapp.ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil || cfg.Addr() != "localhost:4200" || cfg.Issuer != "" {
		t.Errorf("defaults: %v, %v", cfg, err)
	}
	bad := cfg
	bad.CookieSecret = ""
	if _, err := webapp.New(bad); err == nil {
		t.Error("New takes an empty secret")
	}
	bad = cfg
	bad.Domain = "http://pool.example.com"
	if _, err := webapp.New(bad); err == nil {
		t.Error("New takes plain http")
	}
}

func TestExampleFileIsTheDemo(t *testing.T) {
	t.Parallel()
	env := demoEnv(t)
	cfg, err := webapp.ConfigFromEnv(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(".env.example")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Env() != string(file) {
		t.Errorf("Env prints\n%s\nthe file says\n%s", cfg.Env(), file)
	}
	if strings.Contains(cfg.String()+cfg.GoString()+cfg.LogValue().String(), env["COOKIE_SESSION_SECRET"]) {
		t.Error("the secret is printed")
	}
}
