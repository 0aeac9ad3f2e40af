package message_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/message"
)

// silent accepts connections, says nothing, and tells when each has been closed.
func silent(t *testing.T) (port int, opened, closed chan struct{}) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	opened, closed = make(chan struct{}, 1), make(chan struct{}, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		opened <- struct{}{}
		io.Copy(io.Discard, conn)
		conn.Close()
		closed <- struct{}{}
	}()
	return listener.Addr().(*net.TCPAddr).Port, opened, closed
}

func TestSilentServer(t *testing.T) {
	t.Parallel()
	for _, secure := range []message.TLSMode{message.TLSNone, message.TLSStart, message.TLSImplicit} {
		t.Run(string(secure), func(t *testing.T) {
			t.Parallel()
			port, opened, closed := silent(t)
			s := message.SMTP{Host: "127.0.0.1", Port: port, From: "a@example.com", TLS: secure}
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-opened; cancel() }()
			err := (&message.Sender{Out: s}).Deliver(ctx, aMail())
			failed, ok := errors.AsType[*message.DeliveryError](err)
			if !ok || failed.Permanent || !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v, want one because of context.Canceled", err)
			}
			<-closed
		})
	}
}

func TestServerThatHangsAfterTheMessage(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ms := &mailServer{secure: message.TLSNone}
	ms.onData = func() error {
		cancel()
		<-t.Context().Done()
		return errNoReply
	}
	err := (&message.Sender{Out: ms.start(t)}).Deliver(ctx, aMail())
	if failed, ok := errors.AsType[*message.DeliveryError](err); !ok || failed.Permanent || !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want one because of context.Canceled", err)
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	t.Parallel()
	port, _, closed := silent(t)
	s := message.SMTP{Host: "127.0.0.1", Port: port, From: "a@example.com", TLS: message.TLSNone}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := (&message.Sender{Out: s}).Deliver(ctx, aMail()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want context.DeadlineExceeded", err)
	}
	<-closed
}
