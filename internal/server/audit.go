package server

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
)

// What `poolhouse audit` and `poolhouse why` give, for the command line.
type (
	Event     = pool.Event
	Standing  = signin.Standing
	Hindrance = pool.Hindrance
)

// onCommandLine is ctx with the caller of a command: the account of the machine
// that runs it, as far as the system says.
func onCommandLine(ctx context.Context) context.Context {
	c := pool.Caller{Door: pool.DoorCommand}
	if u, err := user.Current(); err == nil {
		c.Operator.Name = u.Username
	}
	return c.In(ctx)
}

// AuditAsk says which events are wanted.
type AuditAsk struct {
	Pool     string // the id; "" is all pools, and what is no pool's
	User     string // a name, a sub, or a name that nobody has; it needs a pool, if there are several
	Since    time.Time
	Follow   time.Duration // asks again after so long, until ctx ends; 0 ends with the last event
	Feedback bool          // also makes the tokens by which people give feedback
}

// auditPage is how many events are read at a time.
const auditPage = 200

// settles is how old an event is that is followed: younger ones may still be in
// a transaction that ends before an older one's.
const settles = 3 * time.Second

// Audit gives events in the order of their time, the oldest first, each with its
// feedback token where that is asked for.
func Audit(ctx context.Context, l Ledger, ask AuditAsk, give func(e Event, feedbackToken string) error) error {
	return l.read(ctx, func(db *store.DB, people *signin.Signin) error {
		subject := ""
		if ask.User != "" {
			p, err := choosePool(ctx, db, ask.Pool)
			if err != nil {
				return err
			}
			who, err := people.Why(ctx, p, ask.User)
			if err != nil {
				return err
			}
			ask.Pool, subject = p.ID, who.Subject
		}
		trail := &trail{db: db, subject: subject, after: map[string]string{}, since: pool.EventsBefore(ask.Since.UnixMilli())}
		if ask.Since.IsZero() {
			trail.since = ""
		}
		for {
			until := "~"
			if ask.Follow > 0 {
				until = pool.EventsBefore(time.Now().Add(-settles).UnixMilli())
			}
			err := trail.each(ctx, ask.Pool, until, func(e Event) error {
				token := ""
				if ask.Feedback && e.Judged() && e.Subject != "" && !pool.UnknownSubject(e.Subject) {
					token = people.FeedbackToken(e.UserPoolID, e.ID)
				}
				return give(e, token)
			})
			if err != nil || ask.Follow == 0 {
				return err
			}
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(ask.Follow):
			}
		}
	})
}

// Why says how somebody stands in a pool, whose id may be left out where there is
// one.
func Why(ctx context.Context, l Ledger, poolID, username string) (who Standing, err error) {
	err = l.read(ctx, func(db *store.DB, people *signin.Signin) error {
		p, err := choosePool(ctx, db, poolID)
		if err == nil {
			who, err = people.Why(ctx, p, username)
		}
		return err
	})
	return who, err
}

// read opens a ledger to look at what people did.
func (l Ledger) read(ctx context.Context, do func(*store.DB, *signin.Signin) error) error {
	if err := l.there(); err != nil {
		return err
	}
	ring, db, err := OpenLedger(ctx, l.Database, l.MasterKeyFile, l.Log)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db, &signin.Signin{DB: db, NameKey: ring.Derive("names"), FeedbackKey: ring.Derive("feedback"), Now: time.Now})
}

// choosePool is the pool with the id, or the only one.
func choosePool(ctx context.Context, db *store.DB, id string) (pool.Pool, error) {
	if id != "" {
		p, err := db.Pools.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("--pool: there is no user pool %q", id)
		}
		return p, err
	}
	pools, err := db.Pools.List(ctx, "", 20)
	if err == nil && len(pools) == 0 {
		err = errors.New("there is no user pool")
	}
	if err == nil && len(pools) > 1 {
		var ids []string
		for _, p := range pools {
			ids = append(ids, p.ID)
		}
		err = fmt.Errorf("say which user pool with --pool: %s", strings.Join(ids, ", "))
	}
	if err != nil {
		return pool.Pool{}, err
	}
	return pools[0], nil
}

// trail reads the trails of several pools as one, in pages of each.
type trail struct {
	db      *store.DB
	subject string
	since   string            // the least id
	after   map[string]string // the last id given, by pool
}

// each gives the events with ids less than until that it has not given yet, of
// one pool or, for "", of all and of the house.
func (t *trail) each(ctx context.Context, poolID, until string, give func(Event) error) error {
	pools := []string{poolID}
	for after := ""; poolID == ""; {
		page, err := t.db.Pools.List(ctx, after, 100)
		if err != nil {
			return err
		}
		for _, p := range page {
			pools, after = append(pools, p.ID), p.ID
		}
		if len(page) < 100 {
			break
		}
	}
	var heads heads
	for _, id := range pools {
		if err := t.more(ctx, &heads, id); err != nil {
			return err
		}
	}
	for heads.Len() > 0 {
		page := heap.Pop(&heads).([]Event)
		e := page[0]
		if e.ID >= until {
			return nil
		}
		if err := give(e); err != nil {
			return err
		}
		t.after[e.UserPoolID] = e.ID
		if len(page) > 1 {
			heap.Push(&heads, page[1:])
		} else if err := t.more(ctx, &heads, e.UserPoolID); err != nil {
			return err
		}
	}
	return nil
}

func (t *trail) more(ctx context.Context, h *heads, poolID string) error {
	page, err := t.db.Events.List(ctx, store.EventPage{UserPoolID: poolID, Subject: t.subject, After: cmp.Or(t.after[poolID], t.since), Limit: auditPage})
	if err == nil && len(page) > 0 {
		heap.Push(h, page)
	}
	return err
}

// heads are the pages in hand, that with the oldest event first.
type heads [][]Event

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i][0].ID < h[j][0].ID }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is called by the heap.
func (h *heads) Push(page any) { *h = append(*h, page.([]Event)) }

// Pop is called by the heap.
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
