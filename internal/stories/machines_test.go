package stories_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file tell the page "Scopes, M2M, and resource servers" of
// Cognito, as far as programs are concerned.

const (
	machine  = "machine" // an app client of the first pool, with a secret
	books    = "https://books.example.com"
	both     = books + "/read " + books + "/write"
	neighbor = "neighbormachine" // one of the other pool, with a scope that the first does not have
)

// machines adds a resource server to each of two pools, and a client that acts
// on its own behalf.
func machines(t testing.TB) *setup.Document {
	t.Helper()
	return housetest.Document(t, func(d *setup.Document) {
		scope := func(name string) pool.ResourceServerScope {
			return pool.ResourceServerScope{ScopeName: name, ScopeDescription: "May " + name}
		}
		other := d.UserPools[0]
		other.ID, other.PoolName = otherPool, "other"
		d.UserPools = append(d.UserPools, other)
		d.UserPoolClients[0].UserPoolID, d.UserPoolDomains[0].UserPoolID = housetest.PoolID, housetest.PoolID
		d.ResourceServers = []pool.ResourceServer{
			{UserPoolID: housetest.PoolID, Identifier: books, Name: "Books", Scopes: []pool.ResourceServerScope{scope("read"), scope("write"), scope("burn")}},
			{UserPoolID: otherPool, Identifier: books, Name: "Books", Scopes: []pool.ResourceServerScope{scope("read"), scope("lend")}},
		}
		c := setup.ClientEntry{UserPoolID: housetest.PoolID, ID: machine, Secret: otherSecret}
		c.ClientName, c.AllowedOAuthFlowsUserPoolClient, c.AllowedOAuthFlows = machine, yes(), []string{"client_credentials"}
		c.AllowedOAuthScopes = []string{books + "/read", books + "/write", "openid"}
		next := c
		next.UserPoolID, next.ID, next.AllowedOAuthScopes = otherPool, neighbor, []string{books + "/read", books + "/lend"}
		d.UserPoolClients[0].AllowedOAuthScopes = []string{"openid", "email", books + "/read"}
		d.UserPoolClients = append(d.UserPoolClients, c, next)
	})
}

// machineToken is what the machine is answered.
func machineToken(t *testing.T, h *housetest.House, pairs ...string) answer {
	t.Helper()
	return call(t, h, "/oauth2/token", machine+":"+otherSecret, append([]string{"grant_type", "client_credentials"}, pairs...)...)
}

// A machine gets an access token and nothing else, by the library that Go
// programs use; an API that trusts the pool takes it for what its scopes say.
func TestClientCredentials(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		a := machineToken(t, h).has(t, "access_token", "expires_in", "token_type")
		got := claims(t, a.text("access_token"))
		if got["iat"] != got["auth_time"] || got["exp"] != got["iat"].(float64)+3600 || a.json["expires_in"] != 3600.0 || got["jti"] == "" {
			t.Errorf("the token is %v", got)
		}
		for _, name := range []string{"iat", "exp", "auth_time", "jti"} {
			delete(got, name)
		}
		want := map[string]any{"sub": machine, "client_id": machine, "iss": h.URL() + "/" + housetest.PoolID, "token_use": "access", "scope": both, "version": 2.0}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
			config := clientcredentials.Config{ClientID: machine, ClientSecret: otherSecret, TokenURL: h.URL() + "/oauth2/token", Scopes: []string{books + "/read"}, AuthStyle: style}
			token, err := config.Token(t.Context())
			must(t, err)
			if token.TokenType != "Bearer" || token.RefreshToken != "" || time.Until(token.Expiry) > time.Hour || claims(t, token.AccessToken)["scope"] != books+"/read" {
				t.Errorf("the library got %+v", token)
			}
		}
		if elsewhere := call(t, h, "/oauth2/token", neighbor+":"+otherSecret, "grant_type", "client_credentials"); claims(t, elsewhere.text("access_token"))["scope"] != books+"/read "+books+"/lend" {
			t.Errorf("the other pool's machine: %s", elsewhere.body)
		}
	})
}

