package pool_test

import (
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Cognito's curve: five free failures, then 2^(n-5) seconds up to about
// fifteen minutes.
func TestLockoutCurve(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	var l pool.Lockout
	for n, wait := range []time.Duration{1: 0, 2: 0, 3: 0, 4: 0, 5: time.Second, 6: 2 * time.Second, 7: 4 * time.Second, 8: 8 * time.Second, 9: 16 * time.Second, 10: 32 * time.Second, 11: 64 * time.Second, 12: 128 * time.Second, 13: 256 * time.Second, 14: 512 * time.Second, 15: 15 * time.Minute} {
		if n == 0 {
			continue
		}
		if err := l.Reserve(now); err != nil {
			t.Fatalf("failure %d: %v", n, err)
		}
		if wait == 0 {
			continue
		}
		before := l
		if got := refusal(l.Reserve(now.Add(wait - time.Millisecond))); got != "NotAuthorized.attempts" {
			t.Errorf("after failure %d, a millisecond too early: %q", n, got)
		}
		if l != before {
			t.Errorf("after failure %d: a try during the lock counted", n)
		}
		now = now.Add(wait)
	}
}

func TestLockoutForgetsAfterQuiet(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	var l pool.Lockout
	for range 4 {
		if err := l.Reserve(now); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Reserve(now.Add(15*time.Minute - time.Millisecond)); err != nil || l.Failures != 5 {
		t.Errorf("just before a quiet quarter of an hour: %+v, %v", l, err)
	}
	if err := l.Reserve(now.Add(30 * time.Minute)); err != nil || l.Failures != 1 {
		t.Errorf("after it: %+v, %v, want a fresh count", l, err)
	}
}

// Guesses at one moment are counted one by one: each is reserved before its
// password is looked at, so only five of a hundred get through.
func TestLockoutCountsParallelGuesses(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	var l pool.Lockout
	through := 0
	for range 100 {
		if l.Reserve(now) == nil {
			through++
		}
	}
	if through != 5 {
		t.Errorf("%d guesses got through, want 5", through)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	for budget, limit := range map[pool.Budget]int{pool.BudgetResend: 5, pool.BudgetConfirm: 15, pool.BudgetForgot: 5, pool.BudgetReset: 15} {
		now := time.UnixMilli(1_700_000_000_000)
		var w pool.Window
		for i := range limit {
			if err := w.Use(budget, now.Add(time.Duration(i)*time.Second)); err != nil {
				t.Errorf("%s, use %d: %v", budget.Action, i+1, err)
			}
		}
		if got := refusal(w.Use(budget, now.Add(time.Hour-time.Millisecond))); got != "LimitExceeded" {
			t.Errorf("%s, one more: %q, want LimitExceeded", budget.Action, got)
		}
		if err := w.Use(budget, now.Add(time.Hour)); err != nil || w.Count != 1 {
			t.Errorf("%s, in the next hour: %v, %+v", budget.Action, err, w)
		}
	}
}

func TestGrantRotation(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	rotating := pool.ClientSettings{RefreshTokenRotation: &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 10}}
	var g pool.Grant
	try := func(generation int64, at time.Duration, want error) {
		t.Helper()
		if err := g.Rotate(generation, rotating, now.Add(at)); err != want {
			t.Errorf("generation %d after %v: %v, want %v", generation, at, err, want)
		}
	}
	try(0, 0, nil)
	try(0, 9*time.Second, nil) // a retry within the grace
	if g.Generation != 1 {
		t.Errorf("a retry made generation %d", g.Generation)
	}
	try(0, 10*time.Second, pool.ErrRefreshReused)
	try(2, time.Second, pool.ErrRefreshReused) // not made yet
	try(1, 20*time.Second, nil)
	try(0, 20*time.Second, pool.ErrRefreshReused) // two generations old
	still := pool.Grant{}
	for range 3 {
		if err := still.Rotate(0, pool.ClientSettings{}, now); err != nil || still.Generation != 0 {
			t.Errorf("without rotation: %v, %+v", err, still)
		}
	}
}

func TestWhatOutlivesAnAccountsChange(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(10_000)
	g := pool.Grant{CreatedAt: 5000, NotBefore: 4000, ExpiresAt: 20_000}
	for what, c := range map[string]struct {
		g    pool.Grant
		u    pool.User
		want bool
	}{
		"live":           {g, pool.User{NotBefore: 4000}, true},
		"never ended":    {pool.Grant{CreatedAt: 5000, ExpiresAt: 20_000}, pool.User{}, true},
		"signed out":     {g, pool.User{NotBefore: 5001}, false},
		"by a late node": {g, pool.User{NotBefore: 4001}, false}, // ended before it began, by a clock that is behind
		"under way":      {pool.Grant{CreatedAt: 5000, ExpiresAt: 20_000}, pool.User{NotBefore: 4000}, false},
		"of no epoch":    {g, pool.User{NotBefore: 3999}, false},
		"disabled":       {g, pool.User{Disabled: true, NotBefore: 4000}, false},
		"revoked":        {pool.Grant{CreatedAt: 5000, ExpiresAt: 20_000, Revoked: true}, pool.User{}, false},
		"past its day":   {pool.Grant{CreatedAt: 5000, ExpiresAt: 10_000}, pool.User{}, false},
	} {
		if got := c.g.Live(c.u, now); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

// Each change moves the account on, also twice in one moment and by a clock
// that is behind.
func TestEndAll(t *testing.T) {
	t.Parallel()
	var u pool.User
	for _, c := range []struct{ at, want int64 }{{5000, 5000}, {5000, 5001}, {4000, 5002}, {6000, 6000}} {
		before := u.NotBefore
		u.EndAll(time.UnixMilli(c.at))
		if u.NotBefore != c.want || !u.Void(before) || u.Void(u.NotBefore) {
			t.Errorf("at %d: %+v, want NotBefore %d", c.at, u, c.want)
		}
	}
}

// A try whose password was never looked at counts no more, and leaves no lock
// of its own; the lock of another stays.
func TestGiveBack(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_700_000_000_000)
	var l pool.Lockout
	for range 100 {
		if err := l.Reserve(now); err != nil {
			t.Fatalf("a try that was given back counts: %v, %+v", err, l)
		}
		l.GiveBack(l.LockedUntil)
	}
	for range 4 {
		l.Reserve(now)
	}
	early := l.LockedUntil
	if err := l.Reserve(now); err != nil {
		t.Fatalf("the fifth: %v", err)
	}
	if l.GiveBack(early); refusal(l.Reserve(now)) != "NotAuthorized.attempts" {
		t.Errorf("giving back an earlier try took the lock of a later one away: %+v", l)
	}
	if l.Failures != 4 {
		t.Errorf("%d failures, want 4", l.Failures)
	}
}

func TestBrowserSessionFreshness(t *testing.T) {
	t.Parallel()
	s := pool.BrowserSession{AuthTime: 0, ExpiresAt: time.Hour.Milliseconds()}
	for _, c := range []struct {
		at   time.Duration
		age  *int
		want bool
	}{
		{0, nil, true}, {time.Hour - time.Millisecond, nil, true}, {time.Hour, nil, false},
		{time.Minute, ptr(60), true}, {time.Minute + time.Millisecond, ptr(60), false}, {time.Second, ptr(0), false}, {0, ptr(0), true}, {2 * time.Hour, ptr(1 << 40), false},
	} {
		if got := s.Fresh(time.UnixMilli(c.at.Milliseconds()), c.age); got != c.want {
			t.Errorf("after %v with max_age %v: %v, want %v", c.at, c.age, got, c.want)
		}
	}
}
