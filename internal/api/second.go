package api

import (
	"context"
	"encoding/json"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

// second takes the answer to a challenge about a second factor: a code, which
// factor, or that one was set up.
func (a *API) second(ctx context.Context, in challengeAnswer, username string) (*RespondToAuthChallengeResponse, error) {
	show, err := secondAnswer(in)
	if err != nil {
		return nil, err
	}
	return a.step(ctx, in.app, signin.Attempt{Username: username, Factor: show, From: in.from})
}

func secondAnswer(in challengeAnswer) (signin.Factor, error) {
	switch in.challenge {
	case "MFA_SETUP":
		return signin.Proven{SessionID: in.session}, nil
	case "SELECT_MFA_TYPE":
		answer, err := need(in.params, "ANSWER")
		return signin.Pick{SessionID: in.session, Factor: pool.Factor(answer)}, err
	}
	digits, err := need(in.params, in.challenge+"_CODE")
	return signin.Code{SessionID: in.session, Factor: pool.Factor(in.challenge), Digits: digits}, err
}

// secondFactor asks for a code, or which factor (Cognito: SOFTWARE_TOKEN_MFA,
// EMAIL_OTP, SELECT_MFA_TYPE).
func secondFactor(f signin.SecondFactor) (*RespondToAuthChallengeResponse, error) {
	params := map[string]string{"USER_ID_FOR_SRP": f.User.Username}
	out := &RespondToAuthChallengeResponse{ChallengeName: string(f.Factor), Session: Sensitive(f.SessionID), ChallengeParameters: params}
	switch f.Factor {
	case pool.FactorToken:
		params["FRIENDLY_DEVICE_NAME"] = f.Device
	case pool.FactorEmail:
		params["CODE_DELIVERY_DELIVERY_MEDIUM"], params["CODE_DELIVERY_DESTINATION"] = f.SentTo.Medium, f.SentTo.Destination
	default:
		out.ChallengeName = "SELECT_MFA_TYPE"
		return out, listed(params, "MFAS_CAN_CHOOSE", f.Factors)
	}
	return out, nil
}

// setUpFactor asks somebody to set a second factor up (Cognito: MFA_SETUP).
func setUpFactor(s signin.SetUp) (*RespondToAuthChallengeResponse, error) {
	params := map[string]string{"USER_ID_FOR_SRP": s.User.Username}
	return &RespondToAuthChallengeResponse{ChallengeName: "MFA_SETUP", Session: Sensitive(s.SessionID), ChallengeParameters: params},
		listed(params, "MFAS_CAN_SETUP", s.Factors)
}

// listed puts factors in a parameter as Cognito does: JSON in a string.
func listed(params map[string]string, name string, factors []pool.Factor) error {
	text, err := json.Marshal(factors)
	params[name] = string(text)
	return err
}
