package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// aliasPool has usernames, and verified e-mail addresses beside them.
func aliasPool() pool.Pool {
	return pool.Pool{ID: poolID, Settings: pool.Settings{AliasAttributes: []string{"email", "preferred_username"}}}
}

// addressPool has addresses as usernames, verified or not.
func addressPool() pool.Pool {
	return pool.Pool{ID: poolID, Settings: pool.Settings{UsernameAttributes: []string{"email"}}}
}

func proven(sub, email string) *pool.User {
	u := newUser(sub)
	u.Attributes = map[string]string{"email": email, "email_verified": "true"}
	return u
}

func alias(address string) pool.Name { return pool.Name{Kind: pool.NameEmail, Folded: address} }

func username(folded string) pool.Name {
	return pool.Name{Kind: pool.NameUsername, Folded: folded}
}

func preferred(folded string) pool.Name {
	return pool.Name{Kind: pool.NamePreferred, Folded: folded}
}

// who says whose sub the first of names leads to, "" for nobody.
func who(t *testing.T, db *store.DB, names ...pool.Name) string {
	t.Helper()
	u, err := db.Users.ByNames(t.Context(), poolID, names)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return u.Sub
}

func set(attributes ...string) func(*pool.User) error {
	return func(u *pool.User) error {
		change := map[string]string{}
		for i := 0; i < len(attributes); i += 2 {
			change[attributes[i]] = attributes[i+1]
		}
		u.SetAttributes(change)
		return nil
	}
}

func taken(t *testing.T, what string, err error, kind pool.NameKind) {
	t.Helper()
	e, ok := errors.AsType[*store.TakenError](err)
	if !ok || e.Name.Kind != kind || !errors.Is(err, store.ErrExists) {
		t.Errorf("%s: %v, want the %s to be taken", what, err, kind)
	}
}

func TestByNames(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.Users.Create(ctx, newUser("ann"), []pool.Name{username("ann"), alias("ann@example.com")}))
		must(t, db.Users.Create(ctx, newUser("bob"), []pool.Name{username("bob"), preferred("annie")}))
		sub := func(s string) pool.Name { return pool.Name{Kind: pool.NameSub, Folded: s} }
		for what, c := range map[string]struct {
			names []pool.Name
			want  string
		}{
			"the first wins":              {[]pool.Name{username("ann"), preferred("annie")}, "ann"},
			"in their order":              {[]pool.Name{preferred("annie"), username("ann")}, "bob"},
			"a preferred one":             {[]pool.Name{username("annie")}, "bob"},
			"a later one":                 {[]pool.Name{username("x"), alias("ann@example.com"), preferred("annie")}, "ann"},
			"the sub":                     {[]pool.Name{username("x"), sub("bob")}, "bob"},
			"a name before a sub":         {[]pool.Name{preferred("annie"), sub("ann")}, "bob"},
			"none of them":                {[]pool.Name{username("x"), alias("x"), sub("x")}, ""},
			"another kind's":              {[]pool.Name{alias("ann"), alias("bob")}, ""},
			"a sub that is only a name":   {[]pool.Name{sub("ann@example.com")}, ""},
			"nothing that breaks out":     {[]pool.Name{username("' OR '1'='1"), sub("%")}, ""},
			"one name, as ByName does it": {[]pool.Name{alias("ann@example.com")}, "ann"},
		} {
			before := db.Cost()
			if got := who(t, db, c.names...); got != c.want {
				t.Errorf("%s: %q, want %q", what, got, c.want)
			}
			if n := db.Cost().Statements - before.Statements; n != 1 {
				t.Errorf("%s: %d round trips, want 1", what, n)
			}
		}
		if _, err := db.Users.ByNames(ctx, "us-east-1_Other", []pool.Name{username("ann"), sub("ann")}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another pool: %v, want ErrNotFound", err)
		}
	})
}

func TestUpdateNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, p := t.Context(), aliasPool()
		must(t, db.Users.CreateNamed(ctx, p, newUser("ann"), false))
		if got := who(t, db, username("ann")) + who(t, db, alias("ann@example.com")); got != "ann" {
			t.Errorf("a new account is found %q, want by its username alone", got)
		}
		u, err := db.Users.UpdateNamed(ctx, p, "ann", set("email_verified", "true", "preferred_username", "annie"), false)
		if err != nil || !u.EmailVerified() {
			t.Fatalf("%+v, %v", u, err)
		}
		if got := who(t, db, alias("ann@example.com")) + who(t, db, preferred("annie")); got != "annann" {
			t.Errorf("its aliases lead to %q", got)
		}
		must(t, second(db.Users.UpdateNamed(ctx, p, "ann", set("email", "new@example.com", "preferred_username", ""), false)))
		for _, gone := range []pool.Name{alias("ann@example.com"), alias("new@example.com"), preferred("annie")} {
			if got := who(t, db, gone); got != "" {
				t.Errorf("%+v still leads to %s", gone, got)
			}
		}
		if got := who(t, db, username("ann")); got != "ann" {
			t.Error("the username was lost with the aliases")
		}
		if _, err := db.Users.UpdateNamed(ctx, p, "nobody", set(), false); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("nobody was changed: %v", err)
		}
		broken := errors.New("broken")
		if _, err := db.Users.UpdateNamed(ctx, p, "ann", func(u *pool.User) error { u.Attributes["email_verified"] = "true"; return broken }, false); !errors.Is(err, broken) {
			t.Errorf("an error of the function became %v", err)
		}
		if got := who(t, db, alias("new@example.com")); got != "" {
			t.Error("a change that failed left a name")
		}
	})
}

// A taken name refuses the whole change; force takes a verified alias over.
func TestTakenNames(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, p := t.Context(), aliasPool()
		must(t, db.Users.CreateNamed(ctx, p, proven("ann", "shared@example.com"), false))
		taken(t, "a new account with the alias", db.Users.CreateNamed(ctx, p, proven("carl", "shared@example.com"), false), pool.NameEmail)
		if _, err := db.Users.Get(ctx, poolID, "carl"); !errors.Is(err, store.ErrNotFound) || who(t, db, username("carl")) != "" {
			t.Errorf("a refused account left something: %v", err)
		}
		bob := proven("bob", "shared@example.com")
		bob.Attributes["email_verified"] = "false"
		must(t, db.Users.CreateNamed(ctx, p, bob, false)) // unverified, an address is no name
		_, err := db.Users.UpdateNamed(ctx, p, "bob", set("email_verified", "true", "name", "Bob"), false)
		taken(t, "verifying it", err, pool.NameEmail)
		if u, err := db.Users.Get(ctx, poolID, "bob"); err != nil || u.EmailVerified() || u.Attributes["name"] != "" || who(t, db, alias("shared@example.com")) != "ann" {
			t.Errorf("a refused change left %v, %v", u.Attributes, err)
		}
		must(t, second(db.Users.UpdateNamed(ctx, p, "bob", set("email_verified", "true"), true)))
		ann, err := db.Users.Get(ctx, poolID, "ann")
		must(t, err)
		want := map[string]string{"email": "shared@example.com", "email_verified": "false"}
		if diff := cmp.Diff(want, ann.Attributes); diff != "" || who(t, db, alias("shared@example.com")) != "bob" || who(t, db, username("ann")) != "ann" {
			t.Errorf("after force: %s, the alias leads to %s", diff, who(t, db, alias("shared@example.com")))
		}
		must(t, db.Users.CreateNamed(ctx, p, proven("dora", "shared@example.com"), true))
		if u, err := db.Users.Get(ctx, poolID, "bob"); err != nil || u.EmailVerified() || who(t, db, alias("shared@example.com")) != "dora" {
			t.Errorf("a new account did not take the alias: %v, %v", u.Attributes, err)
		}
	})
}

