package stories_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// TestAWSCLI runs the scripts in testdata/awscli: what an operator does with
// AWS's CLI, against a house as in production, with keys of its own ledger.
// Beside testscript's own commands they use:
//
//	aws COMMAND …          aws cognito-idp COMMAND, as its user types it
//	has PATH=VALUE …       the answer has these members, of this value
//	hasnot PATH …          the answer lacks these members
//	keep NAME PATH         NAME becomes the value of a member of the answer
//	says TEXT              the command before was refused with this text
//	code NAME ADDRESS      NAME becomes the next code that is mailed to the address
//	key NAME [LIMIT …]     makes an access key: read-only, or of a pool, by its id
//	feedback NAME POOL ID  NAME becomes the token by which an event's owner gives feedback
//	use NAME               the commands that follow are signed with that key
//
// A PATH is UserPool.Id, or Users.0.Username; Users.len is how many there are.
// The CLI is Debian's where it is installed.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	off := false
	desk := &desk{program: awsCLI(t), office: openPostOffice(t)}
	desk.house = housetest.Start(t, housetest.Config{Dev: &off, Mail: desk.office.url})
	testscript.Run(t, testscript.Params{
		Dir: cliScripts,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, "HOUSE="+housetest.PoolID, "APP="+housetest.ClientID, "HOME="+e.WorkDir,
				"AWS_REGION=us-east-1", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "LC_ALL=C.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"aws": desk.aws, "has": desk.has, "hasnot": desk.hasNot, "keep": desk.keep, "says": desk.says, "code": desk.code, "key": desk.key, "use": desk.use,
			"upload": desk.upload, "ended": desk.ended, "elsewhere": desk.elsewhere, "feedback": desk.feedback,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

const cliScripts = "testdata/awscli"

// awsCLI is the path of AWS's CLI: Debian's, else that of the PATH. Without one
// the test is skipped; under CI=true it fails.
func awsCLI(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/aws", "aws"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	postgres.Missing(t, "AWS's CLI is not installed (Debian: apt-get install awscli)")
	return ""
}

// desk is where the scripts' commands are carried out. The commands of a script
// run one by one, those of several scripts beside each other.
type desk struct {
	program string
	office  *postOffice
	house   *housetest.House
}

func (d *desk) aws(ts *testscript.TestScript, not bool, args []string) {
	err := ts.Exec(d.program, append([]string{"cognito-idp", "--endpoint-url", "http://" + d.house.Address, "--no-cli-pager"}, args...)...)
	switch {
	case not && err == nil:
		ts.Fatalf("the command succeeded")
	case !not && err != nil:
		ts.Fatalf("%v", err)
	}
}

func (d *desk) has(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) == 0 {
		ts.Fatalf("usage: has PATH=VALUE …")
	}
	for _, arg := range args {
		path, want, _ := strings.Cut(arg, "=")
		if got, there := member(ts, path); !there || got != want {
			ts.Fatalf("%s is %q (there: %v), want %q", path, got, there, want)
		}
	}
}

func (d *desk) hasNot(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) == 0 {
		ts.Fatalf("usage: hasnot PATH …")
	}
	for _, path := range args {
		if got, there := member(ts, path); there {
			ts.Fatalf("%s is %q", path, got)
		}
	}
}

func (d *desk) keep(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: keep NAME PATH")
	}
	value, there := member(ts, args[1])
	if !there {
		ts.Fatalf("the answer has no %s", args[1])
	}
	ts.Setenv(args[0], value)
}

// member finds a member of the JSON that the command before wrote.
func member(ts *testscript.TestScript, path string) (value string, there bool) {
	var at any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &at))
	for step := range strings.SplitSeq(path, ".") {
		switch in := at.(type) {
		case map[string]any:
			at, there = in[step]
		case []any:
			n, err := strconv.Atoi(step)
			switch there = err == nil && n < len(in); {
			case step == "len":
				at, there = len(in), true
			case there:
				at = in[n]
			}
		default:
			there = false
		}
		if !there {
			return "", false
		}
	}
	if text, ok := at.(string); ok {
		return text, true
	}
	text, err := json.Marshal(at)
	ts.Check(err)
	return string(text), true
}

func (d *desk) says(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 1 {
		ts.Fatalf("usage: says TEXT")
	}
	if got := strings.TrimSpace(ts.ReadFile("stderr")); got != args[0] {
		ts.Fatalf("the command said\n%s\nand not\n%s", got, args[0])
	}
}

func (d *desk) code(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: code NAME ADDRESS")
	}
	before := ts.Getenv(args[0])
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		mails := d.office.got(args[1])
		if n := len(mails); n > 0 && mails[n-1].code() != before {
			ts.Setenv(args[0], mails[n-1].code())
			return
		}
	}
	ts.Fatalf("no new code is mailed to %s", args[1])
}

