package stories_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// usernames is a house whose people have usernames, and may have a role.
func usernames(t *testing.T, database string) *housetest.House {
	t.Helper()
	return apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
		p.UsernameAttributes, p.Schema = nil, []pool.SchemaAttribute{{Name: "role"}}
	})
}

// enrolled makes an account by an operator and returns its sub.
func enrolled(t *testing.T, c *cip.Client, poolID, name string, pairs ...string) string {
	t.Helper()
	made, err := c.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: &poolID, Username: &name, UserAttributes: pairsOf(pairs...), MessageAction: types.MessageActionTypeSuppress})
	must(t, err)
	return *made.User.Attributes[0].Value
}

// everyone lists the usernames of all pages, sorted. between is called after
// each.
func everyone(t *testing.T, c *cip.Client, filter string, limit int32, between func()) (names []string) {
	t.Helper()
	pages := cip.NewListUsersPaginator(c, &cip.ListUsersInput{UserPoolId: poolID(), Filter: &filter, Limit: &limit})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		if len(page.Users) > int(limit) {
			t.Errorf("%s: a page of %d has %d users", filter, limit, len(page.Users))
		}
		for _, u := range page.Users {
			names = append(names, *u.Username)
		}
		between()
	}
	slices.Sort(names)
	return names
}

func nothing() {}

// escaped writes a value as it stands in a filter.
func escaped(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

// Operators list people, all of them or those whom they look for, by each
// attribute that can be searched.
func TestAPIListUsers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := usernames(t, database)
		c := sdk(h)
		const quoted, long = `Ann "the \ Cat" O'Neil`, 1500
		sub := enrolled(t, c, housetest.PoolID, "Ann", "email", "Ann@Example.com", "email_verified", "true", "phone_number", "+4930123", "name", quoted,
			"given_name", "Ångström 李", "family_name", strings.Repeat("x", long), "preferred_username", "50%_Off", "custom:role", "admin")
		enrolled(t, c, housetest.PoolID, "bob", "email", "bob@example.com", "name", "Bob", "given_name", "Bob", "family_name", strings.Repeat("x", 200))
		must(t, only(c.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: aws.String("bob"), Password: aws.String(easy), Permanent: true})))
		bob, err := c.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String("bob")})
		must(t, err)
		must(t, only(h.DB.Users.Update(t.Context(), housetest.PoolID, *bob.UserAttributes[0].Value, func(u *pool.User) error { u.Disabled = true; return nil })))

		for filter, want := range map[string]string{
			``:                                "Ann bob",
			`username = "Ann"`:                "Ann",
			`username = "ann"`:                "",
			`username ^= "A"`:                 "Ann",
			`email = "ann@example.com"`:       "Ann",
			`email^="BOB@"`:                   "bob",
			`phone_number = "+4930123"`:       "Ann",
			`phone_number ^= "+49"`:           "Ann",
			`name = ` + escaped(quoted):       "Ann",
			`name ^= ` + escaped(quoted[:12]): "Ann",
			`name ^= "b"`:                     "bob",
			`given_name = "ångström 李"`:       "Ann",
			`given_name ^= "Å"`:               "Ann",
			`family_name ^= "` + strings.Repeat("X", 150) + `"`: "Ann bob",
			`family_name = "` + strings.Repeat("x", 200) + `"`:  "bob",
			`family_name = "` + strings.Repeat("x", 230) + `"`:  "",
			`preferred_username = "50%_off"`:                    "Ann",
			`preferred_username ^= "50_"`:                       "",
			`cognito:user_status = "confirmed"`:                 "bob",
			`cognito:user_status ^= "FORCE_"`:                   "Ann",
			`status = "Enabled"`:                                "Ann",
			`status = "Disabled"`:                               "bob",
			`status ^= "Dis"`:                                   "bob",
			`status = "disabled"`:                               "",
			`sub = "` + sub + `"`:                               "Ann",
			`sub ^= "` + sub[:30] + `"`:                         "Ann",
			`sub = "` + strings.ToUpper(sub) + `x"`:             "",
		} {
			if got := strings.Join(everyone(t, c, filter, 60, nothing), " "); got != want {
				t.Errorf("%s lists %q, want %q", filter, got, want)
			}
		}
		looked, err := c.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: poolID(), Filter: aws.String(`name ^= "Ann"`)})
		must(t, err)
		u := looked.Users[0]
		if u.UserStatus != types.UserStatusTypeForceChangePassword || !u.Enabled || u.UserCreateDate == nil || u.UserLastModifiedDate == nil || *u.Attributes[0].Name != "sub" || *u.Attributes[0].Value != sub {
			t.Errorf("Ann is listed as %+v", u)
		}
		if got := valuesOf(u.Attributes); got["custom:role"] != "admin" || got["name"] != quoted || len(got["family_name"]) != long || looked.PaginationToken != nil {
			t.Errorf("Ann is listed with %v", got)
		}
	})
}

