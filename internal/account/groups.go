package account

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// AddToGroup puts somebody in a group; their next tokens say so. To be in it
// already is no error (Cognito: AdminAddUserToGroup).
func (a *Accounts) AddToGroup(ctx context.Context, user pool.User, group string) error {
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error { return Join(ctx, tx, user, group) })
}

// Join is AddToGroup inside a transaction.
func Join(ctx context.Context, tx *store.DB, user pool.User, group string) error {
	// Both rows are written, so that neither can be deleted meanwhile, and
	// nobody passes the limit by two calls at once.
	_, err := tx.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
		u.Grouped = true
		return nil
	})
	if err != nil {
		return gone(err)
	}
	if _, err = tx.Groups.Update(ctx, func(*pool.Group) error { return nil }, user.UserPoolID, group); err != nil {
		return noGroup(err)
	}
	n, err := tx.Members.Join(ctx, user.UserPoolID, group, user.Sub)
	if err != nil {
		return err
	}
	return pool.CheckGroupsOfUser(n)
}

// RemoveFromGroup takes somebody out of a group; their next tokens no longer
// say it. Not to be in it is no error (Cognito: AdminRemoveUserFromGroup).
func (a *Accounts) RemoveFromGroup(ctx context.Context, user pool.User, group string) error {
	if _, err := a.DB.Groups.Get(ctx, user.UserPoolID, group); err != nil {
		return noGroup(err)
	}
	return a.DB.Members.Leave(ctx, user.UserPoolID, group, user.Sub)
}

func noGroup(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return pool.ErrNoGroup
	}
	return err
}
