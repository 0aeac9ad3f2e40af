package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/api"
	"github.com/poolhouse/poolhouse/internal/console"
	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/token"
	"github.com/poolhouse/poolhouse/internal/web"
)

// Server is a whole Poolhouse in one process.
type Server struct {
	Changes []setup.Change // what the document at start changed

	// DB and Passwords are open to tests that look behind the doors.
	DB        *store.DB
	Passwords *password.Hasher

	config  Config
	own     *url.URL
	tokens  *token.Tokens
	signin  *signin.Signin
	people  setup.People
	pump    *pump
	imports *importer
	limits  *limiter
	events  struct {
		sync.Mutex
		swept string // the pool whose audit trail was looked through last
	}
	handler http.Handler
}

// New opens the ledger, applies the document, and puts the house together. It
// listens to nobody yet.
func New(ctx context.Context, c Config) (*Server, error) {
	own, out, err := c.check()
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Account == "" {
		c.Account = "000000000000"
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
	ring, db, err := OpenLedger(ctx, c.Database, c.MasterKeyFile, c.Log)
	if err != nil {
		return nil, err
	}
	s := &Server{DB: db, config: c, own: own}
	s.build(ring, out)
	if err := s.prepare(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// OpenLedger opens the ledger under the master key of keyFile. The file is made
// for a ledger that is new; a missing or wrong one for a ledger that is not is
// refused by name.
func OpenLedger(ctx context.Context, database, keyFile string, log *slog.Logger) (*seal.Ring, *store.DB, error) {
	ring, err := seal.LoadFile(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		fresh, newErr := store.New(ctx, database)
		if newErr != nil {
			return nil, nil, fmt.Errorf("--db: %w", newErr)
		}
		if !fresh {
			return nil, nil, fmt.Errorf("the master key file %s is missing, and the ledger was made with one: restore it from your backup", keyFile)
		}
		if ring, err = seal.CreateFile(keyFile); err == nil {
			log.Warn("made a master key: back it up, without it the ledger cannot be read", "file", keyFile)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	db, err := store.Open(ctx, database, ring)
	switch {
	case errors.Is(err, store.ErrWrongKey):
		return nil, nil, fmt.Errorf("%w: %s", err, keyFile)
	case err != nil:
		return nil, nil, fmt.Errorf("--db: %w", err)
	}
	return ring, db, nil
}

// build hangs the verbs on the hands and the doors on the verbs.
func (s *Server) build(ring *seal.Ring, out message.Deliverer) {
	c, now := s.config, s.config.Now
	params := password.Production()
	if c.Dev {
		params = password.Light()
	}
	if c.Hash != nil {
		params = *c.Hash
	}
	if params != password.Production() {
		c.Log.Warn("passwords are hashed with a light profile: for development only", "memory_kib", params.MemoryKiB, "passes", params.Passes)
	}
	s.Passwords = password.NewHasher(params, runtime.NumCPU())
	s.pump = newPump(c, s.DB, &message.Sender{Out: out})
	s.tokens = &token.Tokens{DB: s.DB, Ring: ring, URL: c.URL, Now: now}
	s.limits = &limiter{now: now, local: !c.Dev}
	nameKey, sessionKey, codeKey := ring.Derive("names"), ring.Derive("sessions"), ring.Derive("codes")
	accounts := &account.Accounts{
		DB: s.DB, Passwords: s.Passwords, NameKey: nameKey, CodeKey: codeKey, SessionKey: sessionKey, URL: s.own, Now: now, Sent: s.pump.sent,
	}
	s.people = peopleOf(accounts)
	s.imports = newImporter(&account.Imports{DB: s.DB, Key: ring.Derive("imports"), URL: s.own, Now: now}, c.Log)
	people := &signin.Signin{DB: s.DB, Passwords: s.Passwords, NameKey: nameKey, SessionKey: sessionKey, CodeKey: codeKey, FeedbackKey: ring.Derive("feedback"), Now: now}
	s.signin = people
	pages := &web.Web{
		DB: s.DB, Accounts: accounts, Tokens: s.tokens, Signin: people,
		URL: s.own, StateKey: ring.Derive("pages"), Dev: c.Dev, Log: c.Log, Now: now,
	}
	calls := &api.API{
		DB: s.DB, Accounts: accounts, Signin: people, Tokens: s.tokens, Setup: s.setup(), Imports: s.imports.verb,
		Account: c.Account, Region: c.Region, Host: s.own.Hostname(), Secure: s.own.Scheme == "https", ListKey: ring.Derive("lists"), Operators: s.operator, AnyKey: c.Dev, Admits: s.limits.admits, Log: c.Log, Now: now,
	}
	mux := http.NewServeMux()
	pageHandler := pages.Handler()
	root := s.onOwnHost(pages, pageHandler, calls.Handler())
	mux.Handle("POST /{$}", root)
	mux.Handle("OPTIONS /{$}", root)
	mux.Handle(api.UploadPattern, s.onOwnHost(pages, pageHandler, calls.UploadHandler()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	if c.Dev && out == nil { // mail that really goes out is nobody's here to read
		box := (&console.Mailbox{DB: s.DB, Own: s.own, Stylesheet: web.StylePath(), Log: c.Log}).Handler()
		mux.Handle("/mailbox", box)
		mux.Handle("GET /{$}", s.onOwnHost(pages, pageHandler, http.RedirectHandler("/mailbox", http.StatusFound)))
		mux.Handle("/mailbox.json", box)
	}
	mux.Handle("/", pageHandler)
	s.handler = s.front(mux)
}

// prepare applies the document and makes the keys of its pools, so that the
// first person does not wait for them.
func (s *Server) prepare(ctx context.Context) error {
	if s.config.Apply == nil {
		return nil
	}
	ctx, apply := onCommandLine(ctx), s.setup()
	changes, err := apply.Apply(ctx, *s.config.Apply, true)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if change.NewSecret != "" { // nobody would see it: the log is no place for it
			return fmt.Errorf("app client %s needs a new secret, which is shown once: make it with poolhouse apply, or give its ClientSecret", change.Name)
		}
	}
	if s.Changes, err = apply.Apply(ctx, *s.config.Apply, false); err != nil {
		return err
	}
	for _, change := range s.Changes {
		if change.Kind == "user pool" {
			if err := s.tokens.EnsureKeys(ctx, change.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) setup() *setup.Setup {
	return &setup.Setup{DB: s.DB, Region: s.config.Region, Host: s.own.Hostname(), Now: s.config.Now, People: s.people}
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.DB.Ping(r.Context()); err != nil {
		s.config.Log.Error("the ledger does not answer", "error", err)
		http.Error(w, "the ledger does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// Handler answers HTTP requests as the server's listeners do.
func (s *Server) Handler() http.Handler { return s.handler }

// FeedbackToken lets its bearer say whether an event of the audit trail was
// theirs.
func (s *Server) FeedbackToken(poolID, eventID string) string {
	return s.signin.FeedbackToken(poolID, eventID)
}

// URL is the own host as browsers see it, no slash at its end.
func (s *Server) URL() string { return s.config.URL }

// Run serves until ctx ends, then lets requests and mail in hand finish, for at
// most [Config].Grace each, and closes the ledger. The listeners are Listen's.
func (s *Server) Run(ctx context.Context, listeners []net.Listener) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() { defer close(done); s.background(work) }()
	server := &http.Server{
		Handler: s.handler, TLSConfig: s.config.tls, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- s.serve(server, l) }()
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Grace)
	defer cancel()
	if shutErr := server.Shutdown(grace); shutErr != nil {
		server.Close()
	}
	stop()
	<-done
	return errors.Join(err, s.DB.Close())
}

func (s *Server) serve(server *http.Server, l net.Listener) error {
	var err error
	if s.config.tls != nil {
		err = server.ServeTLS(l, "", "") // the certificate is in TLSConfig
	} else {
		err = server.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close frees a server that was never run.
func (s *Server) Close() error { return s.DB.Close() }
