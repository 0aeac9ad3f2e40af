package stories_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// FuzzOperators sends any bytes, signed, as any operation: each is answered or
// refused, and never comes to an error of ours.
func FuzzOperators(f *testing.F) {
	o := openOffice(f, "")
	s := nowhere()
	s["UserPoolId"], s["ClientId"], s["Domain"], s["GroupName"], s["Identifier"], s["Username"] = housetest.PoolID, housetest.ClientID, housetest.Prefix, "group", "server", ann
	s.signsIn()
	operations := operatorsOperations(f)
	for _, name := range []string{"CreateGroup", "CreateResourceServer", "AdminCreateUser", "AdminAddUserToGroup", "AdminSetUserPassword"} {
		o.does(name, s.body(f, operations[name]))
	}
	for name, op := range operations {
		body, err := json.Marshal(s.body(f, op))
		must(f, err)
		f.Add(name, body)
	}
	f.Add("ListUsers", []byte(`{"UserPoolId":"`+housetest.PoolID+`","Filter":"email ^= \"a\"","AttributesToGet":["email"],"Limit":1}`))
	f.Add("UpdateUserPool", []byte(`{"UserPoolId":"`+housetest.PoolID+`","Policies":{"PasswordPolicy":{"MinimumLength":8e0}},"UserPoolTags":{}}`))
	f.Add("ListGroups", []byte(`{"UserPoolId":"`+housetest.PoolID+`","NextToken":"AAAA","Limit":60}`))
	f.Add("GetGroup", []byte("\xff{}"))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		if operations[operation] == nil {
			return
		}
		o.t = t // f is not to be used in here
		a := o.send(letter{key: o.chief, operation: operation, body: body})
		if a.status != http.StatusOK && a.status != http.StatusBadRequest && a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s %q: %d %s", operation, body, a.status, a.body)
		}
	})
}
