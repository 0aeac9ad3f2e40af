package setup_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// desk is a Setup on an empty ledger.
func desk(t *testing.T, database string) *setup.Setup {
	t.Helper()
	line, err := seal.NewKeyLine()
	must(t, err)
	ring, err := seal.ParseRing([]byte(line))
	must(t, err)
	db, err := store.Open(t.Context(), database, ring)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return &setup.Setup{DB: db, Region: "eu-west-1", Now: time.Now}
}

func onSQLite(t *testing.T) *setup.Setup {
	t.Helper()
	return desk(t, "sqlite:"+filepath.Join(t.TempDir(), "s.db"))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, doc string) setup.Document {
	t.Helper()
	d, err := setup.ReadDocument([]byte(doc))
	must(t, err)
	return d
}

// did says in short what Apply changed.
func did(changes []setup.Change) []string {
	var out []string
	for _, c := range changes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Action, c.Kind, c.Name, strings.Join(c.Members, ","))))
	}
	return out
}

const several = `{
	"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}, {"PoolName": "two", "UsernameAttributes": ["email"]}],
	"UserPoolClients": [
		{"UserPoolId": "us-east-1_One", "ClientId": "web", "ClientName": "web"},
		{"UserPoolId": "us-east-1_One", "ClientName": "machine", "GenerateSecret": true}],
	"UserPoolDomains": [{"UserPoolId": "us-east-1_One", "Domain": "one"}, {"UserPoolId": "us-east-1_One", "Domain": "auth.example.com", "CustomDomainConfig": {"CertificateArn": "arn:x"}}]
}`

func TestApplyIsIdempotent(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		first, err := s.Apply(t.Context(), read(t, several), false)
		must(t, err)
		want := []string{"created user pool one", "created user pool two", "created app client web", "created app client machine", "created domain one", "created domain auth.example.com"}
		if diff := cmp.Diff(want, did(first)); diff != "" {
			t.Error(diff)
		}
		if !pool.ValidPoolID(first[1].ID) || pool.Region(first[1].ID) != "eu-west-1" {
			t.Errorf("a pool without an id got %q", first[1].ID)
		}
		if first[3].NewSecret == "" || first[2].NewSecret != "" {
			t.Error("GenerateSecret made no secret, or its absence made one")
		}
		again, err := s.Apply(t.Context(), read(t, several), false)
		must(t, err)
		for i, c := range again {
			if c.Action != setup.Unchanged || c.ID != first[i].ID || c.NewSecret != "" {
				t.Errorf("the second time %+v", c)
			}
		}
		app, err := s.DB.App(t.Context(), first[3].ID)
		if err != nil || app.Client.Secret != first[3].NewSecret {
			t.Errorf("the secret did not stay: %v", err)
		}
	})
}

func TestApplyUpdates(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, several), false)))
	next := strings.NewReplacer(
		`"PoolName": "one"}`, `"PoolName": "renamed", "Policies": {"PasswordPolicy": {"MinimumLength": 12}}}`,
		`"ClientName": "web"}`, `"ClientName": "web", "AccessTokenValidity": 2, "CallbackURLs": ["https://a/"]}`,
		`"arn:x"`, `"arn:y"`).Replace(several)
	changes, err := s.Apply(t.Context(), read(t, next), false)
	must(t, err)
	want := []string{
		"updated user pool renamed Policies,PoolName", "unchanged user pool two", "updated app client web AccessTokenValidity,CallbackURLs",
		"unchanged app client machine", "unchanged domain one", "updated domain auth.example.com CustomDomainConfig",
	}
	if diff := cmp.Diff(want, did(changes)); diff != "" {
		t.Error(diff)
	}
	p, err := s.DB.Pools.Get(t.Context(), "us-east-1_One")
	if err != nil || *p.PasswordPolicy().MinimumLength != 12 {
		t.Errorf("%+v, %v", p, err)
	}
	// What an entry leaves out returns to its default.
	must(t, second(s.Apply(t.Context(), read(t, several), false)))
	app, err := s.DB.App(t.Context(), "web")
	if err != nil || app.Client.AccessTokenLife() != time.Hour || len(app.Client.CallbackURLs) != 0 || *app.Pool.PasswordPolicy().MinimumLength != 8 {
		t.Errorf("%+v, %v", app, err)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		dry, err := s.Apply(t.Context(), read(t, several), true)
		must(t, err)
		if len(dry) != 6 || dry[0].Action != setup.Created {
			t.Errorf("a dry run said %v", did(dry))
		}
		isEmpty(t, s)
		must(t, second(s.Apply(t.Context(), read(t, several), false)))
		dry, err = s.Apply(t.Context(), read(t, strings.Replace(several, `"PoolName": "one"`, `"PoolName": "other"`, 1)), true)
		if err != nil || did(dry)[0] != "updated user pool other PoolName" {
			t.Errorf("a dry run said %v, %v", did(dry), err)
		}
		if p, _ := s.DB.Pools.Get(t.Context(), "us-east-1_One"); p.PoolName != "one" {
			t.Error("a dry run renamed the pool")
		}
	})
}

