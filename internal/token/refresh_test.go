package token_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/token"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	first := m.redeem(t)
	m.wait(10 * time.Minute)
	for range 2 { // without rotation one token serves for its whole life
		set, err := m.Refresh(t.Context(), m.app, first.RefreshToken)
		must(t, err)
		if set.RefreshToken != "" {
			t.Error("a refresh token without rotation")
		}
		before, after := part(t, first.IDToken, 1), part(t, set.IDToken, 1)
		for _, name := range []string{"sub", "auth_time", "origin_jti", "aud", "iss"} {
			if before[name] != after[name] {
				t.Errorf("%s was %v and is %v", name, before[name], after[name])
			}
		}
		if _, ok := after["nonce"]; ok || after["iat"] != float64(begin/1000+600) || before["jti"] == after["jti"] {
			t.Errorf("after the refresh %v", after)
		}
		if scope := part(t, set.AccessToken, 1)["scope"]; scope != "openid email" {
			t.Errorf("the scopes became %v", scope)
		}
	}
	m.wait(30*24*time.Hour - 10*time.Minute - time.Millisecond)
	refused(t, "on its last day", second(m.Refresh(t.Context(), m.app, first.RefreshToken)), "")
	m.wait(time.Millisecond)
	refused(t, "past its life", second(m.Refresh(t.Context(), m.app, first.RefreshToken)), "invalid_grant")
}

func rotating(grace int) func(*setup.Document) {
	return func(d *setup.Document) {
		d.UserPoolClients[0].RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: grace}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMint(t, database, rotating(10))
		first := m.redeem(t).RefreshToken
		set, err := m.Refresh(t.Context(), m.app, first)
		must(t, err)
		if set.RefreshToken == "" || set.RefreshToken == first {
			t.Fatal("no new refresh token")
		}
		m.wait(9 * time.Second)
		retry, err := m.Refresh(t.Context(), m.app, first)
		refused(t, "a retry within the grace", err, "")
		m.wait(time.Hour)
		refused(t, "the token of the retry", second(m.Refresh(t.Context(), m.app, retry.RefreshToken)), "")
	})
}

// A rotated token that comes back after its grace is in two hands: everything
// that came of the sign-in ends.
func TestReuseEndsTheFamily(t *testing.T) {
	t.Parallel()
	for _, grace := range []int{0, 10} {
		housetest.Databases(t, func(t *testing.T, database string) {
			m := newMint(t, database, rotating(grace))
			first := m.redeem(t)
			set, err := m.Refresh(t.Context(), m.app, first.RefreshToken)
			must(t, err)
			m.wait(time.Duration(grace) * time.Second)
			refused(t, "reuse", second(m.Refresh(t.Context(), m.app, first.RefreshToken)), "invalid_grant")
			refused(t, "the newest", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "invalid_grant")
			if second(m.UserInfo(t.Context(), "", set.AccessToken)) == nil {
				t.Error("an access token of the family still works")
			}
		})
	}
}

// Rotation does not extend a sign-in's life.
func TestRotationKeepsTheEnd(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", rotating(0))
	newest := m.redeem(t).RefreshToken
	for range 29 {
		m.wait(24 * time.Hour)
		set, err := m.Refresh(t.Context(), m.app, newest)
		must(t, err)
		newest = set.RefreshToken
	}
	m.wait(24 * time.Hour)
	refused(t, "after thirty days", second(m.Refresh(t.Context(), m.app, newest)), "invalid_grant")
}

func TestRaceRefresh(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMint(t, database, rotating(30))
		first := m.redeem(t).RefreshToken
		errs := make(chan error)
		for range 8 {
			go func() { errs <- second(m.Refresh(t.Context(), m.app, first)) }()
		}
		for range 8 {
			refused(t, "one of eight within the grace", <-errs, "")
		}
	})
}

// A sign-in that is ended after a refresh has read it, and before it writes, is
// ended for that refresh too.
func TestRevokedWhileRefreshing(t *testing.T) {
	t.Parallel()
	for what, f := range map[string]func(*setup.Document){"a rotation": rotating(10), "a note of its use": nil} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) {
				m := newMint(t, database, f)
				first := m.redeem(t)
				m.wait(pool.LastUsedStep)
				now, ended := m.Now, false
				m.Now = func() time.Time { // asked first of the grant that was read, and by what ends it
					if !ended {
						ended = true
						must(t, m.Revoke(t.Context(), m.app, first.RefreshToken))
					}
					return now()
				}
				refused(t, what, second(m.Refresh(t.Context(), m.app, first.RefreshToken)), "invalid_grant")
				if second(m.UserInfo(t.Context(), "", first.AccessToken)) == nil {
					t.Error("the access token works on")
				}
			})
		})
	}
}

