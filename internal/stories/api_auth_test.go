package stories_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// sdk is AWS's own client, unmodified, with its endpoint set to the house.
func sdk(h *housetest.House) *cip.Client {
	return cip.New(cip.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(h.URL()), HTTPClient: h.HTTP(),
		Credentials:      credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "anything", ""),
		RetryMaxAttempts: 1,
	})
}

// refused checks for an exception and its exact message.
func refused(t *testing.T, err error, name, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != name || e.ErrorMessage() != message {
		t.Errorf("got %v, want %s: %s", err, name, message)
	}
}

// apiHouse lets every flow in.
func apiHouse(t *testing.T, database string, f func(*setup.PoolEntry, *setup.ClientEntry)) *housetest.House {
	t.Helper()
	return housetest.Start(t, housetest.Config{Database: database, Document: everyFlow(t, f)})
}

// everyFlow is the document of an apiHouse, changed by f, which may be nil.
func everyFlow(t testing.TB, f func(*setup.PoolEntry, *setup.ClientEntry)) *setup.Document {
	t.Helper()
	return housetest.Document(t, func(d *setup.Document) {
		d.UserPoolClients[0].ExplicitAuthFlows = []string{
			"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH",
		}
		if f != nil {
			f(&d.UserPools[0], &d.UserPoolClients[0])
		}
	})
}

func clientID() *string { return aws.String(housetest.ClientID) }
func poolID() *string   { return aws.String(housetest.PoolID) }

// join signs somebody up and confirms them through the API.
func join(t *testing.T, h *housetest.House, email, password string) {
	t.Helper()
	ctx, c := context.Background(), sdk(h)
	up, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &email, Password: &password})
	if err != nil {
		t.Fatal(err)
	}
	if up.UserConfirmed || aws.ToString(up.UserSub) == "" || up.CodeDeliveryDetails == nil || up.CodeDeliveryDetails.DeliveryMedium != types.DeliveryMediumTypeEmail {
		t.Errorf("SignUp answered %+v", up)
	}
	code := h.Code(email)
	if _, err := c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &email, ConfirmationCode: &code}); err != nil {
		t.Fatal(err)
	}
}

func byPassword(h *housetest.House, email, password string) (*cip.InitiateAuthOutput, error) {
	return sdk(h).InitiateAuth(context.Background(), &cip.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": email, "PASSWORD": password},
	})
}

// signedIn joins and signs in, and returns the tokens.
func signedIn(t *testing.T, h *housetest.House, email, password string) *types.AuthenticationResultType {
	t.Helper()
	join(t, h, email, password)
	in, err := byPassword(h, email, password)
	if err != nil {
		t.Fatal(err)
	}
	return in.AuthenticationResult
}

func TestAPISignUpAndPasswordSignIn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		access, id := claims(t, *tokens.AccessToken), claims(t, *tokens.IdToken)
		if access["scope"] != "aws.cognito.signin.user.admin" || access["version"] != nil || id["at_hash"] != nil || id["email"] != "ann@example.com" || id["email_verified"] != true {
			t.Errorf("tokens of the API: access %v, id %v", access, id)
		}
		me, err := sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: tokens.AccessToken})
		if err != nil || *me.Username != access["sub"] || *me.UserAttributes[0].Name != "sub" {
			t.Errorf("GetUser: %+v, %v", me, err)
		}
		if a := userInfo(t, h, *tokens.AccessToken); a.status != 401 {
			t.Errorf("userInfo takes a token of the API: %d", a.status)
		}
		h.SignIn(h.Browser(), housetest.Ask(), "ann@example.com", "secret1") // the pages know the same person
		_, err = byPassword(h, "ann@example.com", "wrong12")
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
		_, err = byPassword(h, "nobody@example.com", "secret1")
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	})
}

