package stories_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

const logsRole = "arn:aws:iam::123456789012:role/name"

// mover brings people into a pool by files.
type mover struct {
	t    testing.TB
	h    *housetest.House
	c    *cip.Client
	pool string
}

func newMover(t testing.TB, h *housetest.House) mover {
	return mover{t, h, sdk(h), housetest.PoolID}
}

// file has the pool's columns, and a row for each of people, by column.
func (m mover) file(people ...map[string]string) string {
	m.t.Helper()
	header, err := m.c.GetCSVHeader(m.t.Context(), &cip.GetCSVHeaderInput{UserPoolId: &m.pool})
	must(m.t, err)
	var b strings.Builder
	w := csv.NewWriter(&b)
	must(m.t, w.Write(header.CSVHeader))
	for _, person := range people {
		var cells []string
		for _, column := range header.CSVHeader {
			cells = append(cells, person[column])
		}
		must(m.t, w.Write(cells))
	}
	w.Flush()
	return b.String()
}

// moved is a row of somebody whose address is proven.
func moved(email string, pairs ...string) map[string]string {
	person := map[string]string{"email": email, "email_verified": "true", "cognito:mfa_enabled": "false", "cognito:username": email}
	for i := 0; i < len(pairs); i += 2 {
		person[pairs[i]] = pairs[i+1]
	}
	return person
}

func (m mover) create() *types.UserImportJobType {
	m.t.Helper()
	out, err := m.c.CreateUserImportJob(m.t.Context(), &cip.CreateUserImportJobInput{UserPoolId: &m.pool, JobName: aws.String("people of before"), CloudWatchLogsRoleArn: aws.String(logsRole)})
	must(m.t, err)
	return out.UserImportJob
}

// put uploads a file to an address.
func (m mover) put(address, body string, change func(*http.Request)) answer {
	m.t.Helper()
	r, err := http.NewRequestWithContext(m.t.Context(), http.MethodPut, address, strings.NewReader(body))
	must(m.t, err)
	r.Header.Set("X-Amz-Server-Side-Encryption", "aws:kms")
	if change != nil {
		change(r)
	}
	response, err := m.h.HTTP().Do(r)
	must(m.t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(m.t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(content)}
}

// uploaded is a job with a file.
func (m mover) uploaded(body string) *types.UserImportJobType {
	m.t.Helper()
	j := m.create()
	if a := m.put(*j.PreSignedUrl, body, nil); a.status != http.StatusOK || a.body != "" {
		m.t.Fatalf("the upload is answered %d %s", a.status, a.body)
	}
	return j
}

func (m mover) start(j *types.UserImportJobType) (*types.UserImportJobType, error) {
	out, err := m.c.StartUserImportJob(m.t.Context(), &cip.StartUserImportJobInput{UserPoolId: &m.pool, JobId: j.JobId})
	if err != nil {
		return nil, err
	}
	return out.UserImportJob, nil
}

func (m mover) stop(j *types.UserImportJobType) (*types.UserImportJobType, error) {
	out, err := m.c.StopUserImportJob(m.t.Context(), &cip.StopUserImportJobInput{UserPoolId: &m.pool, JobId: j.JobId})
	if err != nil {
		return nil, err
	}
	return out.UserImportJob, nil
}

func (m mover) describe(j *types.UserImportJobType) *types.UserImportJobType {
	m.t.Helper()
	out, err := m.c.DescribeUserImportJob(m.t.Context(), &cip.DescribeUserImportJobInput{UserPoolId: &m.pool, JobId: j.JobId})
	must(m.t, err)
	return out.UserImportJob
}

// ended waits until a job has ended.
func (m mover) ended(j *types.UserImportJobType) *types.UserImportJobType {
	m.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if now := m.describe(j); now.CompletionDate != nil {
			return now
		}
	}
	m.t.Fatalf("the job does not end: %+v", m.describe(j))
	return nil
}

// run brings in a file.
func (m mover) run(body string) *types.UserImportJobType {
	m.t.Helper()
	j, err := m.start(m.uploaded(body))
	must(m.t, err)
	return m.ended(j)
}

