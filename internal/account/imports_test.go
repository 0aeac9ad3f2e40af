package account_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// bureau imports people into the house's pool, without a server.
type bureau struct {
	*account.Imports
	t    *testing.T
	pool pool.Pool
	at   *atomic.Int64 // ms
}

func openBureau(t *testing.T, database string) *bureau {
	t.Helper()
	db, _ := housetest.Ledger(t, database, nil)
	b := &bureau{t: t, at: &atomic.Int64{}}
	b.at.Store(time.Now().UnixMilli())
	b.Imports = &account.Imports{DB: db, Key: []byte("a key"), URL: &url.URL{Scheme: "http", Host: "localhost"}, Now: func() time.Time { return time.UnixMilli(b.at.Load()) }}
	var err error
	b.pool, err = db.Pools.Get(t.Context(), housetest.PoolID)
	must(t, err)
	return b
}

func (b *bureau) later(d time.Duration) { b.at.Add(d.Milliseconds()) }

// file has a row for each of n people, and what else is given.
func (b *bureau) file(n int, more ...string) string {
	var f strings.Builder
	columns := b.pool.ImportColumns()
	f.WriteString(strings.Join(columns, ",") + "\n")
	for i := range n {
		f.WriteString(b.row(fmt.Sprintf("person%d@example.com", i)))
	}
	for _, row := range more {
		f.WriteString(row)
	}
	return f.String()
}

// row is somebody whose address is proven.
func (b *bureau) row(email string) string {
	var cells []string
	for _, column := range b.pool.ImportColumns() {
		cells = append(cells, map[string]string{"email": email, "email_verified": "TRUE", "cognito:mfa_enabled": "FALSE", "cognito:username": email}[column])
	}
	return strings.Join(cells, ",") + "\n"
}

func (b *bureau) upload(j pool.ImportJob, body io.Reader, size int64) error {
	to, err := url.Parse(b.UploadURL(j))
	must(b.t, err)
	return b.Upload(b.t.Context(), account.Upload{UserPoolID: j.UserPoolID, JobID: j.ID, Query: to.Query(), Size: size, Body: body})
}

// uploaded is a job with a file.
func (b *bureau) uploaded(text string) pool.ImportJob {
	b.t.Helper()
	j, err := b.Create(b.t.Context(), b.pool, "people", "arn:aws:iam::123456789012:role/name")
	must(b.t, err)
	must(b.t, b.upload(j, strings.NewReader(text), int64(len(text))))
	return j
}

// started is a job that waits to be carried out.
func (b *bureau) started(text string) pool.ImportJob {
	b.t.Helper()
	j, err := b.Start(b.t.Context(), b.pool, b.uploaded(text).ID)
	must(b.t, err)
	return j
}

// ended demands how a job stands.
func (b *bureau) ended(j pool.ImportJob, status pool.ImportStatus, imported, skipped, failed int64) pool.ImportJob {
	b.t.Helper()
	j, err := b.Get(b.t.Context(), b.pool, j.ID)
	must(b.t, err)
	if j.Status != status || j.Imported != imported || j.Skipped != skipped || j.Failed != failed || j.CompletionDate == 0 {
		b.t.Errorf("the job is %+v, want %s %d %d %d", j, status, imported, skipped, failed)
	}
	return j
}

// people demands how many users the pool has: by count, and by row.
func (b *bureau) people(want int) {
	b.t.Helper()
	n, err := b.DB.Users.Count(b.t.Context(), b.pool.ID)
	must(b.t, err)
	rows, after := 0, ""
	for {
		users, next, err := b.DB.Users.List(b.t.Context(), b.pool.ID, store.UserPage{Filter: everybody(b.t), After: after, Limit: 500})
		must(b.t, err)
		if rows, after = rows+len(users), next; next == "" {
			break
		}
	}
	if int(n) != want || rows != want {
		b.t.Errorf("there are %d users, and %d rows, want %d", n, rows, want)
	}
}

func everybody(t *testing.T) pool.UserFilter {
	t.Helper()
	f, err := pool.ParseUserFilter("")
	must(t, err)
	return f
}

