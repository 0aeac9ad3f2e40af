package signin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

// A try that the server was too busy to look at does not count: who tries often
// enough while it is busy is not locked out.
func TestBusyGivesTheTryBack(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	g.Passwords = password.NewHasher(password.Params{MemoryKiB: 1 << 17, Passes: 8, Lanes: 1}, 1)
	for _, name := range []string{"ann@example.com", "nobody@example.com"} {
		release := occupy(g)
		for range 6 {
			ctx, cancel := context.WithTimeout(t.Context(), 25*time.Millisecond)
			_, err := g.Begin(ctx, g.app, signin.Attempt{Username: name, Factor: signin.Password(secret)})
			cancel()
			if err == nil || errors.Is(err, &pool.Error{Kind: pool.NotAuthorized}) {
				t.Errorf("%s without a slot: %v", name, err)
			}
		}
		release()
	}
	g.Passwords = password.NewHasher(password.Light(), 1)
	for range 4 {
		housetest.Refused(t, "nobody, wrong", second(g.try("nobody@example.com", secret)), "NotAuthorized.password")
	}
	housetest.Refused(t, "the right password", second(g.try("ann@example.com", secret)), "")
}

// occupy holds the only slot for a good while; release waits for its end.
func occupy(g *gate) (release func()) {
	done, before := make(chan struct{}), g.Passwords.Count()
	go func() {
		defer close(done)
		g.Passwords.Waste(context.Background(), "slow")
	}()
	for g.Passwords.Count() == before {
		time.Sleep(time.Millisecond)
	}
	return func() { <-done }
}

// resetDuringSignIn signs Ann in with her old password, and lets a reset happen
// between the look at the password and the end of the sign-in. By the clock the
// sign-in is the later of the two.
func (g *gate) resetDuringSignIn() signin.Step {
	g.t.Helper()
	hashes, clock, reset := g.Passwords.Count(), g.Now, false
	g.Signin.Now = func() time.Time { // asked once more when the password has been looked at
		if g.Passwords.Count() > hashes && !reset {
			reset = true
			g.change(func(u *pool.User) { u.Status = pool.Confirmed; u.EndAll(clock()) })
			g.wait(time.Second)
		}
		return clock()
	}
	step, err := g.try("ann@example.com", secret)
	must(g.t, err)
	if !reset {
		g.t.Fatal("the sign-in was over before the reset")
	}
	return step
}

// A reset also ends the sign-ins with the old password that are under way.
func TestResetDuringASignIn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		g := newGate(t, database, nil)
		g.change(func(u *pool.User) { u.EndAll(g.Now()) })
		resumes := func(step signin.Step) bool {
			cookie, err := g.Remember(t.Context(), g.app, step.Done, "")
			must(t, err)
			_, known, err := g.Resume(t.Context(), g.app, cookie, pool.AuthRequest{})
			must(t, err)
			return known
		}
		if resumes(g.resetDuringSignIn()) {
			t.Error("the old password opened a browser session")
		}
		step, err := g.try("ann@example.com", secret)
		must(t, err)
		if !resumes(step) {
			t.Error("a sign-in after the reset is not remembered")
		}
	})
}

func TestResetDuringASignInThatWaitsForACode(t *testing.T) {
	t.Parallel()
	g := newGate(t, "", nil)
	g.change(func(u *pool.User) { u.Status = pool.Unconfirmed })
	id := g.resetDuringSignIn().Confirm.SessionID
	must(t, second(g.DB.Sessions.Update(t.Context(), func(s *pool.Session) error { s.Proven = true; return nil }, housetest.PoolID, pool.HashToken(id))))
	housetest.Refused(t, "the session", second(g.Begin(t.Context(), g.app, signin.Attempt{Factor: signin.Proven{SessionID: id}})), "NotAuthorized.session")
}
