package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Events are the audit trail. Rows are added, read by pages, and removed when
// their time is over; nothing changes or removes one otherwise. A refusal that
// comes again within its window raises the count of its row.
type Events struct{ db *DB }

// flood bounds the refusals that this node writes.
type flood struct {
	mu sync.Mutex
	pool.Flood
}

// Add writes an event, by one statement and one row whatever it is; nothing where
// it is a call that nobody signed, and often repeated (see [pool.Flood.Admit]).
func (e Events) Add(ctx context.Context, event pool.Event) error {
	fold, count := event.Fold(), int64(1)
	if fold != "" {
		f := &e.db.h.flood
		f.mu.Lock()
		event, count = f.Admit(event)
		f.mu.Unlock()
		if count == 0 {
			return nil
		}
		fold = event.Fold()
	}
	doc, err := e.db.encode(&event, "events", []string{event.UserPoolID, event.ID})
	if err != nil {
		return err
	}
	rows, err := e.db.exec(ctx, `INSERT INTO events (pool, id, subject, kind, about, fold, n, last, doc) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (pool, fold) WHERE fold <> '' DO UPDATE SET n = events.n + excluded.n, last = excluded.last`,
		event.UserPoolID, event.ID, event.Subject, string(event.Kind), event.About, fold, count, event.At, doc)
	e.db.h.meter.events.Add(uint64(rows))
	return err
}

// Pass writes the event that is being noted in ctx, inside the transaction of
// what it tells.
func (e Events) Pass(ctx context.Context) error {
	event, ok := pool.NoteOf(ctx).Passing()
	if !ok {
		return nil
	}
	return e.Add(ctx, event)
}

// Close writes what a verb noted, if that is not written yet: that it passed, or
// that it was refused and why. It is deferred. Where it cannot be written that is
// the verb's error: nothing is acknowledged without its event. The caller may be
// gone.
func (e Events) Close(ctx context.Context, n *pool.Note, err *error) {
	event, ok := n.Ending(*err)
	if !ok {
		return
	}
	if failed := e.Add(context.WithoutCancel(ctx), event); failed != nil {
		*err = fmt.Errorf("writing the audit trail: %w", failed)
	}
}

// EventPage is which events a page has.
type EventPage struct {
	UserPoolID string // "" are those of no pool
	Subject    string // "" are all
	Kinds      []pool.EventKind
	Newest     bool   // first; otherwise the oldest
	After      string // the id of the last one of the page before; "" is the first page
	Limit      int
}

// List returns a page of events.
func (e Events) List(ctx context.Context, page EventPage) ([]pool.Event, error) {
	where, bound, order := "pool = $1 AND id > $2", []any{page.UserPoolID, page.After}, "id"
	if page.Newest {
		where, order = "pool = $1 AND id < $2", "id DESC"
		if page.After == "" {
			bound[1] = "~" // greater than any id
		}
	}
	if page.Subject != "" {
		bound = append(bound, page.Subject)
		where += fmt.Sprintf(" AND subject = $%d AND subject <> ''", len(bound)) // as the index says it
	}
	if len(page.Kinds) > 0 {
		where += " AND kind IN (" + placeholders(len(bound)+1, len(page.Kinds)) + ")"
		for _, kind := range page.Kinds {
			bound = append(bound, string(kind))
		}
	}
	return e.read(ctx, page.UserPoolID, fmt.Sprintf("%s ORDER BY %s LIMIT %d", where, order, page.Limit), bound)
}

// Get returns an event, or ErrNotFound.
func (e Events) Get(ctx context.Context, poolID, id string) (pool.Event, error) {
	found, err := e.read(ctx, poolID, "pool = $1 AND id = $2", []any{poolID, id})
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return pool.Event{}, err
	}
	return found[0], nil
}

// On returns the newest event that is about each of events, by the id of that.
func (e Events) On(ctx context.Context, poolID string, events []pool.Event) (map[string]pool.Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	bound := []any{poolID}
	for _, event := range events {
		bound = append(bound, event.ID)
	}
	found, err := e.read(ctx, poolID, "pool = $1 AND about IN ("+placeholders(2, len(events))+") AND about <> '' ORDER BY id", bound)
	newest := map[string]pool.Event{}
	for _, event := range found {
		newest[event.About] = event
	}
	return newest, err
}

func (e Events) read(ctx context.Context, poolID, where string, bound []any) ([]pool.Event, error) {
	rows, err := e.db.query(ctx, "SELECT id, subject, about, n, last, doc FROM events WHERE "+where, bound...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []pool.Event
	for rows.Next() {
		event, doc := pool.Event{UserPoolID: poolID}, ""
		if err := rows.Scan(&event.ID, &event.Subject, &event.About, &event.Count, &event.Last, &doc); err != nil {
			return nil, err
		}
		if err := e.db.decode(doc, &event, "events", []string{poolID, event.ID}); err != nil {
			return nil, err
		}
		out = append(out, event)
	}
	return out, rows.Err()
}

// Sweep removes at most limit events of a pool from before a time (ms), and says
// how many it removed.
func (e Events) Sweep(ctx context.Context, poolID string, before int64, limit int) (int64, error) {
	return e.db.exec(ctx, `DELETE FROM events WHERE pool = $1 AND id IN (SELECT id FROM events WHERE pool = $1 AND id < $2 ORDER BY id LIMIT $3)`,
		poolID, pool.EventsBefore(before), limit)
}
