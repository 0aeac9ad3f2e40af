package pool

import (
	"regexp"
	"strings"
	"testing"
)

func TestSessionIDs(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^(tkn|sso)[0-9a-z]{25}$`)
	for _, id := range []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", NewUUID(), NewUUID()} {
		for _, kind := range []string{TokenSessions, BrowserSessions} {
			listed := SessionID(kind, id)
			if !shape.MatchString(listed) {
				t.Errorf("%s is listed as %q", id, listed)
			}
			if k, back, ok := ParseSessionID(listed); !ok || k != kind || back != id {
				t.Errorf("ParseSessionID(%q) = %q, %q, %t; want %q, %q", listed, k, back, ok, kind, id)
			}
		}
	}
	for _, id := range []string{"", "tkn", "tkn-00000000000000000000000a", "tkn+000000000000000000000000", "TKN0000000000000000000000000", "abc0000000000000000000000000",
		"tknzzzzzzzzzzzzzzzzzzzzzzzzz", "tkn000000000000000000000000_", "tkn00000000000000000000000000", "tkn000000000000000000000000"} {
		if _, back, ok := ParseSessionID(id); ok {
			t.Errorf("ParseSessionID(%q) = %q, want none", id, back)
		}
	}
}

// A number of a million digits takes seconds to read, so it is not read at all.
// Not parallel: it counts what is allocated.
func TestLongSessionIDIsNotRead(t *testing.T) {
	long := TokenSessions + strings.Repeat("z", 10_000)
	if n := testing.AllocsPerRun(10, func() { ParseSessionID(long) }); n != 0 {
		t.Errorf("a long id made %v allocations: it was read", n)
	}
}
