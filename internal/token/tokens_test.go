package token_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/token"
)

// mint is a Tokens on a ledger of its own with one user, and a clock that
// stands still until it is moved.
type mint struct {
	*token.Tokens
	app  pool.App
	user pool.User
	at   atomic.Int64 // ms
}

const begin = 1_700_000_000_000

func newMint(t *testing.T, database string, f func(*setup.Document)) *mint {
	t.Helper()
	db, ring := housetest.Ledger(t, database, housetest.Document(t, f))
	m := &mint{}
	m.at.Store(begin)
	m.Tokens = &token.Tokens{DB: db, Ring: ring, URL: "https://pool.example.com", Now: func() time.Time { return time.UnixMilli(m.at.Load()) }}
	m.user = pool.User{
		UserPoolID: housetest.PoolID, Sub: "3f2c1a4e-0000-4000-8000-000000000001", Username: "3f2c1a4e-0000-4000-8000-000000000001", Status: pool.Confirmed,
		Attributes: map[string]string{"email": "ann@example.com", "email_verified": "true", "name": "Ann", "updated_at": "1700000000", "address": "1 Road"},
	}
	must(t, db.Users.Create(t.Context(), &m.user, nil))
	m.reload(t)
	return m
}

func (m *mint) reload(t *testing.T) {
	t.Helper()
	var err error
	m.app, err = m.DB.App(t.Context(), housetest.ClientID)
	must(t, err)
}

func (m *mint) wait(d time.Duration) { m.at.Add(d.Milliseconds()) }

func (m *mint) ask() pool.AuthRequest {
	return pool.AuthRequest{ResponseType: "code", RedirectURI: housetest.Callback, Scopes: []string{"openid", "email"}, Nonce: "n-1"}
}

func (m *mint) code(t *testing.T, ask pool.AuthRequest) string {
	t.Helper()
	code, err := m.NewCode(t.Context(), m.app, ask, pool.SignedIn{User: m.user, AuthTime: begin - 5000})
	must(t, err)
	return code
}

func (m *mint) redeem(t *testing.T) token.Set {
	t.Helper()
	set, err := m.Redeem(t.Context(), m.app, token.Redemption{Code: m.code(t, m.ask()), RedirectURI: housetest.Callback})
	must(t, err)
	return set
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused demands an OAuth error of the code; "" demands none.
func refused(t *testing.T, what string, err error, code string) {
	t.Helper()
	got := ""
	if e, ok := errors.AsType[*token.OAuthError](err); ok {
		got = e.Error()
	} else if err != nil {
		got = "another error: " + err.Error()
	}
	if got != code {
		t.Errorf("%s: %q, want %q", what, got, code)
	}
}

func second[T any](_ T, err error) error { return err }

// part reads one part of a token without checking it.
func part(t *testing.T, raw string, n int) map[string]any {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWS", raw)
	}
	plain, err := base64.RawURLEncoding.DecodeString(parts[n])
	must(t, err)
	var out map[string]any
	must(t, json.Unmarshal(plain, &out))
	return out
}

// Cognito: Understanding the identity (ID) token, Understanding the access
// token.
func TestClaims(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	set := m.redeem(t)
	access, id := part(t, set.AccessToken, 1), part(t, set.IDToken, 1)
	for _, name := range []string{"event_id", "origin_jti"} {
		if id[name] != access[name] {
			t.Errorf("%s differs between the tokens of one answer", name)
		}
	}
	if id["jti"] == access["jti"] {
		t.Error("two tokens have one jti")
	}
	for _, claims := range []map[string]any{access, id} {
		for _, name := range []string{"jti", "origin_jti", "event_id"} {
			s, _ := claims[name].(string)
			if _, err := uuid.Parse(s); err != nil {
				t.Errorf("%s is %q, want a UUID", name, s)
			}
			delete(claims, name)
		}
	}
	digest := sha256.Sum256([]byte(set.AccessToken))
	wantID := map[string]any{
		"sub": m.user.Sub, "iss": "https://pool.example.com/" + housetest.PoolID, "aud": housetest.ClientID, "exp": float64(begin/1000 + 3600), "iat": float64(begin / 1000),
		"auth_time": float64(begin/1000 - 5), "token_use": "id", "cognito:username": m.user.Sub, "email": "ann@example.com", "email_verified": true, "nonce": "n-1",
		"at_hash": base64.RawURLEncoding.EncodeToString(digest[:16]),
	}
	wantAccess := map[string]any{
		"sub": m.user.Sub, "iss": "https://pool.example.com/" + housetest.PoolID, "client_id": housetest.ClientID, "exp": float64(begin/1000 + 3600), "iat": float64(begin / 1000),
		"auth_time": float64(begin/1000 - 5), "token_use": "access", "scope": "openid email", "username": m.user.Sub, "version": float64(2),
	}
	if diff := cmp.Diff(wantID, id); diff != "" {
		t.Error("ID token:", diff)
	}
	if diff := cmp.Diff(wantAccess, access); diff != "" {
		t.Error("access token:", diff)
	}
	if set.ExpiresIn != 3600 || strings.Count(set.RefreshToken, ".") != 0 {
		t.Errorf("%+v", set)
	}
}

