package stories_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

var background = context.Background()

// Somebody sets up an authenticator app with their access token, and from then
// on the password alone is not enough; each code is good once, one step early
// or late.
func TestAPISoftwareToken(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token")
		c, ctx := sdk(h), t.Context()
		access := *signedIn(t, h, ann, easy).AccessToken
		throws(t, prefers(h, access, "token"), "InvalidParameterException", "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA")
		app := enrols(t, h, access)
		if in, err := byPassword(h, ann, easy); err != nil || in.AuthenticationResult == nil {
			t.Errorf("an app that is not switched on: %+v, %v", in, err)
		}
		must(t, prefers(h, access, "token"))
		me, err := c.GetUser(ctx, &cip.GetUserInput{AccessToken: &access})
		must(t, err)
		if aws.ToString(me.PreferredMfaSetting) != "SOFTWARE_TOKEN_MFA" || !slices.Equal(me.UserMFASettingList, []string{"SOFTWARE_TOKEN_MFA"}) {
			t.Errorf("GetUser says %v, %v", me.PreferredMfaSetting, me.UserMFASettingList)
		}
		factors, err := c.GetUserAuthFactors(ctx, &cip.GetUserAuthFactorsInput{AccessToken: &access})
		must(t, err)
		if !slices.Equal(factors.ConfiguredUserAuthFactors, []types.AuthFactorType{"PASSWORD", "SOFTWARE_TOKEN"}) {
			t.Errorf("GetUserAuthFactors says %v", factors.ConfiguredUserAuthFactors)
		}

		in := challenged(t, h, ann, easy, tokenMFA)
		if in.ChallengeParameters["FRIENDLY_DEVICE_NAME"] != "Ann's phone" || in.ChallengeParameters["USER_ID_FOR_SRP"] != *me.Username {
			t.Errorf("the challenge says %v", in.ChallengeParameters)
		}
		_, err = withToken(h, in.Session, ann, app.shows(t, 0)) // that which proved the app
		refused(t, err, "ExpiredCodeException", usedOTP)
		for _, away := range []int64{-2, 2} {
			_, err = withToken(h, in.Session, ann, app.shows(t, away))
			refused(t, err, "CodeMismatchException", wrongOTP)
		}
		out, err := withToken(h, in.Session, ann, app.shows(t, 1)) // a clock that is ahead
		must(t, err)
		if out.AuthenticationResult == nil {
			t.Fatalf("the right code: %+v", out)
		}
		must(t, only(c.GetUser(ctx, &cip.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken})))
		_, err = withToken(h, in.Session, ann, app.shows(t, 1))
		throws(t, err, "NotAuthorizedException", "session")
		h.Advance(30 * time.Second)
		in = challenged(t, h, ann, easy, tokenMFA)
		_, err = withToken(h, in.Session, ann, app.shows(t, 0)) // the same step, in another session
		refused(t, err, "ExpiredCodeException", usedOTP)
		_, err = withToken(h, in.Session, ann, app.next(t))
		must(t, err)

		// A new app takes the old one's place once it is proven, not before.
		asked, err := c.AssociateSoftwareToken(ctx, &cip.AssociateSoftwareTokenInput{AccessToken: &access})
		must(t, err)
		_, err = c.VerifySoftwareToken(ctx, &cip.VerifySoftwareTokenInput{AccessToken: &access, UserCode: aws.String("000000")})
		refused(t, err, "EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
		in = challenged(t, h, ann, easy, tokenMFA)
		must(t, second(withToken(h, in.Session, ann, app.next(t))))
		other := authenticator{h, *asked.SecretCode}
		must(t, only(c.VerifySoftwareToken(ctx, &cip.VerifySoftwareTokenInput{AccessToken: &access, UserCode: aws.String(other.shows(t, 0))})))
		in = challenged(t, h, ann, easy, tokenMFA)
		_, err = withToken(h, in.Session, ann, app.next(t))
		refused(t, err, "CodeMismatchException", wrongOTP)
		must(t, second(withToken(h, in.Session, ann, other.next(t))))

		// Switched off, the password is enough again.
		must(t, only(c.SetUserMFAPreference(ctx, &cip.SetUserMFAPreferenceInput{AccessToken: &access, SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: false}})))
		if in, err := byPassword(h, ann, easy); err != nil || in.AuthenticationResult == nil {
			t.Errorf("switched off: %+v, %v", in, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// Where a second factor is ON, who has none sets one up on the way: after the
// password, after a temporary password, after the code of a new account.
func TestAPIMfaSetUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOn, "token")
		c, ctx := sdk(h), t.Context()
		join(t, h, ann, easy)
		in := challenged(t, h, ann, easy, types.ChallengeNameTypeMfaSetup)
		if in.ChallengeParameters["MFAS_CAN_SETUP"] != `["SOFTWARE_TOKEN_MFA"]` {
			t.Errorf("the challenge says %v", in.ChallengeParameters)
		}
		_, err := answers(h, in.Session, ann, types.ChallengeNameTypeMfaSetup)
		throws(t, err, "NotAuthorizedException", "session") // nothing is set up
		asked, err := c.AssociateSoftwareToken(ctx, &cip.AssociateSoftwareTokenInput{Session: in.Session})
		must(t, err)
		throws(t, only(c.AssociateSoftwareToken(ctx, &cip.AssociateSoftwareTokenInput{Session: in.Session})), "NotAuthorizedException", "session")
		app := authenticator{h, *asked.SecretCode}
		throws(t, only(c.VerifySoftwareToken(ctx, &cip.VerifySoftwareTokenInput{Session: asked.Session, UserCode: aws.String("000000")})), "EnableSoftwareTokenMFAException", "")
		_, err = answers(h, asked.Session, ann, types.ChallengeNameTypeMfaSetup)
		throws(t, err, "NotAuthorizedException", "session") // not proven
		proven, err := c.VerifySoftwareToken(ctx, &cip.VerifySoftwareTokenInput{Session: asked.Session, UserCode: aws.String(app.shows(t, 0)), FriendlyDeviceName: aws.String("phone")})
		must(t, err)
		out, err := answers(h, proven.Session, ann, types.ChallengeNameTypeMfaSetup)
		must(t, err)
		if out.AuthenticationResult == nil {
			t.Fatalf("with an app: %+v", out)
		}
		in = challenged(t, h, ann, easy, tokenMFA)
		must(t, second(withToken(h, in.Session, ann, app.next(t))))
		seen, err := c.AdminGetUser(ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String(ann)})
		must(t, err)
		if !slices.Equal(seen.UserMFASettingList, []string{"SOFTWARE_TOKEN_MFA"}) {
			t.Errorf("an operator sees %v", seen.UserMFASettingList)
		}

		bob := "bob@example.com"
		must(t, only(c.AdminCreateUser(ctx, &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &bob, TemporaryPassword: aws.String(easy), MessageAction: types.MessageActionTypeSuppress})))
		in = challenged(t, h, bob, easy, types.ChallengeNameTypeNewPasswordRequired)
		next, err := answers(h, in.Session, bob, types.ChallengeNameTypeNewPasswordRequired, "NEW_PASSWORD", easy+"2")
		must(t, err)
		if next.ChallengeName != types.ChallengeNameTypeMfaSetup {
			t.Errorf("after a temporary password: %q", next.ChallengeName)
		}
		cat := "cat@example.com"
		up, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &cat, Password: aws.String(easy)})
		must(t, err)
		confirmed, err := c.ConfirmSignUp(ctx, &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &cat, ConfirmationCode: aws.String(h.Code(cat)), Session: up.Session})
		must(t, err)
		first, err := c.InitiateAuth(ctx, &cip.InitiateAuthInput{AuthFlow: types.AuthFlowTypeUserAuth, ClientId: clientID(), Session: confirmed.Session, AuthParameters: map[string]string{"USERNAME": cat}})
		must(t, err)
		if first.ChallengeName != types.ChallengeNameTypeMfaSetup {
			t.Errorf("after sign-up: %q", first.ChallengeName)
		}
	})
}

