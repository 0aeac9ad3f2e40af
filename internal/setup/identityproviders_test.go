package setup_test

import (
	"context"
	"errors"
	"fmt"
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

const federated = `{
	"UserPools": [{"Id": "us-east-1_One", "PoolName": "one", "Schema": [{"Name": "team"}]}],
	"IdentityProviders": [
		{"ProviderName": "Google", "ProviderType": "Google", "AttributeMapping": {"email": "email", "custom:team": "hd"},
			"ProviderDetails": {"client_id": "g", "client_secret": "hush", "authorize_scopes": "email"}},
		{"ProviderName": "Partner", "ProviderType": "OIDC", "IdpIdentifiers": ["partner.example.com"],
			"ProviderDetails": {"client_id": "p", "client_secret": "hush", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid"}}],
	"UserPoolClients": [{"ClientId": "web", "ClientName": "web", "SupportedIdentityProviders": ["COGNITO", "Google", "Partner"]}, {"ClientId": "only", "ClientName": "only", "SupportedIdentityProviders": ["Google"]}]
}`

func providersOf(t *testing.T, s *setup.Setup, clientID string) []string {
	t.Helper()
	c, err := s.DB.Clients.Get(t.Context(), poolOne, clientID)
	must(t, err)
	return c.SupportedIdentityProviders
}

// A document makes providers before the clients that name them, changes them and
// deletes none.
func TestApplyIdentityProviders(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		apply := func(doc string, dry bool, want ...string) {
			t.Helper()
			changes, err := s.Apply(t.Context(), read(t, doc), dry)
			must(t, err)
			if diff := cmp.Diff(want, did(changes)); diff != "" {
				t.Error(diff)
			}
		}
		apply(federated, true, "created user pool one", "created identity provider Google", "created identity provider Partner", "created app client web", "created app client only")
		isEmpty(t, s)
		apply(federated, false, "created user pool one", "created identity provider Google", "created identity provider Partner", "created app client web", "created app client only")
		apply(federated, false, "unchanged user pool one", "unchanged identity provider Google", "unchanged identity provider Partner", "unchanged app client web", "unchanged app client only")

		other := strings.NewReplacer(`"custom:team": "hd"`, `"name": "name"`, `"partner.example.com"`, `"other.example.com"`, `"client_id": "p", "client_secret": "hush"`, `"client_id": "p", "client_secret": "new"`).Replace(federated)
		apply(other, true, "unchanged user pool one", "updated identity provider Google AttributeMapping", "updated identity provider Partner IdpIdentifiers,ProviderDetails", "unchanged app client web", "unchanged app client only")
		apply(federated, true, "unchanged user pool one", "unchanged identity provider Google", "unchanged identity provider Partner", "unchanged app client web", "unchanged app client only")
		apply(other, false, "unchanged user pool one", "updated identity provider Google AttributeMapping", "updated identity provider Partner IdpIdentifiers,ProviderDetails", "unchanged app client web", "unchanged app client only")
		p, err := s.IdentityProviderBy(t.Context(), poolOne, "other.example.com")
		if err != nil || p.ProviderDetails.ClientSecret != "new" {
			t.Errorf("by its new identifier: %+v, %v", p, err)
		}
		if _, err := s.IdentityProviderBy(t.Context(), poolOne, "partner.example.com"); !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound}) {
			t.Errorf("by its old identifier: %v", err)
		}
		apply(`{"UserPools": [{"Id": "us-east-1_One", "PoolName": "one", "Schema": [{"Name": "team"}]}]}`, false, "unchanged user pool one")
		if _, err := s.IdentityProvider(t.Context(), poolOne, "Google"); err != nil {
			t.Errorf("what the document leaves out is gone: %v", err)
		}
	})
}

func TestIdentityProviderRefusalsNameTheMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{`"ProviderName": "Partner"`, `"ProviderName": "_Partner"`, "IdentityProviders.1: * ProviderName"},
		{`"ProviderName": "Partner"`, `"ProviderName": "google"`, "IdentityProviders.1: * ProviderName"},
		{`"ProviderType": "OIDC"`, `"ProviderType": "Twitter"`, "IdentityProviders.1: * ProviderType"},
		{`"oidc_issuer": "https`, `"oidc_issuer": "http`, "IdentityProviders.1: * ProviderDetails.oidc_issuer"},
		{`"custom:team": "hd"`, `"custom:shoe": "hd"`, "IdentityProviders.0: * AttributeMapping"},
		{`["partner.example.com"]`, `["<b>"]`, "IdentityProviders.1: * IdpIdentifiers"},
		{`["COGNITO", "Google", "Partner"]`, `["Facebook"]`, "UserPoolClients.0: * SupportedIdentityProviders"},
		{`"ProviderName": "Partner",`, `"ProviderName": "Partner", "UserPoolId": "us-east-1_Two",`, "IdentityProviders.1: * UserPoolId"},
	} {
		s := onSQLite(t)
		if !strings.Contains(federated, c.old) {
			t.Fatalf("%s is not in it", c.old)
		}
		_, err := s.Apply(t.Context(), read(t, strings.Replace(federated, c.old, c.new, 1)), false)
		entry, member, _ := strings.Cut(c.want, "* ")
		if err == nil || !strings.HasPrefix(err.Error(), entry) || pool.AsError(err) == nil || pool.AsError(err).Field != member {
			t.Errorf("%s gave %v, want %s", c.new, err, c.want)
		}
		isEmpty(t, s)
	}
	_, err := setup.ReadDocument([]byte(strings.Replace(federated, `"client_secret": "hush"`, `"client_secret": 12345`, 1)))
	if err == nil || !strings.Contains(err.Error(), "IdentityProviders.0.ProviderDetails: must be an object whose members are strings") || strings.Contains(err.Error(), "12345") {
		t.Errorf("a secret that is no text: %v", err)
	}
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, federated), false)))
	_, err = s.Apply(t.Context(), read(t, strings.NewReplacer(`"OIDC"`, `"SAML"`, `"client_id": "p", "client_secret": "hush", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid"`,
		`"MetadataURL": "https://idp.example.com/m"`).Replace(federated)), false)
	if e := pool.AsError(err); e == nil || e.Field != "ProviderType" {
		t.Errorf("a provider of another type: %v", err)
	}
}

// An update that was decided on what is not there any more is refused.
func TestIdentityProviderUpdatesThatMeet(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, federated), false)))
		update := func(s *setup.Setup, identifier string) error {
			return second(s.UpdateIdentityProvider(ctx, poolOne, "Google", pool.ProviderSettings{IdpIdentifiers: []string{identifier}}))
		}
		err := update(meanwhile(s, func() { must(t, update(s, "first")) }), "second")
		if p, _ := s.IdentityProvider(ctx, poolOne, "Google"); !errors.Is(err, raced) || !slices.Equal(p.IdpIdentifiers, []string{"first"}) {
			t.Errorf("it is known as %q, %v", p.IdpIdentifiers, err)
		}
		if _, err := s.IdentityProviderBy(ctx, poolOne, "second"); !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound}) {
			t.Errorf("an identifier of a refused update: %v", err)
		}
		err = update(meanwhile(s, func() { must(t, s.DeleteIdentityProvider(ctx, poolOne, "Google")) }), "third")
		if !errors.Is(err, &pool.Error{Kind: pool.ResourceNotFound, Reason: "provider"}) {
			t.Errorf("one that is deleted meanwhile: %v", err)
		}
	})
}

// With a provider its name and identifiers are free again, and the clients that
// have another lose it. One that has no other keeps it: it does not open to
// passwords.
func TestDeletedIdentityProvider(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, federated), false)))
		must(t, s.DeleteIdentityProvider(ctx, poolOne, "Google"))
		must(t, s.DeleteIdentityProvider(ctx, poolOne, "Partner"))
		if got := providersOf(t, s, "web"); !slices.Equal(got, []string{"COGNITO"}) {
			t.Errorf("the client has %v", got)
		}
		if got := providersOf(t, s, "only"); !slices.Equal(got, []string{"Google"}) {
			t.Errorf("the client that had no other has %v", got)
		}
		if keys, err := s.DB.ProviderKeys.List(ctx, "", 9, poolOne, pool.ProviderByIdentifier); len(keys) != 0 || err != nil {
			t.Errorf("left are %v, %v", keys, err)
		}
		renamed := setup.ClientEntry{UserPoolID: poolOne, ID: "only"}
		renamed.ClientName, renamed.SupportedIdentityProviders = "renamed", []string{"Google"}
		if err := second(s.UpdateClient(ctx, renamed)); !errors.Is(err, &pool.Error{Kind: pool.InvalidParameter, Reason: "provider"}) {
			t.Errorf("an update that names a deleted provider: %v", err)
		}
		must(t, second(s.Apply(ctx, read(t, federated), false)))
	})
}

