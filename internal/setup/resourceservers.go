package setup

import (
	"context"
	"errors"
	"reflect"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// ResourceServer returns a resource server of a pool (Cognito:
// DescribeResourceServer).
func (s *Setup) ResourceServer(ctx context.Context, poolID, identifier string) (pool.ResourceServer, error) {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return pool.ResourceServer{}, err
	}
	r, err := s.DB.ResourceServers.Get(ctx, poolID, identifier)
	return r, orNoResourceServer(err, identifier)
}

// CreateResourceServer makes a resource server (Cognito: CreateResourceServer).
func (s *Setup) CreateResourceServer(ctx context.Context, r pool.ResourceServer) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error { return makeResourceServer(ctx, tx, r) })
}

// UpdateResourceServer gives a resource server the name and the scopes of r;
// app clients lose the scopes that go (Cognito: UpdateResourceServer).
func (s *Setup) UpdateResourceServer(ctx context.Context, r pool.ResourceServer) error {
	before, err := s.ResourceServer(ctx, r.UserPoolID, r.Identifier)
	if err != nil {
		return err
	}
	change := resourceServerChange{before, r, s.Now().UnixMilli()}
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, _, err := changeResourceServer(ctx, tx, change)
		return err
	})
}

// DeleteResourceServer deletes a resource server; app clients lose its scopes
// (Cognito: DeleteResourceServer).
func (s *Setup) DeleteResourceServer(ctx context.Context, poolID, identifier string) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := hold(ctx, tx, poolID); err != nil {
			return err
		}
		before, err := tx.ResourceServers.Take(ctx, poolID, identifier)
		if err != nil {
			return orNoResourceServer(err, identifier)
		}
		_, err = takeLostScopes(ctx, tx, resourceServerChange{before: before, at: s.Now().UnixMilli()})
		return err
	})
}

// makeResourceServer writes a new resource server inside a transaction.
func makeResourceServer(ctx context.Context, tx *store.DB, r pool.ResourceServer) error {
	if err := r.Check(); err != nil {
		return err
	}
	if _, err := hold(ctx, tx, r.UserPoolID); err != nil {
		return err
	}
	err := tx.ResourceServers.Create(ctx, &r, r.UserPoolID, r.Identifier)
	if errors.Is(err, store.ErrExists) {
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "resource_server_exists", Field: "Identifier", Args: map[string]string{"identifier": r.Identifier, "pool": r.UserPoolID}}
	}
	return err
}

// resourceServerChange is what a resource server was when it was read, what it
// is to be, and when. It is to go where next is zero.
type resourceServerChange struct {
	before, next pool.ResourceServer
	at           int64 // ms
}

// changeResourceServer writes a resource server over what it was, inside a
// transaction. It names the members that differ and returns the app clients that
// lost scopes.
func changeResourceServer(ctx context.Context, tx *store.DB, c resourceServerChange) (members []string, lost []pool.Client, err error) {
	if err := c.next.Check(); err != nil {
		return nil, nil, err
	}
	c.next.Stack = c.before.Stack
	members, err = different(c.before, c.next)
	if err != nil || len(members) == 0 {
		return nil, nil, err
	}
	if _, err := hold(ctx, tx, c.next.UserPoolID); err != nil {
		return nil, nil, err
	}
	_, err = tx.ResourceServers.Update(ctx, func(row *pool.ResourceServer) error {
		if !reflect.DeepEqual(*row, c.before) {
			return errRaced
		}
		*row = c.next
		return nil
	}, c.next.UserPoolID, c.next.Identifier)
	if err != nil {
		return nil, nil, orNoResourceServer(err, c.next.Identifier)
	}
	lost, err = takeLostScopes(ctx, tx, c)
	return members, lost, err
}

// takeLostScopes takes from the pool's app clients what a resource server had
// and has no more, and returns those that had it.
func takeLostScopes(ctx context.Context, tx *store.DB, c resourceServerChange) (lost []pool.Client, err error) {
	return changeClients(ctx, tx, clientsChange{c.before.UserPoolID, c.at, func(s *pool.ClientSettings) {
		s.AllowedOAuthScopes = s.ScopesAfter(c.before, c.next)
	}})
}

// resourceServersOf loads the resource servers whose scopes a client names,
// inside a transaction that keeps them until the client is written.
func resourceServersOf(ctx context.Context, tx *store.DB, c pool.Client) ([]pool.ResourceServer, error) {
	identifiers := c.ResourceServers()
	if len(identifiers) == 0 {
		return nil, nil
	}
	if _, err := hold(ctx, tx, c.UserPoolID); err != nil {
		return nil, err
	}
	var out []pool.ResourceServer
	for _, identifier := range identifiers {
		r, err := tx.ResourceServers.Get(ctx, c.UserPoolID, identifier)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func orNoResourceServer(err error, identifier string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: pool.ResourceNotFound, Reason: "resource_server", Field: "Identifier", Args: map[string]string{"identifier": identifier}}
}
