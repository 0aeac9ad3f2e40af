package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"poolhouse": main})
}

// TestManual runs the scripts in testdata/script, which read like a manual.
// Beside testscript's own commands they use:
//
//	await FILE REGEXP [NAME]    waits until the file matches; NAME becomes what its group found
//	says REGEXP                 the command before left exactly one line of error, which reads so
//	browse URL                  gets a page, whose text stdout then holds
//	signsup URL ADDRESS         fills the sign-up page at URL and sends it
//	certificate CERT KEY        writes a certificate and its key to the two files
//	arn URL POOL                asks the API, as an operator with any key, for the pool's ARN
//	imports URL POOL NAME FILE  brings the people of a file into the pool by a job of the name, whose id stdout then holds
func TestManual(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await, "says": says, "browse": browse, "signsup": signsUp,
			"certificate": certificate, "arn": arn, "imports": importPeople,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// patience bounds how long a script waits for a server.
const patience = 30 * time.Second

func await(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: await FILE REGEXP [NAME]")
	}
	want, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var text []byte
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, _ = os.ReadFile(ts.MkAbs(args[0])) // not there yet
		found := want.FindSubmatch(text)
		if found == nil {
			continue
		}
		if len(args) == 3 {
			ts.Setenv(args[2], string(found[1]))
		}
		return
	}
	ts.Fatalf("%s does not come to match %s:\n%s", args[0], args[1], text)
}

func says(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 1 {
		ts.Fatalf("usage: says REGEXP")
	}
	text := ts.ReadFile("stderr")
	want, err := regexp.Compile(`^poolhouse: ` + args[0] + `\n$`)
	ts.Check(err)
	if !want.MatchString(text) {
		ts.Fatalf("stderr is %q, want the one line %s", text, want)
	}
}

func browse(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 1 {
		ts.Fatalf("usage: browse URL")
	}
	response, err := http.Get(args[0])
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s", response.Status, html.UnescapeString(string(body)))
}

func signsUp(ts *testscript.TestScript, not bool, args []string) {
	if not || len(args) != 2 {
		ts.Fatalf("usage: signsup URL ADDRESS")
	}
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	client := &http.Client{Jar: jar}
	page, err := client.Get(args[0])
	ts.Check(err)
	defer page.Body.Close()
	body, err := io.ReadAll(page.Body)
	ts.Check(err)
	token := regexp.MustCompile(`name="_csrf" value="([^"]*)"`).FindStringSubmatch(string(body))
	if token == nil {
		ts.Fatalf("%s has no form:\n%s", args[0], body)
	}
	done, err := client.PostForm(args[0], url.Values{"_csrf": {token[1]}, "username": {args[1]}, "password": {"a good password"}})
	ts.Check(err)
	defer done.Body.Close()
	if !strings.HasSuffix(done.Request.URL.Path, "/confirm") {
		ts.Fatalf("signing up led to %s", done.Request.URL)
	}
}
