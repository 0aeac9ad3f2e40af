package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// CreatePool makes a user pool (Cognito: CreateUserPool).
func (s *Setup) CreatePool(ctx context.Context, settings pool.Settings) (pool.Pool, error) {
	if err := settings.Check(); err != nil {
		return pool.Pool{}, err
	}
	if err := settings.CheckNewMFA(); err != nil {
		return pool.Pool{}, err
	}
	return s.makePool(ctx, s.DB, PoolEntry{Settings: settings})
}

// UpdatePool gives the pool the settings that ask names; what it leaves out
// returns to its default, but for what an update cannot name (Cognito:
// UpdateUserPool).
func (s *Setup) UpdatePool(ctx context.Context, id string, ask pool.Settings) (pool.Pool, error) {
	before, err := poolOf(ctx, s.DB, id)
	if err != nil {
		return before, err
	}
	after, _, err := s.changePool(ctx, s.DB, before, before.Updated(ask), nil)
	return after, err
}

// SetMFA switches the pool's second factors on and off (Cognito:
// SetUserPoolMfaConfig).
func (s *Setup) SetMFA(ctx context.Context, id string, ask pool.MFA) (pool.Pool, error) {
	now := s.Now().UnixMilli()
	p, err := s.DB.Pools.Update(ctx, func(p *pool.Pool) (err error) {
		*p, err = p.WithMFA(ask)
		p.LastModifiedDate = now
		return err
	}, id)
	return p, orNoPool(err, id)
}

// AddCustomAttributes adds attributes to the pool's schema. Two calls at once both
// count (Cognito: AddCustomAttributes).
func (s *Setup) AddCustomAttributes(ctx context.Context, id string, added []pool.SchemaAttribute) error {
	now := s.Now().UnixMilli()
	_, err := updateIdle(ctx, s.DB, id, func(p *pool.Pool) (err error) {
		p.Settings, err = p.Extended(added)
		p.LastModifiedDate = now
		return err
	})
	return err
}

// updateIdle changes a pool by f, unless users are imported into it.
func updateIdle(ctx context.Context, db *store.DB, id string, f func(*pool.Pool) error) (after pool.Pool, err error) {
	err = db.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if after, err = tx.Pools.Update(ctx, f, id); err != nil {
			return orNoPool(err, id)
		}
		return checkIdle(ctx, tx, id)
	})
	return after, err
}

// checkIdle refuses what cannot be done while users are imported into a pool that
// the transaction keeps as it is (Cognito: UserImportInProgressException).
func checkIdle(ctx context.Context, tx *store.DB, id string) error {
	running, err := tx.Imports.Running(ctx, id)
	if err == nil && running {
		err = &pool.Error{Kind: pool.UserImportInProgress, Field: "UserPoolId", Args: map[string]string{"pool": id, "detail": "a user import job of the pool is running"}}
	}
	return err
}

// DeletePool deletes a pool with all that is in it. It is gone at once; its
// rows follow (Cognito: DeleteUserPool).
func (s *Setup) DeletePool(ctx context.Context, id string) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		p, err := hold(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.DeletionProtection == "ACTIVE" {
			return &pool.Error{Kind: pool.InvalidParameter, Reason: "protected"}
		}
		if err := checkIdle(ctx, tx, id); err != nil {
			return err
		}
		domains, err := tx.DomainsOf(ctx, id)
		if err != nil {
			return err
		}
		if len(domains) > 0 {
			return &pool.Error{Kind: pool.InvalidParameter, Reason: "has_domain"}
		}
		return tx.DropPool(ctx, id, s.Now().UnixMilli())
	})
}

// makePool writes a new pool; its settings are checked.
func (s *Setup) makePool(ctx context.Context, db *store.DB, e PoolEntry) (pool.Pool, error) {
	now := s.Now().UnixMilli()
	p := pool.Pool{ID: e.ID, Settings: e.Settings, Stack: e.stack, CreationDate: now, LastModifiedDate: now}
	factors, err := e.factors()
	if err == nil {
		p.SecondFactors, err = p.Factored(e.Settings, factors)
	}
	if err != nil {
		return p, err
	}
	if p.ID == "" {
		p.ID = pool.NewPoolID(s.Region)
	}
	if was, err := db.WasDropped(ctx, p.ID); err != nil {
		return p, err
	} else if was {
		return p, refuse("Id", fmt.Sprintf("%q was a user pool that has been deleted: its id is not given again", p.ID))
	}
	return p, db.Pools.Create(ctx, &p, p.ID)
}

// changePool writes other settings over those of before, and names the members
// that differ; factors are the second factors, nil for those that there are. Where
// somebody else has changed the pool since before was read, nothing is written.
func (s *Setup) changePool(ctx context.Context, db *store.DB, before pool.Pool, settings pool.Settings, factors *pool.MFA) (pool.Pool, []string, error) {
	settings.MfaConfiguration = cmp.Or(settings.MfaConfiguration, before.MfaConfiguration) // nobody leaves it out to switch it off
	second, err := before.Factored(settings, factors)
	if err := errors.Join(settings.Check(), err); err != nil {
		return before, nil, err
	}
	if member := before.Immutable(settings); member != "" {
		return before, nil, refuse(member, "cannot be changed once the pool has been created")
	}
	members, err := different(before.Settings, settings)
	if !reflect.DeepEqual(before.SecondFactors, second) && settings.MfaConfiguration == before.MfaConfiguration {
		members = append(members, "EnabledMfas")
	}
	if err != nil || len(members) == 0 {
		return before, nil, err
	}
	now := s.Now().UnixMilli()
	after, err := updateIdle(ctx, db, before.ID, func(p *pool.Pool) error {
		if !reflect.DeepEqual(*p, before) {
			return errRaced
		}
		p.Settings, p.SecondFactors, p.LastModifiedDate = settings, second, now
		return nil
	})
	return after, members, err
}

// poolOf loads a pool.
func poolOf(ctx context.Context, db *store.DB, id string) (pool.Pool, error) {
	p, err := db.Pools.Get(ctx, id)
	return p, orNoPool(err, id)
}

// hold is [store.DB.HoldPool] with the refusal where there is no such pool.
func hold(ctx context.Context, tx *store.DB, id string) (pool.Pool, error) {
	p, err := tx.HoldPool(ctx, id)
	return p, orNoPool(err, id)
}

// errRaced says that what is to be changed is not what it was.
var errRaced = &pool.Error{Kind: pool.ConcurrentModification}

// errNoPool says that there is no such pool; the refusal itself names it.
var errNoPool = &pool.Error{Kind: pool.ResourceNotFound, Reason: "pool"}

func orNoPool(err error, id string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: errNoPool.Kind, Reason: errNoPool.Reason, Field: "UserPoolId",
		Args: map[string]string{"pool": id, "detail": fmt.Sprintf("there is no user pool %q", id)}}
}

func refuse(field, detail string) error {
	return &pool.Error{Kind: pool.InvalidParameter, Reason: "setting", Field: field, Args: map[string]string{"detail": detail}}
}
