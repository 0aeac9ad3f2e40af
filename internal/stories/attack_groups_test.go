package stories_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// A key that only reads makes and fills no group; one that is bound to a pool
// sees and changes no other's.
func TestAttackGroupsByBoundKeys(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		url, ledger := strict(t, database)
		ctx := t.Context()
		with := func(ask server.Key) *cip.Client {
			t.Helper()
			k, err := server.AddKey(ctx, ledger, ask)
			must(t, err)
			return signer(url, k.ID, k.Secret.Reveal())
		}
		operator := with(server.Key{})
		other := newPool(t, operator, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		name, who := aws.String("staff"), aws.String(ann)
		_, err := operator.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: name})
		must(t, err)
		_, err = operator.AdminCreateUser(ctx, &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: who, MessageAction: "SUPPRESS"})
		must(t, err)
		type calls map[string]func(c *cip.Client) error
		changes := calls{
			"CreateGroup": func(c *cip.Client) error {
				_, err := c.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: aws.String("mine")})
				return err
			},
			"UpdateGroup": func(c *cip.Client) error {
				_, err := c.UpdateGroup(ctx, &cip.UpdateGroupInput{UserPoolId: poolID(), GroupName: name, Precedence: aws.Int32(0)})
				return err
			},
			"AdminAddUserToGroup": func(c *cip.Client) error {
				_, err := c.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{UserPoolId: poolID(), GroupName: name, Username: who})
				return err
			},
			"AdminRemoveUserFromGroup": func(c *cip.Client) error {
				_, err := c.AdminRemoveUserFromGroup(ctx, &cip.AdminRemoveUserFromGroupInput{UserPoolId: poolID(), GroupName: name, Username: who})
				return err
			},
			"DeleteGroup": func(c *cip.Client) error {
				_, err := c.DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: name})
				return err
			},
		}
		reads := calls{
			"GetGroup": func(c *cip.Client) error {
				_, err := c.GetGroup(ctx, &cip.GetGroupInput{UserPoolId: poolID(), GroupName: name})
				return err
			},
			"ListGroups": func(c *cip.Client) error {
				_, err := c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: poolID()})
				return err
			},
			"ListUsersInGroup": func(c *cip.Client) error {
				_, err := c.ListUsersInGroup(ctx, &cip.ListUsersInGroupInput{UserPoolId: poolID(), GroupName: name})
				return err
			},
			"AdminListGroupsForUser": func(c *cip.Client) error {
				_, err := c.AdminListGroupsForUser(ctx, &cip.AdminListGroupsForUserInput{UserPoolId: poolID(), Username: who})
				return err
			},
		}
		reader, bound := with(server.Key{ReadOnly: true}), with(server.Key{Pools: []string{other}})
		for name, do := range changes {
			throws(t, do(reader), "AccessDeniedException", "cognito-idp:"+name)
			throws(t, do(bound), "AccessDeniedException", "cognito-idp:"+name)
		}
		for name, do := range reads {
			must(t, do(reader))
			throws(t, do(bound), "AccessDeniedException", "cognito-idp:"+name)
		}
		// The bound key names its own pool, and another's user or group.
		_, err = bound.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{UserPoolId: &other, GroupName: name, Username: who})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		_, err = bound.ListUsersInGroup(ctx, &cip.ListUsersInGroupInput{UserPoolId: &other, GroupName: name})
		refused(t, err, "ResourceNotFoundException", "Group not found.")
		out, err := operator.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: poolID()})
		if err != nil || len(out.Groups) != 1 || out.Groups[0].Precedence != nil {
			t.Errorf("refused calls left %+v, %v", out, err)
		}
	})
}

// A group is its pool's: one of the same name elsewhere has other people.
func TestAttackGroupsOfAnotherPool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		ctx, c := t.Context(), sdk(h)
		invited(t, h, ann, "email_verified", "true")
		group(t, h, "staff", withRole("Staff"))
		_, err := c.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: aws.String(otherPool), GroupName: aws.String("staff"), RoleArn: aws.String(roleARN("Other"))})
		must(t, err)
		_, err = c.AdminCreateUser(ctx, &cip.AdminCreateUserInput{UserPoolId: aws.String(otherPool), Username: aws.String(ann), MessageAction: "SUPPRESS"})
		must(t, err)
		_, err = c.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{UserPoolId: aws.String(otherPool), Username: aws.String(ann), GroupName: aws.String("staff")})
		must(t, err)
		if names := groupsOf(t, h, ann); len(names) != 0 {
			t.Errorf("the ann of this pool is in %q", names)
		}
		sub := has(t, h, ann)["sub"]
		_, err = c.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{UserPoolId: aws.String(otherPool), Username: &sub, GroupName: aws.String("staff")})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		must(t, enters(t, h, ann, "staff"))
		if names, people := groupsOf(t, h, ann), peopleIn(t, h, "staff"); len(names) != 1 || len(people) != 1 {
			t.Errorf("ann is in %q, with %q", names, people)
		}
		_, err = c.DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: aws.String(otherPool), GroupName: aws.String("staff")})
		must(t, err)
		if names := groupsOf(t, h, ann); !slices.Equal(names, []string{"staff"}) {
			t.Errorf("with another pool's group ann's went: %q", names)
		}
	})
}

