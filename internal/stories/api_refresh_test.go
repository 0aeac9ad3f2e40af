package stories_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about refresh tokens: whose they are, and what
// they open at which door.

// byRefresh is the flow REFRESH_TOKEN_AUTH; no hash is "".
func byRefresh(h *housetest.House, app, token, hash string) (*cip.InitiateAuthOutput, error) {
	parameters := map[string]string{"REFRESH_TOKEN": token}
	if hash != "" {
		parameters["SECRET_HASH"] = hash
	}
	return sdk(h).InitiateAuth(context.Background(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: &app, AuthParameters: parameters})
}

// renews is GetTokensFromRefreshToken; no secret is "".
func renews(h *housetest.House, app, token, secret string) (*cip.GetTokensFromRefreshTokenOutput, error) {
	in := &cip.GetTokensFromRefreshTokenInput{ClientId: &app, RefreshToken: &token}
	if secret != "" {
		in.ClientSecret = &secret
	}
	return sdk(h).GetTokensFromRefreshToken(context.Background(), in)
}

// secretHash proves that an app client knows its secret (Cognito: Computing
// secret hash values).
func secretHash(secret, app, username string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(username + app))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// An app client with a secret refreshes with a hash that is made with the name
// of the token's owner: the username, or the sub.
func TestAPIRefreshSecretHash(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			byName(p)
			c.Secret = otherSecret
		})
		hash := func(username string) string { return secretHash(otherSecret, housetest.ClientID, username) }
		invited(t, h, "ann")
		invited(t, h, "bob")
		in, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: clientID(),
			AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": easy, "SECRET_HASH": hash("ann")}})
		must(t, err)
		token, sub := *in.AuthenticationResult.RefreshToken, has(t, h, "ann")["sub"]
		if sub == "ann" {
			t.Fatal("the username is the sub")
		}
		const unfit = "SecretHash does not match for the client: " + housetest.ClientID
		for what, c := range map[string]struct{ hash, says string }{
			"no hash":             {"", "Client " + housetest.ClientID + " is configured with secret but SECRET_HASH was not received"},
			"no hash at all":      {"x", unfit},
			"of somebody else":    {hash("bob"), unfit},
			"of nobody":           {hash(""), unfit},
			"by another secret":   {secretHash("a"+otherSecret, housetest.ClientID, "ann"), unfit},
			"for another client":  {secretHash(otherSecret, secondApp, "ann"), unfit},
			"of another sub":      {hash(has(t, h, "bob")["sub"]), unfit},
			"the secret, no hash": {otherSecret, unfit},
		} {
			t.Run(what, func(t *testing.T) {
				_, err := byRefresh(h, housetest.ClientID, token, c.hash)
				refused(t, err, "NotAuthorizedException", c.says)
			})
		}
		for what, name := range map[string]string{"username": "ann", "sub": sub} {
			if out, err := byRefresh(h, housetest.ClientID, token, hash(name)); err != nil || claims(t, *out.AuthenticationResult.AccessToken)["sub"] != sub {
				t.Errorf("the hash of the %s: %+v, %v", what, out, err)
			}
		}
		_, err = byRefresh(h, housetest.ClientID, "garbage", hash("ann"))
		refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
	})
}

// A refresh token is its app client's alone, at both doors, whatever the other
// client knows of itself.
func TestAPIRefreshOfAnotherClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: twoApps(t)})
		const invalid = "Invalid Refresh Token"
		token := *signedIn(t, h, ann, easy).RefreshToken
		_, err := byRefresh(h, secondApp, token, "")
		refused(t, err, "NotAuthorizedException", invalid)
		_, err = renews(h, secondApp, token, "")
		refused(t, err, "NotAuthorizedException", invalid)
		_, err = sdk(h).AdminInitiateAuth(t.Context(), &cip.AdminInitiateAuthInput{UserPoolId: poolID(), AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: aws.String(secondApp), AuthParameters: map[string]string{"REFRESH_TOKEN": token}})
		refused(t, err, "NotAuthorizedException", invalid)
		_, err = byRefresh(h, otherApp, token, secretHash(otherSecret, otherApp, ann))
		refused(t, err, "NotAuthorizedException", invalid)
		_, err = renews(h, otherApp, token, otherSecret)
		refused(t, err, "NotAuthorizedException", invalid)
		_, err = renews(h, otherApp, token, "")
		named(t, err, "NotAuthorizedException")
		call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", secondApp, "refresh_token", token).fails(t, http.StatusBadRequest, "invalid_grant")
		_, err = byRefresh(h, housetest.ClientID, token, "") // nobody burned it
		must(t, err)
	})
}

// twoApps is [neighbours] with every flow at every app client.
func twoApps(t *testing.T) *setup.Document {
	t.Helper()
	d, flows := neighbours(t), everyFlow(t, nil).UserPoolClients[0].ExplicitAuthFlows
	for i := range d.UserPoolClients {
		d.UserPoolClients[i].ExplicitAuthFlows = flows
	}
	return d
}

