package postgres

import (
	"context"
	"crypto/rand"
	"errors"
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
	server := os.Getenv(Env)
	if server == "" {
		c, err := own()
		if errors.Is(err, ErrNotInstalled) {
			Missing(t, err.Error())
		}
		if err != nil {
			t.Fatalf("starting PostgreSQL: %v", err)
		}
		server = c.URL
	}
	name := "test_" + strings.ToLower(rand.Text())
	command(t, server, `CREATE DATABASE `+name+` TEMPLATE template0`)
	t.Cleanup(func() { command(t, server, `DROP DATABASE `+name+` WITH (FORCE)`) })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is no URL", Env)
	}
	u.Path = "/" + name
	return u.String()
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

func command(t testing.TB, server, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connecting to PostgreSQL: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
