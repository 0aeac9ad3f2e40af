package stories_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/server"
)

// The stories of this file tell the page "Scopes, M2M, and resource servers" of
// Cognito, as far as operators are concerned.

func apiScopes(names ...string) []types.ResourceServerScopeType {
	var out []types.ResourceServerScopeType
	for _, name := range names {
		out = append(out, types.ResourceServerScopeType{ScopeName: &name, ScopeDescription: aws.String("May " + name)})
	}
	return out
}

func addResourceServer(t *testing.T, c *cip.Client, pool, identifier string, scopes ...string) error {
	t.Helper()
	_, err := c.CreateResourceServer(t.Context(), &cip.CreateResourceServerInput{UserPoolId: &pool, Identifier: &identifier, Name: aws.String("A resource server"), Scopes: apiScopes(scopes...)})
	return err
}

func noResourceServer(identifier string) string {
	return "Resource server " + identifier + " does not exist."
}

// The calls that Terraform makes: create, read, update, read, delete, read. What
// is said is read back, on the wire too.
func TestAPIResourceServers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx := t.Context()
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		id := aws.String("https://books.example.com/v1")
		heard := func(want string) {
			t.Helper()
			if got := strings.TrimSpace(string(w.last)); got != want {
				t.Errorf("the answer is %s, want %s", got, want)
			}
		}
		read := func() error {
			_, err := c.DescribeResourceServer(ctx, &cip.DescribeResourceServerInput{UserPoolId: poolID(), Identifier: id})
			return err
		}
		must(t, addResourceServer(t, c, housetest.PoolID, *id, "read", "write:all"))
		const made = `{"ResourceServer":{"UserPoolId":"us-east-1_House0001","Identifier":"https://books.example.com/v1","Name":"A resource server",` +
			`"Scopes":[{"ScopeName":"read","ScopeDescription":"May read"},{"ScopeName":"write:all","ScopeDescription":"May write:all"}]}}`
		heard(made)
		must(t, read())
		heard(made)

		_, err := c.UpdateResourceServer(ctx, &cip.UpdateResourceServerInput{UserPoolId: poolID(), Identifier: id, Name: aws.String("Renamed")})
		must(t, err)
		const bare = `{"ResourceServer":{"UserPoolId":"us-east-1_House0001","Identifier":"https://books.example.com/v1","Name":"Renamed"}}`
		heard(bare) // what an update leaves out goes
		must(t, read())
		heard(bare)

		_, err = c.DeleteResourceServer(ctx, &cip.DeleteResourceServerInput{UserPoolId: poolID(), Identifier: id})
		must(t, err)
		heard("")
		refused(t, read(), "ResourceNotFoundException", noResourceServer(*id))
		_, err = c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: poolID()})
		must(t, err)
		heard(`{"ResourceServers":[]}`)
		must(t, addResourceServer(t, c, housetest.PoolID, *id)) // it is free again
	})
}

