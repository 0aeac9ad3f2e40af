package setup

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// IdentityProvider returns a provider of a pool (Cognito:
// DescribeIdentityProvider).
func (s *Setup) IdentityProvider(ctx context.Context, poolID, name string) (pool.IdentityProvider, error) {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return pool.IdentityProvider{}, err
	}
	p, err := s.DB.Providers.Get(ctx, poolID, name)
	return p, orNoProvider(err, name)
}

// IdentityProviderBy returns the provider that has an identifier (Cognito:
// GetIdentityProviderByIdentifier).
func (s *Setup) IdentityProviderBy(ctx context.Context, poolID, identifier string) (pool.IdentityProvider, error) {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return pool.IdentityProvider{}, err
	}
	key, err := s.DB.ProviderKeys.Get(ctx, poolID, pool.ProviderByIdentifier, identifier)
	if err != nil {
		return pool.IdentityProvider{}, orNoProvider(err, identifier)
	}
	p, err := s.DB.Providers.Get(ctx, poolID, key.ProviderName)
	return p, orNoProvider(err, identifier)
}

// CreateIdentityProvider makes a provider (Cognito: CreateIdentityProvider).
func (s *Setup) CreateIdentityProvider(ctx context.Context, p pool.IdentityProvider) (pool.IdentityProvider, error) {
	var made pool.IdentityProvider
	err := s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		made, err = s.makeProvider(ctx, tx, p)
		return err
	})
	return made, err
}

// UpdateIdentityProvider gives a provider the settings that ask names; what it
// leaves out stays (Cognito: UpdateIdentityProvider).
func (s *Setup) UpdateIdentityProvider(ctx context.Context, poolID, name string, ask pool.ProviderSettings) (pool.IdentityProvider, error) {
	before, err := s.IdentityProvider(ctx, poolID, name)
	if err != nil {
		return before, err
	}
	next := before.Updated(ask)
	next.LastModifiedDate = s.Now().UnixMilli()
	var after pool.IdentityProvider
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		after, _, err = changeProvider(ctx, tx, before, next)
		return err
	})
	return after, err
}

// DeleteIdentityProvider deletes a provider; its name goes from the lists of the
// pool's app clients (Cognito: DeleteIdentityProvider).
func (s *Setup) DeleteIdentityProvider(ctx context.Context, poolID, name string) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := hold(ctx, tx, poolID); err != nil {
			return err
		}
		gone, err := tx.Providers.Take(ctx, poolID, name)
		if err != nil {
			return orNoProvider(err, name)
		}
		if err := tx.ProviderKeys.Delete(ctx, poolID, pool.ProviderByName, gone.FoldedName()); err != nil {
			return err
		}
		if err := moveIdentifiers(ctx, tx, gone, pool.IdentityProvider{}); err != nil {
			return err
		}
		_, err = changeClients(ctx, tx, clientsChange{poolID, s.Now().UnixMilli(), func(c *pool.ClientSettings) {
			c.SupportedIdentityProviders = c.WithoutProvider(name)
		}})
		return err
	})
}

// makeProvider writes a new provider inside a transaction.
func (s *Setup) makeProvider(ctx context.Context, tx *store.DB, p pool.IdentityProvider) (pool.IdentityProvider, error) {
	owner, err := hold(ctx, tx, p.UserPoolID)
	if err != nil {
		return p, err
	}
	p = p.Filled()
	if err := p.Check(owner); err != nil {
		return p, err
	}
	others, err := tx.ProviderKeys.List(ctx, "", pool.MaxProviders, p.UserPoolID, pool.ProviderByName)
	if err != nil {
		return p, err
	}
	err = tx.ProviderKeys.Create(ctx, &pool.ProviderKey{ProviderName: p.ProviderName}, p.UserPoolID, pool.ProviderByName, p.FoldedName())
	if errors.Is(err, store.ErrExists) {
		return p, &pool.Error{Kind: pool.DuplicateProvider, Field: "ProviderName", Args: map[string]string{"provider": p.ProviderName, "detail": "there is a provider of that name"}}
	}
	if err == nil && len(others) >= pool.MaxProviders {
		err = &pool.Error{Kind: pool.LimitExceeded, Reason: "providers", Field: "ProviderName", Args: map[string]string{"detail": fmt.Sprintf("A user pool can have at most %d identity providers.", pool.MaxProviders)}}
	}
	if err != nil {
		return p, err
	}
	if err := moveIdentifiers(ctx, tx, pool.IdentityProvider{}, p); err != nil {
		return p, err
	}
	now := s.Now().UnixMilli()
	p.CreationDate, p.LastModifiedDate = now, now
	return p, tx.Providers.Create(ctx, &p, p.UserPoolID, p.ProviderName)
}

