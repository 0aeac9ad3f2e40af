package stories_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The stories of this file tell the page "Adding groups to a user pool" of
// Cognito.

func roleARN(name string) string { return "arn:aws:iam::123456789012:role/" + name }

// group makes a group of the house's pool; rest may say its role and precedence.
func group(t *testing.T, h *housetest.House, name string, rest ...func(*cip.CreateGroupInput)) {
	t.Helper()
	in := &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: &name}
	for _, f := range rest {
		f(in)
	}
	_, err := sdk(h).CreateGroup(t.Context(), in)
	must(t, err)
}

func withRole(name string) func(*cip.CreateGroupInput) {
	return func(in *cip.CreateGroupInput) { in.RoleArn = aws.String(roleARN(name)) }
}

func ranked(precedence int32) func(*cip.CreateGroupInput) {
	return func(in *cip.CreateGroupInput) { in.Precedence = &precedence }
}

func enters(t *testing.T, h *housetest.House, name, group string) error {
	t.Helper()
	_, err := sdk(h).AdminAddUserToGroup(t.Context(), &cip.AdminAddUserToGroupInput{UserPoolId: poolID(), Username: &name, GroupName: &group})
	return err
}

func leaves(t *testing.T, h *housetest.House, name, group string) error {
	t.Helper()
	_, err := sdk(h).AdminRemoveUserFromGroup(t.Context(), &cip.AdminRemoveUserFromGroupInput{UserPoolId: poolID(), Username: &name, GroupName: &group})
	return err
}

// groupsOf are somebody's groups, and peopleIn the people of a group, as an
// operator sees them.
func groupsOf(t *testing.T, h *housetest.House, name string) []string {
	t.Helper()
	out, err := sdk(h).AdminListGroupsForUser(t.Context(), &cip.AdminListGroupsForUserInput{UserPoolId: poolID(), Username: &name})
	must(t, err)
	names := []string{}
	for _, g := range out.Groups {
		names = append(names, *g.GroupName)
	}
	return names
}

func peopleIn(t *testing.T, h *housetest.House, group string) []string {
	t.Helper()
	out, err := sdk(h).ListUsersInGroup(t.Context(), &cip.ListUsersInGroupInput{UserPoolId: poolID(), GroupName: &group})
	must(t, err)
	mails := []string{}
	for _, u := range out.Users {
		for _, a := range u.Attributes {
			if *a.Name == "email" {
				mails = append(mails, *a.Value)
			}
		}
	}
	slices.Sort(mails)
	return mails
}

// Create, read, update, read, delete: what Terraform's provider does with a
// group. An update names what changes, and all else stays.
func TestAPIGroups(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx := t.Context()
		c, heard := listened(h)
		name := aws.String("admins")
		made, err := c.CreateGroup(ctx, &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: name, Description: aws.String("may do all"), Precedence: aws.Int32(0), RoleArn: aws.String(roleARN("Admin"))})
		must(t, err)
		read := func() *types.GroupType {
			t.Helper()
			out, err := c.GetGroup(ctx, &cip.GetGroupInput{UserPoolId: poolID(), GroupName: name})
			must(t, err)
			return out.Group
		}
		if diff := cmp.Diff(made.Group, read(), cmpopts.IgnoreUnexported(types.GroupType{})); diff != "" {
			t.Error(diff)
		}
		want := map[string]any{"GroupName": "admins", "UserPoolId": housetest.PoolID, "Description": "may do all", "Precedence": 0.0, "RoleArn": roleARN("Admin")}
		if diff := cmp.Diff(want, heard.member(t, "Group")); diff != "" {
			t.Error(diff)
		}

		h.Advance(time.Second)
		_, err = c.UpdateGroup(ctx, &cip.UpdateGroupInput{UserPoolId: poolID(), GroupName: name, Precedence: aws.Int32(7)})
		must(t, err)
		changed := read()
		if *changed.Precedence != 7 || *changed.Description != "may do all" || *changed.RoleArn != roleARN("Admin") || !changed.LastModifiedDate.After(*made.Group.LastModifiedDate) || !changed.CreationDate.Equal(*made.Group.CreationDate) {
			t.Errorf("an update of the precedence left %+v of %+v", changed, made.Group)
		}
		h.Advance(time.Second)
		same, err := c.UpdateGroup(ctx, &cip.UpdateGroupInput{UserPoolId: poolID(), GroupName: name, Precedence: aws.Int32(7)})
		must(t, err)
		if diff := cmp.Diff(changed, same.Group, cmpopts.IgnoreUnexported(types.GroupType{})); diff != "" {
			t.Errorf("an update to what is so: %s", diff)
		}
		_, err = c.UpdateGroup(ctx, &cip.UpdateGroupInput{UserPoolId: poolID(), GroupName: name, Description: aws.String(""), RoleArn: aws.String(roleARN("Other"))})
		must(t, err)
		if g := read(); *g.Description != "" || *g.RoleArn != roleARN("Other") || *g.Precedence != 7 {
			t.Errorf("an update of the rest left %+v", g)
		}

		_, err = c.DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: name})
		must(t, err)
		_, err = c.GetGroup(ctx, &cip.GetGroupInput{UserPoolId: poolID(), GroupName: name})
		refused(t, err, "ResourceNotFoundException", "Group not found.")

		// A group of which nothing is said shows nothing.
		group(t, h, "plain")
		_, err = c.GetGroup(ctx, &cip.GetGroupInput{UserPoolId: poolID(), GroupName: aws.String("plain")})
		must(t, err)
		if diff := cmp.Diff(map[string]any{"GroupName": "plain", "UserPoolId": housetest.PoolID}, heard.member(t, "Group")); diff != "" {
			t.Error(diff)
		}
	})
}

