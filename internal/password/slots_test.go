package password

import (
	"context"
	"errors"
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