// A code by e-mail as second factor; and with two factors, the question which.
func TestAPIEmailAndChoice(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
		c, ctx := sdk(h), t.Context()
		access := *signedIn(t, h, ann, easy).AccessToken
		must(t, prefers(h, access, "email"))
		in := challenged(t, h, ann, easy, emailMFA)
		if in.ChallengeParameters["CODE_DELIVERY_DELIVERY_MEDIUM"] != "EMAIL" || in.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
			t.Errorf("the challenge says %v", in.ChallengeParameters)
		}
		mail := h.Mail(ann)
		code := mail.Code.Reveal()
		if mail.Subject.Reveal() != "Second step" || mail.Text.Reveal() != "Your second step is "+code+"." || !regexp.MustCompile(`^\d{6}$`).MatchString(code) {
			t.Errorf("the mail reads %q, %q", mail.Subject.Reveal(), mail.Text.Reveal())
		}
		_, err := answers(h, in.Session, ann, emailMFA, "EMAIL_OTP_CODE", notThis(code))
		refused(t, err, "CodeMismatchException", "Invalid code or auth state for the user.")
		_, err = answers(h, in.Session, ann, tokenMFA, "SOFTWARE_TOKEN_MFA_CODE", code)
		throws(t, err, "NotAuthorizedException", "session")
		out, err := answers(h, in.Session, ann, emailMFA, "EMAIL_OTP_CODE", code)
		must(t, err)
		if out.AuthenticationResult == nil {
			t.Fatalf("the right code: %+v", out)
		}
		_, err = answers(h, in.Session, ann, emailMFA, "EMAIL_OTP_CODE", code)
		throws(t, err, "NotAuthorizedException", "session")

		app := enrols(t, h, access)
		both := &cip.SetUserMFAPreferenceInput{AccessToken: &access,
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true}, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true, PreferredMfa: false}}
		must(t, only(c.SetUserMFAPreference(ctx, both)))
		in = challenged(t, h, ann, easy, types.ChallengeNameTypeSelectMfaType)
		if in.ChallengeParameters["MFAS_CAN_CHOOSE"] != `["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]` {
			t.Errorf("the choice says %v", in.ChallengeParameters)
		}
		_, err = answers(h, in.Session, ann, types.ChallengeNameTypeSelectMfaType, "ANSWER", "SMS_MFA")
		throws(t, err, "InvalidParameterException", "MFA type")
		next, err := answers(h, in.Session, ann, types.ChallengeNameTypeSelectMfaType, "ANSWER", "EMAIL_OTP")
		must(t, err)
		if next.ChallengeName != emailMFA {
			t.Fatalf("chosen e-mail: %q", next.ChallengeName)
		}
		must(t, second(answers(h, next.Session, ann, emailMFA, "EMAIL_OTP_CODE", h.Code(ann))))
		in = challenged(t, h, ann, easy, types.ChallengeNameTypeSelectMfaType)
		next, err = answers(h, in.Session, ann, types.ChallengeNameTypeSelectMfaType, "ANSWER", "SOFTWARE_TOKEN_MFA")
		must(t, err)
		must(t, second(withToken(h, next.Session, ann, app.next(t))))

		// One of two is preferred: it is asked for; two cannot be.
		both.EmailMfaSettings.PreferredMfa = true
		must(t, only(c.SetUserMFAPreference(ctx, both)))
		challenged(t, h, ann, easy, emailMFA)
		both.SoftwareTokenMfaSettings.PreferredMfa = true
		throws(t, only(c.SetUserMFAPreference(ctx, both)), "InvalidParameterException", "Only one")
		challenged(t, h, ann, easy, emailMFA)
	})
}