// People come and go; with an account or a group goes who was in it.
func TestAPIGroupMembers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		const cat = "cat@example.com"
		for _, name := range []string{ann, bob, cat} {
			invited(t, h, name, "email_verified", "true")
		}
		group(t, h, "readers")
		group(t, h, "writers")
		for _, m := range [][2]string{{ann, "readers"}, {bob, "readers"}, {cat, "readers"}, {ann, "writers"}, {ann, "readers"}, {bob, "writers"}} {
			must(t, enters(t, h, m[0], m[1]))
		}
		is := func(what string, got []string, want ...string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		is("ann's groups", groupsOf(t, h, ann), "readers", "writers")
		is("by the sub", groupsOf(t, h, has(t, h, ann)["sub"]), "readers", "writers")
		is("cat's groups", groupsOf(t, h, cat), "readers")
		is("the readers", peopleIn(t, h, "readers"), ann, bob, cat)
		must(t, leaves(t, h, ann, "readers"))
		must(t, leaves(t, h, ann, "readers")) // not in it any more: no error
		must(t, leaves(t, h, cat, "writers"))
		is("ann's groups", groupsOf(t, h, ann), "writers")
		is("the readers", peopleIn(t, h, "readers"), bob, cat)

		in, err := byPassword(h, bob, easy)
		must(t, err)
		_, err = sdk(h).DeleteUser(t.Context(), &cip.DeleteUserInput{AccessToken: in.AuthenticationResult.AccessToken})
		must(t, err)
		is("the readers without bob", peopleIn(t, h, "readers"), cat)
		invited(t, h, bob, "email_verified", "true")
		is("the groups of another bob", groupsOf(t, h, bob))

		_, err = sdk(h).DeleteGroup(t.Context(), &cip.DeleteGroupInput{UserPoolId: poolID(), GroupName: aws.String("readers")})
		must(t, err)
		is("cat's groups", groupsOf(t, h, cat))
		group(t, h, "readers")
		is("the people of another group of the name", peopleIn(t, h, "readers"))
		is("ann's groups", groupsOf(t, h, ann), "writers")
	})
}

// groupCalls are the operations on a group, those of a person with one.
func groupCalls(ctx context.Context, c *cip.Client) map[string]func(pool, group, person string) error {
	return map[string]func(pool, group, person string) error{
		"GetGroup": func(pool, group, _ string) error {
			_, err := c.GetGroup(ctx, &cip.GetGroupInput{UserPoolId: &pool, GroupName: &group})
			return err
		},
		"UpdateGroup": func(pool, group, _ string) error {
			_, err := c.UpdateGroup(ctx, &cip.UpdateGroupInput{UserPoolId: &pool, GroupName: &group, Precedence: aws.Int32(1)})
			return err
		},
		"DeleteGroup": func(pool, group, _ string) error {
			_, err := c.DeleteGroup(ctx, &cip.DeleteGroupInput{UserPoolId: &pool, GroupName: &group})
			return err
		},
		"ListUsersInGroup": func(pool, group, _ string) error {
			_, err := c.ListUsersInGroup(ctx, &cip.ListUsersInGroupInput{UserPoolId: &pool, GroupName: &group})
			return err
		},
		"AdminAddUserToGroup": func(pool, group, person string) error {
			_, err := c.AdminAddUserToGroup(ctx, &cip.AdminAddUserToGroupInput{UserPoolId: &pool, GroupName: &group, Username: &person})
			return err
		},
		"AdminRemoveUserFromGroup": func(pool, group, person string) error {
			_, err := c.AdminRemoveUserFromGroup(ctx, &cip.AdminRemoveUserFromGroupInput{UserPoolId: &pool, GroupName: &group, Username: &person})
			return err
		},
	}
}

