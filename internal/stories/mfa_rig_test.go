package stories_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/totp"
)

// mfaHouse is a house whose pool has the second factors that are named: "token",
// "email".
func mfaHouse(t *testing.T, database string, how types.UserPoolMfaType, factors ...string) *housetest.House {
	t.Helper()
	h := apiHouse(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.ClientName = "Bookshop" })
	must(t, setMFA(h, how, factors...))
	return h
}

func setMFA(h *housetest.House, how types.UserPoolMfaType, factors ...string) error {
	in := &cip.SetUserPoolMfaConfigInput{UserPoolId: poolID(), MfaConfiguration: how}
	for _, f := range factors {
		switch f {
		case "token":
			in.SoftwareTokenMfaConfiguration = &types.SoftwareTokenMfaConfigType{Enabled: true}
		case "email":
			in.EmailMfaConfiguration = &types.EmailMfaConfigType{Subject: aws.String("Second step"), Message: aws.String("Your second step is {####}.")}
		}
	}
	return only(sdk(h).SetUserPoolMfaConfig(background, in))
}

// authenticator is a person's authenticator app.
type authenticator struct {
	h    *housetest.House
	seed string
}

// shows is the code of now, or of so many steps away.
func (a authenticator) shows(t *testing.T, away int64) string {
	t.Helper()
	code, err := totp.Code(a.seed, totp.Step(a.h.Now())+away)
	must(t, err)
	return code
}

// next waits for the step after and shows its code.
func (a authenticator) next(t *testing.T) string {
	t.Helper()
	a.h.Advance(30 * time.Second)
	return a.shows(t, 0)
}

// enrols gives somebody who is signed in an authenticator app.
func enrols(t *testing.T, h *housetest.House, access string) authenticator {
	t.Helper()
	asked, err := sdk(h).AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: &access})
	must(t, err)
	app := authenticator{h, *asked.SecretCode}
	proven, err := sdk(h).VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{AccessToken: &access, UserCode: aws.String(app.shows(t, 0)), FriendlyDeviceName: aws.String("Ann's phone")})
	must(t, err)
	if proven.Status != types.VerifySoftwareTokenResponseTypeSuccess {
		t.Errorf("the app is %s", proven.Status)
	}
	return app
}

// prefers switches second factors on, the first as the preferred one.
func prefers(h *housetest.House, access string, factors ...string) error {
	in := &cip.SetUserMFAPreferenceInput{AccessToken: &access}
	for i, f := range factors {
		switch f {
		case "token":
			in.SoftwareTokenMfaSettings = &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: i == 0 && len(factors) == 1}
		case "email":
			in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: i == 0 && len(factors) == 1}
		}
	}
	return only(sdk(h).SetUserMFAPreference(background, in))
}

// asked signs somebody in up to the challenge that follows the password.
func challenged(t *testing.T, h *housetest.House, name, password string, want types.ChallengeNameType) *cip.InitiateAuthOutput {
	t.Helper()
	in, err := byPassword(h, name, password)
	must(t, err)
	if in.ChallengeName != want || in.AuthenticationResult != nil || aws.ToString(in.Session) == "" {
		t.Fatalf("after the password: %q, tokens %v; want %q", in.ChallengeName, in.AuthenticationResult != nil, want)
	}
	return in
}

// answers a challenge about a second factor.
func answers(h *housetest.House, session *string, name string, challenge types.ChallengeNameType, pairs ...string) (*cip.RespondToAuthChallengeOutput, error) {
	responses := map[string]string{"USERNAME": name}
	for i := 0; i < len(pairs); i += 2 {
		responses[pairs[i]] = pairs[i+1]
	}
	return sdk(h).RespondToAuthChallenge(background, &cip.RespondToAuthChallengeInput{ClientId: clientID(), Session: session, ChallengeName: challenge, ChallengeResponses: responses})
}

const (
	tokenMFA = types.ChallengeNameTypeSoftwareTokenMfa
	emailMFA = types.ChallengeNameTypeEmailOtp
	wrongOTP = "Invalid code received for user"
	usedOTP  = "Your software token has already been used once."
)

// withToken answers with a code of the app.
func withToken(h *housetest.House, session *string, name, code string) (*cip.RespondToAuthChallengeOutput, error) {
	return answers(h, session, name, tokenMFA, "SOFTWARE_TOKEN_MFA_CODE", code)
}
