package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const (
	pumpWorkers  = 4               // messages on their way at once
	pumpLease    = time.Minute     // longer than one delivery may take
	pumpPatience = 3 * time.Second // how long a page waits for "sent"
	pumpGivesUp  = 24 * time.Hour  // by then no code inside works any more
	pumpBackoff  = 2 * time.Second // doubled at each failure
	pumpSlowest  = 5 * time.Minute // up to this
	pumpLooks    = time.Second     // how often it looks for what other nodes wrote
)

// pump takes mail out of the outbox and hands it to the mail server: at least
// once, with a Message-ID that stays the same. Several nodes may pump.
type pump struct {
	db     *store.DB
	sender *message.Sender
	now    func() time.Time
	log    *slog.Logger
	grace  time.Duration // for what is on its way when the server stops
	wake   chan struct{}

	mu      sync.Mutex
	waiters map[string]chan struct{} // by mail id; closed when it was taken
}

func newPump(c Config, db *store.DB, sender *message.Sender) *pump {
	return &pump{db: db, sender: sender, now: c.Now, log: c.Log, grace: c.Grace, wake: make(chan struct{}, 1), waiters: map[string]chan struct{}{}}
}

// sent wakes the pump and waits a moment for the message; false when it is
// still on its way.
func (p *pump) sent(ctx context.Context, poolID, mailID string) bool {
	taken := make(chan struct{})
	p.mu.Lock()
	p.waiters[mailID] = taken
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.waiters, mailID)
		p.mu.Unlock()
	}()
	p.poke()
	ctx, cancel := context.WithTimeout(ctx, pumpPatience)
	defer cancel()
	look := time.NewTicker(pumpLooks / 2)
	defer look.Stop()
	for {
		select {
		case <-taken:
			return true
		case <-ctx.Done():
			return false
		case <-look.C: // another node may have delivered it
			if state, err := p.db.Mails.State(ctx, poolID, mailID); err == nil && state == pool.MailDelivered {
				return true
			}
		}
	}
}

func (p *pump) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run delivers until ctx ends, then waits for what is on its way.
func (p *pump) run(ctx context.Context) {
	var busy sync.WaitGroup
	defer busy.Wait()
	slots := make(chan struct{}, pumpWorkers)
	look := time.NewTicker(pumpLooks)
	defer look.Stop()
	for {
		for p.round(ctx, slots, &busy) {
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-look.C:
		}
	}
}

// round claims as many messages as there are free workers; true when there may
// be more.
func (p *pump) round(ctx context.Context, slots chan struct{}, busy *sync.WaitGroup) bool {
	free := cap(slots) - len(slots)
	if free == 0 || ctx.Err() != nil {
		return false
	}
	now := p.now()
	mails, err := p.db.Mails.Claim(ctx, now.UnixMilli(), now.Add(pumpLease).UnixMilli(), free)
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("the outbox cannot be read", "error", err)
		}
		return false
	}
	for _, m := range mails {
		slots <- struct{}{}
		busy.Go(func() {
			defer func() { <-slots; p.poke() }()
			p.deliver(ctx, m)
		})
	}
	return len(mails) == free
}

func (p *pump) deliver(until context.Context, m pool.Mail) {
	// What is on its way at the end gets a little longer; cut off it stays in the
	// outbox and goes out again.
	ctx, cancel := context.WithCancel(context.WithoutCancel(until))
	defer cancel()
	defer context.AfterFunc(until, func() { time.AfterFunc(p.grace, cancel) })()
	err := p.sender.Deliver(ctx, m)
	ctx = context.WithoutCancel(until)
	m.Attempts++
	now := p.now()
	var refused *message.DeliveryError
	switch {
	case err == nil:
		m.State, m.LastError = pool.MailDelivered, ""
	case errors.As(err, &refused) && refused.Permanent, now.UnixMilli()-m.CreatedAt > pumpGivesUp.Milliseconds():
		m.State, m.LastError = pool.MailFailed, err.Error()
	default:
		m.LastError = err.Error()
		m.DueAt = now.Add(min(pumpBackoff<<min(m.Attempts-1, 10), pumpSlowest)).UnixMilli()
	}
	if m.State != pool.MailWaiting && p.sender.Out != nil {
		m.Subject, m.Text, m.HTML, m.Code = "", "", "", "" // what is done holds no code any more
	}
	if err != nil {
		p.log.Warn("mail was not taken", "id", m.ID, "to", pool.MaskEmail(m.To), "attempts", m.Attempts, "state", m.State, "error", err)
	}
	if err := p.db.Mails.Finish(ctx, &m); err != nil {
		p.log.Error("the outbox cannot be written", "id", m.ID, "error", err)
		return
	}
	if m.State == pool.MailDelivered {
		p.mu.Lock()
		if taken, ok := p.waiters[m.ID]; ok {
			close(taken)
			delete(p.waiters, m.ID)
		}
		p.mu.Unlock()
	}
}
