package stories_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// audited is a house whose pool shows its audit trail by the API.
func audited(t *testing.T, database string) *housetest.House {
	t.Helper()
	return housetest.Start(t, with(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
		p.UserPoolTier, p.UserPoolAddOns = "PLUS", &pool.UserPoolAddOns{AdvancedSecurityMode: "AUDIT"}
		c.ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"}
	}))
}

// entered signs somebody in by the API.
func entered(ctx context.Context, c *cip.Client, name, password string) (*types.AuthenticationResultType, error) {
	out, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: clientID(),
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password}})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

// told is an event of a pool's trail in a few words.
func told(e pool.Event) string {
	words := []string{string(e.Kind), string(e.Result), string(e.Reason), e.Via, e.Operation, string(e.Door)}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// trailOf is all that the house's ledger has of a pool, the oldest first.
func trailOf(t testing.TB, h *housetest.House, poolID string) (all []pool.Event) {
	t.Helper()
	for after := ""; ; after = all[len(all)-1].ID {
		page, err := h.DB.Events.List(t.Context(), store.EventPage{UserPoolID: poolID, After: after, Limit: 100})
		must(t, err)
		all = append(all, page...)
		if len(page) < 100 {
			return all
		}
	}
}

// recorded demands that the trail ends with these events, and with no others since
// the one before.
func recorded(t *testing.T, h *housetest.House, seen *int, what string, want ...string) {
	t.Helper()
	all := trailOf(t, h, housetest.PoolID)
	var got []string
	for _, e := range all[min(*seen, len(all)):] {
		got = append(got, told(e))
	}
	if *seen = len(all); !slices.Equal(got, want) {
		t.Errorf("%s told %q, want %q", what, got, want)
	}
}

// Operators read who signed in and who was refused, the newest first, by pages,
// and what is said of it.
func TestAPIAuthEvents(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, ctx := audited(t, database), t.Context()
		c := sdk(h)
		h.SignUp(h.Browser(), housetest.Ask(), ann, rightOne)
		refused(t, only(entered(ctx, c, ann, "a-wrong-one")), unauthorized, "Incorrect username or password.")
		refused(t, only(entered(ctx, c, ann, "another-one")), unauthorized, "Incorrect username or password.")
		in, err := entered(ctx, c, ann, rightOne)
		must(t, err)
		must(t, only(c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String(ann)})))
		must(t, only(c.ChangePassword(ctx, &cip.ChangePasswordInput{AccessToken: in.AccessToken, PreviousPassword: aws.String(rightOne), ProposedPassword: aws.String(strongOne)})))
		ask := &cip.AdminListUserAuthEventsInput{UserPoolId: poolID(), Username: aws.String(ann)}
		want := []string{
			"PasswordChange Pass ", "ForgotPassword Pass ", "SignIn Pass Password Success", "SignIn Fail Password Failure", "SignIn Fail Password Failure", "SignIn Pass ", "SignUp Pass ",
		}
		whole, err := c.AdminListUserAuthEvents(ctx, ask)
		must(t, err)
		var got []string
		for _, e := range whole.AuthEvents {
			line := string(e.EventType) + " " + string(e.EventResponse) + " "
			for _, r := range e.ChallengeResponses {
				line += string(r.ChallengeName) + " " + string(r.ChallengeResponse)
			}
			got = append(got, line)
			if d := e.EventContextData; d == nil || aws.ToString(d.IpAddress) != "127.0.0.1" || e.EventRisk == nil || e.EventRisk.RiskDecision != types.RiskDecisionTypeNoRisk || e.EventFeedback != nil {
				t.Errorf("%s: from %+v, risk %+v, feedback %+v", line, d, e.EventRisk, e.EventFeedback)
			}
			if age := h.Now().Sub(aws.ToTime(e.CreationDate)); age < 0 || age > time.Minute {
				t.Errorf("%s happened %s ago", line, age)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the events are %q, want %q", got, want)
		}
		var paged []types.AuthEventType
		pages, small := 0, *ask
		for small.MaxResults = aws.Int32(3); pages == 0 || small.NextToken != nil; pages++ {
			page, err := c.AdminListUserAuthEvents(ctx, &small)
			must(t, err)
			paged, small.NextToken = append(paged, page.AuthEvents...), page.NextToken
		}
		if pages != 3 || len(paged) != len(want) {
			t.Errorf("%d events on %d pages, want %d on 3", len(paged), pages, len(want))
		}
		for i := range min(len(paged), len(want)) {
			if *paged[i].EventId != *whole.AuthEvents[i].EventId {
				t.Errorf("by pages the event %d is another", i)
			}
		}
		giveFeedback(t, h, c, whole.AuthEvents)
	})
}