// An API looks at a machine's token with the package cognito.
func TestClientCredentialsAtAnAPI(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		config := appConfig(h)
		config.TrustedClientIDs = []string{machine}
		verifier, err := cognito.NewVerifier(config)
		must(t, err)
		shelf := func(scope string) http.Handler {
			return verifier.RequireBearer(cognito.Require{Scopes: []string{books + "/" + scope}})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				claims, _ := cognito.AccessFrom(r.Context())
				w.Write([]byte(claims.Subject + "," + claims.Username))
			}))
		}
		asks := func(scope, token string) *httptest.ResponseRecorder {
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			shelf(scope).ServeHTTP(w, r)
			return w
		}
		token := machineToken(t, h).ok(t).text("access_token")
		if w := asks("write", token); w.Code != http.StatusOK || w.Body.String() != machine+"," {
			t.Errorf("a machine with the scope: %d %s", w.Code, w.Body)
		}
		if w := asks("burn", token); w.Code != http.StatusForbidden {
			t.Errorf("a machine without the scope: %d %s", w.Code, w.Body)
		}
		stranger := call(t, h, "/oauth2/token", neighbor+":"+otherSecret, "grant_type", "client_credentials").ok(t).text("access_token")
		if w := asks("read", stranger); w.Code != http.StatusUnauthorized {
			t.Errorf("another pool's machine: %d %s", w.Code, w.Body)
		}
	})
}

// People get the scopes of resource servers too, where their app has them, by
// the code and the implicit flow; what an app binds its token to is the audience
// (RFC 8707), after a refresh as well.
func TestScopesAndAudienceOfPeople(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		ask := func(pairs ...string) string {
			return housetest.Ask(append([]string{"scope", "openid " + books + "/read"}, pairs...)...)
		}
		b := h.Browser()
		tokens := redeem(t, h, h.SignUp(b, ask("resource", books), ann, secret)).ok(t)
		fresh := refresh(t, h, tokens.text("refresh_token")).ok(t)
		for _, a := range []answer{tokens, fresh} {
			access := claims(t, a.text("access_token"))
			if access["scope"] != "openid "+books+"/read" || access["aud"] != books || access["client_id"] != housetest.ClientID {
				t.Errorf("the access token is %v", access)
			}
			if aud := claims(t, a.text("id_token"))["aud"]; aud != housetest.ClientID {
				t.Errorf("the ID token is for %v", aud)
			}
		}
		userInfo(t, h, fresh.text("access_token")).ok(t)
		back := b.Get("/oauth2/authorize" + ask("response_type", "token", "resource", "myapp://api")).Back()
		_, rest, _ := strings.Cut(back.Fragment, "access_token=")
		raw, _, _ := strings.Cut(rest, "&")
		if access := claims(t, raw); access["scope"] != "openid "+books+"/read" || access["aud"] != "myapp://api" {
			t.Errorf("the implicit flow gives %v", access)
		}
		all := claims(t, redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask("-scope", "")).Back()).ok(t).text("access_token"))
		if all["scope"] != "openid email "+books+"/read" || all["aud"] != nil {
			t.Errorf("a request without a scope gives %v", all)
		}
		alone := redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask("scope", books+"/read")).Back()).has(t, "access_token", "refresh_token", "token_type", "expires_in")
		says(t, "userInfo without openid", userInfo(t, h, alone.text("access_token")), 401, "invalid_token")
		for _, wrong := range []string{"openid " + books + "/write", books + "/lend", books, books + "/read/"} {
			if q := b.Get("/oauth2/authorize" + housetest.Ask("scope", wrong)).Back().Query(); q.Get("error") != "invalid_request" || q.Get("error_description") != "invalid_scope" {
				t.Errorf("the scope %q gives %v", wrong, q)
			}
		}
		for _, wrong := range []string{"books", "http://books.example.com", books + "#x", "javascript:alert(1)"} {
			if q := b.Get("/oauth2/authorize" + ask("resource", wrong)).Back().Query(); q.Get("error") != "invalid_target" {
				t.Errorf("the resource %q gives %v", wrong, q)
			}
		}
	})
}

// A scope that is withdrawn after the sign-in is in no further token.
func TestScopeWithdrawnAfterSignIn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		ask := housetest.Ask("scope", "openid "+books+"/read")
		b := h.Browser()
		kept := redeem(t, h, h.SignUp(b, ask, ann, secret)).ok(t).text("refresh_token")
		code := b.Get("/oauth2/authorize" + ask).Back()
		_, err := sdk(h).DeleteResourceServer(t.Context(), &cip.DeleteResourceServerInput{UserPoolId: poolID(), Identifier: aws.String(books)})
		must(t, err)
		for what, a := range map[string]answer{"a refresh": refresh(t, h, kept), "a code": redeem(t, h, code)} {
			if scope := claims(t, a.ok(t).text("access_token"))["scope"]; scope != "openid" {
				t.Errorf("%s gives %v", what, scope)
			}
		}
	})
}
