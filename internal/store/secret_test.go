package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/store"
)

// raw opens the database beside the ledger, to see and do what the ledger would
// not.
func raw(t *testing.T, location string) *sql.DB {
	t.Helper()
	driver, name := "pgx", location
	if path, ok := strings.CutPrefix(location, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

const hush = "hush-hush-7f3a"

// fill writes every kind of row that holds a secret, with hush in it.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	ctx := t.Context()
	must(t, db.Clients.Create(ctx, &pool.Client{UserPoolID: poolID, ID: "c", Secret: hush, Second: pool.ClientSecret{Value: hush}}, poolID, "c"))
	must(t, db.SigningKeys.Create(ctx, &store.SigningKey{Private: hush}, poolID, "id"))
	ann := newUser("ann")
	ann.Password.SRPSalt, ann.Password.SRPVerifier = hush, hush
	must(t, db.Users.Create(ctx, ann, emailName("ann@example.com")))
	must(t, second(db.Users.Update(ctx, poolID, "ann", func(u *pool.User) error { u.NotBefore++; return nil })))
	m := newMail("m", 1)
	m.Subject, m.Text, m.HTML, m.Code = hush, hush, hush, hush
	must(t, db.OperatorKeys.Create(ctx, &pool.OperatorKey{ID: "k", Secret: hush}, "k"))
	provider := pool.IdentityProvider{ProviderName: "Apple", ProviderSettings: pool.ProviderSettings{
		ProviderDetails: pool.ProviderDetails{Plain: map[string]string{"client_id": "c"}, ClientSecret: hush, PrivateKey: hush},
	}}
	must(t, db.Providers.Create(ctx, &provider, poolID, "Apple"))
	must(t, second(db.Imports.Fill(ctx, poolID, "u", strings.NewReader(hush), func(context.Context, *store.DB) error { return nil })))
	must(t, db.Mails.Put(ctx, m))
	m.Attempts++
	must(t, db.Mails.Finish(ctx, m))
}

func TestNoSecretIsWrittenInClear(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		db := open(t, location, newRing(t))
		fill(t, db)
		rows := 0
		for _, table := range []string{"settings", "clients", "signing_keys", "users", "mails", "operator_keys", "identity_providers", "import_chunks"} {
			docs, err := raw(t, location).Query(`SELECT doc FROM ` + table)
			must(t, err)
			for docs.Next() {
				var doc string
				must(t, docs.Scan(&doc))
				if strings.Contains(doc, hush) || strings.Contains(doc, `"poolhouse"`) {
					t.Errorf("%s holds a secret in clear: %s", table, doc)
				}
				rows++
			}
			must(t, docs.Err())
		}
		if rows != 8 {
			t.Errorf("looked at %d rows, want 8", rows)
		}
		if path, ok := strings.CutPrefix(location, "sqlite:"); ok {
			lookThrough(t, path)
		}
		// And it is there, for whoever has the key.
		c, err := db.Clients.Get(t.Context(), poolID, "c")
		if err != nil || c.Secret != hush || c.Second.Value != hush {
			t.Errorf("the client's secrets came back as %q and %q, %v", c.Secret.Reveal(), c.Second.Value.Reveal(), err)
		}
		p, err := db.Providers.Get(t.Context(), poolID, "Apple")
		if err != nil || p.ProviderDetails.ClientSecret != hush || p.ProviderDetails.PrivateKey != hush || p.ProviderDetails.Plain["client_id"] != "c" {
			t.Errorf("the provider's secrets came back as %q, %q, %v", p.ProviderDetails.ClientSecret.Reveal(), p.ProviderDetails.PrivateKey.Reveal(), err)
		}
	})
}

// lookThrough reads the files of a ledger byte by byte.
func lookThrough(t *testing.T, path string) {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	must(t, err)
	seen := 0
	for _, f := range files {
		content, err := os.ReadFile(f)
		must(t, err)
		if bytes.Contains(content, []byte(hush)) {
			t.Errorf("%s holds a secret in clear", filepath.Base(f))
		}
		seen += bytes.Count(content, []byte("ann@example.com"))
		info, err := os.Stat(f)
		must(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", filepath.Base(f), info.Mode())
		}
	}
	if seen == 0 {
		t.Error("what is no secret was not found either: the files were not read")
	}
}

