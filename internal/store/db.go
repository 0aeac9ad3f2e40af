package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNotFound says that no row has the key.
var ErrNotFound = errors.New("not found")

// ErrNested says that the ledger was used from inside one of its own
// transactions by another way than the transaction's own DB.
var ErrNested = errors.New("the ledger was used beside its open transaction")

// DB is the ledger. It looks the same inside a transaction and outside.
type DB struct {
	Pools           Table[pool.Pool]       // pool id
	Clients         Table[pool.Client]     // pool id, client id
	SigningKeys     Table[SigningKey]      // pool id, slot
	MailedCodes     Table[pool.MailedCode] // pool id, owner, purpose
	Windows         Table[pool.Window]     // pool id, owner, action
	Lockouts        Table[pool.Lockout]    // pool id, owner
	Sessions        Table[pool.Session]    // pool id, hash of its id
	BrowserSessions BrowserSessions
	OperatorKeys    Table[pool.OperatorKey]      // access key id
	ResourceServers Table[pool.ResourceServer]   // pool id, identifier
	Groups          Table[pool.Group]            // pool id, name
	Providers       Table[pool.IdentityProvider] // pool id, name
	ProviderKeys    Table[pool.ProviderKey]      // pool id, kind, value
	Brandings       Table[pool.UICustomization]  // pool id, client id or ALL
	Logos           Table[pool.UILogo]           // pool id, client id or ALL
	Imports         Imports
	Members         Members
	Users           Users
	Codes           Codes
	Grants          Grants
	Mails           Mails
	Events          Events

	settings Table[check]
	dropped  Table[dropped] // pool id
	h        *handles
	tx       *sql.Tx // nil outside a transaction
}

// handles is what a DB and its transactions share.
type handles struct {
	write, read *sql.DB
	dialect     dialect
	ring        *seal.Ring
	meter       meter
	flood       flood
}

// SigningKey is one RSA key of a pool: PKCS #8, DER. Slot and Kid tell which.
// Certificate is its X.509 certificate in DER, where it has one.
type SigningKey struct {
	Kid         string
	Private     pool.Secret
	Certificate []byte `json:",omitempty"`
	CreatedAt   int64  // ms
}

// check is sealed under the master key when a ledger is made and opened at
// every start: a wrong key is found before it can write.
type check struct{ Sealed pool.Secret }

const checkText = "poolhouse"

// ErrWrongKey says that the ledger was made under another master key.
var ErrWrongKey = errors.New("the master key is not the one that this ledger was made with")

