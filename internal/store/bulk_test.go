package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// many are users with names of every kind, two of which take one entry.
func many(n int) (p pool.Pool, users []pool.User) {
	p = pool.Pool{ID: poolID, Settings: pool.Settings{AliasAttributes: []string{"email", "preferred_username"}}}
	for i := range n {
		u := *newUser(fmt.Sprintf("%05d", i))
		u.Username, u.Attributes["preferred_username"], u.Attributes["email_verified"] = u.Sub, u.Sub, "true"
		users = append(users, u)
	}
	return p, users
}

// What is written of many users at a time is what is written of each.
func TestCreateAllIsCreateOfEach(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		db := open(t, location, newRing(t))
		p, users := many(600) // more than two statements
		rows := func() (out []string) {
			raw := raw(t, location)
			for _, query := range []string{`SELECT sub, kind, folded FROM user_names`, `SELECT sub, attribute, value FROM user_index`, `SELECT part, 'n', cast(n AS TEXT) FROM user_counts WHERE n <> 0`} {
				found, err := raw.Query(query)
				must(t, err)
				defer found.Close()
				for found.Next() {
					var row [3]sql.NullString
					must(t, found.Scan(&row[0], &row[1], &row[2]))
					out = append(out, fmt.Sprint(row))
				}
				must(t, found.Err())
			}
			slices.Sort(out)
			return out
		}
		each := func(f func(ctx context.Context, tx *store.DB, u *pool.User) error) {
			must(t, db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
				for i := range users {
					if err := f(ctx, tx, &users[i]); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		each(func(ctx context.Context, tx *store.DB, u *pool.User) error {
			return tx.Users.CreateNamed(ctx, p, u, false)
		})
		want := rows()
		each(func(ctx context.Context, tx *store.DB, u *pool.User) error {
			return tx.Users.Delete(ctx, poolID, u.Sub)
		})
		if left := rows(); len(left) != 0 {
			t.Fatalf("%d rows are left", len(left))
		}
		must(t, db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error { return tx.Users.CreateAll(ctx, p, users) }))
		if got := rows(); !slices.Equal(got, want) || len(got) < 5*len(users) {
			t.Errorf("many at a time make %d rows, each alone %d", len(got), len(want))
		}
	})
}

func TestCreateAllRefusesWhatIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		p, users := many(300)
		other := *newUser("other")
		other.Attributes["preferred_username"] = users[299].Username
		must(t, db.Users.CreateNamed(ctx, p, &other, false))
		all := func(users []pool.User) error {
			return db.Tx(ctx, func(ctx context.Context, tx *store.DB) error { return tx.Users.CreateAll(ctx, p, users) })
		}
		if err := all(users); !errors.Is(err, store.ErrExists) {
			t.Errorf("with a name that another has: %v", err)
		}
		must(t, all(users[:299]))
		if err := all(users[298:299]); !errors.Is(err, store.ErrExists) {
			t.Errorf("with a user who is there: %v", err)
		}
		subs := []string{"nobody", "other"}
		for _, u := range users {
			subs = append(subs, u.Sub)
		}
		there, err := db.Users.Among(ctx, poolID, subs)
		if err != nil || len(there) != 300 || there["00007"].Password != users[7].Password {
			t.Errorf("%d of them are there, %v", len(there), err)
		}
		holders, err := db.Users.Holders(ctx, poolID, []pool.Name{{Kind: pool.NamePreferred, Folded: "00299"}, {Kind: pool.NameUsername, Folded: "00001"}, {Kind: pool.NameEmail, Folded: "nobody@example.com"}})
		if err != nil || len(holders) != 2 || holders[pool.Name{Kind: pool.NameUsername, Folded: "00299"}] != "other" {
			t.Errorf("the names are %v's, %v", holders, err)
		}
		if n, err := db.Users.Count(ctx, poolID); n != 300 || err != nil {
			t.Errorf("%d users are counted, %v", n, err)
		}
	})
}

func TestGroupsOfMany(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		p, users := many(300)
		must(t, db.Tx(ctx, func(ctx context.Context, tx *store.DB) error { return tx.Users.CreateAll(ctx, p, users) }))
		makeGroups(t, db, poolID, "a", "b", "B")
		var joined []store.Membership
		var subs []string
		for _, u := range users {
			subs = append(subs, u.Sub)
			joined = append(joined, store.Membership{Group: "b", Sub: u.Sub}, store.Membership{Group: "B", Sub: u.Sub})
		}
		must(t, db.Members.JoinAll(ctx, poolID, joined))
		got, err := db.Members.NamesOf(ctx, poolID, subs)
		if err != nil || len(got) != 300 || !slices.Equal(got["00299"], []string{"B", "b"}) {
			t.Errorf("the groups are %v, %v", got["00299"], err)
		}
		if err := db.Members.JoinAll(ctx, poolID, joined[:1]); !errors.Is(err, store.ErrExists) {
			t.Errorf("who is in a group joins: %v", err)
		}
	})
}