// groupLists are the lists that come in pages, by what is in them.
func groupLists(ctx context.Context, c *cip.Client) map[string]func(token *string) (*string, error) {
	groups := func(pool string, token *string) (*string, error) {
		out, err := c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: &pool, Limit: aws.Int32(1), NextToken: token})
		if err != nil {
			return nil, err
		}
		return out.NextToken, nil
	}
	of := func(who string, token *string) (*string, error) {
		out, err := c.AdminListGroupsForUser(ctx, &cip.AdminListGroupsForUserInput{UserPoolId: poolID(), Username: &who, Limit: aws.Int32(1), NextToken: token})
		if err != nil {
			return nil, err
		}
		return out.NextToken, nil
	}
	in := func(group string, token *string) (*string, error) {
		out, err := c.ListUsersInGroup(ctx, &cip.ListUsersInGroupInput{UserPoolId: poolID(), GroupName: &group, Limit: aws.Int32(1), NextToken: token})
		if err != nil {
			return nil, err
		}
		return out.NextToken, nil
	}
	return map[string]func(token *string) (*string, error){
		"the pool's groups": func(token *string) (*string, error) { return groups(housetest.PoolID, token) },
		"another pool's":    func(token *string) (*string, error) { return groups(otherPool, token) },
		"ann's groups":      func(token *string) (*string, error) { return of(ann, token) },
		"bob's groups":      func(token *string) (*string, error) { return of(bob, token) },
		"the people in a":   func(token *string) (*string, error) { return in("a", token) },
		"the people in b":   func(token *string) (*string, error) { return in("b", token) },
	}
}

// A paging token opens the list that it is of and no other, and only whole.
func TestAttackGroupPagingTokens(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		lists := groupLists(t.Context(), sdk(h))
		invited(t, h, ann)
		invited(t, h, bob)
		for _, name := range []string{"a", "b"} {
			group(t, h, name)
			must(t, enters(t, h, ann, name))
			must(t, enters(t, h, bob, name))
		}
		for whose, list := range lists {
			token, err := list(nil)
			must(t, err)
			if token == nil { // one page has all
				continue
			}
			for other, list := range lists {
				_, err := list(token)
				if other == whose {
					must(t, err)
					continue
				}
				if err == nil {
					t.Errorf("a token of %s opens %s", whose, other)
					continue
				}
				refused(t, err, "InvalidParameterException", "Invalid pagination token given.")
			}
			for _, forged := range []string{"x", *token + "x", strings.ToUpper(*token), (*token)[1:], "AAAA" + *token} {
				_, err := list(&forged)
				refused(t, err, "InvalidParameterException", "Invalid pagination token given.")
			}
		}
	})
}