func TestAPIRefreshAndRevoke(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		token := signedIn(t, h, "ann@example.com", "secret1").RefreshToken
		again, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: clientID(), AuthParameters: map[string]string{"REFRESH_TOKEN": *token}})
		if err != nil || again.AuthenticationResult.RefreshToken != nil || again.AuthenticationResult.AccessToken == nil {
			t.Fatalf("REFRESH_TOKEN_AUTH: %+v, %v", again, err)
		}
		renewed, err := c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: token})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.GetUser(ctx, &cip.GetUserInput{AccessToken: renewed.AuthenticationResult.AccessToken}); err != nil {
			t.Errorf("the new access token: %v", err)
		}
		if _, err := c.RevokeToken(ctx, &cip.RevokeTokenInput{ClientId: clientID(), Token: token}); err != nil {
			t.Fatal(err)
		}
		_, err = c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: token})
		refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: renewed.AuthenticationResult.AccessToken})
		refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
		_, err = c.RevokeToken(ctx, &cip.RevokeTokenInput{ClientId: clientID(), Token: renewed.AuthenticationResult.AccessToken})
		var wrongType *types.UnsupportedTokenTypeException
		if !errors.As(err, &wrongType) {
			t.Errorf("revoking an access token: %v", err)
		}
		_, err = c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: aws.String("garbage")})
		refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
	})
}

func TestAPISecretHash(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const secret = "asecretof24charactersatleast"
		h := apiHouse(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.Secret = secret })
		ctx, c := t.Context(), sdk(h)
		hash := func(name string) *string { return aws.String(secretHash(secret, housetest.ClientID, name)) }
		email, password := "ann@example.com", "secret1"
		_, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &email, Password: &password})
		refused(t, err, "NotAuthorizedException", "Client "+housetest.ClientID+" is configured with secret but SECRET_HASH was not received")
		_, err = c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &email, Password: &password, SecretHash: hash("bob@example.com")})
		refused(t, err, "NotAuthorizedException", "SecretHash does not match for the client: "+housetest.ClientID)
		if _, err = c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &email, Password: &password, SecretHash: hash(email)}); err != nil {
			t.Fatal(err)
		}
		_, err = c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: clientID(),
			AuthParameters: map[string]string{"USERNAME": email, "PASSWORD": password, "SECRET_HASH": *hash(email)}})
		refused(t, err, "UserNotConfirmedException", "User is not confirmed.")
	})
}

func TestAPITemporaryPassword(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		made, err := c.AdminCreateUser(ctx, &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: aws.String("ann@example.com"), DesiredDeliveryMediums: []types.DeliveryMediumType{"EMAIL"}})
		if err != nil || made.User.UserStatus != types.UserStatusTypeForceChangePassword {
			t.Fatalf("AdminCreateUser: %+v, %v", made, err)
		}
		temporary := h.Code("ann@example.com")
		in, err := byPassword(h, "ann@example.com", temporary)
		if err != nil || in.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
			t.Fatalf("a temporary password gives %+v, %v", in, err)
		}
		answer := func(session *string, password string) (*cip.RespondToAuthChallengeOutput, error) {
			return c.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: types.ChallengeNameTypeNewPasswordRequired,
				Session: session, ChallengeResponses: map[string]string{"USERNAME": "ann@example.com", "NEW_PASSWORD": password}})
		}
		_, err = answer(in.Session, "abc")
		refused(t, err, "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
		out, err := answer(in.Session, "my-own-1")
		if err != nil || out.AuthenticationResult == nil {
			t.Fatalf("NEW_PASSWORD_REQUIRED: %+v, %v", out, err)
		}
		_, err = answer(in.Session, "my-own-2")
		refused(t, err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
		if _, err := byPassword(h, "ann@example.com", "my-own-1"); err != nil {
			t.Error(err)
		}
		user, err := c.AdminGetUser(ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String("ann@example.com")})
		if err != nil || user.UserStatus != types.UserStatusTypeConfirmed {
			t.Errorf("AdminGetUser: %+v, %v", user, err)
		}

		if _, err := c.AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: user.Username, Password: aws.String("given-1"), Permanent: false}); err != nil {
			t.Fatal(err)
		}
		b := h.Browser() // and by the pages
		p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "ann@example.com", "password", "given-1")
		p = b.Submit(b.Follow(p), "changepasswordform", "password", "my-own-3")
		if p.Back().Query().Get("code") == "" {
			t.Error("the pages do not lead on from a new password")
		}
	})
}