// Each refusal of an operation on resource servers that can happen here.
func TestAPIResourceServerRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		must(t, addResourceServer(t, c, housetest.PoolID, "books", "read"))
		other := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		const invalid, missing, none = "InvalidParameterException", "ResourceNotFoundException", "us-east-1_None00001"
		refused(t, addResourceServer(t, c, housetest.PoolID, "books"), invalid, "books already exists in user pool us-east-1_House0001.")
		must(t, addResourceServer(t, c, other, "books")) // another pool's
		refused(t, addResourceServer(t, c, housetest.PoolID, "two words"), invalid,
			`1 validation error detected: Value 'two words' at 'identifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\x21\x23-\x5B\x5D-\x7E]+`)
		throws(t, addResourceServer(t, c, housetest.PoolID, "b", "read/all"), invalid, "scopeName")
		throws(t, addResourceServer(t, c, housetest.PoolID, "b", "read", "read"), invalid, "Scopes: the scope read is there twice")
		throws(t, addResourceServer(t, c, housetest.PoolID, "b", strings.Fields(strings.Repeat("s ", 101))...), invalid, "scopes")
		refused(t, addResourceServer(t, c, none, "books"), missing, "User pool "+none+" does not exist.")

		type call func(pool, identifier string) error
		describe := func(pool, identifier string) error {
			_, err := c.DescribeResourceServer(ctx, &cip.DescribeResourceServerInput{UserPoolId: &pool, Identifier: &identifier})
			return err
		}
		update := func(pool, identifier string) error {
			_, err := c.UpdateResourceServer(ctx, &cip.UpdateResourceServerInput{UserPoolId: &pool, Identifier: &identifier, Name: aws.String("n")})
			return err
		}
		remove := func(pool, identifier string) error {
			_, err := c.DeleteResourceServer(ctx, &cip.DeleteResourceServerInput{UserPoolId: &pool, Identifier: &identifier})
			return err
		}
		must(t, addResourceServer(t, c, other, "films"))
		for _, do := range []call{describe, update, remove} {
			refused(t, do(housetest.PoolID, "films"), missing, noResourceServer("films")) // another pool's
			refused(t, do(housetest.PoolID, "BOOKS"), missing, noResourceServer("BOOKS"))
			refused(t, do(none, "books"), missing, "User pool "+none+" does not exist.")
			throws(t, do(housetest.PoolID, "b\x00oks"), invalid, "identifier")
		}
		throws(t, describe(other, strings.Repeat("a", 257)), invalid, "length less than or equal to 256")
		_, err := c.UpdateResourceServer(ctx, &cip.UpdateResourceServerInput{UserPoolId: poolID(), Identifier: aws.String("books"), Name: aws.String("n"), Scopes: apiScopes("read", "read")})
		throws(t, err, invalid, "Scopes: the scope read is there twice")
		_, err = c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: aws.String(none)})
		refused(t, err, missing, "User pool "+none+" does not exist.")
		_, err = c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: poolID(), MaxResults: aws.Int32(51)})
		throws(t, err, invalid, "maxResults")
		must(t, describe(housetest.PoolID, "books"))
		must(t, describe(other, "films"))
	})
}

// The list goes on page by page, each resource server once, and a token opens
// its own list only.
func TestAPIResourceServerLists(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		other := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		var want, got []string
		for i := range 5 {
			want = append(want, fmt.Sprintf("books%d", i))
			must(t, addResourceServer(t, c, housetest.PoolID, want[i], "read"))
			must(t, addResourceServer(t, c, other, "films"+want[i]))
		}
		var token, first *string
		for pages := 1; ; pages++ {
			out, err := c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: poolID(), MaxResults: aws.Int32(2), NextToken: token})
			must(t, err)
			for _, r := range out.ResourceServers {
				if len(r.Scopes) != 1 || *r.UserPoolId != housetest.PoolID {
					t.Errorf("listed %+v", r)
				}
				got = append(got, *r.Identifier)
			}
			if token = out.NextToken; token == nil {
				if pages != 3 {
					t.Errorf("five are %d pages", pages)
				}
				break
			}
			if pages == 1 {
				first = token
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		const bad = "Invalid pagination token given."
		for pool, token := range map[string]string{other: *first, housetest.PoolID: *first + "AA"} {
			_, err := c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: &pool, NextToken: &token})
			refused(t, err, "InvalidParameterException", bad)
		}
		_, err := c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: poolID(), NextToken: first})
		refused(t, err, "InvalidParameterException", bad)
	})
}

