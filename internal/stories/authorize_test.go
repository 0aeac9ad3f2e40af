package stories_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file tell the pages "The redirect and authorization
// endpoint" and "User pool managed login" of Cognito.

// Without a session the browser is led to the sign-in page with the same
// request; what means nothing to this server travels along and changes nothing.
func TestAuthorizeLeadsToSignIn(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	asks := []string{housetest.Ask()}
	for _, extra := range []string{
		"identity_provider=COGNITO", "response_mode=form_post", "display=touch", "ui_locales=xx", "id_token_hint=x", "claims=%7B%7D", "request=x",
		"acr_values=urn%3Acognito%3Aloa%3A4", "resource=https%3A%2F%2Fapi.example.com", "prompt=select_account", "prompt=consent", "prompt=login+consent", "max_age=0", "lang=en", "login_hint=ann%40example.com", "nonce=n",
	} {
		asks = append(asks, housetest.Ask()+"&"+extra)
	}
	for _, ask := range asks {
		for _, path := range []string{"/oauth2/authorize", "/authorize", "/OAuth2/Authorize"} {
			b := h.Browser()
			p := b.Get(path + ask)
			if to := p.Location(); p.Status != http.StatusFound || to == nil || to.String() != h.URL()+"/login"+ask {
				t.Errorf("%s%s: %d %v", path, ask, p.Status, to)
				continue
			}
			if _, err := uuid.Parse(b.Cookie("XSRF-TOKEN")); err != nil {
				t.Errorf("%s%s: XSRF-TOKEN is %q", path, ask, b.Cookie("XSRF-TOKEN"))
			}
		}
		h.Browser().Get("/login" + ask).Form("cognitoSignInForm")
	}
}

// Once the redirect URI is known to be good, the app hears what is wrong; the
// order of the members is Cognito's.
func TestAuthorizeErrors(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	codeOnly := housetest.Start(t, with(t, "", func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.AllowedOAuthFlows = []string{"code"} }))
	challenge := strings.Repeat("a", 43)
	for _, c := range []struct {
		name  string
		house *housetest.House
		ask   string
		want  string
	}{
		{"no response_type", h, housetest.Ask("-response_type", ""), "?error=invalid_request&state=s-1"},
		{"another response_type", h, housetest.Ask("response_type", "token id_token"), "?error=invalid_request&state=s-1"},
		{"challenge without method", h, housetest.Ask("code_challenge", challenge), "?error=invalid_request&state=s-1"},
		{"method plain", h, housetest.Ask("code_challenge", challenge, "code_challenge_method", "plain"), "?error=invalid_request&state=s-1"},
		{"short challenge", h, housetest.Ask("code_challenge", "short", "code_challenge_method", "S256"), "?error=invalid_request&state=s-1"},
		{"method without challenge", h, housetest.Ask("code_challenge_method", "S256"), "?error=invalid_request&state=s-1"},
		{"flow not enabled", codeOnly, housetest.Ask("response_type", "token"), "#error=unauthorized_client&state=s-1"},
		{"scope not allowed", h, housetest.Ask("scope", "openid phone"), "?error_description=invalid_scope&state=s-1&error=invalid_request"},
		{"scope unknown", h, housetest.Ask("scope", "openid offline_access"), "?error_description=invalid_scope&state=s-1&error=invalid_request"},
		{"scope not allowed, no state", h, housetest.Ask("scope", "phone", "-state", ""), "?error_description=invalid_scope&error=invalid_request"},
		{"scope not allowed, provider named", h, housetest.Ask("scope", "phone", "identity_provider", "COGNITO"), "?error_description=invalid_scope&state=s-1&error=invalid_request"},
		{"scope not allowed, implicit", h, housetest.Ask("scope", "phone", "response_type", "token", "-state", ""), "#error_description=invalid_scope&error=invalid_request"},
		{"prompt=none without a session", h, housetest.Ask("prompt", "none"), "?error=login_required&state=s-1"},
		{"max_age is no number", h, housetest.Ask("max_age", "-1"), "?error=invalid_request&state=s-1"},
	} {
		for _, path := range []string{"/oauth2/authorize", "/login"} {
			if p := c.house.Browser().Get(path + c.ask); p.Status != http.StatusFound || p.Header.Get("Location") != housetest.Callback+c.want {
				t.Errorf("%s at %s: %d %q, want %q", c.name, path, p.Status, p.Header.Get("Location"), housetest.Callback+c.want)
			}
		}
	}
}

