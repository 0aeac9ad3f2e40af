package server_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// newServer makes a server on an empty ledger; the configuration of one for
// development may be changed by f.
func newServer(t *testing.T, f func(*server.Config)) (*server.Server, error) {
	t.Helper()
	folder := t.TempDir()
	c := server.Config{
		Listen: "localhost:9229", Database: "sqlite:" + filepath.Join(folder, "house.db"), MasterKeyFile: filepath.Join(folder, "master.key"),
		Region: "us-east-1", Dev: true, Log: slog.New(slog.DiscardHandler),
	}
	if f != nil {
		f(&c)
	}
	return server.New(t.Context(), c)
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	const smtp = "smtp://mail.example.com?from=pool@example.com"
	cert, key, _ := certificate(t)
	for _, c := range []struct {
		name string
		f    func(*server.Config)
		url  string
	}{
		{"for development", nil, "http://localhost:9229"},
		{"on one loopback address", func(c *server.Config) { c.Listen = "127.0.0.1:80" }, "http://localhost:80"},
		{"on the other", func(c *server.Config) { c.Listen = "[::1]:80" }, "http://localhost:80"},
		{"the mailbox by name", func(c *server.Config) { c.Mail = "mailbox" }, "http://localhost:9229"},
		{"development with real mail", func(c *server.Config) { c.Mail = smtp }, "http://localhost:9229"},
		{"behind a proxy", func(c *server.Config) {
			c.Listen, c.Dev, c.Mail, c.URL = ":8080", false, smtp, "https://auth.example.com/"
		}, "https://auth.example.com"},
		{"with a port", func(c *server.Config) {
			c.Listen, c.Dev, c.Mail, c.URL = "0.0.0.0:8443", false, smtp, "https://auth.example.com:8443"
		}, "https://auth.example.com:8443"},
		{"with a certificate", func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key }, "https://localhost:9229"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := newServer(t, c.f)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if s.URL() != c.url {
				t.Errorf("the URL is %s, want %s", s.URL(), c.url)
			}
		})
	}
}

// A new secret is shown once, and whoever starts a server may not look: serving
// makes none, and then nothing else either.
func TestServingMakesNoSecret(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	begin := func(generate bool) error {
		s, err := newServer(t, func(c *server.Config) {
			c.Database, c.MasterKeyFile = "sqlite:"+filepath.Join(folder, "house.db"), filepath.Join(folder, "master.key")
			c.Apply = housetest.Document(t, func(d *setup.Document) { d.UserPoolClients[0].GenerateSecret = generate })
		})
		if err != nil {
			return err
		}
		defer s.Close()
		_, err = s.DB.App(t.Context(), housetest.ClientID)
		return err
	}
	if err := begin(true); err == nil || !strings.Contains(err.Error(), "poolhouse apply") {
		t.Errorf("a client that needs a secret: %v", err)
	}
	_, db, err := server.OpenLedger(t.Context(), "sqlite:"+filepath.Join(folder, "house.db"), filepath.Join(folder, "master.key"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.App(t.Context(), housetest.ClientID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the client after the refusal: %v, want none", err)
	}
	db.Close()
	if err := begin(false); err != nil {
		t.Errorf("without a secret: %v", err)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	t.Parallel()
	grown := func(f func(*server.Config)) func(*server.Config) {
		return func(c *server.Config) {
			c.Dev, c.Mail = false, "smtp://mail.example.com?from=pool@example.com"
			f(c)
		}
	}
	for _, c := range []struct {
		flag string // that the refusal begins with
		f    func(*server.Config)
	}{
		{"--listen", func(c *server.Config) { c.Listen = "9229" }},
		{"--listen", func(c *server.Config) { c.Listen = "0.0.0.0:9229" }},
		{"--listen", func(c *server.Config) { c.Listen = ":9229" }},
		{"--listen", func(c *server.Config) { c.Listen = "192.0.2.1:9229" }},
		{"--listen", func(c *server.Config) { c.Listen = "localhost.example.com:9229" }},
		{"--tls-cert", func(c *server.Config) { c.TLSCert = "cert.pem" }},
		{"--tls-cert", func(c *server.Config) { c.TLSKey = "key.pem" }},
		{"--tls-cert", func(c *server.Config) { c.TLSCert, c.TLSKey = "no-such-cert.pem", "no-such-key.pem" }},
		{"--url", func(c *server.Config) { c.URL = "https://auth.example.com" }},
		{"--url", func(c *server.Config) { c.URL = "https://localhost.example.com" }},
		{"--url is needed", grown(func(c *server.Config) { c.Listen = ":443" })},
		{"--url", grown(func(c *server.Config) { c.URL = "auth.example.com" })},
		{"--url", grown(func(c *server.Config) { c.URL = "ftp://auth.example.com" })},
		{"--url", grown(func(c *server.Config) { c.URL = "https://" })},
		{"--url", grown(func(c *server.Config) { c.URL = "https://auth.example.com/pool" })},
		{"--url", grown(func(c *server.Config) { c.URL = "https://auth.example.com?x=y" })},
		{"--url", grown(func(c *server.Config) { c.URL = "https://ann@auth.example.com" })},
		{"--url", grown(func(c *server.Config) { c.URL = "http://auth.example.com" })},
		{"--mail is needed", grown(func(c *server.Config) { c.Mail = "" })},
		{"--mail mailbox", grown(func(c *server.Config) { c.Mail = "mailbox" })},
		{"--mail", grown(func(c *server.Config) { c.Mail = "smtp://mail.example.com" })},
		{"--mail", grown(func(c *server.Config) { c.Mail = "imap://mail.example.com?from=pool@example.com" })},
		{"--mail", func(c *server.Config) { c.Mail = "nonsense" }},
		{"--db", func(c *server.Config) { c.Database = "mysql://localhost/pool" }},
		{"--db", func(c *server.Config) { c.Database = "sqlite:/no/such/folder/pool.db" }},
		{"--db", func(c *server.Config) { c.Database = "postgres://joe:pebble@127.0.0.1:1/pool" }},
		{"--db", func(c *server.Config) { c.Database = "postgres://joe:pebble@:nonsense:/pool" }},
	} {
		s, err := newServer(t, c.f)
		if err == nil {
			s.Close()
			t.Errorf("accepted; want a refusal about %s", c.flag)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.flag) || strings.Contains(err.Error(), "pebble") {
			t.Errorf("refused by %q, want it about %s and without a password", err, c.flag)
		}
	}
}
