package stories_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// mfaTokenCalls are about one's own second factors.
func mfaTokenCalls() map[string]plainCall {
	return map[string]plainCall{
		"AssociateSoftwareToken": func(x errand, at target) error {
			return only(x.c.AssociateSoftwareToken(x.ctx, &cip.AssociateSoftwareTokenInput{AccessToken: &at.token}))
		},
		"VerifySoftwareToken": func(x errand, at target) error {
			return only(x.c.VerifySoftwareToken(x.ctx, &cip.VerifySoftwareTokenInput{AccessToken: &at.token, UserCode: aws.String("000000")}))
		},
		"SetUserMFAPreference": func(x errand, at target) error {
			return only(x.c.SetUserMFAPreference(x.ctx, &cip.SetUserMFAPreferenceInput{AccessToken: &at.token}))
		},
		"GetUserAuthFactors": func(x errand, at target) error {
			return only(x.c.GetUserAuthFactors(x.ctx, &cip.GetUserAuthFactorsInput{AccessToken: &at.token}))
		},
	}
}

// mfaPoolCalls are about somebody's second factors.
func mfaPoolCalls() map[string]plainCall {
	return map[string]plainCall{
		"AdminSetUserMFAPreference": func(x errand, at target) error {
			return only(x.c.AdminSetUserMFAPreference(x.ctx, &cip.AdminSetUserMFAPreferenceInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminDeleteSoftwareToken": func(x errand, at target) error {
			return x.speak("AdminDeleteSoftwareToken", true, map[string]any{"UserPoolId": at.pool, "Username": at.user})
		},
		"AdminGetUserAuthFactors": func(x errand, at target) error {
			return x.speak("AdminGetUserAuthFactors", true, map[string]any{"UserPoolId": at.pool, "Username": at.user})
		},
	}
}

// mfaRefusals are those of second factors.
func mfaRefusals() []refusal {
	const noApps = "Software token TOTP multi-factor authentication (MFA) is not enabled for the user pool."
	var rows []refusal
	for name, call := range mfaPoolCalls() {
		rows = append(rows, refusal{name, noUser, nobody, func(x errand) error { return call(x, usual()) }})
	}
	for _, name := range []string{"AssociateSoftwareToken", "VerifySoftwareToken"} {
		rows = append(rows, refusal{name, "SoftwareTokenMFANotFoundException", noApps, func(x errand) error {
			at := usual()
			at.token = *x.token()
			return mfaTokenCalls()[name](x, at)
		}})
	}
	rows = append(rows,
		refusal{"VerifySoftwareToken", "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA", func(x errand) error {
			return mfaTokenCalls()["VerifySoftwareToken"](x, x.guarded(false))
		}},
		refusal{"AssociateSoftwareToken", invalid, "Either AccessToken or Session is required.", func(x errand) error {
			return only(x.c.AssociateSoftwareToken(x.ctx, &cip.AssociateSoftwareTokenInput{}))
		}},
		refusal{"SetUserMFAPreference", invalid, "User does not have delivery config set to turn on SMS_MFA", func(x errand) error {
			return only(x.c.SetUserMFAPreference(x.ctx, &cip.SetUserMFAPreferenceInput{AccessToken: x.token(), SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true}}))
		}},
		refusal{"AdminSetUserMFAPreference", invalid, "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA", func(x errand) error {
			return only(x.c.AdminSetUserMFAPreference(x.ctx, &cip.AdminSetUserMFAPreferenceInput{UserPoolId: poolID(), Username: aws.String(x.somebody()),
				SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true}}))
		}})
	for _, admin := range []bool{false, true} {
		name := "RespondToAuthChallenge"
		if admin {
			name = "Admin" + name
		}
		rows = append(rows,
			refusal{name, mismatch, wrongOTP, func(x errand) error { return x.secondStep(admin, notThis) }},
			refusal{name, expired, usedOTP, func(x errand) error { return x.secondStep(admin, func(used string) string { return used }) }})
	}
	return rows
}

// guarded is somebody signed in to a pool with authenticator apps, who has one if
// app says so.
func (x errand) guarded(app bool) target {
	x.Helper()
	at := target{pool: newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("guarded")}), user: "pat"}
	x.must(only(x.c.SetUserPoolMfaConfig(x.ctx, &cip.SetUserPoolMfaConfigInput{UserPoolId: &at.pool, MfaConfiguration: types.UserPoolMfaTypeOptional, SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}})))
	made, err := x.c.CreateUserPoolClient(x.ctx, &cip.CreateUserPoolClientInput{UserPoolId: &at.pool, ClientName: aws.String("c"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"}})
	x.must(err)
	at.app = *made.UserPoolClient.ClientId
	x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: &at.pool, Username: &at.user})))
	x.must(only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: &at.pool, Username: &at.user, Password: aws.String(strongOne), Permanent: true})))
	in, err := x.c.InitiateAuth(x.ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &at.app, AuthParameters: map[string]string{"USERNAME": at.user, "PASSWORD": strongOne}})
	x.must(err)
	at.token = *in.AuthenticationResult.AccessToken
	if !app {
		x.must(only(x.c.AssociateSoftwareToken(x.ctx, &cip.AssociateSoftwareTokenInput{AccessToken: &at.token})))
	}
	return at
}

// secondStep signs somebody in whose app has shown a code, up to their answer.
func (x errand) secondStep(admin bool, answer func(used string) string) error {
	x.Helper()
	at := x.guarded(true)
	asked, err := x.c.AssociateSoftwareToken(x.ctx, &cip.AssociateSoftwareTokenInput{AccessToken: &at.token})
	x.must(err)
	used := authenticator{x.h, *asked.SecretCode}.shows(x.T, 0)
	x.must(only(x.c.VerifySoftwareToken(x.ctx, &cip.VerifySoftwareTokenInput{AccessToken: &at.token, UserCode: &used})))
	x.must(prefers(x.h, at.token, "token"))
	params := map[string]string{"USERNAME": at.user, "PASSWORD": strongOne}
	responses := map[string]string{"USERNAME": at.user, "SOFTWARE_TOKEN_MFA_CODE": answer(used)}
	if admin {
		in, err := x.c.AdminInitiateAuth(x.ctx, &cip.AdminInitiateAuthInput{AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth, UserPoolId: &at.pool, ClientId: &at.app, AuthParameters: params})
		x.must(err)
		return only(x.c.AdminRespondToAuthChallenge(x.ctx, &cip.AdminRespondToAuthChallengeInput{UserPoolId: &at.pool, ClientId: &at.app, Session: in.Session, ChallengeName: tokenMFA, ChallengeResponses: responses}))
	}
	in, err := x.c.InitiateAuth(x.ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &at.app, AuthParameters: params})
	x.must(err)
	return only(x.c.RespondToAuthChallenge(x.ctx, &cip.RespondToAuthChallengeInput{ClientId: &at.app, Session: in.Session, ChallengeName: tokenMFA, ChallengeResponses: responses}))
}
