package stories_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// named checks for an exception by its name alone.
func named(t *testing.T, err error, name string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != name {
		t.Errorf("got %v, want %s", err, name)
	}
}

func attribute(name, value string) types.AttributeType {
	return types.AttributeType{Name: &name, Value: &value}
}

// attributeOf reads an attribute of a user as an operator sees it.
func attributeOf(t *testing.T, h *housetest.House, username, name string) string {
	t.Helper()
	user, err := sdk(h).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &username})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range user.UserAttributes {
		if *a.Name == name {
			return *a.Value
		}
	}
	return ""
}

func TestAPIConfirmAndResend(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann, password := t.Context(), sdk(h), aws.String("ann@example.com"), aws.String("secret1")
		if _, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: ann, Password: password}); err != nil {
			t.Fatal(err)
		}
		_, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: ann, Password: password})
		refused(t, err, "UsernameExistsException", "An account with the given email already exists.")
		_, err = c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: aws.String("bob"), Password: password})
		refused(t, err, "InvalidParameterException", "Username should be an email.")
		first := h.Code(*ann)
		sent, err := c.ResendConfirmationCode(ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: ann})
		if err != nil || *sent.CodeDeliveryDetails.Destination != "a***@e***" {
			t.Fatalf("ResendConfirmationCode: %+v, %v", sent, err)
		}
		newest := h.Code(*ann)
		confirm := func(code string) error {
			_, err := c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: ann, ConfirmationCode: &code})
			return err
		}
		if first != newest {
			refused(t, confirm(first), "CodeMismatchException", "Invalid verification code provided, please try again.")
		}
		if err := confirm(newest); err != nil {
			t.Fatal(err)
		}
		if attributeOf(t, h, *ann, "email_verified") != "true" {
			t.Error("the address is not verified")
		}
		_, err = c.ResendConfirmationCode(ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: aws.String("nobody@example.com")})
		if err != nil {
			t.Errorf("an unknown name is told: %v", err)
		}
		for range 20 {
			_, err = c.ResendConfirmationCode(ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: ann})
		}
		refused(t, err, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
		_, err = c.SignUp(ctx, &cip.SignUpInput{ClientId: aws.String("nosuchclient"), Username: ann, Password: password})
		refused(t, err, "ResourceNotFoundException", "User pool client nosuchclient does not exist.")
	})
}

func TestAPIForgotPassword(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), aws.String("ann@example.com")
		tokens := signedIn(t, h, *ann, "secret1")
		sent, err := c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: ann})
		if err != nil || *sent.CodeDeliveryDetails.Destination != "a***@e***" || *sent.CodeDeliveryDetails.AttributeName != "email" {
			t.Fatalf("ForgotPassword: %+v, %v", sent, err)
		}
		unknown, err := c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String("also@elsewhere.com")})
		if err != nil || *unknown.CodeDeliveryDetails.Destination != "a***@e***" {
			t.Errorf("an unknown name is told: %+v, %v", unknown, err)
		}
		reset := func(code, password string) error {
			_, err := c.ConfirmForgotPassword(ctx, &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: ann, ConfirmationCode: &code, Password: &password})
			return err
		}
		code := h.Code(*ann)
		refused(t, reset(code, "abc"), "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
		h.Advance(time.Second)
		if err := reset(code, "another1"); err != nil {
			t.Fatal(err)
		}
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: tokens.AccessToken})
		refused(t, err, "NotAuthorizedException", "Access Token has been revoked")
		if _, err := byPassword(h, *ann, "another1"); err != nil {
			t.Error(err)
		}
		_, err = byPassword(h, *ann, "secret1")
		refused(t, err, "NotAuthorizedException", wrong)
	})
}

func TestAPIChangePasswordAndSignOut(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		change := func(token *string, from, to string) error {
			_, err := c.ChangePassword(ctx, &cip.ChangePasswordInput{AccessToken: token, PreviousPassword: &from, ProposedPassword: &to})
			return err
		}
		refused(t, change(tokens.AccessToken, "wrong12", "another1"), "NotAuthorizedException", wrong)
		h.Advance(time.Second)
		if err := change(tokens.AccessToken, "secret1", "another1"); err != nil {
			t.Fatal(err)
		}
		refused(t, change(tokens.AccessToken, "another1", "another2"), "NotAuthorizedException", "Access Token has been revoked")
		in, err := byPassword(h, "ann@example.com", "another1")
		if err != nil {
			t.Fatal(err)
		}
		b := h.Browser()
		h.SignIn(b, housetest.Ask(), "ann@example.com", "another1")
		h.Advance(time.Second)
		if _, err := c.GlobalSignOut(ctx, &cip.GlobalSignOutInput{AccessToken: in.AuthenticationResult.AccessToken}); err != nil {
			t.Fatal(err)
		}
		_, err = c.GetTokensFromRefreshToken(ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: clientID(), RefreshToken: in.AuthenticationResult.RefreshToken})
		refused(t, err, "NotAuthorizedException", "Refresh Token has been revoked")
		b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm") // the browser's session ended too
	})
}

