package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func filter(t *testing.T, text string) pool.UserFilter {
	t.Helper()
	f, err := pool.ParseUserFilter(text)
	must(t, err)
	return f
}

// walk lists the subs of all pages, and calls between after each page.
func walk(t *testing.T, db *store.DB, text string, limit int, between func()) (subs []string) {
	t.Helper()
	page := store.UserPage{Filter: filter(t, text), Limit: limit}
	for {
		users, next, err := db.Users.List(t.Context(), poolID, page)
		must(t, err)
		if len(users) > limit || next != "" && len(users) < limit {
			t.Fatalf("%s: a page of %d has %d users, and ends at %q", text, limit, len(users), next)
		}
		for _, u := range users {
			subs = append(subs, u.Sub)
		}
		if next == "" {
			return subs
		}
		page.After = next
		between()
	}
}

func none() {}

// people writes n users in one transaction; the nth is as f says.
func people(t *testing.T, db *store.DB, poolID string, n int, f func(n int, u *pool.User)) {
	t.Helper()
	must(t, db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
		for i := range n {
			u := newUser(fmt.Sprintf("%05d", i))
			u.UserPoolID = poolID
			f(i, u)
			if err := tx.Users.Create(ctx, u, nil); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestListUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		families := []string{"Smith", "smithers", "Ångström", "100%_O'Neil", strings.Repeat("𝔞", 300)}
		person := func(i int, u *pool.User) {
			u.Attributes["family_name"] = families[i%5]
			u.Disabled = i%3 == 0
		}
		people(t, db, poolID, 100, person)
		people(t, db, otherPoolID, 20, person)
		for text, want := range map[string]int{
			``: 100, `family_name = "SMITH"`: 20, `family_name ^= "smith"`: 40, `family_name ^= "å"`: 20, `family_name ^= "100%"`: 20, `family_name ^= "%"`: 0,
			`family_name ^= ""`: 100, `family_name ^= "` + strings.Repeat("𝔞", 200) + `"`: 20, `family_name = "100%_o'neil"`: 20, `status = "Disabled"`: 34, `status ^= ""`: 100,
			`cognito:user_status = "confirmed"`: 100, `sub = "00007"`: 1, `sub ^= "0000"`: 10, `sub ^= "00099"`: 1, `sub = "000"`: 0, `sub ^= "1"`: 0, `username = "00007"`: 1,
			`email ^= "0001"`: 10, `phone_number ^= "+"`: 0, `name = "' OR '1'='1"`: 0,
		} {
			for _, limit := range []int{1, 7, 60, 100, 101} {
				subs := walk(t, db, text, limit, none)
				if !strings.Contains(text, "^=") && !slices.IsSorted(subs) {
					t.Errorf("%s by %d: not in the order of subs: %v", text, limit, subs)
				}
				slices.Sort(subs)
				if len(subs) != want || len(slices.Compact(subs)) != want {
					t.Errorf("%s by %d lists %d users, %d of them once, want %d", text, limit, len(subs), len(slices.Compact(subs)), want)
				}
			}
		}
	})
}

// While others come, change and go, nobody who stays is left out or shown twice.
func TestListUsersWhileOthersAreWritten(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		people(t, db, poolID, 60, func(i int, u *pool.User) { u.Attributes["name"] = fmt.Sprintf("stays %d", i%7) })
		n := 0
		for _, text := range []string{``, `name ^= "stays"`, `status = "Enabled"`, `email ^= "0"`} {
			seen := map[string]int{}
			for _, sub := range walk(t, db, text, 7, func() {
				n++
				guest := newUser(fmt.Sprintf("%05d-%d", n%60, n))
				guest.Attributes["name"] = fmt.Sprintf("stays %d", n%9)
				must(t, db.Users.Create(t.Context(), guest, nil))
				must(t, second(db.Users.Update(t.Context(), poolID, guest.Sub, set("name", "stays away"))))
				if n%2 == 0 {
					must(t, db.Users.Delete(t.Context(), poolID, guest.Sub))
				}
			}) {
				seen[sub]++
			}
			for i := range 60 {
				if sub := fmt.Sprintf("%05d", i); seen[sub] != 1 {
					t.Errorf("%s: %s is listed %d times", text, sub, seen[sub])
				}
			}
		}
	})
}