func isEmpty(t *testing.T, s *setup.Setup) {
	t.Helper()
	pools, err := s.DB.Pools.List(t.Context(), "", 10)
	if err != nil || len(pools) != 0 {
		t.Errorf("there are %d pools, %v", len(pools), err)
	}
	if _, err := s.DB.Domain(t.Context(), "one"); err == nil {
		t.Error("there is a domain")
	}
}

// A document is applied whole or not at all, and each refusal leads to the
// entry and the member.
func TestRefusalsNameTheMember(t *testing.T) {
	t.Parallel()
	const good = `"UserPools": [{"Id": "us-east-1_One", "PoolName": "one"}]`
	for _, c := range []struct{ doc, want string }{
		{`{"UserPools": [{"PoolName": "one", "MfaConfiguration": "ON"}]}`, "UserPools.0: * MfaConfiguration"},
		{`{"UserPools": [{"PoolName": "one"}, {"PoolName": "two", "Policies": {"PasswordPolicy": {"MinimumLength": 5}}}]}`, "UserPools.1: * Policies.PasswordPolicy.MinimumLength"},
		{`{"UserPools": [{"Id": "one", "PoolName": "one"}]}`, "UserPools.0: * Id"},
		{`{"UserPools": [{"PoolName": ""}]}`, "UserPools.0: * PoolName"},
		{`{` + good + `, "UserPoolClients": [{"ClientName": "c", "AllowedOAuthFlowsUserPoolClient": true}]}`, "UserPoolClients.0: * AllowedOAuthFlows"},
		{`{` + good + `, "UserPoolClients": [{"ClientName": "c", "CallbackURLs": ["http://evil.com/"]}]}`, "UserPoolClients.0: * CallbackURLs"},
		{`{` + good + `, "UserPoolClients": [{"ClientName": "c", "ClientId": "a-b"}]}`, "UserPoolClients.0: * ClientId"},
		{`{` + good + `, "UserPoolClients": [{"ClientName": "c", "UserPoolId": "us-east-1_Two"}]}`, "UserPoolClients.0: * UserPoolId"},
		{`{"UserPools": [{"PoolName": "a"}, {"PoolName": "b"}], "UserPoolClients": [{"ClientName": "c"}]}`, "UserPoolClients.0: * UserPoolId"},
		{`{` + good + `, "UserPoolDomains": [{"Domain": "my-aws"}]}`, "UserPoolDomains.0: * Domain"},
		{`{` + good + `, "UserPoolDomains": [{"Domain": "a"}, {"Domain": "b"}]}`, "UserPoolDomains.1: * Domain"},
		{`{"UserPoolDomains": [{"Domain": "a", "UserPoolId": "us-east-1_Two"}]}`, "UserPoolDomains.0: * UserPoolId"},
		{`{` + good + `, "UserPoolDomains": [{"Domain": "id.example.com"}]}`, "UserPoolDomains.0: * Domain"},
		{`{` + good + `, "UserPoolDomains": [{"Domain": "one"}, {"Domain": "one.id.example.com"}]}`, "UserPoolDomains.1: * Domain"},
	} {
		s := onSQLite(t)
		s.Host = "ID.example.com"
		_, err := s.Apply(t.Context(), read(t, c.doc), false)
		entry, member, _ := strings.Cut(c.want, "* ")
		if err == nil || !strings.HasPrefix(err.Error(), entry) || pool.AsError(err) == nil || pool.AsError(err).Field != member {
			t.Errorf("%s\ngave %v, want %s", c.doc, err, c.want)
		}
		isEmpty(t, s)
	}
}

