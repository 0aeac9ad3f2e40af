package stories_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

const bareClient = `{"UserPoolId": "us-east-1_House0001", "ClientName": "bare", "RefreshTokenValidity": 30, "TokenValidityUnits": {}, "AllowedOAuthFlowsUserPoolClient": false,
	"EnableTokenRevocation": true, "EnablePropagateAdditionalUserContextData": false, "AuthSessionValidity": 3}`

func makeClient(t *testing.T, c *cip.Client, in cip.CreateUserPoolClientInput) *types.UserPoolClientType {
	t.Helper()
	in.UserPoolId = poolID()
	out, err := c.CreateUserPoolClient(t.Context(), &in)
	must(t, err)
	return out.UserPoolClient
}

func describeClient(t *testing.T, c *cip.Client, id string) *types.UserPoolClientType {
	t.Helper()
	out, err := c.DescribeUserPoolClient(t.Context(), &cip.DescribeUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})
	must(t, err)
	return out.UserPoolClient
}

// A client of which only the name is said is shown with Cognito's defaults.
func TestAPIClientDefaults(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		made := makeClient(t, c, cip.CreateUserPoolClientInput{ClientName: aws.String("bare")})
		var want map[string]any
		must(t, json.Unmarshal([]byte(bareClient), &want))
		if diff := cmp.Diff(want, w.member(t, "UserPoolClient", "ClientId")); diff != "" {
			t.Error(diff)
		}
		describeClient(t, c, *made.ClientId)
		if diff := cmp.Diff(want, w.member(t, "UserPoolClient", "ClientId")); diff != "" {
			t.Error(diff)
		}
	})
}

// everyClientSetting is an app client with all settings that have an effect.
func everyClientSetting() cip.CreateUserPoolClientInput {
	return cip.CreateUserPoolClientInput{
		ClientName: aws.String("web"), GenerateSecret: true, AccessTokenValidity: aws.Int32(10), IdTokenValidity: aws.Int32(20), RefreshTokenValidity: 2,
		TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "minutes", RefreshToken: "hours"},
		ExplicitAuthFlows:  []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}, SupportedIdentityProviders: []string{"COGNITO"},
		CallbackURLs: []string{housetest.Callback, "https://b.example.com/"}, LogoutURLs: []string{housetest.Goodbye}, DefaultRedirectURI: aws.String(housetest.Callback),
		AllowedOAuthFlows: []types.OAuthFlowType{"code"}, AllowedOAuthScopes: []string{"openid"}, AllowedOAuthFlowsUserPoolClient: true,
		PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: aws.Bool(false), AuthSessionValidity: aws.Int32(5),
		ReadAttributes: []string{"email"}, WriteAttributes: []string{"email", "name"},
		RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: "ENABLED", RetryGracePeriodSeconds: aws.Int32(7)},
	}
}

// What is set is read back and has its effect on the pages; an update returns
// to its default whatever it leaves out; a deleted client is gone.
func TestAPIClientSettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx, c := t.Context(), sdk(h)
		made := makeClient(t, c, everyClientSetting())
		id := *made.ClientId
		if diff := cmp.Diff(made, describeClient(t, c, id), ignoreUnexported); diff != "" {
			t.Error(diff)
		}
		if len(aws.ToString(made.ClientSecret)) < 50 || *made.AccessTokenValidity != 10 || made.TokenValidityUnits.RefreshToken != "hours" || len(made.CallbackURLs) != 2 ||
			*made.EnableTokenRevocation || *made.AuthSessionValidity != 5 || *made.RefreshTokenRotation.RetryGracePeriodSeconds != 7 || len(made.WriteAttributes) != 2 {
			t.Errorf("made %+v", made)
		}
		b, query := h.Browser(), housetest.Ask("client_id", id, "scope", "openid")
		if p := b.Get("/login" + query); p.Status != http.StatusOK {
			t.Errorf("the new client's sign-in page answers %d", p.Status)
		}

		updated, err := c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: &id, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH"}})
		must(t, err)
		got := updated.UserPoolClient
		if *got.ClientName != "web" || aws.ToString(got.ClientSecret) != *made.ClientSecret || !got.CreationDate.Equal(*made.CreationDate) || got.ExplicitAuthFlows[0] != "ALLOW_USER_SRP_AUTH" {
			t.Errorf("an update changed what it cannot name: %+v", got)
		}
		if got.RefreshTokenValidity != 30 || got.AccessTokenValidity != nil || len(got.CallbackURLs) != 0 || *got.AllowedOAuthFlowsUserPoolClient || !*got.EnableTokenRevocation ||
			got.PreventUserExistenceErrors != "" || got.ReadAttributes != nil || got.RefreshTokenRotation != nil || *got.AuthSessionValidity != 3 {
			t.Errorf("an update keeps what it leaves out: %+v", got)
		}
		if diff := cmp.Diff(got, describeClient(t, c, id), ignoreUnexported); diff != "" {
			t.Error(diff)
		}
		if p := b.Get("/login" + query); p.Status == http.StatusOK {
			t.Error("a client without OAuth flows has a sign-in page")
		}
		clientGone(t, c, id)
	})
}

