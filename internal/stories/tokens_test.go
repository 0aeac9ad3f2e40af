package stories_test

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
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

// The stories of this file tell the pages "Understanding the identity (ID)
// token" and "Understanding the access token" of Cognito.

// profile gives the account of an ID token every kind of attribute there is.
func profile(t *testing.T, h *housetest.House, sub any) {
	t.Helper()
	_, err := h.DB.Users.Update(t.Context(), housetest.PoolID, sub.(string), func(u *pool.User) error {
		maps.Copy(u.Attributes, map[string]string{
			"name": "Ann Lee", "family_name": "Lee", "given_name": "Ann", "middle_name": "B", "nickname": "annie", "preferred_username": "ann",
			"profile": "https://example.com/ann", "picture": "https://example.com/ann.png", "website": "https://example.com", "gender": "female",
			"birthdate": "1990-01-02", "zoneinfo": "Europe/Paris", "locale": "fr", "updated_at": "1700000000", "address": "1 Road",
			"phone_number": "+15555550100", "phone_number_verified": "false", "custom:team": "7",
		})
		return nil
	})
	must(t, err)
}

// anyScope lets the app ask for every system scope.
func anyScope(t *testing.T, database string) housetest.Config {
	t.Helper()
	return with(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
		p.Schema = []pool.SchemaAttribute{{Name: "team"}}
		c.AllowedOAuthScopes = []string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}
		c.ReadAttributes = everyName(p)
	})
}

// shape takes what is different every time out of a token, after a look at it.
func shape(t *testing.T, token string) map[string]any {
	t.Helper()
	c := claims(t, token)
	for _, name := range []string{"jti", "origin_jti", "event_id", "sub"} {
		s, _ := c[name].(string)
		if _, err := uuid.Parse(s); err != nil {
			t.Errorf("%s is %v, want a UUID", name, c[name])
		}
		delete(c, name)
	}
	now := float64(time.Now().Unix())
	iat, _ := c["iat"].(float64)
	authTime, _ := c["auth_time"].(float64)
	if iat < now-300 || iat > now+300 || authTime > iat || authTime < iat-300 {
		t.Errorf("iat is %v and auth_time %v at %v", c["iat"], c["auth_time"], now)
	}
	if c["exp"] != iat+3600 {
		t.Errorf("exp is %v s after iat, want an hour", c["exp"].(float64)-iat)
	}
	delete(c, "iat")
	delete(c, "auth_time")
	delete(c, "exp")
	return c
}

func TestTokenClaims(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask("nonce", "n-1"), ann, secret)).ok(t)
		id, access := tokens.text("id_token"), tokens.text("access_token")
		sub := claims(t, id)["sub"]
		digest := sha256.Sum256([]byte(access))
		wantID := map[string]any{
			"iss": h.URL() + "/" + housetest.PoolID, "aud": housetest.ClientID, "token_use": "id", "cognito:username": sub,
			"email": ann, "email_verified": true, "nonce": "n-1", "at_hash": base64.RawURLEncoding.EncodeToString(digest[:16]),
		}
		wantAccess := map[string]any{
			"iss": h.URL() + "/" + housetest.PoolID, "client_id": housetest.ClientID, "token_use": "access", "username": sub, "scope": "openid email", "version": 2.0,
		}
		if diff := cmp.Diff(wantID, shape(t, id)); diff != "" {
			t.Errorf("ID token: %s", diff)
		}
		if diff := cmp.Diff(wantAccess, shape(t, access)); diff != "" {
			t.Errorf("access token: %s", diff)
		}
		for _, name := range []string{"sub", "origin_jti", "event_id", "auth_time"} {
			if claims(t, id)[name] != claims(t, access)[name] {
				t.Errorf("%s differs between the two tokens", name)
			}
		}
		if strings.Contains(tokens.text("refresh_token"), ".") {
			t.Errorf("the refresh token looks like something to read: %s", tokens.text("refresh_token"))
		}
	})
}

// The scopes decide which attributes an ID token holds; each has its JSON type.
func TestTokenAttributeClaims(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, anyScope(t, database))
		b := h.Browser()
		first := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		profile(t, h, claims(t, first.text("id_token"))["sub"])
		email, phone := map[string]any{"email": ann, "email_verified": true}, map[string]any{"phone_number": "+15555550100", "phone_number_verified": false}
		people := map[string]any{
			"name": "Ann Lee", "family_name": "Lee", "given_name": "Ann", "middle_name": "B", "nickname": "annie", "preferred_username": "ann",
			"profile": "https://example.com/ann", "picture": "https://example.com/ann.png", "website": "https://example.com", "gender": "female",
			"birthdate": "1990-01-02", "zoneinfo": "Europe/Paris", "locale": "fr", "updated_at": 1700000000.0, "custom:team": "7",
		}
		basics := []string{"at_hash", "aud", "auth_time", "cognito:username", "event_id", "exp", "iat", "iss", "jti", "origin_jti", "sub", "token_use"}
		for scope, wants := range map[string][]map[string]any{
			"openid":         {email, phone, people, {"address": map[string]any{"formatted": "1 Road"}}},
			"openid email":   {email},
			"openid phone":   {phone},
			"openid profile": {people},
			"openid email phone aws.cognito.signin.user.admin": {email, phone},
		} {
			id := claims(t, redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask("scope", scope)).Back()).ok(t).text("id_token"))
			maps.DeleteFunc(id, func(name string, _ any) bool { return slices.Contains(basics, name) })
			want := map[string]any{}
			for _, w := range wants {
				maps.Copy(want, w)
			}
			if diff := cmp.Diff(want, id); diff != "" {
				t.Errorf("%s: %s", scope, diff)
			}
		}
	})
}

// Where tokens cannot be revoked they carry no origin_jti.
func TestTokenClaimsWithoutRevocation(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.EnableTokenRevocation = no() }))
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		for _, name := range []string{"id_token", "access_token"} {
			if c := claims(t, tokens.text(name)); c["origin_jti"] != nil || c["event_id"] == nil {
				t.Errorf("the %s is %v", name, c)
			}
		}
	})
}
