package pool_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

type schema = []pool.SchemaAttribute

func withSchema(s schema) pool.Settings { return pool.Settings{PoolName: "Pool", Schema: s} }

func attribute(t *testing.T, s pool.Settings, name string) pool.SchemaAttribute {
	t.Helper()
	a, ok := s.Attribute(name)
	if !ok {
		t.Fatalf("the schema has no %s", name)
	}
	return a
}

// Cognito: DescribeUserPool of a pool without a schema of its own.
func TestStandardSchema(t *testing.T) {
	t.Parallel()
	var names []string
	for _, a := range (pool.Settings{}).Attributes() {
		names = append(names, a.Name)
		if a.IsDeveloperOnly() || a.IsRequired() != (a.Name == "sub") || a.IsMutable() == (a.Name == "sub") {
			t.Errorf("%s: developer %v, required %v, mutable %v", a.Name, a.IsDeveloperOnly(), a.IsRequired(), a.IsMutable())
		}
		types := map[string]string{"email_verified": "Boolean", "phone_number_verified": "Boolean", "updated_at": "Number"}
		if want := types[a.Name]; want != "" && a.AttributeDataType != want || want == "" && a.AttributeDataType != "String" {
			t.Errorf("%s is a %s", a.Name, a.AttributeDataType)
		}
	}
	want := "sub name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the attributes are %s, want %s", got, want)
	}
	if c := attribute(t, pool.Settings{}, "birthdate").StringAttributeConstraints; c.MinLength != "10" || c.MaxLength != "10" {
		t.Errorf("birthdate has the lengths %+v", c)
	}
}

func TestSchemaInForce(t *testing.T) {
	t.Parallel()
	s := withSchema(schema{
		{Name: "email", Required: ptr(true), Mutable: ptr(false)}, {Name: "name", StringAttributeConstraints: &pool.StringConstraints{MaxLength: "5"}},
		{Name: "team"}, {Name: "custom:level", AttributeDataType: "Number", Mutable: ptr(false)}, {Name: "note", DeveloperOnlyAttribute: ptr(true)}, {Name: "dev:custom:seen"},
		{Name: "sub", Mutable: ptr(true), Required: ptr(false)},
	})
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if a := attribute(t, s, "email"); !a.IsRequired() || a.IsMutable() || a.AttributeDataType != "String" {
		t.Errorf("email is %+v", a)
	}
	if a := attribute(t, s, "sub"); !a.IsRequired() || a.IsMutable() {
		t.Errorf("the sub became %+v", a)
	}
	if a := attribute(t, s, "custom:level"); a.AttributeDataType != "Number" || a.IsMutable() || a.IsRequired() || a.NumberAttributeConstraints == nil {
		t.Errorf("custom:level is %+v", a)
	}
	for name, developer := range map[string]bool{"custom:team": false, "dev:custom:note": true, "dev:custom:seen": true} {
		if a := attribute(t, s, name); a.IsDeveloperOnly() != developer || !a.IsMutable() || a.AttributeDataType != "String" {
			t.Errorf("%s is %+v", name, a)
		}
	}
	for _, name := range []string{"team", "custom:note", "custom:custom:level"} {
		if _, ok := s.Attribute(name); ok {
			t.Errorf("there is a %s", name)
		}
	}
	if attribute(t, s, "name").CheckValue("Annie") != nil || attribute(t, s, "name").CheckValue("Annika") == nil {
		t.Error("a standard attribute's own length is not in force")
	}
}