// Of names that differ in case alone there is one, however many ask at once; so
// of an identifier, and of the last place there is.
func TestRaceIdentityProviders(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, federated), false)))
		add := func(name string, identifiers ...string) error {
			return second(s.CreateIdentityProvider(ctx, pool.IdentityProvider{UserPoolID: poolOne, ProviderName: name, ProviderType: "SAML",
				ProviderSettings: pool.ProviderSettings{IdpIdentifiers: identifiers, ProviderDetails: pool.ProviderDetails{Plain: map[string]string{"MetadataURL": "https://idp.example.com/m"}}}}))
		}
		atOnce := func(refused error, names []string, identifiers ...string) {
			t.Helper()
			errs := make(chan error, len(names))
			for _, name := range names {
				go func() { errs <- add(name, identifiers...) }()
			}
			made := 0
			for range names {
				if err := <-errs; err == nil {
					made++
				} else if !errors.Is(err, refused) {
					t.Error(err)
				}
			}
			if made != 1 {
				t.Errorf("of %v %d were made", names, made)
			}
		}
		atOnce(&pool.Error{Kind: pool.DuplicateProvider}, []string{"Corp", "corp", "CORP", "Corp"})
		atOnce(&pool.Error{Kind: pool.InvalidParameter, Reason: "identifier_taken"}, []string{"North", "South", "East"}, "compass")
		must(t, s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error { // as if there were all but one
			for i := range pool.MaxProviders - 5 {
				if err := tx.ProviderKeys.Create(ctx, &pool.ProviderKey{}, poolOne, pool.ProviderByName, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		}))
		atOnce(&pool.Error{Kind: pool.LimitExceeded, Reason: "providers"}, []string{"Last", "Least", "Late"})
	})
}

// While a provider is being deleted no client gets it: whoever asks waits, and is
// refused.
func TestRaceClientsOfProviders(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		must(t, second(s.Apply(t.Context(), read(t, federated), false)))
		entry := setup.ClientEntry{UserPoolID: poolOne, ID: "next"}
		entry.ClientName, entry.SupportedIdentityProviders = "late", []string{"Google"}
		done := make(chan error, 2)
		must(t, s.DB.Tx(t.Context(), func(ctx context.Context, tx *store.DB) error {
			if _, err := tx.Pools.Update(ctx, func(*pool.Pool) error { return nil }, poolOne); err != nil {
				return err
			}
			_, err := tx.Providers.Take(ctx, poolOne, "Google")
			go func() { done <- second(s.CreateClient(t.Context(), entry)) }()
			there := entry
			there.ID = "web"
			go func() { done <- second(s.UpdateClient(t.Context(), there)) }()
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
			if err := <-done; !errors.Is(err, &pool.Error{Kind: pool.InvalidParameter, Reason: "provider"}) {
				t.Errorf("a provider that is on its way out: %v", err)
			}
		}
	})
}

// Attributes that are added at once are all there, and one that is added twice
// once; tags too. An update that was decided before loses none of them.
func TestRaceSchemaAndTags(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		must(t, second(s.Apply(ctx, read(t, federated), false)))
		arn := pool.ResourceARN{ARN: pool.ARN(poolOne, "123456789012"), Account: "123456789012"}
		errs := make(chan error, 16)
		for i := range 8 {
			go func() {
				errs <- s.AddCustomAttributes(ctx, poolOne, []pool.SchemaAttribute{{Name: fmt.Sprint("a", i/2)}})
			}()
			go func() { errs <- s.Tag(ctx, arn, map[string]string{fmt.Sprint("t", i): "v"}) }()
		}
		twice := 0
		for range 16 {
			if err := <-errs; errors.Is(err, &pool.Error{Kind: pool.InvalidParameter, Reason: "attribute_exists"}) {
				twice++
			} else if err != nil {
				t.Error(err)
			}
		}
		p, err := s.DB.Pools.Get(ctx, poolOne)
		if err != nil || twice != 4 || len(p.Schema) != 5 || len(p.UserPoolTags) != 8 {
			t.Errorf("%d refused, the schema is %+v, the tags %v, %v", twice, p.Schema, p.UserPoolTags, err)
		}
		late := meanwhile(s, func() { must(t, s.AddCustomAttributes(ctx, poolOne, []pool.SchemaAttribute{{Name: "late"}})) })
		if err := second(late.UpdatePool(ctx, poolOne, pool.Settings{PoolName: "two"})); !errors.Is(err, raced) {
			t.Errorf("an update that has not seen the newest attribute: %v", err)
		}
		must(t, second(s.UpdatePool(ctx, poolOne, pool.Settings{PoolName: "two", UserPoolTags: map[string]string{"one": "v"}})))
		if p, err = s.DB.Pools.Get(ctx, poolOne); err != nil || len(p.Schema) != 6 || len(p.UserPoolTags) != 1 {
			t.Errorf("updated, the schema is %+v, the tags %v, %v", p.Schema, p.UserPoolTags, err)
		}
	})
}
