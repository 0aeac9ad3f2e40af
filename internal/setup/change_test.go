package setup_test

import (
	"errors"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

const poolOne = "us-east-1_One"

// meanwhile is s, but when it looks at the clock, which is after it has read
// what it changes, something else happens first.
func meanwhile(s *setup.Setup, happens func()) *setup.Setup {
	once := *s
	done := false
	once.Now = func() time.Time {
		if !done {
			done = true
			happens()
		}
		return time.Now()
	}
	return &once
}

var raced = &pool.Error{Kind: pool.ConcurrentModification}

// An update that was decided on what is not there any more is refused, and what
// came first stays.
func TestUpdatesThatMeet(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, several), false)))

		rename := func(name string) error { return second(s.UpdatePool(ctx, poolOne, pool.Settings{PoolName: name})) }
		err := second(meanwhile(s, func() { must(t, rename("first")) }).UpdatePool(ctx, poolOne, pool.Settings{PoolName: "second"}))
		if p, _ := s.DB.Pools.Get(ctx, poolOne); !errors.Is(err, raced) || p.PoolName != "first" {
			t.Errorf("the pool is %q, %v", p.PoolName, err)
		}
		must(t, rename("third"))

		update := func(s *setup.Setup, name string) error {
			return second(s.UpdateClient(ctx, setup.ClientEntry{UserPoolID: poolOne, ID: "web", ClientSettings: pool.ClientSettings{ClientName: name}}))
		}
		err = update(meanwhile(s, func() { must(t, update(s, "first")) }), "second")
		if c, _ := s.DB.Clients.Get(ctx, poolOne, "web"); !errors.Is(err, raced) || c.ClientName != "first" {
			t.Errorf("the client is %q, %v", c.ClientName, err)
		}
		must(t, update(s, "third"))

		err = update(meanwhile(s, func() { must(t, s.DeleteClient(ctx, poolOne, "web")) }), "fourth")
		if !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound, Reason: "client"}) {
			t.Errorf("a client that is deleted meanwhile: %v", err)
		}
		err = second(meanwhile(s, func() {
			must(t, s.DeleteDomain(ctx, poolOne, "one"))
			must(t, s.DeleteDomain(ctx, poolOne, "auth.example.com"))
			must(t, s.DeletePool(ctx, poolOne))
		}).UpdatePool(ctx, poolOne, pool.Settings{PoolName: "fourth"}))
		if !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound, Reason: "pool"}) {
			t.Errorf("a pool that is deleted meanwhile: %v", err)
		}
		if _, err := s.DB.Pools.Get(ctx, poolOne); !errors.Is(err, store.ErrNotFound) {
			t.Error("the update brought the pool back")
		}
	})
}

// Of pools, clients and domains that are made while the pool is deleted, none
// stays behind it.
func TestRaceDeletePool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		p, err := s.CreatePool(ctx, pool.Settings{PoolName: "short-lived"})
		must(t, err)
		made := make(chan error)
		for i := range 4 {
			go func() {
				if i%2 == 0 {
					made <- second(s.CreateClient(ctx, setup.ClientEntry{UserPoolID: p.ID, ClientSettings: pool.ClientSettings{ClientName: "c"}}))
					return
				}
				made <- s.CreateDomain(ctx, pool.Domain{UserPoolID: p.ID, Domain: "short"})
			}()
		}
		deleted := s.DeletePool(ctx, p.ID)
		for range 4 {
			if err := <-made; err != nil && pool.AsError(err) == nil {
				t.Error(err)
			}
		}
		_, left := s.DB.Domain(ctx, "short")
		switch {
		case errors.Is(deleted, &pool.Error{Kind: pool.InvalidParameter, Reason: "has_domain"}):
			if left != nil {
				t.Errorf("the pool stays for a domain that is not there: %v", left)
			}
		case deleted == nil:
			clients, err := s.DB.Clients.List(ctx, "", 10, p.ID)
			if len(clients) > 0 || err != nil || !errors.Is(left, store.ErrNotFound) {
				t.Errorf("of a deleted pool %d clients stay, and a domain: %v, %v", len(clients), left, err)
			}
		default:
			t.Error(deleted)
		}
	})
}

// A pool has one prefix and one custom domain, whoever is first.
func TestRaceDomains(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		p, err := s.CreatePool(ctx, pool.Settings{PoolName: "p"})
		must(t, err)
		errs := make(chan error)
		for _, name := range []string{"a", "b", "c", "d"} {
			go func() { errs <- s.CreateDomain(ctx, pool.Domain{UserPoolID: p.ID, Domain: name}) }()
		}
		won := 0
		for range 4 {
			switch err := <-errs; {
			case err == nil:
				won++
			case !errors.Is(err, &pool.Error{Kind: pool.InvalidParameter, Reason: "domain_there"}):
				t.Error(err)
			}
		}
		domains, err := s.DB.DomainsOf(ctx, p.ID)
		if won != 1 || len(domains) != 1 || err != nil {
			t.Errorf("%d were told to have made a prefix, %d are there, %v", won, len(domains), err)
		}
	})
}

// A deleted pool's id is not given again, not even by a document that names it.
func TestDeletedPoolStaysDeleted(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	document := read(t, `{"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}]}`)
	must(t, second(s.Apply(t.Context(), document, false)))
	must(t, s.DeletePool(t.Context(), poolOne))
	if _, err := s.Apply(t.Context(), document, false); pool.AsError(err) == nil || pool.AsError(err).Field != "Id" {
		t.Errorf("the id was given again: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, several), false)))
		made, err := s.AddKey(ctx, pool.OperatorKey{Name: "ci", ReadOnly: true, Pools: []string{poolOne}})
		must(t, err)
		found, is, err := s.FindKey(ctx, made.ID)
		if err != nil || !is || found.Secret != made.Secret || !found.ReadOnly || found.Name != "ci" || len(found.Pools) != 1 {
			t.Errorf("found %+v, %v, %v", found, is, err)
		}
		for _, id := range []string{"", "AKIAAAAAAAAAAAAAAAAA", "AKIA\x00", "'; --"} {
			if _, is, err := s.FindKey(ctx, id); is || err != nil {
				t.Errorf("found the key %q, %v", id, err)
			}
			if s.RevokeKey(ctx, id) == nil {
				t.Errorf("revoked the key %q", id)
			}
		}
		for _, ask := range []pool.OperatorKey{{Name: "two words"}, {Pools: []string{"us-east-1_None"}}, {Pools: []string{"none"}}} {
			if _, err := s.AddKey(ctx, ask); pool.AsError(err) == nil {
				t.Errorf("made a key for %+v: %v", ask, err)
			}
		}
		for range 101 { // more than a page of the ledger
			must(t, second(s.AddKey(ctx, pool.OperatorKey{})))
		}
		keys, err := s.ListKeys(ctx)
		if err != nil || len(keys) != 102 {
			t.Errorf("102 keys are listed as %d, %v", len(keys), err)
		}
		must(t, s.RevokeKey(ctx, made.ID))
		if _, is, err := s.FindKey(ctx, made.ID); is || err != nil {
			t.Errorf("a revoked key is found: %v", err)
		}
		if s.RevokeKey(ctx, made.ID) == nil {
			t.Error("revoked twice")
		}
	})
}
