package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // registers "sqlite"
)

// dialect is all that differs between the two databases.
type dialect struct {
	name  string
	goose goose.Dialect
	text  string // the type of text columns: compared byte by byte in both
	// serial: one writer at a time on a handle of its own, so a statement must
	// not be cut off half-way by its caller.
	serial bool
}

var (
	sqlite   = dialect{name: "sqlite", goose: goose.DialectSQLite3, text: "TEXT", serial: true}
	postgres = dialect{name: "postgres", goose: goose.DialectPostgres, text: `TEXT COLLATE "C"`}
)

// connect opens the handles for url: "sqlite:PATH" or "postgres://…".
func connect(location string) (write, read *sql.DB, d dialect, err error) {
	switch {
	case strings.HasPrefix(location, "sqlite:"):
		write, read, err = connectSQLite(strings.TrimPrefix(location, "sqlite:"))
		return write, read, sqlite, err
	case strings.HasPrefix(location, "postgres://"), strings.HasPrefix(location, "postgresql://"):
		db, err := sql.Open("pgx", location)
		if err != nil {
			return nil, nil, postgres, errors.New("the database URL cannot be read") // pgx's own text may hold the password
		}
		db.SetMaxOpenConns(4 + 4*runtime.NumCPU())
		db.SetMaxIdleConns(4 + 4*runtime.NumCPU())
		return db, db, postgres, nil
	}
	return nil, nil, dialect{}, fmt.Errorf("database must be sqlite:PATH or postgres://…")
}

// connectSQLite opens one handle that writes, with every commit on the disk
// before it is acknowledged, and one that reads beside it (WAL).
func connectSQLite(path string) (write, read *sql.DB, err error) {
	// The file holds people's data: made readable by its owner alone.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	file.Close()
	dsn := func(extra string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" + extra
	}
	if write, err = sql.Open("sqlite", dsn("&_txlock=immediate")); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = sql.Open("sqlite", dsn("&_pragma=query_only(1)")); err != nil {
		write.Close()
		return nil, nil, err
	}
	read.SetMaxOpenConns(2 + 2*runtime.NumCPU())
	read.SetMaxIdleConns(2 + 2*runtime.NumCPU())
	return write, read, nil
}

// again says whether the database broke a transaction off so that it should be
// run once more: serialization failure and deadlock in PostgreSQL.
func again(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40001" || pg.Code == "40P01")
}

// locker keeps two nodes from migrating one PostgreSQL schema at once; SQLite
// has its file lock.
func (d dialect) locker() (lock.SessionLocker, error) {
	if d.serial {
		return nil, nil
	}
	return lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // asks each second, for five minutes
}