func (b *bureau) work() bool {
	b.t.Helper()
	did, err := b.Work(b.t.Context())
	must(b.t, err)
	return did
}

func TestImport(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		b := openBureau(t, database)
		unproven := strings.Replace(b.row("zoe@example.com"), "TRUE", "false", 1)
		j := b.started(b.file(3, b.row("PERSON1@example.com"), unproven, "too,few\n", "\n", "\"open\n", b.row("yan@example.com")))
		if !b.work() || b.work() {
			t.Fatal("the job was not carried out, or twice")
		}
		j = b.ended(j, pool.ImportSucceeded, 4, 1, 3)
		b.people(4)
		failures, err := b.Failures(t.Context(), b.pool.ID, j.ID, 0, 100)
		must(t, err)
		want := []pool.ImportFailure{
			{Line: 5, Skipped: true, Reason: "The user already exists."},
			{Line: 6, Reason: "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)."},
			{Line: 7, Reason: "The row has not as many cells as the header."},
			{Line: 9, Reason: "A quotation mark is not closed, or text follows the closing one."},
		}
		for i := range failures {
			failures[i].At = 0
		}
		if fmt.Sprint(failures) != fmt.Sprint(want) {
			t.Errorf("the failures are %+v", failures)
		}
		user, err := b.DB.Users.ByName(t.Context(), b.pool.ID, pool.Name{Kind: pool.NameEmail, Folded: "yan@example.com"})
		if err != nil || user.Status != pool.ResetRequired || user.Password != (pool.Password{}) || !user.EmailVerified() || user.Username != user.Sub {
			t.Errorf("an imported user is %+v, %v", user, err)
		}
		// The file goes with the job.
		if n, err := b.DB.Imports.SweepFiles(t.Context(), b.at.Load()+1, 10); n != 1 || err != nil {
			t.Errorf("%d files are swept, %v", n, err)
		}
		if rest, err := io.ReadAll(b.DB.Imports.Read(t.Context(), b.pool.ID, j.File, 0)); len(rest) != 0 || err != nil {
			t.Errorf("%d bytes of the file are left, %v", len(rest), err)
		}
	})
}

func TestImportFailsAsAWhole(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "")
	row := b.row("ann@example.com")
	columns := b.pool.ImportColumns()
	header := func(columns ...string) string { return strings.Join(columns, ",") + "\n" }
	for name, c := range map[string]struct{ text, message string }{
		"nothing":         {"", "The first row of the file: the file is empty."},
		"blank lines":     {"\n\n \r\n", "The first row of the file: the file is empty."},
		"a long header":   {strings.Repeat("name,", 1_000_000) + "\n" + row, "The first row of the file: the row is longer than 16,000 characters."},
		"an open quote":   {`"` + b.file(1), "The first row of the file: a quotation mark is not closed, or text follows the closing one."},
		"NUL":             {"\x00" + b.file(1), "The first row of the file: the row is not UTF-8 text."},
		"an unknown one":  {header(append(columns[:len(columns):len(columns)], "=cmd|'/C calc'!A0")...) + row, "The first row of the file: column 22 is none of the pool's."},
		"a double one":    {header(append(columns[:len(columns):len(columns)], "name")...) + row, "The first row of the file: the column name is there twice."},
		"a missing one":   {header(columns[1:]...) + row, "The first row of the file: the column name is missing."},
		"too many failed": {header(columns...) + row + "x\ny\n", "Too many users have failed or been skipped during the import."},
	} {
		j := b.started(c.text)
		b.work()
		if j, err := b.Get(t.Context(), b.pool, j.ID); err != nil || j.Status != pool.ImportFailed || j.CompletionMsg != c.message || len(j.CompletionMsg) > 128 {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
	b.people(1) // of those of which too many failed
}

// Wherever the power is cut, another node goes on: everybody is there once.
func TestImportGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		b := openBureau(t, database)
		j := b.started(b.file(320, b.row("person7@example.com"), "bad\n"))
		crashes := 0
		for cut := int64(2); ; cut++ {
			doomed := *b.Imports
			left := cut
			doomed.Now = func() time.Time {
				if left--; left < 0 {
					panic("the power is cut")
				}
				return b.Now()
			}
			if !crashesIn(func() { _, _ = doomed.Work(t.Context()) }) {
				break
			}
			crashes++
			if b.work() {
				t.Fatal("somebody else's job was taken")
			}
			b.later(2 * time.Minute)
		}
		if crashes < 2 {
			t.Errorf("only %d crashes", crashes)
		}
		b.ended(j, pool.ImportSucceeded, 320, 1, 1)
		b.people(320)
	})
}

