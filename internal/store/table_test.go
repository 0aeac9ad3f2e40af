package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func TestTableKeepsWhatItIsGiven(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if _, err := db.Sessions.Get(ctx, poolID, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("Get of nothing: %v, want ErrNotFound", err)
		}
		first := pool.Session{UserPoolID: poolID, ClientID: "c", Sub: "päivi ☂", Purpose: pool.SessionConfirm, AuthTime: 1, ExpiresAt: 1 << 50}
		must(t, db.Sessions.Create(ctx, &first, poolID, "a"))
		got, err := db.Sessions.Get(ctx, poolID, "a")
		must(t, err)
		if diff := cmp.Diff(first, got); diff != "" {
			t.Error(diff)
		}
		second := first
		second.Sub = "other"
		if err := db.Sessions.Create(ctx, &second, poolID, "a"); !errors.Is(err, store.ErrExists) {
			t.Errorf("Create of an existing row: %v, want ErrExists", err)
		}
		if got, _ := db.Sessions.Get(ctx, poolID, "a"); got.Sub != first.Sub {
			t.Error("a refused Create changed the row")
		}
		must(t, db.Sessions.Put(ctx, &second, poolID, "a"))
		must(t, db.Sessions.Put(ctx, &second, poolID, "new"))
		for _, id := range []string{"a", "new"} {
			if got, err := db.Sessions.Get(ctx, poolID, id); err != nil || got.Sub != "other" {
				t.Errorf("after Put %q holds %+v, %v", id, got, err)
			}
		}
		must(t, db.Sessions.Delete(ctx, poolID, "a"))
		must(t, db.Sessions.Delete(ctx, poolID, "a"))
		if _, err := db.Sessions.Get(ctx, poolID, "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Get after Delete: %v, want ErrNotFound", err)
		}
	})
}

func TestTableListPages(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		// Byte order in both databases: upper case before lower case.
		ids := []string{"A", "B", "Z", "a", "b", "z"}
		for i := range ids {
			must(t, db.Clients.Create(ctx, &pool.Client{UserPoolID: poolID, ID: ids[5-i], Secret: "s" + pool.Secret(ids[5-i])}, poolID, ids[5-i]))
		}
		must(t, db.Clients.Create(ctx, &pool.Client{ID: "Elsewhere"}, "us-east-1_Other", "Elsewhere"))
		var got []string
		for after := ""; ; {
			page, err := db.Clients.List(ctx, after, 4, poolID)
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				got = append(got, c.ID)
				if c.Secret.Reveal() != "s"+c.ID {
					t.Errorf("the secret of %s came back as %q", c.ID, c.Secret.Reveal())
				}
			}
			after = got[len(got)-1]
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTableUpdate(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		one := func(w *pool.Window) error { w.Count++; return nil }
		if _, err := db.Windows.Update(ctx, one, poolID, "u", "a"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Update of nothing: %v, want ErrNotFound", err)
		}
		for want := 1; want <= 2; want++ {
			w, err := db.Windows.Upsert(ctx, one, poolID, "u", "a")
			if err != nil || w.Count != want {
				t.Errorf("Upsert gave %+v, %v, want count %d", w, err, want)
			}
		}
		no := errors.New("no")
		refusing := func(w *pool.Window) error { w.Count = 99; return no }
		if _, err := db.Windows.Update(ctx, refusing, poolID, "u", "a"); !errors.Is(err, no) {
			t.Errorf("Update whose func refuses: %v", err)
		}
		if _, err := db.Windows.Upsert(ctx, refusing, poolID, "u", "new"); !errors.Is(err, no) {
			t.Errorf("Upsert whose func refuses: %v", err)
		}
		if w, err := db.Windows.Get(ctx, poolID, "u", "a"); err != nil || w.Count != 2 {
			t.Errorf("a refused Update left %+v, %v", w, err)
		}
		if _, err := db.Windows.Get(ctx, poolID, "u", "new"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a refused Upsert left a row: %v", err)
		}
	})
}

func TestTableSweep(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for i := range 10 {
			must(t, db.Sessions.Create(ctx, &pool.Session{ExpiresAt: int64(100 + i)}, poolID, fmt.Sprint(i)))
		}
		must(t, db.Pools.Create(ctx, &pool.Pool{ID: poolID}, poolID))
		for _, want := range []int64{3, 2, 0} { // five expired before 105, three at a time
			if n, err := db.Sessions.Sweep(ctx, 105, 3); err != nil || n != want {
				t.Errorf("swept %d, %v, want %d", n, err, want)
			}
		}
		left, err := db.Sessions.List(ctx, "", 100, poolID)
		if err != nil || len(left) != 5 {
			t.Errorf("%d sessions are left (%v), want 5", len(left), err)
		}
		if n, err := db.Pools.Sweep(ctx, 1<<60, 100); err != nil || n != 0 {
			t.Errorf("swept %d pools, %v: rows without an expiry stay", n, err)
		}
		// An Update that extends a row's life counts.
		_, err = db.Sessions.Update(ctx, func(s *pool.Session) error { s.ExpiresAt = 1000; return nil }, poolID, "5")
		must(t, err)
		if n, err := db.Sessions.Sweep(ctx, 500, 100); err != nil || n != 4 {
			t.Errorf("swept %d, %v, want 4", n, err)
		}
	})
}

// Every row type goes out and comes back the same, secrets and all.
func TestTablesOfEveryKind(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		yes := true
		roundTrip(ctx, t, db.Pools, pool.Pool{ID: poolID, Settings: pool.Settings{PoolName: "P", AdminCreateUserConfig: &pool.AdminCreateUserConfig{AllowAdminCreateUserOnly: &yes}}}, poolID)
		roundTrip(ctx, t, db.Clients, pool.Client{UserPoolID: poolID, ID: "c", Secret: "shh"}, poolID, "c")
		roundTrip(ctx, t, db.SigningKeys, store.SigningKey{Kid: "k", Private: "\x00\xff not UTF-8", CreatedAt: 3}, poolID, "id")
		roundTrip(ctx, t, db.MailedCodes, pool.MailedCode{MAC: []byte{0, 1, 255}, Attribute: "email", Value: "a@b", ExpiresAt: 5}, poolID, "u", "confirm")
		roundTrip(ctx, t, db.Windows, pool.Window{Start: 7, Count: 2}, poolID, "u", "resend")
		roundTrip(ctx, t, db.Lockouts, pool.Lockout{Failures: 1, LastFailure: 2, LockedUntil: 3}, poolID, "u")
		roundTrip(ctx, t, db.Sessions, pool.Session{Sub: "s", Proven: true}, poolID, "h")
	})
}

func roundTrip[T any](ctx context.Context, t *testing.T, table store.Table[T], want T, key ...string) {
	t.Helper()
	must(t, table.Create(ctx, &want, key...))
	got, err := table.Get(ctx, key...)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T: %s", want, diff)
	}
	taken, err := table.Take(ctx, key...)
	must(t, err)
	if diff := cmp.Diff(want, taken); diff != "" {
		t.Errorf("%T taken: %s", want, diff)
	}
	if _, err := table.Take(ctx, key...); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%T taken twice: %v, want ErrNotFound", want, err)
	}
}
