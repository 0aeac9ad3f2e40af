package server

import (
	"context"
	"sync"
	"time"
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
}
