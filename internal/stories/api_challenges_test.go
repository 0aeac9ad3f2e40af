package stories_test

import (
	"context"
	"strings"
	"testing"
	"time"

	srp "github.com/alexrudd/cognito-srp/v4"
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about sign-ins in mid-air: whose the session of
// a challenge is, and what ends it.

const badSession = "Invalid session for the user."

// chooses answers NEW_PASSWORD_REQUIRED at an app client.
func chooses(h *housetest.House, app, session, name, password string) (*cip.RespondToAuthChallengeOutput, error) {
	return sdk(h).RespondToAuthChallenge(context.Background(), &cip.RespondToAuthChallengeInput{
		ClientId: &app, ChallengeName: types.ChallengeNameTypeNewPasswordRequired, Session: &session,
		ChallengeResponses: map[string]string{"USERNAME": name, "NEW_PASSWORD": password},
	})
}

// temporary is somebody whom an operator invited, and who has shown the
// temporary password: the session waits for another.
func temporary(t *testing.T, h *housetest.House, name string) (session string) {
	t.Helper()
	_, err := sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &name, TemporaryPassword: aws.String(easy), MessageAction: types.MessageActionTypeSuppress})
	must(t, err)
	in, err := byPassword(h, name, easy)
	must(t, err)
	if in.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
		t.Fatalf("a temporary password gives %+v", in)
	}
	return *in.Session
}

// signsUpByAPI is somebody whose account waits for the code.
func signsUpByAPI(t *testing.T, h *housetest.House, name string) (session string) {
	t.Helper()
	up, err := sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: aws.String(easy)})
	must(t, err)
	return *up.Session
}

// proves brings the newest code with a session.
func proves(t *testing.T, h *housetest.House, app, session, name string) error {
	t.Helper()
	_, err := sdk(h).ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{ClientId: &app, Username: &name, ConfirmationCode: aws.String(h.Code(name)), Session: &session})
	return err
}

// goesOn signs in by a session alone.
func goesOn(h *housetest.House, app, session, name string) (*cip.InitiateAuthOutput, error) {
	return sdk(h).InitiateAuth(context.Background(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: &app, Session: &session, AuthParameters: map[string]string{"USERNAME": name}})
}

// The proof of a password is for the app client and the pool that asked for it.
func TestAPISRPElsewhere(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: twoApps(t)})
		join(t, h, ann, easy)
		_, err := sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(otherPool), Username: aws.String(ann), MessageAction: types.MessageActionTypeSuppress})
		must(t, err)
		_, err = sdk(h).AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: aws.String(otherPool), Username: aws.String(ann), Password: aws.String(easy), Permanent: true})
		must(t, err)
		answers := func(x exchange, app string, more map[string]string) error {
			responses, err := x.client.PasswordVerifierChallenge(x.asked.ChallengeParameters, time.Now())
			must(t, err)
			for k, v := range more {
				responses[k] = v
			}
			_, err = sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: &app, ChallengeName: types.ChallengeNameTypePasswordVerifier, ChallengeResponses: responses})
			return err
		}
		refused(t, answers(beginSRP(t, h, ann, easy), secondApp, nil), "NotAuthorizedException", badSession)
		x := beginSRP(t, h, ann, easy)
		for _, name := range []string{ann, x.asked.ChallengeParameters["USERNAME"]} {
			refused(t, answers(x, otherApp, map[string]string{"USERNAME": name, "SECRET_HASH": secretHash(otherSecret, otherApp, name)}), "NotAuthorizedException", badSession)
		}
		_, err = sdk(h).AdminRespondToAuthChallenge(t.Context(), &cip.AdminRespondToAuthChallengeInput{UserPoolId: aws.String(otherPool), ClientId: clientID(), ChallengeName: types.ChallengeNameTypePasswordVerifier,
			ChallengeResponses: map[string]string{"USERNAME": ann, "PASSWORD_CLAIM_SECRET_BLOCK": "x", "PASSWORD_CLAIM_SIGNATURE": "x", "TIMESTAMP": "x"}})
		refused(t, err, "ResourceNotFoundException", "User pool client "+housetest.ClientID+" does not exist.")

		// A proof that is made for the other pool, of the same person's same
		// password, does not fit the first one's challenge.
		client, err := srp.NewCognitoSRP(ann, easy, otherPool, housetest.ClientID, nil)
		must(t, err)
		asked, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserSrpAuth, ClientId: clientID(), AuthParameters: client.GetAuthParams()})
		must(t, err)
		refused(t, answers(exchange{h, client, asked}, housetest.ClientID, nil), "NotAuthorizedException", wrong)
		if err := answers(x, housetest.ClientID, nil); err != nil {
			t.Errorf("the proof where it belongs: %v", err)
		}
	})
}

