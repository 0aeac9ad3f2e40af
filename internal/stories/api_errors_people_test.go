package stories_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

const (
	mismatch = "CodeMismatchException"
	expired  = "ExpiredCodeException"
	aliased  = "AliasExistsException"
	reset    = "PasswordResetRequiredException"

	wrongCode = "Invalid verification code provided, please try again."
	oldCode   = "Invalid code provided, please request a code again."
	noSuch    = "Username/client id combination not found."
	notAmong  = "Invalid attribute name. Only phone_number and email can be verified."
)

// appAt makes a plain call of the name at an app client about its usual user,
// who is nobody.
func appAt(name, app string) func(errand) error {
	return func(x errand) error {
		at := usual()
		at.app = app
		return plainCalls()[name](x, at)
	}
}

// signUpRefusals are those on the way to a confirmed account.
func signUpRefusals() []refusal {
	signUp := func(x errand, name, password string) error {
		return only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: &password}))
	}
	confirm := func(x errand, app, name, code string) error {
		return only(x.c.ConfirmSignUp(x.ctx, &cip.ConfirmSignUpInput{ClientId: &app, Username: &name, ConfirmationCode: &code}))
	}
	return []refusal{
		{"SignUp", unauthorized, noSecret, appAt("SignUp", secretApp)},
		{"SignUp", badPassword, tooShort, func(x errand) error { return signUp(x, x.newcomer(), "short") }},
		{"SignUp", "UsernameExistsException", "An account with the given email already exists.", func(x errand) error { return signUp(x, x.invited(), rightOne) }},
		{"SignUp", invalid, "Username should be an email.", func(x errand) error { return signUp(x, "pat", rightOne) }},
		{"SignUp", limited, tooOften, func(x errand) error { // of one address; where the client hides who has an account nobody is told
			name := x.newcomer()
			return x.until(limited, 11, func(int) error {
				if err := only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: aws.String(legacyApp), Username: &name, Password: aws.String(rightOne)})); err != nil {
					return err
				}
				return only(x.c.AdminDeleteUser(x.ctx, &cip.AdminDeleteUserInput{UserPoolId: poolID(), Username: &name}))
			})
		}},
		{"ConfirmSignUp", unauthorized, noSecret, appAt("ConfirmSignUp", secretApp)},
		{"ConfirmSignUp", unauthorized, "User cannot be confirmed. Current status is CONFIRMED", func(x errand) error { return confirm(x, legacyApp, x.somebody(), "no-code") }},
		{"ConfirmSignUp", mismatch, wrongCode, func(x errand) error { return confirm(x, housetest.ClientID, x.unconfirmed(), "no-code") }},
		{"ConfirmSignUp", mismatch, wrongCode, appAt("ConfirmSignUp", housetest.ClientID)},
		{"ConfirmSignUp", expired, oldCode, func(x errand) error { // without an address no code went out
			x.must(only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: aws.String(aliasApp), Username: aws.String("addressless"), Password: aws.String(rightOne)})))
			return confirm(x, aliasApp, "addressless", "123456")
		}},
		{"ConfirmSignUp", aliased, "An account with the email already exists.", func(x errand) error {
			email := attribute("email", x.newcomer())
			x.aliased("holder", []types.AttributeType{email, attribute("email_verified", "true")})
			x.must(only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: aws.String(aliasApp), Username: aws.String("latecomer"), Password: aws.String(rightOne), UserAttributes: []types.AttributeType{email}})))
			return confirm(x, aliasApp, "latecomer", x.h.Code(*email.Value))
		}},
		{"ConfirmSignUp", limited, tooOften, func(x errand) error {
			name := x.newcomer()
			return x.until(limited, 16, func(int) error { return confirm(x, housetest.ClientID, name, "no-code") })
		}},
		{"ConfirmSignUp", noUser, noSuch, appAt("ConfirmSignUp", legacyApp)},
		{"ResendConfirmationCode", unauthorized, noSecret, appAt("ResendConfirmationCode", secretApp)},
		{"ResendConfirmationCode", noUser, noSuch, appAt("ResendConfirmationCode", legacyApp)},
		{"ResendConfirmationCode", invalid, "User is already confirmed.", func(x errand) error {
			return only(x.c.ResendConfirmationCode(x.ctx, &cip.ResendConfirmationCodeInput{ClientId: aws.String(legacyApp), Username: aws.String(x.somebody())}))
		}},
		{"ResendConfirmationCode", limited, tooOften, func(x errand) error {
			name := x.unconfirmed()
			return x.until(limited, 6, func(int) error {
				return only(x.c.ResendConfirmationCode(x.ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: &name}))
			})
		}},
	}
}