// Each refusal of an operation on groups that can happen here.
func TestAPIGroupRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		invited(t, h, ann)
		group(t, h, "staff")
		const none = "us-east-1_None00001"
		const missing, invalid = "ResourceNotFoundException", "InvalidParameterException"
		for name, do := range groupCalls(ctx, c) {
			t.Run(name, func(t *testing.T) {
				refused(t, do(none, "staff", ann), missing, "User pool "+none+" does not exist.")
				refused(t, do(housetest.PoolID, "nobodys", ann), missing, "Group not found.")
				refused(t, do(housetest.PoolID, "the staff", ann), invalid, `1 validation error detected: Value 'the staff' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`)
				if name == "AdminAddUserToGroup" || name == "AdminRemoveUserFromGroup" {
					refused(t, do(housetest.PoolID, "staff", "bob@example.com"), "UserNotFoundException", "User does not exist.")
				}
			})
		}
		create := func(in cip.CreateGroupInput) error {
			if in.UserPoolId == nil {
				in.UserPoolId = poolID()
			}
			_, err := c.CreateGroup(ctx, &in)
			return err
		}
		refused(t, create(cip.CreateGroupInput{GroupName: aws.String("staff")}), "GroupExistsException", "A group with the name already exists.")
		refused(t, create(cip.CreateGroupInput{GroupName: aws.String("x"), UserPoolId: aws.String(none)}), missing, "User pool "+none+" does not exist.")
		throws(t, create(cip.CreateGroupInput{GroupName: aws.String("x y")}), invalid, "at 'groupName'")
		throws(t, create(cip.CreateGroupInput{GroupName: aws.String("x"), RoleArn: aws.String("arn:of:somebody who is somebody")}), invalid, "at 'roleArn'")
		throws(t, create(cip.CreateGroupInput{GroupName: aws.String("x"), Precedence: aws.Int32(-1)}), invalid, "at 'precedence'")
		_, err := c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: aws.String(none)})
		refused(t, err, missing, "User pool "+none+" does not exist.")
		_, err = c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: poolID(), Limit: aws.Int32(61)})
		throws(t, err, invalid, "at 'limit'")
		_, err = c.AdminListGroupsForUser(ctx, &cip.AdminListGroupsForUserInput{UserPoolId: aws.String(none), Username: aws.String(ann)})
		refused(t, err, missing, "User pool "+none+" does not exist.")
		_, err = c.AdminListGroupsForUser(ctx, &cip.AdminListGroupsForUserInput{UserPoolId: poolID(), Username: aws.String("bob@example.com")})
		refused(t, err, "UserNotFoundException", "User does not exist.")
		if g := groupsOf(t, h, ann); len(g) != 0 {
			t.Errorf("refused calls put ann in %q", g)
		}
	})
}

// Lists come in pages, each row once; a Limit of 0 is the usual one.
func TestAPIGroupLists(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		var names, people []string
		for i := range 5 {
			names, people = append(names, fmt.Sprint("group", i)), append(people, fmt.Sprintf("p%d@example.com", i))
			group(t, h, names[i])
			invited(t, h, people[i], "email_verified", "true")
		}
		for i := range 5 {
			must(t, enters(t, h, people[0], names[i]))
			must(t, enters(t, h, people[i], names[0]))
		}
		for what, list := range map[string]func(limit int32, token *string) (rows []string, next *string){
			"ListGroups": func(limit int32, token *string) (rows []string, next *string) {
				out, err := c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: poolID(), Limit: &limit, NextToken: token})
				must(t, err)
				for _, g := range out.Groups {
					rows = append(rows, *g.GroupName)
				}
				return rows, out.NextToken
			},
			"AdminListGroupsForUser": func(limit int32, token *string) (rows []string, next *string) {
				out, err := c.AdminListGroupsForUser(ctx, &cip.AdminListGroupsForUserInput{UserPoolId: poolID(), Username: &people[0], Limit: &limit, NextToken: token})
				must(t, err)
				for _, g := range out.Groups {
					rows = append(rows, *g.GroupName)
				}
				return rows, out.NextToken
			},
			"ListUsersInGroup": func(limit int32, token *string) (rows []string, next *string) {
				out, err := c.ListUsersInGroup(ctx, &cip.ListUsersInGroupInput{UserPoolId: poolID(), GroupName: &names[0], Limit: &limit, NextToken: token})
				must(t, err)
				for _, u := range out.Users {
					rows = append(rows, *u.Username)
				}
				return rows, out.NextToken
			},
		} {
			all, next := list(0, nil)
			if len(all) != 5 || next != nil {
				t.Errorf("%s: a whole page has %q and the token %v", what, all, next)
			}
			var paged []string
			for n, token := 0, (*string)(nil); ; n++ {
				rows, next := list(2, token)
				if paged = append(paged, rows...); next == nil || n == 3 {
					break
				}
				token = next
			}
			if !slices.Equal(paged, all) {
				t.Errorf("%s: page by page %q, at once %q", what, paged, all)
			}
			if rows, next := list(5, nil); len(rows) != 5 || next != nil {
				t.Errorf("%s: a last page that is full has the token %v", what, next)
			}
		}
	})
}
