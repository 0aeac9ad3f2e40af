package stories_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body of a refused upload is read")
	return 0, io.EOF
}

// bring hands a request to the house without the network.
func bring(h *housetest.House, method, address string, body io.Reader, change func(*http.Request)) answer {
	r := httptest.NewRequest(method, address, body)
	r.ContentLength = 10
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
}

// turned is an address with members of its query changed.
func turned(t *testing.T, address string, pairs ...string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// Only the address that was made for a job takes its file, for a quarter of an
// hour, and while the job waits for it: what is refused is not read, and writes
// nothing.
func TestAttackUploadAddresses(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		m := newMover(t, h)
		mine, other := m.create(), m.create()
		good := *mine.PreSignedUrl
		expires := time.Now().Add(24 * time.Hour).Unix()
		refuse := func(what, address string, status int, code string, change func(*http.Request)) {
			t.Helper()
			before := h.DB.Cost()
			a := bring(h, http.MethodPut, address, unread{t}, change)
			if wrote := h.DB.Cost().Since(before).Rows; a.status != status || code != "" && !strings.Contains(a.body, "<Code>"+code+"</Code>") || wrote != 0 {
				t.Errorf("%s: %d %s with %d rows written, want %d %s", what, a.status, a.body, wrote, status, code)
			}
		}
		const unsigned = "SignatureDoesNotMatch"
		for what, address := range map[string]string{
			"no signature":       strings.Split(good, "?")[0],
			"an empty one":       turned(t, good, "signature", ""),
			"another":            turned(t, good, "signature", strings.Repeat("A", 43)),
			"a later end":        turned(t, good, "expires", fmt.Sprint(expires)),
			"no end":             turned(t, good, "expires", ""),
			"an end twice":       good + "&expires=" + fmt.Sprint(expires),
			"a negative one":     turned(t, good, "expires", "-1"),
			"another job's path": strings.Replace(good, *mine.JobId, *other.JobId, 1),
			"another pool's":     strings.Replace(good, housetest.PoolID, noPool, 1),
			"a path beyond":      strings.Replace(good, *mine.JobId, *mine.JobId+"%2f..%2f"+*other.JobId, 1),
		} {
			refuse(what, address, http.StatusForbidden, unsigned, nil)
		}
		refuse("larger than the limit", good, http.StatusBadRequest, "EntityTooLarge", func(r *http.Request) { r.ContentLength = pool.MaxImportFile + 1 })
		refuse("of no length", good, http.StatusLengthRequired, "MissingContentLength", func(r *http.Request) { r.ContentLength = -1 })
		refuse("encoded", good, http.StatusNotImplemented, "NotImplemented", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
		refuse("at a pool's domain", good, http.StatusNotFound, "", func(r *http.Request) { r.Host = housetest.Prefix + "." + r.Host })
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodHead} {
			if a := bring(h, method, good, strings.NewReader("0123456789"), nil); a.status < 400 || strings.Contains(a.body, "0123456789") {
				t.Errorf("%s: %d %s", method, a.status, a.body)
			}
		}
		if a := bring(h, http.MethodPut, good, strings.NewReader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), nil); a.status != http.StatusBadRequest || !strings.Contains(a.body, "<Code>InvalidArgument</Code>") {
			t.Errorf("a compressed file: %d %s", a.status, a.body)
		}
		// The right one works, again too; and not once the job has begun.
		text := m.file()
		for range 2 {
			if a := m.put(good, text, nil); a.status != http.StatusOK {
				t.Errorf("the right address: %d %s", a.status, a.body)
			}
		}
		m.elsewhere(mine)
		if a := bring(h, http.MethodPut, good, strings.NewReader("0123456789"), nil); a.status != http.StatusForbidden || !strings.Contains(a.body, "<Code>AccessDenied</Code>") {
			t.Errorf("a job that has begun: %d %s", a.status, a.body)
		}
		h.Advance(15 * time.Minute)
		refuse("late", *other.PreSignedUrl, http.StatusForbidden, "AccessDenied", nil)
	})
}

