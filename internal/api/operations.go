package api

import (
	"context"
	"fmt"
	"reflect"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

// auth says how a call shows who makes it.
type auth int

const (
	byOperator auth = iota + 1 // by a SigV4 signature, checked before the handler
	byClient                   // by the ClientId (and SecretHash) in the body; the handler looks
	byToken                    // by the AccessToken, or in its place the Session, in the body; the handler looks
)

// operations is the whole API on one page. What is in the model but not here is
// answered with UnsupportedOperationException.
func (a *API) operations() map[string]operation {
	return map[string]operation{
		// Signing in
		"InitiateAuth":                costlyUnless(does(byClient, a.initiateAuth), refreshes),
		"RespondToAuthChallenge":      costly(does(byClient, a.respond)),
		"AdminInitiateAuth":           does(byOperator, a.adminInitiateAuth),
		"AdminRespondToAuthChallenge": does(byOperator, a.adminRespond),
		"GetTokensFromRefreshToken":   does(byClient, a.getTokensFromRefreshToken),
		"RevokeToken":                 does(byClient, a.revokeToken),

		// People, by the client
		"SignUp":                 costly(does(byClient, a.signUp)),
		"ConfirmSignUp":          costly(does(byClient, a.confirmSignUp)),
		"ResendConfirmationCode": costly(does(byClient, a.resendConfirmationCode)),
		"ForgotPassword":         costly(does(byClient, a.forgotPassword)),
		"ConfirmForgotPassword":  costly(does(byClient, a.confirmForgotPassword)),

		// People, by their access token
		"GetUser":                          does(byToken, a.getUser),
		"ChangePassword":                   costly(does(byToken, a.changePassword)),
		"UpdateUserAttributes":             costly(does(byToken, a.updateUserAttributes)),
		"DeleteUserAttributes":             does(byToken, a.deleteUserAttributes),
		"GetUserAttributeVerificationCode": costly(does(byToken, a.getUserAttributeVerificationCode)),
		"VerifyUserAttribute":              does(byToken, a.verifyUserAttribute),
		"DeleteUser":                       doesQuietly(byToken, a.deleteUser),
		"GlobalSignOut":                    does(byToken, a.globalSignOut),
		"ListUserSessions":                 does(byToken, a.listUserSessions),
		"RevokeUserSession":                does(byToken, a.revokeUserSession),

		// Pools, app clients and domains
		"CreateUserPool":         does(byOperator, a.createUserPool),
		"DescribeUserPool":       does(byOperator, a.describeUserPool),
		"ListUserPools":          does(byOperator, a.listUserPools),
		"UpdateUserPool":         does(byOperator, a.updateUserPool),
		"DeleteUserPool":         doesQuietly(byOperator, a.deleteUserPool),
		"CreateUserPoolClient":   does(byOperator, a.createUserPoolClient),
		"DescribeUserPoolClient": does(byOperator, a.describeUserPoolClient),
		"ListUserPoolClients":    does(byOperator, a.listUserPoolClients),
		"UpdateUserPoolClient":   does(byOperator, a.updateUserPoolClient),
		"DeleteUserPoolClient":   doesQuietly(byOperator, a.deleteUserPoolClient),
		"CreateUserPoolDomain":   does(byOperator, a.createUserPoolDomain),
		"DescribeUserPoolDomain": does(byOperator, a.describeUserPoolDomain),
		"UpdateUserPoolDomain":   does(byOperator, a.updateUserPoolDomain),
		"DeleteUserPoolDomain":   does(byOperator, a.deleteUserPoolDomain),

		// Client secrets, MFA and sessions of a pool
		"AddUserPoolClientSecret":               does(byOperator, a.addUserPoolClientSecret),
		"ListUserPoolClientSecrets":             does(byOperator, a.listUserPoolClientSecrets),
		"DeleteUserPoolClientSecret":            does(byOperator, a.deleteUserPoolClientSecret),
		"GetUserPoolMfaConfig":                  does(byOperator, a.getUserPoolMfaConfig),
		"SetUserPoolMfaConfig":                  does(byOperator, a.setUserPoolMfaConfig),
		"SetUserPoolSessionConfiguration":       does(byOperator, a.setUserPoolSessionConfiguration),
		"GetUserPoolSessionConfiguration":       does(byOperator, a.getUserPoolSessionConfiguration),
		"SetUserPoolClientSessionConfiguration": does(byOperator, a.setUserPoolClientSessionConfiguration),
		"GetUserPoolClientSessionConfiguration": does(byOperator, a.getUserPoolClientSessionConfiguration),

		// How the pages look
		"GetUICustomization": does(byOperator, a.getUICustomization),
		"SetUICustomization": does(byOperator, a.setUICustomization),

		// Second factors of people
		"AssociateSoftwareToken":    does(byToken, a.associateSoftwareToken),
		"VerifySoftwareToken":       does(byToken, a.verifySoftwareToken),
		"SetUserMFAPreference":      does(byToken, a.setUserMFAPreference),
		"GetUserAuthFactors":        does(byToken, a.getUserAuthFactors),
		"AdminSetUserMFAPreference": does(byOperator, a.adminSetUserMFAPreference),
		"AdminDeleteSoftwareToken":  does(byOperator, a.adminDeleteSoftwareToken),
		"AdminGetUserAuthFactors":   does(byOperator, a.adminGetUserAuthFactors),

		// Resource servers
		"CreateResourceServer":   does(byOperator, a.createResourceServer),
		"DescribeResourceServer": does(byOperator, a.describeResourceServer),
		"UpdateResourceServer":   does(byOperator, a.updateResourceServer),
		"DeleteResourceServer":   doesQuietly(byOperator, a.deleteResourceServer),
		"ListResourceServers":    does(byOperator, a.listResourceServers),

		// Identity providers
		"CreateIdentityProvider":          does(byOperator, a.createIdentityProvider),
		"DescribeIdentityProvider":        does(byOperator, a.describeIdentityProvider),
		"UpdateIdentityProvider":          does(byOperator, a.updateIdentityProvider),
		"DeleteIdentityProvider":          doesQuietly(byOperator, a.deleteIdentityProvider),
		"ListIdentityProviders":           does(byOperator, a.listIdentityProviders),
		"GetIdentityProviderByIdentifier": does(byOperator, a.getIdentityProviderByIdentifier),

		// The schema, certificate and tags of a pool
		"AddCustomAttributes":   does(byOperator, a.addCustomAttributes),
		"GetSigningCertificate": does(byOperator, a.getSigningCertificate),
		"TagResource":           does(byOperator, a.tagResource),
		"UntagResource":         does(byOperator, a.untagResource),
		"ListTagsForResource":   does(byOperator, a.listTagsForResource),

		// User imports
		"GetCSVHeader":          does(byOperator, a.getCSVHeader),
		"CreateUserImportJob":   does(byOperator, a.createUserImportJob),
		"DescribeUserImportJob": does(byOperator, a.describeUserImportJob),
		"ListUserImportJobs":    does(byOperator, a.listUserImportJobs),
		"StartUserImportJob":    does(byOperator, a.startUserImportJob),
		"StopUserImportJob":     does(byOperator, a.stopUserImportJob),

		// Groups
		"CreateGroup":              does(byOperator, a.createGroup),
		"GetGroup":                 does(byOperator, a.getGroup),
		"UpdateGroup":              does(byOperator, a.updateGroup),
		"DeleteGroup":              doesQuietly(byOperator, a.deleteGroup),
		"ListGroups":               does(byOperator, a.listGroups),
		"ListUsersInGroup":         does(byOperator, a.listUsersInGroup),
		"AdminAddUserToGroup":      doesQuietly(byOperator, a.adminAddUserToGroup),
		"AdminRemoveUserFromGroup": doesQuietly(byOperator, a.adminRemoveUserFromGroup),
		"AdminListGroupsForUser":   does(byOperator, a.adminListGroupsForUser),

		// People, by operators
		"AdminGetUser":              does(byOperator, a.adminGetUser),
		"ListUsers":                 does(byOperator, a.listUsers),
		"AdminCreateUser":           does(byOperator, a.adminCreateUser),
		"AdminConfirmSignUp":        does(byOperator, a.adminConfirmSignUp),
		"AdminEnableUser":           does(byOperator, a.adminEnableUser),
		"AdminDisableUser":          does(byOperator, a.adminDisableUser),
		"AdminDeleteUser":           doesQuietly(byOperator, a.adminDeleteUser),
		"AdminUpdateUserAttributes": does(byOperator, a.adminUpdateUserAttributes),
		"AdminDeleteUserAttributes": does(byOperator, a.adminDeleteUserAttributes),
		"AdminResetUserPassword":    does(byOperator, a.adminResetUserPassword),
		"AdminUserGlobalSignOut":    does(byOperator, a.adminUserGlobalSignOut),
		"AdminSetUserPassword":      does(byOperator, a.adminSetUserPassword),
		"AdminListUserSessions":     does(byOperator, a.adminListUserSessions),
		"AdminRevokeUserSession":    does(byOperator, a.adminRevokeUserSession),

		// The audit trail
		"AdminListUserAuthEvents":      does(byOperator, a.adminListUserAuthEvents),
		"AdminUpdateAuthEventFeedback": does(byOperator, a.adminUpdateAuthEventFeedback),
		"UpdateAuthEventFeedback":      does(byClient, a.updateAuthEventFeedback),
	}
}

// operation is one offered call: who makes it, and what runs.
type operation struct {
	auth    auth
	in, out reflect.Type // the wire structs; out is nil where the answer has no body
	run     func(context.Context, *call, model.Object) (any, error)
	costs   func(model.Object) bool // whether a call hashes a password or sends a mail, so that its source has fewer
}

func never(model.Object) bool { return false }

// costly marks an operation of people that hashes a password or sends a mail.
// Those of operators are signed, and not counted so.
func costly(op operation) operation { return costlyUnless(op, never) }

// costlyUnless is costly but for the calls that are known to be cheap.
func costlyUnless(op operation, cheap func(model.Object) bool) operation {
	op.costs = func(in model.Object) bool { return !cheap(in) }
	return op
}

// refreshes says whether InitiateAuth is asked for new tokens only.
func refreshes(in model.Object) bool {
	flow, _ := in["AuthFlow"].(string)
	return flow == "REFRESH_TOKEN_AUTH" || flow == "REFRESH_TOKEN"
}

// does makes an operation of a handler: who calls → what they ask → what they
// get.
func does[In, Out any](who auth, handle func(context.Context, *call, *In) (*Out, error)) operation {
	return operation{who, reflect.TypeFor[In](), reflect.TypeFor[Out](), func(ctx context.Context, c *call, o model.Object) (any, error) {
		in := new(In)
		if err := fill(o, in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}, never}
}

// doesQuietly is does for the operations whose answer has no body.
func doesQuietly[In any](who auth, handle func(context.Context, *call, *In) error) operation {
	return operation{who, reflect.TypeFor[In](), nil, func(ctx context.Context, c *call, o model.Object) (any, error) {
		in := new(In)
		if err := fill(o, in); err != nil {
			return nil, err
		}
		return nil, handle(ctx, c, in)
	}, never}
}

// fits holds an offered operation against the model's, so that a handler under
// a wrong name, or without its signature, is found when the program starts.
func (op operation) fits(known *model.Operation) error {
	if known == nil {
		return fmt.Errorf("api: an operation is offered that the model does not have (it takes %v)", op.in)
	}
	switch {
	case op.in.Name() != known.Input.Name:
		return fmt.Errorf("api: %s takes %s, not %v", known.Name, known.Input.Name, op.in)
	case (op.out == nil) != (known.Output == nil), op.out != nil && op.out.Name() != known.Output.Name:
		return fmt.Errorf("api: %s does not give %v", known.Name, op.out)
	case (op.auth == byOperator) != (known.Auth == "sigv4"):
		return fmt.Errorf("api: %s is not called so (auth %q)", known.Name, known.Auth)
	}
	return nil
}
