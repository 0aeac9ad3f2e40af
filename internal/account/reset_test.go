package account_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

func TestReset(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		made := d.signUp("ann@example.com")
		must(t, d.confirm("ann@example.com", d.code("ann@example.com"), ""))
		must(t, second(d.DB.Lockouts.Upsert(t.Context(), func(l *pool.Lockout) error { l.LockedUntil = 1 << 50; return nil }, housetest.PoolID, made.User.Sub)))
		delivery, err := d.Forgot(t.Context(), d.app, "ANN@example.com")
		if err != nil || delivery.Destination != "A***@e***" {
			t.Fatalf("%+v, %v", delivery, err)
		}
		code, hashes := d.code("ann@example.com"), d.Passwords.Count()
		housetest.Refused(t, "a wrong code", d.reset("ann@example.com", wrong(code), "new password"), "CodeMismatch")
		housetest.Refused(t, "a bad password", d.reset("ann@example.com", code, "short"), "InvalidPassword.length")
		if d.Passwords.Count() != hashes {
			t.Error("a wrong code cost a hash")
		}
		housetest.Refused(t, "the code", d.reset("ann@example.com", code, "new password"), "")
		u := d.user(made.User.Sub)
		if ok, _, _ := d.Passwords.Check(t.Context(), u.Password.Hash, "new password"); !ok {
			t.Error("the new password does not work")
		}
		if u.NotBefore != d.at.Load() || u.Password.SRPVerifier == made.User.Password.SRPVerifier {
			t.Errorf("after the reset %+v", u)
		}
		if _, err := d.DB.Lockouts.Get(t.Context(), housetest.PoolID, u.Sub); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the lockout is still there: %v", err)
		}
		housetest.Refused(t, "the code again", d.reset("ann@example.com", code, "another one"), "CodeMismatch")
	})
}

// The reset code came to the account's address, so it confirms it; the code of
// the sign-up is void then.
func TestResetConfirms(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	made := d.signUp("ann@example.com")
	old := d.code("ann@example.com")
	must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
	must(t, d.reset("ann@example.com", d.code("ann@example.com"), "new password"))
	if u := d.user(made.User.Sub); u.Status != pool.Confirmed || !u.EmailVerified() {
		t.Errorf("the account is %+v", u)
	}
	housetest.Refused(t, "the code of the sign-up", d.confirm("ann@example.com", old, ""), "CodeMismatch")
}

// A code proves the address it was sent to, not the one that the account has
// since.
func TestCodeProvesItsOwnAddress(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	made := d.signUp("ann@example.com")
	code := d.code("ann@example.com")
	must(t, second(d.DB.Users.Update(t.Context(), housetest.PoolID, made.User.Sub, func(u *pool.User) error { u.Attributes["email"] = "other@example.com"; return nil })))
	must(t, d.confirm("ann@example.com", code, ""))
	if d.user(made.User.Sub).EmailVerified() {
		t.Error("an address was verified that got no code")
	}
}

func TestRecoveryIsOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) {
		doc.UserPools[0].AccountRecoverySetting = &pool.AccountRecoverySetting{RecoveryMechanisms: []pool.RecoveryMechanism{{Name: "admin_only", Priority: 1}}}
	})
	d.signUp("ann@example.com")
	housetest.Refused(t, "forgot", second(d.Forgot(t.Context(), d.app, "ann@example.com")), "NotAuthorized.recovery")
}

// A disabled account, or one without a proven address, gets no code; where
// users are hidden nobody hears of it.
func TestForgotForWhomItCannotHelp(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(*pool.User)
		want   string
	}{
		"disabled":           {func(u *pool.User) { u.Status, u.Disabled = pool.Confirmed, true }, "NotAuthorized.disabled"},
		"unproven":           {func(u *pool.User) { u.Status = pool.Confirmed }, "InvalidParameter.contact"},
		"without e-mail":     {func(u *pool.User) { delete(u.Attributes, "email") }, "InvalidParameter.contact"},
		"but not the proven": {func(u *pool.User) { u.Status, u.Attributes["email_verified"] = pool.Confirmed, "true" }, ""},
	} {
		for _, hides := range []string{"ENABLED", "LEGACY"} {
			d := newDesk(t, "", func(doc *setup.Document) { doc.UserPoolClients[0].PreventUserExistenceErrors = hides })
			made := d.signUp("ann@example.com")
			d.wait(time.Second)
			must(t, second(d.DB.Users.Update(t.Context(), housetest.PoolID, made.User.Sub, func(u *pool.User) error { c.change(u); return nil })))
			want, mails := c.want, 1
			if hides == "ENABLED" {
				want = ""
			}
			if c.want == "" {
				mails = 2
			}
			housetest.Refused(t, what+" "+hides, second(d.Forgot(t.Context(), d.app, "ann@example.com")), want)
			if sent, _ := d.DB.Mails.Newest(t.Context(), "", 10); len(sent) != mails {
				t.Errorf("%s %s: %d mails, want %d", what, hides, len(sent), mails)
			}
		}
	}
}

