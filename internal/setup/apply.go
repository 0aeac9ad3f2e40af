package setup

import (
	"cmp"
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
	People People // for documents with Users and GroupMembers
}

// Change is what Apply did, or would do, to one record. Members names the
// settings that differ; NewSecret is a client secret made just now, to be shown
// this once.
type Change struct {
	Kind      string // "user pool", "resource server", "identity provider", "app client", "domain", "customization", "group", "user" or "group member"
	ID        string
	Name      string
	Pool      string // the id of the one that it is in
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
	Left      Action = "left" // its stack made it, and the template no longer has it
)

// errPlanned ends a plan's transaction.
var errPlanned = errors.New("planned")

// Apply brings the ledger to what the document says, in one transaction: where
// an entry is refused, all is left as it was, and the error is [Refused], with
// every entry that is. What an entry leaves out returns to its default, as in
// Cognito's UpdateUserPool. A dry run writes nothing and returns the same
// changes; where nothing is to change, nothing is written either.
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

// apply plans, in a transaction that is given up, and then does what is to be
// done. Between the two stands what takes time.
func (s *Setup) apply(ctx context.Context, d Document, dry bool) ([]Change, error) {
	plan := applying{Setup: s}
	if err := plan.run(ctx, d); !errors.Is(err, errPlanned) {
		return nil, err
	}
	if dry || !slices.ContainsFunc(plan.changes, func(c Change) bool { return c.Action == Created || c.Action == Updated }) {
		return plan.changes, nil
	}
	writes, err := s.invite(ctx, d, plan)
	if err != nil {
		return nil, err
	}
	done := applying{Setup: s, writes: writes}
	err = done.run(ctx, d)
	return done.changes, err
}

// applying is one run over a document, inside its transaction. Without writes it
// is the plan.
type applying struct {
	*Setup
	tx      *store.DB
	writes  map[int]func(context.Context, *store.DB) error // of the users that the plan invited
	changes []Change
	wrong   Refused

	stack   string             // that the document comes from
	onlyID  string             // the pool of a document that has one
	pools   int                // how many it has
	chance  map[string]bool    // pools whose ids this run made up
	touched map[[3]string]bool // records that the document has: kind, pool, id
	missing map[string]bool    // pools of the document that could not be made
	invited map[int]pool.Pool  // users that are not there yet, and their pools
}

func (r *applying) run(ctx context.Context, d Document) error {
	return r.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		*r = applying{
			Setup: r.Setup, tx: tx, writes: r.writes, stack: d.Stack,
			chance: map[string]bool{}, missing: map[string]bool{}, touched: map[[3]string]bool{}, invited: map[int]pool.Pool{},
		}
		if err := r.all(ctx, d); err != nil {
			return err
		}
		if len(r.wrong) > 0 {
			return r.wrong
		}
		if err := r.left(ctx); err != nil {
			return err
		}
		if r.writes == nil {
			return errPlanned
		}
		return r.record(ctx)
	})
}

func (r *applying) all(ctx context.Context, d Document) error {
	for _, list := range []func() error{
		entries(r, "UserPools", d.UserPools, func(_ int, e PoolEntry) error { return r.pool(ctx, e) }),
		entries(r, "ResourceServers", d.ResourceServers, func(_ int, e pool.ResourceServer) error { return r.resourceServer(ctx, e) }),
		entries(r, "IdentityProviders", d.IdentityProviders, func(_ int, e ProviderEntry) error { return r.identityProvider(ctx, e) }),
		entries(r, "UserPoolClients", d.UserPoolClients, func(_ int, e ClientEntry) error { return r.client(ctx, e) }),
		entries(r, "UserPoolDomains", d.UserPoolDomains, func(_ int, e pool.Domain) error { return r.domain(ctx, e) }),
		entries(r, "UICustomizations", d.UICustomizations, func(_ int, e CustomizationEntry) error { return r.customization(ctx, e) }),
		entries(r, "Groups", d.Groups, func(_ int, e GroupEntry) error { return r.group(ctx, e) }),
		entries(r, "Users", d.Users, func(i int, e UserEntry) error { return r.user(ctx, i, e) }),
		entries(r, "GroupMembers", d.GroupMembers, func(_ int, e MemberEntry) error { return r.member(ctx, e) }),
	} {
		if err := list(); err != nil {
			return err
		}
	}
	return nil
}

// entries takes the entries of one list in turn.
func entries[T any](r *applying, list string, all []T, take func(int, T) error) func() error {
	return func() error {
		for i, e := range all {
			if err := r.refused(list, i, take(i, e)); err != nil {
				return err
			}
		}
		return nil
	}
}

// named counts a pool of the document.
func (r *applying) named(id string) {
	if r.pools++; r.pools > 1 {
		id = ""
	}
	r.onlyID = id
}

// poolID is the pool that an entry means.
func (r *applying) poolID(id string) string { return cmp.Or(id, r.onlyID) }

