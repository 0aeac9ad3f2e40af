package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// makeGroups makes groups of a pool.
func makeGroups(t *testing.T, db *store.DB, poolID string, names ...string) {
	t.Helper()
	for _, name := range names {
		must(t, db.Groups.Create(t.Context(), &pool.Group{UserPoolID: poolID, GroupName: name}, poolID, name))
	}
}

func joins(t *testing.T, db *store.DB, group, sub string) int {
	t.Helper()
	n, err := db.Members.Join(t.Context(), poolID, group, sub)
	must(t, err)
	return n
}

// inGroups are the names of a user's groups, and subsIn the users of a group.
func inGroups(t *testing.T, db *store.DB, sub, after string, limit int) (names []string) {
	t.Helper()
	groups, err := db.Members.GroupsOf(t.Context(), pool.User{UserPoolID: poolID, Sub: sub, Grouped: true}, after, limit)
	must(t, err)
	for _, g := range groups {
		names = append(names, g.GroupName)
	}
	return names
}

func subsIn(t *testing.T, db *store.DB, group, after string, limit int) (subs []string) {
	t.Helper()
	users, err := db.Members.UsersIn(t.Context(), pool.Group{UserPoolID: poolID, GroupName: group}, after, limit)
	must(t, err)
	for _, u := range users {
		subs = append(subs, u.Sub)
	}
	return subs
}

func TestMembers(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		makeGroups(t, db, poolID, "b", "a", "B", "c")
		makeGroups(t, db, otherPoolID, "a")
		for _, sub := range []string{"ann", "bob", "cat"} {
			must(t, db.Users.Create(ctx, newUser(sub), emailName(sub+"@example.com")))
		}
		for i, group := range []string{"b", "a", "B"} {
			if n := joins(t, db, group, "ann"); n != i+1 {
				t.Errorf("in %d groups after joining %d", n, i+1)
			}
		}
		if n := joins(t, db, "a", "ann"); n != 3 {
			t.Errorf("in %d groups after joining one twice", n)
		}
		joins(t, db, "a", "cat")
		joins(t, db, "a", "bob")
		for what, c := range map[string][2][]string{
			"ann's groups":     {inGroups(t, db, "ann", "", 9), {"B", "a", "b"}}, // letter for letter, by code point
			"a page of them":   {inGroups(t, db, "ann", "", 2), {"B", "a"}},
			"the next page":    {inGroups(t, db, "ann", "a", 2), {"b"}},
			"a's users":        {subsIn(t, db, "a", "", 9), {"ann", "bob", "cat"}},
			"a page of users":  {subsIn(t, db, "a", "ann", 1), {"bob"}},
			"B's users":        {subsIn(t, db, "B", "", 9), {"ann"}},
			"of an empty one":  {subsIn(t, db, "c", "", 9), nil},
			"of none":          {subsIn(t, db, "nobody's", "", 9), nil},
			"nobody's groups":  {inGroups(t, db, "nobody", "", 9), nil},
			"in another case?": {inGroups(t, db, "ANN", "", 9), nil},
		} {
			if !slices.Equal(c[0], c[1]) {
				t.Errorf("%s: %q, want %q", what, c[0], c[1])
			}
		}
		must(t, db.Members.Leave(ctx, poolID, "a", "ann"))
		must(t, db.Members.Leave(ctx, poolID, "a", "ann"))
		must(t, db.Members.Leave(ctx, otherPoolID, "a", "bob"))
		must(t, db.Users.Delete(ctx, poolID, "cat"))
		if subs := subsIn(t, db, "a", "", 9); !slices.Equal(subs, []string{"bob"}) {
			t.Errorf("a has %q left", subs)
		}
		if names := inGroups(t, db, "cat", "", 9); names != nil {
			t.Errorf("a deleted user stays in %q", names)
		}
	})
}

// Who was never put in a group costs nothing: that is everybody's sign-in in
// pools without groups.
func TestNoGroupsAskNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		before := db.Cost()
		groups, err := db.Members.GroupsOf(t.Context(), *newUser("ann"), "", 100)
		if err != nil || groups != nil || db.Cost() != before {
			t.Errorf("%v, %v, at a cost of %+v after %+v", groups, err, db.Cost(), before)
		}
	})
}

// A group is emptied in batches, and no other with it.
func TestClearGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		makeGroups(t, db, poolID, "many", "few")
		must(t, db.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			for i := range 1001 {
				if _, err := tx.Members.Join(ctx, poolID, "many", fmt.Sprint("sub", i)); err != nil {
					return err
				}
			}
			_, err := tx.Members.Join(ctx, poolID, "few", "sub0")
			return err
		}))
		before := db.Cost()
		must(t, db.Members.Clear(t.Context(), poolID, "many"))
		if after := db.Cost(); after.Rows-before.Rows != 1001 || after.Statements-before.Statements != 2 {
			t.Errorf("cleared %d rows in %d statements, want 1001 in 2", after.Rows-before.Rows, after.Statements-before.Statements)
		}
		if names := inGroups(t, db, "sub0", "", 9); !slices.Equal(names, []string{"few"}) {
			t.Errorf("left in %q", names)
		}
	})
}
