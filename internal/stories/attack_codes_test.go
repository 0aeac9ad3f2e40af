package stories_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/srp"
)

func forgot(t *testing.T, h *housetest.House, name string) (*cip.ForgotPasswordOutput, error) {
	t.Helper()
	return sdk(h).ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: clientID(), Username: &name})
}

// A code that was mailed to forget a password is worth nothing once the account
// has another address or another password.
func TestAttackOldResetCode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		const old, fresh = "old@example.com", "new@example.com"
		token := signedIn(t, h, old, rightOne).AccessToken
		reset := func(name, code string) error {
			return only(sdk(h).ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: &name, ConfirmationCode: &code, Password: aws.String("thief123")}))
		}
		ask := func(name string) string {
			must(t, only(forgot(t, h, name)))
			return h.Code(name)
		}
		stolen := ask(old)
		must(t, change(t, h, token, attribute("email", fresh)))
		must(t, only(sdk(h).VerifyUserAttribute(t.Context(), &cip.VerifyUserAttributeInput{AccessToken: token, AttributeName: aws.String("email"), Code: aws.String(h.Code(fresh))})))
		refused(t, reset(fresh, stolen), "ExpiredCodeException", oldCode)

		stolen = ask(fresh)
		must(t, only(sdk(h).ChangePassword(t.Context(), &cip.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String(rightOne), ProposedPassword: aws.String("secret2")})))
		refused(t, reset(fresh, stolen), "CodeMismatchException", wrongCode)

		stolen = ask(fresh)
		must(t, only(sdk(h).AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(fresh), Password: aws.String("operator1"), Permanent: true})))
		refused(t, reset(fresh, stolen), "CodeMismatchException", wrongCode)
		must(t, only(byPassword(h, fresh, "operator1")))
	})
}

// Who was invited does not revive a temporary password that has expired; where
// nobody is told who has an account, the answer is that for nobody.
func TestAttackExpiredInvitation(t *testing.T) {
	t.Parallel()
	for _, hides := range []string{"ENABLED", "LEGACY"} {
		h := apiHouse(t, "", func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.PreventUserExistenceErrors = hides })
		must(t, only(sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: aws.String(ann), TemporaryPassword: aws.String(rightOne), MessageAction: "SUPPRESS",
			UserAttributes: []types.AttributeType{attribute("email_verified", "true")}})))
		h.Advance(8 * 24 * time.Hour)
		out, err := forgot(t, h, ann)
		if hides == "LEGACY" {
			refused(t, err, "NotAuthorizedException", "User password cannot be reset in the current state.")
		} else if nobody, none := forgot(t, h, "abe@example.com"); err != nil || none != nil || *out.CodeDeliveryDetails.Destination != *nobody.CodeDeliveryDetails.Destination {
			t.Errorf("the invited: %+v, %v; nobody: %+v, %v", out, err, nobody, none)
		}
		if n := h.Mails(ann); n != 0 {
			t.Errorf("%s: %d mails", hides, n)
		}
	}
}

// Nobody has us fill a stranger's mailbox: not by their own address of the
// hour, not by accounts that all have the stranger's.
func TestAttackMailToAStranger(t *testing.T) {
	t.Parallel()
	h := aliasHouse(t, "")
	const stranger = "stranger@example.org"
	tokens := joinAs(t, h, "eve", "eve@example.com")
	for range 5 {
		must(t, change(t, h, tokens.AccessToken, attribute("email", stranger)))
	}
	refused(t, change(t, h, tokens.AccessToken, attribute("email", stranger)), limited, tooOften)
	for i := range 12 {
		up, err := signUpAs(t, h, fmt.Sprint("eve", i), stranger)
		if err != nil || up.CodeDeliveryDetails == nil || *up.CodeDeliveryDetails.Destination != "s***@e***" {
			t.Errorf("sign-up %d: %+v, %v", i, up, err)
		}
	}
	if n := h.Mails(stranger); n != 10 {
		t.Errorf("the stranger has %d mails, want 10", n)
	}
	if _, err := signUpAs(t, h, "somebody", "else@example.org"); err != nil || h.Mails("else@example.org") != 1 {
		t.Errorf("somebody else's: %d mails, %v", h.Mails("else@example.org"), err)
	}
}

// An address that is typed is shown as it was typed, whether it is anybody's
// alias or not.
func TestAttackMaskOfAnAlias(t *testing.T) {
	t.Parallel()
	h := aliasHouse(t, "")
	joinAs(t, h, "ann", ann)
	for name, want := range map[string]string{ann: "a***@e***", "ANN@Example.com": "A***@E***", "kim@example.com": "k***@e***", "Bob@gmail.example": "B***@g***"} {
		out, err := forgot(t, h, name)
		must(t, err)
		again, err := sdk(h).ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: &name})
		must(t, err)
		pages, resent := asked(h, name)
		for _, said := range []string{*out.CodeDeliveryDetails.Destination, *again.CodeDeliveryDetails.Destination, mask.FindString(pages.Body), mask.FindString(resent.Body)} {
			if said != want {
				t.Errorf("%s is shown as %q, want %q", name, said, want)
			}
		}
	}
}

// SRP answers a username in the letters that are compared, whether somebody has
// it or not; a verifier made with other letters works until a sign-in with the
// password replaces it.
func TestAttackSRPSpelling(t *testing.T) {
	t.Parallel()
	h := aliasHouse(t, "")
	in := joinAs(t, h, "Ann_Smith", ann)
	told := func(name string) string {
		return beginSRP(t, h, name, rightOne).asked.ChallengeParameters["USER_ID_FOR_SRP"]
	}
	must(t, only(signUpAs(t, h, "Zoe_Smith", "zoe@example.com")))
	for _, name := range []string{"Ann_Smith", " ANN_SMITH", "Zoe_Smith", "Kim_Smith", " kim_smith"} {
		if got, want := told(name), strings.ToLower(strings.TrimSpace(name)); got != want {
			t.Errorf("%q is told %q, want %q", name, got, want)
		}
	}
	signIn := func() {
		t.Helper()
		out, err := beginSRP(t, h, "Ann_Smith", rightOne).answer(t, nil)
		if err != nil || out.AuthenticationResult == nil || claims(t, *out.AuthenticationResult.AccessToken)["username"] != "Ann_Smith" {
			t.Errorf("SRP signs in %+v, %v", out, err)
		}
	}
	signIn()
	older, err := srp.NewVerifier(pool.ShortName(housetest.PoolID), "Ann_Smith", rightOne)
	must(t, err)
	sub := claims(t, *in.AccessToken)["sub"].(string)
	must(t, only(h.DB.Users.Update(t.Context(), housetest.PoolID, sub, func(u *pool.User) error {
		u.Password.SRPName, u.Password.SRPSalt, u.Password.SRPVerifier = "", pool.Secret(older.Salt), pool.Secret(older.V)
		return nil
	})))
	if got := told("ann_smith"); got != "Ann_Smith" {
		t.Errorf("an older verifier is answered with %q", got)
	}
	signIn()
	must(t, only(byPassword(h, "ann_smith", rightOne)))
	if got := told("ann_smith"); got != "ann_smith" {
		t.Errorf("after a sign-in with the password %q is answered", got)
	}
	signIn()
}