// The header holds kid and alg, in that order and nothing else; the two tokens
// are signed by two keys; kid is padded base64 of 32 bytes.
func TestHeaderAndKeys(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	set := m.redeem(t)
	doc, err := m.JWKS(t.Context(), housetest.PoolID)
	must(t, err)
	var jwks struct{ Keys []map[string]string }
	must(t, json.Unmarshal(doc, &jwks))
	if len(jwks.Keys) != 2 {
		t.Fatalf("%d keys, want 2", len(jwks.Keys))
	}
	for i, raw := range []string{set.IDToken, set.AccessToken} {
		key := jwks.Keys[i]
		if diff := cmp.Diff([]string{"alg", "e", "kid", "kty", "n", "use"}, slices.Sorted(maps.Keys(key))); diff != "" {
			t.Error(diff)
		}
		kid, err := base64.StdEncoding.DecodeString(key["kid"])
		if err != nil || len(kid) != 32 || len(key["kid"]) != 44 || key["alg"] != "RS256" || key["use"] != "sig" || key["kty"] != "RSA" || key["e"] != "AQAB" {
			t.Errorf("key %v", key)
		}
		header, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0])
		if want := `{"kid":"` + key["kid"] + `","alg":"RS256"}`; err != nil || string(header) != want {
			t.Errorf("header %s, want %s", header, want)
		}
	}
	if jwks.Keys[0]["kid"] == jwks.Keys[1]["kid"] || jwks.Keys[0]["n"] == jwks.Keys[1]["n"] {
		t.Error("both tokens are signed by one key")
	}
}

func TestClaimTypesAndScopes(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", func(d *setup.Document) {
		d.UserPoolClients[0].AllowedOAuthScopes = []string{"openid", "email", "profile", "phone"}
	})
	ask := m.ask()
	ask.Scopes, ask.Nonce = []string{"openid"}, ""
	set, err := m.Redeem(t.Context(), m.app, token.Redemption{Code: m.code(t, ask), RedirectURI: housetest.Callback})
	must(t, err)
	id := part(t, set.IDToken, 1)
	if id["updated_at"] != float64(1700000000) || !cmp.Equal(id["address"], map[string]any{"formatted": "1 Road"}) || id["email_verified"] != true || id["name"] != "Ann" {
		t.Errorf("with openid alone: %v", id)
	}
	if _, ok := id["nonce"]; ok {
		t.Error("a nonce that nobody gave")
	}
	ask.Scopes = []string{"email"}
	set, err = m.Redeem(t.Context(), m.app, token.Redemption{Code: m.code(t, ask), RedirectURI: housetest.Callback})
	if err != nil || set.IDToken != "" || set.AccessToken == "" || set.RefreshToken == "" {
		t.Errorf("without openid: %+v, %v, want no ID token", set, err)
	}
}

