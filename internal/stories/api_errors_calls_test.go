package stories_test

import (
	"context"
	"maps"
	"net/http"
	"net/netip"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// target is whom a plain call is about.
type target struct{ pool, app, user, token string }

func usual() target {
	return target{housetest.PoolID, housetest.ClientID, "nobody@example.com", "none"}
}

// plainCall is a call of one operation with nothing wrong in itself.
type plainCall func(x errand, at target) error

// plainCalls has one for every operation that works.
func plainCalls() map[string]plainCall {
	all := map[string]plainCall{
		"CreateUserPool": func(x errand, _ target) error {
			return only(x.c.CreateUserPool(x.ctx, &cip.CreateUserPoolInput{PoolName: aws.String("plain")}))
		},
		"ListUserPools": func(x errand, _ target) error {
			return only(x.c.ListUserPools(x.ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1)}))
		},
		"DescribeUserPoolDomain": func(x errand, _ target) error {
			return only(x.c.DescribeUserPoolDomain(x.ctx, &cip.DescribeUserPoolDomainInput{Domain: aws.String(housetest.Prefix)}))
		},
		"RevokeToken": func(x errand, at target) error {
			return only(x.c.RevokeToken(x.ctx, &cip.RevokeTokenInput{ClientId: &at.app, Token: &at.token}))
		},
	}
	for _, family := range []map[string]plainCall{
		poolCalls(),
		recordCalls(),
		providerCalls(),
		tagCalls(),
		operatorCalls(),
		appCalls(),
		tokenCalls(),
		sessionPoolCalls(),
		sessionTokenCalls(),
		cfgCalls(),
		importCalls(),
		brandingCalls(),
		auditCalls(),
		mfaTokenCalls(),
		mfaPoolCalls(),
	} {
		maps.Copy(all, family)
	}
	return all
}

