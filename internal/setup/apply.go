package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Setup makes and changes pools, resource servers, identity providers, app
// clients, domains and groups.
type Setup struct {
	DB     *store.DB
	Region string // of pool ids that are not chosen
	Host   string // the server's own, which no custom domain may stand in for; "" where it is not known
	Now    func() time.Time
}

// Change is what Apply did, or would do, to one record. Members names the
// settings that differ; NewSecret is a client secret made just now, to be shown
// this once.
type Change struct {
	Kind      string // "user pool", "resource server", "identity provider", "app client", "domain" or "group"
	ID        string
	Name      string
	Action    Action
	Members   []string
	NewSecret pool.Secret
}

// Action says what happened to a record.
type Action string

// The things that can happen.
const (
	Created   Action = "created"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
)

// errDry ends a dry run's transaction.
var errDry = errors.New("dry run")

// Apply brings the ledger to what the document says, in one transaction: an
// entry that is refused leaves everything as it was. What an entry leaves out
// returns to its default, as in Cognito's UpdateUserPool. A dry run writes
// nothing and returns the same changes.
func (s *Setup) Apply(ctx context.Context, d Document, dry bool) ([]Change, error) {
	for try := 0; ; try++ {
		changes, err := s.apply(ctx, d, dry)
		// Another node that starts now may make or change the same record
		// between our look and our write: looking again finds it.
		if !errors.Is(err, store.ErrExists) && !errors.Is(err, errRaced) || try == 3 {
			return changes, err
		}
	}
}

func (s *Setup) apply(ctx context.Context, d Document, dry bool) ([]Change, error) {
	var changes []Change
	err := s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		run := applying{Setup: s, tx: tx}
		if err := run.all(ctx, d); err != nil {
			return err
		}
		changes = run.changes
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return changes, err
}

// applying is one run of Apply inside its transaction.
type applying struct {
	*Setup
	tx      *store.DB
	changes []Change
	onlyID  string // the pool of a document that has one
}

func (r *applying) all(ctx context.Context, d Document) error {
	for i, e := range d.UserPools {
		if err := r.pool(ctx, e); err != nil {
			return entryError("UserPools", i, err)
		}
	}
	if len(d.UserPools) == 1 {
		r.onlyID = r.changes[0].ID
	}
	for i, e := range d.ResourceServers {
		if err := r.resourceServer(ctx, e); err != nil {
			return fmt.Errorf("ResourceServers.%d: %w", i, worded(err))
		}
	}
	for i, e := range d.IdentityProviders {
		if err := r.identityProvider(ctx, e); err != nil {
			return entryError("IdentityProviders", i, err)
		}
	}
	for i, e := range d.UserPoolClients {
		if err := r.client(ctx, e); err != nil {
			return entryError("UserPoolClients", i, err)
		}
	}
	for i, e := range d.UserPoolDomains {
		if err := r.domain(ctx, e); err != nil {
			return entryError("UserPoolDomains", i, err)
		}
	}
	for i, e := range d.Groups {
		if err := r.group(ctx, e); err != nil {
			return entryError("Groups", i, err)
		}
	}
	return nil
}

func (r *applying) pool(ctx context.Context, e PoolEntry) error {
	if err := e.Check(); err != nil {
		return err
	}
	if e.ID != "" && !pool.ValidPoolID(e.ID) {
		return refuse("Id", "must look like us-east-1_Example01")
	}
	before, err := r.findPool(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		made, err := r.makePool(ctx, r.tx, e)
		r.changes = append(r.changes, Change{Kind: "user pool", ID: made.ID, Name: made.PoolName, Action: Created})
		return err
	}
	if err != nil {
		return err
	}
	_, members, err := r.changePool(ctx, r.tx, before, e.Settings)
	r.note(Change{Kind: "user pool", ID: before.ID, Name: e.PoolName, Members: members})
	return err
}

// findPool finds the pool that an entry means: by its id, or by a name that
// only one pool has.
func (r *applying) findPool(ctx context.Context, e PoolEntry) (pool.Pool, error) {
	if e.ID != "" {
		return r.tx.Pools.Get(ctx, e.ID)
	}
	return one(func(after string) ([]pool.Pool, error) { return r.tx.Pools.List(ctx, after, 100) },
		func(p pool.Pool) (string, bool) { return p.ID, p.PoolName == e.PoolName })
}

func (r *applying) resourceServer(ctx context.Context, e pool.ResourceServer) error {
	if e.UserPoolID == "" {
		e.UserPoolID = r.onlyID
	}
	if err := e.Check(); err != nil {
		return err
	}
	change := Change{Kind: "resource server", ID: e.Identifier, Name: e.Identifier, Action: Created}
	before, err := r.tx.ResourceServers.Get(ctx, e.UserPoolID, e.Identifier)
	if errors.Is(err, store.ErrNotFound) {
		r.changes = append(r.changes, change)
		return makeResourceServer(ctx, r.tx, e)
	}
	if err != nil {
		return err
	}
	members, lost, err := changeResourceServer(ctx, r.tx, resourceServerChange{before, e, r.Now().UnixMilli()})
	change.Members = members
	r.note(change)
	for _, c := range lost {
		r.note(Change{Kind: "app client", ID: c.ID, Name: c.ClientName, Members: []string{"AllowedOAuthScopes"}})
	}
	return err
}