func TestNoRefreshTokenIsMade(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	good := m.redeem(t).RefreshToken
	raw, ok := pool.ReadOpaque(good)
	if !ok {
		t.Fatal("the refresh token is not opaque text")
	}
	flipped := append([]byte{}, raw...)
	flipped[len(flipped)-1] ^= 1
	for what, bad := range map[string]string{
		"empty": "", "garbage": "garbage", "not base64": "!!", "padded": good + "=", "cut": good[:len(good)-4], "longer": good + "AAAA",
		"a flipped bit": pool.Opaque(flipped), "an access token": m.redeem(t).AccessToken,
	} {
		refused(t, what, second(m.Refresh(t.Context(), m.app, bad)), "invalid_grant")
	}
	// The master key alone makes none either: the ledger keeps a hash of a
	// part that is in the token only.
	for _, forged := range []string{`{"g":"` + originOf(t, m, good) + `","n":0,"s":""}`, `{"g":"` + originOf(t, m, good) + `","n":0,"s":"guess"}`} {
		sealed, err := m.Ring.Seal([]byte(forged), []byte("refresh|"+housetest.PoolID+"|"+housetest.ClientID))
		must(t, err)
		refused(t, "a forged one", second(m.Refresh(t.Context(), m.app, pool.Opaque(sealed))), "invalid_grant")
	}
	refused(t, "the good one", second(m.Refresh(t.Context(), m.app, good)), "")
}

func originOf(t *testing.T, m *mint, refresh string) string {
	t.Helper()
	set, err := m.Refresh(t.Context(), m.app, refresh)
	must(t, err)
	return part(t, set.AccessToken, 1)["origin_jti"].(string)
}

// A code that is made for a sign-in which an account's change overtook is worth
// nothing, though it is the later of the two by the clock; so are tokens.
func TestChangeOvertakesASignIn(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	change := func() pool.User {
		u, err := m.DB.Users.Update(t.Context(), housetest.PoolID, m.user.Sub, func(u *pool.User) error { u.EndAll(m.Now()); return nil })
		must(t, err)
		m.wait(time.Minute)
		return u
	}
	m.user = change()
	good := m.redeem(t) // of an account that was changed before
	must(t, second(m.UserInfo(t.Context(), housetest.PoolID, good.AccessToken)))
	after := change()
	stale := m.code(t, m.ask()) // by who was read before
	refused(t, "the code", second(m.Redeem(t.Context(), m.app, token.Redemption{Code: stale, RedirectURI: housetest.Callback})), "invalid_grant")
	implicit, err := m.Implicit(t.Context(), m.app, m.ask(), pool.SignedIn{User: m.user, AuthTime: m.at.Load()})
	must(t, err)
	if _, err := m.UserInfo(t.Context(), housetest.PoolID, implicit.AccessToken); err == nil {
		t.Error("an access token of a sign-in that was overtaken is good")
	}
	m.user = after
	must(t, second(m.UserInfo(t.Context(), housetest.PoolID, m.redeem(t).AccessToken)))
}

