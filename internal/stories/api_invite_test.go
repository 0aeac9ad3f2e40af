package stories_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// invite sends an invitation, changed by f.
func invite(t *testing.T, h *housetest.House, name string, f func(*cip.AdminCreateUserInput)) (*types.UserType, error) {
	t.Helper()
	in := &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &name}
	if f != nil {
		f(in)
	}
	out, err := sdk(h).AdminCreateUser(t.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.User, nil
}

func resent(in *cip.AdminCreateUserInput) { in.MessageAction = types.MessageActionTypeResend }

// asksAnother signs in with a temporary password and says whether another is asked for.
func asksAnother(h *housetest.House, name, password string) (bool, error) {
	in, err := byPassword(h, name, password)
	return err == nil && in.ChallengeName == types.ChallengeNameTypeNewPasswordRequired, err
}

// An operator invites somebody: the mail brings a temporary password in the
// pool's words, which is good for so many days, can be sent anew, and is
// replaced at the first sign-in.
func TestAPIInvite(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			days := 3
			p.Policies.PasswordPolicy.TemporaryPasswordValidityDays = &days
			p.AdminCreateUserConfig = &pool.AdminCreateUserConfig{InviteMessageTemplate: &pool.InviteMessageTemplate{
				EmailSubject: "Welcome", EmailMessage: "Dear {username}, begin with {####}",
			}}
		})
		made, err := invite(t, h, ann, func(in *cip.AdminCreateUserInput) {
			in.UserAttributes = pairsOf("name", "Ann", "email_verified", "true")
			in.DesiredDeliveryMediums = []types.DeliveryMediumType{types.DeliveryMediumTypeEmail}
		})
		must(t, err)
		if made.UserStatus != types.UserStatusTypeForceChangePassword || !made.Enabled {
			t.Errorf("made %+v", made)
		}
		mail := h.Mail(ann)
		first := mail.Code.Reveal()
		if mail.Subject.Reveal() != "Welcome" || mail.Text.Reveal() != "Dear "+ann+", begin with "+first {
			t.Errorf("the invitation reads %q: %q", mail.Subject.Reveal(), mail.Text.Reveal())
		}
		if ok, err := asksAnother(h, ann, first); !ok {
			t.Errorf("the mailed password: %v", err)
		}

		// Sent anew: the first is no longer good, nor what it has opened; the account is
		// the same.
		h.Advance(2 * 24 * time.Hour)
		opened, err := byPassword(h, ann, first)
		must(t, err)
		again, err := invite(t, h, ann, resent)
		must(t, err)
		if *again.Username != *made.Username || !again.UserLastModifiedDate.After(*made.UserLastModifiedDate) {
			t.Errorf("sent anew: %+v, was %+v", again, made)
		}
		second := h.Mail(ann).Code.Reveal()
		_, err = asksAnother(h, ann, first)
		refused(t, err, "NotAuthorizedException", wrong)
		_, err = chooses(h, housetest.ClientID, *opened.Session, ann, easy)
		refused(t, err, "NotAuthorizedException", badSession)
		h.Advance(3*24*time.Hour - time.Minute) // counted from the second
		if ok, err := asksAnother(h, ann, second); !ok {
			t.Errorf("the second password within its three days: %v", err)
		}
		h.Advance(2 * time.Minute)
		_, err = asksAnother(h, ann, second)
		refused(t, err, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")

		// The third is replaced, and then there is nothing to send anew.
		chosen := "Chosen-by-0p"
		_, err = invite(t, h, ann, func(in *cip.AdminCreateUserInput) { resent(in); in.TemporaryPassword = &chosen })
		must(t, err)
		if third := h.Mail(ann); third.Code.Reveal() != chosen {
			t.Errorf("the mail brings %q", third.Code.Reveal())
		}
		in, err := byPassword(h, ann, chosen)
		must(t, err)
		out, err := sdk(h).RespondToAuthChallenge(t.Context(), &cip.RespondToAuthChallengeInput{ClientId: clientID(), Session: in.Session, ChallengeName: in.ChallengeName,
			ChallengeResponses: map[string]string{"USERNAME": ann, "NEW_PASSWORD": easy}})
		must(t, err)
		if out.AuthenticationResult == nil || has(t, h, ann)["name"] != "Ann" {
			t.Errorf("after the new password: %+v, %v", out, has(t, h, ann))
		}
		_, err = invite(t, h, ann, resent)
		throws(t, err, "UnsupportedUserStateException", "status is not FORCE_CHANGE_PASSWORD")
		_, err = invite(t, h, "nobody@example.com", resent)
		throws(t, err, "UserNotFoundException", "")
		if n := h.Mails(ann); n != 3 {
			t.Errorf("%d mails", n)
		}
	})
}

