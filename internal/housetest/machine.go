package housetest

import (
	"os/exec"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
)

// Chromium returns the path of a browser. Without one the test is skipped;
// under CI=true it fails.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	postgres.Missing(t, "no Chromium is installed (Debian: apt-get install chromium)")
	return ""
}

// Postgres returns the URL of an empty database. Without a server the test is
// skipped; under CI=true it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	return postgres.Fresh(t)
}
