package api

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/token"
)

// The flows that sign somebody in, and the older names of two.
var flowNames = map[string]string{"ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH", "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH"}

// authAsk is InitiateAuth and AdminInitiateAuth in one.
type authAsk struct {
	app     pool.App
	flow    string
	params  SensitiveMap
	session string
	admin   bool
	from    pool.Device
}

// challengeAnswer is RespondToAuthChallenge and AdminRespondToAuthChallenge in
// one.
type challengeAnswer struct {
	app                pool.App
	challenge, session string
	params             SensitiveMap
	from               pool.Device
}

func (a *API) initiateAuth(ctx context.Context, c *call, in *InitiateAuthRequest) (*InitiateAuthResponse, error) {
	app, err := a.app(ctx, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	out, err := a.begin(ctx, authAsk{app: app, flow: in.AuthFlow, params: in.AuthParameters, session: string(in.Session), from: c.From})
	return (*InitiateAuthResponse)(out), err
}

func (a *API) adminInitiateAuth(ctx context.Context, c *call, in *AdminInitiateAuthRequest) (*AdminInitiateAuthResponse, error) {
	app, err := a.appOf(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	out, err := a.begin(ctx, authAsk{app: app, flow: in.AuthFlow, params: in.AuthParameters, session: string(in.Session), admin: true, from: c.From})
	if err != nil {
		return nil, err
	}
	return &AdminInitiateAuthResponse{ChallengeName: out.ChallengeName, Session: out.Session, ChallengeParameters: out.ChallengeParameters,
		AuthenticationResult: out.AuthenticationResult, AvailableChallenges: out.AvailableChallenges}, nil
}

// begin starts a flow (Cognito: InitiateAuth).
func (a *API) begin(ctx context.Context, in authAsk) (*RespondToAuthChallengeResponse, error) {
	if name, old := flowNames[in.flow]; old {
		in.flow = name
	}
	if err := in.app.Client.CheckFlow(in.flow, in.admin); err != nil {
		return nil, err
	}
	if in.flow == "REFRESH_TOKEN_AUTH" {
		return a.refresh(ctx, in)
	}
	username, err := need(in.params, "USERNAME")
	if err != nil {
		return nil, err
	}
	if err := checkSecretHash(in.app.Client, in.params["SECRET_HASH"], username); err != nil {
		return nil, err
	}
	switch in.flow {
	case "USER_SRP_AUTH":
		return a.beginSRP(ctx, in, username)
	case "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH":
		password, err := need(in.params, "PASSWORD")
		if err != nil {
			return nil, err
		}
		return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: signin.Password(password), From: in.from})
	case "USER_AUTH":
		return a.choose(ctx, in, username)
	}
	return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "custom_trigger"}
}

func (a *API) beginSRP(ctx context.Context, in authAsk, username string) (*RespondToAuthChallengeResponse, error) {
	srpA, err := need(in.params, "SRP_A")
	if err != nil {
		return nil, err
	}
	return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: signin.SRP{A: srpA}, From: in.from})
}

// choose is USER_AUTH: the preferred factor, if it was brought along, or the
// question which (Cognito: SELECT_CHALLENGE). A session from ConfirmSignUp
// signs in by itself.
func (a *API) choose(ctx context.Context, in authAsk, username string) (*RespondToAuthChallengeResponse, error) {
	if in.session != "" {
		return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: signin.Proven{SessionID: in.session}, From: in.from})
	}
	preferred, out := in.params["PREFERRED_CHALLENGE"], (*RespondToAuthChallengeResponse)(nil)
	var err error
	switch {
	case preferred == "PASSWORD" && in.params["PASSWORD"] != "":
		out, err = a.step(ctx, in.app, signin.Attempt{Username: username, Factor: signin.Password(in.params["PASSWORD"]), From: in.from})
	case preferred == "PASSWORD_SRP" && in.params["SRP_A"] != "":
		out, err = a.beginSRP(ctx, in, username)
	case preferred == "PASSWORD":
		out, err = a.ask(ctx, in.app, username, "PASSWORD")
	default:
		out, err = a.ask(ctx, in.app, username, "SELECT_CHALLENGE")
	}
	if err == nil && out.AuthenticationResult == nil {
		out.AvailableChallenges = firstFactors()
	}
	return out, err
}

// firstFactors is what USER_AUTH can begin with, in Cognito's order.
func firstFactors() []string { return []string{"PASSWORD_SRP", "PASSWORD"} }

