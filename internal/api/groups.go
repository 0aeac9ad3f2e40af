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
	groups, next, err := a.groupPage(pageAsk{"ListGroups|" + in.UserPoolId, in.NextToken, limitOf(in.Limit, 60)}, func(after string, limit int) ([]pool.Group, error) {
		return a.DB.Groups.List(ctx, after, limit, in.UserPoolId)
	})
	return &ListGroupsResponse{Groups: groups, NextToken: next}, err
}

func (a *API) listUsersInGroup(ctx context.Context, _ *call, in *ListUsersInGroupRequest) (*ListUsersInGroupResponse, error) {
	p, g, err := a.groupOf(ctx, in.UserPoolId, in.GroupName)
	if err != nil {
		return nil, err
	}
	ask := pageAsk{"ListUsersInGroup|" + g.UserPoolID + "|" + g.GroupName, in.NextToken, limitOf(in.Limit, 60)}
	users, next, err := paged(a, ask, func(after string, limit int) ([]pool.User, error) {
		return a.DB.Members.UsersIn(ctx, g, after, limit)
	}, func(u pool.User) string { return u.Sub })
	if err != nil {
		return nil, err
	}
	out := &ListUsersInGroupResponse{Users: []UserType{}, NextToken: next}
	for _, u := range users {
		out.Users = append(out.Users, *userType(p, u, everything))
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
	ask := pageAsk{"AdminListGroupsForUser|" + user.UserPoolID + "|" + user.Sub, in.NextToken, limitOf(in.Limit, 60)}
	groups, next, err := a.groupPage(ask, func(after string, limit int) ([]pool.Group, error) {
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
func (a *API) groupPage(ask pageAsk, rows func(after string, limit int) ([]pool.Group, error)) ([]GroupType, string, error) {
	groups, next, err := paged(a, ask, rows, func(g pool.Group) string { return g.GroupName })
	if err != nil {
		return nil, "", err
	}
	out := []GroupType{}
	for _, g := range groups {
		out = append(out, *groupType(g))
	}
	return out, next, nil
}

func groupType(g pool.Group) *GroupType {
	return &GroupType{
		GroupName: g.GroupName, UserPoolId: g.UserPoolID, Description: g.Description, RoleArn: g.RoleArn, Precedence: g.Precedence,
		CreationDate: Time(g.CreationDate), LastModifiedDate: Time(g.LastModifiedDate),
	}
}
