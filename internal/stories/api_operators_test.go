package stories_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// statusOf is what AdminGetUser says of somebody.
func statusOf(t *testing.T, h *housetest.House, name string) (types.UserStatusType, bool) {
	t.Helper()
	user, err := sdk(h).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &name})
	must(t, err)
	return user.UserStatus, user.Enabled
}

// An operator confirms an account: its code is worth nothing then, and its
// address stays unproven.
func TestAPIAdminConfirmSignUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		_, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &ann, Password: aws.String("secret1")})
		must(t, err)
		_, err = byPassword(h, ann, "secret1")
		named(t, err, "UserNotConfirmedException")
		_, err = c.AdminConfirmSignUp(ctx, &cip.AdminConfirmSignUpInput{UserPoolId: poolID(), Username: &ann})
		must(t, err)
		if status, _ := statusOf(t, h, ann); status != types.UserStatusTypeConfirmed || attributeOf(t, h, ann, "email_verified") != "false" {
			t.Errorf("the account is %s, its address is verified: %s", status, attributeOf(t, h, ann, "email_verified"))
		}
		_, err = byPassword(h, ann, "secret1")
		must(t, err)
		_, err = c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &ann, ConfirmationCode: aws.String(h.Code(ann))})
		refused(t, err, "CodeMismatchException", "Invalid verification code provided, please try again.")
		_, err = c.AdminConfirmSignUp(ctx, &cip.AdminConfirmSignUpInput{UserPoolId: poolID(), Username: &ann})
		refused(t, err, "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
		h.SignIn(h.Browser(), housetest.Ask(), ann, "secret1")
	})
}

// Whoever is disabled is shut out at both doors, and comes in again once they
// are enabled.
func TestAPIAdminDisableUser(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		join(t, h, ann, "secret1")
		for range 2 { // the second time it is so already
			_, err := c.AdminDisableUser(ctx, &cip.AdminDisableUserInput{UserPoolId: poolID(), Username: &ann})
			must(t, err)
		}
		if _, enabled := statusOf(t, h, ann); enabled {
			t.Error("still enabled")
		}
		_, err := byPassword(h, ann, "secret1")
		refused(t, err, "NotAuthorizedException", "User is disabled.")
		_, err = byPassword(h, ann, "wrong12")
		refused(t, err, "NotAuthorizedException", wrong)
		b := h.Browser()
		if p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", "secret1"); p.Status == 302 {
			t.Errorf("the page leads a disabled account to %s", p.Location())
		}
		before := h.Mails(ann)
		_, err = c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: &ann})
		must(t, err)
		if h.Mails(ann) != before {
			t.Error("a disabled account is sent a code")
		}
		_, err = c.AdminEnableUser(ctx, &cip.AdminEnableUserInput{UserPoolId: poolID(), Username: &ann})
		must(t, err)
		_, err = byPassword(h, ann, "secret1")
		must(t, err)
		h.SignIn(h.Browser(), housetest.Ask(), ann, "secret1")
	})
}

func TestAPIAdminDeleteUser(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		token := signedIn(t, h, ann, "secret1").AccessToken
		_, err := c.AdminDeleteUser(ctx, &cip.AdminDeleteUserInput{UserPoolId: poolID(), Username: &ann})
		must(t, err)
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: token})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		_, err = byPassword(h, ann, "secret1")
		refused(t, err, "NotAuthorizedException", wrong)
		join(t, h, ann, "another1") // the address is free again, and the tokens stay dead
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: token})
		refused(t, err, "UserNotFoundException", "User does not exist.")
	})
}

// A password that an operator takes out of use is replaced with a mailed code,
// at either door.
func TestAPIAdminResetUserPassword(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		for _, name := range []string{"ann@example.com", "bob@example.com"} {
			join(t, h, name, "secret1")
			_, err := c.AdminResetUserPassword(ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: &name})
			must(t, err)
			if status, _ := statusOf(t, h, name); status != types.UserStatusTypeResetRequired {
				t.Errorf("the account is %s", status)
			}
			_, err = byPassword(h, name, "secret1")
			refused(t, err, "PasswordResetRequiredException", "Password reset required for the user")
		}
		_, err := c.ConfirmForgotPassword(ctx, &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: aws.String("ann@example.com"),
			ConfirmationCode: aws.String(h.Code("ann@example.com")), Password: aws.String("another1")})
		must(t, err)
		_, err = byPassword(h, "ann@example.com", "another1")
		must(t, err)

		b := h.Browser()
		p := b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "bob@example.com"))
		b.Submit(p, "confirmforgotpasswordform", "code", h.Code("bob@example.com"), "password", "another1").Back()
		_, err = byPassword(h, "bob@example.com", "another1")
		must(t, err)
	})
}

func update(h *housetest.House, name string, attributes ...types.AttributeType) error {
	_, err := sdk(h).AdminUpdateUserAttributes(context.Background(), &cip.AdminUpdateUserAttributesInput{UserPoolId: poolID(), Username: &name, UserAttributes: attributes})
	return err
}

// Operators write what people may not: developers' attributes, and that an
// address is proven.
func TestAPIAdminUserAttributes(t *testing.T) {
	t.Parallel()
	yes := true
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.Schema = []pool.SchemaAttribute{{Name: "team"}, {Name: "rank", DeveloperOnlyAttribute: &yes}}
		})
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		sub := *claimsSub(t, *signedIn(t, h, ann, "secret1").IdToken)
		must(t, update(h, ann, attribute("custom:team", "7"), attribute("dev:custom:rank", "chief"), attribute("name", "Ann"), attribute("nickname", "A")))
		_, err := c.AdminDeleteUserAttributes(ctx, &cip.AdminDeleteUserAttributesInput{UserPoolId: poolID(), Username: &ann, UserAttributeNames: []string{"nickname", "custom:team"}})
		must(t, err)
		for name, want := range map[string]string{"dev:custom:rank": "chief", "name": "Ann", "nickname": "", "custom:team": "", "email_verified": "true"} {
			if got := attributeOf(t, h, ann, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		// A new address that the operator vouches for needs no code; another does.
		before := h.Mails("ann@example.org")
		must(t, update(h, sub, attribute("email", "ann@example.org"), attribute("email_verified", "true")))
		if h.Mails("ann@example.org") != before || attributeOf(t, h, sub, "email_verified") != "true" {
			t.Errorf("%d mails, email_verified %s", h.Mails("ann@example.org"), attributeOf(t, h, sub, "email_verified"))
		}
		in, err := byPassword(h, "ann@example.org", "secret1")
		must(t, err)
		_, err = byPassword(h, ann, "secret1")
		refused(t, err, "NotAuthorizedException", wrong)
		must(t, update(h, sub, attribute("email", "ann@example.net")))
		if attributeOf(t, h, sub, "email_verified") != "false" {
			t.Error("an address that nobody has proven is verified")
		}
		_, err = c.VerifyUserAttribute(ctx, &cip.VerifyUserAttributeInput{AccessToken: in.AuthenticationResult.AccessToken, AttributeName: aws.String("email"), Code: aws.String(h.Code("ann@example.net"))})
		must(t, err)
		if attributeOf(t, h, sub, "email_verified") != "true" {
			t.Error("the code did not prove the address")
		}
		join(t, h, "bob@example.com", "secret1")
		named(t, update(h, "bob@example.com", attribute("email", "ann@example.net")), "AliasExistsException")
	})
}

func claimsSub(t *testing.T, token string) *string {
	t.Helper()
	sub, _ := claims(t, token)["sub"].(string)
	return &sub
}
