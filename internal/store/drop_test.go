package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const otherPoolID = "us-east-1_Other0001"

// tablesOfPools lists the tables whose rows belong to a pool, with all their
// columns, as the database itself knows them.
func tablesOfPools(t *testing.T, db *sql.DB, location string) map[string][]string {
	t.Helper()
	query := `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()`
	if strings.HasPrefix(location, "sqlite:") {
		query = `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`
	}
	rows, err := db.Query(query)
	must(t, err)
	all := map[string][]string{}
	for rows.Next() {
		var table, column string
		must(t, rows.Scan(&table, &column))
		all[table] = append(all[table], column)
	}
	must(t, rows.Err())
	out := map[string][]string{}
	for table, columns := range all {
		for _, column := range columns {
			if column == "pool" {
				out[table] = columns
			}
		}
	}
	return out
}

// plant writes a row of a table for a pool; nth tells rows apart.
func plant(t *testing.T, db *sql.DB, table string, columns []string, poolID string, nth int) {
	t.Helper()
	values := make([]string, len(columns))
	for i, column := range columns {
		switch column {
		case "pool":
			values[i] = "'" + poolID + "'"
		case "version", "expires", "due", "created", "spent", "n", "last":
			values[i] = "0"
		default:
			values[i] = fmt.Sprintf("'%s of %s %d'", column, poolID, nth)
		}
	}
	_, err := db.Exec("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")")
	must(t, err)
}

func rowsOf(t *testing.T, db *sql.DB, table, poolID string) (n int) {
	t.Helper()
	must(t, db.QueryRow("SELECT count(*) FROM "+table+" WHERE pool = $1", poolID).Scan(&n))
	return n
}

// Whatever table there is: nothing of a deleted pool stays, and nothing of
// another goes.
func TestDroppedPoolIsSwept(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db := t.Context(), open(t, location, newRing(t))
		must(t, db.Pools.Create(ctx, &pool.Pool{ID: poolID}, poolID))
		side := raw(t, location)
		tables := tablesOfPools(t, side, location)
		if len(tables) < 12 {
			t.Fatalf("found only the tables %v", tables)
		}
		for table, columns := range tables {
			for nth := range 5 {
				plant(t, side, table, columns, poolID, nth)
			}
			plant(t, side, table, columns, otherPoolID, 0)
		}
		now := time.Now().UnixMilli()
		if n, err := db.SweepDropped(ctx, now, 2); n != 0 || err != nil {
			t.Errorf("with no pool deleted %d rows are swept, %v", n, err)
		}
		must(t, db.DropPool(ctx, poolID, now))
		for _, table := range []string{"clients", "signing_keys"} {
			if rowsOf(t, side, table, poolID) != 0 {
				t.Errorf("%s are left when the pool is gone", table)
			}
		}
		for range 100 {
			n, err := db.SweepDropped(ctx, now, 2)
			must(t, err)
			if n == 0 {
				break
			}
		}
		for table, columns := range tables {
			if n := rowsOf(t, side, table, poolID); n != 0 {
				t.Errorf("%s keeps %d rows of a deleted pool", table, n)
			}
			if n := rowsOf(t, side, table, otherPoolID); n != 1 {
				t.Errorf("%s has %d rows of another pool, want 1", table, n)
			}
			plant(t, side, table, columns, poolID, 9) // a request that was under way
		}
		if n, err := db.SweepDropped(ctx, now, 100); n != int64(len(tables)) || err != nil {
			t.Errorf("of %d rows that came late %d are swept, %v", len(tables), n, err)
		}
		later := now + 2*time.Hour.Milliseconds()
		must(t, second(db.SweepDropped(ctx, later, 100))) // nothing is left: it is done
		plant(t, side, "users", tables["users"], poolID, 10)
		if n, err := db.SweepDropped(ctx, later, 100); n != 0 || err != nil {
			t.Errorf("a pool that is done is swept again: %d, %v", n, err)
		}
	})
}

func TestDropPool(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db := t.Context(), open(t, location, newRing(t))
		must(t, db.Pools.Create(ctx, &pool.Pool{ID: poolID}, poolID))
		must(t, db.Clients.Create(ctx, &pool.Client{UserPoolID: poolID, ID: "c", Secret: "s"}, poolID, "c"))
		if was, err := db.WasDropped(ctx, poolID); was || err != nil {
			t.Errorf("a pool that is there was dropped: %v, %v", was, err)
		}
		must(t, db.DropPool(ctx, poolID, 1))
		if _, err := db.App(ctx, "c"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the client of a deleted pool is found: %v", err)
		}
		if _, err := db.Pools.Get(ctx, poolID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a deleted pool is found: %v", err)
		}
		must(t, db.Clients.Create(ctx, &pool.Client{UserPoolID: otherPoolID, ID: "c"}, otherPoolID, "c")) // its id is free
		if err := db.DropPool(ctx, poolID, 2); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		if was, err := db.WasDropped(ctx, poolID); !was || err != nil {
			t.Errorf("a deleted pool was not: %v, %v", was, err)
		}
	})
}

func TestUsersAreCounted(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db := t.Context(), open(t, location, newRing(t))
		count := func() int64 {
			t.Helper()
			n, err := db.Users.Count(ctx, poolID)
			must(t, err)
			return n
		}
		if count() != 0 {
			t.Error("an empty pool has users")
		}
		subs := []string{"ann", "abe", "bob", "cat"}
		errs := together(len(subs), func(i int) error { return db.Users.Create(ctx, newUser(subs[i]), emailName(subs[i])) })
		must(t, errors.Join(errs...))
		if err := db.Users.Create(ctx, newUser("dan"), emailName("ann")); !errors.Is(err, store.ErrExists) {
			t.Errorf("a name was given twice: %v", err)
		}
		if n := count(); n != 4 {
			t.Errorf("four users are %d", n)
		}
		must(t, db.Users.Delete(ctx, poolID, "ann"))
		if err := db.Users.Delete(ctx, poolID, "ann"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
		eve := newUser("eve")
		must(t, db.Users.CreateNamed(ctx, pool.Pool{ID: poolID}, eve, false))
		if n := count(); n != 4 {
			t.Errorf("four users are %d", n)
		}
		if n, err := db.Users.Count(ctx, otherPoolID); n != 0 || err != nil {
			t.Errorf("another pool has %d users, %v", n, err)
		}
	})
}

// A ledger from before users were counted counts those it has.
func TestOldUsersAreCounted(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		db := open(t, location, ring)
		for _, sub := range []string{"ann", "abe", "bob"} {
			must(t, db.Users.Create(t.Context(), newUser(sub), emailName(sub)))
		}
		must(t, db.Close())
		backTo(t, location, 1)
		n, err := open(t, location, ring).Users.Count(t.Context(), poolID)
		if n != 3 || err != nil {
			t.Errorf("three users are %d, %v", n, err)
		}
	})
}