// notThis is another code of as many digits.
func notThis(code string) string {
	if strings.HasPrefix(code, "1") {
		return "2" + code[1:]
	}
	return "1" + code[1:]
}

// An operator sees what somebody has, switches it on and off, and takes a lost
// app away.
func TestAPIAdminMFA(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
		c, ctx, who := sdk(h), t.Context(), aws.String(ann)
		access := *signedIn(t, h, ann, easy).AccessToken
		enrols(t, h, access)
		prefer := func(token, email *bool) error {
			in := &cip.AdminSetUserMFAPreferenceInput{UserPoolId: poolID(), Username: who}
			if token != nil {
				in.SoftwareTokenMfaSettings = &types.SoftwareTokenMfaSettingsType{Enabled: *token, PreferredMfa: *token}
			}
			if email != nil {
				in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: *email}
			}
			return only(c.AdminSetUserMFAPreference(ctx, in))
		}
		yes, no := true, false
		must(t, prefer(&yes, &yes))
		challenged(t, h, ann, easy, tokenMFA)
		got := operation(t, h, "AdminGetUserAuthFactors", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": ann}).ok(t)
		for _, want := range []string{`"PreferredMfaSetting":"SOFTWARE_TOKEN_MFA"`, `"UserMFASettingList":["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]`, `"ConfiguredUserAuthFactors":["PASSWORD","SOFTWARE_TOKEN","EMAIL_OTP"]`} {
			if !strings.Contains(got.body, want) {
				t.Errorf("AdminGetUserAuthFactors lacks %s: %s", want, got.body)
			}
		}
		operation(t, h, "AdminDeleteSoftwareToken", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": ann}).ok(t)
		challenged(t, h, ann, easy, emailMFA)
		throws(t, prefer(&yes, nil), "InvalidParameterException", "SOFTWARE_TOKEN_MFA")
		must(t, prefer(nil, &no))
		if in, err := byPassword(h, ann, easy); err != nil || in.AuthenticationResult == nil {
			t.Errorf("nothing is switched on: %+v, %v", in, err)
		}
		operation(t, h, "AdminDeleteSoftwareToken", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": ann}).ok(t) // again
	})
}
