package message

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

func TestEachStepHasItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		conn := stepConn{ours}
		if err := conn.SetDeadline(time.Now()); err != nil { // the library's limit does not count
			t.Fatal(err)
		}
		time.AfterFunc(9*time.Second, func() { io.WriteString(theirs, "x") })
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Errorf("an answer after 9s: %v", err)
		}
		start := time.Now()
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("no answer: %v after %v", err, time.Since(start))
		}
		start = time.Now()
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("nobody reads: %v after %v", err, time.Since(start))
		}
	})
}

// ParseSMTP refuses such a server already; this is the last line.
func TestCredentialsStayOffClearConnections(t *testing.T) {
	t.Parallel()
	offer := &smtp.ServerInfo{Name: "mail.example.com", Auth: []string{"PLAIN", "LOGIN"}}
	c := &credentials{server: SMTP{Host: "mail.example.com", User: "ann", Password: "hunter2", TLS: TLSNone}}
	if mechanism, _, err := c.Start(offer); err == nil {
		t.Errorf("%s over a clear connection", mechanism)
	}
	offer.TLS = true
	if mechanism, _, err := c.Start(offer); err != nil || mechanism != "PLAIN" {
		t.Errorf("%s, %v over TLS", mechanism, err)
	}
}
