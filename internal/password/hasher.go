package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// ErrBusy says that no slot came free in time, or that too many wait for one
// already. The caller may be asked to try again; when its context ended first,
// the error wraps that as well.
var ErrBusy = errors.New("password: too many passwords are being hashed")

// maxWait bounds the wait for a slot when the context has no nearer deadline.
const maxWait = 10 * time.Second

// maxQueue is how many may wait for each slot. A longer line would make everybody
// wait longer than people do, for a password that nobody waits for any more.
const maxQueue = 8

// Hasher makes and checks hashes, a limited number at a time. It is safe for
// concurrent use.
type Hasher struct {
	params Params
	slots  chan struct{}
	room   chan struct{} // for who is in a slot or waits for one
	count  atomic.Uint64
}

// NewHasher returns a Hasher that writes hashes with the costs p and runs at most
// slots computations at once (at least one). It panics when p is out of the
// bounds that Params names, for that is a mistake in the program.
func NewHasher(p Params, slots int) *Hasher {
	if !p.valid() {
		panic(fmt.Sprintf("password: parameters out of bounds: %+v", p))
	}
	slots = max(slots, 1)
	return &Hasher{params: p, slots: make(chan struct{}, slots), room: make(chan struct{}, slots*(1+maxQueue))}
}

// Hash returns the PHC string of password under a fresh random salt of 16 bytes.
// It fails with ErrBusy only.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	made := phc{params: h.params, salt: salt, hash: make([]byte, hashBytes)}
	hash, err := h.compute(ctx, made, password)
	if err != nil {
		return "", err
	}
	made.hash = hash
	return made.String(), nil
}

// Check reports whether password is the one that stored was made from, comparing
// in constant time. Outdated says that stored was made with other costs or sizes
// than this Hasher's, so that a caller who now holds the right password can write
// it anew. A stored text that is no hash gives ErrMalformed; ErrBusy as for Hash.
func (h *Hasher) Check(ctx context.Context, stored, password string) (ok, outdated bool, err error) {
	want, err := parse(stored)
	if err != nil {
		return false, false, err
	}
	got, err := h.compute(ctx, want, password)
	if err != nil {
		return false, false, err
	}
	outdated = want.params != h.params || len(want.salt) != saltBytes || len(want.hash) != hashBytes
	return subtle.ConstantTimeCompare(got, want.hash) == 1, outdated, nil
}

// Waste does the work of one Check and forgets the result. Call it for a user who
// does not exist, so that the answer takes a slot and the time that a wrong
// password takes. Its costs are those that Hash writes with: once a password has
// been written since the costs were last changed, the two cannot be told apart.
func (h *Hasher) Waste(ctx context.Context, password string) error {
	blank := phc{params: h.params, salt: make([]byte, saltBytes), hash: make([]byte, hashBytes)}
	_, err := h.compute(ctx, blank, password)
	return err
}

// Count returns how many argon2 computations this Hasher has made. Tests compare
// it between routes that must cost the same.
func (h *Hasher) Count() uint64 { return h.count.Load() }

// compute runs argon2id in a slot with the salt, the costs and the hash length of
// like.
func (h *Hasher) compute(ctx context.Context, like phc, password string) ([]byte, error) {
	if err := h.enter(ctx); err != nil {
		return nil, err
	}
	defer h.leave()
	h.count.Add(1)
	p := like.params
	return argon2.IDKey([]byte(password), like.salt, p.Passes, p.MemoryKiB, p.Lanes, uint32(len(like.hash))), nil
}

// enter waits for a slot, unless too many wait already. A computation under way
// cannot be interrupted, so the context counts only up to here.
func (h *Hasher) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	select {
	case h.room <- struct{}{}:
	default:
		return ErrBusy
	}
	err := h.wait(ctx)
	if err != nil {
		<-h.room
	}
	return err
}

func (h *Hasher) wait(ctx context.Context) error {
	patience := time.NewTimer(maxWait)
	defer patience.Stop()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	case <-patience.C:
		return ErrBusy
	}
}

func (h *Hasher) leave() {
	<-h.slots
	<-h.room
}