// Whatever a group is called, it is itself: in the ledger, in lists and in
// tokens. Names that differ in case, or to the eye not at all, are of different
// groups, and who is in one is in no other.
func TestAttackGroupNames(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		invited(t, h, ann, "email_verified", "true")
		names := []string{
			"admins", "Admins", "ADMINS", "ａｄｍｉｎｓ", "admıns", "é", "e\u0301", `';DROP/**/TABLE/**/user_groups;--`, `"`, `\`, `\u0041`, `%`, `_`, `a|b`, `a`, `|`,
			"<script>alert(1)</script>", "{{.}}", "$1", "?", "💥", "../..", strings.Repeat("𐍈", 128), "null", "[]", "0",
		}
		for _, name := range []string{"a b", "a\tb", "a\x00", "a\u200b", "\u202e", " ", strings.Repeat("a", 129)} {
			_, err := sdk(h).CreateGroup(t.Context(), &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: &name})
			throws(t, err, "InvalidParameterException", "'groupName'")
		}
		in := map[string]bool{}
		for i, name := range names {
			group(t, h, name)
			if i%2 == 0 {
				must(t, enters(t, h, ann, name))
				in[name] = true
			}
		}
		tokens, err := byPassword(h, ann, easy)
		must(t, err)
		got := map[string]bool{}
		for _, name := range claims(t, *tokens.AuthenticationResult.AccessToken)["cognito:groups"].([]any) {
			got[name.(string)] = true
		}
		listed := groupsOf(t, h, ann)
		for _, name := range names {
			people := len(peopleIn(t, h, name))
			if got[name] != in[name] || slices.Contains(listed, name) != in[name] || (people == 1) != in[name] {
				t.Errorf("%q: in the token %v, listed %v, %d people, want %v", name, got[name], slices.Contains(listed, name), people, in[name])
			}
		}
		if len(got) != len(in) {
			t.Errorf("the token has %d groups, want %d", len(got), len(in))
		}
	})
}

// Nobody is in more than 100 groups, by calls at once neither; being in one
// already is no error at the limit.
func TestAttackGroupQuota(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		invited(t, h, ann, "email_verified", "true")
		h.Apply(housetest.Document(t, func(d *setup.Document) {
			d.UserPools, d.UserPoolClients, d.UserPoolDomains = nil, nil, nil
			for i := range 105 {
				d.Groups = append(d.Groups, setup.GroupEntry{UserPoolID: housetest.PoolID, GroupName: fmt.Sprint("g", i)})
			}
		}))
		for i := range 97 {
			must(t, enters(t, h, ann, fmt.Sprint("g", i)))
		}
		errs := make([]error, 8)
		atOnce(len(errs), func(i int) { errs[i] = enters(t, h, ann, fmt.Sprint("g", 97+i)) })
		got := 0
		for _, err := range errs {
			if err == nil {
				got++
				continue
			}
			refused(t, err, "InvalidParameterException", "A user can be in at most 100 groups.")
		}
		if got != 3 {
			t.Errorf("of 97 groups and 8 more at once, %d were given", got)
		}
		must(t, enters(t, h, ann, "g0"))
		tokens, err := byPassword(h, ann, easy)
		must(t, err)
		if n := len(claims(t, *tokens.AuthenticationResult.IdToken)["cognito:groups"].([]any)); n != 100 {
			t.Errorf("the ID token names %d groups", n)
		}
		must(t, leaves(t, h, ann, "g0"))
		must(t, enters(t, h, ann, "g0"))
	})
}

// Whoever joins a group while it is deleted is not in the next one of its name,
// and a deleted account leaves nothing in a group.
func TestAttackJoinWhileDeleted(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx := t.Context()
		tokens := map[string]*string{}
		var people []string
		for i := range 6 {
			people = append(people, fmt.Sprintf("p%d@example.com", i))
			invited(t, h, people[i], "email_verified", "true")
			in, err := byPassword(h, people[i], easy)
			must(t, err)
			tokens[people[i]] = in.AuthenticationResult.AccessToken
		}
		named := func(err error, name string) bool {
			e, ok := errors.AsType[smithy.APIError](err)
			return ok && e.ErrorCode() == name
		}
		for range 10 {
			group(t, h, "staff")
			atOnce(len(people)+1, func(i int) {
				if i == len(people) {
					_, err := sdk(h).DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: aws.String("staff")})
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err := enters(t, h, people[i], "staff"); err != nil && !named(err, "ResourceNotFoundException") {
					t.Error(err)
				}
			})
			group(t, h, "staff")
			if in := peopleIn(t, h, "staff"); len(in) != 0 {
				t.Fatalf("a new group has %q in it", in)
			}
			_, err := sdk(h).DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: aws.String("staff")})
			must(t, err)
		}
		group(t, h, "staff")
		for _, name := range people {
			sub := has(t, h, name)["sub"]
			atOnce(2, func(i int) {
				if i == 0 {
					_, err := sdk(h).DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: tokens[name]})
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err := enters(t, h, name, "staff"); err != nil && !named(err, "UserNotFoundException") {
					t.Error(err)
				}
			})
			rest, err := h.DB.Members.GroupsOf(ctx, pool.User{UserPoolID: housetest.PoolID, Sub: sub, Grouped: true}, "", 9)
			if err != nil || len(rest) != 0 {
				t.Errorf("a deleted account is in %+v, %v", rest, err)
			}
		}
	})
}
