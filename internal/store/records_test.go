package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func newCode(t *testing.T, db *store.DB, hash, grant string) pool.App {
	t.Helper()
	must(t, db.Codes.Create(t.Context(), &pool.AuthorizationCode{
		UserPoolID: poolID, ClientID: "c", Hash: hash, GrantID: grant, Sub: "s", RedirectURI: "https://app/", Scopes: []string{"openid"}, CreatedAt: 1, ExpiresAt: 300,
	}))
	return pool.App{Pool: pool.Pool{ID: poolID}, Client: pool.Client{ID: "c", UserPoolID: poolID}}
}

func newMail(id string, due int64) *pool.Mail {
	return &pool.Mail{
		ID: id, UserPoolID: poolID, Kind: pool.MailConfirm, To: "Ann@Example.com", Subject: "Hi", Text: "Your code is 123456", Code: "123456",
		CreatedAt: due, DueAt: due, State: pool.MailWaiting,
	}
}

func TestUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, ann := t.Context(), newUser("ann")
		must(t, db.Users.Create(ctx, ann, emailName("ann@example.com")))
		for what, get := range map[string]func() (pool.User, error){
			"Get":    func() (pool.User, error) { return db.Users.Get(ctx, poolID, "ann") },
			"ByName": func() (pool.User, error) { return db.Users.ByName(ctx, poolID, emailName("ann@example.com")[0]) },
		} {
			got, err := get()
			if diff := cmp.Diff(*ann, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", what, err, diff)
			}
		}
		for what, err := range map[string]error{
			"another name":   second(db.Users.ByName(ctx, poolID, emailName("bob@example.com")[0])),
			"another kind":   second(db.Users.ByName(ctx, poolID, pool.Name{Kind: pool.NameUsername, Folded: "ann@example.com"})),
			"another pool":   second(db.Users.ByName(ctx, "us-east-1_Other", emailName("ann@example.com")[0])),
			"another sub":    second(db.Users.Get(ctx, poolID, "bob")),
			"its upper case": second(db.Users.ByName(ctx, poolID, emailName("Ann@example.com")[0])),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		if _, err := db.Users.Update(ctx, poolID, "ann", func(u *pool.User) error { u.NotBefore = 77; return nil }); err != nil {
			t.Fatal(err)
		}
		if u, _ := db.Users.Get(ctx, poolID, "ann"); u.NotBefore != 77 || u.Password.SRPVerifier != ann.Password.SRPVerifier {
			t.Errorf("after Update: %+v", u)
		}
	})
}

// A taken name refuses the user with all its other names.
func TestUsersCreateIsWhole(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.Users.Create(ctx, newUser("ann"), emailName("ann@example.com")))
		names := append(emailName("free@example.com"), emailName("ann@example.com")...)
		if err := db.Users.Create(ctx, newUser("bob"), names); !errors.Is(err, store.ErrExists) {
			t.Fatalf("Create with a taken name: %v, want ErrExists", err)
		}
		must(t, db.Users.Create(ctx, newUser("carl"), emailName("free@example.com")))
		must(t, db.Users.Create(ctx, func() *pool.User { u := newUser("ann"); u.UserPoolID = "us-east-1_Other"; return u }(), emailName("ann@example.com")))
	})
}

func TestCodesAreSpentOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		app := newCode(t, db, "hash", "grant")
		stranger := app
		stranger.Client.ID = "another"
		for what, err := range map[string]error{
			"another client": second(db.Codes.Spend(ctx, stranger, "hash", 2)),
			"another hash":   second(db.Codes.Spend(ctx, app, "guess", 2)),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		code, err := db.Codes.Spend(ctx, app, "hash", 2)
		if err != nil || code.GrantID != "grant" || code.RedirectURI != "https://app/" || !slices.Equal(code.Scopes, []string{"openid"}) {
			t.Fatalf("the first to spend it got %+v, %v", code, err)
		}
		must(t, db.Grants.Create(ctx, &pool.Grant{UserPoolID: poolID, ID: "grant", ClientID: "c", Sub: "s", ExpiresAt: 1 << 50}))
		if _, err := db.Codes.Spend(ctx, app, "hash", 3); !errors.Is(err, store.ErrSpent) {
			t.Errorf("the second to spend it got %v, want ErrSpent", err)
		}
		if g, err := db.Grants.Get(ctx, poolID, "grant"); err != nil || !g.Revoked || g.Sub != "s" {
			t.Errorf("after a replay the grant is %+v, %v, want it revoked", g, err)
		}
		const day = 24 * 3600 * 1000
		if n, err := db.Codes.Sweep(ctx, 300+day, 10); err != nil || n != 0 {
			t.Errorf("swept %d codes, %v: one is remembered for a day past its expiry", n, err)
		}
		if n, err := db.Codes.Sweep(ctx, 301+day, 10); err != nil || n != 1 {
			t.Errorf("swept %d codes, %v, want 1", n, err)
		}
	})
}

func TestGrants(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		want := pool.Grant{UserPoolID: poolID, ID: "g", ClientID: "c", Sub: "s", Scopes: []string{"email"}, AuthTime: 1, CreatedAt: 2, RefreshUntil: 3, ExpiresAt: 4, Secret: []byte{9}}
		must(t, db.Grants.Create(ctx, &want))
		got, err := db.Grants.Get(ctx, poolID, "g")
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		got, err = db.Grants.Update(ctx, poolID, "g", func(g *pool.Grant) error { g.Generation++; return nil })
		if err != nil || got.Generation != 1 || got.ID != "g" {
			t.Errorf("Update gave %+v, %v", got, err)
		}
		must(t, db.Grants.End(ctx, poolID, "g", 99))
		must(t, db.Grants.End(ctx, poolID, "g", 99))
		if got, _ := db.Grants.Get(ctx, poolID, "g"); !got.Revoked || got.ExpiresAt != 4 {
			t.Errorf("after End: %+v", got)
		}
		must(t, db.Grants.End(ctx, poolID, "unborn", 99))
		if err := db.Grants.Create(ctx, &pool.Grant{UserPoolID: poolID, ID: "unborn", ExpiresAt: 1}); !errors.Is(err, store.ErrExists) {
			t.Errorf("a grant that was ended before it began could be made: %v", err)
		}
		if n, err := db.Grants.Sweep(ctx, 50, 10); err != nil || n != 1 {
			t.Errorf("swept %d, %v, want the expired one", n, err)
		}
		if n, err := db.Grants.Sweep(ctx, 100, 10); err != nil || n != 1 {
			t.Errorf("swept %d, %v, want the tombstone", n, err)
		}
	})
}

func TestMails(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.Mails.Put(ctx, newMail("late", 500)))
		must(t, db.Mails.Put(ctx, newMail("soon", 100)))
		decoy := newMail("decoy", 50)
		decoy.State, decoy.To = pool.MailDecoy, ""
		must(t, db.Mails.Put(ctx, decoy))
		got, err := db.Mails.Claim(ctx, 100, 160, 10)
		if err != nil || len(got) != 1 || got[0].ID != "soon" || got[0].Text.Reveal() != "Your code is 123456" {
			t.Fatalf("claimed %+v, %v, want the due one alone", got, err)
		}
		if got, err := db.Mails.Claim(ctx, 159, 300, 10); err != nil || len(got) != 0 {
			t.Errorf("claimed %+v, %v under another's lease", got, err)
		}
		if got, err := db.Mails.Claim(ctx, 160, 300, 10); err != nil || len(got) != 1 {
			t.Errorf("claimed %+v, %v after the lease, want one", got, err)
		}
		done := got[0]
		done.State, done.Text, done.Attempts = pool.MailDelivered, "", 1
		must(t, db.Mails.Finish(ctx, &done))
		if state, err := db.Mails.State(ctx, poolID, "soon"); err != nil || state != pool.MailDelivered {
			t.Errorf("its state is %q, %v", state, err)
		}
		if got, err := db.Mails.Claim(ctx, 400, 450, 10); err != nil || len(got) != 0 {
			t.Errorf("claimed %+v, %v though it was delivered", got, err)
		}
		testNewest(t, db)
		if n, err := db.Mails.Sweep(ctx, 51, 10); err != nil || n != 1 {
			t.Errorf("swept %d, %v, want the decoy: anybody can have one written", n, err)
		}
		const week = 7 * 24 * 3600 * 1000
		if n, err := db.Mails.Sweep(ctx, 1000+week, 10); err != nil || n != 1 {
			t.Errorf("swept %d, %v, want the delivered one: a waiting one stays", n, err)
		}
	})
}