// Without revocation the tokens carry neither jti nor origin_jti (Cognito:
// Ending user sessions with token revocation).
func TestRevocationOff(t *testing.T) {
	t.Parallel()
	off := false
	m := newMint(t, "", func(d *setup.Document) { d.UserPoolClients[0].EnableTokenRevocation = &off })
	set := m.redeem(t)
	if _, ok := part(t, set.IDToken, 1)["origin_jti"]; ok {
		t.Error("origin_jti in an ID token")
	}
	if _, ok := part(t, set.AccessToken, 1)["origin_jti"]; ok {
		t.Error("origin_jti in an access token")
	}
	refused(t, "revoking", m.Revoke(t.Context(), m.app, set.RefreshToken), "invalid_request")
	refused(t, "refreshing", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "")
}

func TestImplicit(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	set, err := m.Implicit(t.Context(), m.app, m.ask(), pool.SignedIn{User: m.user, AuthTime: begin})
	if err != nil || set.IDToken == "" || set.AccessToken == "" || set.RefreshToken != "" {
		t.Errorf("%+v, %v, want two tokens and never a refresh token", set, err)
	}
	refused(t, "userInfo", second(m.UserInfo(t.Context(), "", set.AccessToken)), "")
}

func TestRedemption(t *testing.T) {
	t.Parallel()
	const challenge, verifier = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	m := newMint(t, "", nil)
	proof := m.ask()
	proof.CodeChallenge = challenge
	for _, c := range []struct {
		name string
		ask  pool.AuthRequest
		in   token.Redemption
		want string
	}{
		{"good", m.ask(), token.Redemption{RedirectURI: housetest.Callback}, ""},
		{"PKCE", proof, token.Redemption{RedirectURI: housetest.Callback, Verifier: verifier}, ""},
		{"another redirect", m.ask(), token.Redemption{RedirectURI: housetest.Callback + "/"}, "unauthorized_client: invalid_redirect"},
		{"no redirect", m.ask(), token.Redemption{}, "unauthorized_client: invalid_redirect"},
		{"wrong verifier", proof, token.Redemption{RedirectURI: housetest.Callback, Verifier: strings.Repeat("a", 43)}, "invalid_grant"},
		{"no verifier", proof, token.Redemption{RedirectURI: housetest.Callback}, "invalid_grant"},
		{"the challenge as verifier", proof, token.Redemption{RedirectURI: housetest.Callback, Verifier: challenge}, "invalid_grant"},
		{"a verifier without a challenge", m.ask(), token.Redemption{RedirectURI: housetest.Callback, Verifier: verifier}, "invalid_grant"},
		{"short verifier", func() pool.AuthRequest { a := m.ask(); a.CodeChallenge = challengeOf("short"); return a }(), token.Redemption{RedirectURI: housetest.Callback, Verifier: "short"}, "invalid_grant"},
		{"long verifier", func() pool.AuthRequest {
			a := m.ask()
			a.CodeChallenge = challengeOf(strings.Repeat("v", 129))
			return a
		}(), token.Redemption{RedirectURI: housetest.Callback, Verifier: strings.Repeat("v", 129)}, "invalid_grant"},
		{"longest verifier", func() pool.AuthRequest {
			a := m.ask()
			a.CodeChallenge = challengeOf(strings.Repeat("v", 128))
			return a
		}(), token.Redemption{RedirectURI: housetest.Callback, Verifier: strings.Repeat("v", 128)}, ""},
	} {
		c.in.Code = m.code(t, c.ask)
		refused(t, c.name, second(m.Redeem(t.Context(), m.app, c.in)), c.want)
		// Right or wrong, the code is used up.
		right := token.Redemption{Code: c.in.Code, RedirectURI: housetest.Callback}
		if c.ask.CodeChallenge == challenge {
			right.Verifier = verifier
		}
		refused(t, c.name+", again", second(m.Redeem(t.Context(), m.app, right)), "invalid_grant")
	}
	refused(t, "a guess", second(m.Redeem(t.Context(), m.app, token.Redemption{Code: "guess", RedirectURI: housetest.Callback})), "invalid_grant")
	closed, kept := m.app, token.Redemption{Code: m.code(t, m.ask()), RedirectURI: housetest.Callback}
	closed.Client.AllowedOAuthFlows = []string{"implicit"}
	refused(t, "a client without the flow", second(m.Redeem(t.Context(), closed, kept)), "unauthorized_client")
	refused(t, "its code, once it has the flow again", second(m.Redeem(t.Context(), m.app, kept)), "")
}

