package account

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Imports carries out user import jobs: a file is uploaded for a job, the job is
// started, and some node reads the file row by row and makes the users
// (Cognito: "Importing users into user pools from a CSV file").
type Imports struct {
	DB  *store.DB
	Key []byte   // signs the addresses to upload to
	URL *url.URL // of the server's own host
	Now func() time.Time

	// Wake is called when a job was started, so that nobody waits for the next
	// look. Filled by server.
	Wake func()
}

// Create makes a job (Cognito: CreateUserImportJob).
func (i *Imports) Create(ctx context.Context, p pool.Pool, name, logsRole string) (pool.ImportJob, error) {
	j, err := pool.NewImportJob(p, name, logsRole, i.Now())
	if err != nil {
		return j, err
	}
	return j, i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := holdPool(ctx, tx, p.ID); err != nil {
			return err
		}
		others, err := tx.Imports.Jobs.List(ctx, "", pool.MaxImportJobs, p.ID)
		if err != nil {
			return err
		}
		if len(others) >= pool.MaxImportJobs {
			return &pool.Error{Kind: pool.LimitExceeded, Reason: "imports", Args: map[string]string{"detail": "A user pool can have at most 1,000 user import jobs."}}
		}
		return tx.Imports.Jobs.Create(ctx, &j, p.ID, j.ID)
	})
}

// Get returns a job as it stands (Cognito: DescribeUserImportJob).
func (i *Imports) Get(ctx context.Context, p pool.Pool, id string) (pool.ImportJob, error) {
	j, err := i.DB.Imports.Jobs.Get(ctx, p.ID, id)
	return j.AtTime(i.Now().UnixMilli()), orNoImport(err, id)
}

// List returns at most limit jobs after an id, in the order in which they were
// made (Cognito: ListUserImportJobs).
func (i *Imports) List(ctx context.Context, p pool.Pool, after string, limit int) ([]pool.ImportJob, error) {
	jobs, err := i.DB.Imports.Jobs.List(ctx, after, limit, p.ID)
	for n := range jobs {
		jobs[n] = jobs[n].AtTime(i.Now().UnixMilli())
	}
	return jobs, err
}

// Start lets a job begin (Cognito: StartUserImportJob). Of a pool one runs at a
// time.
func (i *Imports) Start(ctx context.Context, p pool.Pool, id string) (j pool.ImportJob, err error) {
	now := i.Now().UnixMilli()
	err = i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		p, err := holdPool(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		busy, err := tx.Imports.Running(ctx, p.ID)
		if err != nil {
			return err
		}
		unfinished := ""
		j, err = tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error {
			unfinished = j.Uploading
			return j.Start(p, busy, now)
		}, p.ID, id)
		if err != nil {
			return orNoImport(err, id)
		}
		if err := tx.Imports.ExpireFile(ctx, p.ID, unfinished, now); err != nil {
			return err
		}
		if err := tx.Imports.ExpireFile(ctx, p.ID, j.File, 0); err != nil {
			return err
		}
		return tx.Imports.Enqueue(ctx, j)
	})
	if err == nil && i.Wake != nil {
		i.Wake()
	}
	return j, err
}

// Stop ends a job that runs, at once: what its holder has not written yet is
// never written. Who was imported stays (Cognito: StopUserImportJob).
func (i *Imports) Stop(ctx context.Context, p pool.Pool, id string) (j pool.ImportJob, err error) {
	now := i.Now().UnixMilli()
	err = i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := tx.Imports.Dequeue(ctx, p.ID, id); err != nil { // first, as its holder does
			return err
		}
		if j, err = tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error { return j.Stop(now) }, p.ID, id); err != nil {
			return orNoImport(err, id)
		}
		return i.ended(ctx, tx, j)
	})
	return j, err
}

// ended clears up behind a job that has ended, in the transaction that ends it.
func (i *Imports) ended(ctx context.Context, tx *store.DB, j pool.ImportJob) error {
	if err := tx.Imports.Dequeue(ctx, j.UserPoolID, j.ID); err != nil {
		return err
	}
	return tx.Imports.ExpireFile(ctx, j.UserPoolID, j.File, j.CompletionDate)
}

// Failures returns at most limit of the lines of a job that made no user, after a
// line. The first thousand are kept.
func (i *Imports) Failures(ctx context.Context, poolID, id string, after int64, limit int) ([]pool.ImportFailure, error) {
	return i.DB.Imports.Failures.List(ctx, poolID, id, after, limit)
}

// UploadURL is where the file of a job is put; "" where it takes none any more.
// It is signed, and good for a quarter of an hour.
func (i *Imports) UploadURL(j pool.ImportJob) string {
	if j.Status != pool.ImportCreated {
		return ""
	}
	t := pool.NewImportTicket(j, i.Now())
	u := i.URL.JoinPath("imports", t.UserPoolID, t.JobID)
	u.RawQuery = url.Values{"expires": {strconv.FormatInt(t.Expires, 10)}, "signature": {t.Sign(i.Key)}}.Encode()
	return u.String()
}

// holdPool is [store.DB.HoldPool] of a pool that may have gone since it was found.
func holdPool(ctx context.Context, tx *store.DB, id string) (pool.Pool, error) {
	p, err := tx.HoldPool(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = &pool.Error{Kind: pool.ResourceNotFound, Reason: "pool", Field: "UserPoolId", Args: map[string]string{"pool": id}}
	}
	return p, err
}

func orNoImport(err error, id string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return &pool.Error{Kind: pool.ResourceNotFound, Reason: "import", Field: "JobId", Args: map[string]string{"job": id}}
}
