package password

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBusyAfterTenSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(Light(), 1)
		h.slots <- struct{}{}
		start := time.Now()
		err := h.Waste(t.Context(), "secret")
		if !errors.Is(err, ErrBusy) || time.Since(start) != 10*time.Second {
			t.Errorf("err = %v after %v, want ErrBusy after 10s", err, time.Since(start))
		}
	})
}

func TestBusyAtTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(Light(), 1)
		h.slots <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := h.Hash(ctx, "secret")
		if !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("err = %v after %v, want ErrBusy after 1s", err, time.Since(start))
		}
	})
}

func TestWaitsForASlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewHasher(Light(), 1)
		h.slots <- struct{}{}
		time.AfterFunc(5*time.Second, func() { <-h.slots })
		if err := h.Waste(t.Context(), "secret"); err != nil {
			t.Errorf("err = %v, want a slot after 5s", err)
		}
		if len(h.slots) != 0 {
			t.Error("the slot was not given back")
		}
	})
}

// TestBusyAtOnce: where eight wait for each slot, the next is told at once, and
// nobody who waits loses the place.
func TestBusyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const slots = 2
		h := NewHasher(Light(), slots)
		var waiting sync.WaitGroup
		for range slots { // computations that never seem to end
			if err := h.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, giveUp := context.WithCancel(t.Context())
		for i := range 8 * slots {
			who := t.Context()
			if i == 0 {
				who = ctx
			}
			waiting.Go(func() {
				if err := h.Waste(who, "secret"); err != nil && i != 0 {
					t.Errorf("number %d in the queue: %v", i, err)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		if err := h.Waste(t.Context(), "secret"); !errors.Is(err, ErrBusy) || time.Since(start) != 0 {
			t.Errorf("with a full queue: %v after %v, want ErrBusy at once", err, time.Since(start))
		}
		giveUp() // one place in the queue becomes free
		synctest.Wait()
		waiting.Go(func() {
			if err := h.Waste(t.Context(), "secret"); err != nil {
				t.Errorf("in the place of one who gave up: %v", err)
			}
		})
		synctest.Wait()
		for range slots {
			h.leave()
		}
		waiting.Wait()
		if n := h.Count(); n != 8*slots || len(h.room) != 0 || len(h.slots) != 0 {
			t.Errorf("%d computations, %d still inside, %d slots taken; want %d, 0 and 0", n, len(h.room), len(h.slots), 8*slots)
		}
	})
}
