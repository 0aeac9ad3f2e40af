package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

const (
	importWorkers = 2               // jobs that a node carries out at once
	importLooks   = 5 * time.Second // how often it looks for those that other nodes started or left
)

// importer carries out user import jobs in the background. Several nodes may.
type importer struct {
	verb *account.Imports
	log  *slog.Logger
	wake chan struct{}
}

func newImporter(verb *account.Imports, log *slog.Logger) *importer {
	m := &importer{verb: verb, log: log, wake: make(chan struct{}, 1)}
	verb.Wake = func() {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
	return m
}

// run works until ctx ends; it leaves a job between two batches.
func (m *importer) run(ctx context.Context) {
	look := time.NewTicker(importLooks)
	defer look.Stop()
	for {
		did, err := m.verb.Work(ctx)
		if err != nil && ctx.Err() == nil {
			m.log.Error("a user import job cannot go on", "error", err)
		}
		if did && err == nil && ctx.Err() == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		case <-look.C:
		}
	}
}

// What `poolhouse imports` shows.
type (
	ImportJob     = pool.ImportJob
	ImportFailure = pool.ImportFailure
)

// ListImports returns the user import jobs of a pool, or of all pools for "", in
// the order in which they were made.
func ListImports(ctx context.Context, l Ledger, poolID string) (jobs []ImportJob, err error) {
	const page = 1000
	err = l.use(ctx, func(s *setup.Setup) error {
		imports := account.Imports{DB: s.DB, Now: time.Now}
		for after := ""; ; {
			pools, err := s.DB.Pools.List(ctx, after, page)
			if err != nil {
				return err
			}
			for _, p := range pools {
				after = p.ID
				if poolID != "" && p.ID != poolID {
					continue
				}
				some, err := imports.List(ctx, p, "", pool.MaxImportJobs)
				if err != nil {
					return err
				}
				jobs = append(jobs, some...)
			}
			if len(pools) < page {
				return nil
			}
		}
	})
	return jobs, err
}

// ImportFailures returns the lines of a job that made no user, as far as they are
// kept, with the job.
func ImportFailures(ctx context.Context, l Ledger, poolID, jobID string) (j ImportJob, failures []ImportFailure, err error) {
	err = l.use(ctx, func(s *setup.Setup) error {
		imports := account.Imports{DB: s.DB, Now: time.Now}
		if j, err = imports.Get(ctx, pool.Pool{ID: poolID}, jobID); err != nil {
			return err
		}
		failures, err = imports.Failures(ctx, poolID, jobID, 0, pool.MaxImportFailures)
		return err
	})
	return j, failures, err
}
