package account_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Whoever replaces a password, the mailed code that was to do so is void.
func TestReplacedPasswordEndsItsCode(t *testing.T) {
	t.Parallel()
	const name = "ann@example.com"
	for what, replace := range map[string]func(d *desk, u pool.User) error{
		"its owner": func(d *desk, u pool.User) error {
			return d.ChangePassword(t.Context(), d.app, u, secret, "another one")
		},
		"an operator": func(d *desk, u pool.User) error {
			return d.SetPassword(t.Context(), d.app.Pool, u, "another one", true)
		},
		"another invitation": func(d *desk, u pool.User) error {
			return second(d.Invite(t.Context(), d.app.Pool, account.Invitation{Username: name, Action: "RESEND"}))
		},
		"the invited": func(d *desk, u pool.User) error {
			session := pool.NewSession(d.app, pool.SessionNewPassword, u.Sub, u, d.Now())
			id := pool.NewSessionID(d.SessionKey, session)
			must(t, d.DB.Sessions.Create(t.Context(), &session, housetest.PoolID, pool.HashToken(id)))
			return d.Choose(t.Context(), d.app, account.Choice{SessionID: id, Password: "another one"})
		},
	} {
		d := newDesk(t, "", nil)
		made := d.signUp(name)
		must(t, second(d.DB.Users.Update(t.Context(), housetest.PoolID, made.User.Sub, func(u *pool.User) error {
			u.Status = pool.ForceChangePassword
			return nil
		})))
		must(t, d.DB.MailedCodes.Put(t.Context(), &pool.MailedCode{MAC: []byte("x"), ExpiresAt: 1 << 50}, housetest.PoolID, made.User.Sub, string(pool.PurposeReset)))
		must(t, replace(d, d.user(made.User.Sub)))
		if u := d.user(made.User.Sub); u.Password.Hash == made.User.Password.Hash {
			t.Errorf("%s replaced nothing", what)
		}
		if _, err := d.DB.MailedCodes.Get(t.Context(), housetest.PoolID, made.User.Sub, string(pool.PurposeReset)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: the code is still there: %v", what, err)
		}
	}
}

// A server that is too busy to look at the old password counts no wrong one.
func TestBusyChangeGivesTheTryBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	u := d.signUp("ann@example.com").User
	d.Passwords = password.NewHasher(password.Params{MemoryKiB: 1 << 17, Passes: 8, Lanes: 1}, 1)
	crowd, goHome := context.WithCancel(context.Background())
	defer goHome()
	var crowded sync.WaitGroup
	for range 4 { // hold the only slot, one after another, longer than the test needs
		crowded.Go(func() { d.Passwords.Waste(crowd, "slow") })
	}
	for d.Passwords.Count() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	refused := make(chan error, 1)
	go func() { refused <- d.ChangePassword(ctx, d.app, u, secret, "another one") }()
	failures := func() int {
		l, err := d.DB.Lockouts.Get(t.Context(), housetest.PoolID, u.Sub)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return l.Failures
	}
	for deadline := time.Now().Add(30 * time.Second); failures() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if failures() != 1 {
		t.Fatal("the try is not counted before it is looked at")
	}
	leave() // the caller has no patience
	if err := <-refused; pool.AsError(err) == nil || pool.AsError(err).Kind != pool.TooManyRequests {
		t.Errorf("without a slot: %v", err)
	}
	if n := failures(); n != 0 {
		t.Errorf("%d failures are counted", n)
	}
	goHome()
	crowded.Wait()
	d.Passwords = password.NewHasher(password.Light(), 1)
	housetest.Refused(t, "a wrong password", d.ChangePassword(t.Context(), d.app, u, "not this one", "another one"), "NotAuthorized.password")
	if l, err := d.DB.Lockouts.Get(t.Context(), housetest.PoolID, u.Sub); err != nil || l.Failures != 1 {
		t.Errorf("%d failures are counted, want 1: %v", l.Failures, err)
	}
}

// One address gets ten codes an hour, for whatever account and whoever asks.
// Beyond that the answers stay the same, and the newest code that was sent
// works on.
func TestBudgetOfAnAddress(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, withAliases)
		const shared = "Shared@example.com"
		names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}
		for _, name := range names {
			if made := d.join(name, shared); made.Delivery == nil || made.Delivery.Destination != "S***@e***" || made.SessionID == "" {
				t.Errorf("%s signed up with %+v", name, made)
			}
			d.wait(time.Millisecond)
		}
		count := func(want int) {
			t.Helper()
			mails, err := d.DB.Mails.Newest(t.Context(), "shared@example.com", 50)
			if err != nil || len(mails) != want {
				t.Errorf("%d mails, %v, want %d", len(mails), err, want)
			}
		}
		count(10)
		tenth := d.code(shared)
		for _, route := range []func(name string) error{
			func(name string) error { return second(d.Resend(t.Context(), d.app, name)) },
			func(name string) error { return second(d.Forgot(t.Context(), d.app, name)) },
		} {
			housetest.Refused(t, "the tenth asks again", route("j"), "")
			housetest.Refused(t, "the eleventh asks again", route("k"), "")
		}
		count(10)
		must(t, d.confirm("j", tenth, ""))
		d.wait(time.Hour)
		must(t, second(d.Resend(t.Context(), d.app, "k")))
		count(11)
		d.app.Client.PreventUserExistenceErrors = "LEGACY"
		for range 9 {
			must(t, second(d.Resend(t.Context(), d.app, names[0])))
			names = names[1:]
		}
		count(20)
		housetest.Refused(t, "where nobody is hidden", second(d.Resend(t.Context(), d.app, "l")), "LimitExceeded")
	})
}
