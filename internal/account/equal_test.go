package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/srp"
	"github.com/poolhouse/poolhouse/internal/store"
)

// work is what an answer cost.
type work struct {
	hashes, powers uint64
	ledger         store.Cost
}

func (d *desk) work(f func()) work {
	d.t.Helper()
	before := work{d.Passwords.Count(), srp.Count(), d.DB.Cost()}
	f()
	after := work{d.Passwords.Count(), srp.Count(), d.DB.Cost()}
	return work{after.hashes - before.hashes, after.powers - before.powers,
		store.Cost{Statements: after.ledger.Statements - before.ledger.Statements, Rows: after.ledger.Rows - before.ledger.Rows}}
}

// A name with an account and one without give the same answer for the same
// work: hashes, SRP powers, round trips to the database and rows written, the
// first time and again, while tries last and when they have run out.
//
// Not parallel: SRP powers are counted for the whole process.
func TestUnknownCostsTheSame(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			location := ""
			if database == "postgres" {
				location = housetest.Postgres(t)
			}
			d := newDesk(t, location, nil)
			in := &signin.Signin{DB: d.DB, Passwords: d.Passwords, NameKey: d.NameKey, Now: d.Now}
			d.signUp("ann@example.com") // waits for its code
			bob := d.signUp("bob@example.com").User.Sub
			must(t, second(d.DB.Users.Update(t.Context(), housetest.PoolID, bob, func(u *pool.User) error {
				u.Status, u.Attributes["email_verified"] = pool.Confirmed, "true"
				return nil
			})))
			must(t, d.DB.MailedCodes.Delete(t.Context(), housetest.PoolID, bob, string(pool.PurposeConfirm)))
			another := d.signUp("dora@example.com").SessionID
			routes := map[string]func(name string) (pool.Delivery, error){
				"sign in": func(name string) (pool.Delivery, error) {
					return pool.Delivery{}, second(in.Begin(t.Context(), d.app, signin.Attempt{Username: name, Factor: signin.Password("not this one")}))
				},
				"srp": func(name string) (pool.Delivery, error) {
					step, err := in.Begin(t.Context(), d.app, signin.Attempt{Username: name, Factor: signin.SRP{A: "abcdef0123456789"}})
					must(t, err)
					proof := signin.Proof{SecretBlock: step.SRP.SecretBlock, Signature: strings.Repeat("A", 43) + "=", Timestamp: "Mon Nov 2 09:08:07 UTC 2026"}
					return pool.Delivery{}, second(in.Begin(t.Context(), d.app, signin.Attempt{Username: step.SRP.Username, Factor: proof}))
				},
				"choice": func(name string) (pool.Delivery, error) {
					return pool.Delivery{}, second(in.Offer(t.Context(), d.app, name, "PASSWORD"))
				},
				"forgot":  func(name string) (pool.Delivery, error) { return d.Forgot(t.Context(), d.app, name) },
				"resend":  func(name string) (pool.Delivery, error) { return d.Resend(t.Context(), d.app, name) },
				"confirm": func(name string) (pool.Delivery, error) { return pool.Delivery{}, d.confirm(name, "000000", "") },
				"confirm by another's session": func(name string) (pool.Delivery, error) {
					return pool.Delivery{}, d.confirm(name, "000000", another)
				},
				"reset": func(name string) (pool.Delivery, error) {
					return pool.Delivery{}, d.reset(name, "000000", "new password")
				},
				"reset to a bad one": func(name string) (pool.Delivery, error) {
					return pool.Delivery{}, d.reset(name, "000000", "short")
				},
			}
			for _, route := range []string{"confirm", "reset", "reset to a bad one", "sign in", "srp", "choice", "forgot", "reset", "resend", "confirm", "confirm by another's session"} {
				for round := range 18 { // past every budget
					compare(t, d, route, round, routes[route])
				}
				d.wait(time.Hour)
			}
		})
	}
}

func compare(t *testing.T, d *desk, route string, round int, do func(name string) (pool.Delivery, error)) {
	t.Helper()
	type answer struct {
		said string
		work work
	}
	ask := func(name string) (a answer) {
		a.work = d.work(func() {
			delivery, err := do(name)
			a.said = strings.ReplaceAll(delivery.Destination, name[:1]+"***", "x***")
			if err != nil {
				a.said = err.Error()
			}
		})
		return a
	}
	nobody := ask("carl@example.com")
	for _, name := range []string{"ann@example.com", "bob@example.com"} {
		if got := ask(name); got != nobody {
			t.Errorf("%s, round %d: %s gave %+v, nobody %+v", route, round, name, got, nobody)
		}
	}
}