func crashesIn(f func()) (crashed bool) {
	defer func() { crashed = recover() != nil }()
	f()
	return false
}

// Many nodes look at once, and the clock makes them take the job from each other
// while they are at it.
func TestImportByManyNodes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		b := openBureau(t, database)
		j := b.started(b.file(400))
		var nodes sync.WaitGroup
		var done atomic.Bool
		for range 3 {
			nodes.Go(func() {
				for !done.Load() {
					if did, err := b.Work(t.Context()); err != nil {
						t.Error(err)
						return
					} else if !did {
						b.later(2 * time.Minute) // whoever holds it has lost it
					}
					now, err := b.Get(t.Context(), b.pool, j.ID)
					if err != nil || now.CompletionDate > 0 {
						done.Store(true)
					}
				}
			})
		}
		nodes.Wait()
		b.ended(j, pool.ImportSucceeded, 400, 0, 0)
		b.people(400)
	})
}

// A node that is shut down leaves the job between two batches, for the others at
// once.
func TestImportIsHandedOn(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "")
	j := b.started(b.file(300))
	ctx, cancel := context.WithCancel(t.Context())
	leaving := *b.Imports
	calls := 0
	leaving.Now = func() time.Time {
		if calls++; calls == 6 {
			cancel()
		}
		return b.Now()
	}
	if did, err := leaving.Work(ctx); !did || err != nil {
		t.Fatalf("%v, %v", did, err)
	}
	if half, err := b.Get(t.Context(), b.pool, j.ID); err != nil || half.Status != pool.ImportInProgress || half.Imported == 0 || half.Imported == 300 {
		t.Errorf("half way it is %+v, %v", half, err)
	}
	b.work()
	b.ended(j, pool.ImportSucceeded, 300, 0, 0)
	b.people(300)
}

// What is stopped stays so: whoever was at it writes nothing more.
func TestImportStops(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		b := openBureau(t, database)
		j := b.started(b.file(200))
		stopped := false
		node := *b.Imports
		calls := 0
		node.Now = func() time.Time {
			if calls++; calls == 6 {
				if _, err := b.Stop(t.Context(), b.pool, j.ID); err != nil {
					t.Error(err)
				}
				stopped = true
			}
			return b.Now()
		}
		if did, err := node.Work(t.Context()); !did || err != nil || !stopped {
			t.Fatalf("%v, %v, stopped %v", did, err, stopped)
		}
		now, err := b.Get(t.Context(), b.pool, j.ID)
		if err != nil || now.Status != pool.ImportStopped || now.Imported == 200 || now.CompletionDate == 0 {
			t.Errorf("the job is %+v, %v", now, err)
		}
		b.people(int(now.Imported))
		if _, err := b.Stop(t.Context(), b.pool, j.ID); pool.AsError(err) == nil {
			t.Errorf("stopped again: %v", err)
		}
		if b.later(time.Hour); b.work() {
			t.Error("a stopped job goes on")
		}
		next := b.started(b.file(200)) // the pool is free again
		b.work()
		b.ended(next, pool.ImportSucceeded, 200-now.Imported, now.Imported, 0)
	})
}

// Failures are counted without a limit, and kept up to one.
func TestImportKeepsSomeFailures(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "")
	j := b.started(b.file(0) + strings.Repeat("x\n", pool.MaxImportFailures+100))
	b.work()
	b.ended(j, pool.ImportFailed, 0, 0, pool.MaxImportFailures+100)
	failures, err := b.Failures(t.Context(), b.pool.ID, j.ID, 0, 10_000)
	if err != nil || len(failures) != pool.MaxImportFailures || failures[len(failures)-1].Line != pool.MaxImportFailures+1 {
		t.Errorf("%d are kept, %v", len(failures), err)
	}
}

