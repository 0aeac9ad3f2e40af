package api

import (
	"context"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// usersPage is how many users a page holds where the call does not say.
const usersPage = 60

func (a *API) listUsers(ctx context.Context, _ *call, in *ListUsersRequest) (*ListUsersResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, filter := store.UserPage{Limit: usersPage}, ""
	if in.Limit != nil && *in.Limit > 0 {
		page.Limit = *in.Limit
	}
	if in.Filter != nil {
		filter = *in.Filter
	}
	if page.Filter, err = pool.ParseUserFilter(filter); err != nil {
		return nil, err
	}
	if err := p.CheckAttributesToGet(in.AttributesToGet); err != nil {
		return nil, err
	}
	list := "ListUsers|" + p.ID + "|" + filter
	if page.After, err = a.afterToken(list, in.PaginationToken); err != nil {
		return nil, err
	}
	users, next, err := a.DB.Users.List(ctx, p.ID, page)
	if err != nil {
		return nil, err
	}
	may := everything
	if len(in.AttributesToGet) > 0 {
		may = func(name string) bool { return slices.Contains(in.AttributesToGet, name) }
	}
	out := &ListUsersResponse{Users: []UserType{}}
	for _, u := range users {
		out.Users = append(out.Users, *userType(p, u, may))
	}
	if next != "" {
		out.PaginationToken = a.nextToken(list, next)
	}
	return out, nil
}
