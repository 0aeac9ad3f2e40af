package stories_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// guarded is ann with an authenticator app that is asked for, and bob with one.
func guarded(t *testing.T, database string) (h *housetest.House, anns, bobs authenticator, access string) {
	t.Helper()
	h = mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
	for _, name := range []string{ann, bob} {
		token := *signedIn(t, h, name, easy).AccessToken
		app := enrols(t, h, token)
		must(t, prefers(h, token, "token"))
		if name == ann {
			anns, access = app, token
		} else {
			bobs = app
		}
	}
	h.Advance(time.Minute)
	return h, anns, bobs, access
}

// A session that waits for a code is worth nothing for anything else, to nobody
// else, and at no other app client.
func TestAttackSkipSecond(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, anns, bobs, _ := guarded(t, database)
		const none = "NotAuthorizedException"
		session := challenged(t, h, ann, easy, tokenMFA).Session
		for challenge, pairs := range map[types.ChallengeNameType][]string{
			types.ChallengeNameTypeMfaSetup:            {},
			types.ChallengeNameTypeNewPasswordRequired: {"NEW_PASSWORD", easy + "2"},
			types.ChallengeNameTypeSelectChallenge:     {"ANSWER", "PASSWORD"},
			types.ChallengeNameTypePassword:            {"PASSWORD", easy},
			types.ChallengeNameTypeEmailOtp:            {"EMAIL_OTP_CODE", anns.shows(t, 0)},
		} {
			_, err := answers(h, session, ann, challenge, pairs...)
			throws(t, err, none, "")
			session = challenged(t, h, ann, easy, tokenMFA).Session // some use it up
		}
		for _, call := range []func() error{
			func() error {
				return only(sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), Session: session, AuthParameters: map[string]string{"USERNAME": ann}}))
			},
			func() error {
				return only(sdk(h).AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: session}))
			},
			func() error {
				return only(sdk(h).VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{Session: session, UserCode: aws.String(anns.shows(t, 0))}))
			},
		} {
			throws(t, call(), none, "")
		}

		// Bob's name with ann's session, ann's name with bob's code, a session
		// shown at another client.
		_, err := withToken(h, session, bob, bobs.shows(t, 0))
		throws(t, err, none, "session")
		_, err = withToken(h, session, ann, bobs.shows(t, 0))
		throws(t, err, "CodeMismatchException", "")
		other, err := sdk(h).CreateUserPoolClient(t.Context(), &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("other"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"}})
		must(t, err)
		_, err = sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: other.UserPoolClient.ClientId, Session: session, ChallengeName: tokenMFA,
			ChallengeResponses: map[string]string{"USERNAME": ann, "SOFTWARE_TOKEN_MFA_CODE": anns.shows(t, 0)}})
		throws(t, err, none, "session")

		// It still lets its owner in, and ends with the password that opened it.
		must(t, second(withToken(h, session, ann, anns.shows(t, 0))))
		session = challenged(t, h, ann, easy, tokenMFA).Session
		must(t, only(sdk(h).AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(ann), Password: aws.String(easy + "3"), Permanent: true})))
		_, err = withToken(h, session, ann, anns.next(t))
		throws(t, err, none, "session")
	})
}

// Of many who bring the same right code at once, in as many sessions, one gets
// in.
func TestAttackRaceCode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, anns, _, _ := guarded(t, database)
		const crowd = 4 // below the failures that lock
		var sessions [crowd]*string
		for i := range crowd {
			sessions[i] = challenged(t, h, ann, easy, tokenMFA).Session
		}
		code := anns.shows(t, 0)
		var in atomic.Int32
		atOnce(crowd, func(i int) {
			if out, err := withToken(h, sessions[i], ann, code); err == nil && out.AuthenticationResult != nil {
				in.Add(1)
			}
		})
		if in.Load() != 1 {
			t.Errorf("%d of %d got in with one code", in.Load(), crowd)
		}
	})
}

// Guesses are few, whichever sessions, doors and processes they come through: the
// right code is not taken while the factor is locked, and a right password does
// not unlock it.
func TestAttackGuessCodes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		folder := t.TempDir()
		keys := filepath.Join(folder, "master.key")
		if database == "" {
			database = "sqlite:" + filepath.Join(folder, "house.db")
		}
		config := housetest.Config{Database: database, KeyFile: keys, Document: everyFlow(t, nil)}
		first := housetest.Start(t, config)
		must(t, setMFA(first, types.UserPoolMfaTypeOptional, "token"))
		access := *signedIn(t, first, ann, easy).AccessToken
		app := enrols(t, first, access)
		must(t, prefers(first, access, "token"))
		nodes := []*housetest.House{first, housetest.Start(t, config)}
		tries, refusals := 0, 0
		for i := range 8 {
			h := nodes[i%2]
			session := challenged(t, h, ann, easy, tokenMFA).Session
			_, err := withToken(h, session, ann, notThis(app.shows(t, 0)))
			switch {
			case err == nil:
				t.Fatal("a wrong code got in")
			case isException(err, "NotAuthorizedException"):
				refusals++
			default:
				tries++
			}
		}
		if tries > 6 || refusals == 0 {
			t.Errorf("%d wrong codes were looked at, %d refused", tries, refusals)
		}
		session := challenged(t, nodes[1], ann, easy, tokenMFA).Session
		_, err := withToken(nodes[1], session, ann, app.shows(t, 1))
		throws(t, err, "NotAuthorizedException", "attempts")
		p := signsIn(nodes[0], nodes[0].Browser(), ann, easy)
		p.Shows("Enter the code")
		if _, err := sdk(first).VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{AccessToken: &access, UserCode: aws.String("000000")}); !isException(err, "NotAuthorizedException") {
			t.Errorf("the guess goes on where an app is proven: %v", err)
		}
	})
}