// The refresh token of either door is taken at the other, and what comes of it
// stays what the sign-in was: of the pages with their scopes, of the API with
// its one (Cognito: Understanding the access token).
func TestRefreshTokensAtTheOtherDoor(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		page := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, easy)).ok(t)
		in, err := byPassword(h, ann, easy)
		must(t, err)
		api := in.AuthenticationResult

		got := refresh(t, h, *api.RefreshToken).ok(t)
		access, id := claims(t, got.text("access_token")), claims(t, got.text("id_token"))
		if access["scope"] != pool.ScopeAdmin || access["version"] != nil || id["at_hash"] != nil || got.text("refresh_token") != "" {
			t.Errorf("the API's at the token endpoint: access %v, id %v, refresh %q", access, id, got.text("refresh_token"))
		}
		if was := claims(t, *api.AccessToken); access["origin_jti"] != was["origin_jti"] || access["auth_time"] != was["auth_time"] {
			t.Errorf("the sign-in was %v and is %v", was, access)
		}
		_, err = sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: aws.String(got.text("access_token"))})
		must(t, err)
		userInfo(t, h, got.text("access_token")).fails(t, http.StatusUnauthorized, "invalid_token")

		for what, ask := range map[string]func() (*types.AuthenticationResultType, error){
			"REFRESH_TOKEN_AUTH": func() (*types.AuthenticationResultType, error) {
				out, err := byRefresh(h, housetest.ClientID, page.text("refresh_token"), "")
				must(t, err)
				return out.AuthenticationResult, err
			},
			"GetTokensFromRefreshToken": func() (*types.AuthenticationResultType, error) {
				out, err := renews(h, housetest.ClientID, page.text("refresh_token"), "")
				must(t, err)
				return out.AuthenticationResult, err
			},
		} {
			out, err := ask()
			must(t, err)
			access, was := claims(t, *out.AccessToken), claims(t, page.text("access_token"))
			if access["scope"] != was["scope"] || access["version"] != was["version"] || access["origin_jti"] != was["origin_jti"] || access["auth_time"] != was["auth_time"] || out.RefreshToken != nil {
				t.Errorf("%s with the pages': %v, want as %v", what, access, was)
			}
			userInfo(t, h, *out.AccessToken).ok(t)
			_, err = sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: out.AccessToken})
			refused(t, err, "NotAuthorizedException", "Access Token does not have required scopes")
		}
	})
}

// Where refresh tokens rotate, the API renews by GetTokensFromRefreshToken
// alone; the client need not name the flow for that (Cognito: Refresh tokens).
func TestAPIRotatingClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH"}
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED"}
		})
		first := *signedIn(t, h, ann, easy).RefreshToken
		const off = "Auth flow not enabled for this client"
		_, err := byRefresh(h, housetest.ClientID, first, "")
		refused(t, err, "InvalidParameterException", off)
		for _, flow := range []types.AuthFlowType{types.AuthFlowTypeRefreshTokenAuth, types.AuthFlowTypeRefreshToken} {
			_, err = sdk(h).AdminInitiateAuth(t.Context(), &cip.AdminInitiateAuthInput{UserPoolId: poolID(), AuthFlow: flow, ClientId: clientID(), AuthParameters: map[string]string{"REFRESH_TOKEN": first}})
			refused(t, err, "InvalidParameterException", off)
		}
		second, err := renews(h, housetest.ClientID, first, "") // the refusals did not use it up
		must(t, err)
		next := aws.ToString(second.AuthenticationResult.RefreshToken)
		if next == "" || next == first {
			t.Fatalf("the new refresh token is %q", next)
		}
		refresh(t, h, next).ok(t) // and the token endpoint renews it too
	})
}

// An app client that is made again under the id of a deleted one takes none of
// its refresh tokens: whoever has the id now need not be who had it then.
func TestRefreshTokenOfADeletedClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		page := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, easy)).ok(t)
		in, err := byPassword(h, ann, easy)
		must(t, err)
		api := in.AuthenticationResult
		_, err = sdk(h).DeleteUserPoolClient(t.Context(), &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID()})
		must(t, err)
		h.Apply(everyFlow(t, nil))
		for what, token := range map[string]string{"of the pages": page.text("refresh_token"), "of the API": *api.RefreshToken} {
			if a := refresh(t, h, token); a.status != http.StatusBadRequest || a.text("error") != "invalid_grant" {
				t.Errorf("a token %s at the token endpoint: %d %s", what, a.status, a.body)
			}
			_, err := byRefresh(h, housetest.ClientID, token, "")
			named(t, err, "NotAuthorizedException")
			_, err = renews(h, housetest.ClientID, token, "")
			named(t, err, "NotAuthorizedException")
		}
		userInfo(t, h, page.text("access_token")).fails(t, http.StatusUnauthorized, "invalid_token")
		_, err = sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: api.AccessToken})
		named(t, err, "NotAuthorizedException")
		again, err := byPassword(h, ann, easy) // people are the pool's, and stay
		must(t, err)
		refresh(t, h, *again.AuthenticationResult.RefreshToken).ok(t)
	})
}