// giveFeedback says of the newest event that it is right, and of another that it
// is not: once more by its owner, whose token is for that event alone.
func giveFeedback(t *testing.T, h *housetest.House, c *cip.Client, events []types.AuthEventType) {
	t.Helper()
	ctx := t.Context()
	before := len(trailOf(t, h, housetest.PoolID))
	first, second := events[0].EventId, events[3].EventId
	judge := func(id *string, value types.FeedbackValueType) error {
		return only(c.AdminUpdateAuthEventFeedback(ctx, &cip.AdminUpdateAuthEventFeedbackInput{UserPoolId: poolID(), Username: aws.String(ann), EventId: id, FeedbackValue: value}))
	}
	own := func(id *string, token string) error {
		return only(c.UpdateAuthEventFeedback(ctx, &cip.UpdateAuthEventFeedbackInput{UserPoolId: poolID(), Username: aws.String(ann), EventId: id, FeedbackToken: &token, FeedbackValue: types.FeedbackValueTypeInvalid}))
	}
	must(t, judge(first, types.FeedbackValueTypeValid))
	must(t, judge(second, types.FeedbackValueTypeValid))
	token := h.FeedbackToken(housetest.PoolID, *second)
	refused(t, own(first, token), unauthorized, "Invalid feedback token.")
	must(t, own(second, token))
	out, err := c.AdminListUserAuthEvents(ctx, &cip.AdminListUserAuthEventsInput{UserPoolId: poolID(), Username: aws.String(ann)})
	must(t, err)
	for i, want := range map[int]string{0: "Valid by Administrator", 1: "none", 3: "Invalid by User"} {
		got := "none"
		if f := out.AuthEvents[i].EventFeedback; f != nil {
			got = fmt.Sprintf("%s by %s", f.FeedbackValue, aws.ToString(f.Provider))
		}
		if got != want {
			t.Errorf("the feedback on event %d is %s, want %s", i, got, want)
		}
	}
	if after := len(trailOf(t, h, housetest.PoolID)); after != before+3 {
		t.Errorf("three verdicts added %d events", after-before)
	}
	for range 4 {
		must(t, own(second, token))
	}
	refused(t, own(second, token), "TooManyRequestsException", "Rate exceeded")
}