// Where users are not hidden (Cognito: LEGACY) an unknown name is said to be
// one.
func TestLegacyClientsAreTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) { doc.UserPoolClients[0].PreventUserExistenceErrors = "LEGACY" })
	for what, err := range map[string]error{
		"forgot": second(d.Forgot(t.Context(), d.app, "nobody@example.com")), "resend": second(d.Resend(t.Context(), d.app, "nobody@example.com")),
		"confirm": d.confirm("nobody@example.com", "123456", ""), "reset": d.reset("nobody@example.com", "123456", secret),
	} {
		housetest.Refused(t, what, err, "UserNotFound.client")
	}
	d.signUp("ann@example.com")
	housetest.Refused(t, "no code to reset with", d.reset("ann@example.com", "123456", secret), "ExpiredCode")
}

// A mail server that is slow is said to be slow to whoever may know; the wait
// itself would tell others who has an account.
func TestSlowMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.taken.Store(false)
	made := d.signUp("ann@example.com")
	if !made.Delivery.OnItsWay {
		t.Error("a mail that is not taken is said to be sent")
	}
	if delivery, err := d.ResendTo(t.Context(), d.app, "ann@example.com", made.SessionID); err != nil || !delivery.OnItsWay {
		t.Errorf("%+v, %v", delivery, err)
	}
	waited := d.asked.Load()
	for _, name := range []string{"ann@example.com", "nobody@example.com"} {
		must(t, second(d.Resend(t.Context(), d.app, name)))
		must(t, second(d.ResendTo(t.Context(), d.app, name, "guess")))
		must(t, second(d.Forgot(t.Context(), d.app, name)))
	}
	if d.asked.Load() != waited {
		t.Error("somebody waited for the mail server where users are hidden")
	}
}

// Where users are hidden, what is shown of the address that a code goes to is
// the same with an account and without, however the name is typed and by
// whatever way the code is asked for.
func TestMasks(t *testing.T) {
	t.Parallel()
	ways := func(d *desk, name string) (forgot, resend string) {
		t.Helper()
		f, err := d.Forgot(t.Context(), d.app, name)
		must(t, err)
		r, err := d.Resend(t.Context(), d.app, name)
		must(t, err)
		return f.Destination, r.Destination
	}
	byEmail := newDesk(t, "", nil)
	byEmail.signUp("ann@example.com")
	must(t, byEmail.confirm("ann@example.com", byEmail.code("ann@example.com"), ""))
	byEmail.signUp("abe@example.com") // waits for its code
	for _, name := range []string{"ann@example.com", "abe@example.com", "alf@example.com"} {
		for typed, want := range map[string]string{name: "a***@e***", strings.ToUpper(name): "A***@E***", " " + name: "a***@e***"} {
			if forgot, resend := ways(byEmail, typed); forgot != want || resend != want {
				t.Errorf("%q: forgot %q, resend %q, want %q", typed, forgot, resend, want)
			}
		}
	}
	byName := newDesk(t, "", func(doc *setup.Document) { doc.UserPools[0].UsernameAttributes = nil })
	for _, name := range []string{"ann", "abe"} {
		made, err := byName.SignUp(t.Context(), byName.app, account.NewUser{Username: name, Password: secret, Attributes: map[string]string{"email": name + "@example.com"}})
		must(t, err)
		if name == "ann" {
			must(t, byName.confirm(name, byName.code("ann@example.com"), made.SessionID))
		}
	}
	masks := map[string]bool{}
	for i, name := range []string{"ann", "abe", "bob", "carl", "dora", "eve", "fred", "gus", "hal@example.com"} {
		forgot, resend := ways(byName, name)
		if !regexp.MustCompile(`^[a-z]\*\*\*@[a-z]\*\*\*$`).MatchString(forgot) || forgot != resend || i < 2 && forgot != "a***@e***" {
			t.Errorf("%s: forgot %q, resend %q", name, forgot, resend)
		}
		masks[forgot] = true
	}
	if len(masks) < 4 { // eight strangers with three of 676 masks: chance does not do that
		t.Errorf("strangers share the masks %v", masks)
	}
}