func clientGone(t *testing.T, c *cip.Client, id string) {
	t.Helper()
	ctx := t.Context()
	_, err := c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})
	must(t, err)
	missing := "User pool client " + id + " does not exist."
	_, err = c.DescribeUserPoolClient(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})
	refused(t, err, "ResourceNotFoundException", missing)
	_, err = c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})
	refused(t, err, "ResourceNotFoundException", missing)
	_, err = c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})
	refused(t, err, "ResourceNotFoundException", missing)
	listed, err := c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: poolID()})
	if err != nil || len(listed.UserPoolClients) != 1 || *listed.UserPoolClients[0].ClientId != housetest.ClientID || *listed.UserPoolClients[0].ClientName != "House app" {
		t.Errorf("listed %+v, %v", listed, err)
	}
}

// A client's secret is shown where the client alone is, is the one that works,
// and may be chosen.
func TestAPIClientSecret(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		c, w := listened(h)
		const chosen = "this_one_is_chosen_by_hand"
		made := makeClient(t, c, cip.CreateUserPoolClientInput{ClientName: aws.String("machine"), ClientSecret: aws.String(chosen)})
		if aws.ToString(made.ClientSecret) != chosen || aws.ToString(describeClient(t, c, *made.ClientId).ClientSecret) != chosen {
			t.Error("the chosen secret is not the client's")
		}
		_, err := c.ListUserPoolClients(t.Context(), &cip.ListUserPoolClientsInput{UserPoolId: poolID()})
		must(t, err)
		var list struct{ UserPoolClients []map[string]any }
		must(t, json.Unmarshal(w.last, &list))
		if len(list.UserPoolClients) != 2 {
			t.Errorf("two clients are listed as %v", list)
		}
		for _, item := range list.UserPoolClients {
			if len(item) != 3 {
				t.Errorf("a list shows %v", item)
			}
		}
		token := func(secret string) string {
			return call(t, h, "/oauth2/token", *made.ClientId+":"+secret, "grant_type", "refresh_token", "refresh_token", "x").text("error")
		}
		if right, wrong := token(chosen), token(chosen+"x"); right != "invalid_grant" || wrong != "invalid_client" {
			t.Errorf("the token endpoint says %q to the secret and %q to another", right, wrong)
		}
	})
}

