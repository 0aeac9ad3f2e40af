package account_test

import (
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// A password that was reset, or changed, while ChangePassword was at work stays:
// the old one that was shown is nobody's any more.
func TestChangePasswordOvertaken(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		d := newDesk(t, database, nil)
		made := d.signUp("ann@example.com")
		must(t, d.confirm("ann@example.com", d.code("ann@example.com"), ""))
		read := d.user(made.User.Sub) // as the door did, with the access token
		must(t, second(d.Forgot(t.Context(), d.app, "ann@example.com")))
		must(t, d.reset("ann@example.com", d.code("ann@example.com"), "by the code"))
		housetest.Refused(t, "after a reset", d.ChangePassword(t.Context(), d.app, read, secret, "a thief's"), "NotAuthorized.password")
		holds(t, d, made.User.Sub, "by the code")

		read = d.user(made.User.Sub)
		must(t, d.ChangePassword(t.Context(), d.app, read, "by the code", "the faster one"))
		d.wait(time.Hour)
		housetest.Refused(t, "after a change", d.ChangePassword(t.Context(), d.app, read, "by the code", "the slower one"), "NotAuthorized.password")
		holds(t, d, made.User.Sub, "the faster one")
		housetest.Refused(t, "undisturbed", d.ChangePassword(t.Context(), d.app, d.user(made.User.Sub), "the faster one", "the last one"), "")
		holds(t, d, made.User.Sub, "the last one")
	})
}

// holds demands that the account has a password.
func holds(t *testing.T, d *desk, sub, password string) {
	t.Helper()
	u := d.user(sub)
	if right, _, err := d.Passwords.Check(t.Context(), u.Password.Hash, password); err != nil || !right || u.Status != pool.Confirmed {
		t.Errorf("%q is not the password: %v", password, err)
	}
}