// Whoever only reads is not shown the address by which a pool can be filled, nor
// leads a key of one pool to another's jobs.
func TestAttackImportKeys(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	reader, bound := o.key(pool.OperatorKey{Name: "reader", ReadOnly: true}), o.key(pool.OperatorKey{Name: "bound", Pools: []string{housetest.PoolID}})
	job := func(a answer) map[string]any {
		t.Helper()
		j, ok := a.json["UserImportJob"].(map[string]any)
		if !ok {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return j
	}
	made := job(o.does("CreateUserImportJob", map[string]any{"UserPoolId": housetest.PoolID, "JobName": "=1+1", "CloudWatchLogsRoleArn": logsRole}))
	in := map[string]any{"UserPoolId": housetest.PoolID, "JobId": made["JobId"]}
	if made["PreSignedUrl"] == nil || job(o.ask(bound, "DescribeUserImportJob", in))["PreSignedUrl"] == nil {
		t.Error("who may change the pool is not shown where to upload")
	}
	if address, shown := job(o.ask(reader, "DescribeUserImportJob", in))["PreSignedUrl"]; shown {
		t.Errorf("who only reads is shown %v", address)
	}
	if list := o.ask(reader, "ListUserImportJobs", map[string]any{"UserPoolId": housetest.PoolID, "MaxResults": 10}); list.status != http.StatusOK || strings.Contains(list.body, "signature") || !strings.Contains(list.body, "import-") {
		t.Errorf("the list of who only reads: %d %s", list.status, list.body)
	}
	elsewhere := o.does("CreateUserPool", map[string]any{"PoolName": "other", "AutoVerifiedAttributes": []string{"email"}}).json["UserPool"].(map[string]any)["Id"]
	theirs := job(o.does("CreateUserImportJob", map[string]any{"UserPoolId": elsewhere, "JobName": "theirs", "CloudWatchLogsRoleArn": logsRole}))
	for _, name := range []string{"DescribeUserImportJob", "StartUserImportJob", "StopUserImportJob"} {
		o.ask(bound, name, map[string]any{"UserPoolId": housetest.PoolID, "JobId": theirs["JobId"]}).refuses(t, name, "ResourceNotFoundException", fmt.Sprintf("User import job %v does not exist.", theirs["JobId"]))
	}
}

// Rows that are meant to break something break themselves alone, and nothing of
// them is kept.
func TestAttackImportRows(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		m := newMover(t, h)
		bombs := []string{
			strings.Repeat(",", 1_000_000),
			strings.Repeat("x", 3<<20),
			`"=HYPERLINK(""http://evil.example"")`,
			"=cmd|'/C calc'!A0\x00,",
			"\xff\xfe\xfd",
			"\x1b]0;owned\x07,,,",
			"@SUM(1+1)*cmd|' /C calc'!A0" + strings.Repeat(",", 20),
			strings.Repeat("\"", 15_999),
			strings.Repeat(`\,`, 7_000),
		}
		text := m.file(moved("=1+1@example.com"), moved("-2+3@example.com", "name", "=cmd|'/C calc'!A0")) + strings.Join(bombs, "\n") + "\n" +
			strings.SplitN(m.file(moved("last@example.com", "name", "\x1b[2J")), "\n", 2)[1] +
			strings.SplitN(m.file(moved("ann@example.com")), "\n", 2)[1]
		done := m.run(text)
		m.counts(done, types.UserImportJobStatusTypeFailed, 3, 0, int64(len(bombs)+1))
		failures, err := h.DB.Imports.Failures.List(t.Context(), m.pool, *done.JobId, 0, 100)
		must(t, err)
		for _, f := range failures {
			if strings.ContainsAny(f.Reason, "=@+\x00\x1b\"|") || strings.Contains(f.Reason, "evil") || len(f.Reason) > 200 {
				t.Errorf("line %d: %q", f.Line, f.Reason)
			}
		}
		if len(failures) != len(bombs)+1 {
			t.Errorf("%d failures are kept", len(failures))
		}
		if got := attributeOf(t, h, "-2+3@example.com", "name"); got != "=cmd|'/C calc'!A0" {
			t.Errorf("what fits the schema is changed to %q", got)
		}
	})
}

