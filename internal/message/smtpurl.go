package message

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// TLSMode is how the connection to a mail server is protected.
type TLSMode string

// The ways to protect a connection. None of them falls back to another.
const (
	TLSStart    TLSMode = "starttls" // clear at first, then STARTTLS, which must succeed (RFC 3207)
	TLSImplicit TLSMode = "tls"      // TLS from the first byte (RFC 8314)
	TLSNone     TLSMode = "none"     // never protected
)

// SMTP is a mail server that takes our mail. Fill it with ParseSMTP.
type SMTP struct {
	Host     string
	Port     int
	User     string
	Password pool.Secret
	From     string // the sender of mail that names none: a@b or Name <a@b>
	TLS      TLSMode

	// TLSConfig replaces the system's certificate authorities and other defaults;
	// nil is right but for a private authority.
	TLSConfig *tls.Config
}

// ParseSMTP reads
//
//	smtp://user:password@host:port?from=ADDRESS&tls=starttls|tls|none
//
// where user and password may be missing, tls is starttls if it is missing, and
// the port is then 587, 465 for tls and 25 for none. ADDRESS is a@b or
// Name <a@b>. Credentials need TLS unless the host is this machine. The errors
// show nothing of the URL: it may hold a password in any place, if it was not
// percent-encoded.
func ParseSMTP(text string) (SMTP, error) {
	fail := func(why string) (SMTP, error) { return SMTP{}, errors.New("mail server URL: " + why) }
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" || u.Hostname() == "" || u.Opaque != "" {
		return fail("want smtp://user:password@host:port?from=ADDRESS&tls=starttls|tls|none, " +
			"special characters in user and password percent-encoded")
	}
	if (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return fail("nothing may follow the host but ?from=…&tls=…; is a '/' or '#' of the password not percent-encoded?")
	}
	s := SMTP{Host: u.Hostname(), User: u.User.Username()}
	if password, given := u.User.Password(); given {
		s.Password = pool.Secret(password)
	}
	if (s.User == "") != (s.Password == "") {
		return fail("user and password come together or not at all")
	}
	if err := s.readQuery(u.RawQuery); err != nil {
		return fail(err.Error())
	}
	if s.Port, err = portOf(u.Port(), s.TLS); err != nil {
		return fail(err.Error())
	}
	if s.User != "" && s.TLS == TLSNone && !pool.IsLoopback(s.Host) {
		return fail("a password never goes over a clear connection to another machine: use tls=starttls or tls=tls")
	}
	return s, nil
}

func (s *SMTP) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return errors.New("the part after '?' is not percent-encoded")
	}
	for name, values := range query {
		if (name != "from" && name != "tls") || len(values) != 1 {
			return errors.New("the parameters are from and tls, once each")
		}
	}
	s.From, s.TLS = query.Get("from"), TLSMode(query.Get("tls"))
	if s.From == "" {
		return errors.New("from is missing: the address that mail is sent from")
	}
	if _, err := parseSender(s.From); err != nil {
		return errors.New("from is not an address like a@b or Name <a@b>")
	}
	switch s.TLS {
	case "":
		s.TLS = TLSStart
	case TLSStart, TLSImplicit, TLSNone:
	default:
		return errors.New("tls must be starttls, tls or none")
	}
	return nil
}

func portOf(text string, mode TLSMode) (int, error) {
	if text == "" {
		return map[TLSMode]int{TLSStart: 587, TLSImplicit: 465, TLSNone: 25}[mode], nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65535 {
		return 0, errors.New("the port must be 1 to 65535")
	}
	return port, nil
}

// sender returns the address that m is sent from.
func (s SMTP) sender(from string) (*mail.Address, error) {
	if from == "" {
		from = s.From
	}
	return parseSender(from)
}

// String shows the server without credentials.
func (s SMTP) String() string {
	return fmt.Sprintf("smtp://%s?tls=%s", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), s.TLS)
}

// GoString hides the credentials from %#v.
func (s SMTP) GoString() string { return s.String() }

// LogValue hides the credentials from logs.
func (s SMTP) LogValue() slog.Value { return slog.StringValue(s.String()) }
