package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// Key is an operator's access key, for the command line.
type Key = pool.OperatorKey

// AddKey makes an access key with the name and the limits that ask has. Its
// secret is in the answer and nowhere else in the clear.
func AddKey(ctx context.Context, l Ledger, ask Key) (made Key, err error) {
	err = l.use(ctx, func(ctx context.Context, s *setup.Setup) error {
		made, err = s.AddKey(ctx, ask)
		return err
	})
	return made, err
}

// ListKeys returns all access keys, without their secrets.
func ListKeys(ctx context.Context, l Ledger) (all []Key, err error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	err = l.use(ctx, func(ctx context.Context, s *setup.Setup) error {
		all, err = s.ListKeys(ctx)
		return err
	})
	return all, err
}

// RevokeKey ends an access key, in servers that run too.
func RevokeKey(ctx context.Context, l Ledger, id string) error {
	if err := l.there(); err != nil {
		return err
	}
	return l.use(ctx, func(ctx context.Context, s *setup.Setup) error { return s.RevokeKey(ctx, id) })
}

// there refuses a database that is not there yet, for what only reads or ends
// something: opening it would make a new one, empty, under whatever name.
func (l Ledger) there() error {
	path, isFile := strings.CutPrefix(l.Database, "sqlite:")
	if !isFile {
		return nil // a server of databases says so itself
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: say which with --db", path)
	}
	return nil
}

// use opens a ledger for one thing to do, without a server.
func (l Ledger) use(ctx context.Context, do func(context.Context, *setup.Setup) error) error {
	return l.open(ctx, func(ctx context.Context, s *setup.Setup, _ *account.Accounts) error { return do(ctx, s) })
}

func (l Ledger) open(ctx context.Context, do func(context.Context, *setup.Setup, *account.Accounts) error) error {
	own := &url.URL{}
	if l.URL != "" {
		var err error
		if own, err = parseOwn(l.URL); err != nil {
			return err
		}
	}
	_, db, err := OpenLedger(ctx, l.Database, l.MasterKeyFile, l.Log)
	if err != nil {
		return err
	}
	defer db.Close()
	accounts := &account.Accounts{DB: db, Passwords: password.NewHasher(password.Production(), runtime.NumCPU()), URL: own, Now: time.Now}
	return do(onCommandLine(ctx), &setup.Setup{DB: db, Region: l.Region, Host: own.Hostname(), Now: time.Now, People: peopleOf(accounts)}, accounts)
}
