package signin_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
)

// gate is a Signin on a ledger of its own with one confirmed user, Ann, whose
// clock stands still until it is moved.
type gate struct {
	*signin.Signin
	t   *testing.T
	app pool.App
	ann pool.User
	at  atomic.Int64 // ms
}

const secret = "correct horse"

func newGate(t *testing.T, database string, f func(*setup.Document)) *gate {
	t.Helper()
	db, ring := housetest.Ledger(t, database, housetest.Document(t, f))
	g := &gate{t: t}
	g.at.Store(1_700_000_000_000)
	g.Signin = &signin.Signin{DB: db, Passwords: password.NewHasher(password.Light(), 4), NameKey: ring.Derive("names"), Now: func() time.Time { return time.UnixMilli(g.at.Load()) }}
	hash, err := g.Passwords.Hash(t.Context(), secret)
	must(t, err)
	g.ann = pool.User{UserPoolID: housetest.PoolID, Sub: "ann", Username: "ann", Status: pool.Confirmed, Attributes: map[string]string{"email": "ann@example.com"}, Password: pool.Password{Hash: hash}}
	must(t, db.Users.Create(t.Context(), &g.ann, []pool.Name{{Kind: pool.NameEmail, Folded: "ann@example.com"}}))
	g.app, err = db.App(t.Context(), housetest.ClientID)
	must(t, err)
	return g
}

func (g *gate) wait(by time.Duration) { g.at.Add(by.Milliseconds()) }

func (g *gate) try(name, secret string) (signin.Step, error) {
	return g.Begin(g.t.Context(), g.app, signin.Attempt{Username: name, Factor: signin.Password(secret)})
}

func (g *gate) change(f func(*pool.User)) {
	g.t.Helper()
	_, err := g.DB.Users.Update(g.t.Context(), housetest.PoolID, "ann", func(u *pool.User) error { f(u); return nil })
	must(g.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestPassword(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	for _, name := range []string{"ann@example.com", " ANN@Example.com "} {
		step, err := g.try(name, secret)
		if err != nil || step.Done == nil || step.Confirm != nil || step.Done.User.Sub != "ann" || step.Done.AuthTime != g.at.Load() {
			t.Errorf("%q: %+v, %v", name, step, err)
		}
	}
	for what, c := range map[string]struct{ name, secret, want string }{
		"wrong":           {"ann@example.com", "not this one", "NotAuthorized.password"},
		"in another case": {"ann@example.com", strings.ToUpper(secret), "NotAuthorized.password"},
		"longer":          {"ann@example.com", secret + "x", "NotAuthorized.password"},
		"unknown":         {"bob@example.com", secret, "NotAuthorized.password"},
		"the sub":         {"ann", secret, "NotAuthorized.password"},
		"no name":         {"", secret, "InvalidParameter.required"},
		"no password":     {"ann@example.com", "", "InvalidParameter.required"},
		"NUL in the name": {"ann@example.com\x00", secret, "NotAuthorized.password"},
		"no UTF-8":        {"\xff", secret, "NotAuthorized.password"},
		"a long name":     {strings.Repeat("a", 300) + "@example.com", secret, "NotAuthorized.password"},
		"a long password": {"ann@example.com", strings.Repeat("a", 100_000), "NotAuthorized.password"},
	} {
		housetest.Refused(t, what, second(g.try(c.name, c.secret)), c.want)
	}
}

func TestLegacyClientsAreTold(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", func(d *setup.Document) { d.UserPoolClients[0].PreventUserExistenceErrors = "LEGACY" })
	housetest.Refused(t, "unknown", second(g.try("bob@example.com", secret)), "UserNotFound")
	housetest.Refused(t, "wrong", second(g.try("ann@example.com", "wrong")), "NotAuthorized.password")
}

// Only who knows the password learns that the account is disabled or waits for
// its code.
func TestStates(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	g.change(func(u *pool.User) { u.Disabled = true })
	housetest.Refused(t, "disabled", second(g.try("ann@example.com", secret)), "NotAuthorized.disabled")
	housetest.Refused(t, "disabled, wrong", second(g.try("ann@example.com", "wrong")), "NotAuthorized.password")
	g.change(func(u *pool.User) { u.Disabled, u.Status = false, pool.Unconfirmed })
	housetest.Refused(t, "unconfirmed, wrong", second(g.try("ann@example.com", "wrong")), "NotAuthorized.password")
	step, err := g.try("ann@example.com", secret)
	if err != nil || step.Done != nil || step.Confirm == nil || step.Confirm.SessionID == "" || step.Confirm.SentTo.Destination != "a***@e***" {
		t.Fatalf("unconfirmed: %+v, %v", step, err)
	}
	waits := func(what string) {
		t.Helper()
		if step, err := g.try("ann@example.com", secret); err != nil || step.Waiting == nil || step.Confirm != nil || step.Done != nil {
			t.Errorf("%s: %+v, %v, want that it waits for an operator", what, step, err)
		}
	}
	g.change(func(u *pool.User) { delete(u.Attributes, "email") })
	waits("unconfirmed, without an address")
	g.change(func(u *pool.User) { u.Attributes["email"] = "ann@example.com" })
	g.app.Pool.AutoVerifiedAttributes = nil
	waits("unconfirmed, in a pool that verifies nothing")
}

func TestLockout(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		g := newGate(t, database, nil)
		for _, name := range []string{"ann@example.com", "nobody@example.com"} {
			for range 5 {
				housetest.Refused(t, name, second(g.try(name, "wrong")), "NotAuthorized.password")
			}
			housetest.Refused(t, name+", the sixth", second(g.try(name, "wrong")), "NotAuthorized.attempts")
		}
		hashes := g.Passwords.Count()
		housetest.Refused(t, "the right one during the lock", second(g.try("ann@example.com", secret)), "NotAuthorized.attempts")
		if g.Passwords.Count() != hashes {
			t.Error("a locked account cost a hash")
		}
		g.wait(time.Second)
		housetest.Refused(t, "the right one after it", second(g.try("ann@example.com", secret)), "")
		for range 5 { // a success begins the count afresh
			housetest.Refused(t, "afresh", second(g.try("ann@example.com", "wrong")), "NotAuthorized.password")
		}
	})
}

