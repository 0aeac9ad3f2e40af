package housetest

import (
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Refused demands a refusal of the key; "" demands none.
func Refused(t testing.TB, what string, err error, key string) {
	t.Helper()
	got := ""
	if e := pool.AsError(err); e != nil {
		got = e.Key()
	} else if err != nil {
		got = "another error: " + err.Error()
	}
	if got != key {
		t.Errorf("%s: %q, want %q", what, got, key)
	}
}
