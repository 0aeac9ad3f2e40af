package setup

import (
	"context"
	"errors"
	"maps"
	"reflect"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// CreateClient makes an app client (Cognito: CreateUserPoolClient).
func (s *Setup) CreateClient(ctx context.Context, e ClientEntry) (pool.Client, error) {
	var made pool.Client
	err := s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		made, err = s.makeClient(ctx, tx, e)
		return err
	})
	return made, err
}

// UpdateClient gives the client the settings that e names; what it leaves out
// returns to its default, but for what an update cannot name, the secret among
// it (Cognito: UpdateUserPoolClient).
func (s *Setup) UpdateClient(ctx context.Context, e ClientEntry) (pool.Client, error) {
	owner, err := poolOf(ctx, s.DB, e.UserPoolID)
	if err != nil {
		return pool.Client{}, err
	}
	before, err := s.DB.Clients.Get(ctx, e.UserPoolID, e.ID)
	if err != nil {
		return before, orNoClient(err, e.ID)
	}
	next := before
	next.ClientSettings, next.LastModifiedDate = before.Updated(e.ClientSettings), s.Now().UnixMilli()
	var after pool.Client
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		after, _, err = changeClient(ctx, tx, clientChange{owner, before, next})
		return err
	})
	return after, err
}

// DeleteClient deletes a client; its id is free again (Cognito:
// DeleteUserPoolClient).
func (s *Setup) DeleteClient(ctx context.Context, poolID, id string) error {
	return s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := hold(ctx, tx, poolID); err != nil { // nobody dresses its pages meanwhile
			return err
		}
		if _, err := tx.Clients.Take(ctx, poolID, id); err != nil {
			return orNoClient(err, id)
		}
		return forgetCustomization(ctx, tx, poolID, id)
	})
}

// makeClient writes a new client inside a transaction.
func (s *Setup) makeClient(ctx context.Context, tx *store.DB, e ClientEntry) (pool.Client, error) {
	now := s.Now().UnixMilli()
	c := pool.Client{UserPoolID: e.UserPoolID, ID: e.ID, Secret: e.Secret, ClientSettings: e.ClientSettings, Stack: e.stack, CreationDate: now, LastModifiedDate: now}
	if c.ID == "" {
		c.ID = pool.NewClientID()
	}
	if c.Secret == "" && e.GenerateSecret {
		c.Secret = pool.NewClientSecret()
	}
	owner, err := hold(ctx, tx, e.UserPoolID)
	if err != nil {
		return c, err
	}
	if err := checkClient(ctx, tx, owner, c); err != nil {
		return c, err
	}
	return c, tx.Clients.Create(ctx, &c, c.UserPoolID, c.ID)
}

// checkClient refuses a client of owner that may not be so, inside a transaction
// that keeps the resource servers and identity providers which the client names.
func checkClient(ctx context.Context, tx *store.DB, owner pool.Pool, c pool.Client) error {
	servers, err := resourceServersOf(ctx, tx, c)
	if err != nil {
		return err
	}
	if err := c.Check(owner, servers...); err != nil {
		return err
	}
	providers, err := providersOf(ctx, tx, c)
	if err != nil {
		return err
	}
	return c.CheckProviders(providers)
}

// clientsChange is what a change of something else does to the app clients of its
// pool, and when (ms).
type clientsChange struct {
	poolID string
	at     int64
	f      func(*pool.ClientSettings) // replaces lists, and writes into none
}

// changeClients changes those app clients of a pool that c.f changes, inside a
// transaction, and returns them. The pool is held, so no client gets meanwhile
// what c.f takes.
func changeClients(ctx context.Context, tx *store.DB, c clientsChange) (changed []pool.Client, err error) {
	for after := ""; ; {
		page, err := tx.Clients.List(ctx, after, 100, c.poolID)
		if err != nil || len(page) == 0 {
			return changed, err
		}
		for _, client := range page {
			after = client.ID
			next := client.ClientSettings
			if c.f(&next); reflect.DeepEqual(next, client.ClientSettings) {
				continue
			}
			client, err := tx.Clients.Update(ctx, func(row *pool.Client) error {
				c.f(&row.ClientSettings)
				row.LastModifiedDate = c.at
				return nil
			}, client.UserPoolID, client.ID)
			if errors.Is(err, store.ErrNotFound) { // deleted meanwhile
				continue
			}
			if err != nil {
				return changed, err
			}
			changed = append(changed, client)
		}
	}
}

// clientChange is what a client of owner was when it was read, and what it is
// to be.
type clientChange struct {
	owner        pool.Pool
	before, next pool.Client
}

// changeClient writes a client over what it was, inside a transaction, and names
// the members that differ. Where somebody else has changed it since, nothing is
// written.
func changeClient(ctx context.Context, tx *store.DB, c clientChange) (pool.Client, []string, error) {
	if err := checkClient(ctx, tx, c.owner, c.next); err != nil {
		return c.before, nil, whileUpdating(err)
	}
	if !c.before.Public() && c.next.Public() {
		return c.before, nil, refuse("ClientSecret", "a client keeps its secret: say GenerateSecret or give the ClientSecret")
	}
	members, err := different(c.before.ClientSettings, c.next.ClientSettings)
	if err != nil {
		return c.before, nil, err
	}
	if c.before.Secret != c.next.Secret || c.before.Second != c.next.Second {
		members = append(members, "ClientSecret")
	}
	if len(members) == 0 {
		return c.before, nil, nil
	}
	after, err := tx.Clients.Update(ctx, func(row *pool.Client) error {
		if !reflect.DeepEqual(*row, c.before) {
			return errRaced
		}
		*row = c.next
		return nil
	}, c.before.UserPoolID, c.before.ID)
	return after, members, orNoClient(err, c.before.ID)
}

// whileUpdating puts what was being done into a refusal that says it.
func whileUpdating(err error) error {
	e := pool.AsError(err)
	if e == nil || e.Args["doing"] == "" {
		return err
	}
	changed := *e
	changed.Args = maps.Clone(e.Args)
	changed.Args["doing"] = "updating"
	return &changed
}

func orNoClient(err error, id string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: pool.ResourceNotFound, Reason: "client", Field: "ClientId", Args: map[string]string{"client": id}}
}