func (m mover) counts(j *types.UserImportJobType, status types.UserImportJobStatusType, imported, skipped, failed int64) {
	m.t.Helper()
	if j.Status != status || j.ImportedUsers != imported || j.SkippedUsers != skipped || j.FailedUsers != failed {
		m.t.Errorf("the job is %s, %d imported, %d skipped, %d failed (%s), want %s %d %d %d", j.Status, j.ImportedUsers, j.SkippedUsers, j.FailedUsers, aws.ToString(j.CompletionMessage), status, imported, skipped, failed)
	}
}

// People of a file are there, and each chooses a password with a mailed code at
// the first sign-in, at either door.
func TestAPIUserImport(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			c.PreventUserExistenceErrors = "LEGACY"
			p.Schema = []pool.SchemaAttribute{{Name: "team"}}
		})
		m := newMover(t, h)
		join(t, h, "old@example.com", "secret1")
		header, err := m.c.GetCSVHeader(t.Context(), &cip.GetCSVHeaderInput{UserPoolId: poolID()})
		must(t, err)
		if want := "name,given_name,family_name,middle_name,nickname,preferred_username,profile,picture,website,email,email_verified,gender,birthdate,zoneinfo,locale,phone_number,phone_number_verified,address,updated_at,custom:team,cognito:mfa_enabled,cognito:username"; strings.Join(header.CSVHeader, ",") != want || *header.UserPoolId != housetest.PoolID {
			t.Errorf("the header is %v of %s", header.CSVHeader, *header.UserPoolId)
		}
		j := m.create()
		if j.Status != types.UserImportJobStatusTypeCreated || *j.JobName != "people of before" || *j.CloudWatchLogsRoleArn != logsRole || *j.UserPoolId != housetest.PoolID ||
			!strings.HasPrefix(*j.JobId, "import-") || j.CreationDate == nil || j.StartDate != nil || j.CompletionDate != nil || j.CompletionMessage != nil {
			t.Errorf("a new job is %+v", j)
		}
		text := m.file(moved("ann@example.com", "name", "Archer, Ann", "custom:team", "=1+1", "birthdate", "02/01/1985"), moved("bob@example.com"), moved("old@example.com"), moved("cat@example.com", "email_verified", "false"), moved("dan@example.com"))
		if a := m.put(*m.describe(j).PreSignedUrl, text, nil); a.status != http.StatusOK {
			t.Fatalf("the upload is answered %d %s", a.status, a.body)
		}
		started, err := m.start(j)
		must(t, err)
		if started.Status != types.UserImportJobStatusTypePending || started.StartDate == nil || started.PreSignedUrl != nil {
			t.Errorf("a started job is %+v", started)
		}
		done := m.ended(j)
		m.counts(done, types.UserImportJobStatusTypeSucceeded, 3, 1, 1)
		if done.CompletionDate == nil || aws.ToString(done.CompletionMessage) == "" || done.PreSignedUrl != nil {
			t.Errorf("a job that has ended is %+v", done)
		}
		for name, want := range map[string]string{"name": "Archer, Ann", "custom:team": "=1+1", "birthdate": "1985-02-01", "email_verified": "true"} {
			if got := attributeOf(t, h, "ann@example.com", name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if status, enabled := statusOf(t, h, "ann@example.com"); status != types.UserStatusTypeResetRequired || !enabled {
			t.Errorf("an imported user is %s, enabled %v", status, enabled)
		}
		if h.Mails("ann@example.com") != 0 {
			t.Error("an import sends mail unasked")
		}

		// At the API's door.
		_, err = byPassword(h, "ann@example.com", "anything1")
		refused(t, err, "PasswordResetRequiredException", "Password reset required for the user")
		_, err = m.c.ForgotPassword(t.Context(), &cip.ForgotPasswordInput{ClientId: clientID(), Username: aws.String("ann@example.com")})
		must(t, err)
		_, err = m.c.ConfirmForgotPassword(t.Context(), &cip.ConfirmForgotPasswordInput{ClientId: clientID(), Username: aws.String("ann@example.com"), ConfirmationCode: aws.String(h.Code("ann@example.com")), Password: aws.String("secret1")})
		must(t, err)
		_, err = byPassword(h, "ann@example.com", "secret1")
		must(t, err)
		if status, _ := statusOf(t, h, "ann@example.com"); status != types.UserStatusTypeConfirmed {
			t.Errorf("after the first sign-in they are %s", status)
		}

		// At the pages'.
		b := h.Browser()
		p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "bob@example.com", "password", "anything1")
		p.Shows("Your password must be changed first.")
		p = b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "bob@example.com"))
		b.Submit(p, "confirmforgotpasswordform", "code", h.Code("bob@example.com"), "password", "secret1").Back()
		h.SignIn(h.Browser(), housetest.Ask(), "bob@example.com", "secret1")

		// Who proves a password is told at the proof.
		_, err = beginSRP(t, h, "dan@example.com", "anything1").answer(t, nil)
		refused(t, err, "PasswordResetRequiredException", "Password reset required for the user")
	})
}

