package pool

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A session that is gone was used, or is over, or never was: another client's,
// pool's or server's, or one that somebody made up.
func TestGoneSession(t *testing.T) {
	t.Parallel()
	key, now := []byte("a key"), time.Now()
	here := App{Pool: Pool{ID: "us-east-1_A"}, Client: Client{ID: "c"}}
	id := NewSessionID(key, NewSession(here, SessionChoice, "ann", User{}, now))
	if other := NewSessionID(key, NewSession(here, SessionChoice, "ann", User{}, now)); other == id || len(id) < 20 {
		t.Errorf("ids %q and %q", id, other)
	}
	for what, c := range map[string]struct {
		key  string
		app  App
		id   string
		at   time.Duration
		want string
	}{
		"used":           {"a key", here, id, 0, "session_used"},
		"over":           {"a key", here, id, 3 * time.Minute, "session_expired"},
		"just before":    {"a key", here, id, 3*time.Minute - time.Millisecond, "session_used"},
		"another client": {"a key", App{Pool: here.Pool, Client: Client{ID: "d"}}, id, 0, "session"},
		"another pool":   {"a key", App{Pool: Pool{ID: "us-east-1_B"}, Client: here.Client}, id, 0, "session"},
		"another server": {"b key", here, id, 0, "session"},
		"made up":        {"a key", here, strings.Repeat("A", len(id)), 0, "session"},
		"cut":            {"a key", here, id[:len(id)-4], 0, "session"},
		"no base64":      {"a key", here, "?", 0, "session"},
		"empty":          {"a key", here, "", 0, "session"},
	} {
		err := GoneSession([]byte(c.key), c.app, c.id, now.Add(c.at))
		var e *Error
		if !errors.As(err, &e) || e.Kind != NotAuthorized || e.Reason != c.want {
			t.Errorf("%s: %v, want %s", what, err, c.want)
		}
	}
}