// recoveryRefusals are those of a forgotten or an old password.
func recoveryRefusals() []refusal {
	forgot := func(x errand, app, name string) error {
		return only(x.c.ForgotPassword(x.ctx, &cip.ForgotPasswordInput{ClientId: &app, Username: &name}))
	}
	confirm := func(x errand, app, name, password string) error {
		return only(x.c.ConfirmForgotPassword(x.ctx, &cip.ConfirmForgotPasswordInput{ClientId: &app, Username: &name, ConfirmationCode: aws.String("no-code"), Password: &password}))
	}
	change := func(x errand, token *string, from, to string) error {
		return only(x.c.ChangePassword(x.ctx, &cip.ChangePasswordInput{AccessToken: token, PreviousPassword: &from, ProposedPassword: &to}))
	}
	return []refusal{
		{"ForgotPassword", unauthorized, noSecret, appAt("ForgotPassword", secretApp)},
		{"ForgotPassword", unauthorized, "User is disabled.", func(x errand) error { return forgot(x, legacyApp, x.disabled()) }},
		{"ForgotPassword", noUser, noSuch, appAt("ForgotPassword", legacyApp)},
		{"ForgotPassword", invalid, "Cannot reset password for the user as there is no registered/verified email or phone_number", func(x errand) error {
			return forgot(x, aliasApp, x.aliased("unreachable", nil))
		}},
		{"ForgotPassword", limited, tooOften, func(x errand) error {
			name := x.somebody()
			return x.until(limited, 6, func(int) error { return forgot(x, housetest.ClientID, name) })
		}},
		{"ConfirmForgotPassword", unauthorized, noSecret, appAt("ConfirmForgotPassword", secretApp)},
		{"ConfirmForgotPassword", noUser, noSuch, appAt("ConfirmForgotPassword", legacyApp)},
		{"ConfirmForgotPassword", badPassword, tooShort, func(x errand) error { return confirm(x, housetest.ClientID, x.somebody(), "short") }},
		{"ConfirmForgotPassword", expired, oldCode, func(x errand) error { return confirm(x, legacyApp, x.somebody(), rightOne) }},
		{"ConfirmForgotPassword", mismatch, wrongCode, func(x errand) error {
			name := x.somebody()
			x.must(forgot(x, legacyApp, name))
			return confirm(x, legacyApp, name, rightOne)
		}},
		{"ConfirmForgotPassword", limited, tooOften, func(x errand) error {
			name := x.newcomer()
			return x.until(limited, 16, func(int) error { return confirm(x, housetest.ClientID, name, rightOne) })
		}},
		{"ChangePassword", unauthorized, wrong, func(x errand) error { return change(x, x.token(), "a-wrong-one", "another-one") }},
		{"ChangePassword", badPassword, tooShort, func(x errand) error { return change(x, x.token(), rightOne, "short") }},
		{"ChangePassword", limited, tooOften, func(x errand) error {
			token := x.token()
			return x.until(limited, 6, func(int) error { return change(x, token, "a-wrong-one", "another-one") })
		}},
	}
}

// attributeRefusals are those of what people change about themselves.
func attributeRefusals() []refusal {
	update := func(x errand, token *string, list ...types.AttributeType) error {
		return only(x.c.UpdateUserAttributes(x.ctx, &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: list}))
	}
	send := func(x errand, token *string, name string) error {
		return only(x.c.GetUserAttributeVerificationCode(x.ctx, &cip.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: &name}))
	}
	verify := func(x errand, token *string, name, code string) error {
		return only(x.c.VerifyUserAttribute(x.ctx, &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: &name, Code: &code}))
	}
	return []refusal{
		{"UpdateUserAttributes", invalid, "user.custom:none: Attribute does not exist in the schema.\n", func(x errand) error { return update(x, x.token(), attribute("custom:none", "x")) }},
		{"UpdateUserAttributes", unauthorized, "A client attempted to write unauthorized attribute", func(x errand) error { return update(x, x.token(), attribute("email_verified", "true")) }},
		{"UpdateUserAttributes", aliased, "An account with the given email already exists.", func(x errand) error {
			return update(x, x.token(), attribute("email", x.invited()))
		}},
		{"DeleteUserAttributes", invalid, "Invalid user attributes: email: Required attribute cannot be deleted.\n", func(x errand) error {
			return only(x.c.DeleteUserAttributes(x.ctx, &cip.DeleteUserAttributesInput{AccessToken: x.token(), UserAttributeNames: []string{"email"}}))
		}},
		{"GetUserAttributeVerificationCode", invalid, notAmong, func(x errand) error { return send(x, x.token(), "name") }},
		{"GetUserAttributeVerificationCode", limited, tooOften, func(x errand) error {
			token := x.token()
			return x.until(limited, 6, func(int) error { return send(x, token, "email") })
		}},
		{"VerifyUserAttribute", invalid, notAmong, func(x errand) error { return verify(x, x.token(), "name", "no-code") }},
		{"VerifyUserAttribute", expired, oldCode, func(x errand) error { return verify(x, x.token(), "email", "no-code") }},
		{"VerifyUserAttribute", mismatch, wrongCode, func(x errand) error {
			token := x.token()
			x.must(send(x, token, "email"))
			return verify(x, token, "email", "no-code")
		}},
		{"VerifyUserAttribute", limited, tooOften, func(x errand) error {
			token := x.token()
			return x.until(limited, 16, func(int) error { return verify(x, token, "email", "no-code") })
		}},
		{"VerifyUserAttribute", aliased, "An account with the given email already exists.", func(x errand) error {
			email := attribute("email", x.newcomer())
			x.aliased("first", []types.AttributeType{email, attribute("email_verified", "true")})
			token := x.enter(aliasApp, x.aliased("second", []types.AttributeType{email})).AccessToken
			x.must(send(x, token, "email"))
			return verify(x, token, "email", x.h.Code(*email.Value))
		}},
	}
}