// The session that waits for a new password is its owner's and its app
// client's, and opens no other step.
func TestAPINewPasswordSessionIsBound(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const chosen = "another1"
		h := housetest.Start(t, housetest.Config{Database: database, Document: twoApps(t)})
		session, bobs := temporary(t, h, ann), temporary(t, h, bob)
		newcomer := signsUpByAPI(t, h, "new@example.com")
		for what, c := range map[string]struct{ app, session, name string }{
			"another app client":  {secondApp, session, ann},
			"another's name":      {housetest.ClientID, session, bob},
			"another's session":   {housetest.ClientID, bobs, ann},
			"nobody's name":       {housetest.ClientID, session, "nobody@example.com"},
			"of a sign-up":        {housetest.ClientID, newcomer, "new@example.com"},
			"of a sign-up, ann's": {housetest.ClientID, newcomer, ann},
			"made up":             {housetest.ClientID, strings.Repeat("A", 40), ann},
		} {
			_, err := chooses(h, c.app, c.session, c.name, chosen)
			if err == nil {
				t.Errorf("%s: a password was set", what)
				continue
			}
			refused(t, err, "NotAuthorizedException", badSession)
		}
		_, err := goesOn(h, housetest.ClientID, session, ann) // not without the new password
		refused(t, err, "NotAuthorizedException", badSession)
		_, err = sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: &bobs,
			ChallengeResponses: map[string]string{"USERNAME": bob, "ANSWER": "PASSWORD", "PASSWORD": easy}})
		refused(t, err, "NotAuthorizedException", badSession)
		for _, name := range []string{ann, bob} {
			if in, err := byPassword(h, name, easy); err != nil || in.ChallengeName != types.ChallengeNameTypeNewPasswordRequired {
				t.Errorf("%s is asked for %+v, %v", name, in, err)
			}
		}
		out, err := chooses(h, housetest.ClientID, session, ann, chosen) // none of that used it up
		if err != nil || claims(t, *out.AuthenticationResult.IdToken)["email"] != ann {
			t.Errorf("ann's session with ann's name: %+v, %v", out, err)
		}
	})
}

// A code signs in who signed up, with the session of the sign-up, at the app
// client where that was; with any other it confirms, and no more.
func TestAPISignUpSessionIsBound(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: twoApps(t)})
		invitee := temporary(t, h, "invitee@example.com")
		anns, bobs := signsUpByAPI(t, h, ann), signsUpByAPI(t, h, bob)
		refusedAt := func(what, app, session, name string) {
			t.Helper()
			if _, err := goesOn(h, app, session, name); err == nil {
				t.Errorf("%s signs in", what)
			} else {
				refused(t, err, "NotAuthorizedException", badSession)
			}
		}
		must(t, proves(t, h, housetest.ClientID, bobs, ann)) // ann's code in bob's hands
		refusedAt("bob's session", housetest.ClientID, bobs, bob)
		refusedAt("bob's session as ann", housetest.ClientID, bobs, ann)
		refusedAt("ann's session without a code", housetest.ClientID, anns, ann)

		must(t, proves(t, h, secondApp, bobs, bob)) // the right one at another app client
		refusedAt("bob's session, brought elsewhere", secondApp, bobs, bob)
		refusedAt("bob's session after that", housetest.ClientID, bobs, bob)

		const carol = "carol@example.com"
		carols := signsUpByAPI(t, h, carol)
		must(t, proves(t, h, housetest.ClientID, invitee, carol)) // a session of another kind
		refusedAt("an invited person's session", housetest.ClientID, invitee, carol)
		refusedAt("carol's session", housetest.ClientID, carols, carol)

		const dave = "dave@example.com"
		daves := signsUpByAPI(t, h, dave)
		must(t, proves(t, h, housetest.ClientID, daves, dave))
		refusedAt("dave's session, proven, elsewhere", secondApp, daves, dave)
		out, err := goesOn(h, housetest.ClientID, daves, dave)
		if err != nil || claims(t, *out.AuthenticationResult.IdToken)["email"] != dave {
			t.Errorf("dave's session: %+v, %v", out, err)
		}
		_, err = goesOn(h, housetest.ClientID, daves, dave)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
	})
}

