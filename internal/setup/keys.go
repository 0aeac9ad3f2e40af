package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// AddKey makes an access key for operators' calls, with the name and the limits
// that ask has. The secret in the answer is to be shown this once.
func (s *Setup) AddKey(ctx context.Context, ask pool.OperatorKey) (pool.OperatorKey, error) {
	if err := ask.Check(); err != nil {
		return ask, worded(err)
	}
	for _, id := range ask.Pools {
		if _, err := poolOf(ctx, s.DB, id); err != nil {
			return ask, worded(err)
		}
	}
	ask.ID, ask.Secret, ask.CreatedAt = pool.NewAccessKeyID(), pool.NewSecretAccessKey(), s.Now().UnixMilli()
	members := []string{"Name"}
	if ask.ReadOnly {
		members = append(members, "ReadOnly")
	}
	if len(ask.Pools) > 0 {
		members = append(members, "Pools")
	}
	return ask, s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := tx.OperatorKeys.Create(ctx, &ask, ask.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, pool.Event{Operation: "keys add", Members: members, Target: map[string]string{"AccessKeyId": ask.ID, "Name": ask.Name}})
	})
}

// ListKeys returns all access keys in the order of their ids, without their
// secrets.
func (s *Setup) ListKeys(ctx context.Context) ([]pool.OperatorKey, error) {
	var all []pool.OperatorKey
	for after := ""; ; after = all[len(all)-1].ID {
		page, err := s.DB.OperatorKeys.List(ctx, after, 100)
		if err != nil || len(page) == 0 {
			return all, err
		}
		for i := range page {
			page[i].Secret = ""
		}
		all = append(all, page...)
	}
}

// RevokeKey ends an access key: the next call signed with it is refused.
func (s *Setup) RevokeKey(ctx context.Context, id string) error {
	err := store.ErrNotFound
	if pool.ValidAccessKeyID(id) {
		err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
			k, err := tx.OperatorKeys.Take(ctx, id)
			if err != nil {
				return err
			}
			return s.record(ctx, tx, pool.Event{Operation: "keys revoke", Target: map[string]string{"AccessKeyId": id, "Name": k.Name}})
		})
	}
	if errors.Is(err, store.ErrNotFound) {
		return worded(refuse("ID", fmt.Sprintf("there is no key %q", id)))
	}
	return err
}

// FindKey returns the access key with the id; found is false where there is
// none.
func (s *Setup) FindKey(ctx context.Context, id string) (k pool.OperatorKey, found bool, err error) {
	if !pool.ValidAccessKeyID(id) {
		return k, false, nil
	}
	k, err = s.DB.OperatorKeys.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return k, false, nil
	}
	return k, err == nil, err
}