// The trail has the true reason of each refusal, whatever the caller was told,
// at both doors.
func TestAuditReasons(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h, ctx, seen := audited(t, database), t.Context(), 0
		c, b := sdk(h), h.Browser()
		digest := sha256.Sum256([]byte(strings.Repeat("v", 43)))
		challenge := base64.RawURLEncoding.EncodeToString(digest[:])
		login := func(name, password string) {
			b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", name, "password", password)
		}
		recorded(t, h, &seen, "making the pool", "operator passed apply command_line", "operator passed apply command_line") // its client and domain; the pool is the house's
		b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", rightOne)
		recorded(t, h, &seen, "signing up", "sign_up passed pages")
		login(ann, rightOne)
		recorded(t, h, &seen, "the right password before the code", "sign_in waiting unconfirmed password pages")
		refused(t, only(c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: aws.String(ann), Password: aws.String(rightOne)})), "UsernameExistsException", "An account with the given email already exists.")
		recorded(t, h, &seen, "signing up again", "sign_up refused name_taken api")
		refused(t, only(c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: aws.String(ann), ConfirmationCode: aws.String("no-code")})), "CodeMismatchException", "Invalid verification code provided, please try again.")
		recorded(t, h, &seen, "a wrong code", "confirm_sign_up refused wrong_code api")
		must(t, only(c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: aws.String(ann), ConfirmationCode: aws.String(h.Code(ann))})))
		recorded(t, h, &seen, "the right code", "confirm_sign_up passed api")

		login(ann, "a-wrong-one")
		recorded(t, h, &seen, "a wrong password", "sign_in refused wrong_password password pages")
		login("nobody@example.com", "a-wrong-one")
		recorded(t, h, &seen, "nobody's name", "sign_in refused unknown_user password pages")
		must(t, only(c.ForgotPassword(ctx, &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String("nobody@example.com")})))
		recorded(t, h, &seen, "nobody's new password", "forgot_password refused unknown_user api")
		must(t, only(c.ResendConfirmationCode(ctx, &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: aws.String(ann)})))
		recorded(t, h, &seen, "a code that nothing waits for", "resend_code refused no_code_needed api")
		for range 4 {
			entered(ctx, c, ann, "a-wrong-one")
		}
		refused(t, only(entered(ctx, c, ann, rightOne)), unauthorized, "Password attempts exceeded")
		again := "sign_in refused wrong_password password api"
		recorded(t, h, &seen, "five wrong ones, and the right one too early", again, again, again, again, "sign_in refused locked_out password api")
		h.Advance(time.Hour)

		in, err := entered(ctx, c, ann, rightOne)
		must(t, err)
		recorded(t, h, &seen, "the right one", "sign_in passed password api")
		refused(t, only(c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeCustomAuth, ClientId: clientID(), AuthParameters: map[string]string{"USERNAME": ann}})), invalid, "CUSTOM_AUTH is not enabled for the client.")
		recorded(t, h, &seen, "a flow that is off", "sign_in refused flow_not_allowed api")
		must(t, only(c.RevokeToken(ctx, &cip.RevokeTokenInput{ClientId: clientID(), Token: in.RefreshToken})))
		recorded(t, h, &seen, "revoking", "revoke_token passed api")
		says(t, "a revoked token", call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", housetest.ClientID, "refresh_token", *in.RefreshToken), 400, "invalid_grant")
		recorded(t, h, &seen, "a revoked token", "token refused token_revoked pages")

		back := h.SignIn(b, housetest.Ask("code_challenge", challenge, "code_challenge_method", "S256"), ann, rightOne)
		recorded(t, h, &seen, "signing in on the page", "sign_in passed password pages")
		says(t, "a wrong verifier", redeemed(t, h, back, "code_verifier", strings.Repeat("w", 43)), 400, "invalid_grant")
		recorded(t, h, &seen, "a wrong verifier", "token refused verifier_mismatch pages")
		says(t, "a replayed code", redeemed(t, h, back, "code_verifier", strings.Repeat("v", 43)), 400, "invalid_grant")
		recorded(t, h, &seen, "a replayed code", "token refused code_replayed pages")
		b.Get("/oauth2/authorize" + housetest.Ask()).Back()
		recorded(t, h, &seen, "a browser that is remembered", "sign_in passed browser_session pages")

		must(t, only(c.AdminDisableUser(ctx, &cip.AdminDisableUserInput{UserPoolId: poolID(), Username: aws.String(ann)})))
		recorded(t, h, &seen, "an operator", "operator passed AdminDisableUser api")
		refused(t, only(entered(ctx, c, ann, rightOne)), unauthorized, "User is disabled.")
		recorded(t, h, &seen, "the right password of a disabled account", "sign_in refused disabled password api")
		must(t, only(c.AdminEnableUser(ctx, &cip.AdminEnableUserInput{UserPoolId: poolID(), Username: aws.String(ann)})))
		must(t, only(c.AdminResetUserPassword(ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(ann)})))
		refused(t, only(entered(ctx, c, ann, rightOne)), "PasswordResetRequiredException", mustReset)
		recorded(t, h, &seen, "after a reset", "operator passed AdminEnableUser api", "operator passed AdminResetUserPassword api", "sign_in refused reset_required password api")
		h.Advance(2 * time.Hour)
		refused(t, only(c.ConfirmForgotPassword(ctx, &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: aws.String(ann), ConfirmationCode: aws.String(h.Code(ann)), Password: aws.String(strongOne)})), "ExpiredCodeException", "Invalid code provided, please request a code again.")
		recorded(t, h, &seen, "a late code", "reset_password refused expired_code api")
		about := map[string]int{}
		for _, e := range trailOf(t, h, housetest.PoolID) {
			switch {
			case pool.UnknownSubject(e.Subject):
				about["nobody"]++
			case pool.LikeSub(e.Subject):
				about[e.Subject]++
			default:
				about["?"]++
			}
		}
		if len(about) != 3 || about["nobody"] != 3 || about["?"] != 3 { // the pool's two things, and the flow
			t.Errorf("the events are about %v", about)
		}
	})
}

