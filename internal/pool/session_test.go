package pool_test

import (
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestSessionWaitsAt(t *testing.T) {
	t.Parallel()
	app := pool.App{Pool: pool.Pool{ID: "us-east-1_A"}, Client: pool.Client{ID: "app"}}
	begun := time.UnixMilli(1_700_000_000_000)
	for _, c := range []struct {
		name    string
		app     pool.App
		purpose pool.SessionPurpose
		after   time.Duration
		want    string
	}{
		{"at once", app, pool.SessionConfirm, 0, ""},
		{"to the last moment", app, pool.SessionConfirm, 24*time.Hour - time.Millisecond, ""},
		{"over", app, pool.SessionConfirm, 24 * time.Hour, "NotAuthorized.session_expired"},
		{"another client", pool.App{Pool: app.Pool, Client: pool.Client{ID: "other"}}, pool.SessionConfirm, 0, "NotAuthorized.session"},
		{"another pool's client of that name", pool.App{Pool: pool.Pool{ID: "us-east-1_B"}, Client: app.Client}, pool.SessionConfirm, 0, "NotAuthorized.session"},
		{"for something else", app, pool.SessionNewPassword, 0, "NotAuthorized.session"},
		{"for something else, and over", app, pool.SessionSRP, 48 * time.Hour, "NotAuthorized.session"},
	} {
		session := pool.NewConfirmSession(app, pool.User{Sub: "ann"}, begun)
		got := ""
		if e := pool.AsError(session.WaitsAt(c.app, c.purpose, begun.Add(c.after))); e != nil {
			got = e.Key()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