func valuesOf(list []types.AttributeType) map[string]string {
	out := map[string]string{}
	for _, a := range list {
		out[*a.Name] = *a.Value
	}
	return out
}

// A change of an account, by whomever, is what it is found by from then on.
func TestAPIListUsersFollowsChanges(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		c := sdk(h)
		count := func(filter string) int { return len(everyone(t, c, filter, 60, nothing)) }
		must(t, enlists(t, h, ann, "name", "Ann"))
		if count(`cognito:user_status = "UNCONFIRMED"`) != 1 || count(`email = "`+ann+`"`) != 1 {
			t.Error("who signed up is not found")
		}
		must(t, confirms(t, h, ann, ann))
		in, err := byPassword(h, ann, easy)
		must(t, err)
		token := in.AuthenticationResult.AccessToken
		must(t, only(c.UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: token, UserAttributes: pairsOf("name", "Anna", "given_name", "Anna")})))
		for filter, want := range map[string]int{`cognito:user_status = "UNCONFIRMED"`: 0, `cognito:user_status = "CONFIRMED"`: 1, `name = "Ann"`: 0, `name = "anna"`: 1, `given_name ^= "A"`: 1} {
			if got := count(filter); got != want {
				t.Errorf("after the change %s finds %d", filter, got)
			}
		}
		must(t, only(c.DeleteUserAttributes(t.Context(), &cip.DeleteUserAttributesInput{AccessToken: token, UserAttributeNames: []string{"given_name"}})))
		if count(`given_name ^= ""`) != 0 {
			t.Error("an attribute that is gone is found")
		}
		must(t, only(c.DeleteUser(t.Context(), &cip.DeleteUserInput{AccessToken: token})))
		for _, filter := range []string{``, `name = "anna"`, `status = "Enabled"`, `email ^= ""`} {
			if count(filter) != 0 {
				t.Errorf("%s finds who is gone", filter)
			}
		}
	})
}

// AttributesToGet shows these and no others.
func TestAPIListUsersAttributesToGet(t *testing.T) {
	t.Parallel()
	h := usernames(t, "")
	c := sdk(h)
	enrolled(t, c, housetest.PoolID, "ann", "email", ann, "name", "Ann", "custom:role", "admin")
	enrolled(t, c, housetest.PoolID, "bob", "name", "Bob")
	get := func(names ...string) (*cip.ListUsersOutput, error) {
		return c.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: poolID(), AttributesToGet: names, Filter: aws.String(`username ^= ""`)})
	}
	for asked, want := range map[string][]map[string]string{
		"email custom:role":   {{"email": ann, "custom:role": "admin"}, {}},
		"name name":           {{"name": "Ann"}, {"name": "Bob"}},
		"email_verified":      {{"email_verified": "false"}, {}},
		"zoneinfo given_name": {{}, {}},
	} {
		out, err := get(strings.Fields(asked)...)
		must(t, err)
		for i, u := range out.Users {
			if got := valuesOf(u.Attributes); !maps.Equal(got, want[i]) || *u.Username == "" || u.UserStatus == "" {
				t.Errorf("%s: %s is shown with %v, want %v", asked, *u.Username, got, want[i])
			}
		}
	}
	out, err := get([]string{}...)
	must(t, err)
	if got := valuesOf(out.Users[0].Attributes); got["sub"] == "" || got["custom:role"] == "" {
		t.Errorf("an empty list shows %v", got)
	}
	for _, unknown := range []string{"sub", "custom:none", "username", "Password", "SRPVerifier", "cognito:user_status", "role"} {
		_, err := get("email", unknown)
		refused(t, err, invalid, "One or more requested attributes do not exist.")
	}
}