// Before that, nothing is sent anywhere: the error page answers 400.
func TestAuthorizeErrorPage(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	const broken = "An error was encountered with the requested page."
	for _, path := range []string{"/oauth2/authorize", "/login"} {
		for _, uri := range []string{housetest.Callback + "/", "http" + housetest.Callback[5:], "https://app.example.com:8443/callback", "https://app.example.com/other", "https://user@app.example.com/callback", "https://app.example.com.evil.example/callback"} {
			b := h.Browser()
			p := b.Get(path + housetest.Ask("redirect_uri", uri))
			if to := p.Location(); p.Status != http.StatusFound || to == nil || to.String() != h.URL()+"/error?error=redirect_mismatch&client_id="+housetest.ClientID {
				t.Errorf("%s to %s: %d %v", path, uri, p.Status, to)
				continue
			}
			if p = b.Follow(p); p.Status != http.StatusBadRequest {
				t.Errorf("/error answered %d", p.Status)
			}
			p.Shows(broken)
			p.Shows("redirect_mismatch")
			p.Shows(p.Header.Get("x-amz-cognito-request-id"))
		}
		for ask, says := range map[string]string{
			housetest.Ask("-redirect_uri", ""):   "Required String parameter 'redirect_uri' is not present",
			housetest.Ask("-client_id", ""):      "Missing required parameter client_id in request URL",
			housetest.Ask("client_id", "nobody"): "There is no such app client here.",
			"":                                   "Missing required parameter client_id in request URL",
		} {
			p := h.Browser().Get(path + ask)
			if p.Status != http.StatusBadRequest || p.Location() != nil {
				t.Errorf("%s%s: %d %v, want the error page", path, ask, p.Status, p.Location())
			}
			p.Shows(broken)
			p.Shows(says)
		}
	}
}

// A fault on the way back to the app is told to the app.
func TestAuthorizeServerError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "house.db")
	h := housetest.Start(t, housetest.Config{Database: "sqlite:" + file})
	b := h.Browser()
	h.SignUp(b, housetest.Ask(), ann, secret)
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "DROP TABLE codes")
	must(t, err)
	if p := b.Get("/oauth2/authorize" + housetest.Ask()); p.Header.Get("Location") != housetest.Callback+"?error=server_error&state=s-1" {
		t.Errorf("%d %q", p.Status, p.Header.Get("Location"))
	}
}

// visits says how each request is answered for a browser: "app" with a code,
// "login", or an error.
func visits(t *testing.T, b *housetest.Browser, when string, wants map[string]string) {
	t.Helper()
	for ask, want := range wants {
		p := b.Get("/oauth2/authorize" + ask)
		to, got := p.Location(), "nowhere"
		switch {
		case to == nil:
		case to.Host == p.URL.Host:
			got = to.Path[1:]
		case to.Query().Get("code") != "":
			got = "app"
		default:
			got = to.Query().Get("error")
		}
		if got != want {
			t.Errorf("%s, %s leads to %s (%v), want %s", when, ask, got, to, want)
		}
	}
}

