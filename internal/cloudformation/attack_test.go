package cloudformation_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/cloudformation"
)

// What a parser can be fed with is refused, each with its reason.
func TestHostileText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, want string }{
		{"", "the template is empty"},
		{"a: &x {b: *x}\nResources: {}", "line 1, aliases (& and *) are not allowed in a template"},
		{"a: &a [x]\nb: [*a, *a]\n", "aliases (& and *) are not allowed"},
		{pool("Description: &x y\n"), "line 3, aliases (& and *) are not allowed"},
		{pool("  Two:\n    <<: {Type: AWS::Cognito::UserPool}\n"), "line 4, merges (<<) are not allowed in a template"},
		{pool("  Pool: {Type: AWS::Cognito::UserPool}\n"), `line 3, "Pool" is there twice`},
		{pool("Description: !!python/object/apply:os.system [id]\n"), "line 3, there is no tag !!python/object/apply:os.system"},
		{pool("Description: !!binary aGk=\n"), "line 3, there is no tag !!binary"},
		{pool("Description: !!timestamp 2010-09-09\n"), "line 3, there is no tag !!timestamp"},
		{pool("Description: !<tag:example.com,2000:x> y\n"), "there is no tag tag:example.com,2000:x"},
		{pool("Description: !Exec id\n"), "line 3, there is no tag !Exec"},
		{pool("Description:\n"), "line 3, null is not allowed in a template: leave the member out"},
		{pool("? [a, b]\n: x\n"), "line 3, a name must be one word"},
		{pool("---\na: b\n"), "something follows the template"},
		{pool("Description: \"a\\0b\"\n"), "line 3, a value with a NUL"},
		{pool(strings.Repeat("n", 257) + ": x\n"), "line 3, a name has more than 256 bytes"},
		{pool("Description: \xff\n"), "the template is not UTF-8"},
		{pool("Description: [a\n"), "did not find expected"},
		{"a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70), "line 1, more than 64 levels"},
		{"a: " + strings.Repeat("[", 20_000), "exceeded max depth"},
		{strings.Repeat("- ", 20_000) + "x", "exceeded max depth"},
		{`{"a": ` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}", "line 1, more than 64 levels"},
		{`{"a": ` + strings.Repeat(`{"a":`, 100_000), "line 1, more than 64 levels"},
		{"a: [" + strings.Repeat("x,", 100_001) + "]", "more than 100000 values"},
		{`{"a": [` + strings.Repeat("1,", 100_001) + "1]}", "more than 100000 values"},
		{"a: " + strings.Repeat("x", 1<<20), "the template has more than 1048576 bytes"},
		{"{\n\"Resources\": {},\n\"Resources\": {}}", `line 3, "Resources" is there twice`},
		{"{\n\"Resources\": null}", "line 2, null is not allowed in a template"},
		{"{\n\"Resources\": {}} x", "line 2, something follows the template"},
		{"{\n\"Resources\": {", "line 2, the JSON ends too early"},
		{"{\n\"Resources\": {]}", "line 2, invalid character ']'"},
		{"{\n\"a\": \"\\u0000\"}", "line 2, a value with a NUL"},
	} {
		_, err := cloudformation.Compile([]byte(c.template), stack())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q gave %v, want %q", c.template, err, c.want)
		}
	}
}

// A short template that asks for a long text gets none of it.
func TestGrowthIsBounded(t *testing.T) {
	t.Parallel()
	nested := "'xxxxxxxxxxxxxxxx'"
	for range 14 {
		nested = "!Sub ['${a}${a}${a}${a}', {a: " + nested + "}]"
	}
	parameter := "Parameters:\n  P: {Type: String, Default: " + strings.Repeat("p", 4096) + "}\n"
	many := "!Join ['', [" + strings.Repeat("!Ref P, ", 5000) + "x]]"
	mapped := "Mappings:\n  M: {a: {b: [" + strings.Repeat("x,", 20_000) + "]}}\n"
	maps := "!Join ['', [" + strings.Repeat("!Join [' ', !FindInMap [M, a, b]], ", 1000) + "x]]"
	for what, c := range map[string][2]string{"Sub in Sub": {nested, ""}, "one parameter often": {many, parameter}, "one list often": {maps, mapped}} {
		_, err := value(t, stack(), c[0], c[1])
		if err == nil || !strings.Contains(err.Error(), "the template asks for more text than fits") {
			t.Errorf("%s: %.200v", what, err)
		}
	}
}

