package store_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func TestWrongMasterKeyIsRefused(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		right := newRing(t)
		must(t, open(t, location, right).Close())
		if _, err := store.Open(t.Context(), location, newRing(t)); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("another key: %v, want ErrWrongKey", err)
		}
		open(t, location, right)
	})
}

// A new key in front seals; what the old one sealed still opens.
func TestMasterKeyRotates(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		old, fresh := keyLine(t), keyLine(t)
		db := open(t, location, ringOf(t, old))
		fill(t, db)
		must(t, db.Close())
		db = open(t, location, ringOf(t, fresh, old))
		c, err := db.Clients.Get(t.Context(), poolID, "c")
		if err != nil || c.Secret != hush {
			t.Errorf("under the rotated ring the secret is %q, %v", c.Secret.Reveal(), err)
		}
		must(t, db.Clients.Put(t.Context(), &c, poolID, "c"))
		must(t, db.Close())
		if _, err := store.Open(t.Context(), location, ringOf(t, fresh)); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("without the old key: %v, want ErrWrongKey", err)
		}
	})
}

func TestNewSaysWhetherALedgerIsThere(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		for range 2 { // looking makes no ledger
			if empty, err := store.New(t.Context(), location); err != nil || !empty {
				t.Fatalf("New: %v, %v, want true", empty, err)
			}
		}
		open(t, location, newRing(t))
		if empty, err := store.New(t.Context(), location); err != nil || empty {
			t.Errorf("New: %v, %v, want false", empty, err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		must(t, open(t, location, ring).Close())
		_, err := raw(t, location).Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
		must(t, err)
		_, err = store.Open(t.Context(), location, ring)
		if err == nil || !strings.Contains(err.Error(), "newer") {
			t.Errorf("opening a newer ledger: %v, want a refusal that says so", err)
		}
	})
}

// Several nodes that start on one empty database make one ledger.
func TestRaceOpen(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		for _, err := range together(4, func(i int) error {
			db, err := store.Open(t.Context(), location, ring)
			if err != nil {
				return err
			}
			defer db.Close()
			return db.Pools.Create(t.Context(), &pool.Pool{ID: poolID}, string(rune('a'+i)))
		}) {
			must(t, err)
		}
		pools, err := open(t, location, ring).Pools.List(t.Context(), "", 10)
		if err != nil || len(pools) != 4 {
			t.Errorf("%d pools, %v, want 4", len(pools), err)
		}
	})
}

func TestUnusableLocations(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"", "mysql://x", "pool.db", "sqlite:" + filepath.Join(t.TempDir(), "none", "pool.db")} {
		if _, err := store.Open(t.Context(), location, newRing(t)); err == nil {
			t.Errorf("%q opened", location)
		}
	}
	_, err := store.Open(t.Context(), "postgres://me:hunter2@127.0.0.1:1/x?connect_timeout=1", newRing(t))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a server that is not there gave %v, want an error without the password", err)
	}
	_, err = store.Open(t.Context(), "postgres://me:hunter2@[broken/x", newRing(t))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("an unreadable URL gave %v, want an error without the password", err)
	}
}

// A path may hold what means something in a URL.
func TestSQLitePathIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "my pool?#%20&_pragma=synchronous(OFF).db")
	ring := newRing(t)
	db := open(t, "sqlite:"+path, ring)
	must(t, db.Pools.Create(t.Context(), &pool.Pool{ID: poolID}, poolID))
	must(t, db.Close())
	if found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); err != nil || len(found) != 1 || found[0] != path {
		t.Errorf("found %q, %v, want the one file", found, err)
	}
}

// In an older ledger preferred usernames have entries of a kind of their own:
// they lead where they led, and where another has the word as username, there.
func TestOlderPreferredUsernames(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		db := open(t, location, ring)
		for _, sub := range []string{"ann", "bob"} {
			must(t, db.Users.CreateNamed(t.Context(), aliasPool(), newUser(sub), false))
		}
		must(t, db.Close())
		older := raw(t, location)
		for _, statement := range []string{
			`INSERT INTO user_names (pool, kind, folded, sub) VALUES ('` + poolID + `', 'preferred_username', 'annie', 'ann'), ('` + poolID + `', 'preferred_username', 'bob', 'ann')`,
		} {
			must(t, second(older.Exec(statement)))
		}
		backTo(t, location, 6)
		db = open(t, location, ring)
		for name, want := range map[string]string{"annie": "ann", "bob": "bob"} {
			if got := who(t, db, username(name)); got != want {
				t.Errorf("%s leads to %q, want %s", name, got, want)
			}
		}
		var left int
		must(t, older.QueryRow(`SELECT count(*) FROM user_names WHERE kind = 'preferred_username'`).Scan(&left))
		if left != 0 {
			t.Errorf("%d entries of the older kind are left", left)
		}
	})
}
