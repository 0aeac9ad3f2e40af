package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Imports are the user import jobs of pools, their files and what became of the
// lines. A job that runs is in a queue; whoever claims it holds it for a while,
// and writes nothing more once another has claimed it.
type Imports struct {
	Jobs     Table[pool.ImportJob] // pool id, job id
	Failures importFailures

	chunks Table[importChunk] // pool id, upload, number
	db     *DB
}

// importChunk is a piece of a file: chunkSize bytes, but for the last.
type importChunk struct{ Data pool.Secret }

const chunkSize = 256 << 10

func imports(db *DB) Imports {
	failures := Table[pool.ImportFailure]{db: db, name: "import_failures", keys: []string{"pool", "job", "line"}, expires: (*pool.ImportFailure).ForgetAt}
	return Imports{
		Jobs:     Table[pool.ImportJob]{db: db, name: "import_jobs", keys: []string{"pool", "id"}, expires: (*pool.ImportJob).ForgetAt},
		Failures: importFailures{failures},
		chunks:   Table[importChunk]{db: db, name: "import_chunks", keys: []string{"pool", "upload", "part"}},
		db:       db,
	}
}

// importFailures are found by job, in the order of the lines.
type importFailures struct{ table Table[pool.ImportFailure] }

func lineKey(line int64) string { return fmt.Sprintf("%09d", line) }

// Put keeps a failure.
func (f importFailures) Put(ctx context.Context, j pool.ImportJob, failure *pool.ImportFailure) error {
	return f.table.Put(ctx, failure, j.UserPoolID, j.ID, lineKey(failure.Line))
}

// List returns at most limit failures of a job after a line.
func (f importFailures) List(ctx context.Context, poolID, job string, after int64, limit int) ([]pool.ImportFailure, error) {
	return f.table.List(ctx, lineKey(after), limit, poolID, job)
}

// Sweep is [Table.Sweep].
func (f importFailures) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	return f.table.Sweep(ctx, now, limit)
}

// Enqueue makes a job one that runs; it is due at once.
func (i Imports) Enqueue(ctx context.Context, j pool.ImportJob) error {
	_, err := i.db.exec(ctx, `INSERT INTO import_queue (pool, job, due, holder) VALUES ($1, $2, 0, '') ON CONFLICT DO NOTHING`, j.UserPoolID, j.ID)
	return err
}

// Dequeue takes a job that has ended out of the queue: its holder holds it no
// longer.
func (i Imports) Dequeue(ctx context.Context, poolID, job string) error {
	_, err := i.db.exec(ctx, `DELETE FROM import_queue WHERE pool = $1 AND job = $2`, poolID, job)
	return err
}

// Running says whether a job of the pool runs.
func (i Imports) Running(ctx context.Context, poolID string) (bool, error) {
	var n int
	err := i.db.queryRow(ctx, `SELECT count(*) FROM import_queue WHERE pool = $1`, poolID).Scan(&n)
	return n > 0, err
}

// Claim gives a job that is due at now (ms) to a holder until lease, or returns
// ErrNotFound. Of all who ask at once one gets it.
func (i Imports) Claim(ctx context.Context, holder string, now, lease int64) (j pool.ImportJob, err error) {
	var due int
	if err := i.db.queryRow(ctx, `SELECT count(*) FROM import_queue WHERE due <= $1`, now).Scan(&due); err != nil || due == 0 {
		return j, orNotFound(err) // most of the time, and without a write
	}
	err = i.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var poolID, job string
		err := tx.returning(ctx, `UPDATE import_queue SET due = $1, holder = $2 WHERE (pool, job) IN
			(SELECT pool, job FROM import_queue WHERE due <= $3 ORDER BY due, job LIMIT 1)
			AND due <= $3 RETURNING pool, job`, lease, holder, now).Scan(&poolID, &job)
		if err != nil {
			return err
		}
		j, err = tx.Imports.Jobs.Get(ctx, poolID, job)
		if errors.Is(err, ErrNotFound) { // its pool is gone
			return tx.Imports.Dequeue(ctx, poolID, job)
		}
		return err
	})
	if err == nil && j.ID == "" {
		err = ErrNotFound
	}
	return j, err
}

