package stories_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file tell the pages "The token issuer endpoint" and
// "Refresh tokens" of Cognito.

// has demands that an answer holds the named members and no others.
func (a answer) has(t *testing.T, members ...string) answer {
	t.Helper()
	a.ok(t)
	if diff := cmp.Diff(slices.Sorted(slices.Values(members)), slices.Sorted(maps.Keys(a.json))); diff != "" {
		t.Errorf("the answer holds %s", diff)
	}
	return a
}

func TestTokenByCode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		back := h.SignUp(b, housetest.Ask(), ann, secret)
		if _, err := uuid.Parse(back.Query().Get("code")); err != nil || back.Fragment != "" || back.RawQuery != "code="+back.Query().Get("code")+"&state=s-1" {
			t.Errorf("the app is called at %s", back)
		}
		tokens := redeem(t, h, back).has(t, "id_token", "access_token", "refresh_token", "token_type", "expires_in")
		if tokens.json["token_type"] != "Bearer" || tokens.json["expires_in"] != 3600.0 {
			t.Errorf("the answer is %s", tokens.body)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json;charset=UTF-8", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache", "Expires": "0",
		} {
			if got := tokens.header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if _, err := uuid.Parse(tokens.header.Get("x-amz-cognito-request-id")); err != nil || tokens.header.Get("Date") == "" {
			t.Errorf("the headers are %v", tokens.header)
		}
		redeem(t, h, back).fails(t, http.StatusBadRequest, "invalid_grant") // once

		inTime, late := b.Get("/oauth2/authorize"+housetest.Ask()).Back(), b.Get("/oauth2/authorize"+housetest.Ask()).Back()
		h.Advance(4 * time.Minute)
		redeem(t, h, inTime).ok(t)
		h.Advance(time.Minute)
		redeem(t, h, late).fails(t, http.StatusBadRequest, "invalid_grant") // five minutes
	})
}

// Every refusal is 400 with a code of its own; the description is there where
// Cognito documents one.
func TestTokenErrors(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b := h.Browser()
		good := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t).text("refresh_token")
		foreign := redeemed(t, h, b.Get("/oauth2/authorize"+housetest.Ask("client_id", secondApp)).Back(), "client_id", secondApp).ok(t).text("refresh_token")
		revoked := redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back()).ok(t).text("refresh_token")
		call(t, h, "/oauth2/revoke", "", "token", revoked, "client_id", housetest.ClientID).ok(t)
		client, refreshing, redeeming := "client_id", "refresh_token", "authorization_code"
		for _, c := range []struct {
			name, basic string
			form        []string
			want        string
		}{
			{"no refresh token", "", []string{client, housetest.ClientID, "grant_type", refreshing}, "invalid_request"},
			{"no grant type", "", []string{client, housetest.ClientID}, "invalid_request"},
			{"no code", "", []string{client, housetest.ClientID, "grant_type", redeeming, "redirect_uri", housetest.Callback}, "invalid_request"},
			{"no redirect", "", []string{client, housetest.ClientID, "grant_type", redeeming, "code", "x"}, "invalid_request"},
			{"no client", "", []string{"grant_type", refreshing, "refresh_token", good}, "invalid_request"},
			{"another grant type", "", []string{client, housetest.ClientID, "grant_type", "password"}, "unsupported_grant_type"},
			{"unknown client", "", []string{client, "nobody", "grant_type", refreshing, "refresh_token", good}, "invalid_client"},
			{"secret of a public client", "", []string{client, housetest.ClientID, "client_secret", "x", "grant_type", refreshing, "refresh_token", good}, "invalid_client"},
			{"no secret", "", []string{client, otherApp, "grant_type", refreshing, "refresh_token", good}, "invalid_client"},
			{"wrong secret", otherApp + ":wrong", []string{"grant_type", refreshing, "refresh_token", good}, "invalid_client"},
			{"wrong secret in the body", "", []string{client, otherApp, "client_secret", "wrong", "grant_type", refreshing, "refresh_token", good}, "invalid_client"},
			{"unknown code", "", []string{client, housetest.ClientID, "grant_type", redeeming, "redirect_uri", housetest.Callback, "code", uuid.NewString()}, "invalid_grant"},
			{"unknown refresh token", "", []string{client, housetest.ClientID, "grant_type", refreshing, "refresh_token", "x"}, "invalid_grant"},
			{"revoked refresh token", "", []string{client, housetest.ClientID, "grant_type", refreshing, "refresh_token", revoked}, "invalid_grant"},
			{"another client's refresh token", "", []string{client, housetest.ClientID, "grant_type", refreshing, "refresh_token", foreign}, "invalid_grant"},
		} {
			a := call(t, h, "/oauth2/token", c.basic, c.form...)
			says(t, c.name, a, http.StatusBadRequest, c.want)
			if a.header.Get("Content-Type") != "application/json;charset=UTF-8" || a.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: headers %v", c.name, a.header)
			}
		}
		if a := call(t, h, "/oauth2/token", "", client, "nobody", "grant_type", refreshing, "refresh_token", good); strings.TrimSpace(a.body) != `{"error":"invalid_client"}` {
			t.Errorf("the body is %s", a.body)
		}
		elsewhere := redeemed(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back(), "redirect_uri", housetest.Callback+"/")
		says(t, "another redirect", elsewhere, http.StatusBadRequest, "unauthorized_client")
		if elsewhere.text("error_description") != "invalid_redirect" {
			t.Errorf("another redirect: %s", elsewhere.body)
		}
	})
}

