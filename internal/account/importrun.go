package account

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/poolhouse/poolhouse/internal/csvrows"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const (
	importLease = time.Minute // far longer than a batch takes
	importBatch = 50          // rows; others who write wait for one batch at most
)

// errLost says that a job is no longer this holder's: it was stopped, or it took
// so long that another has claimed it.
var errLost = errors.New("the import job is no longer ours")

// Work carries out a job that is due, if there is one, to its end or until ctx
// ends; did says whether there was one. Users and progress are written together,
// a batch at a time: whoever claims the job after a crash goes on behind the last
// batch, and makes no user twice.
func (i *Imports) Work(ctx context.Context) (did bool, err error) {
	holder, now := pool.NewUUID(), i.Now()
	j, err := i.DB.Imports.Claim(ctx, holder, now.UnixMilli(), now.Add(importLease).UnixMilli())
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = i.work(ctx, j, holder)
	switch {
	case errors.Is(err, errLost):
		return true, nil
	case ctx.Err() != nil: // for whoever is still there
		if freed := i.DB.Imports.Hold(context.WithoutCancel(ctx), j, holder, 0); !errors.Is(freed, store.ErrNotFound) {
			return true, freed
		}
		return true, nil
	}
	return true, err
}

func (i *Imports) work(ctx context.Context, j pool.ImportJob, holder string) error {
	p, err := i.DB.Pools.Get(ctx, j.UserPoolID)
	if err != nil {
		return err
	}
	run := importRun{i: i, p: p, j: j, holder: holder}
	run.rows = csvrows.NewReader(i.DB.Imports.Read(ctx, j.UserPoolID, j.File, j.ReadBytes), csvrows.Place{Offset: j.ReadBytes, Line: j.Lines})
	if len(j.Columns) == 0 {
		err = run.readColumns(ctx)
	}
	for err == nil && run.j.CompletionDate == 0 {
		err = run.batch(ctx)
	}
	return err
}

// importRun is a job in the hands of its holder.
type importRun struct {
	i      *Imports
	p      pool.Pool
	j      pool.ImportJob // as it was written last
	holder string
	rows   *csvrows.Reader
}

// readColumns reads the first row: a file without the pool's columns fails as a
// whole.
func (r *importRun) readColumns(ctx context.Context) error {
	row, err := r.rows.Next()
	switch {
	case err == io.EOF:
		err = errors.New("the file is empty")
	case err != nil:
		return err
	case row.Err != nil:
		err = row.Err
	default:
		err = r.p.CheckImportColumns(row.Cells)
	}
	now := r.i.Now().UnixMilli()
	return r.write(ctx, nil, func(j *pool.ImportJob) {
		if err != nil {
			j.End(pool.ImportFailed, "The first row of the file: "+err.Error()+".", now)
			return
		}
		j.Columns, j.ReadBytes, j.Lines = row.Cells, row.After.Offset, row.After.Line
	})
}

// line is a row that was held against the pool's rules: a user, or why not.
type line struct {
	number int64
	user   pool.User
	err    error
}

// batch makes the users of the next rows.
func (r *importRun) batch(ctx context.Context) error {
	var lines []line
	now, after, end := r.i.Now().UnixMilli(), csvrows.Place{Offset: r.j.ReadBytes, Line: r.j.Lines}, false
	for len(lines) < importBatch {
		row, err := r.rows.Next()
		if err == io.EOF {
			end = true
			break
		}
		if err != nil {
			return err
		}
		one := line{number: row.Line, err: row.Err}
		if one.err == nil {
			one.user, one.err = r.p.NewImported(r.j.Columns, row.Cells, now)
		}
		lines, after = append(lines, one), row.After
	}
	over := r.j.Imported + r.j.Skipped + r.j.Failed + int64(len(lines)) - pool.MaxImportUsers
	if over > 0 {
		lines = lines[:int64(len(lines))-over]
	}
	return r.write(ctx, lines, func(j *pool.ImportJob) {
		j.ReadBytes, j.Lines = after.Offset, after.Line
		switch {
		case over > 0:
			j.End(pool.ImportFailed, "The file has more than 500,000 users; the first 500,000 were read.", now)
		case end:
			j.Complete(now)
		}
	})
}

// write makes the users of some lines and the job's progress in one transaction,
// in which the job is still the holder's.
func (r *importRun) write(ctx context.Context, lines []line, progress func(*pool.ImportJob)) error {
	now := r.i.Now()
	var j pool.ImportJob
	err := r.i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		err := tx.Imports.Hold(ctx, r.j, r.holder, now.Add(importLease).UnixMilli())
		if errors.Is(err, store.ErrNotFound) {
			return errLost
		}
		if err != nil {
			return err
		}
		j = r.j
		j.Status = pool.ImportInProgress
		for _, one := range lines {
			if err := r.makeUser(ctx, tx, &j, one, now.UnixMilli()); err != nil {
				return err
			}
		}
		progress(&j)
		if err := tx.Imports.Jobs.Put(ctx, &j, j.UserPoolID, j.ID); err != nil || j.CompletionDate == 0 {
			return err
		}
		return r.i.ended(ctx, tx, j)
	})
	if err == nil {
		r.j = j
	}
	return err
}

// makeUser makes one user, or counts and keeps why there is none.
func (r *importRun) makeUser(ctx context.Context, tx *store.DB, j *pool.ImportJob, one line, now int64) error {
	failure := pool.ImportFailure{Line: one.number, At: now}
	if one.err == nil {
		err := tx.Attempt(ctx, func() error { return tx.Users.CreateNamed(ctx, r.p, &one.user, false) })
		taken, ok := errors.AsType[*store.TakenError](err)
		switch {
		case err == nil:
			j.Imported++
			return nil
		case !ok:
			return err
		case r.p.IsUsername(taken.Name.Kind):
			failure.Skipped, failure.Reason = true, "The user already exists."
		default:
			failure.Reason = "Another user has the " + string(taken.Name.Kind) + " as an alias."
		}
	} else {
		failure.Reason = pool.ImportReason(one.err)
	}
	keeps := j.Keeps()
	if failure.Skipped {
		j.Skipped++
	} else {
		j.Failed++
	}
	if !keeps {
		return nil
	}
	return tx.Imports.Failures.Put(ctx, *j, &failure)
}
