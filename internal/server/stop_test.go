package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
)

// TestStopCutsOffAHangingMailServer: a mail server that says nothing holds up a
// stop for the grace and no longer. What ended the delivery is in the outbox,
// so no clock is needed to see it; and the mail is still there to be sent.
func TestStopCutsOffAHangingMailServer(t *testing.T) {
	t.Parallel()
	office, called := hangingMailServer(t)
	folder := t.TempDir()
	database, key := "sqlite:"+filepath.Join(folder, "house.db"), filepath.Join(folder, "master.key")
	listeners := listen(t, "127.0.0.1:0")
	s, err := newServer(t, func(c *server.Config) {
		c.Listen, c.Apply, c.Database, c.MasterKeyFile = listeners[0].Addr().String(), housetest.Document(t, nil), database, key
		c.Mail, c.Grace = "smtp://"+office+"?from=pool@example.com&tls=none", time.Millisecond
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMilli()
	mail := pool.Mail{ID: "hangs", UserPoolID: housetest.PoolID, To: "ann@example.com", Subject: "Code", Text: "123456", State: pool.MailWaiting, CreatedAt: now, DueAt: now}
	if err := s.DB.Mails.Put(t.Context(), &mail); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listeners) }()
	<-called
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	_, db, err := server.OpenLedger(t.Context(), database, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	mails, err := db.Mails.Newest(t.Context(), "ann@example.com", 2)
	if err != nil || len(mails) != 1 {
		t.Fatalf("the outbox holds %d mails (%v), want 1", len(mails), err)
	}
	m := mails[0]
	cut := strings.Contains(m.LastError, net.ErrClosed.Error()) || strings.Contains(m.LastError, "canceled") // and no timeout
	if m.State != pool.MailWaiting || m.Text != "123456" || !cut {
		t.Errorf("the mail is %s, with the text %q, after %q; want it waiting after the stop cut it off", m.State, m.Text.Reveal(), m.LastError)
	}
}

// hangingMailServer takes connections and says nothing. It tells when one has
// come.
func hangingMailServer(t *testing.T) (address string, called <-chan struct{}) {
	t.Helper()
	l := listen(t, "127.0.0.1:0")[0]
	calls := make(chan struct{}, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		calls <- struct{}{}
		io.Copy(io.Discard, conn)
	}()
	return l.Addr().String(), calls
}
