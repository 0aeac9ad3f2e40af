package account_test

import (
	"context"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/srp"
)

// desk is an Accounts on a ledger of its own, whose clock stands still until it
// is moved.
type desk struct {
	*account.Accounts
	t     *testing.T
	app   pool.App
	at    atomic.Int64 // ms
	taken atomic.Bool  // whether the mail server takes mail at once
	asked atomic.Int64 // how often somebody waited for it
}

func newDesk(t *testing.T, database string, f func(*setup.Document)) *desk {
	t.Helper()
	db, ring := housetest.Ledger(t, database, housetest.Document(t, f))
	d := &desk{t: t}
	d.at.Store(1_700_000_000_000)
	d.taken.Store(true)
	d.Accounts = &account.Accounts{
		DB: db, Passwords: password.NewHasher(password.Light(), 4), NameKey: ring.Derive("names"), CodeKey: ring.Derive("codes"),
		URL: &url.URL{Scheme: "https", Host: "pool.example.com"}, Now: func() time.Time { return time.UnixMilli(d.at.Load()) },
		Sent: func(context.Context, string, string) bool { d.asked.Add(1); return d.taken.Load() },
	}
	var err error
	d.app, err = db.App(t.Context(), housetest.ClientID)
	must(t, err)
	return d
}

func (d *desk) wait(by time.Duration) { d.at.Add(by.Milliseconds()) }

const secret = "correct horse"

func (d *desk) signUp(email string) account.SignedUp {
	d.t.Helper()
	made, err := d.SignUp(d.t.Context(), d.app, account.NewUser{Username: email, Password: secret})
	must(d.t, err)
	return made
}

// code is the one in the newest mail to address.
func (d *desk) code(address string) string {
	d.t.Helper()
	mails, err := d.DB.Mails.Newest(d.t.Context(), address, 1)
	if err != nil || len(mails) == 0 {
		d.t.Fatalf("no mail to %s: %v", address, err)
	}
	d.wait(time.Millisecond) // the next mail is newer
	return mails[0].Code.Reveal()
}

func (d *desk) user(sub string) pool.User {
	d.t.Helper()
	u, err := d.DB.Users.Get(d.t.Context(), housetest.PoolID, sub)
	must(d.t, err)
	return u
}

func (d *desk) confirm(name, code, session string) error {
	return d.Confirm(d.t.Context(), d.app, account.Confirmation{Username: name, Code: code, SessionID: session})
}

func (d *desk) reset(name, code, password string) error {
	return d.Reset(d.t.Context(), d.app, account.NewPassword{Username: name, Code: code, Password: password})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func wrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

func TestSignUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		made := d.signUp("  Ann@Example.com ")
		u := d.user(made.User.Sub)
		if u.Status != pool.Unconfirmed || u.Username != u.Sub || u.Email() != "Ann@Example.com" || u.EmailVerified() || u.Disabled {
			t.Errorf("the account is %+v", u)
		}
		if ok, _, err := d.Passwords.Check(t.Context(), u.Password.Hash, secret); !ok || err != nil {
			t.Errorf("its hash does not take the password: %v", err)
		}
		v, err := srp.VerifierWithSalt([]byte(u.Password.SRPSalt.Reveal()), "House0001", u.Sub, secret)
		if err != nil || string(v.V) != u.Password.SRPVerifier.Reveal() {
			t.Errorf("its verifier does not take the password: %v", err)
		}
		if made.Delivery == nil || made.Delivery.Destination != "A***@E***" || made.Delivery.OnItsWay || made.SessionID == "" {
			t.Errorf("signing up gave %+v, %+v", made, made.Delivery)
		}
		if code := d.code("ann@example.com"); len(code) != 6 {
			t.Errorf("the code is %q", code)
		}
		for _, again := range []string{"ann@example.com", "ANN@EXAMPLE.COM"} {
			housetest.Refused(t, again, second(d.SignUp(t.Context(), d.app, account.NewUser{Username: again, Password: secret})), "UsernameExists.email")
		}
	})
}

func TestSignUpRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) {
		yes, n := true, 8
		doc.UserPools[0].Policies = &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{MinimumLength: &n, RequireNumbers: &yes}}
	})
	for _, c := range []struct {
		in   account.NewUser
		want string
	}{
		{account.NewUser{Username: "", Password: "password1"}, "InvalidParameter.required"},
		{account.NewUser{Username: "ann", Password: "password1"}, "InvalidParameter.username_email"},
		{account.NewUser{Username: "ann@example.com", Password: ""}, "InvalidParameter.required"},
		{account.NewUser{Username: "ann@example.com", Password: "short1"}, "InvalidPassword.length"},
		{account.NewUser{Username: "ann@example.com", Password: "password"}, "InvalidPassword.number"},
		{account.NewUser{Username: "ann@example.com", Password: strings.Repeat("1", 257)}, "InvalidPassword.long"},
		{account.NewUser{Username: "ann@example.com", Password: "password1", Attributes: map[string]string{"email_verified": "true"}}, "NotAuthorized.write_attribute"},
		{account.NewUser{Username: "ann@example.com", Password: "password1", Attributes: map[string]string{"sub": "x"}}, "NotAuthorized.write_attribute"},
		{account.NewUser{Username: "ann@example.com", Password: "password1", Attributes: map[string]string{"custom:x": "x"}}, "InvalidParameter.schema"},
		{account.NewUser{Username: "ann@example.com", Password: "password1", Attributes: map[string]string{"name": "\x00"}}, "InvalidParameter.attribute"},
	} {
		housetest.Refused(t, c.in.Username+" "+c.in.Password, second(d.SignUp(t.Context(), d.app, c.in)), c.want)
	}
	if d.Passwords.Count() != 0 {
		t.Errorf("%d passwords were hashed for nothing", d.Passwords.Count())
	}
	d.app.Pool.AdminCreateUserConfig = &pool.AdminCreateUserConfig{AllowAdminCreateUserOnly: new(bool)}
	*d.app.Pool.AdminCreateUserConfig.AllowAdminCreateUserOnly = true
	housetest.Refused(t, "a closed pool", second(d.SignUp(t.Context(), d.app, account.NewUser{Username: "ann@example.com", Password: "password1"})), "NotAuthorized.signup_closed")
}

// A pool with usernames: the address is an attribute, and case counts.
func TestSignUpByUsername(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) {
		doc.UserPools[0].UsernameAttributes, doc.UserPools[0].UsernameConfiguration = nil, nil
	})
	signUp := func(name, email string) error {
		return second(d.SignUp(t.Context(), d.app, account.NewUser{Username: name, Password: secret, Attributes: map[string]string{"email": email}, OnPage: true}))
	}
	housetest.Refused(t, "no address", signUp("ann", ""), "InvalidParameter.schema_required")
	housetest.Refused(t, "no address at all", second(d.SignUp(t.Context(), d.app, account.NewUser{Username: "ann", Password: secret, OnPage: true})), "InvalidParameter.schema_required")
	byProgram, err := d.SignUp(t.Context(), d.app, account.NewUser{Username: "zoe", Password: secret})
	if err != nil || byProgram.Delivery != nil || byProgram.User.Attributes["email_verified"] != "" {
		t.Errorf("a program's sign-up without an address: %+v, %v, want an account that waits for an operator", byProgram, err)
	}
	housetest.Refused(t, "ann", signUp("ann", "a@example.com"), "")
	d.wait(time.Second)
	housetest.Refused(t, "Ann is another", signUp("Ann", "a@example.com"), "")
	housetest.Refused(t, "ann again", signUp("ann", "b@example.com"), "UsernameExists.username")
	housetest.Refused(t, "her code", d.confirm("ann", d.code("a@example.com"), ""), "CodeMismatch") // the newest mail is Ann's
}

// A pool that verifies nothing sends nothing: an operator confirms.
func TestSignUpWithoutVerification(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) { doc.UserPools[0].AutoVerifiedAttributes = nil })
	made := d.signUp("ann@example.com")
	mails, err := d.DB.Mails.Newest(t.Context(), "", 10)
	if made.Delivery != nil || len(mails) != 0 || err != nil || d.user(made.User.Sub).Status != pool.Unconfirmed {
		t.Errorf("%+v, %d mails, %v", made, len(mails), err)
	}
}

func TestRaceSignUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		errs := make(chan error)
		for range 8 {
			go func() {
				errs <- second(d.SignUp(t.Context(), d.app, account.NewUser{Username: "ann@example.com", Password: secret}))
			}()
		}
		made := 0
		for range 8 {
			if err := <-errs; err == nil {
				made++
			} else {
				housetest.Refused(t, "a loser", err, "UsernameExists.email")
			}
		}
		mails, err := d.DB.Mails.Newest(t.Context(), "", 10)
		if made != 1 || len(mails) != 1 || err != nil {
			t.Errorf("%d accounts and %d mails were made (%v), want one of each", made, len(mails), err)
		}
	})
}
