package setup_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

const shops = `{
	"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}],
	"ResourceServers": [
		{"Identifier": "books", "Name": "Books", "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read"}, {"ScopeName": "write", "ScopeDescription": "Write"}]},
		{"Identifier": "https://films.example.com", "Name": "Films"}],
	"UserPoolClients": [{"ClientId": "machine", "ClientName": "machine", "GenerateSecret": true, "AllowedOAuthFlowsUserPoolClient": true,
		"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["books/read", "books/write"]}]
}`

func scopesOf(t *testing.T, s *setup.Setup, clientID string) []string {
	t.Helper()
	c, err := s.DB.Clients.Get(t.Context(), poolOne, clientID)
	must(t, err)
	return c.AllowedOAuthScopes
}

// A document makes resource servers before the clients that name their scopes,
// changes them, and deletes none; a scope that goes is taken from the clients,
// and a dry run says so.
func TestApplyResourceServers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		apply := func(doc string, dry bool, want ...string) {
			t.Helper()
			changes, err := s.Apply(ctx, read(t, doc), dry)
			must(t, err)
			if diff := cmp.Diff(want, did(changes)); diff != "" {
				t.Error(diff)
			}
		}
		apply(shops, false, "created user pool one", "created resource server books", "created resource server https://films.example.com", "created app client machine")
		apply(shops, false, "unchanged user pool one", "unchanged resource server books", "unchanged resource server https://films.example.com", "unchanged app client machine")

		alone := `{"ResourceServers": [{"UserPoolId": "us-east-1_One", "Identifier": "books", "Name": "Books", "Scopes": [{"ScopeName": "read", "ScopeDescription": "Read all"}]}]}`
		apply(alone, true, "updated resource server books Scopes", "updated app client machine AllowedOAuthScopes")
		if got := scopesOf(t, s, "machine"); len(got) != 2 {
			t.Errorf("after a dry run the client has %v", got)
		}
		less := strings.NewReplacer(`, {"ScopeName": "write", "ScopeDescription": "Write"}`, "", `"books/read", "books/write"`, `"books/read"`, `"ClientName": "machine"`, `"ClientName": "robot"`).Replace(shops)
		apply(less, true, "unchanged user pool one", "updated resource server books Scopes", "unchanged resource server https://films.example.com", "updated app client robot AllowedOAuthScopes,ClientName")
		apply(alone, false, "updated resource server books Scopes", "updated app client machine AllowedOAuthScopes")
		if got := scopesOf(t, s, "machine"); !slices.Equal(got, []string{"books/read"}) {
			t.Errorf("the client has %v", got)
		}
		if _, err := s.ResourceServer(ctx, poolOne, "https://films.example.com"); err != nil {
			t.Errorf("what the document leaves out is gone: %v", err)
		}
		_, err := s.Apply(ctx, read(t, strings.Replace(less, `"books/read"`, `"books/write"`, 1)), false)
		if e := pool.AsError(err); e == nil || e.Kind != pool.ScopeDoesNotExist || !strings.HasPrefix(err.Error(), "UserPoolClients.0: AllowedOAuthScopes: ") {
			t.Errorf("a client of a scope that is gone: %v", err)
		}
	})
}

func TestResourceServerRefusalsNameTheMember(t *testing.T) {
	t.Parallel()
	const good = `"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}]`
	for _, c := range []struct{ doc, want string }{
		{`{` + good + `, "ResourceServers": [{"Identifier": "a", "Name": "a"}, {"Identifier": "two words", "Name": "b"}]}`, "ResourceServers.1: * Identifier"},
		{`{` + good + `, "ResourceServers": [{"Identifier": "a\u0000", "Name": "a"}]}`, "ResourceServers.0: * Identifier"},
		{`{` + good + `, "ResourceServers": [{"Identifier": "a", "Name": "a", "Scopes": [{"ScopeName": "a/b", "ScopeDescription": "d"}]}]}`, "ResourceServers.0: * Scopes"},
		{`{` + good + `, "ResourceServers": [{"Identifier": "a", "Name": "a", "UserPoolId": "us-east-1_Two"}]}`, "ResourceServers.0: * UserPoolId"},
		{`{"UserPools": [{"PoolName": "a"}, {"PoolName": "b"}], "ResourceServers": [{"Identifier": "a", "Name": "a"}]}`, "ResourceServers.0: * UserPoolId"},
	} {
		s := onSQLite(t)
		_, err := s.Apply(t.Context(), read(t, c.doc), false)
		entry, member, _ := strings.Cut(c.want, "* ")
		if err == nil || !strings.HasPrefix(err.Error(), entry) || pool.AsError(err) == nil || pool.AsError(err).Field != member {
			t.Errorf("%s\ngave %v, want %s", c.doc, err, c.want)
		}
		isEmpty(t, s)
	}
}

// An update that was decided on what is not there any more is refused.
func TestResourceServerUpdatesThatMeet(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, shops), false)))
		update := func(s *setup.Setup, name string) error {
			return s.UpdateResourceServer(ctx, pool.ResourceServer{UserPoolID: poolOne, Identifier: "books", Name: name})
		}
		err := update(meanwhile(s, func() { must(t, update(s, "first")) }), "second")
		if r, _ := s.ResourceServer(ctx, poolOne, "books"); !errors.Is(err, raced) || r.Name != "first" {
			t.Errorf("it is called %q, %v", r.Name, err)
		}
		err = update(meanwhile(s, func() { must(t, s.DeleteResourceServer(ctx, poolOne, "books")) }), "third")
		if !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound, Reason: "resource_server"}) {
			t.Errorf("one that is deleted meanwhile: %v", err)
		}
	})
}

// While a resource server is being deleted no client gets its scopes: whoever
// asks waits, and is refused.
func TestRaceScopes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		must(t, second(s.Apply(t.Context(), read(t, shops), false)))
		entry := setup.ClientEntry{UserPoolID: poolOne, ID: "machine", GenerateSecret: true}
		entry.ClientName, entry.AllowedOAuthScopes = "late", []string{"books/read"}
		done := make(chan error, 2)
		must(t, s.DB.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			if _, err := tx.Pools.Update(ctx, func(*pool.Pool) error { return nil }, poolOne); err != nil {
				return err
			}
			_, err := tx.ResourceServers.Take(ctx, poolOne, "books")
			go func() { done <- second(s.UpdateClient(t.Context(), entry)) }()
			next := entry
			next.ID = "next"
			go func() { done <- second(s.CreateClient(t.Context(), next)) }()
			for until := time.After(300 * time.Millisecond); len(done) == 0; {
				select {
				case <-until:
					return err
				case <-time.After(time.Millisecond):
				}
			}
			return err
		}))
		for range 2 {
			if err := <-done; !errors.Is(err, &pool.Error{Kind: pool.ScopeDoesNotExist}) {
				t.Errorf("a scope that is on its way out: %v", err)
			}
		}
	})
}