// Of 200 people, pages show each once, whatever the filter and the size of the
// page, and while others come and go.
func TestAPIListUsersPages(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := usernames(t, database)
		c := sdk(h)
		const n = 200
		all := make([]string, n)
		for i := range n {
			all[i] = fmt.Sprintf("person-%03d", i)
			enrolled(t, c, housetest.PoolID, all[i], "family_name", fmt.Sprintf("House %d", i%10), "name", "Same")
		}
		guests := 0
		comeAndGo := func() {
			guests++
			guest := fmt.Sprintf("guest-%d", guests)
			u, err := h.DB.Users.Get(t.Context(), housetest.PoolID, enrolled(t, c, housetest.PoolID, guest, "family_name", fmt.Sprintf("House %d", guests%12), "name", "Same"))
			must(t, err)
			if guests%2 == 0 {
				must(t, h.DB.Users.Delete(t.Context(), housetest.PoolID, u.Sub))
			}
		}
		for _, filter := range []string{``, `family_name ^= "house"`, `name = "same"`, `status = "Enabled"`, `cognito:user_status ^= ""`, `username ^= "person"`} {
			for _, limit := range []int32{7, 50, 60} {
				got := everyone(t, c, filter, limit, comeAndGo)
				got = slices.DeleteFunc(got, func(name string) bool { return strings.HasPrefix(name, "guest") })
				if !slices.Equal(got, all) {
					t.Errorf("%s by %d lists %d of %d people", filter, limit, len(got), n)
				}
			}
		}
		if got := everyone(t, c, `family_name = "HOUSE 3"`, 6, nothing); len(slices.DeleteFunc(got, func(name string) bool { return !strings.HasPrefix(name, "person") })) != n/10 {
			t.Errorf("a house has %d people", len(got))
		}
		for _, asked := range []*int32{nil, aws.Int32(0), aws.Int32(60)} { // Cognito: Limit, 0 to 60
			page, err := c.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: poolID(), Limit: asked})
			must(t, err)
			if len(page.Users) != 60 || page.PaginationToken == nil {
				t.Errorf("with the limit %v a page has %d people", asked, len(page.Users))
			}
		}
	})
}

// A paging token opens the list that it was made for, and no other.
func TestAPIListUsersTokens(t *testing.T) {
	t.Parallel()
	h := usernames(t, "")
	ctx, c := t.Context(), sdk(h)
	other := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
	for i := range 3 {
		for _, poolID := range []string{housetest.PoolID, other} {
			enrolled(t, c, poolID, fmt.Sprintf("p%d", i), "name", "Same")
		}
	}
	first := func(poolID, filter string, token *string) (*cip.ListUsersOutput, error) {
		return c.ListUsers(ctx, &cip.ListUsersInput{UserPoolId: &poolID, Filter: &filter, Limit: aws.Int32(1), PaginationToken: token})
	}
	tokenOf := func(poolID, filter string) *string {
		t.Helper()
		page, err := first(poolID, filter, nil)
		must(t, err)
		return page.PaginationToken
	}
	mine, all := tokenOf(housetest.PoolID, `name ^= "same"`), tokenOf(housetest.PoolID, ``)
	must(t, only(first(housetest.PoolID, `name ^= "same"`, mine)))
	pools, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	must(t, err)
	tampered := []byte(*mine)
	tampered[len(tampered)/2] ^= 1
	for what, err := range map[string]error{
		"another filter's":    only(first(housetest.PoolID, `name ^= "s"`, mine)),
		"another attribute's": only(first(housetest.PoolID, `username ^= "same"`, mine)),
		"another operator's":  only(first(housetest.PoolID, `name = "same"`, mine)),
		"that of all":         only(first(housetest.PoolID, `name ^= "same"`, all)),
		"one for some":        only(first(housetest.PoolID, ``, mine)),
		"another pool's":      only(first(housetest.PoolID, `name ^= "same"`, tokenOf(other, `name ^= "same"`))),
		"another list's":      only(first(housetest.PoolID, ``, pools.NextToken)),
		"a changed one":       only(first(housetest.PoolID, `name ^= "same"`, aws.String(string(tampered)))),
		"a cut one":           only(first(housetest.PoolID, `name ^= "same"`, aws.String((*mine)[:20]))),
		"a sub":               only(first(housetest.PoolID, ``, aws.String("7c9e6679-7425-40de-944b-e07fc1f90ae7"))),
	} {
		t.Run(what, func(t *testing.T) { refused(t, err, invalid, "Invalid pagination token given.") })
	}
}