// A preferred username and a username share one entry: nobody takes the one by
// the other, and who has both in one word has one entry.
func TestPreferredUsernamesAreUsernames(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, p := t.Context(), aliasPool()
		prefer := func(sub, name string) error {
			return second(db.Users.UpdateNamed(ctx, p, sub, set("preferred_username", name), false))
		}
		for _, sub := range []string{"ann", "bob"} {
			must(t, db.Users.CreateNamed(ctx, p, newUser(sub), false))
		}
		must(t, prefer("ann", "annie"))
		taken(t, "a username that another prefers", db.Users.CreateNamed(ctx, p, newUser("annie"), true), pool.NameUsername)
		taken(t, "preferring another's username", prefer("bob", "ann"), pool.NamePreferred)
		must(t, prefer("ann", "ann")) // her own
		must(t, prefer("ann", ""))
		if got := who(t, db, username("ann")); got != "ann" {
			t.Errorf("who preferred her own username is found as %q", got)
		}
		must(t, db.Users.CreateNamed(ctx, p, newUser("annie"), false)) // given up
	})
}

// What is no alias cannot be taken, force or not.
func TestForceTakesAliasesOnly(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.Users.CreateNamed(ctx, addressPool(), proven("ann", "ann@example.com"), false))
		taken(t, "an address that is the username", db.Users.CreateNamed(ctx, addressPool(), proven("eve", "ann@example.com"), true), pool.NameEmail)
		p := aliasPool()
		must(t, db.Users.CreateNamed(ctx, p, newUser("bob"), false))
		must(t, second(db.Users.UpdateNamed(ctx, p, "bob", set("preferred_username", "boss"), false)))
		must(t, db.Users.CreateNamed(ctx, p, newUser("carl"), false))
		_, err := db.Users.UpdateNamed(ctx, p, "carl", set("preferred_username", "boss"), true)
		taken(t, "a preferred username", err, pool.NamePreferred)
		again := newUser("another sub")
		again.Username = "bob"
		taken(t, "a username", db.Users.CreateNamed(ctx, p, again, true), pool.NameUsername)
	})
}

func TestDeleteUser(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, p := t.Context(), aliasPool()
		must(t, db.Users.CreateNamed(ctx, p, proven("ann", "ann@example.com"), false))
		must(t, db.Users.CreateNamed(ctx, p, newUser("bob"), false))
		must(t, db.Users.Delete(ctx, poolID, "ann"))
		if _, err := db.Users.Get(ctx, poolID, "ann"); !errors.Is(err, store.ErrNotFound) || who(t, db, username("ann"), alias("ann@example.com")) != "" {
			t.Errorf("a deleted account is still there: %v", err)
		}
		if err := db.Users.Delete(ctx, poolID, "ann"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("deleting it again: %v, want ErrNotFound", err)
		}
		if err := db.Users.Delete(ctx, "us-east-1_Other", "bob"); !errors.Is(err, store.ErrNotFound) || who(t, db, username("bob")) != "bob" {
			t.Errorf("another pool's account was deleted: %v", err)
		}
		fresh := proven("a new sub", "ann@example.com")
		fresh.Username = "ann"
		must(t, db.Users.CreateNamed(ctx, p, fresh, false)) // its names are free again
	})
}

// Many who prove one address at once: one has it, and without force the others
// are told; with force the last one has it, and nobody else thinks so.
func TestRaceForAnAlias(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, p := t.Context(), aliasPool()
		for i := range crowd {
			u := proven(fmt.Sprint("sub", i), "shared@example.com")
			u.Attributes["email_verified"] = "false"
			must(t, db.Users.CreateNamed(ctx, p, u, false))
		}
		owners := func() (subs []string) {
			for i := range crowd {
				u, err := db.Users.Get(ctx, poolID, fmt.Sprint("sub", i))
				must(t, err)
				if u.EmailVerified() {
					subs = append(subs, u.Sub)
				}
			}
			return subs
		}
		for _, force := range []bool{false, true} {
			won := 0
			for _, err := range together(crowd, func(i int) error {
				return second(db.Users.UpdateNamed(ctx, p, fmt.Sprint("sub", i), set("email_verified", "true"), force))
			}) {
				if err == nil {
					won++
				} else {
					taken(t, "a loser", err, pool.NameEmail)
				}
			}
			if got := owners(); len(got) != 1 || who(t, db, alias("shared@example.com")) != got[0] || !force && won != 1 || won == 0 {
				t.Errorf("force %v: %d won, the address is proven for %v and leads to %s", force, won, got, who(t, db, alias("shared@example.com")))
			}
		}
	})
}