func (r *applying) pool(ctx context.Context, e PoolEntry) error {
	wrong := e.Check()
	e.stack = r.stack
	if e.ID != "" && !pool.ValidPoolID(e.ID) {
		r.missing[e.ID] = true
		r.named(e.ID)
		return errors.Join(wrong, refuse("Id", "must look like us-east-1_Example01"))
	}
	before, err := r.findPool(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		made, err := r.makePool(ctx, r.tx, e) // a refused one too, for a while: what else the document has is held against it
		r.named(made.ID)
		r.chance[made.ID], r.missing[made.ID] = e.ID == "", err != nil
		r.touch("user pool", made.ID, made.ID)
		r.changes = append(r.changes, Change{Kind: "user pool", ID: made.ID, Name: made.PoolName, Pool: made.ID, Action: Created})
		return cmp.Or(wrong, err)
	}
	if err != nil {
		return err
	}
	r.named(before.ID)
	r.touch("user pool", before.ID, before.ID)
	if wrong := cmp.Or(wrong, r.owned(before.Stack)); wrong != nil {
		return wrong
	}
	factors, err := e.factors()
	if err != nil {
		return err
	}
	_, members, err := r.changePool(ctx, r.tx, before, e.Settings, factors)
	r.note(Change{Kind: "user pool", ID: before.ID, Name: e.PoolName, Pool: before.ID, Members: members})
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
	e.UserPoolID = r.poolID(e.UserPoolID)
	if err := cmp.Or(e.Check(), unmarked(e.Stack)); err != nil {
		return err
	}
	e.Stack = r.stack
	r.touch("resource server", e.UserPoolID, e.Identifier)
	change := Change{Kind: "resource server", ID: e.Identifier, Name: e.Identifier, Pool: e.UserPoolID, Action: Created}
	before, err := r.tx.ResourceServers.Get(ctx, e.UserPoolID, e.Identifier)
	if errors.Is(err, store.ErrNotFound) {
		r.changes = append(r.changes, change)
		return makeResourceServer(ctx, r.tx, e)
	}
	if err := cmp.Or(err, r.owned(before.Stack)); err != nil {
		return err
	}
	members, lost, err := changeResourceServer(ctx, r.tx, resourceServerChange{before, e, r.Now().UnixMilli()})
	change.Members = members
	r.note(change)
	for _, c := range lost {
		r.note(Change{Kind: "app client", ID: c.ID, Name: c.ClientName, Pool: e.UserPoolID, Members: []string{"AllowedOAuthScopes"}})
	}
	return err
}

func (r *applying) identityProvider(ctx context.Context, e ProviderEntry) error {
	e.UserPoolID = r.poolID(e.UserPoolID)
	change := Change{Kind: "identity provider", ID: e.ProviderName, Name: e.ProviderName, Pool: e.UserPoolID, Action: Created}
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
	e.UserPoolID, e.stack = r.poolID(e.UserPoolID), r.stack
	owner, err := poolOf(ctx, r.tx, e.UserPoolID)
	if err != nil {
		return err
	}
	change := Change{Kind: "app client", Name: e.ClientName, Pool: e.UserPoolID, Action: Created}
	before, err := r.findClient(ctx, e)
	if errors.Is(err, store.ErrNotFound) {
		made, err := r.makeClient(ctx, r.tx, e)
		change.ID = made.ID
		r.touch(change.Kind, made.UserPoolID, made.ID)
		if e.GenerateSecret && e.Secret == "" {
			change.NewSecret = made.Secret
		}
		r.changes = append(r.changes, change)
		return err
	}
	if err := cmp.Or(err, r.owned(before.Stack), r.stays(before, e)); err != nil {
		return err
	}
	r.touch(change.Kind, before.UserPoolID, before.ID)
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
	d.UserPoolID = r.poolID(d.UserPoolID)
	if err := unmarked(d.Stack); err != nil {
		return err
	}
	d.Stack = r.stack
	r.touch("domain", d.UserPoolID, d.Domain)
	change := Change{Kind: "domain", ID: d.Domain, Name: d.Domain, Pool: d.UserPoolID, Action: Created}
	before, err := r.tx.Domain(ctx, d.Domain)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err != nil || before.UserPoolID != d.UserPoolID {
		r.changes = append(r.changes, change)
		return r.makeDomain(ctx, r.tx, d)
	}
	if err := r.owned(before.Stack); err != nil {
		return err
	}
	change.Members, err = r.changeDomain(ctx, r.tx, before, d)
	r.note(change)
	return err
}

func (r *applying) customization(ctx context.Context, e CustomizationEntry) error {
	e.UserPoolID, e.stack = r.poolID(e.UserPoolID), r.stack
	asked, logo, err := e.clean(r.Now().UnixMilli())
	if err != nil {
		return err
	}
	r.touch("customization", asked.UserPoolID, asked.ClientID)
	change := Change{Kind: "customization", ID: asked.ClientID, Name: asked.ClientID, Pool: asked.UserPoolID, Action: Created}
	before, err := r.tx.Brandings.Get(ctx, asked.UserPoolID, asked.ClientID)
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return err
	}
	if err := r.owned(before.Stack); err != nil && !missing {
		return err
	}
	_, change.Members, err = customize(ctx, r.tx, asked, logo)
	if missing && !asked.Empty() {
		r.changes = append(r.changes, change)
	} else {
		r.note(change)
	}
	return err
}

func (r *applying) group(ctx context.Context, e GroupEntry) error {
	e.UserPoolID, e.stack = r.poolID(e.UserPoolID), r.stack
	r.touch("group", e.UserPoolID, e.GroupName)
	change := Change{Kind: "group", ID: e.GroupName, Name: e.GroupName, Pool: e.UserPoolID, Action: Created}
	before, err := r.tx.Groups.Get(ctx, e.UserPoolID, e.GroupName)
	if errors.Is(err, store.ErrNotFound) {
		r.changes = append(r.changes, change)
		_, err := r.makeGroup(ctx, r.tx, e)
		return err
	}
	if err := cmp.Or(err, r.owned(before.Stack)); err != nil {
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
