package stories_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// What is configured of a pool beside its settings: client secrets, factors and
// sessions.
const (
	cfgSets  = "SetUserPoolMfaConfig SetUserPoolSessionConfiguration SetUserPoolClientSessionConfiguration"
	cfgQuiet = cfgSets + " GetUserPoolMfaConfig GetUserPoolSessionConfiguration GetUserPoolClientSessionConfiguration"
)

func cfgCalls() map[string]plainCall {
	return map[string]plainCall{
		"AddUserPoolClientSecret": func(x errand, at target) error {
			return only(x.c.AddUserPoolClientSecret(x.ctx, &cip.AddUserPoolClientSecretInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"ListUserPoolClientSecrets": func(x errand, at target) error {
			return only(x.c.ListUserPoolClientSecrets(x.ctx, &cip.ListUserPoolClientSecretsInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"DeleteUserPoolClientSecret": func(x errand, at target) error {
			return only(x.c.DeleteUserPoolClientSecret(x.ctx, &cip.DeleteUserPoolClientSecretInput{UserPoolId: &at.pool, ClientId: &at.app, ClientSecretId: aws.String("none")}))
		},
		"GetUserPoolMfaConfig": func(x errand, at target) error {
			return only(x.c.GetUserPoolMfaConfig(x.ctx, &cip.GetUserPoolMfaConfigInput{UserPoolId: &at.pool}))
		},
		"SetUserPoolMfaConfig": func(x errand, at target) error {
			return only(x.c.SetUserPoolMfaConfig(x.ctx, &cip.SetUserPoolMfaConfigInput{UserPoolId: &at.pool, MfaConfiguration: types.UserPoolMfaTypeOff}))
		},
		"GetUserPoolSessionConfiguration": func(x errand, at target) error {
			return x.speak("GetUserPoolSessionConfiguration", true, map[string]any{"UserPoolId": at.pool})
		},
		"SetUserPoolSessionConfiguration": func(x errand, at target) error {
			return x.speak("SetUserPoolSessionConfiguration", true, tracking(at.pool, "ENABLED", 100))
		},
		"GetUserPoolClientSessionConfiguration": func(x errand, at target) error {
			return x.speak("GetUserPoolClientSessionConfiguration", true, map[string]any{"UserPoolId": at.pool, "ClientId": at.app})
		},
		"SetUserPoolClientSessionConfiguration": func(x errand, at target) error {
			return x.speak("SetUserPoolClientSessionConfiguration", true, reuse(at.pool, at.app, 60))
		},
	}
}

// tracking is a request of SetUserPoolSessionConfiguration.
func tracking(pool, how string, most int) map[string]any {
	return map[string]any{"UserPoolId": pool, "UserSessionTracking": how, "TokenSession": map[string]any{"MaxPerUser": most}}
}

// reuse is a request of SetUserPoolClientSessionConfiguration.
func reuse(pool, app string, minutes int) map[string]any {
	return map[string]any{"UserPoolId": pool, "ClientId": app, "SSOSession": map[string]any{"MaxValidityMinutes": minutes}}
}

func cfgRefusals() []refusal {
	const missing = "User pool client " + noApp + " does not exist."
	var rows []refusal
	for _, name := range []string{"AddUserPoolClientSecret", "ListUserPoolClientSecrets", "DeleteUserPoolClientSecret", "GetUserPoolClientSessionConfiguration", "SetUserPoolClientSessionConfiguration"} {
		rows = append(rows, refusal{name, notFound, missing, func(x errand) error {
			at := usual()
			at.app = noApp
			return cfgCalls()[name](x, at)
		}})
	}
	return append(append(rows, untrackedRefusals()...), []refusal{
		{"AddUserPoolClientSecret", invalid, "A client secret can be added only to an app client that has one.", func(x errand) error {
			return cfgCalls()["AddUserPoolClientSecret"](x, usual())
		}},
		{"AddUserPoolClientSecret", invalid, "2 validation errors detected: Value at 'clientSecret' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+; " +
			"Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal to 24", func(x errand) error {
			return only(x.c.AddUserPoolClientSecret(x.ctx, &cip.AddUserPoolClientSecretInput{UserPoolId: poolID(), ClientId: aws.String(secretApp), ClientSecret: aws.String("too short")}))
		}},
		{"AddUserPoolClientSecret", limited, "Client secrets cannot exceed limit of 2 secrets.", func(x errand) error {
			at := usual()
			at.app = x.confidential()
			x.must(cfgCalls()["AddUserPoolClientSecret"](x, at))
			return cfgCalls()["AddUserPoolClientSecret"](x, at)
		}},
		{"AddUserPoolClientSecret", "AccessDeniedException", "Operator calls are not taken from pages of other hosts.", func(x errand) error {
			return only(x.c.AddUserPoolClientSecret(x.ctx, &cip.AddUserPoolClientSecretInput{UserPoolId: poolID(), ClientId: aws.String(secretApp)}, fromPageOf(evil)))
		}},
		{"ListUserPoolClientSecrets", invalid, "Invalid pagination token given.", func(x errand) error {
			return only(x.c.ListUserPoolClientSecrets(x.ctx, &cip.ListUserPoolClientSecretsInput{UserPoolId: poolID(), ClientId: aws.String(secretApp), NextToken: aws.String("made-up")}))
		}},
		{"DeleteUserPoolClientSecret", notFound, "Client secret none does not exist.", func(x errand) error {
			at := usual()
			at.app = secretApp
			return cfgCalls()["DeleteUserPoolClientSecret"](x, at)
		}},
		{"DeleteUserPoolClientSecret", invalid, "Cannot delete the only client secret.", func(x errand) error {
			app := x.confidential()
			listed, err := x.c.ListUserPoolClientSecrets(x.ctx, &cip.ListUserPoolClientSecretsInput{UserPoolId: poolID(), ClientId: &app})
			x.must(err)
			return only(x.c.DeleteUserPoolClientSecret(x.ctx, &cip.DeleteUserPoolClientSecretInput{UserPoolId: poolID(), ClientId: &app, ClientSecretId: listed.ClientSecrets[0].ClientSecretId}))
		}},
		{"SetUserPoolMfaConfig", invalid, "SMS configuration and Auto verification for phone_number are required when MFA is required/optional", func(x errand) error {
			return only(x.c.SetUserPoolMfaConfig(x.ctx, &cip.SetUserPoolMfaConfigInput{UserPoolId: poolID(), MfaConfiguration: "ON"}))
		}},
		{"SetUserPoolSessionConfiguration", invalid, "1 validation error detected: Value '101' at 'tokenSession.maxPerUser' failed to satisfy constraint: Member must have value less than or equal to 100", func(x errand) error {
			return x.speak("SetUserPoolSessionConfiguration", true, tracking(housetest.PoolID, "ENABLED", 101))
		}},
		{"SetUserPoolClientSessionConfiguration", invalid, "1 validation error detected: Value '129601' at 'sSOSession.maxValidityMinutes' failed to satisfy constraint: Member must have value less than or equal to 129600", func(x errand) error {
			return x.speak("SetUserPoolClientSessionConfiguration", true, reuse(housetest.PoolID, housetest.ClientID, 129601))
		}},
	}...)
}

// untrackedRefusals: the pool does not record sessions.
func untrackedRefusals() []refusal {
	const off, text = "OperationNotEnabledException", "Session tracking is not enabled for the user pool."
	var rows []refusal
	for _, family := range []map[string]plainCall{sessionPoolCalls(), sessionTokenCalls()} {
		for name, call := range family {
			rows = append(rows, refusal{name, off, text, func(x errand) error { return call(x, x.untracked()) }})
		}
	}
	return append(rows, refusal{"SetUserPoolClientSessionConfiguration", off, text, func(x errand) error {
		return cfgCalls()["SetUserPoolClientSessionConfiguration"](x, x.untracked())
	}})
}

// untracked is somebody signed in to a pool that does not record sessions.
func (x errand) untracked() target {
	x.Helper()
	at := target{pool: newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("untracked")}), user: "pat"}
	made, err := x.c.CreateUserPoolClient(x.ctx, &cip.CreateUserPoolClientInput{UserPoolId: &at.pool, ClientName: aws.String("c"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}})
	x.must(err)
	at.app = *made.UserPoolClient.ClientId
	const password = "Right-one-1"
	x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: &at.pool, Username: &at.user})))
	x.must(only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: &at.pool, Username: &at.user, Password: aws.String(password), Permanent: true})))
	in, err := x.c.InitiateAuth(x.ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &at.app, AuthParameters: map[string]string{"USERNAME": at.user, "PASSWORD": password}})
	x.must(err)
	at.token = *in.AuthenticationResult.AccessToken
	x.must(x.speak("SetUserPoolSessionConfiguration", true, tracking(at.pool, "DISABLED", 20)))
	return at
}

// confidential is a new app client with a secret.
func (x errand) confidential() string {
	x.Helper()
	made, err := x.c.CreateUserPoolClient(x.ctx, &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("confidential"), GenerateSecret: true})
	x.must(err)
	return *made.UserPoolClient.ClientId
}

// fromPageOf makes a call as a browser does that shows a page of the origin.
func fromPageOf(origin string) func(*cip.Options) {
	return func(o *cip.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Finalize.Add(middleware.FinalizeMiddlewareFunc("origin", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				in.Request.(*smithyhttp.Request).Header.Set("Origin", origin)
				return next.HandleFinalize(ctx, in)
			}), middleware.After)
		})
	}
}