// changeProvider writes a provider over what it was, inside a transaction, and
// names the members that differ. Where somebody else has changed it since,
// nothing is written.
func changeProvider(ctx context.Context, tx *store.DB, before, next pool.IdentityProvider) (pool.IdentityProvider, []string, error) {
	owner, err := hold(ctx, tx, next.UserPoolID)
	if err != nil {
		return before, nil, err
	}
	next = next.Filled()
	if err := next.Check(owner); err != nil {
		return before, nil, err
	}
	if before.ProviderType != next.ProviderType {
		return before, nil, refuse("ProviderType", "cannot be changed once the provider has been created")
	}
	members, err := different(before.ProviderSettings, next.ProviderSettings)
	if err != nil || len(members) == 0 {
		return before, nil, err
	}
	after, err := tx.Providers.Update(ctx, func(row *pool.IdentityProvider) error {
		if !reflect.DeepEqual(*row, before) {
			return errRaced
		}
		*row = next
		return nil
	}, next.UserPoolID, next.ProviderName)
	if err != nil {
		return before, nil, orNoProvider(err, next.ProviderName)
	}
	return after, members, moveIdentifiers(ctx, tx, before, next)
}

// moveIdentifiers gives the ledger the identifiers of a provider in place of
// those that it had: each leads to one provider of the pool.
func moveIdentifiers(ctx context.Context, tx *store.DB, before, next pool.IdentityProvider) error {
	for _, identifier := range before.IdpIdentifiers {
		if slices.Contains(next.IdpIdentifiers, identifier) {
			continue
		}
		if err := tx.ProviderKeys.Delete(ctx, before.UserPoolID, pool.ProviderByIdentifier, identifier); err != nil {
			return err
		}
	}
	for _, identifier := range next.IdpIdentifiers {
		if slices.Contains(before.IdpIdentifiers, identifier) {
			continue
		}
		err := tx.ProviderKeys.Create(ctx, &pool.ProviderKey{ProviderName: next.ProviderName}, next.UserPoolID, pool.ProviderByIdentifier, identifier)
		if errors.Is(err, store.ErrExists) {
			return &pool.Error{Kind: pool.InvalidParameter, Reason: "identifier_taken", Field: "IdpIdentifiers",
				Args: map[string]string{"identifier": identifier, "detail": fmt.Sprintf("another provider has the identifier %q", identifier)}}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// providersOf names those of a client's providers that its pool has, inside a
// transaction that keeps them until the client is written.
func providersOf(ctx context.Context, tx *store.DB, c pool.Client) (there []string, err error) {
	names := c.Providers()
	if len(names) == 0 {
		return nil, nil
	}
	if _, err := hold(ctx, tx, c.UserPoolID); err != nil {
		return nil, err
	}
	for _, name := range names {
		_, err := tx.Providers.Get(ctx, c.UserPoolID, name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		there = append(there, name)
	}
	return there, nil
}

func orNoProvider(err error, name string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: pool.ResourceNotFound, Reason: "provider", Field: "ProviderName", Args: map[string]string{"provider": name}}
}
