package stories_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// What the records beside people are called in the plain calls: nobody made them.
const (
	anyGroup  = "nobodies"
	anyServer = "books"
)

// recordCalls name the pool and a record in it: resource servers and groups.
func recordCalls() map[string]plainCall {
	return map[string]plainCall{
		"CreateResourceServer": func(x errand, at target) error {
			return only(x.c.CreateResourceServer(x.ctx, &cip.CreateResourceServerInput{UserPoolId: &at.pool, Identifier: aws.String("plain"), Name: aws.String("plain")}))
		},
		"DescribeResourceServer": func(x errand, at target) error {
			return only(x.c.DescribeResourceServer(x.ctx, &cip.DescribeResourceServerInput{UserPoolId: &at.pool, Identifier: aws.String(anyServer)}))
		},
		"UpdateResourceServer": func(x errand, at target) error {
			return only(x.c.UpdateResourceServer(x.ctx, &cip.UpdateResourceServerInput{UserPoolId: &at.pool, Identifier: aws.String(anyServer), Name: aws.String("plain")}))
		},
		"DeleteResourceServer": func(x errand, at target) error {
			return only(x.c.DeleteResourceServer(x.ctx, &cip.DeleteResourceServerInput{UserPoolId: &at.pool, Identifier: aws.String(anyServer)}))
		},
		"ListResourceServers": func(x errand, at target) error {
			return only(x.c.ListResourceServers(x.ctx, &cip.ListResourceServersInput{UserPoolId: &at.pool}))
		},
		"CreateGroup": func(x errand, at target) error {
			return only(x.c.CreateGroup(x.ctx, &cip.CreateGroupInput{UserPoolId: &at.pool, GroupName: aws.String("plain")}))
		},
		"GetGroup": func(x errand, at target) error {
			return only(x.c.GetGroup(x.ctx, &cip.GetGroupInput{UserPoolId: &at.pool, GroupName: aws.String(anyGroup)}))
		},
		"UpdateGroup": func(x errand, at target) error {
			return only(x.c.UpdateGroup(x.ctx, &cip.UpdateGroupInput{UserPoolId: &at.pool, GroupName: aws.String(anyGroup)}))
		},
		"DeleteGroup": func(x errand, at target) error {
			return only(x.c.DeleteGroup(x.ctx, &cip.DeleteGroupInput{UserPoolId: &at.pool, GroupName: aws.String(anyGroup)}))
		},
		"ListGroups": func(x errand, at target) error {
			return only(x.c.ListGroups(x.ctx, &cip.ListGroupsInput{UserPoolId: &at.pool}))
		},
		"ListUsersInGroup": func(x errand, at target) error {
			return only(x.c.ListUsersInGroup(x.ctx, &cip.ListUsersInGroupInput{UserPoolId: &at.pool, GroupName: aws.String(anyGroup)}))
		},
		"AdminAddUserToGroup": func(x errand, at target) error {
			return only(x.c.AdminAddUserToGroup(x.ctx, &cip.AdminAddUserToGroupInput{UserPoolId: &at.pool, Username: &at.user, GroupName: aws.String(anyGroup)}))
		},
		"AdminRemoveUserFromGroup": func(x errand, at target) error {
			return only(x.c.AdminRemoveUserFromGroup(x.ctx, &cip.AdminRemoveUserFromGroupInput{UserPoolId: &at.pool, Username: &at.user, GroupName: aws.String(anyGroup)}))
		},
		"AdminListGroupsForUser": func(x errand, at target) error {
			return only(x.c.AdminListGroupsForUser(x.ctx, &cip.AdminListGroupsForUserInput{UserPoolId: &at.pool, Username: &at.user}))
		},
	}
}

// recordRefusals are those of resource servers and groups.
func recordRefusals() []refusal {
	const (
		noGroup  = "Group not found."
		noServer = "Resource server " + anyServer + " does not exist."
	)
	usually := func(call string) func(errand) error {
		return func(x errand) error { return recordCalls()[call](x, usual()) }
	}
	joins := func(x errand) error {
		at := usual()
		at.user = x.somebody()
		return recordCalls()["AdminAddUserToGroup"](x, at)
	}
	return []refusal{
		{"DescribeResourceServer", notFound, noServer, usually("DescribeResourceServer")},
		{"UpdateResourceServer", notFound, noServer, usually("UpdateResourceServer")},
		{"DeleteResourceServer", notFound, noServer, usually("DeleteResourceServer")},
		{"CreateResourceServer", invalid, "twice already exists in user pool " + housetest.PoolID + ".", func(x errand) error {
			in := &cip.CreateResourceServerInput{UserPoolId: poolID(), Identifier: aws.String("twice"), Name: aws.String("twice")}
			x.must(only(x.c.CreateResourceServer(x.ctx, in)))
			return only(x.c.CreateResourceServer(x.ctx, in))
		}},
		{"ListResourceServers", invalid, "Invalid pagination token given.", func(x errand) error {
			return only(x.c.ListResourceServers(x.ctx, &cip.ListResourceServersInput{UserPoolId: poolID(), NextToken: aws.String("made-up")}))
		}},
		{"GetGroup", notFound, noGroup, usually("GetGroup")},
		{"UpdateGroup", notFound, noGroup, usually("UpdateGroup")},
		{"DeleteGroup", notFound, noGroup, usually("DeleteGroup")},
		{"ListUsersInGroup", notFound, noGroup, usually("ListUsersInGroup")},
		{"AdminAddUserToGroup", notFound, noGroup, joins},
		{"CreateGroup", "GroupExistsException", "A group with the name already exists.", func(x errand) error {
			in := &cip.CreateGroupInput{UserPoolId: poolID(), GroupName: aws.String("twice")}
			x.must(only(x.c.CreateGroup(x.ctx, in)))
			return only(x.c.CreateGroup(x.ctx, in))
		}},
		{"AdminAddUserToGroup", noUser, nobody, usually("AdminAddUserToGroup")},
		{"AdminRemoveUserFromGroup", noUser, nobody, usually("AdminRemoveUserFromGroup")},
		{"AdminListGroupsForUser", noUser, nobody, usually("AdminListGroupsForUser")},
	}
}
