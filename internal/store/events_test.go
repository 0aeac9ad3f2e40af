package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Events come back as they were, by pages in both directions, of a pool and of
// somebody; the same refusal is counted; what is too old is swept in pages.
func TestEvents(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		ctx, db := t.Context(), open(t, location, newRing(t))
		began := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
		event := func(i int) pool.Event {
			at := began.Add(time.Duration(i) * time.Second)
			return pool.Event{
				UserPoolID: poolID, ID: pool.NewEventID(at), At: at.UnixMilli(), Kind: pool.EventSignIn, Result: pool.Passed, Subject: fmt.Sprint("sub", i%2),
				From: pool.Device{IP: "192.0.2.1", UserAgent: "\x1b\u202e"}, Target: map[string]string{"a": "b"}, Members: []string{"c"},
			}
		}
		for i := range 10 {
			must(t, db.Events.Add(ctx, event(i)))
		}
		other := event(3)
		other.UserPoolID = otherPoolID
		must(t, db.Events.Add(ctx, other))
		ids := func(page store.EventPage) (seconds []int64) {
			t.Helper()
			events, err := db.Events.List(ctx, page)
			must(t, err)
			for _, e := range events {
				seconds = append(seconds, (e.At-began.UnixMilli())/1000)
				if want := event(0); e.From != want.From || e.Target["a"] != "b" || e.Members[0] != "c" || e.Count != 1 || e.Last != e.At || e.UserPoolID != poolID {
					t.Errorf("an event came back as %+v", e)
				}
			}
			return seconds
		}
		first, err := db.Events.List(ctx, store.EventPage{UserPoolID: poolID, Limit: 3})
		must(t, err)
		for want, page := range map[string]store.EventPage{
			"[0 1 2]": {UserPoolID: poolID, Limit: 3}, "[3 4]": {UserPoolID: poolID, After: first[2].ID, Limit: 2}, "[9 8]": {UserPoolID: poolID, Newest: true, Limit: 2},
			"[1 0]": {UserPoolID: poolID, Newest: true, After: first[2].ID, Limit: 5}, "[1 3 5 7 9]": {UserPoolID: poolID, Subject: "sub1", Limit: 9},
			"[8 6]": {UserPoolID: poolID, Subject: "sub0", Newest: true, Limit: 2, Kinds: []pool.EventKind{pool.EventToken, pool.EventSignIn}},
			"[]":    {UserPoolID: poolID, Kinds: []pool.EventKind{pool.EventToken}, Limit: 9},
		} {
			if got := fmt.Sprint(ids(page)); got != want {
				t.Errorf("the page has %s, want %s", got, want)
			}
		}
		refusal := event(20)
		refusal.Result, refusal.Reason = pool.Refused, pool.ReasonPassword
		for i := range 3 {
			refusal.At += int64(i)
			refusal.ID = pool.NewEventID(time.UnixMilli(refusal.At))
			cost := db.Cost()
			must(t, db.Events.Add(ctx, refusal))
			if cost = db.Cost().Since(cost); cost != (store.Cost{Statements: 1, Rows: 1, Events: 1}) {
				t.Errorf("refusal %d cost %+v", i, cost)
			}
		}
		newest, err := db.Events.List(ctx, store.EventPage{UserPoolID: poolID, Newest: true, Limit: 1})
		if err != nil || newest[0].Count != 3 || newest[0].Last != refusal.At || newest[0].At != refusal.At-3 {
			t.Errorf("three refusals are %+v, %v", newest, err)
		}
		verdict := event(30)
		verdict.Kind, verdict.About, verdict.Feedback = pool.EventFeedback, first[0].ID, "Invalid"
		must(t, db.Events.Add(ctx, verdict))
		verdict.ID, verdict.Feedback = pool.NewEventID(began.Add(time.Minute)), "Valid"
		must(t, db.Events.Add(ctx, verdict))
		on, err := db.Events.On(ctx, poolID, first)
		if err != nil || len(on) != 1 || on[first[0].ID].Feedback != "Valid" {
			t.Errorf("the newest feedback is %+v, %v", on, err)
		}
		if _, err := db.Events.Get(ctx, otherPoolID, first[0].ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another pool has the event: %v", err)
		}
		for _, want := range []int64{3, 2, 0} {
			if n, err := db.Events.Sweep(ctx, poolID, began.Add(5*time.Second).UnixMilli(), 3); n != want || err != nil {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		if got := fmt.Sprint(ids(store.EventPage{UserPoolID: poolID, Limit: 2})); got != "[5 6]" {
			t.Errorf("after the sweep the trail begins with %s", got)
		}
	})
}

// An event that is noted is written once: with what it tells, or not at all, and
// a refusal by itself, though the caller has gone.
func TestNotedEvents(t *testing.T) {
	t.Parallel()
	onLocations(t, func(t *testing.T, location string) {
		db := open(t, location, newRing(t))
		app := pool.App{Pool: pool.Pool{ID: poolID}}
		fault, refusal := errors.New("a fault"), &pool.Error{Kind: pool.NotAuthorized, Reason: "password"}
		do := func(inTx, after error) (err error) {
			ctx, cancel := context.WithCancel(t.Context())
			ctx, note := pool.Noting(ctx, app, pool.EventSignUp, time.Now)
			defer db.Events.Close(ctx, note, &err)
			defer cancel()
			err = db.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
				if err := tx.Events.Pass(ctx); err != nil {
					return err
				}
				return inTx
			})
			return errors.Join(err, after)
		}
		for _, c := range []struct {
			inTx, after error
			want        string
		}{{nil, nil, "passed"}, {refusal, nil, "refused"}, {fault, nil, ""}, {nil, fault, "passed"}} {
			before, err := db.Events.List(t.Context(), store.EventPage{UserPoolID: poolID, Limit: 99})
			must(t, err)
			do(c.inTx, c.after)
			after, err := db.Events.List(t.Context(), store.EventPage{UserPoolID: poolID, Limit: 99})
			must(t, err)
			got := ""
			for _, e := range after[len(before):] {
				got += string(e.Result)
			}
			if got != c.want {
				t.Errorf("%v, %v: %q was written, want %q", c.inTx, c.after, got, c.want)
			}
		}
	})
}