// upload puts the file of a user import job with the command of Amazon's page
// ("Creating and running the user import job").
func (d *desk) upload(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: upload FILE URL")
	}
	program, err := exec.LookPath("curl")
	if err != nil {
		ts.Fatalf("curl is not installed (Debian: apt-get install curl)")
	}
	ts.Setenv("no_proxy", "localhost")
	ts.Check(ts.Exec(program, "-v", "-T", ts.MkAbs(args[0]), "-H", "x-amz-server-side-encryption:aws:kms", args[1]))
	if seen := ts.ReadFile("stderr"); !strings.Contains(seen, "< HTTP/1.1 200 OK") {
		ts.Fatalf("the upload is answered\n%s", seen)
	}
}

// ended waits for the end of a user import job.
func (d *desk) ended(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: ended POOL JOB")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		j, err := d.house.DB.Imports.Jobs.Get(context.Background(), args[0], args[1])
		ts.Check(err)
		if j.CompletionDate > 0 {
			return
		}
	}
	ts.Fatalf("the job does not end")
}

// elsewhere starts a user import job that another node never ends.
func (d *desk) elsewhere(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: elsewhere POOL JOB")
	}
	ts.Check(runElsewhere(context.Background(), d.house, args[0], args[1]))
}

func (d *desk) key(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) == 0 {
		ts.Fatalf("usage: key NAME [LIMIT …]")
	}
	ask := pool.OperatorKey{Name: args[0]}
	for _, limit := range args[1:] {
		if limit == "read-only" {
			ask.ReadOnly = true
		} else {
			ask.Pools = append(ask.Pools, limit)
		}
	}
	k, err := addKey(d.house, ask)
	ts.Check(err)
	ts.Setenv(args[0]+"_ID", k.ID)
	ts.Setenv(args[0]+"_SECRET", k.Secret.Reveal())
}

func (d *desk) use(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 1 {
		ts.Fatalf("usage: use NAME")
	}
	ts.Setenv("AWS_ACCESS_KEY_ID", ts.Getenv(args[0]+"_ID"))
	ts.Setenv("AWS_SECRET_ACCESS_KEY", ts.Getenv(args[0]+"_SECRET"))
}

func (d *desk) feedback(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 3 {
		ts.Fatalf("usage: feedback NAME POOL ID")
	}
	ts.Setenv(args[0], d.house.FeedbackToken(args[1], args[2]))
}

// addKey makes an access key in the ledger of a house.
func addKey(h *housetest.House, ask pool.OperatorKey) (pool.OperatorKey, error) {
	return (&setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}).AddKey(context.Background(), ask)
}

// The scripts make 40 different calls or more, and the page on the API names
// the CLI that they are held against and each operation that it does not have.
func TestAWSCLIScripts(t *testing.T) {
	t.Parallel()
	called := scriptedCommands(t)
	if len(called) < 40 {
		t.Errorf("the scripts make %d different calls", len(called))
	}
	program := awsCLI(t)
	version, err := exec.CommandContext(t.Context(), program, "--version").Output()
	must(t, err)
	name, _, _ := strings.Cut(string(version), " ")
	t.Logf("%s: %d different calls by %s", program, len(called), version)
	page, err := os.ReadFile("../../docs/api-status.md")
	must(t, err)
	_, after, found := strings.Cut(string(page), "`"+name+"`")
	if !found {
		t.Skipf("the page is about another CLI than %s", name)
	}
	newer, _, _ := strings.Cut(after, "\n\n") // the paragraph's rest
	named, has := map[string]bool{}, cliCommands(t, program)
	for _, operation := range regexp.MustCompile(`\w+`).FindAllString(newer, -1) {
		named[operation] = true
	}
	for operation := range workingOperations(t) {
		command := commandOf(operation)
		if has[command] == named[operation] {
			t.Errorf("%s: the CLI has it: %v; the page names it as newer: %v", operation, has[command], named[operation])
		}
		if has[command] && !called[command] {
			t.Logf("no script calls %s yet", command)
		}
	}
}

// scriptedCommands are the commands that the scripts give to the CLI and that
// succeed.
func scriptedCommands(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(cliScripts + "/*.txtar")
	must(t, err)
	commands := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, row := range regexp.MustCompile(`(?m)^aws ([a-z-]+)`).FindAllSubmatch(text, -1) {
			commands[string(row[1])] = true
		}
	}
	return commands
}

// cliCommands are the commands that the CLI has: it lists them when it is given
// one that it has not.
func cliCommands(t *testing.T, program string) map[string]bool {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), program, "cognito-idp", "no-such-command").CombinedOutput()
	if err == nil {
		t.Fatal("the CLI takes any command")
	}
	commands := map[string]bool{}
	for word := range strings.FieldsFuncSeq(string(said), func(r rune) bool { return strings.ContainsRune(" |\n", r) }) {
		commands[word] = true
	}
	if !commands["create-user-pool"] {
		t.Fatalf("the CLI does not list its commands: %s", said)
	}
	return commands
}

// commandOf is the CLI's word for an operation: GetCSVHeader is get-csv-header.
func commandOf(operation string) string {
	words := regexp.MustCompile(`([a-z])([A-Z])|([A-Z])([A-Z][a-z])`).ReplaceAllString(operation, "$1$3-$2$4")
	return strings.ToLower(words)
}
