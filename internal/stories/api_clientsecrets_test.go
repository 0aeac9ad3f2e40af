package stories_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

const firstSecret, nextSecret = "the_first_secret_of_this_app", "the_second_secret_of_this_app"

// secretHouse has an app client with a secret that may do everything.
func secretHouse(t *testing.T, database string) *housetest.House {
	t.Helper()
	return apiHouse(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.Secret = firstSecret })
}

// addSecret gives the house's app a secret: the chosen one, or for "" a new one.
func addSecret(t *testing.T, h *housetest.House, chosen string) *types.ClientSecretDescriptorType {
	t.Helper()
	in := &cip.AddUserPoolClientSecretInput{UserPoolId: poolID(), ClientId: clientID()}
	if chosen != "" {
		in.ClientSecret = &chosen
	}
	out, err := sdk(h).AddUserPoolClientSecret(t.Context(), in)
	must(t, err)
	return out.ClientSecretDescriptor
}

func listSecrets(t *testing.T, h *housetest.House) []types.ClientSecretDescriptorType {
	t.Helper()
	out, err := sdk(h).ListUserPoolClientSecrets(t.Context(), &cip.ListUserPoolClientSecretsInput{UserPoolId: poolID(), ClientId: clientID()})
	must(t, err)
	if out.NextToken != nil {
		t.Error("two secrets have a second page")
	}
	return out.ClientSecrets
}

func deleteSecret(t *testing.T, h *housetest.House, id *string) error {
	t.Helper()
	return only(sdk(h).DeleteUserPoolClientSecret(t.Context(), &cip.DeleteUserPoolClientSecretInput{UserPoolId: poolID(), ClientId: clientID(), ClientSecretId: id}))
}

// oauthDoors are the endpoints at which the app shows its secret; the error is
// what they say to it.
func oauthDoors(t *testing.T, h *housetest.House, secret string) map[string]error {
	t.Helper()
	says := func(path, basic string, pairs ...string) error {
		if a := call(t, h, path, basic, pairs...); a.status != http.StatusOK {
			return errors.New(a.text("error"))
		}
		return nil
	}
	basic, inBody := housetest.ClientID+":"+secret, []string{"client_id", housetest.ClientID, "client_secret", secret}
	garbage := []string{"grant_type", "refresh_token", "refresh_token", "garbage"}
	return map[string]error{
		"token, basic":   says("/oauth2/token", basic, garbage...),
		"token, post":    says("/oauth2/token", "", append(inBody, garbage...)...),
		"revoke, basic":  says("/oauth2/revoke", basic, "token", "garbage"),
		"revoke, post":   says("/oauth2/revoke", "", append(inBody, "token", "garbage")...),
		"GetTokensFrom…": only(sdk(h).GetTokensFromRefreshToken(t.Context(), &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), ClientSecret: &secret, RefreshToken: aws.String("garbage")})),
		"RevokeToken":    only(sdk(h).RevokeToken(t.Context(), &cip.RevokeTokenInput{ClientId: clientID(), ClientSecret: &secret, Token: aws.String("garbage")})),
	}
}

// hashDoors are the calls that prove the secret by a hash about ann, whose
// refresh token is at hand.
func hashDoors(t *testing.T, h *housetest.House, secret, refreshToken string) map[string]error {
	t.Helper()
	ctx, c := t.Context(), sdk(h)
	name, hash := aws.String(ann), aws.String(secretHash(secret, housetest.ClientID, ann))
	password := map[string]string{"USERNAME": ann, "PASSWORD": easy, "SECRET_HASH": *hash}
	answer := map[string]string{"USERNAME": ann, "ANSWER": "PASSWORD", "PASSWORD": easy, "SECRET_HASH": *hash}
	person, err := c.AdminGetUser(ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: name})
	must(t, err)
	refreshHash := secretHash(secret, housetest.ClientID, *person.Username) // not the name that was typed
	begin := func(flow types.AuthFlowType, params map[string]string) error {
		return only(c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: flow, ClientId: clientID(), AuthParameters: params}))
	}
	return map[string]error{
		"SignUp":                 only(c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: name, Password: aws.String(easy), SecretHash: hash})),
		"ConfirmSignUp":          only(c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: name, ConfirmationCode: aws.String("none"), SecretHash: hash})),
		"ResendConfirmationCode": only(c.ResendConfirmationCode(ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: name, SecretHash: hash})),
		"ForgotPassword":         only(c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: name, SecretHash: hash})),
		"ConfirmForgotPassword":  only(c.ConfirmForgotPassword(ctx, &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: name, ConfirmationCode: aws.String("none"), Password: aws.String(easy), SecretHash: hash})),
		"USER_PASSWORD_AUTH":     begin("USER_PASSWORD_AUTH", password),
		"USER_SRP_AUTH":          begin("USER_SRP_AUTH", map[string]string{"USERNAME": ann, "SRP_A": strings.Repeat("a1", 300), "SECRET_HASH": *hash}),
		"USER_AUTH":              begin("USER_AUTH", map[string]string{"USERNAME": ann, "SECRET_HASH": *hash}),
		"REFRESH_TOKEN_AUTH":     begin("REFRESH_TOKEN_AUTH", map[string]string{"REFRESH_TOKEN": refreshToken, "SECRET_HASH": refreshHash}),
		"RespondToAuthChallenge": only(c.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: "SELECT_CHALLENGE", Session: aws.String(noSession), ChallengeResponses: answer})),
		"AdminInitiateAuth":      only(c.AdminInitiateAuth(ctx, &cip.AdminInitiateAuthInput{UserPoolId: poolID(), ClientId: clientID(), AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: password})),
		"AdminRespond…":          only(c.AdminRespondToAuthChallenge(ctx, &cip.AdminRespondToAuthChallengeInput{UserPoolId: poolID(), ClientId: clientID(), ChallengeName: "SELECT_CHALLENGE", Session: aws.String(noSession), ChallengeResponses: answer})),
	}
}