// Open opens the ledger at location, brings its schema up to date, and makes
// sure that ring holds its master key.
func Open(ctx context.Context, location string, ring *seal.Ring) (*DB, error) {
	write, read, d, err := connect(location)
	if err != nil {
		return nil, err
	}
	db := bind(&handles{write: write, read: read, dialect: d, ring: ring}, nil)
	if err := db.migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	if err := db.checkKey(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// New says whether the ledger at location was never opened under a master key,
// so that a missing key file may be made rather than refused.
func New(ctx context.Context, location string) (bool, error) {
	write, read, d, err := connect(location)
	if err != nil {
		return false, err
	}
	db := bind(&handles{write: write, read: read, dialect: d}, nil)
	defer db.Close()
	if err := db.migrate(ctx); err != nil {
		return false, err
	}
	var n int
	err = db.queryRow(ctx, `SELECT count(*) FROM settings WHERE name = $1`, "check").Scan(&n)
	return n == 0, err
}

// bind makes the DB of one transaction, or the one outside all.
func bind(h *handles, tx *sql.Tx) *DB {
	db := &DB{h: h, tx: tx}
	db.settings = Table[check]{db: db, name: "settings", keys: []string{"name"}}
	db.Pools = Table[pool.Pool]{db: db, name: "pools", keys: []string{"id"}}
	db.Clients = Table[pool.Client]{db: db, name: "clients", keys: []string{"pool", "id"}}
	db.SigningKeys = Table[SigningKey]{db: db, name: "signing_keys", keys: []string{"pool", "slot"}}
	db.MailedCodes = Table[pool.MailedCode]{db: db, name: "mailed_codes", keys: []string{"pool", "owner", "purpose"},
		expires: func(c *pool.MailedCode) int64 { return c.ExpiresAt }}
	db.Windows = Table[pool.Window]{db: db, name: "windows", keys: []string{"pool", "owner", "action"}, expires: (*pool.Window).EndsAt}
	db.Lockouts = Table[pool.Lockout]{db: db, name: "lockouts", keys: []string{"pool", "owner"},
		expires: func(l *pool.Lockout) int64 { return max(l.LockedUntil, l.LastFailure) + time.Hour.Milliseconds() }}
	db.Sessions = Table[pool.Session]{db: db, name: "sessions", keys: []string{"pool", "hash"},
		expires: func(s *pool.Session) int64 { return s.ExpiresAt }}
	db.OperatorKeys = Table[pool.OperatorKey]{db: db, name: "operator_keys", keys: []string{"id"}}
	db.ResourceServers = Table[pool.ResourceServer]{db: db, name: "resource_servers", keys: []string{"pool", "identifier"}}
	db.Groups = Table[pool.Group]{db: db, name: "user_groups", keys: []string{"pool", "name"}}
	db.Providers = Table[pool.IdentityProvider]{db: db, name: "identity_providers", keys: []string{"pool", "name"}}
	db.ProviderKeys = Table[pool.ProviderKey]{db: db, name: "provider_keys", keys: []string{"pool", "kind", "value"}}
	db.Brandings = Table[pool.UICustomization]{db: db, name: "ui_customizations", keys: []string{"pool", "client"}}
	db.Logos = Table[pool.UILogo]{db: db, name: "ui_logos", keys: []string{"pool", "client"}}
	db.dropped = Table[dropped]{db: db, name: "dropped_pools", keys: []string{"id"}, expires: (*dropped).settled}
	db.Users, db.Codes, db.Grants, db.BrowserSessions, db.Mails = Users{db}, Codes{db}, Grants{db}, BrowserSessions{db}, Mails{db}
	db.Members, db.Imports, db.Events = Members{db}, imports(db), Events{db}
	return db
}

// Close ends all handles.
func (db *DB) Close() error {
	if db.h.read != db.h.write {
		db.h.read.Close()
	}
	return db.h.write.Close()
}

// Ping says whether the ledger answers on the handle that writes.
func (db *DB) Ping(ctx context.Context) error { return db.h.write.PingContext(ctx) }

func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	folder := spelled{files, db.h.dialect}
	options := []goose.ProviderOption{
		goose.WithSlog(slog.New(slog.DiscardHandler)),
		goose.WithExcludeNames([]string{userIndexFile}), // which its Go migration runs
		goose.WithGoMigrations(db.userIndexMigration(folder)),
	}
	lock, err := db.h.dialect.locker()
	if err != nil {
		return err
	}
	if lock != nil {
		options = append(options, goose.WithSessionLocker(lock))
	}
	p, err := goose.NewProvider(db.h.dialect.goose, db.h.write, folder, options...)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	sources := p.ListSources()
	return db.up(ctx, p, sources[len(sources)-1].Version)
}

// up runs what is missing. Two processes that open one new SQLite file at once
// can collide: the later one finds the work done when it looks again.
func (db *DB) up(ctx context.Context, p *goose.Provider, newest int64) error {
	var err error
	for wait := 50 * time.Millisecond; wait < 2*time.Second; wait *= 2 {
		var version int64
		if version, err = p.GetDBVersion(ctx); err == nil {
			if version > newest {
				return fmt.Errorf("the ledger's schema is version %d, this program knows %d: a newer poolhouse has opened it", version, newest)
			}
			if version == newest {
				return nil
			}
			if _, err = p.Up(ctx); err == nil {
				return nil
			}
		}
		if !db.h.dialect.serial {
			break
		}
		time.Sleep(wait)
	}
	return fmt.Errorf("opening the ledger: %w", err)
}

func (db *DB) checkKey(ctx context.Context) error {
	if err := db.settings.Create(ctx, &check{Sealed: checkText}, "check"); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	c, err := db.settings.Get(ctx, "check")
	if errors.Is(err, seal.ErrUnknownKey) || errors.Is(err, seal.ErrTampered) || err == nil && c.Sealed != checkText {
		return ErrWrongKey
	}
	return err
}
