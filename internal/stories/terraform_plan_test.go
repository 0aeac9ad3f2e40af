package stories_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What Terraform would plan to change after a read.

// noPlan demands that a read shows whatever was sent. What was not sent, nothing,
// zero and an empty text are one to the provider, and lists are sets.
func noPlan(t *testing.T, what string, sent, read any) {
	t.Helper()
	for _, change := range plan("", stateOf(t, sent), stateOf(t, read)) {
		t.Errorf("%s: a plan would change %s", what, change)
	}
}

// stateOf is a call's input or answer by its members' names; a pool's, by those
// of its input.
func stateOf(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	var members map[string]any
	must(t, json.Unmarshal(b, &members))
	if _, pool := members["SchemaAttributes"]; pool {
		members["PoolName"], members["UserPoolId"] = members["Name"], members["Id"]
	}
	delete(members, "Schema") // which schemaHas compares
	return members
}

// plan lists what differs, by its path.
func plan(path string, sent, read any) (changes []string) {
	switch sent := sent.(type) {
	case map[string]any:
		read, _ := read.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			changes = append(changes, plan(path+"."+name, sent[name], read[name])...)
		}
		return changes
	case []any:
		read, _ := read.([]any)
		if len(sent) != len(read) {
			return []string{fmt.Sprintf("%s: %v, which reads %v", path, sent, read)}
		}
		byText := func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
		for i, one := range slices.SortedFunc(slices.Values(sent), byText) {
			changes = append(changes, plan(fmt.Sprintf("%s.%d", path, i), one, slices.SortedFunc(slices.Values(read), byText)[i])...)
		}
		return changes
	case bool:
		read, _ := read.(bool)
		if sent == read {
			return nil
		}
	case nil:
		return nil
	default:
		if sent == "" || sent == 0.0 || sent == read {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s: %v, which reads %v", path, sent, read)}
}

// schemaHas demands that each configured attribute reads as it was sent, and
// every other as a standard attribute that nobody touched.
func schemaHas(t *testing.T, read *types.UserPoolType, configured ...types.SchemaAttributeType) {
	t.Helper()
	rest := map[string]types.SchemaAttributeType{}
	for _, a := range read.SchemaAttributes {
		rest[*a.Name] = a
	}
	for _, want := range configured {
		got, there := rest["custom:"+*want.Name]
		if !there {
			got = rest[*want.Name]
		}
		delete(rest, aws.ToString(got.Name))
		got.Name = want.Name
		if diff := cmp.Diff(want, got, ignoreUnexported, ignoreConstraints); diff != "" {
			t.Errorf("the attribute %s: %s", *want.Name, diff)
		}
	}
	standard := map[string]string{"sub": "String 1 2048 false true", "birthdate": "String 10 10 true false", "updated_at": "Number 0 – true false",
		"email_verified": "Boolean – – true false", "phone_number_verified": "Boolean – – true false"}
	for name, a := range rest {
		least, most := "–", "–"
		if s := a.StringAttributeConstraints; s != nil {
			least, most = *s.MinLength, *s.MaxLength
		}
		if n := a.NumberAttributeConstraints; n != nil {
			least = *n.MinValue
		}
		want := standard[name]
		if want == "" {
			want = "String 0 2048 true false"
		}
		if got := fmt.Sprint(a.AttributeDataType, " ", least, " ", most, " ", *a.Mutable, " ", *a.Required); got != want || *a.DeveloperOnlyAttribute {
			t.Errorf("the attribute %s reads %s, want %s", name, got, want)
		}
	}
}

var ignoreConstraints = cmpopts.IgnoreUnexported(types.SchemaAttributeType{}, types.StringAttributeConstraintsType{}, types.NumberAttributeConstraintsType{})
