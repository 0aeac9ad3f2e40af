package stories_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/housetest"
)

// A machine gets no scope but its own, whatever it writes.
func TestAttackMachineScopes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		for _, scope := range []string{
			books + "/burn", books + "/lend", books + "/read " + books + "/burn", "openid", "email", "aws.cognito.signin.user.admin", books + "/read openid", "offline_access", "*", books + "/*", books + "/",
			books + "/read," + books + "/write", `"` + books + `/read"`, books + "/read\x00", books + "/ｒead", "HTTPS://books.example.com/read", books + "//read", books + "/./read",
			books + "/read' OR '1'='1", books + "/read\"}", books + `/read","scope":"admin`, books + "/read%20" + books + "/burn",
		} {
			a := machineToken(t, h, "scope", scope)
			if a.status != 400 || a.text("error") != "invalid_scope" && a.text("error") != "invalid_request" || a.text("access_token") != "" {
				t.Errorf("%q: %d %s", scope, a.status, a.body)
			}
		}
		// Whatever space divides them, they are its own, once each.
		for _, scope := range []string{" " + both + " ", books + "/read\t" + books + "/write", books + "/read\r\n" + books + "/write", both + " " + both} {
			if a := machineToken(t, h, "scope", scope); claims(t, a.ok(t).text("access_token"))["scope"] != both {
				t.Errorf("%q: %s", scope, a.body)
			}
		}
		if a := machineToken(t, h, "scope", "", "resource", books); claims(t, a.ok(t).text("access_token"))["aud"] != nil {
			t.Errorf("a machine chose its audience: %s", a.body)
		}
	})
}

// Only a client with the flow and its secret acts on its own behalf, and only in
// its pool.
func TestAttackMachineClients(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		document := machines(t)
		coder := document.UserPoolClients[0]
		coder.ID, coder.ClientName, coder.Secret = "coder", "Coder", otherSecret
		document.UserPoolClients = append(document.UserPoolClients, coder)
		h := housetest.Start(t, housetest.Config{Database: database, Document: document})
		ask := func(basic string, pairs ...string) answer {
			return call(t, h, "/oauth2/token", basic, append([]string{"grant_type", "client_credentials"}, pairs...)...)
		}
		says(t, "a public client", ask("", "client_id", housetest.ClientID), 400, "unauthorized_client")
		says(t, "a client of the code flow", ask("coder:"+otherSecret), 400, "unauthorized_client")
		says(t, "no secret", ask("", "client_id", machine), 400, "invalid_client")
		says(t, "an empty secret", ask("", "client_id", machine, "client_secret", ""), 400, "invalid_client")
		says(t, "a wrong secret", ask(machine+":"+otherSecret+"x"), 400, "invalid_client")
		says(t, "no client", ask(""), 400, "invalid_request")
		says(t, "a public client with a secret", ask(housetest.ClientID+":"+otherSecret), 400, "invalid_client")
		says(t, "a machine with a code", call(t, h, "/oauth2/token", machine+":"+otherSecret, "grant_type", "authorization_code", "code", "x", "redirect_uri", housetest.Callback), 400, "unauthorized_client")
		there := h.BrowserAt(at(h, housetest.Prefix+".localhost"))
		atDomain := func(id string) answer {
			r := there.Request(http.MethodPost, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
			r.SetBasicAuth(id, otherSecret)
			return send(t, h, r)
		}
		says(t, "another pool's machine at a domain", atDomain(neighbor), 400, "invalid_client")
		works(t, "its own machine there", atDomain(machine))
		if p := h.Browser().Get("/oauth2/authorize" + housetest.Ask("client_id", machine)); p.Location() == nil || p.Location().Path != "/error" {
			t.Errorf("a machine's sign-in page: %d %v", p.Status, p.Location())
		}
	})
}

// Nobody stands behind a machine's token: what is a person's own it does not
// open, nor can it be revoked. With its client gone there is no other; the one
// that is out is good elsewhere until it expires.
func TestAttackMachineTokens(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: machines(t)})
		ctx, c := t.Context(), sdk(h)
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		token := machineToken(t, h).ok(t).text("access_token")
		says(t, "userInfo", userInfo(t, h, token), 401, "invalid_token")
		says(t, "revocation", call(t, h, "/oauth2/revoke", machine+":"+otherSecret, "token", token), 400, "unsupported_token_type")
		says(t, "refresh", call(t, h, "/oauth2/token", machine+":"+otherSecret, "grant_type", "refresh_token", "refresh_token", token), 400, "invalid_grant")

		const scopes, invalid = "Access Token does not have required scopes", "Invalid Access Token"
		people := func(message string) {
			t.Helper()
			_, err := c.GetUser(ctx, &cip.GetUserInput{AccessToken: &token})
			refused(t, err, "NotAuthorizedException", message)
			_, err = c.GlobalSignOut(ctx, &cip.GlobalSignOutInput{AccessToken: &token})
			refused(t, err, "NotAuthorizedException", message)
			_, err = c.DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: &token})
			refused(t, err, "NotAuthorizedException", message)
			_, err = c.ChangePassword(ctx, &cip.ChangePasswordInput{AccessToken: &token, PreviousPassword: aws.String("secret1"), ProposedPassword: aws.String("secret2")})
			refused(t, err, "NotAuthorizedException", message)
			operation(t, h, "ListUserSessions", false, map[string]any{"AccessToken": token}).refuses(t, "its sessions", "NotAuthorizedException", message)
		}
		people(scopes)
		_, err := c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: aws.String(machine)})
		must(t, err)
		people(invalid)
		says(t, "userInfo, the client gone", userInfo(t, h, token), 401, "invalid_token")
		says(t, "another token, the client gone", machineToken(t, h), 400, "invalid_client")

		config := appConfig(h)
		config.TrustedClientIDs = []string{machine}
		verifier, err := cognito.NewVerifier(config)
		must(t, err)
		_, err = verifier.VerifyAccess(ctx, token)
		must(t, err)
	})
}