func TestWhatMayNotChange(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, several), false)))
	must(t, second(s.Apply(t.Context(), read(t, `{"UserPools": [{"Id": "us-east-1_Other", "PoolName": "other"}]}`), false)))
	s.Host = "example.com" // the server has moved above a domain that was taken
	for _, c := range []struct{ doc, want string }{
		{`{"UserPools": [{"Id": "us-east-1_One", "PoolName": "one", "UsernameAttributes": ["email"]}]}`, "UsernameAttributes"},
		{`{"UserPools": [{"Id": "us-east-1_One", "PoolName": "one", "UsernameConfiguration": {"CaseSensitive": false}}]}`, "UsernameConfiguration.CaseSensitive"},
		{`{"UserPoolClients": [{"UserPoolId": "us-east-1_Other", "ClientId": "web", "ClientName": "web"}]}`, "ClientId"},
		{`{"UserPoolClients": [{"UserPoolId": "us-east-1_One", "ClientName": "machine"}]}`, "ClientSecret"},
		{`{"UserPoolDomains": [{"UserPoolId": "us-east-1_Other", "Domain": "one"}]}`, "Domain"},
		{`{"UserPoolDomains": [{"UserPoolId": "us-east-1_One", "Domain": "another"}]}`, "Domain"},
		{`{"UserPoolDomains": [{"UserPoolId": "us-east-1_One", "Domain": "auth.example.com"}]}`, "Domain"},
	} {
		_, err := s.Apply(t.Context(), read(t, c.doc), false)
		if e := pool.AsError(err); e == nil || e.Field != c.want {
			t.Errorf("%s\ngave %v, want a refusal at %s", c.doc, err, c.want)
		}
	}
}

func TestNamesMustBeClear(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, `{"UserPools": [{"Id": "us-east-1_A", "PoolName": "same"}, {"Id": "us-east-1_B", "PoolName": "same"}]}`), false)))
	if _, err := s.Apply(t.Context(), read(t, `{"UserPools": [{"PoolName": "same"}]}`), false); err == nil {
		t.Error("a name that two pools have was taken for one of them")
	}
}

// Nodes that start at once with one document make each pool once, and none
// trips over another.
func TestRaceApply(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		d := read(t, strings.ReplaceAll(several, `{"PoolName": "two", "UsernameAttributes": ["email"]}`, `{"Id": "us-east-1_Two", "PoolName": "two"}`))
		d.UserPoolClients[1].ID = "machine"
		errs := make(chan error)
		for range 4 {
			go func() { errs <- second(s.Apply(context.WithoutCancel(t.Context()), d, false)) }()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Errorf("a node that started beside others got %v", err)
			}
		}
		changes, err := s.Apply(t.Context(), d, false)
		must(t, err)
		for _, c := range changes {
			if c.Action != setup.Unchanged {
				t.Errorf("afterwards %+v", c)
			}
		}
	})
}

// A setting that is known and not honoured is refused by name, with its line.
func TestUnhonouredSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ doc, want string }{
		{"{\n\"UserPools\": [{\"PoolName\": \"a\",\n\"LambdaConfig\": {\"PreSignUp\": \"arn:x\"}}]}", "line 3, UserPools.0.LambdaConfig: this setting is not supported yet"},
		{`{"UserPools": [{"PoolName": "a", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT", "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"}}}]}`, "UserPools.0.UserPoolAddOns.AdvancedSecurityAdditionalFlows: this setting is not supported yet"},
		{`{"UserPoolClients": [{"ClientName": "a", "EnablePropagateAdditionalUserContextData": true}]}`, "UserPoolClients.0.EnablePropagateAdditionalUserContextData: this setting is not supported yet"},
		{`{"UserPools": [{"PoolName": "a", "Poolname": "b"}]}`, "UserPools.0.Poolname: there is no such member"},
		{`{"UserPools": [{"PoolName": 7}]}`, "UserPools.0.PoolName"},
		{`{"UserPools": [{"PoolName": "a"}]} x`, "line 1"},
		{`{}`, "no UserPools"},
		{``, ""},
	} {
		_, err := setup.ReadDocument([]byte(c.doc))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngave %v, want %q", c.doc, err, c.want)
		}
	}
}

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte(several))
	f.Add([]byte(`{"UserPools":[{"PoolName":"a","LambdaConfig":{"x":1}}]}`))
	f.Add([]byte(`{"UserPoolClients":[{"AccessTokenValidity":1e400}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := setup.ReadDocument(doc)
		if err != nil {
			return
		}
		for _, e := range d.UserPools {
			if e.Check() == nil && e.PoolName == "" {
				t.Error("a pool without a name passes")
			}
		}
		for _, e := range d.UserPoolClients {
			c := pool.Client{ID: "client", Secret: e.Secret, ClientSettings: e.ClientSettings}
			if c.Check(pool.Pool{}) == nil && (c.AccessTokenLife() <= 0 || c.RefreshTokenLife() <= 0 || c.IDTokenLife() <= 0) {
				t.Error("a token that never lives passes")
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