// A file that is one line is taken, piece by piece, and fails the job.
func TestAttackImportOfOneLine(t *testing.T) {
	t.Parallel()
	m := newMover(t, apiHouse(t, "", nil))
	done := m.run(strings.Repeat("name,", 20<<20/5))
	m.counts(done, types.UserImportJobStatusTypeFailed, 0, 0, 0)
	if want := "The first row of the file: the row is longer than 16,000 characters."; aws.ToString(done.CompletionMessage) != want {
		t.Errorf("the job says %q", aws.ToString(done.CompletionMessage))
	}
}

// A file takes nothing away from those who are there: neither account nor alias.
func TestAttackImportTakesNothing(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.UsernameAttributes, p.AliasAttributes = nil, []string{"email", "preferred_username"}
		})
		m := newMover(t, h)
		_, err := m.c.AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: aws.String("ann"), MessageAction: types.MessageActionTypeSuppress,
			UserAttributes: []types.AttributeType{attribute("email", "ann@example.com"), attribute("email_verified", "true"), attribute("name", "Ann")}})
		must(t, err)
		_, err = m.c.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: aws.String("ann"), Password: aws.String("secret1"), Permanent: true})
		must(t, err)
		done := m.run(m.file(
			moved("eve@example.com", "cognito:username", "ANN", "name", "Eve"),
			moved("ann@example.com", "cognito:username", "eve"),
			moved("eve@example.com", "cognito:username", "mallory", "preferred_username", "ann"),
			moved("bob@example.com", "cognito:username", "bob"), moved("cat@example.com", "cognito:username", "cat"), moved("dan@example.com", "cognito:username", "dan"),
		))
		m.counts(done, types.UserImportJobStatusTypeSucceeded, 3, 1, 2)
		for _, name := range []string{"ann", "ann@example.com"} {
			_, err := byPassword(h, name, "secret1")
			must(t, err)
		}
		if got := attributeOf(t, h, "ann", "name"); got != "Ann" {
			t.Errorf("her name is %q", got)
		}
		for _, name := range []string{"eve", "mallory"} {
			_, err := m.c.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &name})
			refused(t, err, "UserNotFoundException", "User does not exist.")
		}
	})
}

// People who sign up while a file brings them in are there once, whoever is
// faster.
func TestAttackImportRace(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		m := newMover(t, h)
		const people = 40
		rows := make([]map[string]string, people)
		for i := range rows {
			rows[i] = moved(fmt.Sprintf("person%d@example.com", i))
		}
		j, err := m.start(m.uploaded(m.file(rows...)))
		must(t, err)
		var mu sync.Mutex
		var signing sync.WaitGroup
		signed := int64(0)
		for lane := range 4 {
			signing.Go(func() {
				for i := lane; i < people; i += 4 {
					_, err := m.c.SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: aws.String(fmt.Sprintf("person%d@example.com", people-1-i)), Password: aws.String("secret1")})
					if err == nil {
						mu.Lock()
						signed++
						mu.Unlock()
					} else if !strings.Contains(err.Error(), "UsernameExistsException") && !strings.Contains(err.Error(), "TooManyRequestsException") {
						t.Error(err)
					}
				}
			})
		}
		signing.Wait()
		done := m.ended(j)
		out, err := m.c.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: &m.pool})
		must(t, err)
		if done.ImportedUsers+signed != people || done.SkippedUsers != signed || done.FailedUsers != 0 || out.UserPool.EstimatedNumberOfUsers != people {
			t.Errorf("%d imported, %d skipped, %d failed; %d signed up; %d users", done.ImportedUsers, done.SkippedUsers, done.FailedUsers, signed, out.UserPool.EstimatedNumberOfUsers)
		}
	})
}

// Where the client hides who has an account, a sign-in of somebody imported costs
// what one of nobody costs.
func TestAttackImportedCost(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	m := newMover(t, h)
	m.run(m.file(moved("ann@example.com")))
	cost := func(name string) uint64 {
		before := h.Passwords.Count()
		_, err := byPassword(h, name, "anything1")
		refused(t, err, "NotAuthorizedException", wrong)
		return h.Passwords.Count() - before
	}
	if ann, nobody := cost("ann@example.com"), cost("nobody@example.com"); ann != nobody || ann != 1 {
		t.Errorf("somebody imported costs %d hashes, nobody %d", ann, nobody)
	}
}
