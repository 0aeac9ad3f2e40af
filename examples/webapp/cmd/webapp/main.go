// Command webapp runs the sample app with settings from the environment and,
// where that is silent, from a file .env in the working directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/joho/godotenv"

	"github.com/poolhouse/poolhouse/examples/webapp"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	file, err := godotenv.Read()
	var unreadable *fs.PathError
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist):
	case errors.As(err, &unreadable):
		return fmt.Errorf("webapp: %w", err)
	default:
		// The parser's own words quote the file, and with it the secret.
		return errors.New("webapp: .env cannot be read: lines are NAME=value, and a value with spaces needs quotes")
	}
	cfg, err := webapp.ConfigFromEnv(func(name string) string {
		if value, ok := os.LookupEnv(name); ok {
			return value
		}
		return file[name]
	})
	if err != nil {
		return err
	}
	app, err := webapp.New(cfg)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Addr())
	if err != nil {
		return fmt.Errorf("webapp: HOSTNAME and PORT say %s: %w", cfg.Addr(), err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	// By the name that the callback has: cookies of another would not come along.
	fmt.Printf("The sample app listens on http://%s\n", net.JoinHostPort(cfg.Hostname, port))
	return serve(listener, app)
}

// serve ends when the program is told to, letting open requests finish.
func serve(listener net.Listener, app http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
