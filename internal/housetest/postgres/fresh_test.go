package postgres_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
)

func TestFreshDatabasesAreApart(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for range 2 {
		conn, err := pgx.Connect(ctx, postgres.Fresh(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		var fsync string
		if err := conn.QueryRow(ctx, `SHOW fsync`).Scan(&fsync); err != nil || fsync != "on" {
			t.Errorf("fsync is %q (%v), want on: the durability tests rest on it", fsync, err)
		}
		if _, err := conn.Exec(ctx, `CREATE TABLE only_here (n BIGINT)`); err != nil {
			t.Error(err)
		}
	}
}

// Copies begin as they were prepared, once for all, and are apart.
func TestCopies(t *testing.T) {
	t.Parallel()
	ctx, prepared := context.Background(), 0
	copies := postgres.Copies(func(location string) error {
		prepared++
		conn, err := pgx.Connect(ctx, location)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, `CREATE TABLE there (n BIGINT)`)
		return err
	})
	for range 2 {
		conn, err := pgx.Connect(ctx, copies(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		var n int
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM there`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows, %v", n, err)
		}
		if _, err := conn.Exec(ctx, `INSERT INTO there VALUES (1)`); err != nil {
			t.Error(err)
		}
	}
	if prepared != 1 {
		t.Errorf("prepared %d times", prepared)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	c, err := postgres.Start(t.Context())
	if errors.Is(err, postgres.ErrNotInstalled) {
		postgres.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(config.Host); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(config.Host); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if conn, err := pgx.Connect(context.Background(), c.URL); err == nil {
		conn.Close(context.Background())
		t.Error("the server still answers")
	}
}
