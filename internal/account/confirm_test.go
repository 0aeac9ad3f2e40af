package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

func TestConfirm(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		made := d.signUp("ann@example.com")
		code := d.code("ann@example.com")
		housetest.Refused(t, "no code", d.confirm("ann@example.com", "", ""), "InvalidParameter.required")
		housetest.Refused(t, "a wrong code", d.confirm("ann@example.com", wrong(code), made.SessionID), "CodeMismatch")
		housetest.Refused(t, "the code", d.confirm("Ann@Example.com", code, made.SessionID), "")
		if u := d.user(made.User.Sub); u.Status != pool.Confirmed || !u.EmailVerified() {
			t.Errorf("the account is %+v", u)
		}
		s, err := d.DB.Sessions.Get(t.Context(), housetest.PoolID, pool.HashToken(made.SessionID))
		if err != nil || !s.Proven {
			t.Errorf("its session is %+v, %v, want it proven", s, err)
		}
		housetest.Refused(t, "the code again", d.confirm("ann@example.com", code, made.SessionID), "NotAuthorized.confirmed")
		housetest.Refused(t, "the code again, in another browser", d.confirm("ann@example.com", code, ""), "CodeMismatch")
	})
}

// A code proves an account, not a session that somebody else opened.
func TestConfirmMarksItsOwnSessionOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	code := d.code("ann@example.com")
	eve := d.signUp("eve@example.com")
	housetest.Refused(t, "Ann's code with Eve's session", d.confirm("ann@example.com", code, eve.SessionID), "")
	if s, err := d.DB.Sessions.Get(t.Context(), housetest.PoolID, pool.HashToken(eve.SessionID)); err != nil || s.Proven {
		t.Errorf("Eve's session is %+v, %v", s, err)
	}
	id, s := pool.NewToken(), pool.NewSession(d.app, pool.SessionNewPassword, eve.User.Sub, eve.User, d.Now())
	must(t, d.DB.Sessions.Create(t.Context(), &s, housetest.PoolID, pool.HashToken(id)))
	housetest.Refused(t, "Eve's code with a session that waits for something else", d.confirm("eve@example.com", d.code("eve@example.com"), id), "")
	if s, err := d.DB.Sessions.Get(t.Context(), housetest.PoolID, pool.HashToken(id)); err != nil || s.Proven {
		t.Errorf("that session is %+v, %v", s, err)
	}
}

// The session of a temporary password sets one password, and no second one once
// it is proven.
func TestChooseOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	user, err := d.Invite(t.Context(), d.app.Pool, account.Invitation{Username: "ann@example.com", TemporaryPassword: "Temporary-1", Action: "SUPPRESS"})
	must(t, err)
	id, s := pool.NewToken(), pool.NewSession(d.app, pool.SessionNewPassword, user.Sub, user, d.Now())
	must(t, d.DB.Sessions.Create(t.Context(), &s, housetest.PoolID, pool.HashToken(id)))
	choose := func(password string) error {
		return d.Choose(t.Context(), d.app, account.Choice{SessionID: id, Password: password})
	}
	housetest.Refused(t, "a weak one", choose("short"), "InvalidPassword.length")
	housetest.Refused(t, "a good one", choose(secret), "")
	housetest.Refused(t, "another", choose("another horse"), "NotAuthorized.session")
}

func TestCodesAreTheirOwners(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	d.signUp("bob@example.com")
	ann := d.code("ann@example.com")
	if bob := d.code("bob@example.com"); bob != ann { // one in a million
		housetest.Refused(t, "Bob's code for Ann", d.confirm("ann@example.com", bob, ""), "CodeMismatch")
	}
	must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
	if reset := d.code("ann@example.com"); reset != ann {
		housetest.Refused(t, "a reset code to confirm with", d.confirm("ann@example.com", reset, ""), "CodeMismatch")
		housetest.Refused(t, "a confirm code to reset with", d.reset("ann@example.com", ann, secret), "CodeMismatch")
	}
}