// A request must be a POST of a form, and brings each parameter once.
func TestTokenRequestShape(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		form := "grant_type=refresh_token&client_id=" + housetest.ClientID + "&refresh_token="
		token := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t).text("refresh_token")
		for _, c := range []struct {
			name, method, kind, body string
			status                   int
		}{
			{"as it should be", "POST", "application/x-www-form-urlencoded", form + token, 200},
			{"with a charset", "POST", "application/x-www-form-urlencoded; charset=utf-8", form + token, 200},
			{"ignored parameters", "POST", "application/x-www-form-urlencoded", form + token + "&aws_client_metadata=%7B%7D&scope=openid&resource=https%3A%2F%2Fapi.example.com", 200},
			{"GET", "GET", "application/x-www-form-urlencoded", "", 405},
			{"JSON", "POST", "application/json", `{"grant_type":"refresh_token"}`, 400},
			{"no type", "POST", "", form + token, 400},
			{"repeated", "POST", "application/x-www-form-urlencoded", form + token + "&refresh_token=x", 400},
		} {
			r, err := http.NewRequestWithContext(t.Context(), c.method, h.URL()+"/oauth2/token", strings.NewReader(c.body))
			must(t, err)
			r.Header.Set("Content-Type", c.kind)
			if a := send(t, h, r); a.status != c.status || c.status != 200 && a.text("error") != "invalid_request" {
				t.Errorf("%s: %d %s, want %d", c.name, a.status, a.body, c.status)
			}
		}
	})
}

// A confidential client may name itself in the body beside its Basic header.
func TestTokenClientAuthentication(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		ask := housetest.Ask("client_id", otherApp)
		b := h.Browser()
		h.SignUp(b, ask, ann, secret)
		for name, c := range map[string]struct {
			basic string
			form  []string
		}{
			"basic":                            {otherApp + ":" + otherSecret, nil},
			"basic, client_id in the body too": {otherApp + ":" + otherSecret, []string{"client_id", otherApp}},
			"post":                             {"", []string{"client_id", otherApp, "client_secret", otherSecret}},
		} {
			code := b.Get("/oauth2/authorize" + ask).Back().Query().Get("code")
			a := call(t, h, "/oauth2/token", c.basic, append(c.form, "grant_type", "authorization_code", "redirect_uri", housetest.Callback, "code", code)...)
			works(t, name, a)
		}
	})
}

// An authorization request with a challenge needs the verifier; one without
// needs none, for public clients too.
func TestTokenPKCE(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		const challenge, verifier = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
		proof := housetest.Ask("code_challenge", challenge, "code_challenge_method", "S256")
		redeemed(t, h, b.Get("/oauth2/authorize"+proof).Back(), "code_verifier", verifier).ok(t)
		redeemed(t, h, b.Get("/oauth2/authorize"+proof).Back()).fails(t, http.StatusBadRequest, "invalid_grant")
		redeemed(t, h, b.Get("/oauth2/authorize"+proof).Back(), "code_verifier", strings.Repeat("a", 43)).fails(t, http.StatusBadRequest, "invalid_grant")
		redeemed(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back()).ok(t)
	})
}

// Without rotation a refresh token serves again and again, and what it gives
// tells of the first sign-in.
func TestTokenRefresh(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		first := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask("nonce", "n-1"), ann, secret)).ok(t)
		before := claims(t, first.text("id_token"))
		for range 2 {
			h.Advance(20 * time.Minute)
			again := refresh(t, h, first.text("refresh_token")).has(t, "id_token", "access_token", "token_type", "expires_in")
			id, access := claims(t, again.text("id_token")), claims(t, again.text("access_token"))
			if id["auth_time"] != before["auth_time"] || id["origin_jti"] != before["origin_jti"] || id["nonce"] != nil || access["scope"] != "openid email" {
				t.Errorf("after a refresh: %v, %v", id, access)
			}
		}
	})
}

// With rotation each refresh brings a new refresh token, which ends when the
// first one would have; the old one lives for its grace.
func TestTokenRotation(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.EnableTokenRevocation, c.RefreshTokenValidity, c.TokenValidityUnits = no(), number(2), &pool.TokenValidityUnits{RefreshToken: "hours"}
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 60}
		}))
		first := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		second := refresh(t, h, first.text("refresh_token")).has(t, "id_token", "access_token", "refresh_token", "token_type", "expires_in")
		if id := claims(t, second.text("id_token")); id["origin_jti"] == nil || id["jti"] == nil {
			t.Errorf("the ID token lacks jti or origin_jti: %v", id)
		}
		h.Advance(20 * time.Second)
		refresh(t, h, first.text("refresh_token")).ok(t)
		h.Advance(time.Hour)
		third := refresh(t, h, second.text("refresh_token")).ok(t).text("refresh_token")
		h.Advance(time.Hour)
		refresh(t, h, third).fails(t, http.StatusBadRequest, "invalid_grant") // two hours from the sign-in
	})
}

// Scripts of any origin may call the endpoints for programs, and no other.
func TestTokenCORS(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	for path, want := range map[string]string{"/oauth2/token": "*", "/oauth2/revoke": "*", "/oauth2/userInfo": "*", "/login" + housetest.Ask(): "", "/oauth2/authorize" + housetest.Ask(): "", "/logout": ""} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			r, err := http.NewRequestWithContext(t.Context(), method, h.URL()+path, nil)
			must(t, err)
			r.Header.Set("Origin", "https://app.example.com")
			client := h.HTTP()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			response, err := client.Do(r)
			must(t, err)
			response.Body.Close()
			if got := response.Header.Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s %s: Access-Control-Allow-Origin %q, want %q", method, path, got, want)
			}
		}
	}
}