// ask opens a session that waits for a factor, for whatever name.
func (a *API) ask(ctx context.Context, app pool.App, username, challenge string) (*RespondToAuthChallengeResponse, error) {
	factor := challenge
	if challenge == "SELECT_CHALLENGE" {
		factor = ""
	}
	id, err := a.Signin.Offer(ctx, app, username, factor)
	return &RespondToAuthChallengeResponse{ChallengeName: challenge, Session: Sensitive(id), ChallengeParameters: map[string]string{}}, err
}

func (a *API) respond(ctx context.Context, c *call, in *RespondToAuthChallengeRequest) (*RespondToAuthChallengeResponse, error) {
	app, err := a.app(ctx, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	return a.answerChallenge(ctx, challengeAnswer{app, in.ChallengeName, string(in.Session), in.ChallengeResponses, c.From})
}

func (a *API) adminRespond(ctx context.Context, c *call, in *AdminRespondToAuthChallengeRequest) (*AdminRespondToAuthChallengeResponse, error) {
	app, err := a.appOf(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	out, err := a.answerChallenge(ctx, challengeAnswer{app, in.ChallengeName, string(in.Session), in.ChallengeResponses, c.From})
	if err != nil {
		return nil, err
	}
	return &AdminRespondToAuthChallengeResponse{ChallengeName: out.ChallengeName, Session: out.Session, ChallengeParameters: out.ChallengeParameters,
		AuthenticationResult: out.AuthenticationResult, AvailableChallenges: out.AvailableChallenges}, nil
}

// answerChallenge takes the answer to a challenge (Cognito:
// RespondToAuthChallenge).
func (a *API) answerChallenge(ctx context.Context, in challengeAnswer) (*RespondToAuthChallengeResponse, error) {
	username, err := need(in.params, "USERNAME")
	if err != nil {
		return nil, err
	}
	if err := checkSecretHash(in.app.Client, in.params["SECRET_HASH"], username); err != nil {
		return nil, err
	}
	switch in.challenge {
	case "PASSWORD_VERIFIER":
		return a.prove(ctx, in, username)
	case "NEW_PASSWORD_REQUIRED":
		return a.newPassword(ctx, in, username)
	case "SELECT_CHALLENGE":
		answer, err := need(in.params, "ANSWER")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(firstFactors(), answer) {
			return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "factor"}
		}
		return a.showFactor(ctx, in, signin.Choice{SessionID: in.session, Username: username, Factor: answer, AsAnswer: true})
	case "SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "MFA_SETUP":
		return a.second(ctx, in, username)
	case "PASSWORD", "PASSWORD_SRP":
		return a.showFactor(ctx, in, signin.Choice{SessionID: in.session, Username: username, Factor: in.challenge})
	}
	return nil, &pool.Error{Kind: pool.NotAuthorized, Reason: "session"}
}

// showFactor takes the first factor of somebody who was asked for it, or which.
// An answer that brings the name of the factor alone is asked for the rest.
func (a *API) showFactor(ctx context.Context, in challengeAnswer, c signin.Choice) (*RespondToAuthChallengeResponse, error) {
	username, name, show := c.Username, "PASSWORD", signin.Factor(signin.Password(in.params["PASSWORD"]))
	if c.Factor == "PASSWORD_SRP" {
		name, show = "SRP_A", signin.SRP{A: in.params["SRP_A"]}
	}
	_, err := need(in.params, name)
	if err != nil && !c.AsAnswer {
		return nil, err
	}
	if err := a.Signin.Chosen(ctx, in.app, c); err != nil {
		return nil, err
	}
	if err != nil {
		return a.ask(ctx, in.app, username, c.Factor)
	}
	return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: show, From: in.from})
}

func (a *API) prove(ctx context.Context, in challengeAnswer, username string) (*RespondToAuthChallengeResponse, error) {
	proof := signin.Proof{}
	var err error
	for _, part := range []struct {
		name string
		into *string
	}{
		{"PASSWORD_CLAIM_SECRET_BLOCK", &proof.SecretBlock}, {"PASSWORD_CLAIM_SIGNATURE", &proof.Signature}, {"TIMESTAMP", &proof.Timestamp},
	} {
		if *part.into, err = need(in.params, part.name); err != nil {
			return nil, err
		}
	}
	return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: proof, From: in.from})
}

const attributePrefix = "userAttributes."