func TestAPIAttributes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		update := func(list ...types.AttributeType) (*cip.UpdateUserAttributesOutput, error) {
			return c.UpdateUserAttributes(ctx, &cip.UpdateUserAttributesInput{AccessToken: tokens.AccessToken, UserAttributes: list})
		}
		if out, err := update(attribute("given_name", "Ann"), attribute("locale", "de")); err != nil || len(out.CodeDeliveryDetailsList) != 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		if attributeOf(t, h, "ann@example.com", "given_name") != "Ann" {
			t.Error("given_name was not kept")
		}
		_, err := update(attribute("email_verified", "true"))
		refused(t, err, "NotAuthorizedException", "A client attempted to write unauthorized attribute")
		_, err = update(attribute("sub", "x"))
		named(t, err, "NotAuthorizedException")
		_, err = update(attribute("custom:none", "x"))
		named(t, err, "InvalidParameterException")
		if _, err = c.DeleteUserAttributes(ctx, &cip.DeleteUserAttributesInput{AccessToken: tokens.AccessToken, UserAttributeNames: []string{"locale"}}); err != nil {
			t.Error(err)
		}
		if attributeOf(t, h, "ann@example.com", "locale") != "" {
			t.Error("locale was not deleted")
		}

		out, err := update(attribute("email", "ann@elsewhere.com"))
		if err != nil || len(out.CodeDeliveryDetailsList) != 1 {
			t.Fatalf("a new address: %+v, %v", out, err)
		}
		if attributeOf(t, h, "ann@elsewhere.com", "email_verified") != "false" {
			t.Error("a new address is verified before its code came back")
		}
		code := h.Code("ann@elsewhere.com")
		if _, err := c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: tokens.AccessToken, AttributeName: aws.String("email"), Code: &code}); err != nil {
			t.Fatal(err)
		}
		if attributeOf(t, h, "ann@elsewhere.com", "email_verified") != "true" {
			t.Error("the code proved nothing")
		}
		_, err = c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: tokens.AccessToken, AttributeName: aws.String("email"), Code: &code})
		named(t, err, "ExpiredCodeException")
		_, err = c.GetUserAttributeVerificationCode(ctx, &cip.GetUserAttributeVerificationCodeInput{AccessToken: tokens.AccessToken, AttributeName: aws.String("given_name")})
		refused(t, err, "InvalidParameterException", "Invalid attribute name. Only phone_number and email can be verified.")
		h.SignIn(h.Browser(), housetest.Ask(), "ann@elsewhere.com", "secret1")
	})
}

// Somebody whose address nobody has proven asks for a code, and proves it.
func TestAPIVerificationCode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann, password := t.Context(), sdk(h), "ann@example.com", "secret1"
		_, err := c.AdminCreateUser(ctx, &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &ann, MessageAction: types.MessageActionTypeSuppress})
		must(t, err)
		_, err = c.AdminSetUserPassword(ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &ann, Password: &password, Permanent: true})
		must(t, err)
		in, err := byPassword(h, ann, password)
		must(t, err)
		token := in.AuthenticationResult.AccessToken
		if got := attributeOf(t, h, ann, "email_verified"); got != "false" {
			t.Errorf("email_verified is %q before the code", got)
		}
		sent, err := c.GetUserAttributeVerificationCode(ctx, &cip.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: aws.String("email")})
		must(t, err)
		if d := sent.CodeDeliveryDetails; *d.Destination != "a***@e***" || *d.AttributeName != "email" || d.DeliveryMedium != types.DeliveryMediumTypeEmail {
			t.Errorf("the code went to %+v", d)
		}
		code := h.Code(ann)
		_, err = c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: &code})
		must(t, err)
		if got := attributeOf(t, h, ann, "email_verified"); got != "true" {
			t.Errorf("email_verified is %q after the code", got)
		}
	})
}

func TestAPIVerificationBeforeUpdate(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.UserAttributeUpdateSettings = &pool.UserAttributeUpdateSettings{AttributesRequireVerificationBeforeUpdate: []string{"email"}}
		})
		ctx, c := t.Context(), sdk(h)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		if _, err := c.UpdateUserAttributes(ctx, &cip.UpdateUserAttributesInput{AccessToken: tokens.AccessToken, UserAttributes: []types.AttributeType{attribute("email", "ann@elsewhere.com")}}); err != nil {
			t.Fatal(err)
		}
		if got := attributeOf(t, h, "ann@example.com", "email"); got != "ann@example.com" {
			t.Errorf("the address is %q before it is verified", got)
		}
		code := h.Code("ann@elsewhere.com")
		if _, err := c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: tokens.AccessToken, AttributeName: aws.String("email"), Code: &code}); err != nil {
			t.Fatal(err)
		}
		if got := attributeOf(t, h, "ann@elsewhere.com", "email"); got != "ann@elsewhere.com" {
			t.Errorf("the address is %q after it was verified", got)
		}
	})
}