// A message that does not open stops none of the others, and is tried once.
func TestBrokenMailStopsNoOther(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db := t.Context(), open(t, location, newRing(t))
		for _, id := range []string{"a", "b", "c", "d"} {
			must(t, db.Mails.Put(ctx, newMail(id, 100)))
		}
		beside := raw(t, location)
		must(t, second(beside.Exec(`UPDATE mails SET doc = '{' WHERE id = 'a'`)))
		must(t, second(beside.Exec(`UPDATE mails SET doc = (SELECT doc FROM mails WHERE id = 'd') WHERE id = 'b'`))) // sealed for another row
		got, err := db.Mails.Claim(ctx, 100, 160, 10)
		ids := map[string]bool{}
		for _, m := range got {
			ids[m.ID] = m.Text.Reveal() == "Your code is 123456"
		}
		if diff := cmp.Diff(map[string]bool{"c": true, "d": true}, ids); err != nil || diff != "" {
			t.Errorf("claimed %v, %s", err, diff)
		}
		for id, want := range map[string]pool.MailState{"a": pool.MailFailed, "b": pool.MailFailed, "c": pool.MailWaiting} {
			if state, err := db.Mails.State(ctx, poolID, id); err != nil || state != want {
				t.Errorf("%s is %q, %v, want %q", id, state, err, want)
			}
		}
		if newest, err := db.Mails.Newest(ctx, "", 10); err != nil || len(newest) != 2 {
			t.Errorf("the mailbox shows %d, %v, want 2", len(newest), err)
		}
	})
}

func testNewest(t *testing.T, db *store.DB) {
	t.Helper()
	for to, want := range map[string][]string{"": {"late", "soon"}, "ann@example.com": {"late", "soon"}, "ANN@example.com": {"late", "soon"}, "ann": nil, "%": nil} {
		mails, err := db.Mails.Newest(t.Context(), to, 10)
		var ids []string
		for _, m := range mails {
			ids = append(ids, m.ID)
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("the newest to %q are %v, %v, want %v", to, ids, err, want)
		}
	}
}

func TestLookups(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.Pools.Create(ctx, &pool.Pool{ID: poolID, Settings: pool.Settings{PoolName: "P"}}, poolID))
		must(t, db.Clients.Create(ctx, &pool.Client{UserPoolID: poolID, ID: "c", Secret: "shh"}, poolID, "c"))
		app, err := db.App(ctx, "c")
		if err != nil || app.Pool.PoolName != "P" || app.Client.ID != "c" || app.Client.Secret.Reveal() != "shh" {
			t.Errorf("App: %+v, %v", app, err)
		}
		if owner, err := db.ClientOwner(ctx, "c"); err != nil || owner != poolID {
			t.Errorf("ClientOwner: %q, %v", owner, err)
		}
		for _, name := range []string{"demo", "auth.example.com"} {
			must(t, db.PutDomain(ctx, &pool.Domain{Domain: name, UserPoolID: poolID}))
		}
		must(t, db.PutDomain(ctx, &pool.Domain{Domain: "demo", UserPoolID: poolID, ManagedLoginVersion: 2}))
		if err := db.PutDomain(ctx, &pool.Domain{Domain: "demo", UserPoolID: "us-east-1_Other"}); !errors.Is(err, store.ErrExists) {
			t.Errorf("another pool took the domain: %v, want ErrExists", err)
		}
		d, err := db.Domain(ctx, "demo")
		if err != nil || d.UserPoolID != poolID || d.ManagedLoginVersion != 2 {
			t.Errorf("Domain: %+v, %v", d, err)
		}
		all, err := db.DomainsOf(ctx, poolID)
		if err != nil || len(all) != 2 || all[0].Domain != "auth.example.com" {
			t.Errorf("DomainsOf: %+v, %v", all, err)
		}
		for what, err := range map[string]error{
			"App": second(db.App(ctx, "x")), "ClientOwner": second(db.ClientOwner(ctx, "x")), "Domain": second(db.Domain(ctx, "x")),
		} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s of nothing: %v, want ErrNotFound", what, err)
			}
		}
	})
}

