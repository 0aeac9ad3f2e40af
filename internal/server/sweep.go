package server

import (
	"context"
	"sync"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const (
	sweepEvery = time.Minute
	sweepBatch = 500
)

// background is everything that runs beside the requests.
func (s *Server) background(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { s.pump.run(ctx) })
	wg.Go(func() { s.sweep(ctx) })
	for range importWorkers {
		wg.Go(func() { s.imports.run(ctx) })
	}
	wg.Wait()
}

// sweep removes expired rows and those of deleted pools, in batches so small that nobody waits for them.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.sweepOnce(ctx)
	}
}

func (s *Server) sweepOnce(ctx context.Context) {
	db, now := s.DB, s.config.Now().UnixMilli()
	for _, table := range []func(context.Context, int64, int) (int64, error){
		db.MailedCodes.Sweep, db.Windows.Sweep, db.Lockouts.Sweep, db.Sessions.Sweep, db.BrowserSessions.Sweep,
		db.Codes.Sweep, db.Grants.Sweep, db.Mails.Sweep, db.SweepDropped,
		db.Imports.Jobs.Sweep, db.Imports.Failures.Sweep, db.Imports.SweepFiles,
	} {
		for {
			n, err := table(ctx, now, sweepBatch)
			if err != nil && ctx.Err() == nil {
				s.config.Log.Error("expired rows cannot be swept", "error", err)
			}
			if err != nil || n < sweepBatch {
				break
			}
		}
	}
	if err := s.SweepEvents(ctx); err != nil && ctx.Err() == nil {
		s.config.Log.Error("the audit trail cannot be swept", "error", err)
	}
}

// sweepPools is of how many pools the audit trail is looked through at a time.
const sweepPools = 100

// SweepEvents removes what the retention of the next pools no longer keeps, and
// of the trail of the house with the first of them.
func (s *Server) SweepEvents(ctx context.Context) error {
	s.events.Lock()
	defer s.events.Unlock()
	pools, err := s.DB.Pools.List(ctx, s.events.swept, sweepPools)
	if err != nil {
		return err
	}
	if s.events.swept == "" {
		pools = append(pools, pool.Pool{})
	}
	s.events.swept = ""
	for i, p := range pools {
		if i == sweepPools-1 {
			s.events.swept = p.ID
		}
		before := s.config.Now().Add(-p.AuditRetention()).UnixMilli()
		for {
			n, err := s.DB.Events.Sweep(ctx, p.ID, before, sweepBatch)
			if err != nil {
				return err
			}
			if n < sweepBatch {
				break
			}
		}
	}
	return nil
}