func TestAPIDeleteUser(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		if _, err := c.DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: tokens.AccessToken}); err != nil {
			t.Fatal(err)
		}
		_, err := byPassword(h, "ann@example.com", "secret1")
		refused(t, err, "NotAuthorizedException", wrong)
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: tokens.AccessToken})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		_, err = c.AdminGetUser(ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String("ann@example.com")})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		join(t, h, "ann@example.com", "another1") // the address is free again
	})
}

func TestAPIUserAuth(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		join(t, h, "ann@example.com", "secret1")
		ask := func(name string, more map[string]string) *cip.InitiateAuthOutput {
			t.Helper()
			parameters := map[string]string{"USERNAME": name}
			for k, v := range more {
				parameters[k] = v
			}
			out, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: parameters})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if out := ask("ann@example.com", map[string]string{"PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "secret1"}); out.AuthenticationResult == nil {
			t.Errorf("PASSWORD at once: %+v", out)
		}
		choice := ask("ann@example.com", nil)
		if choice.ChallengeName != types.ChallengeNameTypeSelectChallenge || len(choice.AvailableChallenges) != 2 {
			t.Fatalf("without a preference: %+v", choice)
		}
		if other := ask("nobody@example.com", nil); other.ChallengeName != choice.ChallengeName || len(other.AvailableChallenges) != 2 {
			t.Errorf("an unknown name is told: %+v", other)
		}
		answer := func(session *string, name, password string) (*cip.RespondToAuthChallengeOutput, error) {
			return c.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: session,
				ChallengeResponses: map[string]string{"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": password}})
		}
		join(t, h, "bob@example.com", "secret2")
		_, err := answer(choice.Session, "bob@example.com", "secret2") // somebody else's session
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		choice = ask("ann@example.com", nil)
		if out, err := answer(choice.Session, "ann@example.com", "secret1"); err != nil || out.AuthenticationResult == nil {
			t.Errorf("the answer: %+v, %v", out, err)
		}
		_, err = answer(choice.Session, "ann@example.com", "secret1")
		refused(t, err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	})
}

// A sign-up leads on by its session, without a password again.
func TestAPISignUpLeadsOn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		carol, password := aws.String("carol@example.com"), aws.String("secret3")
		up, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: carol, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		early, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), Session: up.Session, AuthParameters: map[string]string{"USERNAME": *carol}})
		if err == nil {
			t.Errorf("the session signs in before the code: %+v", early)
		}
		code := h.Code(*carol)
		confirmed, err := c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: carol, ConfirmationCode: &code, Session: up.Session})
		if err != nil || confirmed.Session == nil {
			t.Fatalf("ConfirmSignUp: %+v, %v", confirmed, err)
		}
		in, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), Session: confirmed.Session, AuthParameters: map[string]string{"USERNAME": *carol}})
		if err != nil || in.AuthenticationResult == nil {
			t.Errorf("the session after the code: %+v, %v", in, err)
		}
	})
}

func TestAPIFlowsThatAreOff(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			d.UserPoolClients[0].ExplicitAuthFlows = []string{"ALLOW_REFRESH_TOKEN_AUTH"}
		})})
		for flow, text := range map[types.AuthFlowType]string{
			types.AuthFlowTypeUserPasswordAuth: "USER_PASSWORD_AUTH flow not enabled for this client",
			types.AuthFlowTypeUserSrpAuth:      "USER_SRP_AUTH is not enabled for the client.",
			types.AuthFlowTypeUserAuth:         "USER_AUTH flow not enabled for this client",
			types.AuthFlowTypeCustomAuth:       "CUSTOM_AUTH is not enabled for the client.",
		} {
			_, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: flow, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": "ann@example.com", "PASSWORD": "x-secret"}})
			refused(t, err, "InvalidParameterException", text)
		}
		on := apiHouse(t, "", nil)
		_, err := sdk(on).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeCustomAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": "ann@example.com"}})
		refused(t, err, "InvalidParameterException", "Custom auth lambda trigger is not configured for the user pool.")
		_, err = sdk(on).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: clientID(), AuthParameters: map[string]string{"PASSWORD": "x"}})
		refused(t, err, "InvalidParameterException", "Missing required parameter USERNAME")
		_, err = sdk(on).AdminInitiateAuth(t.Context(), &cip.AdminInitiateAuthInput{AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth, ClientId: clientID(), UserPoolId: aws.String("us-east-1_Missing01"),
			AuthParameters: map[string]string{"USERNAME": "ann@example.com", "PASSWORD": "x-secret"}})
		refused(t, err, "ResourceNotFoundException", "User pool us-east-1_Missing01 does not exist.")
	})
}