// Hold keeps a job for its holder until due (ms), inside the transaction that
// writes what was done of it; ErrNotFound says that it is another's by now, or
// has ended.
func (i Imports) Hold(ctx context.Context, j pool.ImportJob, holder string, due int64) error {
	rows, err := i.db.exec(ctx, `UPDATE import_queue SET due = $1 WHERE pool = $2 AND job = $3 AND holder = $4`, due, j.UserPoolID, j.ID, holder)
	if err == nil && rows == 0 {
		err = ErrNotFound
	}
	return err
}

// BeginFile makes room for the pieces of an upload; those that are not kept go
// once it has expired (ms).
func (i Imports) BeginFile(ctx context.Context, poolID, upload string, expires int64) error {
	_, err := i.db.exec(ctx, `INSERT INTO import_files (pool, upload, expires) VALUES ($1, $2, $3)`, poolID, upload, expires)
	return err
}

// ExpireFile says until when an upload is kept (ms): 0 for as long as it is not
// said otherwise. "" is no upload.
func (i Imports) ExpireFile(ctx context.Context, poolID, upload string, expires int64) error {
	if upload == "" {
		return nil
	}
	_, err := i.db.exec(ctx, `UPDATE import_files SET expires = $1 WHERE pool = $2 AND upload = $3`, expires, poolID, upload)
	return err
}

// Fill seals what body gives into the pieces of an upload, one after the other,
// and says how much it was. Before each piece it asks still, in the piece's own
// transaction.
func (i Imports) Fill(ctx context.Context, poolID, upload string, body io.Reader, still func(context.Context, *DB) error) (size int64, err error) {
	piece := make([]byte, chunkSize)
	for part := int64(0); ; part++ {
		n, err := io.ReadFull(body, piece)
		if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
			return size, err
		}
		size += int64(n)
		last := err != nil
		if n > 0 {
			err := i.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
				if err := still(ctx, tx); err != nil {
					return err
				}
				return tx.Imports.chunks.Create(ctx, &importChunk{Data: pool.Secret(piece[:n])}, poolID, upload, lineKey(part))
			})
			if err != nil {
				return size, err
			}
		}
		if last {
			return size, nil
		}
	}
}

// Read reads an upload from a byte on. It holds one piece in memory.
func (i Imports) Read(ctx context.Context, poolID, upload string, from int64) io.Reader {
	return &chunkReader{ctx: ctx, i: i, poolID: poolID, upload: upload, part: from / chunkSize, skip: int(from % chunkSize)}
}

type chunkReader struct {
	ctx            context.Context
	i              Imports
	poolID, upload string
	part           int64
	skip           int
	left           string
}

func (r *chunkReader) Read(b []byte) (int, error) {
	for r.left == "" {
		piece, err := r.i.chunks.Get(r.ctx, r.poolID, r.upload, lineKey(r.part))
		if errors.Is(err, ErrNotFound) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		data := piece.Data.Reveal()
		r.left, r.skip, r.part = data[min(r.skip, len(data)):], 0, r.part+1
	}
	n := copy(b, r.left)
	r.left = r.left[n:]
	return n, nil
}

// SweepFiles removes uploads that expired before now (ms), few pieces at a time,
// for they are large, and says how many uploads it removed.
func (i Imports) SweepFiles(ctx context.Context, now int64, limit int) (swept int64, err error) {
	for ; swept < int64(limit); swept++ {
		var poolID, upload string
		err := i.db.queryRow(ctx, `SELECT pool, upload FROM import_files WHERE expires > 0 AND expires < $1 ORDER BY expires LIMIT 1`, now).Scan(&poolID, &upload)
		if errors.Is(err, ErrNotFound) {
			return swept, nil
		}
		if err != nil {
			return swept, err
		}
		const few = 16
		for n := int64(few); n == few; {
			n, err = i.db.exec(ctx, `DELETE FROM import_chunks WHERE pool = $1 AND upload = $2 AND part IN
				(SELECT part FROM import_chunks WHERE pool = $1 AND upload = $2 LIMIT $3)`, poolID, upload, few)
			if err != nil {
				return swept, err
			}
		}
		if _, err := i.db.exec(ctx, `DELETE FROM import_files WHERE pool = $1 AND upload = $2`, poolID, upload); err != nil {
			return swept, err
		}
	}
	return swept, nil
}
