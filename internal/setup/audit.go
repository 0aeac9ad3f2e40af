package setup

import (
	"context"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// record adds what a document has changed to the audit trail, in the transaction
// of the changes. Pools that are made are in the trail of the house.
func (r *applying) record(ctx context.Context) error {
	for _, c := range r.changes {
		if c.Action != Created && c.Action != Updated {
			continue
		}
		e := pool.Event{
			UserPoolID: c.Pool, Operation: "apply", Members: c.Members, Target: map[string]string{"Kind": c.Kind, "Id": c.ID, "Action": string(c.Action)},
		}
		if c.NewSecret != "" {
			e.Members = append(e.Members, "ClientSecret")
		}
		switch {
		case c.Kind == "user pool" && c.Action == Created:
			e.UserPoolID, e.Target["UserPoolId"] = "", c.Pool
		case c.Kind == "user":
			e.Subject = c.ID
		case c.Kind == "group member":
			_, e.Subject, _ = cutLast(c.ID, "/")
		}
		if err := r.Setup.record(ctx, r.tx, e); err != nil {
			return err
		}
	}
	return nil
}

func cutLast(s, at string) (before, after string, found bool) {
	if i := strings.LastIndex(s, at); i >= 0 {
		return s[:i], s[i+len(at):], true
	}
	return s, "", false
}

// Record adds what the caller does with a whole pool, beside what Setup does.
func (s *Setup) Record(ctx context.Context, e pool.Event) error { return s.record(ctx, s.DB, e) }

// record adds one change by whoever is the caller.
func (s *Setup) record(ctx context.Context, tx *store.DB, e pool.Event) error {
	ctx, _ = pool.NotingOperation(ctx, e, s.Now)
	return tx.Events.Pass(ctx)
}