// The browser session lasts an hour from the last interactive sign-in, is
// shared by the app clients of the pool, and obeys prompt and max_age.
func TestAuthorizeSession(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		second, other := housetest.Ask("client_id", secondApp), housetest.Ask("client_id", otherApp)
		silent, again := housetest.Ask("prompt", "none"), housetest.Ask("prompt", "login")
		visits(t, b, "after the sign-in", map[string]string{
			housetest.Ask(): "app", silent: "app", second: "app", second + "&prompt=none": "app", housetest.Ask("prompt", "consent"): "app",
			housetest.Ask("prompt", "select_account consent"): "app", again: "login", housetest.Ask("identity_provider", "COGNITO"): "app",
			other: "login", other + "&prompt=none": "login_required",
		})
		visits(t, b, "after being asked again", map[string]string{housetest.Ask(): "app"}) // the old session stays
		h.Advance(2 * time.Minute)
		visits(t, b, "after two minutes", map[string]string{housetest.Ask("max_age", "60"): "login", housetest.Ask("max_age", "180"): "app", silent + "&max_age=60": "login_required"})
		h.Advance(28 * time.Minute)
		h.SignIn(b, again, ann, secret)
		visits(t, b, "after a fresh sign-in", map[string]string{housetest.Ask("max_age", "60"): "app"})
		h.Advance(59 * time.Minute)
		visits(t, b, "within the hour of the second sign-in", map[string]string{housetest.Ask(): "app", second: "app"})
		h.Advance(2 * time.Minute)
		visits(t, b, "after that hour", map[string]string{housetest.Ask(): "login", second: "login", silent: "login_required"})
	})
}

func TestAuthorizeImplicit(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		names := func(ask string) (string, url.Values) {
			location := b.Get("/oauth2/authorize" + ask).Header.Get("Location")
			fragment, found := strings.CutPrefix(location, housetest.Callback+"#")
			if !found {
				t.Fatalf("the implicit flow leads to %q", location)
			}
			var order []string
			for pair := range strings.SplitSeq(fragment, "&") {
				name, _, _ := strings.Cut(pair, "=")
				order = append(order, name)
			}
			values, err := url.ParseQuery(fragment)
			must(t, err)
			return strings.Join(order, " "), values
		}
		order, values := names(housetest.Ask("response_type", "token", "nonce", "n-1"))
		if order != "id_token access_token expires_in token_type state" || values.Get("expires_in") != "3600" || values.Get("token_type") != "Bearer" || values.Get("state") != "s-1" {
			t.Errorf("the fragment holds %s: %v", order, values)
		}
		if id := claims(t, values.Get("id_token")); id["nonce"] != "n-1" {
			t.Errorf("the nonce is %v", id["nonce"])
		}
		userInfo(t, h, values.Get("access_token")).ok(t)
		if order, _ := names(housetest.Ask("response_type", "token", "scope", "email", "-state", "")); order != "access_token expires_in token_type" {
			t.Errorf("without openid and state the fragment holds %s", order)
		}
	})
}

// An omitted scope stands for all that the client is allowed.
func TestAuthorizeScopes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.AllowedOAuthScopes = []string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}
		}))
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		for ask, want := range map[string]string{
			housetest.Ask("-scope", ""): "openid email phone profile aws.cognito.signin.user.admin",
			housetest.Ask("scope", "phone openid profile aws.cognito.signin.user.admin email"): "phone openid profile aws.cognito.signin.user.admin email",
			housetest.Ask("scope", "email"): "email",
		} {
			tokens := redeem(t, h, b.Get("/oauth2/authorize"+ask).Back()).ok(t)
			if got := claims(t, tokens.text("access_token"))["scope"]; got != want {
				t.Errorf("%s gave %q, want %q", ask, got, want)
			}
			if open := strings.Contains(want, "openid"); (tokens.text("id_token") != "") != open {
				t.Errorf("%s: ID token %q", ask, tokens.text("id_token"))
			}
		}
	})
}

func TestAuthorizeLoginHint(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	_, fields := b.Follow(b.Get("/oauth2/authorize" + housetest.Ask("login_hint", ann))).Form("cognitoSignInForm")
	if fields.Get("username") != ann {
		t.Errorf("the username is %q", fields.Get("username"))
	}
}