// Each refusal of a new client that can happen here.
func TestAPIClientRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		create := func(f func(*cip.CreateUserPoolClientInput)) error {
			in := &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("c")}
			f(in)
			_, err := c.CreateUserPoolClient(ctx, in)
			return err
		}
		const invalid = "InvalidParameterException"
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.AccessTokenValidity = aws.Int32(25) }), invalid, "Invalid range for token validity.")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.SupportedIdentityProviders = []string{"Google"} }), invalid,
			"The provider Google does not exist for User Pool us-east-1_House0001.")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.AllowedOAuthFlowsUserPoolClient = true }), invalid,
			"AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.WriteAttributes = []string{"email", "custom:none"} }), invalid, "Invalid write attributes specified while creating a client")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.ReadAttributes = []string{"custom:none"} }), invalid, "Invalid read attributes specified while creating a client")
		throws(t, create(func(in *cip.CreateUserPoolClientInput) { in.CallbackURLs = []string{"http://example.com/"} }), invalid, "CallbackURLs")
		throws(t, create(func(in *cip.CreateUserPoolClientInput) { in.EnablePropagateAdditionalUserContextData = aws.Bool(true) }), invalid, "EnablePropagateAdditionalUserContextData")
		throws(t, create(func(in *cip.CreateUserPoolClientInput) {
			in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "USER_PASSWORD_AUTH"}
		}), invalid, "ExplicitAuthFlows")
		throws(t, create(func(in *cip.CreateUserPoolClientInput) { in.UserPoolId = aws.String("us-east-1_None00001") }), "ResourceNotFoundException", "us-east-1_None00001")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) {
			in.GenerateSecret, in.AllowedOAuthFlows = true, []types.OAuthFlowType{"client_credentials", "code"}
		}), "InvalidOAuthFlowException", "client_credentials flow can not be selected along with code flow or implicit flow.")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) {
			in.AllowedOAuthFlows = []types.OAuthFlowType{"client_credentials"}
		}),
			"InvalidOAuthFlowException", "client_credentials flow can not be selected if client does not have a client secret.")
		refused(t, create(func(in *cip.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"books/read"} }), "ScopeDoesNotExistException", "Invalid scope requested: books/read")
		lite := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("lite"), UserPoolTier: types.UserPoolTierTypeLite})
		var unavailable *types.FeatureUnavailableInTierException
		if err := create(func(in *cip.CreateUserPoolClientInput) {
			in.UserPoolId, in.ExplicitAuthFlows = &lite, []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}
		}); !errors.As(err, &unavailable) {
			t.Errorf("choice-based sign-in in the tier LITE: %v", err)
		}
		if listed, err := c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: poolID()}); err != nil || len(listed.UserPoolClients) != 1 {
			t.Errorf("what was refused was made: %+v, %v", listed, err)
		}
	})
}

// Each refusal of an operation on a client that is there.
func TestAPIClientChangeRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		lite := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other"), UserPoolTier: types.UserPoolTierTypeLite})
		update := func(f func(*cip.UpdateUserPoolClientInput)) error {
			in := &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID()}
			f(in)
			_, err := c.UpdateUserPoolClient(ctx, in)
			return err
		}
		const none = "us-east-1_None00001"
		refused(t, update(func(in *cip.UpdateUserPoolClientInput) { in.WriteAttributes = []string{"custom:none"} }), "InvalidParameterException", "Invalid write attributes specified while updating a client")
		refused(t, update(func(in *cip.UpdateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"books/read"} }), "ScopeDoesNotExistException", "Invalid scope requested: books/read")
		throws(t, update(func(in *cip.UpdateUserPoolClientInput) {
			in.AllowedOAuthFlows = []types.OAuthFlowType{"client_credentials"}
		}), "InvalidOAuthFlowException", "")
		refused(t, update(func(in *cip.UpdateUserPoolClientInput) { in.UserPoolId = aws.String(none) }), "ResourceNotFoundException", "User pool "+none+" does not exist.")
		if n := len(describeClient(t, c, housetest.ClientID).CallbackURLs); n != 1 {
			t.Error("a refused update changed the client")
		}
		there, err := c.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{UserPoolId: &lite, ClientName: aws.String("c")})
		must(t, err)
		var unavailable *types.FeatureUnavailableInTierException
		if err := update(func(in *cip.UpdateUserPoolClientInput) {
			in.UserPoolId, in.ClientId, in.ExplicitAuthFlows = &lite, there.UserPoolClient.ClientId, []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}
		}); !errors.As(err, &unavailable) {
			t.Errorf("choice-based sign-in in the tier LITE: %v", err)
		}
		_, err = c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: aws.String(none)})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")
		_, err = c.DescribeUserPoolClient(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: aws.String(none), ClientId: clientID()})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")
		_, err = c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: aws.String(none), ClientId: clientID()})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")

		// Another pool does not reach the client.
		missing := "User pool client " + housetest.ClientID + " does not exist."
		_, err = c.DescribeUserPoolClient(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: &lite, ClientId: clientID()})
		refused(t, err, "ResourceNotFoundException", missing)
		_, err = c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: &lite, ClientId: clientID()})
		refused(t, err, "ResourceNotFoundException", missing)
		refused(t, update(func(in *cip.UpdateUserPoolClientInput) { in.UserPoolId = &lite }), "ResourceNotFoundException", missing)
	})
}