// poolCalls name the pool.
func poolCalls() map[string]plainCall {
	const custom = "plain.example.com"
	return map[string]plainCall{
		"DescribeUserPool": func(x errand, at target) error {
			return only(x.c.DescribeUserPool(x.ctx, &cip.DescribeUserPoolInput{UserPoolId: &at.pool}))
		},
		"UpdateUserPool": func(x errand, at target) error {
			return only(x.c.UpdateUserPool(x.ctx, &cip.UpdateUserPoolInput{UserPoolId: &at.pool}))
		},
		"DeleteUserPool": func(x errand, at target) error {
			return only(x.c.DeleteUserPool(x.ctx, &cip.DeleteUserPoolInput{UserPoolId: &at.pool}))
		},
		"CreateUserPoolClient": func(x errand, at target) error {
			return only(x.c.CreateUserPoolClient(x.ctx, &cip.CreateUserPoolClientInput{UserPoolId: &at.pool, ClientName: aws.String("plain")}))
		},
		"DescribeUserPoolClient": func(x errand, at target) error {
			return only(x.c.DescribeUserPoolClient(x.ctx, &cip.DescribeUserPoolClientInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"UpdateUserPoolClient": func(x errand, at target) error {
			return only(x.c.UpdateUserPoolClient(x.ctx, &cip.UpdateUserPoolClientInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"DeleteUserPoolClient": func(x errand, at target) error {
			return only(x.c.DeleteUserPoolClient(x.ctx, &cip.DeleteUserPoolClientInput{UserPoolId: &at.pool, ClientId: &at.app}))
		},
		"ListUserPoolClients": func(x errand, at target) error {
			return only(x.c.ListUserPoolClients(x.ctx, &cip.ListUserPoolClientsInput{UserPoolId: &at.pool}))
		},
		"CreateUserPoolDomain": func(x errand, at target) error {
			return only(x.c.CreateUserPoolDomain(x.ctx, &cip.CreateUserPoolDomainInput{UserPoolId: &at.pool, Domain: aws.String(custom)}))
		},
		"UpdateUserPoolDomain": func(x errand, at target) error {
			return only(x.c.UpdateUserPoolDomain(x.ctx, &cip.UpdateUserPoolDomainInput{UserPoolId: &at.pool, Domain: aws.String(custom)}))
		},
		"DeleteUserPoolDomain": func(x errand, at target) error {
			return only(x.c.DeleteUserPoolDomain(x.ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: &at.pool, Domain: aws.String(custom)}))
		},
		"AdminCreateUser": func(x errand, at target) error {
			return only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminGetUser": func(x errand, at target) error {
			return only(x.c.AdminGetUser(x.ctx, &cip.AdminGetUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"ListUsers": func(x errand, at target) error {
			return only(x.c.ListUsers(x.ctx, &cip.ListUsersInput{UserPoolId: &at.pool}))
		},
		"AdminSetUserPassword": func(x errand, at target) error {
			return only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: &at.pool, Username: &at.user, Password: aws.String(rightOne)}))
		},
		"AdminInitiateAuth": func(x errand, at target) error {
			return only(x.c.AdminInitiateAuth(x.ctx, &cip.AdminInitiateAuthInput{UserPoolId: &at.pool, ClientId: &at.app, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
				AuthParameters: map[string]string{"USERNAME": at.user, "PASSWORD": rightOne}}))
		},
		"AdminRespondToAuthChallenge": func(x errand, at target) error {
			return only(x.c.AdminRespondToAuthChallenge(x.ctx, &cip.AdminRespondToAuthChallengeInput{UserPoolId: &at.pool, ClientId: &at.app,
				ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: aws.String(noSession), ChallengeResponses: choosing(at.user)}))
		},
	}
}

// operatorCalls name the pool and somebody in it.
func operatorCalls() map[string]plainCall {
	return map[string]plainCall{
		"AdminConfirmSignUp": func(x errand, at target) error {
			return only(x.c.AdminConfirmSignUp(x.ctx, &cip.AdminConfirmSignUpInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminEnableUser": func(x errand, at target) error {
			return only(x.c.AdminEnableUser(x.ctx, &cip.AdminEnableUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminDisableUser": func(x errand, at target) error {
			return only(x.c.AdminDisableUser(x.ctx, &cip.AdminDisableUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminDeleteUser": func(x errand, at target) error {
			return only(x.c.AdminDeleteUser(x.ctx, &cip.AdminDeleteUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminResetUserPassword": func(x errand, at target) error {
			return only(x.c.AdminResetUserPassword(x.ctx, &cip.AdminResetUserPasswordInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminUserGlobalSignOut": func(x errand, at target) error {
			return only(x.c.AdminUserGlobalSignOut(x.ctx, &cip.AdminUserGlobalSignOutInput{UserPoolId: &at.pool, Username: &at.user}))
		},
		"AdminUpdateUserAttributes": func(x errand, at target) error {
			return only(x.c.AdminUpdateUserAttributes(x.ctx, &cip.AdminUpdateUserAttributesInput{UserPoolId: &at.pool, Username: &at.user, UserAttributes: []types.AttributeType{attribute("name", "Ann")}}))
		},
		"AdminDeleteUserAttributes": func(x errand, at target) error {
			return only(x.c.AdminDeleteUserAttributes(x.ctx, &cip.AdminDeleteUserAttributesInput{UserPoolId: &at.pool, Username: &at.user, UserAttributeNames: []string{"name"}}))
		},
	}
}

const noSession = "a session that nobody has opened"

// choosing answers SELECT_CHALLENGE with the password rightOne.
func choosing(name string) map[string]string {
	return map[string]string{"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": rightOne}
}

// appCalls name the app client, and carry no token of its user.
func appCalls() map[string]plainCall {
	return map[string]plainCall{
		"SignUp": func(x errand, at target) error {
			return only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: &at.app, Username: &at.user, Password: aws.String(rightOne)}))
		},
		"ConfirmSignUp": func(x errand, at target) error {
			return only(x.c.ConfirmSignUp(x.ctx, &cip.ConfirmSignUpInput{ClientId: &at.app, Username: &at.user, ConfirmationCode: aws.String("no-code")}))
		},
		"ResendConfirmationCode": func(x errand, at target) error {
			return only(x.c.ResendConfirmationCode(x.ctx, &cip.ResendConfirmationCodeInput{ClientId: &at.app, Username: &at.user}))
		},
		"ForgotPassword": func(x errand, at target) error {
			return only(x.c.ForgotPassword(x.ctx, &cip.ForgotPasswordInput{ClientId: &at.app, Username: &at.user}))
		},
		"ConfirmForgotPassword": func(x errand, at target) error {
			return only(x.c.ConfirmForgotPassword(x.ctx, &cip.ConfirmForgotPasswordInput{ClientId: &at.app, Username: &at.user, ConfirmationCode: aws.String("no-code"), Password: aws.String(rightOne)}))
		},
		"InitiateAuth": func(x errand, at target) error {
			return only(x.c.InitiateAuth(x.ctx, &cip.InitiateAuthInput{ClientId: &at.app, AuthFlow: types.AuthFlowTypeUserPasswordAuth,
				AuthParameters: map[string]string{"USERNAME": at.user, "PASSWORD": rightOne}}))
		},
		"RespondToAuthChallenge": func(x errand, at target) error {
			return only(x.c.RespondToAuthChallenge(x.ctx, &cip.RespondToAuthChallengeInput{ClientId: &at.app, ChallengeName: types.ChallengeNameTypeSelectChallenge,
				Session: aws.String(noSession), ChallengeResponses: choosing(at.user)}))
		},
		"GetTokensFromRefreshToken": func(x errand, at target) error {
			return only(x.c.GetTokensFromRefreshToken(x.ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: &at.app, RefreshToken: &at.token}))
		},
	}
}

// tokenCalls carry an access token.
func tokenCalls() map[string]plainCall {
	return map[string]plainCall{
		"GetUser": func(x errand, at target) error {
			return only(x.c.GetUser(x.ctx, &cip.GetUserInput{AccessToken: &at.token}))
		},
		"UpdateUserAttributes": func(x errand, at target) error {
			return only(x.c.UpdateUserAttributes(x.ctx, &cip.UpdateUserAttributesInput{AccessToken: &at.token, UserAttributes: []types.AttributeType{attribute("name", "Ann")}}))
		},
		"DeleteUserAttributes": func(x errand, at target) error {
			return only(x.c.DeleteUserAttributes(x.ctx, &cip.DeleteUserAttributesInput{AccessToken: &at.token, UserAttributeNames: []string{"name"}}))
		},
		"GetUserAttributeVerificationCode": func(x errand, at target) error {
			return only(x.c.GetUserAttributeVerificationCode(x.ctx, &cip.GetUserAttributeVerificationCodeInput{AccessToken: &at.token, AttributeName: aws.String("email")}))
		},
		"VerifyUserAttribute": func(x errand, at target) error {
			return only(x.c.VerifyUserAttribute(x.ctx, &cip.VerifyUserAttributeInput{AccessToken: &at.token, AttributeName: aws.String("email"), Code: aws.String("no-code")}))
		},
		"ChangePassword": func(x errand, at target) error {
			return only(x.c.ChangePassword(x.ctx, &cip.ChangePasswordInput{AccessToken: &at.token, PreviousPassword: aws.String("a-wrong-one"), ProposedPassword: aws.String("another-one")}))
		},
		"DeleteUser": func(x errand, at target) error {
			return only(x.c.DeleteUser(x.ctx, &cip.DeleteUserInput{AccessToken: &at.token}))
		},
		"GlobalSignOut": func(x errand, at target) error {
			return only(x.c.GlobalSignOut(x.ctx, &cip.GlobalSignOutInput{AccessToken: &at.token}))
		},
	}
}

// A ledger that has gone away is nobody's fault but ours, in every operation,
// and nobody hears more than that.
func TestAPIErrorsWithoutLedger(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: errandDocument(t)})
		x := errand{T: t, ctx: t.Context(), h: h, c: sdk(h)}
		at := usual()
		at.token = *x.token()
		must(t, h.DB.Close())
		declared := declaredErrors(t)
		for name, call := range plainCalls() {
			err := call(x, at)
			heard(t, err, name)
			fault := "InternalErrorException"
			if declared[name+" InternalServerException"] {
				fault = "InternalServerException"
			}
			refused(t, err, fault, "Something went wrong on our side. Please try again.")
		}
	})
}

// A source that calls too often is refused in the API's own words, whatever it
// calls. Four callers go on calling while the operations are tried in turn.
func TestAPIErrorsOfFlood(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Document: errandDocument(t)})
	flooder := cip.New(cip.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(h.URL()), HTTPClient: from{h.HTTP(), "203.0.113.7"}, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "anything", ""),
	})
	ctx, stop := context.WithCancel(t.Context())
	var flooding sync.WaitGroup
	for range 4 {
		flooding.Go(func() { flood(ctx, flooder.Options().HTTPClient, h.URL()) })
	}
	defer flooding.Wait()
	defer stop()
	declared := declaredErrors(t)
	for name, call := range plainCalls() {
		if !declared[name+" TooManyRequestsException"] {
			continue
		}
		x := errand{T: t, ctx: t.Context(), h: h, c: flooder}
		err := x.until("TooManyRequestsException", 10_000, func(int) error { return call(x, usual()) })
		heard(t, err, name)
		if refused(t, err, "TooManyRequestsException", "Rate exceeded"); t.Failed() {
			break
		}
	}
}

// from is a client at some address, behind a proxy.
type from struct {
	*http.Client
	address string
}

func (f from) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("X-Forwarded-For", f.address)
	return f.Client.Do(r)
}

// flood sends calls that cost nothing until ctx ends.
func flood(ctx context.Context, client cip.HTTPClient, url string) {
	for ctx.Err() == nil {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
		if err != nil {
			return
		}
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.None")
		if answer, err := client.Do(r); err == nil {
			answer.Body.Close()
		}
	}
}