// Whatever ends a sign-in ends its refresh token and, at our endpoints, its
// access token.
func TestWhatEndsAGrant(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(*testing.T, *mint, token.Set){
		"revocation": func(t *testing.T, m *mint, s token.Set) { must(t, m.Revoke(t.Context(), m.app, s.RefreshToken)) },
		"a change of the account": func(t *testing.T, m *mint, _ token.Set) {
			must(t, second(m.DB.Users.Update(t.Context(), housetest.PoolID, m.user.Sub, func(u *pool.User) error { u.NotBefore = begin + 1; return nil })))
		},
		"disabling": func(t *testing.T, m *mint, _ token.Set) {
			must(t, second(m.DB.Users.Update(t.Context(), housetest.PoolID, m.user.Sub, func(u *pool.User) error { u.Disabled = true; return nil })))
		},
	} {
		m := newMint(t, "", nil)
		set := m.redeem(t)
		pending := m.code(t, m.ask())
		refused(t, what+", before", second(m.UserInfo(t.Context(), "", set.AccessToken)), "")
		end(t, m, set)
		refused(t, what+", refresh", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "invalid_grant")
		refused(t, what+", userInfo", second(m.UserInfo(t.Context(), "", set.AccessToken)), "invalid_token: Access token is expired, disabled, or deleted, or the user has globally signed out.")
		if what != "revocation" {
			refused(t, what+", a code on its way", second(m.Redeem(t.Context(), m.app, token.Redemption{Code: pending, RedirectURI: housetest.Callback})), "invalid_grant")
		}
		refused(t, what+", revoking again", m.Revoke(t.Context(), m.app, set.RefreshToken), "")
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	set := m.redeem(t)
	refused(t, "nothing", m.Revoke(t.Context(), m.app, ""), "invalid_request")
	refused(t, "an access token", m.Revoke(t.Context(), m.app, set.AccessToken), "unsupported_token_type")
	refused(t, "an ID token", m.Revoke(t.Context(), m.app, set.IDToken), "unsupported_token_type")
	refused(t, "nobody's", m.Revoke(t.Context(), m.app, "nobody's"), "")
	refused(t, "still good", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "")
	closed := newMint(t, "", func(d *setup.Document) { d.UserPoolClients[0].ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"} })
	refused(t, "a client that may not refresh", second(closed.Refresh(t.Context(), closed.app, closed.redeem(t).RefreshToken)), "unauthorized_client")
}

func TestUserInfoRefusals(t *testing.T) {
	t.Parallel()
	const dead = "invalid_token: Access token is expired, disabled, or deleted, or the user has globally signed out."
	const bad = "invalid_request: Bad OAuth2 request at UserInfo Endpoint"
	m := newMint(t, "", nil)
	set := m.redeem(t)
	parts := strings.Split(set.AccessToken, ".")
	text := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for what, c := range map[string]struct{ raw, want string }{
		"empty":              {"", bad},
		"garbage":            {"garbage", bad},
		"alg none":           {text(`{"alg":"none"}`) + "." + parts[1] + ".", bad},
		"alg HS256":          {text(`{"alg":"HS256"}`) + "." + parts[1] + "." + parts[2], bad},
		"no signature":       {parts[0] + "." + parts[1] + ".", dead},
		"an ID token":        {set.IDToken, dead},
		"another payload":    {parts[0] + "." + strings.Split(m.redeem(t).AccessToken, ".")[1] + "." + parts[2], dead},
		"the ID token's key": {strings.Split(set.IDToken, ".")[0] + "." + parts[1] + "." + parts[2], dead},
	} {
		refused(t, what, second(m.UserInfo(t.Context(), "", c.raw)), c.want)
	}
	refused(t, "another pool's domain", second(m.UserInfo(t.Context(), "us-east-1_Other", set.AccessToken)), dead)
	refused(t, "its own pool's domain", second(m.UserInfo(t.Context(), housetest.PoolID, set.AccessToken)), "")
	ask := m.ask()
	ask.Scopes = []string{"email"}
	plain, err := m.Redeem(t.Context(), m.app, token.Redemption{Code: m.code(t, ask), RedirectURI: housetest.Callback})
	must(t, err)
	refused(t, "without openid", second(m.UserInfo(t.Context(), "", plain.AccessToken)), "invalid_token: Access token does not contain openid scope")
	info, err := m.UserInfo(t.Context(), "", set.AccessToken)
	if err != nil || info["email_verified"] != "true" || info["email"] != "ann@example.com" || info["sub"] != m.user.Sub || info["username"] != m.user.Sub || len(info) != 4 {
		t.Errorf("%v, %v", info, err)
	}
	m.wait(time.Hour)
	refused(t, "expired", second(m.UserInfo(t.Context(), "", set.AccessToken)), dead)
}

func TestHint(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	set := m.redeem(t)
	m.wait(48 * time.Hour)
	app, ok := m.Hint(t.Context(), set.IDToken)
	if !ok || app.Client.ID != housetest.ClientID {
		t.Errorf("an expired ID token counts as a hint: %v %v", app.Client.ID, ok)
	}
	for what, bad := range map[string]string{"an access token": set.AccessToken, "garbage": "x", "a cut one": set.IDToken[:len(set.IDToken)-5]} {
		if _, ok := m.Hint(t.Context(), bad); ok {
			t.Errorf("%s counts as a hint", what)
		}
	}
}