func (r *applying) identityProvider(ctx context.Context, e ProviderEntry) error {
	if e.UserPoolID == "" {
		e.UserPoolID = r.onlyID
	}
	change := Change{Kind: "identity provider", ID: e.ProviderName, Name: e.ProviderName, Action: Created}
	before, err := r.tx.Providers.Get(ctx, e.UserPoolID, e.ProviderName)
	if errors.Is(err, store.ErrNotFound) {
		r.changes = append(r.changes, change)
		_, err := r.makeProvider(ctx, r.tx, e.Provider())
		return err
	}
	if err != nil {
		return err
	}
	next := e.Provider()
	next.CreationDate, next.LastModifiedDate = before.CreationDate, r.Now().UnixMilli()
	_, change.Members, err = changeProvider(ctx, r.tx, before, next)
	r.note(change)
	return err
}

func (r *applying) client(ctx context.Context, e ClientEntry) error {
	if e.UserPoolID == "" {
		e.UserPoolID = r.onlyID
	}
	owner, err := poolOf(ctx, r.tx, e.UserPoolID)
	if err != nil {
		return err
	}
	change := Change{Kind: "app client", Name: e.ClientName, Action: Created}
	before, err := r.findClient(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		made, err := r.makeClient(ctx, r.tx, e)
		change.ID = made.ID
		if e.GenerateSecret && e.Secret == "" {
			change.NewSecret = made.Secret
		}
		r.changes = append(r.changes, change)
		return err
	}
	if err != nil {
		return err
	}
	next := before
	next.ClientSettings, next.LastModifiedDate = e.ClientSettings, r.Now().UnixMilli()
	change.NewSecret = next.NameSecret(e.Secret, e.GenerateSecret, next.LastModifiedDate)
	change.ID = before.ID
	_, change.Members, err = changeClient(ctx, r.tx, clientChange{owner, before, next})
	r.note(change)
	return err
}

func (r *applying) findClient(ctx context.Context, e ClientEntry) (pool.Client, error) {
	if e.ID == "" {
		return one(func(after string) ([]pool.Client, error) { return r.tx.Clients.List(ctx, after, 100, e.UserPoolID) },
			func(c pool.Client) (string, bool) { return c.ID, c.ClientName == e.ClientName })
	}
	owner, err := r.tx.ClientOwner(ctx, e.ID)
	if err != nil {
		return pool.Client{}, err
	}
	if owner != e.UserPoolID {
		return pool.Client{}, refuse("ClientId", fmt.Sprintf("%q belongs to user pool %s", e.ID, owner))
	}
	return r.tx.Clients.Get(ctx, e.UserPoolID, e.ID)
}

func (r *applying) domain(ctx context.Context, d pool.Domain) error {
	if d.UserPoolID == "" {
		d.UserPoolID = r.onlyID
	}
	change := Change{Kind: "domain", ID: d.Domain, Name: d.Domain, Action: Created}
	before, err := r.tx.Domain(ctx, d.Domain)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || before.UserPoolID != d.UserPoolID {
		r.changes = append(r.changes, change)
		return r.makeDomain(ctx, r.tx, d)
	}
	change.Members, err = r.changeDomain(ctx, r.tx, before, d)
	r.note(change)
	return err
}

func (r *applying) group(ctx context.Context, e GroupEntry) error {
	if e.UserPoolID == "" {
		e.UserPoolID = r.onlyID
	}
	change := Change{Kind: "group", ID: e.GroupName, Name: e.GroupName, Action: Created}
	before, err := r.tx.Groups.Get(ctx, e.UserPoolID, e.GroupName)
	if errors.Is(err, store.ErrNotFound) {
		r.changes = append(r.changes, change)
		_, err := r.makeGroup(ctx, r.tx, e)
		return err
	}
	if err != nil {
		return err
	}
	change.Members, err = r.changeGroup(ctx, r.tx, before, e)
	r.note(change)
	return err
}

// note records an update, or that nothing differs. An app client that lost
// scopes before its own entry came is one change with it.
func (r *applying) note(c Change) {
	earlier := slices.IndexFunc(r.changes, func(e Change) bool {
		return e.Kind == "app client" && e.Kind == c.Kind && e.ID == c.ID && e.Action == Updated && e.NewSecret == ""
	})
	if earlier >= 0 {
		c.Members = slices.Compact(slices.Sorted(slices.Values(append(c.Members, r.changes[earlier].Members...))))
		r.changes = slices.Delete(r.changes, earlier, earlier+1)
	}
	c.Action = Updated
	if len(c.Members) == 0 {
		c.Action = Unchanged
	}
	r.changes = append(r.changes, c)
}

// one pages through records and returns the one that fits, ErrNotFound where
// none does, and an error where more than one does.
func one[T any](page func(after string) ([]T, error), fits func(T) (id string, ok bool)) (found T, err error) {
	n, after := 0, ""
	for {
		records, err := page(after)
		if err != nil {
			return found, err
		}
		for _, v := range records {
			id, ok := fits(v)
			after = id
			if ok {
				found, n = v, n+1
			}
		}
		switch {
		case n > 1:
			return found, errors.New("several have that name: say which by its id")
		case len(records) > 0:
			continue
		case n == 0:
			return found, store.ErrNotFound
		}
		return found, nil
	}
}

// entryError leads to the entry of the document that was refused.
func entryError(list string, i int, err error) error {
	return fmt.Errorf("%s.%d: %w", list, i, worded(err))
}

// worded is a refusal as the writer of a document reads it: the member, and
// what is wrong with it.
func worded(err error) error {
	e := pool.AsError(err)
	if e == nil || e.Field == "" || e.Args["detail"] == "" {
		return err
	}
	return wording{e}
}

type wording struct{ refused *pool.Error }

func (w wording) Error() string { return w.refused.Field + ": " + w.refused.Args["detail"] }

func (w wording) Unwrap() error { return w.refused }
