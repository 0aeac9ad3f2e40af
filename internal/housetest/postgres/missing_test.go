package postgres_test

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
)

// lacks marks the child process in which something is missing.
const lacks = "POOLHOUSE_TEST_LACKS"

// TestMissing: what a machine lacks skips the test that needs it, and fails it
// under CI=true. It runs itself in a child process, for a test that skips or
// fails cannot tell what came of it.
func TestMissing(t *testing.T) {
	t.Parallel()
	if what := os.Getenv(lacks); what != "" {
		postgres.Missing(t, what)
		t.Error("the test went on")
		return
	}
	for ci, want := range map[string]struct {
		code int
		says []string
	}{
		"":     {0, []string{"--- SKIP: TestMissing", "a left shoe"}},
		"true": {1, []string{"--- FAIL: TestMissing", "CI=true: a left shoe"}},
	} {
		out, code := alone(t, "CI="+ci, lacks+"=a left shoe")
		for _, text := range append(want.says, "--- ") {
			if code != want.code || strings.Count(out, text) != 1 || strings.Contains(out, "the test went on") {
				t.Errorf("CI=%s: ended with %d and\n%s\nwant %d and %q", ci, code, out, want.code, text)
			}
		}
	}
}

// alone runs this test in a process of its own.
func alone(t *testing.T, env ...string) (out string, code int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestMissing$", "-test.v")
	child.Env = slices.Concat(os.Environ(), env) // the last of a name counts
	text, err := child.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	} else if ok {
		return string(text), exit.ExitCode()
	}
	return string(text), 0
}
