package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const crowd = 16

func TestRaceUpdateLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		const each = 10
		must(t, db.Windows.Create(t.Context(), &pool.Window{}, poolID, "u", "a"))
		for _, err := range together(crowd, func(int) error {
			for range each {
				if _, err := db.Windows.Update(t.Context(), func(w *pool.Window) error { w.Count++; return nil }, poolID, "u", "a"); err != nil {
					return err
				}
			}
			return nil
		}) {
			must(t, err)
		}
		if w, err := db.Windows.Get(t.Context(), poolID, "u", "a"); err != nil || w.Count != crowd*each {
			t.Errorf("counted %d, %v, want %d", w.Count, err, crowd*each)
		}
	})
}

func TestRaceUpsertMakesOneRow(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		for _, err := range together(crowd, func(int) error {
			_, err := db.Lockouts.Upsert(t.Context(), func(l *pool.Lockout) error { l.Failures++; return nil }, poolID, "u")
			return err
		}) {
			must(t, err)
		}
		if l, err := db.Lockouts.Get(t.Context(), poolID, "u"); err != nil || l.Failures != crowd {
			t.Errorf("counted %d, %v, want %d", l.Failures, err, crowd)
		}
	})
}

func TestRaceTakeHasOneWinner(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		must(t, db.Sessions.Create(t.Context(), &pool.Session{Sub: "s"}, poolID, "h"))
		winners := 0
		for _, err := range together(crowd, func(int) error {
			_, err := db.Sessions.Take(t.Context(), poolID, "h")
			return err
		}) {
			switch {
			case err == nil:
				winners++
			case !errors.Is(err, store.ErrNotFound):
				t.Errorf("a loser got %v, want ErrNotFound", err)
			}
		}
		if winners != 1 {
			t.Errorf("%d took the row, want 1", winners)
		}
	})
}

func TestRaceOneNameOneUser(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		winners := 0
		for i, err := range together(crowd, func(i int) error {
			return db.Users.Create(t.Context(), newUser(fmt.Sprint("sub", i)), emailName("ann@example.com"))
		}) {
			_, missing := db.Users.Get(t.Context(), poolID, fmt.Sprint("sub", i))
			switch {
			case err == nil:
				winners++
				must(t, missing)
			case !errors.Is(err, store.ErrExists):
				t.Errorf("a loser got %v, want ErrExists", err)
			case !errors.Is(missing, store.ErrNotFound):
				t.Errorf("a loser's row was written")
			}
		}
		if winners != 1 {
			t.Errorf("%d got the name, want 1", winners)
		}
	})
}

func TestRaceSpendGivesACodeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		app := newCode(t, db, "hash", "grant")
		winners := 0
		for _, err := range together(crowd, func(int) error {
			_, err := db.Codes.Spend(t.Context(), app, "hash", 2)
			return err
		}) {
			switch {
			case err == nil:
				winners++
			case !errors.Is(err, store.ErrSpent):
				t.Errorf("a loser got %v, want ErrSpent", err)
			}
		}
		if winners != 1 {
			t.Errorf("%d redeemed the code, want 1", winners)
		}
		// The winner is slow: the replays were all there before it could
		// write what the code gives.
		late := pool.Grant{UserPoolID: poolID, ID: "grant", ClientID: "c", Sub: "s", ExpiresAt: 1 << 50}
		if err := db.Grants.Create(t.Context(), &late); !errors.Is(err, store.ErrExists) {
			t.Errorf("the grant of a replayed code could be made: %v", err)
		}
	})
}

func TestRaceClaimGivesNoMailTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		const mails = 60
		for i := range mails {
			must(t, db.Mails.Put(t.Context(), newMail(fmt.Sprint("m", i), int64(i))))
		}
		type claimed struct {
			ids []string
			err error
		}
		var got []string
		for _, c := range together(6, func(int) claimed {
			var c claimed
			for {
				batch, err := db.Mails.Claim(t.Context(), 1000, 2000, 4)
				if err != nil || len(batch) == 0 {
					c.err = err
					return c
				}
				for _, m := range batch {
					c.ids = append(c.ids, m.ID)
				}
			}
		}) {
			must(t, c.err)
			got = append(got, c.ids...)
		}
		slices.Sort(got)
		if n := len(got); n > len(slices.Compact(got)) {
			t.Errorf("a mail was claimed twice: %v", got)
		}
		// A claim that met another may come back empty while mail is left:
		// the next look finds it.
		for {
			batch, err := db.Mails.Claim(t.Context(), 1000, 2000, 100)
			must(t, err)
			if len(batch) == 0 {
				break
			}
			for _, m := range batch {
				got = append(got, m.ID)
			}
		}
		slices.Sort(got)
		if got = slices.Compact(got); len(got) != mails {
			t.Errorf("%d mails were claimed, want %d", len(got), mails)
		}
	})
}