// An upload that is overtaken, breaks off or is not what it says changes nothing,
// and leaves nothing.
func TestUploads(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "")
	good := b.file(2)
	j := b.uploaded(good)
	refuse := func(what string, body io.Reader, size int64, want error) {
		t.Helper()
		if err := b.upload(j, body, size); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	refuse("a short body", strings.NewReader("abc"), 4, account.ErrUploadShort)
	refuse("too large", strings.NewReader("abc"), pool.MaxImportFile+1, account.ErrUploadLarge)
	for _, head := range []string{"\x1f\x8b\x08", "PK\x03\x04", "\xff\xfea\x00", "\xfe\xff\x00a"} {
		refuse("not text", strings.NewReader(head), int64(len(head)), account.ErrUploadForm)
	}
	broken := errors.New("broken off")
	refuse("a body that breaks off", io.MultiReader(strings.NewReader(strings.Repeat("x", 600_000)), brokenOff{broken}), 700_000, broken)
	refuse("one that is overtaken", io.MultiReader(strings.NewReader(strings.Repeat("x", 300_000)), after(func() {
		must(t, b.upload(j, strings.NewReader(good), int64(len(good))))
	}), strings.NewReader(strings.Repeat("x", 300_000))), 600_000, account.ErrUploadReplaced)
	refuse("one whose job begins meanwhile", io.MultiReader(strings.NewReader(strings.Repeat("x", 300_000)), after(func() {
		_, err := b.Start(t.Context(), b.pool, j.ID)
		must(t, err)
	}), strings.NewReader(strings.Repeat("x", 300_000))), 600_000, account.ErrUploadClosed)
	must(t, func() error { _, err := b.DB.Imports.SweepFiles(t.Context(), b.at.Load()+1, 100); return err }())
	b.work()
	b.ended(j, pool.ImportSucceeded, 2, 0, 0)
	if n, err := b.DB.Imports.SweepFiles(t.Context(), b.at.Load()+1, 100); n != 1 || err != nil {
		t.Errorf("%d files are left beside the job's, %v", n-1, err)
	}
}

type brokenOff struct{ err error }

func (b brokenOff) Read([]byte) (int, error) { return 0, b.err }

// after is a reader that does something and gives nothing.
type after func()

func (a after) Read([]byte) (int, error) { a(); return 0, io.EOF }

// A job that nobody starts in a day has expired, and its file goes.
func TestImportExpires(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "")
	j := b.uploaded(b.file(1))
	b.later(24*time.Hour - time.Minute)
	if now, err := b.Get(t.Context(), b.pool, j.ID); err != nil || now.Status != pool.ImportCreated || b.UploadURL(now) == "" {
		t.Errorf("before its time %+v, %v", now, err)
	}
	b.later(time.Minute)
	now := b.ended(j, pool.ImportExpired, 0, 0, 0)
	if b.UploadURL(now) != "" {
		t.Error("an expired job takes a file")
	}
	if err := b.upload(j, strings.NewReader("abc"), 3); !errors.Is(err, account.ErrUploadClosed) {
		t.Errorf("an expired job takes a file: %v", err)
	}
	if _, err := b.Start(t.Context(), b.pool, j.ID); !errors.Is(err, &pool.Error{Kind: pool.PreconditionNotMet, Reason: "import_started"}) {
		t.Errorf("an expired job is started: %v", err)
	}
	b.later(2 * time.Hour)
	if n, err := b.DB.Imports.SweepFiles(t.Context(), b.at.Load(), 100); n != 1 || err != nil {
		t.Errorf("%d files are swept, %v", n, err)
	}
	b.later(91 * 24 * time.Hour)
	must(t, second(b.DB.Imports.Jobs.Sweep(t.Context(), b.at.Load(), 100)))
	if jobs, err := b.List(t.Context(), b.pool, "", 10); len(jobs) != 0 || err != nil {
		t.Errorf("after a quarter of a year there are %d jobs, %v", len(jobs), err)
	}
}
