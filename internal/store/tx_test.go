package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func TestTxIsWholeOrNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		no := errors.New("no")
		err := db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			must(t, tx.Sessions.Create(ctx, &pool.Session{}, poolID, "h"))
			must(t, tx.Users.Create(ctx, newUser("ann"), emailName("ann@example.com")))
			if _, err := tx.Sessions.Get(ctx, poolID, "h"); err != nil {
				t.Errorf("a transaction does not see its own write: %v", err)
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Errorf("Tx gave %v, want the func's own error", err)
		}
		if _, err := db.Sessions.Get(t.Context(), poolID, "h"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a row of a failed transaction is there: %v", err)
		}
		must(t, db.Users.Create(t.Context(), newUser("ann"), emailName("ann@example.com")))
	})
}

// A refusal inside a transaction leaves it usable: the next statement works.
func TestTxGoesOnAfterARefusal(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		must(t, db.Sessions.Create(t.Context(), &pool.Session{}, poolID, "h"))
		must(t, db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			if err := tx.Sessions.Create(ctx, &pool.Session{}, poolID, "h"); !errors.Is(err, store.ErrExists) {
				t.Errorf("Create: %v, want ErrExists", err)
			}
			if _, err := tx.Sessions.Take(ctx, poolID, "none"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Take: %v, want ErrNotFound", err)
			}
			return tx.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
				return tx.Sessions.Create(ctx, &pool.Session{}, poolID, "h2")
			})
		}))
		must(t, second(db.Sessions.Get(t.Context(), poolID, "h2")))
	})
}

// Using the ledger beside its open transaction is an error at once, not a wait
// for itself.
func TestNestedUseIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		must(t, db.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
			for what, err := range map[string]error{
				"Create": db.Sessions.Create(ctx, &pool.Session{}, poolID, "h"),
				"Get":    second(db.Sessions.Get(ctx, poolID, "h")),
				"Take":   second(db.Sessions.Take(ctx, poolID, "h")),
				"List":   second(db.Sessions.List(ctx, "", 1, poolID)),
				"Upsert": second(db.Windows.Upsert(ctx, func(*pool.Window) error { return nil }, poolID, "u", "a")),
				"ByName": second(db.Users.ByName(ctx, poolID, emailName("a")[0])),
				"Tx":     db.Tx(ctx, func(context.Context, *store.DB) error { return nil }),
			} {
				if !errors.Is(err, store.ErrNested) {
					t.Errorf("%s: %v, want ErrNested", what, err)
				}
			}
			return nil
		}))
	})
}

// A caller who goes away in the middle leaves nothing half written, and the
// ledger as usable as before.
func TestCancelledTxLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
			must(t, tx.Sessions.Create(ctx, &pool.Session{}, poolID, "first"))
			cancel()
			return tx.Sessions.Create(ctx, &pool.Session{}, poolID, "second")
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Tx gave %v, want context.Canceled", err)
		}
		for _, h := range []string{"first", "second"} {
			if _, err := db.Sessions.Get(t.Context(), poolID, h); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s was written: %v", h, err)
			}
		}
		if err := db.Sessions.Create(ctx, &pool.Session{}, poolID, "third"); !errors.Is(err, context.Canceled) {
			t.Errorf("Create with a dead context: %v", err)
		}
		must(t, db.Sessions.Create(t.Context(), &pool.Session{}, poolID, "first"))
	})
}

// One caller's cancelled context must not break what another is writing.
func TestCancelHurtsNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		must(t, db.Windows.Create(t.Context(), &pool.Window{}, poolID, "u", "a"))
		const each = 40
		errs := together(8, func(i int) error {
			for range each {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 1 { // these go away while they wait for their turn
					go cancel()
				}
				_, err := db.Windows.Update(ctx, func(w *pool.Window) error {
					if i%2 == 0 {
						w.Count++
					}
					return nil
				}, poolID, "u", "a")
				cancel()
				if err != nil && i%2 == 0 {
					return err
				}
			}
			return nil
		})
		for _, err := range errs {
			must(t, err)
		}
		if w, err := db.Windows.Get(t.Context(), poolID, "u", "a"); err != nil || w.Count != 4*each {
			t.Errorf("counted %d, %v, want %d", w.Count, err, 4*each)
		}
	})
}

func TestCostCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		cost := func(f func()) store.Cost {
			before := db.Cost()
			f()
			after := db.Cost()
			return store.Cost{Statements: after.Statements - before.Statements, Rows: after.Rows - before.Rows}
		}
		for what, c := range map[string]struct{ got, want store.Cost }{ // evaluated in the order written
			"Get of nothing": {cost(func() { db.Sessions.Get(t.Context(), poolID, "h") }), store.Cost{Statements: 1}},
			"Create":         {cost(func() { must(t, db.Sessions.Create(t.Context(), &pool.Session{}, poolID, "h1")) }), store.Cost{Statements: 1, Rows: 1}},
			"Upsert": {cost(func() {
				must(t, second(db.Windows.Upsert(t.Context(), func(*pool.Window) error { return nil }, poolID, "u", "a")))
			}), store.Cost{Statements: 5, Rows: 2}},
			"Take": {cost(func() { must(t, second(db.Sessions.Take(t.Context(), poolID, "h1"))) }), store.Cost{Statements: 1, Rows: 1}},
		} {
			if c.got != c.want {
				t.Errorf("%s cost %+v, want %+v", what, c.got, c.want)
			}
		}
	})
}
