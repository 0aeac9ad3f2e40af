package account_test

import (
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/srp"
)

// withAliases has usernames beside which a verified address signs in.
func withAliases(doc *setup.Document) {
	doc.UserPools[0].UsernameAttributes, doc.UserPools[0].AliasAttributes = nil, []string{"email", "preferred_username"}
}

func (d *desk) join(name, email string) account.SignedUp {
	d.t.Helper()
	made, err := d.SignUp(d.t.Context(), d.app, account.NewUser{Username: name, Password: secret, Attributes: map[string]string{"email": email}})
	must(d.t, err)
	return made
}

// found is the username that a typed name leads to, "" for nobody.
func (d *desk) found(typed string) string {
	d.t.Helper()
	u, err := d.Find(d.t.Context(), d.app.Pool, typed)
	if e := pool.AsError(err); e != nil && e.Kind == pool.UserNotFound {
		return ""
	}
	must(d.t, err)
	return u.Username
}

// Cognito: Customizing sign-in attributes. Many may give one address; who
// proves it first has it.
func TestAliases(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, withAliases)
		const shared = "shared@example.com"
		ann := d.join("ann", shared)
		if got := d.found(shared); got != "" {
			t.Errorf("an address that nobody proved leads to %q", got)
		}
		must(t, d.confirm("ann", d.code(shared), ann.SessionID))
		for _, name := range []string{"ann", "ANN", shared, "Shared@Example.com", ann.User.Sub} {
			if got := d.found(name); got != "ann" {
				t.Errorf("%s leads to %q, want ann", name, got)
			}
		}
		bob := d.join("bob", shared)
		code := d.code(shared)
		err := d.confirm("bob", code, bob.SessionID)
		housetest.Refused(t, "the second who proves it", err, "AliasExists.confirm")
		if e := pool.AsError(err); e == nil || e.Field != "email" {
			t.Errorf("the refusal names %+v, want the email", e)
		}
		if u := d.user(bob.User.Sub); u.Status != pool.Unconfirmed || u.EmailVerified() || d.found(shared) != "ann" {
			t.Errorf("after the refusal bob is %+v and the address leads to %s", u, d.found(shared))
		}
		must(t, d.Confirm(t.Context(), d.app, account.Confirmation{Username: "bob", Code: code, ForceAlias: true}))
		if u := d.user(bob.User.Sub); u.Status != pool.Confirmed || !u.EmailVerified() || d.found(shared) != "bob" {
			t.Errorf("with force bob is %+v and the address leads to %s", u, d.found(shared))
		}
		if u := d.user(ann.User.Sub); u.Status != pool.Confirmed || u.EmailVerified() || u.Email() != shared || d.found("ann") != "ann" {
			t.Errorf("who had the address is %+v", u)
		}
	})
}

// A new account whose address another has proven may choose a new password, but
// gets neither the address nor in.
func TestResetWhereTheAliasIsTaken(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", withAliases)
	const shared = "shared@example.com"
	must(t, d.confirm("ann", d.joined("ann", shared), ""))
	bob := d.join("bob", shared)
	d.wait(time.Second)
	must(t, second(d.Forgot(t.Context(), d.app, "bob")))
	must(t, d.reset("bob", d.code(shared), "another one"))
	u := d.user(bob.User.Sub)
	if ok, _, err := d.Passwords.Check(t.Context(), u.Password.Hash, "another one"); !ok || err != nil {
		t.Errorf("the new password is not in force: %v", err)
	}
	if u.Status != pool.Unconfirmed || u.EmailVerified() || d.found(shared) != "ann" {
		t.Errorf("bob is %+v, the address leads to %s", u, d.found(shared))
	}
}

// joined signs up and returns the code.
func (d *desk) joined(name, email string) string {
	d.t.Helper()
	d.join(name, email)
	return d.code(email)
}

// Cognito: in pools where an address or a number is the username, both are
// unique, verified or not.
func TestEitherIsUsername(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) { doc.UserPools[0].UsernameAttributes = []string{"email", "phone_number"} })
	number := func(name string, attributes map[string]string) error {
		return second(d.SignUp(t.Context(), d.app, account.NewUser{Username: name, Password: secret, Attributes: attributes}))
	}
	must(t, number("+14155550100", map[string]string{"email": "ann@example.com"}))
	sub := d.found("+14155550100")
	if sub == "" || d.found("ann@example.com") != sub || d.found(sub) != sub {
		t.Errorf("the number leads to %q, the address to %q", sub, d.found("ann@example.com"))
	}
	housetest.Refused(t, "the number again", number("+14155550100", nil), "UsernameExists.phone_number")
	housetest.Refused(t, "its address", number("Ann@example.com", nil), "UsernameExists.email")
	housetest.Refused(t, "its address with another number", number("+14155550101", map[string]string{"email": "ann@example.com"}), "UsernameExists.email")
	must(t, number("+14155550101", nil))
	housetest.Refused(t, "neither", number("ann", nil), "InvalidParameter.username_either")
}

// In a pool with aliases too, a name without an account costs what one with an
// account does, under whichever of its names it is typed.
//
// Not parallel: SRP powers are counted for the whole process.
func TestUnknownCostsTheSameWithAliases(t *testing.T) {
	d := newDesk(t, "", withAliases)
	in := &signin.Signin{DB: d.DB, Passwords: d.Passwords, NameKey: d.NameKey, Now: d.Now}
	must(t, d.confirm("ann", d.joined("ann", "ann@example.com"), ""))
	for _, route := range []struct {
		name string
		do   func(name string) error
	}{
		{"sign in", func(name string) error {
			return second(in.Begin(t.Context(), d.app, signin.Attempt{Username: name, Factor: signin.Password("not this one")}))
		}},
		{"forgot", func(name string) error { return second(d.Forgot(t.Context(), d.app, name)) }},
		{"resend", func(name string) error { return second(d.Resend(t.Context(), d.app, name)) }},
		{"confirm", func(name string) error { return d.confirm(name, "000000", "") }},
		{"reset", func(name string) error { return d.reset(name, "000000", "new password") }},
	} {
		type answer struct {
			said string
			work work
		}
		ask := func(name string) (a answer) {
			a.work = d.work(func() {
				if err := route.do(name); err != nil {
					a.said = err.Error()
				}
			})
			d.wait(time.Hour) // each begins with full budgets
			return a
		}
		for _, pair := range [][2]string{{"ann", "zoe"}, {"ann@example.com", "zoe@example.com"}} {
			ask(pair[0]) // the rows that count tries are there in both cases
			ask(pair[1])
			if known, unknown := ask(pair[0]), ask(pair[1]); known != unknown {
				t.Errorf("%s: %s gave %+v, %s %+v", route.name, pair[0], known, pair[1], unknown)
			}
		}
	}
	if srp.Count() == 0 {
		t.Error("no SRP power was counted: the comparison is blind")
	}
}