// waiting is somebody in mid-air, and how they would go on: holdings of a kind
// of their own, for they use up what they have.
type waiting struct {
	opens func(t *testing.T, h *housetest.House, name string) (x holdings, goesOn func(h *housetest.House) error)
	ends  []string // what ends it, of happenings
	stays []string // and what does not
}

// byOperators are those of happenings that can happen to everybody, and end all.
func byOperators(more ...string) []string {
	return append(more, "password set by an operator", "AdminUserGlobalSignOut", "AdminDisableUser", "AdminDisableUser, then AdminEnableUser", "AdminDeleteUser")
}

func waitings() map[string]waiting {
	return map[string]waiting{
		"a new password is due": {func(t *testing.T, h *housetest.House, name string) (holdings, func(*housetest.House) error) {
			session := temporary(t, h, name)
			return holdings{email: name}, func(h *housetest.House) error {
				return only(chooses(h, housetest.ClientID, session, name, "another2"))
			}
		}, byOperators(), []string{""}},
		"a code is due": {func(t *testing.T, h *housetest.House, name string) (holdings, func(*housetest.House) error) {
			session := signsUpByAPI(t, h, name)
			code := h.Code(name)
			return holdings{email: name}, func(h *housetest.House) error {
				_, err := sdk(h).ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &name, ConfirmationCode: &code, Session: &session})
				if err != nil {
					t.Logf("the code: %v", err) // it may have ended too, or confirm an account and sign nobody in
				}
				return only(goesOn(h, housetest.ClientID, session, name))
			}
		}, byOperators("password reset by the API", "password reset on the pages"), []string{""}},
		"the code came back": {func(t *testing.T, h *housetest.House, name string) (holdings, func(*housetest.House) error) {
			session := signsUpByAPI(t, h, name)
			must(t, proves(t, h, housetest.ClientID, session, name))
			in, err := byPassword(h, name, held)
			must(t, err)
			return holdings{email: name, api: in.AuthenticationResult}, func(h *housetest.House) error {
				return only(goesOn(h, housetest.ClientID, session, name))
			}
		}, byOperators("password reset by the API", "password reset on the pages", "password changed", "GlobalSignOut", "account deleted", "AdminResetUserPassword"), []string{"", "RevokeToken"}},
	}
}

// waits lets each thing happen at one server to who waits for the next step of
// a sign-in, who tries to go on at another.
func waits(t *testing.T, at, other *housetest.House, domain string) {
	t.Helper()
	events := happenings()
	for kind, w := range waitings() {
		for i, event := range append(w.stays, w.ends...) {
			ends := i >= len(w.stays)
			t.Run(kind+"/"+event, func(t *testing.T) {
				t.Parallel()
				x, goesOn := w.opens(t, at, strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(kind+"-"+event))+"@"+domain)
				if event != "" { // nothing happens: they can go on
					events[event].does(t, at, &x)
				}
				switch err := goesOn(other); {
				case !ends && err != nil:
					t.Errorf("the session ended: %v", err)
				case ends && err == nil:
					t.Error("the session goes on")
				case ends:
					named(t, err, "NotAuthorizedException")
				}
			})
		}
	}
}

