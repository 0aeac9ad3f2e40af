package stories_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// refusal is one row: an operation, the exception that it declares, its message,
// and how somebody comes to hear it.
type refusal struct {
	operation, exception, message string
	provoke                       func(x errand) error
}

// refusals is every error that an operation declares and that can happen here,
// but for those of [everyCallFails].
func refusals() []refusal {
	return slices.Concat(
		targetRefusals(),
		operatorRefusals(),
		listUsersRefusals(),
		poolRefusals(),
		signUpRefusals(),
		recoveryRefusals(),
		attributeRefusals(),
		signInRefusals(),
		challengeRefusals(),
		tokenRefusals(),
		sessionRefusals(),
		recordRefusals(),
		providerRefusals(),
		cfgRefusals(),
		importRefusals(),
		brandingRefusals(),
		auditRefusals(),
		mfaRefusals(),
	)
}

// everyCallFails are the errors of every operation that declares them, whatever
// is asked: the ledger is gone, or the caller asks too often.
func everyCallFails() []string {
	return []string{"InternalErrorException", "InternalServerException", "TooManyRequestsException"}
}

// neverHere says why nobody hears an exception from any operation that is
// offered, but from those that have a row for it.
func neverHere() map[string]string {
	return map[string]string{
		"ForbiddenException":                       "there is no web application firewall",
		"InvalidLambdaResponseException":           "no trigger is called: LambdaConfig is refused",
		"UnexpectedLambdaException":                "no trigger is called: LambdaConfig is refused",
		"UserLambdaValidationException":            "no trigger is called: LambdaConfig is refused",
		"InvalidEmailRoleAccessPolicyException":    "mail goes to a mail server, without a role",
		"InvalidSmsRoleAccessPolicyException":      "no text messages are sent",
		"InvalidSmsRoleTrustRelationshipException": "no text messages are sent",
		"CodeDeliveryFailureException":             "mail is queued with the code, and tried again",
		"InvalidUserPoolConfigurationException":    "a pool has no factors, devices or triggers that could be set up wrongly",
		"MFAMethodNotFoundException":               "a factor that somebody does not have is an InvalidParameterException",
		"SoftwareTokenMFANotFoundException":        "no challenge asks for an app that the pool does not take",
		"PasswordHistoryPolicyViolationException":  "PasswordHistorySize is refused",
		"OperationNotEnabledException":             "nothing but the recording of sessions can be turned off",
		"PreconditionNotMetException":              "making an account has no condition beside those with names of their own",
		"TierChangeNotAllowedException":            "every tier may follow every other",
		"TooManyFailedAttemptsException":           "a used-up budget of tries answers LimitExceededException, whatever the tries were",
	}
}