// unknown says whether an answer is that for who does not know the secret.
func unknown(err error) bool {
	return err != nil && slices.ContainsFunc([]string{"invalid_client", "UnauthorizedException", "SecretHash does not match", "Unable to verify secret hash"}, func(s string) bool { return strings.Contains(err.Error(), s) })
}

// everyDoor checks at every door that the secret counts, or that it does not.
func everyDoor(t *testing.T, h *housetest.House, secret, refreshToken string, counts bool) {
	t.Helper()
	for _, doors := range []map[string]error{oauthDoors(t, h, secret), hashDoors(t, h, secret, refreshToken)} {
		for door, err := range doors {
			if unknown(err) == counts {
				t.Errorf("%s says %v to %s; it should count: %v", door, err, secret, counts)
			}
		}
	}
}

// A client's secret is replaced without a moment in which none works: a second
// one is added, both work everywhere, the first is deleted and works nowhere.
func TestAPIClientSecrets(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := secretHouse(t, database)
		c := sdk(h)
		invited(t, h, ann, "email_verified", "true")
		in, err := c.InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: "USER_PASSWORD_AUTH", ClientId: clientID(),
			AuthParameters: map[string]string{"USERNAME": ann, "PASSWORD": easy, "SECRET_HASH": secretHash(firstSecret, housetest.ClientID, ann)}})
		must(t, err)
		token := *in.AuthenticationResult.RefreshToken
		before := listSecrets(t, h)
		if len(before) != 1 || !strings.HasPrefix(*before[0].ClientSecretId, housetest.ClientID+"--") || !before[0].ClientSecretCreateDate.Equal(*describeClient(t, c, housetest.ClientID).CreationDate) {
			t.Fatalf("a client has the secrets %+v", before)
		}
		everyDoor(t, h, nextSecret, token, false)
		if made := addSecret(t, h, nextSecret); made.ClientSecretValue != nil {
			t.Error("a chosen secret is told to whoever chose it")
		}
		both := listSecrets(t, h)
		if len(both) != 2 || *both[0].ClientSecretId != *before[0].ClientSecretId || *both[1].ClientSecretId == *both[0].ClientSecretId || !both[1].ClientSecretCreateDate.After(*both[0].ClientSecretCreateDate) {
			t.Fatalf("two secrets are listed as %+v", both)
		}
		for _, s := range both {
			if s.ClientSecretValue != nil {
				t.Error("a list shows a secret")
			}
		}
		everyDoor(t, h, firstSecret, token, true)
		everyDoor(t, h, nextSecret, token, true)

		// The client is described with the older one, and an update keeps both.
		if got := describeClient(t, c, housetest.ClientID); *got.ClientSecret != firstSecret {
			t.Errorf("the client is described with %s", *got.ClientSecret)
		}
		_, err = c.UpdateUserPoolClient(t.Context(), &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID(), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{
			"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"}})
		must(t, err)
		if after := listSecrets(t, h); len(after) != 2 {
			t.Errorf("an update leaves the secrets %+v", after)
		}

		must(t, deleteSecret(t, h, both[0].ClientSecretId))
		everyDoor(t, h, firstSecret, token, false)
		everyDoor(t, h, nextSecret, token, true)
		if got := describeClient(t, c, housetest.ClientID); *got.ClientSecret != nextSecret {
			t.Errorf("the client is described with %s", *got.ClientSecret)
		}
		refused(t, deleteSecret(t, h, both[0].ClientSecretId), notFound, "Client secret "+*both[0].ClientSecretId+" does not exist.")
		refused(t, deleteSecret(t, h, both[1].ClientSecretId), invalid, "Cannot delete the only client secret.")

		// One that is made is told this once, and has the shape of Cognito's.
		h.Advance(time.Minute)
		made := addSecret(t, h, "")
		if value := aws.ToString(made.ClientSecretValue); len(value) < 50 || len(value) > 52 {
			t.Errorf("the new secret is %q", value)
		}
		if after := listSecrets(t, h); len(after) != 2 || *after[0].ClientSecretId != *both[1].ClientSecretId || *after[1].ClientSecretId != *made.ClientSecretId || !made.ClientSecretCreateDate.After(h.Now().Add(-time.Minute)) {
			t.Errorf("listed %+v, made %+v", after, made)
		}
		everyDoor(t, h, *made.ClientSecretValue, token, true)
	})
}

// A document that names one of a client's secrets leaves both; one that names
// another replaces them.
func TestAPIClientSecretsAndDocuments(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := secretHouse(t, database)
		addSecret(t, h, nextSecret)
		apply := func(value string, generate bool) []types.ClientSecretDescriptorType {
			h.Apply(everyFlow(t, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
				c.Secret, c.GenerateSecret = pool.Secret(value), generate
			}))
			return listSecrets(t, h)
		}
		for what, n := range map[string]int{"the first": len(apply(firstSecret, false)), "the second": len(apply(nextSecret, false)), "any": len(apply("", true))} {
			if n != 2 {
				t.Errorf("a document that names %s leaves %d", what, n)
			}
		}
		const third = "the_third_secret_of_this_app_"
		if left := apply(third, false); len(left) != 1 || unknown(oauthDoors(t, h, third)["token, post"]) || !unknown(oauthDoors(t, h, nextSecret)["token, post"]) {
			t.Errorf("a document that names another leaves %+v", left)
		}
	})
}
