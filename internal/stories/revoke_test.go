package stories_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file tell the pages "The token revocation endpoint" and
// "Ending user sessions with token revocation" of Cognito.

func revoke(t *testing.T, h *housetest.House, basic string, pairs ...string) answer {
	t.Helper()
	return call(t, h, "/oauth2/revoke", basic, pairs...)
}

// Revoking a refresh token ends it and every token of the same sign-in, at
// once, and nothing else. The answer is empty, for tokens that are nobody's too.
func TestRevokeEndsAFamily(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		first := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		other := redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back()).ok(t)
		later := refresh(t, h, first.text("refresh_token")).ok(t)
		for range 2 { // the second time it is revoked already
			a := revoke(t, h, "", "token", first.text("refresh_token"), "client_id", housetest.ClientID, "token_type_hint", "access_token").ok(t)
			if a.body != "" || a.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("revoke answered %q, %v", a.body, a.header)
			}
		}
		revoke(t, h, "", "token", "nonsense", "client_id", housetest.ClientID).ok(t)
		refresh(t, h, first.text("refresh_token")).fails(t, http.StatusBadRequest, "invalid_grant")
		for _, token := range []string{first.text("access_token"), later.text("access_token")} {
			userInfo(t, h, token).fails(t, http.StatusUnauthorized, "invalid_token")
		}
		refresh(t, h, other.text("refresh_token")).ok(t)
		userInfo(t, h, other.text("access_token")).ok(t)
		// The browser session is no token: it stays.
		if back := b.Get("/oauth2/authorize" + housetest.Ask()).Back(); back.Query().Get("code") == "" {
			t.Errorf("the browser is led to %s", back)
		}
	})
}

func TestRevokeErrors(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		token := tokens.text("refresh_token")
		says(t, "no token", revoke(t, h, "", "client_id", housetest.ClientID), http.StatusBadRequest, "invalid_request")
		says(t, "an access token", revoke(t, h, "", "client_id", housetest.ClientID, "token", tokens.text("access_token")), http.StatusBadRequest, "unsupported_token_type")
		says(t, "an ID token", revoke(t, h, "", "client_id", housetest.ClientID, "token", tokens.text("id_token")), http.StatusBadRequest, "unsupported_token_type")
		says(t, "unknown client", revoke(t, h, "", "client_id", "nobody", "token", token), http.StatusUnauthorized, "invalid_client")
		says(t, "no secret", revoke(t, h, "", "client_id", otherApp, "token", token), http.StatusUnauthorized, "invalid_client")
		says(t, "wrong secret", revoke(t, h, otherApp+":wrong", "token", token), http.StatusUnauthorized, "invalid_client")
		revoke(t, h, "", "client_id", secondApp, "token", token) // another client of the pool
		revoke(t, h, otherApp+":"+otherSecret, "token", token)   // one of another pool
		refresh(t, h, token).ok(t)                               // neither could
		if a := revoke(t, h, "", "client_id", "nobody"); strings.TrimSpace(a.body) != `{"error":"invalid_client"}` || a.header.Get("Content-Type") != "application/json;charset=UTF-8" {
			t.Errorf("the answer is %s, %v", a.body, a.header)
		}

		off := housetest.Start(t, with(t, "", func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.EnableTokenRevocation = no() }))
		says(t, "the feature is off", revoke(t, off, "", "client_id", housetest.ClientID, "token", "x"), http.StatusBadRequest, "invalid_request")
	})
}

// A confidential client revokes by its Basic header or with its secret in the body.
func TestRevokeClientAuthentication(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		ask := housetest.Ask("client_id", otherApp)
		b := h.Browser()
		h.SignUp(b, ask, ann, secret)
		refreshed := func(token string) answer {
			return call(t, h, "/oauth2/token", otherApp+":"+otherSecret, "grant_type", "refresh_token", "refresh_token", token)
		}
		for name, send := range map[string]func(token string) answer{
			"basic": func(token string) answer { return revoke(t, h, otherApp+":"+otherSecret, "token", token) },
			"post": func(token string) answer {
				return revoke(t, h, "", "client_id", otherApp, "client_secret", otherSecret, "token", token)
			},
		} {
			code := b.Get("/oauth2/authorize" + ask).Back().Query().Get("code")
			token := call(t, h, "/oauth2/token", otherApp+":"+otherSecret, "grant_type", "authorization_code", "redirect_uri", housetest.Callback, "code", code).ok(t).text("refresh_token")
			refreshed(token).ok(t)
			send(token).ok(t)
			says(t, name, refreshed(token), http.StatusBadRequest, "invalid_grant")
		}
		r := h.Browser().Request(http.MethodGet, "/oauth2/revoke", nil)
		if p := h.Browser().Do(r); p.Status != http.StatusMethodNotAllowed {
			t.Errorf("GET answered %d", p.Status)
		}
	})
}
