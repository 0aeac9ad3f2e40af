package server_test

import (
	"net"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/server"
)

func listen(t *testing.T, address string) []net.Listener {
	t.Helper()
	out, err := server.Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, l := range out {
			l.Close()
		}
	})
	return out
}

func TestListen(t *testing.T) {
	t.Parallel()
	both := listen(t, "localhost:0")
	host, port, err := net.SplitHostPort(both[0].Addr().String())
	if err != nil || host != "127.0.0.1" || port == "0" {
		t.Fatalf("localhost:0 opened %s", both[0].Addr())
	}
	if len(both) == 2 {
		if got := both[1].Addr().String(); got != "[::1]:"+port {
			t.Errorf("beside it %s, want the same port of ::1", got)
		}
	} else if six, err := net.Listen("tcp", "[::1]:0"); err == nil {
		six.Close()
		t.Error("this machine has ::1, and it was not opened")
	}
	if one := listen(t, "127.0.0.1:0"); len(one) != 1 {
		t.Errorf("127.0.0.1:0 opened %d", len(one))
	}
	for _, taken := range []string{"localhost:" + port, "127.0.0.1:" + port} {
		if _, err := server.Listen(taken); err == nil || err.Error() != taken+" is taken: another program listens there" {
			t.Errorf("a taken port: %v", err)
		}
	}
	for _, bad := range []string{"localhost", "localhost:http:x", "192.0.2.1:0", "localhost:65536"} {
		if l, err := server.Listen(bad); err == nil || !strings.Contains(err.Error(), bad) && !strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s opened %v (%v)", bad, l, err)
		}
	}
}

// TestListenTakesBothOrNone: if ::1 is taken, 127.0.0.1 is given back.
func TestListenTakesBothOrNone(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no ::1")
	}
	probe.Close()
	var six, four net.Listener
	for four == nil { // whose port somebody else has on 127.0.0.1 proves nothing
		var err error
		if six, err = net.Listen("tcp", "[::1]:0"); err != nil {
			t.Fatal(err)
		}
		defer six.Close()
		_, port, _ := net.SplitHostPort(six.Addr().String())
		four, _ = net.Listen("tcp", "127.0.0.1:"+port)
	}
	_, port, _ := net.SplitHostPort(six.Addr().String())
	four.Close()
	if _, err := server.Listen("localhost:" + port); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("opened beside another program: %v", err)
	}
	again, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatalf("127.0.0.1 was kept: %v", err)
	}
	again.Close()
}
