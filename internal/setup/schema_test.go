package setup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

const schemaDocument = `{
	"UserPools": [{"Id": "us-east-1_One", "PoolName": "one", "AliasAttributes": ["email", "phone_number"], "Schema": [
		{"Name": "email", "Required": true},
		{"Name": "team", "AttributeDataType": "String", "StringAttributeConstraints": {"MaxLength": "8"}}]}],
	"UserPoolClients": [{"ClientId": "web", "ClientName": "web", "ReadAttributes": ["email", "custom:team"], "WriteAttributes": ["email"]}]
}`

// A schema is kept as it was written, grows by applying it again with more
// custom attributes, and changes in no other way.
func TestApplySchema(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), read(t, schemaDocument), false)))
	changes, err := s.Apply(t.Context(), read(t, schemaDocument), false)
	must(t, err)
	if diff := cmp.Diff([]string{"unchanged user pool one", "unchanged app client web"}, did(changes)); diff != "" {
		t.Error(diff)
	}
	app, err := s.DB.App(t.Context(), "web")
	must(t, err)
	team, ok := app.Pool.Attribute("custom:team")
	if email, _ := app.Pool.Attribute("email"); !ok || team.StringAttributeConstraints.MaxLength != "8" || !email.IsRequired() || !app.Client.MayRead(team) || app.Client.MayWrite(team) {
		t.Errorf("in force are %+v, %+v", team, email)
	}
	grown := strings.Replace(schemaDocument, `{"Name": "email", "Required": true},`, `{"Name": "email", "Required": true}, {"Name": "level", "AttributeDataType": "Number"},`, 1)
	changes, err = s.Apply(t.Context(), read(t, grown), false)
	must(t, err)
	if diff := cmp.Diff([]string{"updated user pool one Schema", "unchanged app client web"}, did(changes)); diff != "" {
		t.Error(diff)
	}
	for what, c := range map[string]struct{ old, new, field string }{
		"an attribute taken away":          {grown, schemaDocument, "Schema"},
		"an attribute of another type":     {`"Number"`, `"String"`, "Schema"},
		"one that is required from now on": {`{"Name": "level",`, `{"Name": "name", "Required": true}, {"Name": "level",`, "Schema"},
		"another alias":                    {`["email", "phone_number"]`, `["email"]`, "AliasAttributes"},
		"a client that reads what is not":  {`"custom:team"], "W`, `"custom:shoe"], "W`, "ReadAttributes"},
		"a client that writes what is not": {`"WriteAttributes": ["email"]`, `"WriteAttributes": ["email", "custom:shoe"]`, "WriteAttributes"},
		"a client without what is needed":  {`"WriteAttributes": ["email"]`, `"WriteAttributes": ["custom:team"]`, "WriteAttributes"},
	} {
		_, err := s.Apply(t.Context(), read(t, strings.Replace(grown, c.old, c.new, 1)), false)
		if e := pool.AsError(err); e == nil || e.Field != c.field {
			t.Errorf("%s: %v, want a refusal at %s", what, err, c.field)
		}
	}
	// The order of attributes and aliases means nothing.
	other := strings.Replace(grown, `["email", "phone_number"]`, `["phone_number", "email"]`, 1)
	must(t, second(s.Apply(t.Context(), read(t, other), false)))
}
