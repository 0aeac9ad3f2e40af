package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/seal"
)

func TestCreateAndLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	made, err := seal.CreateFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	loaded, err := seal.LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := loaded.Open(mustSeal(t, made, "secret", "aad"), []byte("aad"))
	if err != nil || string(plain) != "secret" {
		t.Errorf("the file holds another key: %q, %v", plain, err)
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := seal.CreateFile(path); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	if _, err := seal.CreateFile(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("err = %v, want fs.ErrExist", err)
	}
	if after, _ := os.ReadFile(path); len(before) == 0 || string(after) != string(before) {
		t.Error("the file was changed")
	}
}

func TestCreateInMissingFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none", "master.key")
	if _, err := seal.CreateFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("err = %v, want one that names %s", err, path)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		mode fs.FileMode
		says string
	}{
		"group may read":   {line("k1", 1), 0o640, "chmod 600 "},
		"world may read":   {line("k1", 1), 0o604, "chmod 600 "},
		"group may write":  {line("k1", 1), 0o620, "chmod 600 "},
		"not a key file":   {"hello", 0o600, "line 1"},
		"empty":            {"", 0o600, "no key"},
		"larger than sane": {strings.Repeat("#", 1<<17), 0o600, "larger"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := seal.LoadFile(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("err = %v, want one that names the file and says %q", err, test.says)
			}
		})
	}
}

func TestLoadMissing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	if _, err := seal.LoadFile(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("err = %v, want fs.ErrNotExist that names the file", err)
	}
}
