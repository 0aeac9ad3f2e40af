//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestUnwritableFolder: demo and serve say in one line which folder or file
// they may not write, and leave nothing behind.
func TestUnwritableFolder(t *testing.T) {
	t.Parallel()
	folder := commonFolder(t)
	for args, want := range map[string]string{
		"demo --app-listen=localhost:0 --data closed/data":                     "the folder closed/data cannot be made: permission denied",
		"demo --app-listen=localhost:0 --data closed":                          "the folder closed cannot be written: permission denied",
		"serve --dev --db sqlite:closed/new.db --master-key-file open/new.key": "--db: open closed/new.db: permission denied",
		"serve --dev --db sqlite:open/new.db --master-key-file closed/new.key": "master key file: open closed/new.key: permission denied",
	} {
		text, code := runUnprivileged(t, folder, append(strings.Fields(args), "--listen=localhost:0")...)
		if code != 1 || text != "poolhouse: "+want+"\n" {
			t.Errorf("%s: ended with %d and %q, want 1 and %q", args, code, text, want)
		}
		if left, err := os.ReadDir(filepath.Join(folder, "closed")); err != nil || len(left) > 0 {
			t.Errorf("%s left %v (%v)", args, left, err)
		}
	}
}

// commonFolder holds the program, a folder that everybody may write, and one
// that nobody may. It is none of the test's own temporary folders: those are
// closed to other users, whom root has to become here.
func commonFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "poolhouse-folder-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Another process copies: a program that this one had open for writing could
	// not be run while a child forked meanwhile still holds it open.
	if out, err := exec.Command("cp", self, filepath.Join(folder, "poolhouse")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"open", "closed"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"": 0o755, "poolhouse": 0o755, "open": 0o777, "closed": 0o555} { // chmod: the umask has no say
		if err := os.Chmod(filepath.Join(folder, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// runUnprivileged runs the program in folder as a user whom its modes bind, and
// returns what it wrote to standard error.
func runUnprivileged(t *testing.T, folder string, args ...string) (text string, code int) {
	t.Helper()
	const nobody = 65534
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder, "poolhouse"), args...)
	cmd.Dir = folder
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return stderr.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatalf("running it as another user: %v", err)
	}
	return stderr.String(), 0
}
