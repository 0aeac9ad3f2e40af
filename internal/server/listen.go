package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Listen opens address, host:port. "localhost" opens 127.0.0.1 and, where the
// machine has it, ::1 on the same port; port 0 takes a free one.
func Listen(address string) ([]net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is not host:port", address)
	}
	if host != "localhost" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, explain(address, err)
		}
		return []net.Listener{l}, nil
	}
	four, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, explain(address, err)
	}
	_, taken, err := net.SplitHostPort(four.Addr().String())
	if err != nil {
		return nil, err
	}
	six, err := net.Listen("tcp", net.JoinHostPort("::1", taken))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		four.Close()
		return nil, explain(address, err)
	case err != nil: // a machine without IPv6
		return []net.Listener{four}, nil
	}
	return []net.Listener{four, six}, nil
}

func explain(address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken: another program listens there", address)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be opened by this user", address)
	}
	return fmt.Errorf("%s cannot be opened: %w", address, err)
}

// Beside serves another handler, the demo's sample app, until it is closed.
func Beside(handler http.Handler, listeners []net.Listener, log *slog.Logger) (closeAll func() error) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	for _, l := range listeners {
		go server.Serve(l)
	}
	return server.Close
}