// indexed reads the whole index of the pool, and what it should be.
func indexed(t *testing.T, db *store.DB, location string) (got, want []string) {
	t.Helper()
	rows, err := raw(t, location).Query(`SELECT sub, attribute, value FROM user_index WHERE pool = $1`, poolID)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var sub, attribute, value string
		must(t, rows.Scan(&sub, &attribute, &value))
		got = append(got, sub+" "+attribute+" "+value)
	}
	must(t, rows.Err())
	users, _, err := db.Users.List(t.Context(), poolID, store.UserPage{Filter: filter(t, ""), Limit: 1000})
	must(t, err)
	for _, u := range users {
		for _, v := range u.Searched() {
			want = append(want, u.Sub+" "+v.Attribute+" "+v.Value)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	return got, want
}

// The index says of each user what the user's own row says, whichever way that
// was written.
func TestUserIndexFollows(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db, p := t.Context(), open(t, location, newRing(t)), aliasPool()
		check := func(what string, least int) {
			t.Helper()
			got, want := indexed(t, db, location)
			if diff := cmp.Diff(want, got); diff != "" || len(got) < least {
				t.Errorf("after %s (%d rows, at least %d): %s", what, len(got), least, diff)
			}
		}
		must(t, db.Users.Create(ctx, newUser("ann"), emailName("ann@example.com")))
		must(t, db.Users.CreateNamed(ctx, p, proven("bob", "bob@example.com"), false))
		must(t, db.Users.CreateNamed(ctx, p, newUser("cat"), false))
		check("users were made", 12)
		if err := db.Users.Create(ctx, newUser("dan"), emailName("ann@example.com")); !errors.Is(err, store.ErrExists) {
			t.Error(err)
		}
		check("one was not made", 12)
		must(t, second(db.Users.Update(ctx, poolID, "ann", func(u *pool.User) error {
			u.Status, u.Disabled, u.Attributes["name"] = pool.ResetRequired, true, "Ann "+strings.Repeat("ẞ", 400)
			return nil
		})))
		check("a change", 13)
		must(t, second(db.Users.UpdateNamed(ctx, p, "cat", set("email", "bob@example.com", "email_verified", "true", "preferred_username", "Kitty"), true)))
		check("an alias was taken away", 14)
		must(t, second(db.Users.UpdateNamed(ctx, p, "cat", set("preferred_username", "", "email", ""), false)))
		check("attributes were taken away", 12)
		broken := errors.New("broken")
		if _, err := db.Users.Update(ctx, poolID, "ann", func(u *pool.User) error { u.Attributes["name"] = "Anna"; return broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
		check("a change that failed", 12)
		errs := together(6, func(i int) error {
			return second(db.Users.Update(ctx, poolID, "bob", set("name", fmt.Sprint("Bob ", i), "given_name", fmt.Sprint(i))))
		})
		must(t, errors.Join(errs...))
		check("changes at the same time", 14)
		must(t, db.Users.Delete(ctx, poolID, "ann"))
		check("somebody left", 9)
		must(t, db.Users.Delete(ctx, poolID, "bob"))
		must(t, db.Users.Delete(ctx, poolID, "cat"))
		check("all left", 0)
	})
}

// Only what a change changes is written: signing in costs nothing more.
func TestUserIndexIsLeftAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		must(t, db.Users.Create(t.Context(), newUser("ann"), nil))
		for what, c := range map[string]struct {
			f    func(*pool.User) error
			want store.Cost
		}{
			"no searched value": {func(u *pool.User) error { u.NotBefore++; u.Attributes["nickname"] = "a"; return nil }, store.Cost{Statements: 4, Rows: 1, Read: 1}},
			"another case":      {func(u *pool.User) error { u.Attributes["email"] = "ANN@example.com"; return nil }, store.Cost{Statements: 4, Rows: 1, Read: 1}},
			"one more":          {func(u *pool.User) error { u.Attributes["name"] = "Ann"; return nil }, store.Cost{Statements: 5, Rows: 2, Read: 1}},
		} {
			before := db.Cost()
			must(t, second(db.Users.Update(t.Context(), poolID, "ann", c.f)))
			if got := db.Cost().Since(before); got != c.want {
				t.Errorf("%s: %+v, want %+v", what, got, c.want)
			}
		}
	})
}

// A ledger from before there was an index gets it for those it has, without
// their secrets being opened.
func TestOldUsersAreIndexed(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		db := open(t, location, ring)
		people(t, db, poolID, 700, func(i int, u *pool.User) { u.Attributes["name"] = fmt.Sprintf("İLSE %d", i) })
		people(t, db, otherPoolID, 600, func(int, *pool.User) {})
		must(t, db.Close())
		backTo(t, location, 7)
		must(t, second(store.New(t.Context(), location)))
		db = open(t, location, ring)
		got, want := indexed(t, db, location)
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 700*5 {
			t.Errorf("%d rows: %s", len(got), diff)
		}
		var n int
		must(t, raw(t, location).QueryRow(`SELECT count(*) FROM user_index WHERE pool = $1`, otherPoolID).Scan(&n))
		if n != 600*4 {
			t.Errorf("the other pool has %d rows", n)
		}
	})
}

// Several nodes that start on one ledger from before write its index once.
func TestRaceFillUserIndex(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ring := newRing(t)
		db := open(t, location, ring)
		people(t, db, poolID, 700, func(int, *pool.User) {})
		must(t, db.Close())
		backTo(t, location, 7)
		var closing sync.Mutex
		for _, err := range together(3, func(int) error {
			db, err := store.Open(t.Context(), location, ring)
			if err == nil {
				closing.Lock()
				defer closing.Unlock()
				err = db.Close()
			}
			return err
		}) {
			must(t, err)
		}
		if got, want := indexed(t, open(t, location, ring), location); !slices.Equal(got, want) {
			t.Errorf("%d rows, want %d", len(got), len(want))
		}
	})
}