func (a *API) newPassword(ctx context.Context, in challengeAnswer, username string) (*RespondToAuthChallengeResponse, error) {
	chosen, err := need(in.params, "NEW_PASSWORD")
	if err != nil {
		return nil, err
	}
	choice := account.Choice{SessionID: in.session, Username: username, Password: chosen, Attributes: map[string]string{}}
	for name, value := range in.params {
		if len(name) > len(attributePrefix) && name[:len(attributePrefix)] == attributePrefix {
			choice.Attributes[name[len(attributePrefix):]] = value
		}
	}
	if err := a.Accounts.Choose(ctx, in.app, choice); err != nil {
		return nil, err
	}
	return a.step(ctx, in.app, signin.Attempt{Factor: signin.Proven{SessionID: in.session}, From: in.from})
}

// step takes one step of a sign-in and words what comes of it: tokens, or the
// next challenge.
func (a *API) step(ctx context.Context, app pool.App, in signin.Attempt) (*RespondToAuthChallengeResponse, error) {
	step, err := a.Signin.Begin(ctx, app, in)
	if err != nil {
		return nil, err
	}
	switch {
	case step.Done != nil:
		set, err := a.Tokens.Issue(ctx, app, *step.Done)
		return authenticated(set), err
	case step.SRP != nil:
		x := step.SRP
		return &RespondToAuthChallengeResponse{ChallengeName: "PASSWORD_VERIFIER", ChallengeParameters: map[string]string{
			"SALT": x.Salt, "SRP_B": x.B, "SECRET_BLOCK": x.SecretBlock, "USERNAME": x.Username, "USER_ID_FOR_SRP": x.Username,
		}}, nil
	case step.NewPassword != nil:
		return newPasswordRequired(app, *step.NewPassword)
	case step.Second != nil:
		return secondFactor(*step.Second)
	case step.SetUp != nil:
		return setUpFactor(*step.SetUp)
	}
	return nil, &pool.Error{Kind: pool.UserNotConfirmed}
}

// newPasswordRequired shows what is there, as far as the client may read it, and
// what is missing (Cognito: NEW_PASSWORD_REQUIRED); both lists are JSON in a
// string.
func newPasswordRequired(app pool.App, n signin.NewPassword) (*RespondToAuthChallengeResponse, error) {
	has := map[string]string{}
	for _, attribute := range app.Pool.Attributes() {
		if value, there := n.User.Attributes[attribute.Name]; there && attribute.Name != "sub" && app.Client.MayRead(attribute) {
			has[attribute.Name] = value
		}
	}
	missing := []string{}
	for _, name := range app.Pool.MissingAttributes(n.User) {
		missing = append(missing, attributePrefix+name)
	}
	attributes, err := json.Marshal(has)
	if err != nil {
		return nil, err
	}
	required, err := json.Marshal(missing)
	return &RespondToAuthChallengeResponse{ChallengeName: "NEW_PASSWORD_REQUIRED", Session: Sensitive(n.SessionID), ChallengeParameters: map[string]string{
		"USER_ID_FOR_SRP": n.User.Username, "userAttributes": string(attributes), "requiredAttributes": string(required),
	}}, err
}

func authenticated(set token.Set) *RespondToAuthChallengeResponse {
	bearer := "Bearer"
	return &RespondToAuthChallengeResponse{ChallengeParameters: map[string]string{}, AuthenticationResult: &AuthenticationResultType{
		AccessToken: Sensitive(set.AccessToken), IdToken: Sensitive(set.IDToken), RefreshToken: Sensitive(set.RefreshToken),
		ExpiresIn: &set.ExpiresIn, TokenType: &bearer,
	}}
}

// refresh is the flow REFRESH_TOKEN_AUTH. SECRET_HASH is made with the username
// that the token belongs to.
func (a *API) refresh(ctx context.Context, in authAsk) (*RespondToAuthChallengeResponse, error) {
	refreshToken, err := need(in.params, "REFRESH_TOKEN")
	if err != nil {
		return nil, err
	}
	if !in.app.Client.Public() {
		usernames, err := a.Tokens.Usernames(ctx, in.app, refreshToken)
		if err != nil {
			return nil, err
		}
		if err := checkSecretHash(in.app.Client, in.params["SECRET_HASH"], usernames...); err != nil {
			return nil, err
		}
	}
	set, err := a.Tokens.Renew(ctx, in.app, refreshToken)
	if err != nil {
		return nil, err
	}
	return authenticated(set), nil
}