// What is no filter is refused, and what is one finds nothing but what it says.
func TestAPIListUsersFilterAttacks(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := usernames(t, database)
		c := sdk(h)
		enrolled(t, c, housetest.PoolID, "ann", "email", ann, "name", "Ann", "custom:role", "admin")
		ask := func(filter string) (*cip.ListUsersOutput, error) {
			return c.ListUsers(t.Context(), &cip.ListUsersInput{UserPoolId: poolID(), Filter: &filter})
		}
		for _, value := range []string{`' OR '1'='1`, `%`, `_nn`, `a%`, `Ann' --`, `$1`, `"; DROP TABLE users; --`, `\`, `\"`, "Ann\u200b", "\U0010ffff", "Ann\n"} {
			for _, op := range []string{"=", "^="} {
				page, err := ask(`name ` + op + ` ` + escaped(value))
				must(t, err)
				if len(page.Users) != 0 {
					t.Errorf("name %s %q finds somebody", op, value)
				}
			}
		}
		for _, filter := range []string{`name = "Ann" OR name = "Bob"`, `name = 'Ann'`, `name = "x" OR 1=1`, "name = \"A\x00nn\"", "name\x00 = \"Ann\"", `name != "x"`, `name = "Ann`, `name`, `"`, `name = ""x""`, `name="a\"`} {
			refused(t, only(ask(filter)), invalid, "Error while parsing filter")
		}
		for _, attribute := range []string{"custom:role", "password", "Password.Hash", "SRPVerifier", "Attributes", "email_verified", "nickname", "name'", "1=1;name"} {
			err := only(ask(attribute + ` ^= "a"`))
			if strings.Contains(attribute, "=") {
				refused(t, err, invalid, "Error while parsing filter")
				continue
			}
			refused(t, err, invalid, "Invalid search attribute: "+attribute)
		}
		long := `name = "` + strings.Repeat("x", 250) + `"`
		refused(t, only(ask(long)), invalid, "1 validation error detected: Value '"+long[:256]+"...' at 'filter' failed to satisfy constraint: Member must have length less than or equal to 256")
		if got := everyone(t, c, ``, 60, nothing); len(got) != 1 {
			t.Errorf("%v are left", got)
		}
	})
}

// A key that is bound to a pool lists the people of no other.
func TestAPIListUsersKeys(t *testing.T) {
	t.Parallel()
	url, ledger := strict(t, "sqlite:"+t.TempDir()+"/house.db")
	ctx := t.Context()
	client := func(ask server.Key) *cip.Client {
		t.Helper()
		k, err := server.AddKey(ctx, ledger, ask)
		must(t, err)
		return signer(url, k.ID, k.Secret.Reveal())
	}
	list := func(c *cip.Client, poolID string) error {
		return only(c.ListUsers(ctx, &cip.ListUsersInput{UserPoolId: &poolID}))
	}
	operator := client(server.Key{Name: "ci"})
	other := newPool(t, operator, cip.CreateUserPoolInput{PoolName: aws.String("other")})
	must(t, list(client(server.Key{ReadOnly: true}), housetest.PoolID))
	bound := client(server.Key{Pools: []string{other}})
	must(t, list(bound, other))
	throws(t, list(bound, housetest.PoolID), "AccessDeniedException", "ListUsers")
	throws(t, list(bound, noPool), "AccessDeniedException", "ListUsers") // not: does not exist
	throws(t, list(signer(url, "AKIAIOSFODNN7EXAMPLE", "anything"), other), "UnrecognizedClientException", "")
}

// listUsersRefusals are those of the list of people.
func listUsersRefusals() []refusal {
	list := func(f func(*cip.ListUsersInput)) func(errand) error {
		return func(x errand) error {
			in := &cip.ListUsersInput{UserPoolId: poolID()}
			f(in)
			return only(x.c.ListUsers(x.ctx, in))
		}
	}
	return []refusal{
		{"ListUsers", invalid, "Error while parsing filter", list(func(in *cip.ListUsersInput) { in.Filter = aws.String("email = ann") })},
		{"ListUsers", invalid, "Invalid search attribute: custom:foo", list(func(in *cip.ListUsersInput) { in.Filter = aws.String(`custom:foo = "x"`) })},
		{"ListUsers", invalid, "One or more requested attributes do not exist.", list(func(in *cip.ListUsersInput) { in.AttributesToGet = []string{"sub"} })},
		{"ListUsers", invalid, "Invalid pagination token given.", list(func(in *cip.ListUsersInput) { in.PaginationToken = aws.String("made-up") })},
	}
}
