package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
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
		did, err := m.work(ctx)
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

// work is one turn. A fault of the program in a file's row ends the turn and not
// the server: people sign in meanwhile.
func (m *importer) work(ctx context.Context) (did bool, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			did, err = false, fmt.Errorf("a fault of the program: %v", fault)
		}
	}()
	return m.verb.Work(ctx)
}

// What `poolhouse imports` shows.
type (
	ImportJob     = pool.ImportJob
	ImportFailure = pool.ImportFailure
)

// ListImports returns the user import jobs of a pool, or of all pools for "", in
// the order in which they were made.
func ListImports(ctx context.Context, l Ledger, poolID string) (jobs []ImportJob, err error) {
	if err := l.there(); err != nil {
		return nil, err
	}
	err = l.use(ctx, func(ctx context.Context, s *setup.Setup) error {
		imports := account.Imports{DB: s.DB, Now: time.Now}
		pools, err := poolsOf(ctx, s.DB, poolID)
		if err != nil {
			return err
		}
		for _, p := range pools {
			some, err := imports.List(ctx, p, "", pool.MaxImportJobs)
			if err != nil {
				return err
			}
			jobs = append(jobs, some...)
		}
		return nil
	})
	return jobs, err
}

// poolsOf is a pool, or for "" every pool.
func poolsOf(ctx context.Context, db *store.DB, id string) (all []pool.Pool, err error) {
	if id != "" {
		p, err := db.Pools.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("POOL: there is no user pool %q", id)
		}
		return []pool.Pool{p}, err
	}
	const page = 1000
	for after := ""; ; {
		some, err := db.Pools.List(ctx, after, page)
		all = append(all, some...)
		if err != nil || len(some) < page {
			return all, err
		}
		after = some[len(some)-1].ID
	}
}

// ImportFailures returns the lines of a job that made no user, as far as they are
// kept, with the job.
func ImportFailures(ctx context.Context, l Ledger, poolID, jobID string) (j ImportJob, failures []ImportFailure, err error) {
	if err := l.there(); err != nil {
		return j, nil, err
	}
	err = l.use(ctx, func(ctx context.Context, s *setup.Setup) error {
		imports := account.Imports{DB: s.DB, Now: time.Now}
		pools, err := poolsOf(ctx, s.DB, poolID)
		if err != nil {
			return err
		}
		if j, err = imports.Get(ctx, pools[0], jobID); pool.AsError(err) != nil {
			return fmt.Errorf("JOB: there is no user import job %q in the pool", jobID)
		}
		if err == nil {
			failures, err = imports.Failures(ctx, poolID, jobID, 0, pool.MaxImportFailures)
		}
		return err
	})
	return j, failures, err
}