// Guesses at one moment do not share a count: five are looked at.
func TestRaceGuesses(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		g := newGate(t, database, nil)
		before := g.Passwords.Count()
		errs := make(chan error)
		for range 40 {
			go func() { errs <- second(g.try("ann@example.com", "wrong")) }()
		}
		for range 40 {
			if err := <-errs; !errors.Is(err, &pool.Error{Kind: pool.NotAuthorized}) {
				t.Errorf("a guess: %v", err)
			}
		}
		if n := g.Passwords.Count() - before; n != 5 {
			t.Errorf("%d guesses were looked at, want 5", n)
		}
	})
}

// A hash of other costs is renewed while the password is at hand, and an
// attacker cannot make it so.
func TestOutdatedHashIsRenewed(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	old, err := password.NewHasher(password.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}, 1).Hash(t.Context(), secret)
	must(t, err)
	g.change(func(u *pool.User) { u.Password.Hash = old })
	housetest.Refused(t, "wrong", second(g.try("ann@example.com", "wrong")), "NotAuthorized.password")
	hash := func() string {
		u, err := g.DB.Users.Get(t.Context(), housetest.PoolID, "ann")
		must(t, err)
		return u.Password.Hash
	}
	if hash() != old {
		t.Error("a wrong password changed the hash")
	}
	housetest.Refused(t, "right", second(g.try("ann@example.com", secret)), "")
	fresh := hash()
	if _, outdated, err := g.Passwords.Check(t.Context(), fresh, secret); fresh == old || outdated || err != nil {
		t.Errorf("the hash is %q, %v", fresh, err)
	}
	housetest.Refused(t, "right again", second(g.try("ann@example.com", secret)), "")
}

// Where no slot comes free in time nobody gets in, and nobody hears that the
// password was wrong.
func TestBusy(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	g.Passwords = password.NewHasher(password.Params{MemoryKiB: 1 << 17, Passes: 16, Lanes: 1}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Passwords.Waste(t.Context(), "slow") // holds the only slot for a good while
	}()
	for g.Passwords.Count() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := g.Begin(ctx, g.app, signin.Attempt{Username: "ann@example.com", Factor: signin.Password(secret)})
	if err == nil || errors.Is(err, &pool.Error{Kind: pool.NotAuthorized}) {
		t.Errorf("without a slot: %v", err)
	}
	<-done
}

