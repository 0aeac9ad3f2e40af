package setup

import (
	"context"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// A document that comes from a template says for which stack it is, and what it
// makes carries that name: a stack changes nothing that another made, whatever
// the template calls it, and what it made once and no longer has is known.

// owned refuses, for a stack, what is there already and is not the stack's.
func (r *applying) owned(has string) error {
	if r.stack == "" || has == r.stack {
		return nil
	}
	return refuse("Stack", fmt.Sprintf("is there already, and the stack %s did not make it", r.stack))
}

// unmarked refuses an entry that says by itself whose it is.
func unmarked(has string) error {
	if has != "" {
		return refuse("Stack", "is said once, for the whole document")
	}
	return nil
}

// stays refuses to give a stack's app client a secret that it was not made with:
// CloudFormation would make another client.
func (r *applying) stays(before pool.Client, e ClientEntry) error {
	if r.stack == "" || before.Public() == !e.GenerateSecret {
		return nil
	}
	return refuse("GenerateSecret", "cannot be changed once the app client has been created")
}

// touch notes a record that the document has.
func (r *applying) touch(kind, poolID, id string) { r.touched[[3]string{kind, poolID, id}] = true }

// left lists what the stack made and the document no longer has. Nothing is ever
// deleted.
func (r *applying) left(ctx context.Context) error {
	if r.stack == "" {
		return nil
	}
	for after := ""; ; {
		pools, err := r.tx.Pools.List(ctx, after, 100)
		if err != nil || len(pools) == 0 {
			return err
		}
		for _, p := range pools {
			after = p.ID
			r.leave(p.Stack, Change{Kind: "user pool", ID: p.ID, Name: p.PoolName}, p.ID)
			if err := r.leftIn(ctx, p.ID); err != nil {
				return err
			}
		}
	}
}

// leave adds one record that is the stack's and was not touched.
func (r *applying) leave(stack string, c Change, poolID string) {
	if stack == r.stack && !r.touched[[3]string{c.Kind, poolID, c.ID}] {
		c.Action = Left
		r.changes = append(r.changes, c)
	}
}

func (r *applying) leftIn(ctx context.Context, poolID string) error {
	err := every(func(after string) ([]pool.Client, error) { return r.tx.Clients.List(ctx, after, 100, poolID) }, func(c pool.Client) string {
		r.leave(c.Stack, Change{Kind: "app client", ID: c.ID, Name: c.ClientName}, poolID)
		return c.ID
	})
	if err != nil {
		return err
	}
	err = every(func(after string) ([]pool.ResourceServer, error) {
		return r.tx.ResourceServers.List(ctx, after, 100, poolID)
	}, func(s pool.ResourceServer) string {
		r.leave(s.Stack, Change{Kind: "resource server", ID: s.Identifier, Name: s.Name}, poolID)
		return s.Identifier
	})
	if err != nil {
		return err
	}
	err = every(func(after string) ([]pool.Group, error) { return r.tx.Groups.List(ctx, after, 100, poolID) }, func(g pool.Group) string {
		r.leave(g.Stack, Change{Kind: "group", ID: g.GroupName, Name: g.GroupName}, poolID)
		return g.GroupName
	})
	if err != nil {
		return err
	}
	err = every(func(after string) ([]pool.UICustomization, error) {
		return r.tx.Brandings.List(ctx, after, 100, poolID)
	}, func(c pool.UICustomization) string {
		r.leave(c.Stack, Change{Kind: "customization", ID: c.ClientID, Name: c.ClientID}, poolID)
		return c.ClientID
	})
	if err != nil {
		return err
	}
	domains, err := r.tx.DomainsOf(ctx, poolID)
	for _, d := range domains {
		r.leave(d.Stack, Change{Kind: "domain", ID: d.Domain, Name: d.Domain}, poolID)
	}
	return err
}

// every pages through records.
func every[T any](page func(after string) ([]T, error), each func(T) (id string)) error {
	for after := ""; ; {
		records, err := page(after)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, v := range records {
			after = each(v)
		}
	}
}
