package housetest

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

//go:embed testdata/pool.json
var poolDocument []byte

// What the document of a house without one holds: a pool whose usernames are
// e-mail addresses, an app client without a secret for the code and implicit
// flows, and a prefix domain.
const (
	PoolID   = "us-east-1_House0001"
	ClientID = "houseapp"
	Callback = "https://app.example.com/callback"
	Goodbye  = "https://app.example.com/bye"
	Prefix   = "house"
)

// Config says what is different about a house. Its zero value is a house on
// SQLite with the document above.
type Config struct {
	Database string // sqlite:PATH or postgres://…; "" is a new SQLite file
	KeyFile  string // "" is a new one
	Document *setup.Document
	Dev      *bool  // nil and true are a house for development; false one as in production, but for its light hash
	Mail     string // "" is the mailbox, or with Dev false a mail server that is not there; else smtp://…
	Proxies  []netip.Prefix
	URL      string // of the own host; "" is http://localhost:{port}
	Log      io.Writer
}

// House is a running server.
type House struct {
	*server.Server
	Address string // 127.0.0.1:port, where it listens

	t     testing.TB
	clock *clock
	seen  sync.Map // ids of the mails that were handed out
}

// Document returns the document of a house, changed by f, which may be nil.
func Document(t testing.TB, f func(*setup.Document)) *setup.Document {
	t.Helper()
	d, err := setup.ReadDocument(poolDocument)
	if err != nil {
		t.Fatal(err)
	}
	if f != nil {
		f(&d)
	}
	return &d
}

// Start runs a server until the test ends.
func Start(t testing.TB, c Config) *House {
	t.Helper()
	folder := t.TempDir()
	if c.Database == "" {
		c.Database = usual(t, folder)
	}
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(folder, "master.key")
	}
	if c.Document == nil {
		c.Document = Document(t, nil)
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	dev, light := c.Dev == nil || *c.Dev, password.Light()
	if c.Mail == "" && !dev {
		c.Mail = "smtp://127.0.0.1:1?from=pool@example.com&tls=none"
	}
	log := slog.New(slog.NewTextHandler(c.Log, nil))
	plantKeys(t, c, log)
	listeners, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &House{Address: listeners[0].Addr().String(), t: t, clock: &clock{}}
	h.Server, err = server.New(t.Context(), server.Config{
		Listen: h.Address, URL: c.own(h.Address), Database: c.Database, Mail: c.Mail, MasterKeyFile: c.KeyFile, TrustedProxies: c.Proxies,
		Region: "us-east-1", Dev: dev, Hash: &light, Apply: c.Document, Log: log, Now: h.clock.now,
	})
	if err != nil {
		listeners[0].Close()
		t.Fatal(err)
	}
	h.run(listeners)
	return h
}

func (c Config) own(address string) string {
	if c.URL != "" {
		return c.URL
	}
	_, port, _ := net.SplitHostPort(address) // a listener's own address
	return "http://localhost:" + port
}

func (h *House) run(listeners []net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx, listeners) }()
	h.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("the server ended with %v", err)
		}
	})
}

// Apply brings the running house to what the document says.
func (h *House) Apply(d *setup.Document) {
	h.t.Helper()
	for i, e := range d.UserPools {
		plant(h.t, h.DB, e.ID, 2+i)
	}
	if _, err := (&setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}).Apply(h.t.Context(), *d, false); err != nil {
		h.t.Fatal(err)
	}
}

// App is the app client with its pool, as a door loads it.
func (h *House) App(clientID string) pool.App {
	h.t.Helper()
	app, err := h.DB.App(h.t.Context(), clientID)
	if err != nil {
		h.t.Fatal(err)
	}
	return app
}

// Ledger opens a ledger that holds what the document says, for tests of what
// stands on a ledger alone. An empty database is a new SQLite file, no document
// the one of a house.
func Ledger(t testing.TB, database string, d *setup.Document) (*store.DB, *seal.Ring) {
	t.Helper()
	if database == "" {
		database = "sqlite:" + filepath.Join(t.TempDir(), "ledger.db")
	}
	if d == nil {
		d = Document(t, nil)
	}
	ring, db, err := server.OpenLedger(t.Context(), database, filepath.Join(t.TempDir(), "master.key"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for i, e := range d.UserPools {
		plant(t, db, e.ID, i)
	}
	if _, err := (&setup.Setup{DB: db, Region: "us-east-1", Now: time.Now}).Apply(t.Context(), *d, false); err != nil {
		t.Fatal(err)
	}
	return db, ring
}

// clock is real time and an offset that only grows.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Now is the house's time.
func (h *House) Now() time.Time { return h.clock.now() }

// Advance moves the house's clock forward.
func (h *House) Advance(d time.Duration) {
	if d < 0 {
		panic("housetest: the clock does not go back")
	}
	h.clock.ahead.Add(int64(d))
}

// ledgers are PostgreSQL databases with the schema of a ledger and nothing in
// it: to migrate each would take longer than to make it.
var ledgers = postgres.Copies(func(location string) error {
	_, err := store.New(context.Background(), location)
	return err
})

// OnPostgres is the environment variable that, set to 1, gives PostgreSQL to
// houses that name no database: make test tells the stories once so, too.
const OnPostgres = "POOLHOUSE_STORIES_ON_POSTGRES"

// usual is the database of a house that names none.
func usual(t testing.TB, folder string) string {
	if os.Getenv(OnPostgres) == "1" {
		return ledgers(t)
	}
	return "sqlite:" + filepath.Join(folder, "house.db")
}

// Databases runs a story on each kind of database. It is handed the location
// of one that holds nothing.
func Databases(t *testing.T, story func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		story(t, "sqlite:"+filepath.Join(t.TempDir(), "house.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		story(t, ledgers(t))
	})
}
