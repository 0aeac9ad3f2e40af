package message

import (
	"errors"
	"net"
	"slices"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// stepConn gives every read and every write its own time limit. The mail library
// would set one limit for the greeting up to the login, and one for all the rest.
type stepConn struct{ net.Conn }

// Read reads, for ten seconds at most.
func (c stepConn) Read(b []byte) (int, error) {
	if err := c.Conn.SetReadDeadline(time.Now().Add(stepLimit)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write writes, for ten seconds at most.
func (c stepConn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(stepLimit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// SetDeadline does nothing: the limits are the connection's own.
func (stepConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, like SetDeadline.
func (stepConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, like SetDeadline.
func (stepConn) SetWriteDeadline(time.Time) error { return nil }

// credentials logs in by PLAIN, or by LOGIN where a server has only that. Under
// TLS they are as good as the challenge mechanisms, and every server has one.
type credentials struct {
	server SMTP
	chosen smtp.Auth
}

// Start picks the mechanism. Without TLS an attacker could have written what the
// server seems to offer, so it goes on only towards this machine.
func (c *credentials) Start(offer *smtp.ServerInfo) (string, []byte, error) {
	s := c.server
	if !offer.TLS && !pool.IsLoopback(s.Host) {
		return "", nil, errors.New("a password never goes over a clear connection to another machine")
	}
	const clearIsChecked = true
	switch {
	case slices.Contains(offer.Auth, "PLAIN"):
		c.chosen = smtp.PlainAuth("", s.User, s.Password.Reveal(), s.Host, clearIsChecked)
	case slices.Contains(offer.Auth, "LOGIN"):
		c.chosen = smtp.LoginAuth(s.User, s.Password.Reveal(), s.Host, clearIsChecked)
	default:
		return "", nil, errors.New("the mail server offers no login by PLAIN or LOGIN")
	}
	return c.chosen.Start(offer)
}

// Next answers the server with the mechanism that Start picked.
func (c *credentials) Next(fromServer []byte, more bool) ([]byte, error) {
	return c.chosen.Next(fromServer, more)
}
