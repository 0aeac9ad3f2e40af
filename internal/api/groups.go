package api

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

func (a *API) createGroup(ctx context.Context, _ *call, in *CreateGroupRequest) (*CreateGroupResponse, error) {
	var entry setup.GroupEntry
	if err := fromRequest(in, &entry); err != nil {
		return nil, err
	}
	g, err := a.Setup.CreateGroup(ctx, entry)
	return &CreateGroupResponse{Group: groupType(g)}, err
}

func (a *API) getGroup(ctx context.Context, _ *call, in *GetGroupRequest) (*GetGroupResponse, error) {
	_, g, err := a.groupOf(ctx, in.UserPoolId, in.GroupName)
	return &GetGroupResponse{Group: groupType(g)}, err
}

func (a *API) updateGroup(ctx context.Context, _ *call, in *UpdateGroupRequest) (*UpdateGroupResponse, error) {
	var entry setup.GroupEntry
	if err := fromRequest(in, &entry); err != nil {
		return nil, err
	}
	g, err := a.Setup.UpdateGroup(ctx, entry)
	return &UpdateGroupResponse{Group: groupType(g)}, err
}

func (a *API) deleteGroup(ctx context.Context, _ *call, in *DeleteGroupRequest) error {
	return a.Setup.DeleteGroup(ctx, in.UserPoolId, in.GroupName)
}

func (a *API) listGroups(ctx context.Context, _ *call, in *ListGroupsRequest) (*ListGroupsResponse, error) {
	if _, err := a.pool(ctx, in.UserPoolId); err != nil {
		return nil, err
	}
	groups, next, err := a.groupPage("ListGroups|"+in.UserPoolId, in.NextToken, in.Limit, func(after string, limit int) ([]pool.Group, error) {
		return a.DB.Groups.List(ctx, after, limit, in.UserPoolId)
	})
	return &ListGroupsResponse{Groups: groups, NextToken: next}, err
}

func (a *API) listUsersInGroup(ctx context.Context, _ *call, in *ListUsersInGroupRequest) (*ListUsersInGroupResponse, error) {
	p, g, err := a.groupOf(ctx, in.UserPoolId, in.GroupName)
	if err != nil {
		return nil, err
	}
	list, limit := "ListUsersInGroup|"+g.UserPoolID+"|"+g.GroupName, limitOf(in.Limit)
	after, err := a.afterToken(list, in.NextToken)
	if err != nil {
		return nil, err
	}
	users, err := a.DB.Members.UsersIn(ctx, g, after, limit+1)
	if err != nil {
		return nil, err
	}
	users, last := page(users, limit, func(u pool.User) string { return u.Sub })
	out := &ListUsersInGroupResponse{Users: []UserType{}}
	for _, u := range users {
		out.Users = append(out.Users, *userType(p, u))
	}
	if last != "" {
		out.NextToken = a.nextToken(list, last)
	}
	return out, nil
}

func (a *API) adminAddUserToGroup(ctx context.Context, _ *call, in *AdminAddUserToGroupRequest) error {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return err
	}
	return a.Accounts.AddToGroup(ctx, user, in.GroupName)
}

func (a *API) adminRemoveUserFromGroup(ctx context.Context, _ *call, in *AdminRemoveUserFromGroupRequest) error {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return err
	}
	return a.Accounts.RemoveFromGroup(ctx, user, in.GroupName)
}

func (a *API) adminListGroupsForUser(ctx context.Context, _ *call, in *AdminListGroupsForUserRequest) (*AdminListGroupsForUserResponse, error) {
	_, user, err := a.userOf(ctx, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	groups, next, err := a.groupPage("AdminListGroupsForUser|"+user.UserPoolID+"|"+user.Sub, in.NextToken, in.Limit, func(after string, limit int) ([]pool.Group, error) {
		return a.DB.Members.GroupsOf(ctx, user, after, limit)
	})
	return &AdminListGroupsForUserResponse{Groups: groups, NextToken: next}, err
}

// groupOf loads a group that an operator's call names, with its pool.
func (a *API) groupOf(ctx context.Context, poolID, name string) (pool.Pool, pool.Group, error) {
	p, err := a.pool(ctx, poolID)
	if err != nil {
		return p, pool.Group{}, err
	}
	g, err := a.DB.Groups.Get(ctx, poolID, name)
	if errors.Is(err, store.ErrNotFound) {
		err = pool.ErrNoGroup
	}
	return p, g, err
}

// groupPage is one page of a list of groups, and the token of the next.
func (a *API) groupPage(list, token string, asked *int, rows func(after string, limit int) ([]pool.Group, error)) ([]GroupType, string, error) {
	after, err := a.afterToken(list, token)
	if err != nil {
		return nil, "", err
	}
	limit := limitOf(asked)
	groups, err := rows(after, limit+1)
	if err != nil {
		return nil, "", err
	}
	groups, last := page(groups, limit, func(g pool.Group) string { return g.GroupName })
	out := []GroupType{}
	for _, g := range groups {
		out = append(out, *groupType(g))
	}
	if last != "" {
		last = a.nextToken(list, last)
	}
	return out, last, nil
}

func groupType(g pool.Group) *GroupType {
	return &GroupType{
		GroupName: g.GroupName, UserPoolId: g.UserPoolID, Description: g.Description, RoleArn: g.RoleArn, Precedence: g.Precedence,
		CreationDate: Time(g.CreationDate), LastModifiedDate: Time(g.LastModifiedDate),
	}
}
