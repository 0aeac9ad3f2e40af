package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/token"
)

// machines turns the house's app into a machine of two scopes, whose tokens live
// ten minutes.
func machines(d *setup.Document) {
	d.ResourceServers = []pool.ResourceServer{{Identifier: "books", Name: "Books", Scopes: []pool.ResourceServerScope{{ScopeName: "read", ScopeDescription: "r"}, {ScopeName: "write", ScopeDescription: "w"}}}}
	c, minutes := &d.UserPoolClients[0], 10
	c.Secret, c.AllowedOAuthFlows, c.AllowedOAuthScopes = pool.NewClientSecret(), []string{"client_credentials"}, []string{"openid", "books/read", "books/write"}
	c.AccessTokenValidity, c.TokenValidityUnits = &minutes, &pool.TokenValidityUnits{AccessToken: "minutes"}
}

// Cognito: Understanding the access token, for a machine.
func TestMachine(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", machines)
	set, err := m.Machine(t.Context(), m.app, "")
	must(t, err)
	if set.IDToken != "" || set.RefreshToken != "" || set.ExpiresIn != 600 {
		t.Errorf("the set is %+v", set)
	}
	claims := part(t, set.AccessToken, 1)
	if jti, _ := claims["jti"].(string); uuid.Validate(jti) != nil {
		t.Errorf("jti is %v", claims["jti"])
	}
	delete(claims, "jti")
	want := map[string]any{
		"sub": housetest.ClientID, "client_id": housetest.ClientID, "iss": "https://pool.example.com/" + housetest.PoolID, "token_use": "access", "version": float64(2),
		"scope": "books/read books/write", "auth_time": float64(begin / 1000), "iat": float64(begin / 1000), "exp": float64(begin/1000 + 600),
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	if part(t, set.AccessToken, 0)["kid"] == part(t, newSigned(t).IDToken, 0)["kid"] {
		t.Error("it is signed by the key of ID tokens")
	}
	const noScope = "invalid_token: Access token does not contain openid scope"
	refused(t, "userInfo", second(m.UserInfo(t.Context(), "", set.AccessToken)), noScope)
	api := func(reason string) {
		t.Helper()
		if err := second(m.Access(t.Context(), set.AccessToken)); !errors.Is(err, &pool.Error{Kind: pool.NotAuthorized, Reason: reason}) {
			t.Errorf("the API says %v, want %s", err, reason)
		}
	}
	api("access_scope")
	m.wait(10 * time.Minute)
	api("access_expired")
}

// newSigned is what a person gets in a house with the same keys.
func newSigned(t *testing.T) token.Set {
	t.Helper()
	return newMint(t, "", nil).redeem(t)
}

func TestMachineRefusals(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", machines)
	change := func(f func(*pool.Client)) pool.App {
		app := m.app
		f(&app.Client)
		return app
	}
	for _, c := range []struct {
		name  string
		app   pool.App
		scope string
		want  string
	}{
		{"as it should be", m.app, "books/write", ""},
		{"openid", m.app, "openid", "invalid_scope"},
		{"one scope too many", m.app, "books/read books/list", "invalid_scope"},
		{"the code flow", change(func(c *pool.Client) { c.AllowedOAuthFlows = []string{"code"} }), "", "unauthorized_client"},
		{"OAuth is off", change(func(c *pool.Client) { c.AllowedOAuthFlowsUserPoolClient = nil }), "", "unauthorized_client"},
		{"a public client", change(func(c *pool.Client) { c.Secret = "" }), "", "unauthorized_client"},
		{"its scopes are gone", change(func(c *pool.Client) { c.AllowedOAuthScopes = []string{"openid"} }), "", "invalid_scope"},
	} {
		refused(t, c.name, second(m.Machine(t.Context(), c.app, c.scope)), c.want)
	}
}

// What a client has lost since the sign-in is in no further token; the audience
// that the app asked for stays.
func TestScopesAndAudienceOnRefresh(t *testing.T) {
	t.Parallel()
	m := newMint(t, "", func(d *setup.Document) {
		machines(d)
		d.UserPoolClients[0].Secret, d.UserPoolClients[0].AllowedOAuthFlows = "", []string{"code", "implicit"}
	})
	ask := m.ask()
	ask.Scopes, ask.Resource = []string{"openid", "books/read", "books/write"}, "https://books.example.com"
	set, err := m.Redeem(t.Context(), m.app, token.Redemption{Code: m.code(t, ask), RedirectURI: housetest.Callback})
	must(t, err)
	holds := func(set token.Set, scope string) {
		t.Helper()
		if c := part(t, set.AccessToken, 1); c["scope"] != scope || c["aud"] != "https://books.example.com" {
			t.Errorf("the access token is for %v, scope %v, want %s", c["aud"], c["scope"], scope)
		}
		if aud := part(t, set.IDToken, 1)["aud"]; aud != housetest.ClientID {
			t.Errorf("the ID token is for %v", aud)
		}
	}
	holds(set, "openid books/read books/write")
	implicit, err := m.Implicit(t.Context(), m.app, ask, pool.SignedIn{User: m.user, AuthTime: begin})
	must(t, err)
	holds(implicit, "openid books/read books/write")
	_, err = m.DB.Clients.Update(t.Context(), func(c *pool.Client) error {
		c.AllowedOAuthScopes = []string{"books/read"}
		return nil
	}, housetest.PoolID, housetest.ClientID)
	must(t, err)
	m.reload(t)
	fresh, err := m.Refresh(t.Context(), m.app, set.RefreshToken)
	must(t, err)
	holds(fresh, "openid books/read")
}