// A sealed value is bound to its table, row and field.
func TestMovedSecretsDoNotOpen(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		db := open(t, location, newRing(t))
		ctx, beside := t.Context(), raw(t, location)
		move := func(statement string) {
			t.Helper()
			result, err := beside.Exec(statement)
			must(t, err)
			if n, _ := result.RowsAffected(); n != 1 {
				t.Fatalf("%s changed %d rows, want 1", statement, n)
			}
		}
		for _, slot := range []string{"id", "access"} {
			must(t, db.SigningKeys.Create(ctx, &store.SigningKey{Private: pool.Secret("key of " + slot)}, poolID, slot))
		}
		move(`UPDATE signing_keys SET doc = (SELECT doc FROM signing_keys WHERE slot = 'id') WHERE slot = 'access'`)
		if _, err := db.SigningKeys.Get(ctx, poolID, "access"); !errors.Is(err, seal.ErrTampered) {
			t.Errorf("a key moved to another slot: %v, want ErrTampered", err)
		}
		must(t, second(db.SigningKeys.Get(ctx, poolID, "id")))
		for _, sub := range []string{"ann", "bob"} {
			must(t, db.Users.Create(ctx, newUser(sub), emailName(sub+"@example.com")))
		}
		move(`UPDATE users SET doc = (SELECT doc FROM users WHERE sub = 'ann') WHERE sub = 'bob'`)
		if _, err := db.Users.Get(ctx, poolID, "bob"); !errors.Is(err, seal.ErrTampered) {
			t.Errorf("a verifier moved to another user: %v, want ErrTampered", err)
		}
		move(`UPDATE users SET doc = replace(replace(doc, '"SRPSalt"', '"X"'), '"SRPVerifier"', '"SRPSalt"') WHERE sub = 'ann'`)
		if _, err := db.Users.Get(ctx, poolID, "ann"); !errors.Is(err, seal.ErrTampered) {
			t.Errorf("a verifier moved to another field: %v, want ErrTampered", err)
		}
	})
}

// Sealing looks through structs by value only, so no row may keep a secret
// behind a pointer, in a slice or in a map.
func TestRowsKeepSecretsByValue(t *testing.T) {
	t.Parallel()
	rows := map[reflect.Type]bool{}
	ledger := reflect.TypeFor[*store.DB]()
	collect(ledger, rows)
	for i := range ledger.Elem().NumField() {
		if f := ledger.Elem().Field(i); f.IsExported() {
			collect(f.Type, rows)
		}
	}
	for _, want := range []reflect.Type{reflect.TypeFor[pool.User](), reflect.TypeFor[pool.Mail](), reflect.TypeFor[pool.Client](), reflect.TypeFor[pool.Domain](), reflect.TypeFor[pool.Grant](), reflect.TypeFor[pool.AuthorizationCode](), reflect.TypeFor[store.SigningKey]()} {
		if !rows[want] {
			t.Errorf("%v was not found among the rows", want)
		}
	}
	for row := range rows {
		for _, at := range hidden(row, row.String(), false, nil) {
			t.Errorf("%s would be written in clear", at)
		}
	}
	type bad struct {
		Fine pool.Secret
		A    *pool.Secret
		B    []struct{ C pool.Secret }
		D    map[string]pool.Secret
	}
	if got := hidden(reflect.TypeFor[bad](), "bad", false, nil); len(got) != 3 {
		t.Errorf("found %v, want three", got)
	}
}

// collect finds the structs that go in and out through a type's methods.
func collect(t reflect.Type, into map[reflect.Type]bool) {
	for i := range t.NumMethod() {
		m := t.Method(i).Type
		for j := range m.NumIn() {
			structsIn(m.In(j), into)
		}
		for j := range m.NumOut() {
			structsIn(m.Out(j), into)
		}
	}
}

func structsIn(t reflect.Type, into map[reflect.Type]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t != reflect.TypeFor[store.DB]() {
		into[t] = true
	}
}

// hidden lists the secrets in t that are reached otherwise than by value.
func hidden(t reflect.Type, path string, indirect bool, above []reflect.Type) []string {
	for _, a := range above {
		if a == t {
			return nil
		}
	}
	above = append(above, t)
	switch {
	case t == reflect.TypeFor[pool.Secret]():
		if indirect {
			return []string{path}
		}
	case t.Kind() == reflect.Struct:
		var out []string
		for i := range t.NumField() {
			out = append(out, hidden(t.Field(i).Type, path+"."+t.Field(i).Name, indirect, above)...)
		}
		return out
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return hidden(t.Elem(), path, true, above)
	case t.Kind() == reflect.Map:
		return append(hidden(t.Key(), path, true, above), hidden(t.Elem(), path, true, above)...)
	}
	return nil
}