func TestSchemaRefusals(t *testing.T) {
	t.Parallel()
	many := make(schema, 51)
	for i := range many {
		many[i].Name = fmt.Sprintf("a%d", i)
	}
	if err := withSchema(many[:50]).Check(); err != nil {
		t.Errorf("fifty custom attributes: %v", err)
	}
	numbers := func(least, most string) schema {
		return schema{{Name: "n", AttributeDataType: "Number", NumberAttributeConstraints: &pool.NumberConstraints{MinValue: least, MaxValue: most}}}
	}
	lengths := func(least, most string) schema {
		return schema{{Name: "s", StringAttributeConstraints: &pool.StringConstraints{MinLength: least, MaxLength: most}}}
	}
	for _, good := range []schema{numbers("-5", "5.5"), numbers("", "0"), lengths("0", "2048"), lengths("", "1"), {{Name: strings.Repeat("é", 20)}}, {{Name: "d", AttributeDataType: "DateTime"}}} {
		if err := withSchema(good).Check(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for what, c := range map[string]struct {
		s      schema
		reason string
	}{
		"too many":                  {many, "setting"},
		"no name":                   {schema{{}}, "setting"},
		"a long name":               {schema{{Name: strings.Repeat("a", 21)}}, "setting"},
		"a name with a space":       {schema{{Name: "a b"}}, "setting"},
		"a type that is none":       {schema{{Name: "a", AttributeDataType: "Text"}}, "setting"},
		"required":                  {schema{{Name: "a", Required: ptr(true)}}, "custom_required"},
		"twice":                     {schema{{Name: "a"}, {Name: "custom:a"}}, "attribute_exists"},
		"a standard one twice":      {schema{{Name: "name"}, {Name: "name"}}, "attribute_exists"},
		"another type for email":    {schema{{Name: "email", AttributeDataType: "Number"}}, "setting"},
		"email for developers":      {schema{{Name: "email", DeveloperOnlyAttribute: ptr(true)}}, "setting"},
		"linked identities":         {schema{{Name: "identities"}}, "setting"},
		"no number":                 {numbers("one", ""), "setting"},
		"the least above the most":  {numbers("6", "5"), "setting"},
		"a negative length":         {lengths("-1", ""), "setting"},
		"a length past every value": {lengths("", "2049"), "setting"},
		"half a character":          {lengths("0.5", ""), "setting"},
		"an infinite number":        {numbers("", "Inf"), "setting"},
	} {
		err := withSchema(c.s).Check()
		if e := pool.AsError(err); e == nil || e.Field != "Schema" || e.Reason != c.reason {
			t.Errorf("%s: %v, want a refusal at Schema by %s", what, err, c.reason)
		}
	}
}

// Cognito: AddCustomAttributes is the only way in which a schema changes.
func TestSchemaMayOnlyGrow(t *testing.T) {
	t.Parallel()
	before := withSchema(schema{{Name: "email", Required: ptr(true)}, {Name: "team"}})
	for what, c := range map[string]struct {
		after schema
		want  string
	}{
		"the same":                   {before.Schema, ""},
		"the same, spelt out":        {schema{{Name: "custom:team", AttributeDataType: "String", Mutable: ptr(true)}, {Name: "email", Required: ptr(true), Mutable: ptr(true)}}, ""},
		"one more":                   {append(slices.Clone(before.Schema), pool.SchemaAttribute{Name: "level", AttributeDataType: "Number"}), ""},
		"one less":                   {before.Schema[:1], "Schema"},
		"left out":                   {nil, "Schema"},
		"no more required":           {schema{{Name: "email"}, {Name: "team"}}, "Schema"},
		"another one required":       {append(slices.Clone(before.Schema), pool.SchemaAttribute{Name: "name", Required: ptr(true)}), "Schema"},
		"another type":               {schema{before.Schema[0], {Name: "team", AttributeDataType: "Number"}}, "Schema"},
		"not mutable":                {schema{before.Schema[0], {Name: "team", Mutable: ptr(false)}}, "Schema"},
		"other constraints":          {schema{before.Schema[0], {Name: "team", StringAttributeConstraints: &pool.StringConstraints{MaxLength: "3"}}}, "Schema"},
		"for developers, in its way": {schema{before.Schema[0], {Name: "team", DeveloperOnlyAttribute: ptr(true)}}, "Schema"},
	} {
		if got := before.Immutable(withSchema(c.after)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	s := withSchema(schema{
		{Name: "level", AttributeDataType: "Number", NumberAttributeConstraints: &pool.NumberConstraints{MinValue: "-2", MaxValue: "10"}},
		{Name: "flag", AttributeDataType: "Boolean"}, {Name: "code", StringAttributeConstraints: &pool.StringConstraints{MinLength: "2", MaxLength: "3"}},
		{Name: "when", AttributeDataType: "DateTime"}, {Name: "free"},
	})
	for name, c := range map[string]struct{ good, bad []string }{
		"custom:level": {[]string{"-2", "0", "9.5", "10", ""}, []string{"11", "-3", "one", "NaN", "Inf", "0x1", "1e1", " 1", "1,5", "+1"}},
		"custom:flag":  {[]string{"true", "false", ""}, []string{"True", "1", "yes"}},
		"custom:code":  {[]string{"ab", "äöü", ""}, []string{"a", "abcd"}},
		"custom:when":  {[]string{"2026-11-23", "1700000000"}, []string{"a\x00"}},
		"custom:free":  {[]string{strings.Repeat("é", 2048), "a\tb\r\n"}, []string{strings.Repeat("a", 2049), "\xff", "a\x1b[0m"}},
		"birthdate":    {[]string{"1999-12-31", ""}, []string{"1999-12-3", "31.12.99"}},
		"email":        {[]string{"a@b.c", ""}, []string{"ab", "a@b.c,c@d.e", "Ann <a@b.c>", "a@b"}},
		"phone_number": {[]string{"+14155550100", ""}, []string{"4155550100", "+1 415 555 0100", "+", "+0123", "+1234567890123456", "+1a"}},
		"updated_at":   {[]string{"0", "1700000000"}, []string{"-1", "today"}},
		"picture":      {[]string{"https://a/b.png", `{"data":"%zz"}`}, nil}, // Cognito keeps any text
	} {
		a := attribute(t, s, name)
		for _, value := range c.good {
			if err := a.CheckValue(value); err != nil {
				t.Errorf("%s=%.20q: %v", name, value, err)
			}
		}
		for _, value := range c.bad {
			if a.CheckValue(value) == nil {
				t.Errorf("%s=%.20q passes", name, value)
			}
		}
	}
}

func TestClientRights(t *testing.T) {
	t.Parallel()
	s := withSchema(schema{{Name: "team"}, {Name: "note", DeveloperOnlyAttribute: ptr(true)}})
	names := func(may func(pool.SchemaAttribute) bool) []string {
		var out []string
		for _, name := range []string{"sub", "name", "email", "email_verified", "custom:team", "dev:custom:note"} {
			if may(attribute(t, s, name)) {
				out = append(out, name)
			}
		}
		return out
	}
	for what, c := range map[string]struct {
		client      pool.ClientSettings
		read, write string
	}{
		"nothing said": {pool.ClientSettings{}, "sub name email email_verified", "name email"},
		"empty lists":  {pool.ClientSettings{ReadAttributes: []string{}, WriteAttributes: []string{}}, "sub name email email_verified", "name email"},
		"lists":        {pool.ClientSettings{ReadAttributes: []string{"email", "dev:custom:note"}, WriteAttributes: []string{"custom:team", "email_verified", "sub", "dev:custom:note"}}, "sub email", "custom:team"},
	} {
		if diff := cmp.Diff(strings.Fields(c.read), names(c.client.MayRead)); diff != "" {
			t.Errorf("%s, reading: %s", what, diff)
		}
		if diff := cmp.Diff(strings.Fields(c.write), names(c.client.MayWrite)); diff != "" {
			t.Errorf("%s, writing: %s", what, diff)
		}
	}
}
