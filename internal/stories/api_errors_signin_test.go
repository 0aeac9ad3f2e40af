package stories_test

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

const revokedToken = "Access Token has been revoked"

const notConfirmed = "UserNotConfirmedException"

// disabled is an account that an operator has closed.
func (x errand) disabled() string {
	x.Helper()
	name := x.somebody()
	x.change(name, func(u *pool.User) { u.Disabled = true })
	return name
}

// mustChoose is an account whose operator wants another password.
func (x errand) mustChoose() string {
	x.Helper()
	name := x.somebody()
	x.mustReset(name)
	return name
}

// door is one of the two that a sign-in has: people's own, or the operators'.
type door struct {
	errand
	admin bool
}

// step is what a sign-in has come to.
type step struct {
	challenge types.ChallengeNameType
	session   *string
}

func (d door) begin(app string, flow types.AuthFlowType, parameters map[string]string) (step, error) {
	if d.admin {
		out, err := d.c.AdminInitiateAuth(d.ctx, &cip.AdminInitiateAuthInput{UserPoolId: poolOf(app), ClientId: &app, AuthFlow: flow, AuthParameters: parameters})
		if err != nil {
			return step{}, err
		}
		return step{out.ChallengeName, out.Session}, nil
	}
	out, err := d.c.InitiateAuth(d.ctx, &cip.InitiateAuthInput{ClientId: &app, AuthFlow: flow, AuthParameters: parameters})
	if err != nil {
		return step{}, err
	}
	return step{out.ChallengeName, out.Session}, nil
}

// byPassword signs in with the password rightOne, by the flow of the door.
func (d door) byPassword(app, name string) (step, error) {
	flow := types.AuthFlowTypeUserPasswordAuth
	if d.admin {
		flow = types.AuthFlowTypeAdminUserPasswordAuth
	}
	return d.begin(app, flow, map[string]string{"USERNAME": name, "PASSWORD": rightOne})
}

func (d door) respond(app string, at step, responses map[string]string) error {
	if d.admin {
		return only(d.c.AdminRespondToAuthChallenge(d.ctx, &cip.AdminRespondToAuthChallengeInput{UserPoolId: poolOf(app), ClientId: &app, ChallengeName: at.challenge, Session: at.session, ChallengeResponses: responses}))
	}
	return only(d.c.RespondToAuthChallenge(d.ctx, &cip.RespondToAuthChallengeInput{ClientId: &app, ChallengeName: at.challenge, Session: at.session, ChallengeResponses: responses}))
}

func poolOf(app string) *string {
	if app == aliasApp {
		return aws.String(aliasPool)
	}
	return poolID()
}

// chosen is asked which factor to show, and shows the password rightOne.
func (d door) chosen(name string) error {
	d.Helper()
	asked, err := d.begin(housetest.ClientID, types.AuthFlowTypeUserAuth, map[string]string{"USERNAME": name})
	d.must(err)
	return d.respond(housetest.ClientID, asked, choosing(name))
}

// replaced answers for a new password in place of a temporary one.
func (d door) replaced(app, name string, responses map[string]string) error {
	d.Helper()
	asked, err := d.byPassword(app, name)
	d.must(err)
	responses["USERNAME"] = name
	return d.respond(app, asked, responses)
}

// byDoors is a row for each of the two operations of a kind.
func byDoors(own, exception, message string, provoke func(d door) error) []refusal {
	return []refusal{
		{own, exception, message, func(x errand) error { return provoke(door{x, false}) }},
		{"Admin" + own, exception, message, func(x errand) error { return provoke(door{x, true}) }},
	}
}

// signInRefusals are those of the first step.
func signInRefusals() []refusal {
	const begin = "InitiateAuth"
	signIn := func(who func(errand) string) func(d door) error {
		return func(d door) error { return only(d.byPassword(housetest.ClientID, who(d.errand))) }
	}
	at := func(app string) func(d door) error {
		return func(d door) error { return only(d.byPassword(app, d.newcomer())) }
	}
	return slices.Concat(
		byDoors(begin, unauthorized, wrong, at(housetest.ClientID)),
		byDoors(begin, unauthorized, noSecret, at(secretApp)),
		byDoors(begin, noUser, nobody, at(legacyApp)),
		byDoors(begin, unauthorized, "User is disabled.", signIn(errand.disabled)),
		byDoors(begin, notConfirmed, "User is not confirmed.", signIn(errand.unconfirmed)),
		byDoors(begin, reset, mustReset, signIn(errand.mustChoose)),
		byDoors(begin, invalid, "Missing required parameter USERNAME", func(d door) error {
			return only(d.begin(housetest.ClientID, types.AuthFlowTypeUserAuth, map[string]string{"PASSWORD": rightOne}))
		}),
		byDoors(begin, noUser, nobody, func(d door) error { // by the refresh token of an account that is deleted
			tokens := d.enter(housetest.ClientID, d.somebody())
			d.must(only(d.c.DeleteUser(d.ctx, &cip.DeleteUserInput{AccessToken: tokens.AccessToken})))
			return only(d.begin(housetest.ClientID, types.AuthFlowTypeRefreshTokenAuth, map[string]string{"REFRESH_TOKEN": *tokens.RefreshToken}))
		}),
	)
}

