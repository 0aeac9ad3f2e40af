package setup

import (
	"context"
	"errors"
	"reflect"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// CreateGroup makes a group without members (Cognito: CreateGroup).
func (s *Setup) CreateGroup(ctx context.Context, e GroupEntry) (pool.Group, error) {
	var made pool.Group
	err := s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		made, err = s.makeGroup(ctx, tx, e)
		return err
	})
	if errors.Is(err, store.ErrExists) {
		err = &pool.Error{Kind: pool.GroupExists, Field: "GroupName"}
	}
	return made, err
}

// UpdateGroup gives the group the settings that e names; what it leaves out
// stays, unlike with pools and app clients (Cognito: UpdateGroup).
func (s *Setup) UpdateGroup(ctx context.Context, e GroupEntry) (pool.Group, error) {
	if _, err := poolOf(ctx, s.DB, e.UserPoolID); err != nil {
		return pool.Group{}, err
	}
	if err := e.group().Check(); err != nil {
		return pool.Group{}, err
	}
	now := s.Now().UnixMilli()
	after, err := s.DB.Groups.Update(ctx, func(g *pool.Group) error {
		next := g.Updated(e.GroupSettings)
		if !reflect.DeepEqual(next, g.GroupSettings) {
			g.GroupSettings, g.LastModifiedDate = next, now
		}
		return nil
	}, e.UserPoolID, e.GroupName)
	return after, orNoGroup(err)
}

// DeleteGroup deletes a group; its members stay accounts (Cognito: DeleteGroup).
func (s *Setup) DeleteGroup(ctx context.Context, poolID, name string) error {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return err
	}
	// The many leave one batch after another. Who joins meanwhile leaves with
	// the group, in the transaction that nobody joins beside.
	if err := s.DB.Members.Clear(ctx, poolID, name); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := tx.Groups.Take(ctx, poolID, name); err != nil {
			return orNoGroup(err)
		}
		return tx.Members.Clear(ctx, poolID, name)
	})
}

// makeGroup writes a new group inside a transaction.
func (s *Setup) makeGroup(ctx context.Context, tx *store.DB, e GroupEntry) (pool.Group, error) {
	now := s.Now().UnixMilli()
	g := e.group()
	g.CreationDate, g.LastModifiedDate = now, now
	if _, err := hold(ctx, tx, g.UserPoolID); err != nil {
		return g, err
	}
	if err := g.Check(); err != nil {
		return g, err
	}
	return g, tx.Groups.Create(ctx, &g, g.UserPoolID, g.GroupName)
}

// changeGroup writes settings over those of before, and names the members that
// differ. Where somebody else has changed the group since, nothing is written.
func (s *Setup) changeGroup(ctx context.Context, tx *store.DB, before pool.Group, e GroupEntry) ([]string, error) {
	if err := e.group().Check(); err != nil {
		return nil, err
	}
	members, err := different(before.GroupSettings, e.GroupSettings)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	now := s.Now().UnixMilli()
	_, err = tx.Groups.Update(ctx, func(g *pool.Group) error {
		if !reflect.DeepEqual(*g, before) {
			return errRaced
		}
		g.GroupSettings, g.LastModifiedDate = e.GroupSettings, now
		return nil
	}, before.UserPoolID, before.GroupName)
	if errors.Is(err, store.ErrNotFound) {
		err = errRaced
	}
	return members, err
}

func orNoGroup(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return pool.ErrNoGroup
	}
	return err
}