// What is suppressed is not sent, a password that nobody chose follows the
// policy, and a way that does not lead to the person is refused before anything
// is written.
func TestAPIInviteQuietly(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.Policies = nil // what a pool demands of which nothing is said
		})
		_, err := invite(t, h, ann, func(in *cip.AdminCreateUserInput) { in.MessageAction = types.MessageActionTypeSuppress })
		must(t, err)
		_, err = invite(t, h, "bob@example.com", func(in *cip.AdminCreateUserInput) {
			in.DesiredDeliveryMediums = []types.DeliveryMediumType{types.DeliveryMediumTypeSms}
		})
		throws(t, err, "InvalidParameterException", "DesiredDeliveryMediums")
		_, err = invite(t, h, "bob@example.com", func(in *cip.AdminCreateUserInput) { in.TemporaryPassword = aws.String("short") })
		throws(t, err, "InvalidPasswordException", "Password not long enough")
		_, err = sdk(h).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String("bob@example.com")})
		throws(t, err, "UserNotFoundException", "")
		_, err = invite(t, h, "bob@example.com", nil)
		must(t, err)
		mail := h.Mail("bob@example.com")
		made := mail.Code.Reveal()
		for _, class := range []string{`[A-Z]`, `[a-z]`, `[0-9]`, `[^A-Za-z0-9]`, `^.{8,}$`} {
			if !regexp.MustCompile(class).MatchString(made) {
				t.Errorf("the password that was made lacks %s", class)
			}
		}
		if mail.Subject.Reveal() != "Your temporary password" || !strings.Contains(mail.Text.Reveal(), "bob@example.com") {
			t.Errorf("the invitation reads %q: %q", mail.Subject.Reveal(), mail.Text.Reveal())
		}
		if n := h.Mails(ann); n != 0 {
			t.Errorf("%d mails, though suppressed", n)
		}
	})
}

// ForceAliasCreation moves an address from the account that has it as an alias.
func TestAPIInviteForce(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.UsernameAttributes, p.AliasAttributes = nil, []string{"email"}
		})
		invited(t, h, "first", "email", ann, "email_verified", "true")
		take := func(force bool) error {
			_, err := invite(t, h, "second", func(in *cip.AdminCreateUserInput) {
				in.UserAttributes, in.ForceAliasCreation, in.MessageAction = pairsOf("email", ann, "email_verified", "true"), force, types.MessageActionTypeSuppress
			})
			return err
		}
		throws(t, take(false), "AliasExistsException", "email")
		if got := has(t, h, ann); got["Username"] != "first" {
			t.Errorf("after the refusal the address leads to %v", got)
		}
		must(t, take(true))
		if got := has(t, h, ann); got["Username"] != "second" {
			t.Errorf("with force the address leads to %v", got)
		}
		if got := has(t, h, "first"); got["email"] != ann || got["email_verified"] != "false" {
			t.Errorf("who had it has %v", got)
		}
		if !getsIn(h, "first") {
			t.Error("who had the address no longer signs in by name")
		}
	})
}