// A client has the scopes that are there, and loses those that go: they are in
// no token from then on, and do not come back when somebody makes them anew.
func TestAPIScopesOfClients(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx, c := t.Context(), sdk(h)
		must(t, addResourceServer(t, c, housetest.PoolID, "books", "read", "write"))
		must(t, addResourceServer(t, c, newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")}), "films", "read"))
		in := cip.CreateUserPoolClientInput{
			UserPoolId: poolID(), ClientName: aws.String("machine"), GenerateSecret: true, AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: []types.OAuthFlowType{"client_credentials"}, AllowedOAuthScopes: []string{"books/read", "books/write"},
		}
		made := makeClient(t, c, in)
		scope := func() string {
			a := call(t, h, "/oauth2/token", *made.ClientId+":"+*made.ClientSecret, "grant_type", "client_credentials")
			if a.status != 200 {
				return a.text("error")
			}
			scope, _ := claims(t, a.text("access_token"))["scope"].(string)
			return scope
		}
		has := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(strings.Join(want, " "), strings.Join(describeClient(t, c, *made.ClientId).AllowedOAuthScopes, " ")); diff != "" {
				t.Error(diff)
			}
			if len(want) == 0 {
				want = []string{"invalid_scope"}
			}
			if got := scope(); got != strings.Join(want, " ") {
				t.Errorf("the token endpoint says %q, want %q", got, want)
			}
		}
		has("books/read", "books/write")
		for _, wrong := range []string{"films/read", "books/list", "books", "books/", "Books/read"} {
			in.AllowedOAuthScopes = []string{"books/read", wrong}
			_, err := c.CreateUserPoolClient(ctx, &in)
			refused(t, err, "ScopeDoesNotExistException", "Invalid scope requested: "+wrong)
			_, err = c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: made.ClientId, AllowedOAuthScopes: in.AllowedOAuthScopes})
			refused(t, err, "ScopeDoesNotExistException", "Invalid scope requested: "+wrong)
		}
		_, err := c.UpdateResourceServer(ctx, &cip.UpdateResourceServerInput{UserPoolId: poolID(), Identifier: aws.String("books"), Name: aws.String("Books"), Scopes: apiScopes("read", "list")})
		must(t, err)
		has("books/read")
		_, err = c.DeleteResourceServer(ctx, &cip.DeleteResourceServerInput{UserPoolId: poolID(), Identifier: aws.String("books")})
		must(t, err)
		has()
		must(t, addResourceServer(t, c, housetest.PoolID, "books", "read"))
		has()
		_, err = c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: made.ClientId, AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: in.AllowedOAuthFlows, AllowedOAuthScopes: []string{"books/read"}})
		must(t, err)
		has("books/read")
	})
}

// A key that may only read, or is bound to another pool, changes nothing.
func TestAPIResourceServerKeys(t *testing.T) {
	t.Parallel()
	url, ledger := strict(t, "sqlite:"+t.TempDir()+"/house.db")
	key := func(ask server.Key) *cip.Client {
		t.Helper()
		k, err := server.AddKey(t.Context(), ledger, ask)
		must(t, err)
		return signer(url, k.ID, k.Secret.Reveal())
	}
	full := key(server.Key{})
	must(t, addResourceServer(t, full, housetest.PoolID, "books", "read"))
	reader, bound := key(server.Key{ReadOnly: true}), key(server.Key{Pools: []string{newPool(t, full, cip.CreateUserPoolInput{PoolName: aws.String("other")})}})
	look := &cip.DescribeResourceServerInput{UserPoolId: poolID(), Identifier: aws.String("books")}
	list := &cip.ListResourceServersInput{UserPoolId: poolID()}
	_, err := reader.DescribeResourceServer(t.Context(), look)
	must(t, err)
	_, err = reader.ListResourceServers(t.Context(), list)
	must(t, err)
	_, err = bound.DescribeResourceServer(t.Context(), look)
	throws(t, err, "AccessDeniedException", "DescribeResourceServer")
	_, err = bound.ListResourceServers(t.Context(), list)
	throws(t, err, "AccessDeniedException", "ListResourceServers")
	for _, c := range []*cip.Client{reader, bound} {
		throws(t, addResourceServer(t, c, housetest.PoolID, "mine"), "AccessDeniedException", "CreateResourceServer")
		_, err = c.UpdateResourceServer(t.Context(), &cip.UpdateResourceServerInput{UserPoolId: poolID(), Identifier: look.Identifier, Name: aws.String("mine")})
		throws(t, err, "AccessDeniedException", "UpdateResourceServer")
		_, err = c.DeleteResourceServer(t.Context(), &cip.DeleteResourceServerInput{UserPoolId: poolID(), Identifier: look.Identifier})
		throws(t, err, "AccessDeniedException", "DeleteResourceServer")
	}
}
