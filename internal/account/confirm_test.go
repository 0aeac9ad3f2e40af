package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		made := d.signUp("ann@example.com")
		code := d.code("ann@example.com")
		refused(t, "no code", d.confirm("ann@example.com", "", ""), "InvalidParameter.required")
		refused(t, "a wrong code", d.confirm("ann@example.com", wrong(code), made.SessionID), "CodeMismatch")
		refused(t, "the code", d.confirm("Ann@Example.com", code, made.SessionID), "")
		if u := d.user(made.User.Sub); u.Status != pool.Confirmed || !u.EmailVerified() {
			t.Errorf("the account is %+v", u)
		}
		s, err := d.DB.Sessions.Get(t.Context(), housetest.PoolID, pool.HashToken(made.SessionID))
		if err != nil || !s.Proven {
			t.Errorf("its session is %+v, %v, want it proven", s, err)
		}
		refused(t, "the code again", d.confirm("ann@example.com", code, made.SessionID), "NotAuthorized.confirmed")
		refused(t, "the code again, in another browser", d.confirm("ann@example.com", code, ""), "CodeMismatch")
	})
}

// A code proves an account, not a session that somebody else opened.
func TestConfirmMarksItsOwnSessionOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	code := d.code("ann@example.com")
	eve := d.signUp("eve@example.com")
	refused(t, "Ann's code with Eve's session", d.confirm("ann@example.com", code, eve.SessionID), "")
	if s, err := d.DB.Sessions.Get(t.Context(), housetest.PoolID, pool.HashToken(eve.SessionID)); err != nil || s.Proven {
		t.Errorf("Eve's session is %+v, %v", s, err)
	}
}

func TestCodesAreTheirOwners(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	d.signUp("bob@example.com")
	ann := d.code("ann@example.com")
	if bob := d.code("bob@example.com"); bob != ann { // one in a million
		refused(t, "Bob's code for Ann", d.confirm("ann@example.com", bob, ""), "CodeMismatch")
	}
	must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
	if reset := d.code("ann@example.com"); reset != ann {
		refused(t, "a reset code to confirm with", d.confirm("ann@example.com", reset, ""), "CodeMismatch")
		refused(t, "a confirm code to reset with", d.reset("ann@example.com", ann, secret), "CodeMismatch")
	}
}

func TestCodesExpire(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	code := d.code("ann@example.com")
	d.wait(24*time.Hour - time.Minute)
	refused(t, "a wrong code on the last minute", d.confirm("ann@example.com", wrong(code), ""), "CodeMismatch")
	d.wait(time.Minute)
	refused(t, "a wrong code after a day", d.confirm("ann@example.com", wrong(code), ""), "CodeMismatch")
	refused(t, "after a day", d.confirm("ann@example.com", code, ""), "ExpiredCode")
	must(t, second(d.Resend(t.Context(), d.app, "ann@example.com")))
	refused(t, "a new one", d.confirm("ann@example.com", d.code("ann@example.com"), ""), "")
	must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
	code = d.code("ann@example.com")
	d.wait(time.Hour)
	refused(t, "to reset, after an hour", d.reset("ann@example.com", code, secret), "ExpiredCode")
}

// Only the newest code works.
func TestResend(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	made := d.signUp("ann@example.com")
	old := d.code("ann@example.com")
	for range 5 {
		d.wait(time.Second)
		delivery, err := d.Resend(t.Context(), d.app, "ann@example.com")
		if err != nil || delivery.Destination != "a***@e***" {
			t.Fatalf("%+v, %v", delivery, err)
		}
	}
	refused(t, "the sixth in an hour", second(d.Resend(t.Context(), d.app, "ann@example.com")), "LimitExceeded")
	refused(t, "the sixth, by session", second(d.ResendTo(t.Context(), d.app, made.SessionID)), "LimitExceeded")
	newest := d.code("ann@example.com")
	if old != newest {
		refused(t, "the old code", d.confirm("ann@example.com", old, ""), "CodeMismatch")
	}
	refused(t, "the newest", d.confirm("ann@example.com", newest, ""), "")
	d.wait(time.Hour)
	refused(t, "a confirmed account, told to nobody", second(d.Resend(t.Context(), d.app, "ann@example.com")), "")
	if mails, _ := d.DB.Mails.Newest(t.Context(), "ann@example.com", 10); len(mails) != 6 {
		t.Errorf("%d mails, want 6: a confirmed account gets none", len(mails))
	}
}

// Fifteen tries an hour, right or wrong: then even the right code waits.
func TestGuessingACode(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		d.signUp("ann@example.com")
		code := d.code("ann@example.com")
		errs := make(chan error)
		for range 40 { // all at once: no two guesses share a count
			go func() { errs <- d.confirm("ann@example.com", wrong(code), "") }()
		}
		tried := 0
		for range 40 {
			if err := <-errs; errors.Is(err, &pool.Error{Kind: pool.CodeMismatch}) {
				tried++
			} else {
				refused(t, "a guess too many", err, "LimitExceeded")
			}
		}
		if tried != 15 {
			t.Errorf("%d guesses were looked at, want 15", tried)
		}
		refused(t, "the right code", d.confirm("ann@example.com", code, ""), "LimitExceeded")
		d.wait(time.Hour)
		refused(t, "the right code in the next hour", d.confirm("ann@example.com", code, ""), "")
	})
}

func TestRaceConfirm(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		d.signUp("ann@example.com")
		code := d.code("ann@example.com")
		errs := make(chan error)
		for range 8 {
			go func() { errs <- d.confirm("ann@example.com", code, "") }()
		}
		done := 0
		for range 8 {
			err := <-errs
			switch {
			case err == nil:
				done++
			case errors.Is(err, &pool.Error{Kind: pool.ExpiredCode}): // saw it before it was gone
			default:
				refused(t, "a loser", err, "CodeMismatch")
			}
		}
		if done != 1 {
			t.Errorf("%d used the code, want 1", done)
		}
	})
}
