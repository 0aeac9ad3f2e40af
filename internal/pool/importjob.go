package pool

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// ImportStatus is where a user import job stands (Cognito:
// UserImportJobStatusType). Stopping is passed through in no time.
type ImportStatus string

// The states of a job.
const (
	ImportCreated    ImportStatus = "Created"
	ImportPending    ImportStatus = "Pending"
	ImportInProgress ImportStatus = "InProgress"
	ImportExpired    ImportStatus = "Expired"
	ImportStopped    ImportStatus = "Stopped"
	ImportFailed     ImportStatus = "Failed"
	ImportSucceeded  ImportStatus = "Succeeded"
)

// The bounds of imports (Cognito: Quotas, and "Formatting the CSV file").
const (
	MaxImportJobs  = 1000      // of a pool
	MaxImportUsers = 500_000   // of a file
	MaxImportFile  = 100 << 20 // bytes
)

// MaxImportFailures is how many failures are kept of a job, the first: all are
// counted.
const MaxImportFailures = 1000

const (
	importUploadLife = 15 * time.Minute
	importStartLife  = 24 * time.Hour      // to be started in
	importRecordLife = 90 * 24 * time.Hour // that an ended job is shown
)

// ImportJob is a user import job (Cognito: UserImportJobType). Times are in ms.
type ImportJob struct {
	UserPoolID       string `json:"UserPoolId"`
	ID               string
	Name             string
	LogsRole         string // an ARN: kept and shown, nothing is logged with it
	Status           ImportStatus
	CreationDate     int64
	StartDate        int64 `json:",omitempty"`
	CompletionDate   int64 `json:",omitempty"`
	Imported         int64
	Skipped          int64
	Failed           int64
	CompletionMsg    string   `json:",omitempty"`
	File             string   `json:",omitempty"` // the upload that is the job's file
	Uploading        string   `json:",omitempty"` // the newest upload that is under way
	Columns          []string `json:",omitempty"` // of the file, once its first row was read
	ReadBytes, Lines int64    // of the file, so far
}

// ImportFailure says why a line of a file made no user: it failed, or it was
// skipped because there is one already. Nothing of the line is kept.
type ImportFailure struct {
	Line    int64
	Skipped bool `json:",omitempty"`
	Reason  string
	At      int64 // ms
}

// NewImportJob makes a job that waits for its file (Cognito:
// CreateUserImportJob).
func NewImportJob(p Pool, name, logsRole string, now time.Time) (ImportJob, error) {
	j := ImportJob{UserPoolID: p.ID, ID: newImportID(now), Name: name, LogsRole: logsRole, Status: ImportCreated, CreationDate: now.UnixMilli()}
	return j, p.checkImports()
}

// newImportID makes an id in Cognito's shape. Ids sort in the order in which they
// were made: their first seven digits are the time, in ms.
func newImportID(now time.Time) string {
	return fmt.Sprintf("import-%07s%s", inAlphanumeric(now.UnixMilli()), randomText(alphanumeric, 10))
}

func inAlphanumeric(n int64) string {
	digits, base := "", int64(len(alphanumeric))
	for ; n > 0; n /= base {
		digits = alphanumeric[n%base:n%base+1] + digits
	}
	return digits
}

// checkImports refuses imports into a pool that sends nobody a code: who is
// imported could never sign in (Cognito: "the import job will not start").
func (p Pool) checkImports() error {
	if len(p.AutoVerifiedAttributes) == 0 {
		return refuse(PreconditionNotMet, "import_unverified", "", "")
	}
	return nil
}

// AtTime is the job as it stands at now (ms): one that nobody started in a day has
// expired.
func (j ImportJob) AtTime(now int64) ImportJob {
	if over := j.CreationDate + importStartLife.Milliseconds(); j.Status == ImportCreated && now >= over {
		j.Status, j.CompletionDate, j.CompletionMsg = ImportExpired, over, "The job was not started in time."
	}
	return j
}

// Runs says whether somebody has started the job, and it has not ended.
func (j ImportJob) Runs() bool { return j.Status == ImportPending || j.Status == ImportInProgress }

// ForgetAt is when a job that has ended is no longer shown (ms), 0 for one that
// runs.
func (j *ImportJob) ForgetAt() int64 {
	switch {
	case j.Runs():
		return 0
	case j.CompletionDate > 0:
		return j.CompletionDate + importRecordLife.Milliseconds()
	}
	return j.CreationDate + (importStartLife + importRecordLife).Milliseconds()
}

// ForgetAt is when a failure is no longer shown (ms).
func (f *ImportFailure) ForgetAt() int64 { return f.At + importRecordLife.Milliseconds() }

// FileExpires is when a file of a job that nobody started may go (ms).
func (j ImportJob) FileExpires() int64 {
	return j.CreationDate + (importStartLife + time.Hour).Milliseconds() // an upload under way ends before
}

// Start lets a job begin that has a file (Cognito: StartUserImportJob); busy says
// that another job of the pool runs.
func (j *ImportJob) Start(p Pool, busy bool, now int64) error {
	reason := ""
	switch {
	case p.checkImports() != nil:
		reason = "import_unverified"
	case j.AtTime(now).Status != ImportCreated:
		reason = "import_started"
	case j.File == "":
		reason = "import_no_file"
	case busy:
		reason = "import_busy"
	default:
		j.Status, j.StartDate, j.Uploading = ImportPending, now, ""
		return nil
	}
	return j.refuse(reason, now)
}

// Stop ends a job that runs; who was imported stays (Cognito:
// StopUserImportJob).
func (j *ImportJob) Stop(now int64) error {
	if !j.Runs() {
		return j.refuse("import_not_running", now)
	}
	j.End(ImportStopped, "The import job was stopped.", now)
	return nil
}

func (j *ImportJob) refuse(reason string, now int64) error {
	e := refuse(PreconditionNotMet, reason, "", "")
	e.Args = map[string]string{"job": j.ID, "status": string(j.AtTime(now).Status)}
	return e
}

// End ends the job.
func (j *ImportJob) End(status ImportStatus, message string, now int64) {
	j.Status, j.CompletionMsg, j.CompletionDate = status, message, now
}

// Complete ends a job whose file was read to its end.
func (j *ImportJob) Complete(now int64) {
	if j.Failed+j.Skipped > j.Imported {
		j.End(ImportFailed, "Too many users have failed or been skipped during the import.", now) // Cognito's words; where it draws the line is not documented
		return
	}
	j.End(ImportSucceeded, "The import job completed.", now)
}

// Keeps says whether another failure is kept, and not just counted.
func (j ImportJob) Keeps() bool { return j.Failed+j.Skipped < MaxImportFailures }

// ImportTicket lets its holder upload the file of a job, until it expires
// (Unix seconds).
type ImportTicket struct {
	UserPoolID, JobID string
	Expires           int64
}

// NewImportTicket is a ticket for the next quarter of an hour.
func NewImportTicket(j ImportJob, now time.Time) ImportTicket {
	return ImportTicket{j.UserPoolID, j.ID, now.Add(importUploadLife).Unix()}
}

// Sign is the ticket's signature, base64url.
func (t ImportTicket) Sign(key []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s|%s|%d", t.UserPoolID, t.JobID, t.Expires)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Signed says whether the signature is the ticket's.
func (t ImportTicket) Signed(key []byte, signature string) bool {
	return hmac.Equal([]byte(t.Sign(key)), []byte(signature))
}
