package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Imported is what an import of users did, for the command line.
type Imported = account.Imported

// ExportUsers writes a pool's users to out and says how many; sealed to the
// passphrase or, with nil, without their passwords.
func ExportUsers(ctx context.Context, l Ledger, poolID string, out io.Writer, passphrase []byte) (n int64, err error) {
	if err := l.there(); err != nil {
		return 0, err
	}
	err = l.users(ctx, poolID, "users export", func(a *account.Accounts, p pool.Pool) error {
		n, err = a.Export(ctx, p, out, archive.Passphrase{Text: passphrase, Costs: archive.Production()})
		return err
	})
	return n, err
}

// ImportUsers reads users into a pool. What cannot be read twice is put into a
// temporary file first, sealed as it is.
func ImportUsers(ctx context.Context, l Ledger, poolID string, in io.Reader, passphrase []byte) (done Imported, err error) {
	file, forget, err := twice(in)
	if err != nil {
		return done, err
	}
	defer forget()
	err = l.users(ctx, poolID, "users import", func(a *account.Accounts, p pool.Pool) error {
		done, err = a.Import(ctx, p, file, passphrase)
		return err
	})
	return done, err
}

// users opens the ledger for a pool's people. What is done with all of them at
// once is in the audit trail before it begins, whatever comes of it.
func (l Ledger) users(ctx context.Context, poolID, operation string, do func(*account.Accounts, pool.Pool) error) error {
	return l.open(ctx, func(ctx context.Context, s *setup.Setup, a *account.Accounts) error {
		p, err := a.DB.Pools.Get(ctx, poolID)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("--pool: there is no user pool %q", poolID)
		}
		if err != nil {
			return err
		}
		if err := s.Record(ctx, pool.Event{UserPoolID: p.ID, Operation: operation}); err != nil {
			return err
		}
		return do(a, p)
	})
}

// twice is what in gives, in a form that can be read from the beginning again.
func twice(in io.Reader) (file io.ReadSeeker, forget func(), err error) {
	if seeker, ok := in.(io.ReadSeeker); ok {
		if _, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			return seeker, func() {}, nil
		}
	}
	spool, err := os.CreateTemp("", "poolhouse-users") // for its owner alone
	if err != nil {
		return nil, nil, err
	}
	os.Remove(spool.Name()) // where an open file may lose its name it goes with us, however we end
	forget = func() {
		spool.Close()
		os.Remove(spool.Name())
	}
	if _, err := io.Copy(spool, in); err != nil {
		forget()
		return nil, nil, err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		forget()
		return nil, nil, err
	}
	return spool, forget, nil
}

// A passphrase can be tried against the file for as long as anybody likes.
const (
	minPassphrase = 12      // bytes
	maxPassphrase = 1 << 10 // bytes
)

// ReadPassphrase reads the file's one line. It refuses a file that others may
// read, as for master keys, and a passphrase that is soon guessed.
func ReadPassphrase(path string) ([]byte, error) {
	const what = "passphrase file"
	text, err := seal.ReadPrivate(what, path, maxPassphrase+2) // and how the line ends
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	if len(text) < minPassphrase || len(text) > maxPassphrase || bytes.ContainsAny(text, "\r\n") {
		return nil, fmt.Errorf("%s %s: must be one line of %d to %d bytes", what, path, minPassphrase, maxPassphrase)
	}
	return text, nil
}
