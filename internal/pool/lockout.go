package pool

import "time"

const (
	freeFailures  = 5
	lockoutCap    = 15 * time.Minute
	lockoutForget = 15 * time.Minute
)

// Lockout counts failed passwords of one account, or of one unknown name.
// Times are ms. (Cognito: after five failures, 2^(n-5) seconds up to about
// fifteen minutes; tries during a lock do not count; fifteen quiet minutes
// start it afresh.)
type Lockout struct {
	Failures    int
	LastFailure int64
	LockedUntil int64
}

// Reserve counts an attempt as failed before its password is looked at, so that
// guesses made at the same time cannot share one count. A success gives it back
// by forgetting the row.
func (l *Lockout) Reserve(now time.Time) error {
	ms := now.UnixMilli()
	if ms < l.LockedUntil {
		return refuse(NotAuthorized, "attempts", "", "")
	}
	if ms-l.LastFailure >= lockoutForget.Milliseconds() {
		*l = Lockout{}
	}
	l.Failures++
	l.LastFailure = ms
	if l.Failures >= freeFailures {
		l.LockedUntil = ms + lockFor(l.Failures).Milliseconds()
	}
	return nil
}

// GiveBack undoes a reservation whose password was never looked at; lock is the
// LockedUntil that it left behind.
func (l *Lockout) GiveBack(lock int64) {
	l.Failures = max(0, l.Failures-1)
	if l.LockedUntil == lock {
		l.LockedUntil = 0
	}
}

func lockFor(failures int) time.Duration {
	shift := failures - freeFailures
	if shift > 10 { // 2^10 s is past the cap already
		return lockoutCap
	}
	return min(time.Second<<shift, lockoutCap)
}
