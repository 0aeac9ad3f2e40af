package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the variable that holds the URL of a cluster for the whole run.
const Env = "POOLHOUSE_TEST_POSTGRES"

// own is the cluster of this test binary. It ends with the process.
var own = sync.OnceValues(func() (*Cluster, error) { return Start(context.Background()) })

// Fresh returns the URL of an empty database, which is dropped when the test
// ends. A database, and not a schema: the lock under which nodes migrate is one
// for a whole database. Without a server the test is skipped, under CI=true it
// fails.
func Fresh(t testing.TB) string {
	t.Helper()
	return create(t, "template0")
}

// Copies is Fresh for databases that all begin the same: prepare fills the
// first, and each is a copy of that, which is cheaper than to fill it again.
// The first one ends with the cluster.
func Copies(prepare func(location string) error) func(testing.TB) string {
	filled := sync.OnceValues(func() (string, error) {
		at, err := running()
		if err != nil {
			return "", err
		}
		name := newName()
		if err := command(at, `CREATE DATABASE `+name+` TEMPLATE template0`); err != nil {
			return "", err
		}
		return name, prepare(locate(at, name))
	})
	return func(t testing.TB) string {
		t.Helper()
		template, err := filled()
		available(t, err)
		return create(t, template)
	}
}

// running is the URL of the run's cluster, or of this test binary's own.
func running() (*url.URL, error) {
	location := os.Getenv(Env)
	if location == "" {
		c, err := own()
		if err != nil {
			return nil, fmt.Errorf("starting PostgreSQL: %w", err)
		}
		location = c.URL
	}
	return url.Parse(location)
}

func available(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, ErrNotInstalled) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func newName() string { return "test_" + strings.ToLower(rand.Text()) }

func locate(server *url.URL, name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}

func create(t testing.TB, template string) string {
	t.Helper()
	at, err := running()
	available(t, err)
	name := newName()
	available(t, command(at, `CREATE DATABASE `+name+` TEMPLATE `+template))
	t.Cleanup(func() {
		if err := command(at, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return locate(at, name)
}

// Missing skips a test for what the machine lacks, or fails it under CI=true,
// where nothing may go untested.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI=true: %s", what)
	}
	t.Skip(what)
}

func command(server *url.URL, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