// challengeRefusals are those of the steps after it.
func challengeRefusals() []refusal {
	const respond = "RespondToAuthChallenge"
	at := func(app string) func(d door) error {
		return func(d door) error {
			return d.respond(app, step{types.ChallengeNameTypeSelectChallenge, aws.String(noSession)}, choosing(d.newcomer()))
		}
	}
	return slices.Concat(
		byDoors(respond, unauthorized, "Invalid session for the user.", at(housetest.ClientID)),
		byDoors(respond, unauthorized, noSecret, at(secretApp)),
		byDoors(respond, noUser, nobody, at(legacyApp)),
		byDoors(respond, notConfirmed, "User is not confirmed.", func(d door) error { return d.chosen(d.unconfirmed()) }),
		byDoors(respond, reset, mustReset, func(d door) error { return d.chosen(d.mustChoose()) }),
		byDoors(respond, unauthorized, "User is disabled.", func(d door) error { return d.chosen(d.disabled()) }),
		byDoors(respond, badPassword, tooShort, func(d door) error {
			return d.replaced(housetest.ClientID, d.invited(), map[string]string{"NEW_PASSWORD": "short"})
		}),
		byDoors(respond, invalid, "Missing required parameter NEW_PASSWORD", func(d door) error {
			return d.replaced(housetest.ClientID, d.invited(), map[string]string{})
		}),
		byDoors(respond, aliased, "An account with the given preferred_username already exists.", func(d door) error {
			n := errandNumber.Add(1)
			preferred, late := fmt.Sprint("pref", n), fmt.Sprint("late", n)
			d.aliased(fmt.Sprint("early", n), []types.AttributeType{attribute("preferred_username", preferred)})
			d.must(only(d.c.AdminCreateUser(d.ctx, &cip.AdminCreateUserInput{UserPoolId: aws.String(aliasPool), Username: &late, TemporaryPassword: aws.String(rightOne), MessageAction: types.MessageActionTypeSuppress})))
			return d.replaced(aliasApp, late, map[string]string{"NEW_PASSWORD": "another-one", "userAttributes.preferred_username": preferred})
		}),
	)
}

// tokenRefusals are those of tokens: what people hold when the account has been
// changed behind their back, and tokens at operations that are not for them.
func tokenRefusals() []refusal {
	refresh := func(x errand, app string, token *string) error {
		return only(x.c.GetTokensFromRefreshToken(x.ctx, &cip.GetTokensFromRefreshTokenInput{ClientId: &app, RefreshToken: token}))
	}
	revoke := func(x errand, app string, token *string) error {
		return only(x.c.RevokeToken(x.ctx, &cip.RevokeTokenInput{ClientId: &app, Token: token}))
	}
	rows := []refusal{
		{"GetTokensFromRefreshToken", unauthorized, "Invalid Refresh Token", appAt("GetTokensFromRefreshToken", housetest.ClientID)},
		{"GetTokensFromRefreshToken", unauthorized, "User is disabled.", func(x errand) error {
			name := x.somebody()
			tokens := x.enter(housetest.ClientID, name)
			x.change(name, func(u *pool.User) { u.Disabled = true })
			return refresh(x, housetest.ClientID, tokens.RefreshToken)
		}},
		{"GetTokensFromRefreshToken", noUser, nobody, func(x errand) error {
			tokens := x.enter(housetest.ClientID, x.somebody())
			x.must(only(x.c.DeleteUser(x.ctx, &cip.DeleteUserInput{AccessToken: tokens.AccessToken})))
			return refresh(x, housetest.ClientID, tokens.RefreshToken)
		}},
		{"GetTokensFromRefreshToken", "RefreshTokenReuseException", "Refresh token has been used already.", func(x errand) error {
			first := x.enter(rotatingApp, x.somebody()).RefreshToken
			x.must(refresh(x, rotatingApp, first))
			return refresh(x, rotatingApp, first)
		}},
		{"RevokeToken", "UnauthorizedException", "The client is not authorized to revoke this token.", appAt("RevokeToken", secretApp)},
		{"RevokeToken", "UnsupportedOperationException", "Token revocation is not enabled for the client.", appAt("RevokeToken", keepingApp)},
		{"RevokeToken", "UnsupportedTokenTypeException", "Only refresh tokens can be revoked.", func(x errand) error { return revoke(x, housetest.ClientID, x.token()) }},
		{"RevokeToken", invalid, fmt.Sprintf(badText, "token", `[A-Za-z0-9-_=.]+`), func(x errand) error { return revoke(x, housetest.ClientID, aws.String("no token")) }},
	}
	for _, family := range []map[string]plainCall{tokenCalls(), sessionTokenCalls(), mfaTokenCalls()} {
		for name, call := range family {
			rows = append(rows, accountRefusals(name, call)...)
		}
	}
	return rows
}

// accountRefusals are what the bearer of an access token hears when the account
// is disabled, waits for another password, or is deleted.
func accountRefusals(name string, call plainCall) []refusal {
	after := func(happens func(x errand, name, token string)) func(errand) error {
		return func(x errand) error {
			name := x.somebody()
			at := usual()
			at.token = *x.enter(housetest.ClientID, name).AccessToken
			happens(x, name, at.token)
			return call(x, at)
		}
	}
	deleted := refusal{name, noUser, nobody, nil}
	waits := refusal{name, reset, mustReset, after(func(x errand, name, _ string) { x.mustReset(name) })}
	if name == "GlobalSignOut" || name == "AssociateSoftwareToken" { // they do not declare that
		deleted.exception, deleted.message = unauthorized, revokedToken
	}
	if name == "AssociateSoftwareToken" {
		waits.exception, waits.message = unauthorized, revokedToken
	}
	deleted.provoke = after(func(x errand, _, token string) {
		x.must(only(x.c.DeleteUser(x.ctx, &cip.DeleteUserInput{AccessToken: &token})))
	})
	return []refusal{
		deleted,
		waits,
		{name, unauthorized, "User is disabled.", after(func(x errand, name, _ string) { x.change(name, func(u *pool.User) { u.Disabled = true }) })},
	}
}
