package store_test

import (
	"path/filepath"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/store"
)

const poolID = "us-east-1_Test00001"

// onBoth runs f on an empty ledger of each kind.
func onBoth(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) { f(t, open(t, location, newRing(t))) })
}

// onLocations runs f with an address where no ledger is yet, of each kind.
func onLocations(t *testing.T, f func(t *testing.T, location string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, "sqlite:"+filepath.Join(t.TempDir(), "pool.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, postgres.Fresh(t))
	})
}

func open(t *testing.T, location string, ring *seal.Ring) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), location, ring)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func keyLine(t *testing.T) string {
	t.Helper()
	line, err := seal.NewKeyLine()
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func newRing(t *testing.T) *seal.Ring {
	t.Helper()
	return ringOf(t, keyLine(t))
}

func ringOf(t *testing.T, lines ...string) *seal.Ring {
	t.Helper()
	var text string
	for _, l := range lines {
		text += l + "\n"
	}
	ring, err := seal.ParseRing([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// together runs f n times at once and returns the results.
func together[T any](n int, f func(i int) T) []T {
	out, start, done := make([]T, n), make(chan struct{}), make(chan struct{}, n)
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			<-start
			out[i] = f(i)
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return out
}

func newUser(sub string) *pool.User {
	return &pool.User{
		UserPoolID: poolID, Sub: sub, Username: sub, Status: pool.Confirmed,
		Attributes: map[string]string{"email": sub + "@example.com"},
		Password:   pool.Password{Hash: "hash of " + sub, SRPSalt: "salt of " + pool.Secret(sub), SRPVerifier: "verifier of " + pool.Secret(sub)},
	}
}

func emailName(address string) []pool.Name {
	return []pool.Name{{Kind: pool.NameEmail, Folded: address}}
}