// notThere says why an operation does not give an exception that others give:
// operations, exception, reason.
func notThere() [][3]string {
	const (
		tokens    = "ListUserSessions RevokeUserSession"
		access    = "GetUser UpdateUserAttributes DeleteUserAttributes GetUserAttributeVerificationCode VerifyUserAttribute ChangePassword DeleteUser GlobalSignOut"
		setups    = "CreateUserPool DescribeUserPool UpdateUserPool DeleteUserPool ListUserPools CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient ListUserPoolClients CreateUserPoolDomain DescribeUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain"
		records   = "CreateResourceServer DescribeResourceServer UpdateResourceServer DeleteResourceServer ListResourceServers CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups ListUsersInGroup AdminAddUserToGroup AdminRemoveUserFromGroup AdminListGroupsForUser"
		providers = "CreateIdentityProvider DescribeIdentityProvider UpdateIdentityProvider DeleteIdentityProvider ListIdentityProviders GetIdentityProviderByIdentifier AddCustomAttributes TagResource UntagResource ListTagsForResource"
		mfaAdmin  = "AdminSetUserMFAPreference AdminDeleteSoftwareToken AdminGetUserAuthFactors"
		mfaOwn    = "AssociateSoftwareToken VerifySoftwareToken SetUserMFAPreference GetUserAuthFactors"
	)
	return [][3]string{
		{records, "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{setups + " ListUsers AdminCreateUser AdminGetUser AdminSetUserPassword AdminListUserSessions AdminRevokeUserSession AdminEnableUser AdminDisableUser AdminDeleteUser AdminUserGlobalSignOut AdminUpdateUserAttributes AdminDeleteUserAttributes", "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{providers, "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{"UpdateIdentityProvider DeleteIdentityProvider", "UnsupportedIdentityProviderException", "every type is supported, and a provider that is not there is a ResourceNotFoundException"},
		{"GetUICustomization SetUICustomization", "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{"DescribeUserPool", "UserPoolTaggingException", "tags are read with the pool"},
		{importOperations, "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{cfgQuiet, "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{cfgSets, "ConcurrentModificationException", "nothing that it has read can change before it writes"},
		{cfgSets, "FeatureUnavailableInTierException", "no setting that is taken depends on the tier"},
		{"ListUserPoolClientSecrets DeleteUserPoolClientSecret", "LimitExceededException", "neither makes a secret"},
		{tokens, "UserNotConfirmedException", "nobody gets a token before, and no account goes back"},
		{"ListUserSessions", "ResourceNotFoundException", "a token whose pool or client is gone cannot be verified: it is invalid"},
		{access, "ResourceNotFoundException", "a token whose pool or client is gone cannot be verified: it is invalid"},
		{access, "UserNotConfirmedException", "nobody gets a token before, and no account goes back"},
		{"ConfirmForgotPassword", "UserNotConfirmedException", "the code proves the address, and confirms the account"},
		{"UpdateUserAttributes", "CodeMismatchException", "it takes no code"},
		{"UpdateUserAttributes", "ExpiredCodeException", "it takes no code"},
		{mfaAdmin, "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{"AdminSetUserMFAPreference", "PasswordResetRequiredException", "operators change accounts in every state"},
		{"AdminSetUserMFAPreference AdminDeleteSoftwareToken", "UserNotConfirmedException", "operators change accounts in every state"},
		{mfaOwn, "ResourceNotFoundException", "a token whose pool or client is gone cannot be verified: it is invalid"},
		{"VerifySoftwareToken SetUserMFAPreference GetUserAuthFactors", "UserNotConfirmedException", "nobody gets a token before, and no account goes back"},
		{"VerifySoftwareToken", "CodeMismatchException", "a wrong code is an EnableSoftwareTokenMFAException"},
		{"AssociateSoftwareToken", "ConcurrentModificationException", "nothing that it has read can change before it writes"},
		{"CreateUserPool CreateUserPoolClient CreateUserPoolDomain CreateResourceServer CreateGroup", "LimitExceededException", "there are no quotas"},
		{"AdminConfirmSignUp", "LimitExceededException", "it sends nothing, and there is nothing to guess"},
		{"DeleteUserPoolClient DeleteUserPoolDomain CreateUserPoolDomain DeleteIdentityProvider", "ConcurrentModificationException", "nothing that it has read can change before it writes"},
		{"AdminListUserAuthEvents AdminUpdateAuthEventFeedback", "NotAuthorizedException", "a key that may not do it is answered AccessDeniedException"},
		{"CreateUserPoolDomain UpdateUserPoolDomain", "FeatureUnavailableInTierException", "no setting that is taken depends on the tier"},
		{"DescribeUserPoolDomain", "ResourceNotFoundException", "a domain that nobody has is described as empty"},
		{"InitiateAuth AdminInitiateAuth", "UnsupportedOperationException", "a flow that is off is an InvalidParameterException"},
	}
}

// Each operation that works gives every error that the API declares for it, or
// it is said why that cannot happen.
func TestAPIErrorsAreComplete(t *testing.T) {
	t.Parallel()
	declared := declaredErrors(t)
	covered := map[string]string{}
	cover := func(pair, by string) {
		if before := covered[pair]; before != "" && before != by {
			t.Errorf("%s: both %s and %s", pair, before, by)
		}
		if !declared[pair] {
			t.Errorf("%s is not declared (%s)", pair, by)
		}
		covered[pair] = by
	}
	for _, row := range refusals() {
		cover(row.operation+" "+row.exception, "a row")
	}
	for _, entry := range notThere() {
		for operation := range strings.FieldsSeq(entry[0]) {
			cover(operation+" "+entry[1], "not there")
		}
	}
	calls, never := plainCalls(), neverHere()
	used := map[string]bool{}
	for pair := range declared {
		operation, exception, _ := strings.Cut(pair, " ")
		if slices.Contains(everyCallFails(), exception) && calls[operation] != nil {
			cover(pair, "every call")
		}
		if never[exception] != "" && covered[pair] != "a row" {
			cover(pair, "never")
			used[exception] = true
		}
		if covered[pair] == "" {
			t.Errorf("%s is declared: there is neither a story nor a reason", pair)
		}
	}
	for exception := range never {
		if !used[exception] {
			t.Errorf("%s is declared by no operation", exception)
		}
	}
}

// declaredErrors are the pairs "operation exception" of the operations that
// work, as the page on them says.
func declaredErrors(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../docs/api-status.md")
	must(t, err)
	m, err := model.Load()
	must(t, err)
	pairs := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\w+) \| works \|`).FindAllStringSubmatch(string(page), -1) {
		for _, exception := range m.Operations[row[1]].Errors {
			pairs[row[1]+" "+exception] = true
		}
	}
	if len(pairs) < 390 {
		t.Fatalf("the operations that work declare %d errors", len(pairs))
	}
	return pairs
}

// Each row is heard from AWS's client, as an exception that the client knows.
func TestAPIErrors(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: errandDocument(t)})
		c := sdk(h)
		for _, row := range refusals() {
			t.Run(row.operation+"/"+row.exception, func(t *testing.T) {
				t.Parallel()
				err := row.provoke(errand{T: t, ctx: t.Context(), h: h, c: c})
				heard(t, err, row.exception)
				refused(t, err, row.exception, row.message)
			})
		}
	})
}

// heard checks that AWS's client made an exception of its own of the answer,
// not the one for what it does not know.
func heard(t *testing.T, err error, name string) {
	t.Helper()
	if unknown, ok := errors.AsType[*smithy.GenericAPIError](err); ok {
		t.Errorf("%s is not an exception of this operation to AWS's client (want %s)", unknown.Code, name)
	}
}

// The app clients and pools of the errands beside the usual ones.
const (
	legacyApp   = "legacyapp"   // tells who has an account
	secretApp   = "secretapp"   // has a secret
	rotatingApp = "rotatingapp" // gives a new refresh token with each refresh
	keepingApp  = "keepingapp"  // cannot revoke tokens

	aliasPool = "us-east-1_Alias0001" // usernames, with addresses and preferred names as aliases
	aliasApp  = "aliasapp"
	litePool  = "us-east-1_Lite00001" // of the tier LITE
	liteApp   = "liteapp"

	noPool = "us-east-1_None00001"
	noApp  = "nosuchclient"

	rightOne = "correct-horse" // everybody's password
)

func errandDocument(t *testing.T) *setup.Document {
	t.Helper()
	return housetest.Document(t, func(d *setup.Document) {
		alias, lite := d.UserPools[0], d.UserPools[0]
		alias.ID, alias.UsernameAttributes, alias.AliasAttributes = aliasPool, nil, []string{"email", "preferred_username"}
		alias.UserPoolTier, alias.UserPoolAddOns = "PLUS", &pool.UserPoolAddOns{AdvancedSecurityMode: "AUDIT"}
		lite.ID, lite.UserPoolTier = litePool, "LITE"
		d.UserPools = append(d.UserPools, alias, lite)
		d.UserPoolDomains[0].UserPoolID = housetest.PoolID
		first := d.UserPoolClients[0]
		first.UserPoolID, first.ExplicitAuthFlows = housetest.PoolID, []string{
			"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH",
		}
		d.UserPoolClients = []setup.ClientEntry{first}
		add := func(id, pool string, f func(*setup.ClientEntry)) {
			c := first
			c.ID, c.UserPoolID = id, pool
			f(&c)
			d.UserPoolClients = append(d.UserPoolClients, c)
		}
		tells := func(c *setup.ClientEntry) { c.PreventUserExistenceErrors = "LEGACY" }
		add(legacyApp, housetest.PoolID, tells)
		add(aliasApp, aliasPool, tells)
		add(secretApp, housetest.PoolID, func(c *setup.ClientEntry) { c.Secret = otherSecret })
		add(keepingApp, housetest.PoolID, func(c *setup.ClientEntry) { c.EnableTokenRevocation = aws.Bool(false) })
		add(liteApp, litePool, func(c *setup.ClientEntry) { c.ExplicitAuthFlows = nil })
		add(rotatingApp, housetest.PoolID, func(c *setup.ClientEntry) {
			c.ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH"}
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED"}
		})
	})
}

// errand is what a row has in hand. Rows run beside each other, each with people
// of its own.
type errand struct {
	*testing.T
	ctx context.Context
	h   *housetest.House
	c   *cip.Client
}

var errandNumber atomic.Int64

// only is the error of a call.
func only[T any](_ T, err error) error { return err }

// newcomer is a name that nobody has.
func (x errand) newcomer() string { return fmt.Sprintf("person%d@example.com", errandNumber.Add(1)) }

// somebody is a confirmed account with the password rightOne.
func (x errand) somebody() string {
	x.Helper()
	name := x.invited()
	x.must(only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &name, Password: aws.String(rightOne), Permanent: true})))
	return name
}

// invited is an account with the temporary password rightOne.
func (x errand) invited() string {
	x.Helper()
	name := x.newcomer()
	x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &name, TemporaryPassword: aws.String(rightOne), MessageAction: types.MessageActionTypeSuppress,
		UserAttributes: []types.AttributeType{attribute("email_verified", "true")}})))
	return name
}

// unconfirmed signed up, and has a code in the mail.
func (x errand) unconfirmed() string {
	x.Helper()
	name := x.newcomer()
	x.must(only(x.c.SignUp(x.ctx, &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: aws.String(rightOne)})))
	return name
}

// must ends a row whose preparation fails.
func (x errand) must(err error) {
	x.Helper()
	must(x.T, err)
}

// enter signs somebody in at an app client by their password.
func (x errand) enter(app, name string) *types.AuthenticationResultType {
	x.Helper()
	in, err := x.c.InitiateAuth(x.ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: &app,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": rightOne}})
	x.must(err)
	if in.AuthenticationResult == nil {
		x.Fatalf("%s is asked for %s", name, in.ChallengeName)
	}
	return in.AuthenticationResult
}

// token is somebody's access token.
func (x errand) token() *string { return x.enter(housetest.ClientID, x.somebody()).AccessToken }

// change changes somebody's account in a way that no operation offers yet.
func (x errand) change(name string, f func(*pool.User)) {
	x.Helper()
	user, err := x.c.AdminGetUser(x.ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &name})
	x.must(err)
	_, err = x.h.DB.Users.Update(x.ctx, housetest.PoolID, *user.Username, func(u *pool.User) error { f(u); return nil })
	x.must(err)
}

// mustReset puts an account where an operator puts it who wants another
// password: everything that it had open has ended.
func (x errand) mustReset(name string) {
	x.Helper()
	x.change(name, func(u *pool.User) {
		u.Status = pool.ResetRequired
		u.EndAll(x.h.Now())
	})
}

// until repeats a call until it is refused by that name.
func (x errand) until(exception string, most int, call func(i int) error) error {
	x.Helper()
	for i := range most {
		err := call(i)
		if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorCode() == exception {
			return err
		}
	}
	return fmt.Errorf("%d calls did not come to %s", most, exception)
}