func challengeOf(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	early, late := m.code(t, m.ask()), m.code(t, m.ask())
	m.wait(5*time.Minute - time.Millisecond)
	refused(t, "just in time", second(m.Redeem(t.Context(), m.app, token.Redemption{Code: early, RedirectURI: housetest.Callback})), "")
	m.wait(time.Millisecond)
	refused(t, "too late", second(m.Redeem(t.Context(), m.app, token.Redemption{Code: late, RedirectURI: housetest.Callback})), "invalid_grant")
}

// Another client's code is not found and not burned.
func TestAnotherClientsCode(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", func(d *setup.Document) {
		other := d.UserPoolClients[0]
		other.ID, other.ClientName = "otherapp", "Other"
		d.UserPoolClients = append(d.UserPoolClients, other)
	})
	other, err := m.DB.App(t.Context(), "otherapp")
	must(t, err)
	code := m.code(t, m.ask())
	in := token.Redemption{Code: code, RedirectURI: housetest.Callback}
	refused(t, "another client", second(m.Redeem(t.Context(), other, in)), "invalid_grant")
	set, err := m.Redeem(t.Context(), m.app, in)
	refused(t, "its own client", err, "")
	refused(t, "refresh by another client", second(m.Refresh(t.Context(), other, set.RefreshToken)), "invalid_grant")
	refused(t, "revocation by another client", m.Revoke(t.Context(), other, set.RefreshToken), "")
	refused(t, "refresh by its own", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "")
}

// A replay ends what the code gave.
func TestReplayRevokes(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", nil)
	in := token.Redemption{Code: m.code(t, m.ask()), RedirectURI: housetest.Callback}
	set, err := m.Redeem(t.Context(), m.app, in)
	must(t, err)
	refused(t, "userInfo before", second(m.UserInfo(t.Context(), "", set.AccessToken)), "")
	refused(t, "the replay", second(m.Redeem(t.Context(), m.app, in)), "invalid_grant")
	refused(t, "refresh after", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "invalid_grant")
	if err := second(m.UserInfo(t.Context(), "", set.AccessToken)); err == nil {
		t.Error("the access token of a replayed code still works")
	}
}

// A replay that arrives while the first redemption is still running leaves the
// first with nothing, too.
func TestReplayDuringRedemption(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMint(t, database, nil)
		in := token.Redemption{Code: m.code(t, m.ask()), RedirectURI: housetest.Callback}
		must(t, m.EnsureKeys(t.Context(), housetest.PoolID))
		looks := 0
		slow := &token.Tokens{DB: m.DB, Ring: m.Ring, URL: m.URL, Now: func() time.Time {
			// The second look at the clock comes when the code is spent and
			// its grant is not written yet.
			if looks++; looks == 2 {
				refused(t, "the replay", second(m.Redeem(t.Context(), m.app, in)), "invalid_grant")
			}
			return time.UnixMilli(begin)
		}}
		refused(t, "the first", second(slow.Redeem(t.Context(), m.app, in)), "invalid_grant")
		if looks < 2 {
			t.Error("the replay never came")
		}
	})
}

func TestRaceRedeem(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMint(t, database, nil)
		in := token.Redemption{Code: m.code(t, m.ask()), RedirectURI: housetest.Callback}
		type result struct {
			set token.Set
			err error
		}
		results := make(chan result)
		for range 12 {
			go func() {
				set, err := m.Redeem(t.Context(), m.app, in)
				results <- result{set, err}
			}()
		}
		var won []token.Set
		for range 12 {
			r := <-results
			if r.err == nil {
				won = append(won, r.set)
				continue
			}
			refused(t, "a loser", r.err, "invalid_grant")
		}
		if len(won) > 1 {
			t.Fatalf("%d redeemed one code", len(won))
		}
		for _, set := range won {
			refused(t, "what the winner got", second(m.Refresh(t.Context(), m.app, set.RefreshToken)), "invalid_grant")
		}
	})
}
