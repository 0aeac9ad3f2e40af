package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Setup makes and changes pools, app clients and domains.
type Setup struct {
	DB     *store.DB
	Region string // of pool ids that are not chosen
	Now    func() time.Time
}

// Change is what Apply did, or would do, to one record. Members names the
// settings that differ; NewSecret is a client secret made just now, to be shown
// this once.
type Change struct {
	Kind      string // "user pool", "app client" or "domain"
	ID        string
	Name      string
	PoolID    string
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
		// Another node that starts now may make the same record between our
		// look and our write: looking again finds it.
		if !errors.Is(err, store.ErrExists) || try == 3 {
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
			return fmt.Errorf("UserPools.%d: %w", i, worded(err))
		}
	}
	if len(d.UserPools) == 1 {
		r.onlyID = r.changes[0].ID
	}
	for i, e := range d.UserPoolClients {
		if err := r.client(ctx, e); err != nil {
			return fmt.Errorf("UserPoolClients.%d: %w", i, worded(err))
		}
	}
	for i, e := range d.UserPoolDomains {
		if err := r.domain(ctx, e); err != nil {
			return fmt.Errorf("UserPoolDomains.%d: %w", i, worded(err))
		}
	}
	return nil
}

func (r *applying) pool(ctx context.Context, e PoolEntry) error {
	if err := e.Settings.Check(); err != nil {
		return err
	}
	if e.ID != "" && !pool.ValidPoolID(e.ID) {
		return refuse("Id", "must look like us-east-1_Example01")
	}
	before, err := r.findPool(ctx, e)
	now := r.Now().UnixMilli()
	if errors.Is(err, store.ErrNotFound) {
		p := pool.Pool{ID: e.ID, Settings: e.Settings, CreationDate: now, LastModifiedDate: now}
		if p.ID == "" {
			p.ID = pool.NewPoolID(r.Region)
		}
		r.changes = append(r.changes, Change{Kind: "user pool", ID: p.ID, Name: p.PoolName, PoolID: p.ID, Action: Created})
		return r.tx.Pools.Create(ctx, &p, p.ID)
	}
	if err != nil {
		return err
	}
	if member := before.Settings.Immutable(e.Settings); member != "" {
		return refuse(member, "cannot be changed once the pool has been created")
	}
	members, err := different(before.Settings, e.Settings)
	if err != nil {
		return err
	}
	r.note(Change{Kind: "user pool", ID: before.ID, Name: e.PoolName, PoolID: before.ID, Members: members})
	if len(members) == 0 {
		return nil
	}
	before.Settings, before.LastModifiedDate = e.Settings, now
	return r.tx.Pools.Put(ctx, &before, before.ID)
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

func (r *applying) client(ctx context.Context, e ClientEntry) error {
	if e.UserPoolID == "" {
		e.UserPoolID = r.onlyID
	}
	if _, err := r.tx.Pools.Get(ctx, e.UserPoolID); errors.Is(err, store.ErrNotFound) {
		return refuse("UserPoolId", fmt.Sprintf("there is no user pool %q", e.UserPoolID))
	} else if err != nil {
		return err
	}
	before, err := r.findClient(ctx, e)
	exists := err == nil
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	now := r.Now().UnixMilli()
	next := pool.Client{UserPoolID: e.UserPoolID, ID: e.ID, Secret: e.Secret, ClientSettings: e.ClientSettings, CreationDate: now, LastModifiedDate: now}
	change := Change{Kind: "app client", Name: e.ClientName, PoolID: e.UserPoolID, Action: Created}
	if exists {
		next.ID, next.CreationDate = before.ID, before.CreationDate
	} else if next.ID == "" {
		next.ID = pool.NewClientID()
	}
	switch {
	case next.Secret != "" || !e.GenerateSecret:
	case exists && !before.Public():
		next.Secret = before.Secret
	default:
		next.Secret = pool.NewClientSecret()
		change.NewSecret = next.Secret
	}
	change.ID = next.ID
	if err := next.Check(); err != nil {
		return err
	}
	return r.writeClient(ctx, before, next, change)
}

func (r *applying) writeClient(ctx context.Context, before, next pool.Client, change Change) error {
	if before.ID == "" {
		r.changes = append(r.changes, change)
		return r.tx.Clients.Create(ctx, &next, next.UserPoolID, next.ID)
	}
	if !before.Public() && next.Public() {
		return refuse("ClientSecret", "a client keeps its secret: say GenerateSecret or give the ClientSecret")
	}
	members, err := different(before.ClientSettings, next.ClientSettings)
	if err != nil {
		return err
	}
	if before.Secret != next.Secret {
		members = append(members, "ClientSecret")
	}
	change.Members = members
	r.note(change)
	if len(members) == 0 {
		return nil
	}
	return r.tx.Clients.Put(ctx, &next, next.UserPoolID, next.ID)
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
	if err := d.Check(); err != nil {
		return err
	}
	if _, err := r.tx.Pools.Get(ctx, d.UserPoolID); errors.Is(err, store.ErrNotFound) {
		return refuse("UserPoolId", fmt.Sprintf("there is no user pool %q", d.UserPoolID))
	} else if err != nil {
		return err
	}
	has, err := r.tx.DomainsOf(ctx, d.UserPoolID)
	if err != nil {
		return err
	}
	change := Change{Kind: "domain", ID: d.Domain, Name: d.Domain, PoolID: d.UserPoolID, Action: Created}
	if i := slices.IndexFunc(has, func(h pool.Domain) bool { return h.Custom() == d.Custom() }); i >= 0 {
		if has[i].Domain != d.Domain {
			return refuse("Domain", fmt.Sprintf("the user pool has the domain %q already", has[i].Domain))
		}
		if change.Members, err = different(has[i], d); err != nil {
			return err
		}
		r.note(change)
		if len(change.Members) == 0 {
			return nil
		}
	} else {
		r.changes = append(r.changes, change)
	}
	if err := r.tx.PutDomain(ctx, &d); errors.Is(err, store.ErrExists) {
		return refuse("Domain", "already associated with another user pool")
	} else if err != nil {
		return err
	}
	return nil
}

// note records an update, or that nothing differs.
func (r *applying) note(c Change) {
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

// different names the members in which two settings differ, as JSON sees them.
func different(a, b any) ([]string, error) {
	var before, after map[string]json.RawMessage
	for into, v := range map[*map[string]json.RawMessage]any{&before: a, &after: b} {
		doc, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(doc, into); err != nil {
			return nil, err
		}
	}
	var names []string
	for name, v := range before {
		if string(after[name]) != string(v) {
			names = append(names, name)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func refuse(field, detail string) error {
	return &pool.Error{Kind: pool.InvalidParameter, Reason: "setting", Field: field, Args: map[string]string{"detail": detail}}
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
