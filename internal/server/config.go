package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// Config is what a server is told at start.
type Config struct {
	Listen         string         // host:port; "localhost" means both loopback addresses
	URL            string         // of the own host as browsers see it; "" follows Listen
	Database       string         // sqlite:PATH or postgres://…
	Mail           string         // "mailbox" (Dev only) or smtp://…
	MasterKeyFile  string         // made on the first start with a new ledger
	TLSCert        string         // PEM files; both or neither
	TLSKey         string         //
	TrustedProxies []netip.Prefix // whose X-Forwarded-* headers count
	Region         string         // of ids that are made, and of operators' signatures
	Account        string         // in ARNs, twelve digits; "" is zeros
	Dev            bool           // mailbox, light hash, reasons on error pages; loopback only
	Apply          *setup.Document
	Log            *slog.Logger

	// Now is the clock; nil is time.Now. Hash is nil for the profile that Dev
	// says. Grace is how long a stop waits for what is in hand; 0 is ten seconds.
	Now   func() time.Time
	Hash  *password.Params
	Grace time.Duration

	tls *tls.Config // of TLSCert and TLSKey; nil serves http
}

// Check says what is wrong with the configuration, without opening anything.
func (c Config) Check() error {
	_, _, err := c.check()
	return err
}

// CheckLoopback refuses an address that other machines could reach.
func CheckLoopback(flag, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%s %q is not host:port", flag, address)
	}
	if !pool.IsLoopback(host) {
		return fmt.Errorf("%s %s: the demo answers on this machine only (localhost, 127.0.0.1 or [::1])", flag, address)
	}
	return nil
}

// check completes the configuration and refuses what cannot work, each in one
// line that names the flag.
func (c *Config) check() (own *url.URL, out message.Deliverer, err error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("--listen %q is not host:port", c.Listen)
	}
	if c.Dev && !pool.IsLoopback(host) {
		return nil, nil, fmt.Errorf("--listen %s: with --dev the server answers on this machine only (localhost, 127.0.0.1 or [::1])", c.Listen)
	}
	if err := c.loadCertificate(); err != nil {
		return nil, nil, err
	}
	if c.URL == "" {
		scheme := "http"
		if c.TLSCert != "" {
			scheme = "https"
		}
		if !pool.IsLoopback(host) {
			return nil, nil, fmt.Errorf("--url is needed: the address under which browsers reach this server")
		}
		c.URL = scheme + "://" + net.JoinHostPort("localhost", port)
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	if own, err = parseOwn(c.URL); err != nil {
		return nil, nil, err
	}
	if own.Scheme == "http" && !pool.IsLoopback(own.Hostname()) {
		return nil, nil, fmt.Errorf("--url %s: outside this machine people sign in over https only (terminate TLS at a proxy and give its address)", c.URL)
	}
	if c.Dev && !pool.IsLoopback(own.Hostname()) && !strings.HasSuffix(own.Hostname(), ".localhost") {
		return nil, nil, fmt.Errorf("--url %s: --dev shows everybody's mail, so it is for this machine only", c.URL)
	}
	out, err = c.deliverer()
	return own, out, err
}

func parseOwn(address string) (*url.URL, error) {
	own, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || own.Scheme != "http" && own.Scheme != "https" || own.Host == "" || own.Path != "" || own.RawQuery != "" || own.User != nil {
		return nil, fmt.Errorf("--url %q is not http(s)://host[:port]", address)
	}
	return own, nil
}

// loadCertificate reads the certificate once, so that a bad one is refused at
// the start and not by the first listener.
func (c *Config) loadCertificate() error {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return nil
	case c.TLSCert == "" || c.TLSKey == "":
		return errors.New("--tls-cert and --tls-key go together")
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return fmt.Errorf("--tls-cert %s, --tls-key %s: %w", c.TLSCert, c.TLSKey, err)
	}
	c.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return nil
}

func (c *Config) deliverer() (message.Deliverer, error) {
	switch {
	case c.Mail == "mailbox" && c.Dev, c.Mail == "" && c.Dev:
		return nil, nil
	case c.Mail == "mailbox":
		return nil, errors.New("--mail mailbox shows everybody's mail to everybody: it needs --dev")
	case c.Mail == "":
		return nil, errors.New("--mail is needed: smtp://user:pass@host:port?from=… (or --dev, whose mail stays in a mailbox)")
	}
	smtp, err := message.ParseSMTP(c.Mail)
	if err != nil {
		return nil, fmt.Errorf("--mail: %w", err)
	}
	return smtp, nil
}