// Cognito: AuthSessionValidity. Whoever is asked for more has three minutes, or
// as many as the app client says.
func TestAuthSessionValiditySetting(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		set  *int
		life time.Duration
	}{"unsaid": {nil, 3 * time.Minute}, "the most": {number(15), 15 * time.Minute}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) {
				const carl = "carl@example.com"
				h := apiHouse(t, database, func(_ *setup.PoolEntry, e *setup.ClientEntry) { e.AuthSessionValidity = c.set })
				join(t, h, ann, easy)
				asked := func() string {
					out, err := sdk(h).InitiateAuth(t.Context(), &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": ann}})
					must(t, err)
					return *out.Session
				}
				shows := func(session string) error {
					return only(sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: &session,
						ChallengeResponses: map[string]string{"USERNAME": ann, "ANSWER": "PASSWORD", "PASSWORD": easy}}))
				}
				proofs, choices, news := []exchange{beginSRP(t, h, ann, easy), beginSRP(t, h, ann, easy)}, []string{asked(), asked()}, []string{temporary(t, h, bob), temporary(t, h, carl)}
				h.Advance(c.life - time.Minute)
				must(t, only(proofs[0].answer(t, nil)))
				must(t, shows(choices[0]))
				must(t, only(chooses(h, housetest.ClientID, news[0], bob, "another1")))
				h.Advance(time.Minute)
				const over = "Invalid session for the user, session is expired."
				refused(t, only(proofs[1].answer(t, nil)), "NotAuthorizedException", over)
				refused(t, shows(choices[1]), "NotAuthorizedException", over)
				refused(t, only(chooses(h, housetest.ClientID, news[1], carl, "another1")), "NotAuthorizedException", over)
			})
		})
	}
}

// Which factor comes first is asked within a session of one's own: a made-up
// one, or somebody else's, leads to no challenge.
func TestAPIChoosingNeedsItsSession(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		join(t, h, ann, easy)
		join(t, h, "bob@example.com", easy)
		asked, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": ann}})
		must(t, err)
		choose := func(session, name, password string) (*cip.RespondToAuthChallengeOutput, error) {
			responses := map[string]string{"USERNAME": name, "ANSWER": "PASSWORD"}
			if password != "" {
				responses["PASSWORD"] = password
			}
			return c.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: types.ChallengeNameTypeSelectChallenge, Session: &session, ChallengeResponses: responses})
		}
		for _, name := range []string{ann, "nobody@example.com"} {
			_, err = choose("garbage-garbage-garbage", name, "")
			refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		}
		_, err = choose(*asked.Session, "bob@example.com", "")
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
		asked, err = c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": ann}})
		must(t, err)
		next, err := choose(*asked.Session, ann, "")
		must(t, err)
		if next.ChallengeName != types.ChallengeNameTypePassword {
			t.Errorf("asked for %s", next.ChallengeName)
		}
		_, err = choose(*asked.Session, ann, easy)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user, session can only be used once.")
		in, err := choose(*next.Session, ann, easy)
		must(t, err)
		if in.AuthenticationResult == nil {
			t.Errorf("%+v", in)
		}
	})
}

// A session that was opened for one factor takes no other, and the question
// which is not passed over.
func TestAPIChallengesAreNotSwapped(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c, ann := t.Context(), sdk(h), "ann@example.com"
		join(t, h, ann, easy)
		open := func(preferred string) *string {
			parameters := map[string]string{"USERNAME": ann}
			if preferred != "" {
				parameters["PREFERRED_CHALLENGE"] = preferred
			}
			asked, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), AuthParameters: parameters})
			must(t, err)
			return asked.Session
		}
		answer := func(session *string, challenge types.ChallengeNameType, parameters map[string]string) error {
			parameters["USERNAME"] = ann
			_, err := c.RespondToAuthChallenge(ctx, &cip.RespondToAuthChallengeInput{ClientId: clientID(), ChallengeName: challenge, Session: session, ChallengeResponses: parameters})
			return err
		}
		password := func() map[string]string { return map[string]string{"PASSWORD": easy} }
		srp := func() map[string]string { return map[string]string{"SRP_A": "abcdef0123456789"} }
		with := func(parameters map[string]string, factor string) map[string]string {
			parameters["ANSWER"] = factor
			return parameters
		}
		const no = "Invalid session for the user."
		refused(t, answer(open("PASSWORD"), "PASSWORD_SRP", srp()), "NotAuthorizedException", no)
		refused(t, answer(open("PASSWORD"), "SELECT_CHALLENGE", with(srp(), "PASSWORD_SRP")), "NotAuthorizedException", no)
		refused(t, answer(open(""), "PASSWORD", password()), "NotAuthorizedException", no)
		refused(t, answer(open(""), "PASSWORD_SRP", srp()), "NotAuthorizedException", no)
		must(t, answer(open("PASSWORD"), "PASSWORD", password()))
		must(t, answer(open("PASSWORD"), "SELECT_CHALLENGE", with(password(), "PASSWORD")))
		must(t, answer(open(""), "SELECT_CHALLENGE", with(srp(), "PASSWORD_SRP")))
	})
}