func TestProvenSession(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		g := newGate(t, database, func(d *setup.Document) {
			other := d.UserPoolClients[0]
			other.ID, other.ClientName = "otherapp", "Other"
			d.UserPoolClients = append(d.UserPoolClients, other)
		})
		session := func(proven bool) string {
			ann, err := g.DB.Users.Get(t.Context(), housetest.PoolID, "ann")
			must(t, err)
			id, s := pool.NewToken(), pool.NewConfirmSession(g.app, ann, g.Now())
			s.Proven = proven
			must(t, g.DB.Sessions.Create(t.Context(), &s, housetest.PoolID, pool.HashToken(id)))
			return id
		}
		begin := func(app pool.App, id string) error {
			return second(g.Begin(t.Context(), app, signin.Attempt{Factor: signin.Proven{SessionID: id}}))
		}
		id := session(true)
		housetest.Refused(t, "proven", begin(g.app, id), "")
		housetest.Refused(t, "twice", begin(g.app, id), "NotAuthorized.session")
		housetest.Refused(t, "not proven", begin(g.app, session(false)), "NotAuthorized.session")
		housetest.Refused(t, "a guess", begin(g.app, "guess"), "NotAuthorized.session")
		housetest.Refused(t, "nothing", begin(g.app, ""), "NotAuthorized.session")
		other, err := g.DB.App(t.Context(), "otherapp")
		must(t, err)
		housetest.Refused(t, "another app's", begin(other, session(true)), "NotAuthorized.session")
		tried := session(true)
		housetest.Refused(t, "tried at another app", begin(other, tried), "NotAuthorized.session")
		housetest.Refused(t, "then at its own", begin(g.app, tried), "")
		ended := session(true)
		g.wait(time.Second)
		g.change(func(u *pool.User) { u.NotBefore = g.at.Load() })
		housetest.Refused(t, "ended by a change of the account", begin(g.app, ended), "NotAuthorized.session")
		housetest.Refused(t, "begun after it", begin(g.app, session(true)), "")
		late := session(true)
		g.wait(24 * time.Hour)
		housetest.Refused(t, "late", begin(g.app, late), "NotAuthorized.session_expired")
	})
}

// The session of a choice serves the name, the app and the time that it was
// opened for.
func TestChosen(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	chosen := func(app pool.App, after time.Duration) error {
		id, err := g.Offer(t.Context(), g.app, "ann@example.com", "")
		must(t, err)
		g.wait(after)
		return g.Chosen(t.Context(), app, signin.Choice{SessionID: id, Username: "ann@example.com", Factor: "PASSWORD", AsAnswer: true})
	}
	other := g.app
	other.Client.ID = "otherapp"
	housetest.Refused(t, "in time", chosen(g.app, g.app.Client.AuthSessionLife()-time.Millisecond), "")
	housetest.Refused(t, "too late", chosen(g.app, g.app.Client.AuthSessionLife()), "NotAuthorized.session_expired")
	housetest.Refused(t, "at another app", chosen(other, 0), "NotAuthorized.session")
}

