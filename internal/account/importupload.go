package account

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Why an upload is refused.
var (
	ErrUploadSignature = errors.New("the address is not signed for this job")
	ErrUploadExpired   = errors.New("the address has expired")
	ErrUploadClosed    = errors.New("the job takes no file any more")
	ErrUploadReplaced  = errors.New("another upload for the job has begun")
	ErrUploadLarge     = errors.New("the file is larger than 100 MB")
	ErrUploadShort     = errors.New("the body is shorter than its length")
	ErrUploadForm      = errors.New("the file is compressed, or is UTF-16: it must be UTF-8 text")
)

// Upload is a file on its way: what the address that [Imports.UploadURL] made
// names, and the body with its length in bytes.
type Upload struct {
	UserPoolID, JobID string
	Query             url.Values
	Size              int64
	Body              io.Reader
}

// Upload keeps the file of a job, sealed, in place of the one before. A file that
// does not come to its end changes nothing.
func (i *Imports) Upload(ctx context.Context, in Upload) error {
	if err := i.admits(in); err != nil {
		return err
	}
	head := make([]byte, 2)
	n, err := io.ReadFull(in.Body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	for _, mark := range []string{"\x1f\x8b", "PK", "\xff\xfe", "\xfe\xff"} { // gzip, zip, UTF-16
		if string(head[:n]) == mark {
			return ErrUploadForm
		}
	}
	id := pool.NewUUID()
	if err := i.beginUpload(ctx, in, id); err != nil {
		return err
	}
	size, err := i.DB.Imports.Fill(ctx, in.UserPoolID, id, io.MultiReader(bytes.NewReader(head[:n]), in.Body), i.still(in, id))
	if err == nil && size != in.Size {
		err = ErrUploadShort
	}
	if err == nil {
		err = i.endUpload(ctx, in, id)
	}
	// Also for somebody who has gone away: what is not the job's file goes at once,
	// for there may be much of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	now := i.Now().UnixMilli()
	if err != nil {
		err = errors.Join(err, i.DB.Imports.ExpireFile(ctx, in.UserPoolID, id, now))
	}
	_, swept := i.DB.Imports.SweepFiles(ctx, now+1, 4)
	return errors.Join(err, swept)
}

// admits looks at an upload before anything is read: neither of its body, nor of
// the ledger.
func (i *Imports) admits(in Upload) error {
	expires, err := strconv.ParseInt(in.Query.Get("expires"), 10, 64)
	t := pool.ImportTicket{UserPoolID: in.UserPoolID, JobID: in.JobID, Expires: expires}
	switch {
	case err != nil || len(in.Query["expires"]) > 1 || !t.Signed(i.Key, in.Query.Get("signature")):
		return ErrUploadSignature
	case i.Now().Unix() >= expires:
		return ErrUploadExpired
	case in.Size > pool.MaxImportFile:
		return ErrUploadLarge
	}
	return nil
}

// beginUpload makes an upload the newest of its job; one that is under way ends.
func (i *Imports) beginUpload(ctx context.Context, in Upload, id string) error {
	now := i.Now().UnixMilli()
	return i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		before := ""
		j, err := tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error {
			if j.AtTime(now).Status != pool.ImportCreated {
				return ErrUploadClosed
			}
			before, j.Uploading = j.Uploading, id
			return nil
		}, in.UserPoolID, in.JobID)
		if err != nil {
			return orClosed(err)
		}
		if err := tx.Imports.ExpireFile(ctx, in.UserPoolID, before, now); err != nil {
			return err
		}
		return tx.Imports.BeginFile(ctx, in.UserPoolID, id, j.FileExpires())
	})
}

// check refuses a piece, or the end, of an upload that is not the newest of a job
// that waits for it at now (ms).
func (in Upload) check(j pool.ImportJob, id string, now int64) error {
	switch {
	case j.AtTime(now).Status != pool.ImportCreated:
		return ErrUploadClosed
	case j.Uploading != id:
		return ErrUploadReplaced
	}
	return nil
}

// still is asked in the transaction of each piece. It keeps the job as it is until
// the piece is written: none comes behind the end of its upload.
func (i *Imports) still(in Upload, id string) func(context.Context, *store.DB) error {
	return func(ctx context.Context, tx *store.DB) error {
		now := i.Now().UnixMilli()
		_, err := tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error { return in.check(*j, id, now) }, in.UserPoolID, in.JobID)
		return orClosed(err)
	}
}

// endUpload makes an upload the job's file.
func (i *Imports) endUpload(ctx context.Context, in Upload, id string) error {
	now := i.Now().UnixMilli()
	return i.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		before := ""
		_, err := tx.Imports.Jobs.Update(ctx, func(j *pool.ImportJob) error {
			if err := in.check(*j, id, now); err != nil {
				return err
			}
			before, j.File, j.Uploading = j.File, id, ""
			return nil
		}, in.UserPoolID, in.JobID)
		if err != nil {
			return orClosed(err)
		}
		return tx.Imports.ExpireFile(ctx, in.UserPoolID, before, now)
	})
}

// orClosed says of a job that is gone that it takes no file.
func orClosed(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrUploadClosed
	}
	return err
}