// Long chains of references and of conditions, each asked for once.
func TestLongChains(t *testing.T) {
	t.Parallel()
	var chain, conditions strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&chain, "  G%d: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: !Sub '${G%d}'}}\n", i, i+1)
		fmt.Fprintf(&conditions, "  C%d: !And [!Condition C%d, !Condition C%d]\n", i, i+1, i+1)
	}
	chain.WriteString("  G3000: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: last}}\n")
	got, err := value(t, stack(), "!If [C0, !Ref G0, none]", chain.String()+"Conditions:\n"+conditions.String()+"  C3000: !Equals [a, a]\n")
	if err != nil || got != "last" {
		t.Errorf("%q, %.300v", got, err)
	}
}

// The ids of a stack follow from its name, the resource's and the region: not
// from the machine, the order, the account or what else there is.
func TestIDs(t *testing.T) {
	t.Parallel()
	ids := func(s cloudformation.Stack, template string) string {
		t.Helper()
		c, err := cloudformation.Compile([]byte(template), s)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for list, member := range map[string]string{"UserPools": "Id", "UserPoolClients": "ClientId"} {
			entries, _ := c.Document[list].([]any)
			for _, e := range entries {
				out = append(out, fmt.Sprint(e.(map[string]any)[member]))
			}
		}
		if len(out) == 2 && strings.Contains(out[0], "_") {
			out[0], out[1] = out[1], out[0]
		}
		return strings.Join(out, " ")
	}
	client := "  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}\n"
	first := ids(stack(), pool(client))
	if !regexp.MustCompile(`^[0-9a-z]{26} eu-west-1_[0-9A-Za-z]{9}$`).MatchString(first) {
		t.Errorf("the ids are %s", first)
	}
	same := stack()
	same.Account, same.URL = "999999999999", ""
	if got := ids(same, "Description: x\nResources:\n"+client+"  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: other}}\n"); got != first {
		t.Errorf("the ids are %s, were %s", got, first)
	}
	name, region := stack(), stack()
	name.Name, region.Region = "shop2", "eu-west-2"
	for what, got := range map[string]string{
		"another stack": ids(name, pool(client)), "another region": ids(region, pool(client)),
		"another resource": ids(stack(), strings.NewReplacer("Pool:", "Poo1:", "Ref Pool", "Ref Poo1", "Web", "Wob").Replace(pool(client))),
	} {
		for i, id := range strings.Fields(got) {
			if id == strings.Fields(first)[i] {
				t.Errorf("%s has the id %s too", what, id)
			}
		}
	}
}

// What is a template and what a document is told by what stands in it.
func TestIsTemplate(t *testing.T) {
	t.Parallel()
	got := map[string]bool{}
	for _, text := range []string{`Resources: {}`, `{"Resources": {}}`, `{"AWSTemplateFormatVersion": "2010-09-09", "x": [`, `{"UserPools": []}`, `{}`, `{"UserPools": [{"Resources": 1}]}`, "\n {\"a\": {\"Resources\":"} {
		got[text] = cloudformation.IsTemplate([]byte(text))
	}
	want := map[string]bool{`Resources: {}`: true, `{"Resources": {}}`: true, `{"AWSTemplateFormatVersion": "2010-09-09", "x": [`: true, `{"UserPools": []}`: false, `{}`: false, `{"UserPools": [{"Resources": 1}]}`: false, "\n {\"a\": {\"Resources\":": false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