func TestBrowserSession(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		g := newGate(t, database, nil)
		resume := func(cookie string, ask pool.AuthRequest) bool {
			t.Helper()
			who, ok, err := g.Resume(t.Context(), g.app, cookie, ask)
			must(t, err)
			if ok && who.User.Sub != "ann" {
				t.Errorf("recognised %+v", who)
			}
			return ok
		}
		who := pool.SignedIn{User: g.ann, AuthTime: g.at.Load()}
		first, err := g.Remember(t.Context(), g.app, &who, "planted")
		must(t, err)
		if first == "planted" || resume("planted", pool.AuthRequest{}) || resume("", pool.AuthRequest{}) {
			t.Error("a planted cookie is worth something")
		}
		zero, hour := 0, 3600
		for what, c := range map[string]struct {
			ask  pool.AuthRequest
			want bool
		}{
			"plain": {pool.AuthRequest{}, true}, "prompt=login": {pool.AuthRequest{Prompt: []string{"login"}}, false}, "prompt=none": {pool.AuthRequest{Prompt: []string{"none"}}, true},
			"max_age=0 at once": {pool.AuthRequest{MaxAge: &zero}, true}, "max_age=3600": {pool.AuthRequest{MaxAge: &hour}, true},
		} {
			if got := resume(first, c.ask); got != c.want {
				t.Errorf("%s: %v, want %v", what, got, c.want)
			}
		}
		next, err := g.Remember(t.Context(), g.app, &who, first)
		must(t, err)
		if next == first || resume(first, pool.AuthRequest{}) || !resume(next, pool.AuthRequest{}) {
			t.Error("a new sign-in does not replace the session")
		}
		g.wait(time.Hour - time.Millisecond)
		if !resume(next, pool.AuthRequest{}) || resume(next, pool.AuthRequest{MaxAge: &zero}) {
			t.Error("just before the hour is over")
		}
		g.wait(time.Millisecond)
		if resume(next, pool.AuthRequest{}) {
			t.Error("the session outlives its hour")
		}
	})
}

func TestWhatEndsABrowserSession(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(*gate, string){
		"sign-out":                func(g *gate, cookie string) { must(g.t, g.Forget(g.t.Context(), housetest.PoolID, cookie)) },
		"a change of the account": func(g *gate, _ string) { g.change(func(u *pool.User) { u.NotBefore = g.at.Load() + 1 }) },
		"disabling":               func(g *gate, _ string) { g.change(func(u *pool.User) { u.Disabled = true }) },
	} {
		g := newGate(t, "", nil)
		cookie, err := g.Remember(t.Context(), g.app, &pool.SignedIn{User: g.ann, AuthTime: g.at.Load()}, "")
		must(t, err)
		end(g, cookie)
		if _, ok, err := g.Resume(t.Context(), g.app, cookie, pool.AuthRequest{}); ok || err != nil {
			t.Errorf("%s: still recognised, %v", what, err)
		}
	}
}

// Pools are apart: one pool's cookie means nothing in another, and a sign-in in
// one takes the browser's session in the other along.
func TestBrowserSessionsOfTwoPools(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	other := g.app
	other.Pool.ID = "us-east-1_Other"
	bob := pool.User{UserPoolID: other.Pool.ID, Sub: "ann", Username: "bob"} // the same sub, another person
	must(t, g.DB.Users.Create(t.Context(), &bob, nil))
	now := g.Now().UnixMilli()
	cookie, err := g.Remember(t.Context(), g.app, &pool.SignedIn{User: g.ann, AuthTime: now}, "")
	must(t, err)
	if _, ok, _ := g.Resume(t.Context(), other, cookie, pool.AuthRequest{}); ok {
		t.Error("one pool's cookie was taken by another")
	}
	moved, err := g.Remember(t.Context(), other, &pool.SignedIn{User: bob, AuthTime: now}, cookie)
	must(t, err)
	for _, app := range []pool.App{g.app, other} {
		if _, ok, _ := g.Resume(t.Context(), app, moved, pool.AuthRequest{}); !ok {
			t.Errorf("%s forgot its session", app.Pool.ID)
		}
		if _, ok, _ := g.Resume(t.Context(), app, cookie, pool.AuthRequest{}); ok {
			t.Errorf("%s takes the old cookie", app.Pool.ID)
		}
	}
	must(t, g.Forget(t.Context(), other.Pool.ID, moved))
	if _, ok, _ := g.Resume(t.Context(), g.app, moved, pool.AuthRequest{}); !ok {
		t.Error("signing out of one pool ended the other's session")
	}
	if _, err := g.DB.BrowserSessions.Get(t.Context(), other.Pool.ID, pool.HashToken(moved)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the row is still there: %v", err)
	}
	again, err := g.Remember(t.Context(), other, &pool.SignedIn{User: bob}, moved)
	must(t, err)
	must(t, g.Forget(t.Context(), "", again))
	for _, app := range []pool.App{g.app, other} {
		if _, ok, _ := g.Resume(t.Context(), app, again, pool.AuthRequest{}); ok {
			t.Errorf("signing out of all pools left the session in %s", app.Pool.ID)
		}
	}
}