// What the retention no longer keeps is swept, and nothing else.
func TestAuditRetention(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.AuditRetentionDays = number(30) }))
		h.SignUp(h.Browser(), housetest.Ask(), ann, rightOne)
		old := len(trailOf(t, h, housetest.PoolID))
		h.Advance(31 * 24 * time.Hour)
		h.SignIn(h.Browser(), housetest.Ask(), ann, rightOne)
		house := len(trailOf(t, h, ""))
		before := h.Now().Add(-30 * 24 * time.Hour).UnixMilli()
		n, err := h.DB.Events.Sweep(t.Context(), housetest.PoolID, before, 2)
		if n != 2 || err != nil {
			t.Errorf("a page of two swept %d, %v", n, err)
		}
		must(t, h.SweepEvents(t.Context()))
		if left := trailOf(t, h, housetest.PoolID); len(left) != 1 || told(left[0]) != "sign_in passed password pages" || old < 3 {
			t.Errorf("of %d old events and a new one %d are left", old, len(left))
		}
		if left := len(trailOf(t, h, "")); left != house || left == 0 {
			t.Errorf("the house's own trail had %d events and has %d", house, left)
		}
	})
}

// The command reads the trail beside a server that runs: what was, in the order of
// time, and then what happens; by a name that somebody has or nobody.
func TestAuditFollow(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		key := filepath.Join(t.TempDir(), "key")
		h := housetest.Start(t, housetest.Config{Database: database, KeyFile: key})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		ledger := server.Ledger{Database: database, MasterKeyFile: key, Log: slog.New(slog.DiscardHandler)}
		read := func(ask server.AuditAsk) (got []string) {
			t.Helper()
			last := ""
			must(t, server.Audit(t.Context(), ledger, ask, func(e pool.Event, token string) error {
				if e.ID <= last || (token != "") != (ask.Feedback && e.Kind != pool.EventOperator) {
					t.Errorf("%s has the token %q, and came after %s", told(e), token, last)
				}
				last, got = e.ID, append(got, string(e.Kind))
				return nil
			}))
			return got
		}
		signUp := []string{"sign_up", "confirm_sign_up", "sign_in"}
		if got := read(server.AuditAsk{Feedback: true}); !slices.Equal(got, append([]string{"operator", "operator", "operator"}, signUp...)) {
			t.Errorf("the whole trail is %q", got)
		}
		if got := read(server.AuditAsk{User: ann}); !slices.Equal(got, signUp) {
			t.Errorf("ann's is %q", got)
		}
		if got := read(server.AuditAsk{User: "nobody@example.com", Pool: housetest.PoolID}); got != nil {
			t.Errorf("nobody's is %q", got)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		began, signedIn := time.Now(), false
		err := server.Audit(ctx, ledger, server.AuditAsk{Follow: 10 * time.Millisecond}, func(e pool.Event, _ string) error {
			switch {
			case signedIn && e.At >= began.UnixMilli():
				stop()
			case !signedIn:
				signedIn = true
				h.SignIn(h.Browser(), housetest.Ask(), ann, secret)
			}
			return nil
		})
		if err != nil && !errors.Is(err, context.Canceled) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("following ended with %v, %v", err, ctx.Err())
		}
		who, err := server.Why(t.Context(), ledger, "", ann)
		if err != nil || !who.Known || len(who.Hindrances) != 0 || len(who.Events) < 4 || told(who.Events[0]) != "sign_in passed password pages" {
			t.Errorf("ann stands as %+v, %v", who, err)
		}
	})
}