// Where the client hides who has an account, nobody learns from a sign-in who was
// imported; the way in is the forgotten password.
func TestAPIUserImportIsHidden(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	m := newMover(t, h)
	m.counts(m.run(m.file(moved("ann@example.com"))), types.UserImportJobStatusTypeSucceeded, 1, 0, 0)
	for _, name := range []string{"ann@example.com", "nobody@example.com"} {
		_, err := byPassword(h, name, "anything1")
		refused(t, err, "NotAuthorizedException", wrong)
		_, err = beginSRP(t, h, name, "anything1").answer(t, nil)
		refused(t, err, "NotAuthorizedException", wrong)
	}
	b := h.Browser()
	p := b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "ann@example.com"))
	b.Submit(p, "confirmforgotpasswordform", "code", h.Code("ann@example.com"), "password", "secret1").Back()
	h.SignIn(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")
}

// Jobs are listed in the order in which they were made, a page at a time.
func TestAPIUserImportJobLists(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMover(t, apiHouse(t, database, nil))
		var made, listed []string
		for range 5 {
			made = append(made, *m.create().JobId)
			time.Sleep(2 * time.Millisecond) // ids are in order by the millisecond
		}
		in := &cip.ListUserImportJobsInput{UserPoolId: &m.pool, MaxResults: aws.Int32(2)}
		for {
			page, err := m.c.ListUserImportJobs(t.Context(), in)
			must(t, err)
			for _, j := range page.UserImportJobs {
				listed = append(listed, *j.JobId)
			}
			if in.PaginationToken = page.PaginationToken; in.PaginationToken == nil {
				break
			}
		}
		if !slices.Equal(listed, made) {
			t.Errorf("made %v, listed %v", made, listed)
		}
	})
}

// A job that runs keeps the pool as it is; stopped, it lets it go.
func TestAPIUserImportStops(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		m := newMover(t, apiHouse(t, database, nil))
		j := m.elsewhere(m.uploaded(m.file(moved("ann@example.com"))))
		inUse := func(err error) {
			t.Helper()
			refused(t, err, "UserImportInProgressException", importRuns)
		}
		_, err := m.c.UpdateUserPool(t.Context(), &cip.UpdateUserPoolInput{UserPoolId: &m.pool, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}})
		inUse(err)
		_, err = m.c.AddCustomAttributes(t.Context(), &cip.AddCustomAttributesInput{UserPoolId: &m.pool, CustomAttributes: []types.SchemaAttributeType{custom("late")}})
		inUse(err)
		stopped, err := m.stop(j)
		must(t, err)
		if stopped.Status != types.UserImportJobStatusTypeStopped || stopped.CompletionDate == nil || aws.ToString(stopped.CompletionMessage) == "" {
			t.Errorf("the job is %+v", stopped)
		}
		_, err = m.c.AddCustomAttributes(t.Context(), &cip.AddCustomAttributesInput{UserPoolId: &m.pool, CustomAttributes: []types.SchemaAttributeType{custom("late")}})
		must(t, err)
		m.counts(m.run(m.file(moved("ann@example.com"))), types.UserImportJobStatusTypeSucceeded, 1, 0, 0)
		m.counts(m.describe(j), types.UserImportJobStatusTypeStopped, 0, 0, 0)
	})
}

const importRuns = "A user import job of the user pool is running. Wait for its end, or stop it."
