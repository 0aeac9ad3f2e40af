package stories_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// The stories of this file tell the page "The user attributes endpoint" of
// Cognito.

// The scopes open attributes; every value is a string.
func TestUserInfoByScope(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, anyScope(t, database))
		b := h.Browser()
		first := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		sub := claims(t, first.text("id_token"))["sub"]
		profile(t, h, sub)
		const (
			email  = " email email_verified"
			phone  = " phone_number phone_number_verified"
			people = " name family_name given_name middle_name nickname preferred_username profile picture website gender birthdate zoneinfo locale updated_at custom:team"
		)
		for scope, names := range map[string]string{
			"openid":                               email + phone + people + " address",
			"openid email":                         email,
			"openid phone":                         phone,
			"openid profile":                       people,
			"openid email profile":                 email + people,
			"openid aws.cognito.signin.user.admin": email + phone + people + " address",
			"openid email aws.cognito.signin.user.admin": email,
		} {
			token := redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask("scope", scope)).Back()).ok(t).text("access_token")
			a := userInfo(t, h, token).has(t, strings.Fields("sub username"+names)...)
			for name, value := range a.json {
				if _, ok := value.(string); !ok {
					t.Errorf("%s: %s is %v, want a string", scope, name, value)
				}
			}
			if a.json["sub"] != sub || a.json["username"] != sub || strings.Contains(names, "email") && a.json["email_verified"] != "true" || strings.Contains(names, "phone") && a.json["phone_number_verified"] != "false" {
				t.Errorf("%s: %s", scope, a.body)
			}
			if a.header.Get("Content-Type") != "application/json;charset=UTF-8" || a.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s: headers %v", scope, a.header)
			}
		}
	})
}

func TestUserInfoByPost(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		token := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t).text("access_token")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+"/oauth2/userInfo", nil)
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		want := userInfo(t, h, token).ok(t).json
		if diff := cmp.Diff(want, send(t, h, r).ok(t).json); diff != "" {
			t.Errorf("by POST: %s", diff)
		}
		if diff := cmp.Diff(want, call(t, h, "/oauth2/userInfo", "", "access_token", token).ok(t).json); diff != "" {
			t.Errorf("by form: %s", diff)
		}
	})
}

// A refusal says why in WWW-Authenticate and once more in the body.
func TestUserInfoErrors(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		c := anyScope(t, database)
		h := housetest.Start(t, c)
		b := h.Browser()
		tokens := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		code := func(ask string) answer { return redeem(t, h, b.Get("/oauth2/authorize"+ask).Back()).ok(t) }
		refused := func(what, token string, status int, code, description string) {
			t.Helper()
			a := userInfo(t, h, token)
			says(t, what, a, status, code)
			want := `Bearer error="` + code + `", error_description="` + description + `"`
			if a.header.Get("WWW-Authenticate") != want || a.text("error_description") != description {
				t.Errorf("%s: %q %s, want %q", what, a.header.Get("WWW-Authenticate"), a.body, want)
			}
		}
		const bad, dead = "Bad OAuth2 request at UserInfo Endpoint", "Access token is expired, disabled, or deleted, or the user has globally signed out."
		refused("no token", "", http.StatusBadRequest, "invalid_request", bad)
		refused("no JWT", "x", http.StatusBadRequest, "invalid_request", bad)
		refused("an ID token", tokens.text("id_token"), http.StatusUnauthorized, "invalid_token", dead)
		refused("without openid", code(housetest.Ask("scope", "aws.cognito.signin.user.admin")).text("access_token"), http.StatusUnauthorized, "invalid_token", "Access token does not contain openid scope")
		revoked := code(housetest.Ask())
		call(t, h, "/oauth2/revoke", "", "token", revoked.text("refresh_token"), "client_id", housetest.ClientID).ok(t)
		refused("revoked", revoked.text("access_token"), http.StatusUnauthorized, "invalid_token", dead)
		userInfo(t, h, tokens.text("access_token")).ok(t)
		_, err := h.DB.Users.Update(t.Context(), housetest.PoolID, claims(t, tokens.text("id_token"))["sub"].(string), func(u *pool.User) error { u.Disabled = true; return nil })
		must(t, err)
		refused("of a disabled account", tokens.text("access_token"), http.StatusUnauthorized, "invalid_token", dead)
	})
}

func TestUserInfoExpires(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		token := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t).text("access_token")
		h.Advance(59 * time.Minute)
		userInfo(t, h, token).ok(t)
		h.Advance(time.Minute)
		userInfo(t, h, token).fails(t, http.StatusUnauthorized, "invalid_token")
	})
}

// The scheme of the Authorization header is the only one that counts.
func TestUserInfoWantsBearer(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	token := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t).text("access_token")
	for _, header := range []string{token, "Basic " + token, "Token " + token} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/oauth2/userInfo?"+url.Values{"access_token": {token}}.Encode(), nil)
		must(t, err)
		r.Header.Set("Authorization", header)
		send(t, h, r).fails(t, http.StatusBadRequest, "invalid_request")
	}
}