func TestCodesExpire(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	d.signUp("ann@example.com")
	code := d.code("ann@example.com")
	d.wait(24*time.Hour - time.Minute)
	housetest.Refused(t, "a wrong code on the last minute", d.confirm("ann@example.com", wrong(code), ""), "CodeMismatch")
	d.wait(time.Minute)
	housetest.Refused(t, "a wrong code after a day", d.confirm("ann@example.com", wrong(code), ""), "CodeMismatch")
	housetest.Refused(t, "after a day", d.confirm("ann@example.com", code, ""), "ExpiredCode")
	must(t, second(d.Resend(t.Context(), d.app, "ann@example.com")))
	housetest.Refused(t, "a new one", d.confirm("ann@example.com", d.code("ann@example.com"), ""), "")
	must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
	code = d.code("ann@example.com")
	d.wait(time.Hour)
	housetest.Refused(t, "to reset, after an hour", d.reset("ann@example.com", code, secret), "ExpiredCode")
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
	housetest.Refused(t, "the sixth in an hour", second(d.Resend(t.Context(), d.app, "ann@example.com")), "LimitExceeded")
	housetest.Refused(t, "the sixth, by session", second(d.ResendTo(t.Context(), d.app, "ann@example.com", made.SessionID)), "LimitExceeded")
	newest := d.code("ann@example.com")
	if old != newest {
		housetest.Refused(t, "the old code", d.confirm("ann@example.com", old, ""), "CodeMismatch")
	}
	housetest.Refused(t, "the newest", d.confirm("ann@example.com", newest, ""), "")
	d.wait(time.Hour)
	housetest.Refused(t, "a confirmed account, told to nobody", second(d.Resend(t.Context(), d.app, "ann@example.com")), "")
	if mails, _ := d.DB.Mails.Newest(t.Context(), "ann@example.com", 10); len(mails) != 6 {
		t.Errorf("%d mails, want 6: a confirmed account gets none", len(mails))
	}
}

// A session of another kind, or none, shows nothing: then the name alone counts.
func TestResendBySession(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", nil)
	made := d.signUp("ann@example.com")
	by := func(name, session string) error {
		return second(d.ResendTo(t.Context(), d.app, name, session))
	}
	srp := pool.NewToken()
	s := pool.NewSession(d.app, pool.SessionSRP, made.User.Sub, made.User, d.Now())
	must(t, d.DB.Sessions.Create(t.Context(), &s, housetest.PoolID, pool.HashToken(srp)))
	must(t, d.confirm("ann@example.com", d.code("ann@example.com"), ""))
	housetest.Refused(t, "by her session", by("ann@example.com", made.SessionID), "NotAuthorized.confirmed")
	housetest.Refused(t, "by the session of a password that nobody has shown", by("ann@example.com", srp), "")
	housetest.Refused(t, "by a guess", by("ann@example.com", "guess"), "")
	must(t, d.Delete(t.Context(), made.User))
	housetest.Refused(t, "by the session of an account that is gone", by("ann@example.com", made.SessionID), "")
}

// Where nothing is verified there is no code to send, whoever is named.
func TestResendWithoutVerification(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "", func(doc *setup.Document) { doc.UserPools[0].AutoVerifiedAttributes = nil })
	made := d.signUp("ann@example.com")
	for _, name := range []string{"ann@example.com", "nobody@example.com"} {
		housetest.Refused(t, name, second(d.Resend(t.Context(), d.app, name)), "InvalidParameter.no_verification")
		housetest.Refused(t, name+" by session", second(d.ResendTo(t.Context(), d.app, name, made.SessionID)), "InvalidParameter.no_verification")
	}
	if mails, _ := d.DB.Mails.Newest(t.Context(), "", 10); len(mails) != 0 {
		t.Errorf("%d mails, want none", len(mails))
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
				housetest.Refused(t, "a guess too many", err, "LimitExceeded")
			}
		}
		if tried != 15 {
			t.Errorf("%d guesses were looked at, want 15", tried)
		}
		housetest.Refused(t, "the right code", d.confirm("ann@example.com", code, ""), "LimitExceeded")
		d.wait(time.Hour)
		housetest.Refused(t, "the right code in the next hour", d.confirm("ann@example.com", code, ""), "")
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
				housetest.Refused(t, "a loser", err, "CodeMismatch")
			}
		}
		if done != 1 {
			t.Errorf("%d used the code, want 1", done)
		}
	})
}