func isException(err error, name string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == name
}

// What the pool says counts when the last step is taken: a factor that was
// switched on meanwhile is asked for, one that was switched off is no way in.
func TestAttackSettingsInMidAir(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
		access := *signedIn(t, h, ann, easy).AccessToken
		app := enrols(t, h, access)
		must(t, prefers(h, access, "token"))
		h.Advance(time.Minute)

		session := challenged(t, h, ann, easy, tokenMFA).Session
		must(t, setMFA(h, types.UserPoolMfaTypeOn, "email"))
		out, err := withToken(h, session, ann, app.shows(t, 0))
		must(t, err)
		if out.AuthenticationResult != nil || out.ChallengeName != emailMFA {
			t.Errorf("a factor that the pool no longer takes: %q, tokens %v", out.ChallengeName, out.AuthenticationResult != nil)
		}

		must(t, setMFA(h, types.UserPoolMfaTypeOff))
		opened := temporary(t, h, bob)
		must(t, setMFA(h, types.UserPoolMfaTypeOn, "token"))
		next, err := chooses(h, housetest.ClientID, opened, bob, easy+"2")
		must(t, err)
		if next.AuthenticationResult != nil || next.ChallengeName != types.ChallengeNameTypeMfaSetup {
			t.Errorf("a sign-in that began without: %q, tokens %v", next.ChallengeName, next.AuthenticationResult != nil)
		}
	})
}

// Who reads somebody's mail has one factor and not two: where a code by e-mail is
// the second, none resets the password, however it is asked for.
func TestAttackResetIsNoSecond(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
		access := *signedIn(t, h, ann, easy).AccessToken
		enrols(t, h, access)
		must(t, only(sdk(h).SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{AccessToken: &access,
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true}, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}})))
		before := h.Mails(ann)
		out, err := sdk(h).ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String(ann)})
		must(t, err) // nobody is told who has what
		if *out.CodeDeliveryDetails.Destination != "a***@e***" {
			t.Errorf("answered %+v", out.CodeDeliveryDetails)
		}
		b := h.Browser()
		b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", ann)
		throws(t, only(sdk(h).AdminResetUserPassword(t.Context(), &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(ann)})), "InvalidParameterException", "")
		if n := h.Mails(ann); n != before {
			t.Errorf("%d codes were mailed", n-before)
		}
		must(t, prefers(h, access, "token"))
		must(t, only(sdk(h).SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{AccessToken: &access, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: false}})))
		must(t, only(sdk(h).ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String(ann)})))
		h.Code(ann)
	})
}

// The seed of an app is nowhere in the ledger's files, proven or asked for, nor
// is a mailed code.
func TestAttackSeedInLedger(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	h := housetest.Start(t, housetest.Config{Database: "sqlite:" + filepath.Join(folder, "house.db"), KeyFile: filepath.Join(folder, "master.key"), Document: everyFlow(t, nil)})
	must(t, setMFA(h, types.UserPoolMfaTypeOn, "token"))
	join(t, h, ann, easy)
	in := challenged(t, h, ann, easy, types.ChallengeNameTypeMfaSetup)
	asked, err := sdk(h).AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{Session: in.Session})
	must(t, err)
	app := authenticator{h, *asked.SecretCode}
	proven, err := sdk(h).VerifySoftwareToken(t.Context(), &cip.VerifySoftwareTokenInput{Session: asked.Session, UserCode: aws.String(app.shows(t, 0))})
	must(t, err)
	out, err := answers(h, proven.Session, ann, types.ChallengeNameTypeMfaSetup)
	must(t, err)
	again, err := sdk(h).AssociateSoftwareToken(t.Context(), &cip.AssociateSoftwareTokenInput{AccessToken: out.AuthenticationResult.AccessToken})
	must(t, err)
	files, err := filepath.Glob(filepath.Join(folder, "house.db*"))
	must(t, err)
	var ledger []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		ledger = append(ledger, text...)
	}
	if !bytes.Contains(ledger, []byte(ann)) {
		t.Fatal("the ledger's files do not even hold the address")
	}
	for what, seed := range map[string]string{"proven": app.seed, "asked for": *again.SecretCode} {
		if bytes.Contains(ledger, []byte(seed)) {
			t.Errorf("the seed that is %s is in the ledger's files", what)
		}
	}
}