// What somebody has open is listed page by page, live rows and their own only.
func TestOfUser(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx, ann := t.Context(), pool.User{UserPoolID: poolID, Sub: "ann"}
		for _, id := range []string{"a", "b", "c", "d"} {
			session := pool.BrowserSession{UserPoolID: poolID, Hash: id, Sub: "ann", ExpiresAt: 100}
			grant := pool.Grant{UserPoolID: poolID, ID: id, Sub: "ann", ExpiresAt: 100, Revoked: id == "c"}
			switch id {
			case "b":
				session.ExpiresAt, grant.ExpiresAt = 50, 50
			case "d":
				session.Sub, grant.Sub = "bob", "bob"
			}
			must(t, db.BrowserSessions.Create(ctx, &session))
			must(t, db.Grants.Create(ctx, &grant))
			if err := db.BrowserSessions.Create(ctx, &session); !errors.Is(err, store.ErrExists) {
				t.Errorf("created twice: %v", err)
			}
		}
		must(t, db.Grants.Create(ctx, &pool.Grant{UserPoolID: "us-east-1_Other", ID: "e", Sub: "ann", ExpiresAt: 100}))
		for after, want := range map[string]string{"": "a", "a": "c", "c": ""} {
			browsers, err := db.BrowserSessions.OfUser(ctx, ann, 50, after, 1)
			must(t, err)
			grants, err := db.Grants.OfUser(ctx, ann, 50, after, 1)
			must(t, err)
			got := ""
			if len(browsers) == 1 && len(grants) == 1 && browsers[0].Hash == grants[0].ID {
				got = grants[0].ID
			}
			if got != want || want == "" && len(browsers)+len(grants) != 0 {
				t.Errorf("after %q: %+v, %+v, want %q", after, browsers, grants, want)
			}
		}
		if n, err := db.BrowserSessions.Sweep(ctx, 60, 10); err != nil || n != 1 {
			t.Errorf("swept %d, %v, want 1", n, err)
		}
	})
}

func TestMoveBrowserTakesTheOtherPoolsAlong(t *testing.T) {
	onBoth(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for _, p := range []string{poolID, "us-east-1_Other"} {
			must(t, db.BrowserSessions.Create(ctx, &pool.BrowserSession{UserPoolID: p, Hash: "old", Sub: "s"}))
		}
		must(t, db.BrowserSessions.Move(ctx, poolID, "old", "new"))
		for key, want := range map[[2]string]error{
			{poolID, "old"}: nil, {poolID, "new"}: store.ErrNotFound,
			{"us-east-1_Other", "old"}: store.ErrNotFound, {"us-east-1_Other", "new"}: nil,
		} {
			if _, err := db.BrowserSessions.Get(ctx, key[0], key[1]); !errors.Is(err, want) {
				t.Errorf("%v: %v, want %v", key, err, want)
			}
		}
	})
}

// second drops a value and keeps the error that came with it.
func second[T any](_ T, err error) error { return err }
