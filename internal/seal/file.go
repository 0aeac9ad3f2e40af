package seal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const maxFileBytes = 64 << 10

const fileHead = `# Master keys of this server. Whoever has this file and the database has every
# secret in it; without this file the database cannot be used. Keep a copy apart.
# The first key seals, all of them open: to rotate, add a line at the top.
`

// LoadFile reads the key file at path. It refuses a file that anyone but its owner
// may read or write (not on Windows, whose file modes do not say). Every error
// names the file; a missing one is fs.ErrNotExist.
func LoadFile(path string) (*Ring, error) {
	const what = "master key file"
	text, err := ReadPrivate(what, path, maxFileBytes)
	if err != nil {
		return nil, err
	}
	ring, err := ParseRing(text)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, path, err)
	}
	return ring, nil
}

// ReadPrivate reads a file of at most so many bytes that holds a secret, as
// [LoadFile] does; what is the file's name in errors.
func ReadPrivate(what, path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s %s: others may read or write it (mode %04o); run: chmod 600 %s", what, path, info.Mode().Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("%s %s: larger than %d bytes", what, path, most)
	}
	return text, nil
}

// CreateFile makes a key, writes it to a new file at path that only its owner may
// read, and returns the ring. When it returns, the file has reached the disk. A
// file that is there already is left alone and gives fs.ErrExist.
func CreateFile(path string) (*Ring, error) {
	line, err := NewKeyLine()
	if err != nil {
		return nil, err
	}
	text := []byte(fileHead + line + "\n")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	_, errWrite := f.Write(text)
	err = errors.Join(errWrite, f.Sync(), f.Close(), syncFolder(filepath.Dir(path)))
	if err != nil {
		// Half a key file would stop every later start.
		return nil, fmt.Errorf("master key file %s: %w", path, errors.Join(err, os.Remove(path)))
	}
	return ParseRing(text)
}

// syncFolder makes a new name in the folder durable, where the system can.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
