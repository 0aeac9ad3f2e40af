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

// CreateDomain gives a pool a domain: it can have one prefix and one custom
// domain (Cognito: CreateUserPoolDomain).
func (s *Setup) CreateDomain(ctx context.Context, d pool.Domain) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error { return s.makeDomain(ctx, tx, d) })
}

// UpdateDomain changes what leads from a domain to its pool; the name stays
// (Cognito: UpdateUserPoolDomain).
func (s *Setup) UpdateDomain(ctx context.Context, d pool.Domain) error {
	before, err := s.domainOf(ctx, d.UserPoolID, d.Domain)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := s.changeDomain(ctx, tx, before, d)
		return err
	})
}

// DeleteDomain takes a domain from its pool (Cognito: DeleteUserPoolDomain).
func (s *Setup) DeleteDomain(ctx context.Context, poolID, name string) error {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return err
	}
	return orNoDomain(s.DB.DeleteDomain(ctx, poolID, name))
}

// domainOf loads a domain of the pool.
func (s *Setup) domainOf(ctx context.Context, poolID, name string) (pool.Domain, error) {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return pool.Domain{}, err
	}
	d, err := s.DB.Domain(ctx, name)
	if err == nil && d.UserPoolID != poolID {
		err = store.ErrNotFound
	}
	return d, orNoDomain(err)
}

// checkDomain refuses a custom domain that would take the server's own host, or
// the host of a prefix domain, from the others who live there.
func (s *Setup) checkDomain(d pool.Domain) error {
	if err := d.Check(); err != nil {
		return err
	}
	if s.Host != "" && d.Within(s.Host) {
		return refuse("Domain", "a custom domain cannot be the server's own host or under it: ask for a prefix instead")
	}
	return nil
}

// makeDomain writes a new domain inside a transaction.
func (s *Setup) makeDomain(ctx context.Context, tx *store.DB, d pool.Domain) error {
	if err := s.checkDomain(d); err != nil {
		return err
	}
	if _, err := hold(ctx, tx, d.UserPoolID); err != nil {
		return err
	}
	if _, err := tx.Domain(ctx, d.Domain); err == nil {
		return errTaken
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	has, err := tx.DomainsOf(ctx, d.UserPoolID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(has, func(h pool.Domain) bool { return h.Custom() == d.Custom() }); i >= 0 {
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "domain_there", Field: "Domain",
			Args: map[string]string{"detail": fmt.Sprintf("the user pool has the domain %q already", has[i].Domain)}}
	}
	if err := tx.PutDomain(ctx, &d); errors.Is(err, store.ErrExists) {
		return errTaken
	} else if err != nil {
		return err
	}
	return nil
}

// changeDomain writes a domain over what it was, inside a transaction, and names
// the members that differ.
func (s *Setup) changeDomain(ctx context.Context, tx *store.DB, before, d pool.Domain) ([]string, error) {
	if err := s.checkDomain(d); err != nil {
		return nil, err
	}
	d.Stack = before.Stack
	members, err := different(before, d)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	if _, err := hold(ctx, tx, d.UserPoolID); err != nil {
		return nil, err
	}
	if now, err := tx.Domain(ctx, d.Domain); errors.Is(err, store.ErrNotFound) || err == nil && !reflect.DeepEqual(now, before) {
		return nil, errRaced
	} else if err != nil {
		return nil, err
	}
	return members, tx.PutDomain(ctx, &d)
}

var errTaken = &pool.Error{Kind: pool.InvalidParameter, Reason: "domain_taken", Field: "Domain",
	Args: map[string]string{"detail": "already associated with another user pool"}}

func orNoDomain(err error) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: pool.InvalidParameter, Reason: "no_domain", Field: "Domain"}
}
