package stories_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // reads the ledger beside the server

	"github.com/poolhouse/poolhouse/internal/housetest"
)

const (
	kills = 10
	storm = 150 * time.Millisecond // from the first acknowledged sign-up to the kill
	crowd = 6                      // people who sign up at once
)

// TestKilledInAStorm kills the server in the middle of a storm of sign-ups, ten
// times. After each restart the database is whole and every account that was
// acknowledged signs in.
func TestKilledInAStorm(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	program := buildProgram(t, folder)
	document, err := json.Marshal(housetest.Document(t, nil))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "pool.json"), document, 0o600))
	var all []string
	for round := range kills {
		s := launch(t, program, folder, "--db", "sqlite:house.db", "--apply", "pool.json")
		made := s.storms(t, round)
		s.kill(t)
		isWhole(t, filepath.Join(folder, "house.db"))
		s = launch(t, program, folder, "--db", "sqlite:house.db", "--apply", "pool.json")
		for _, address := range made {
			s.confirms(t, address)
		}
		all = append(all, made...)
		if round == kills-1 {
			for _, address := range all {
				s.signsIn(t, address)
			}
		}
		s.kill(t)
	}
	isWhole(t, filepath.Join(folder, "house.db"))
	if len(all) < kills {
		t.Errorf("%d storms acknowledged %d accounts: they prove nothing", kills, len(all))
	}
	t.Logf("%d acknowledged accounts survived", len(all))
}

func buildProgram(t *testing.T, folder string) string {
	t.Helper()
	program := filepath.Join(folder, "poolhouse")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/poolhouse/poolhouse/cmd/poolhouse")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// served is the program in a process of its own.
type served struct {
	process *exec.Cmd
	url     string
}

// launch starts the server in the folder and waits until it answers.
func launch(t *testing.T, program, folder string, flags ...string) *served {
	t.Helper()
	var log logBuffer
	c := exec.Command(program, append([]string{"serve", "--dev", "--listen", "127.0.0.1:0"}, flags...)...)
	c.Dir, c.Stderr = folder, &log
	must(t, c.Start())
	s := &served{process: c}
	t.Cleanup(func() { s.process.Process.Kill() }) // for a test that fails; otherwise it is gone
	serving := regexp.MustCompile(`msg=serving listen=(\S+)`)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if found := serving.FindStringSubmatch(log.String()); found != nil {
			s.url = "http://" + found[1]
			return s
		}
	}
	t.Fatalf("the server does not start:\n%s", log.String())
	return nil
}

// logBuffer is written by the process and read by the test.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// kill is kill -9: the program gets no chance to put anything in order.
func (s *served) kill(t *testing.T) {
	t.Helper()
	must(t, s.process.Process.Kill())
	if err := s.process.Wait(); err == nil {
		t.Error("the server ended in peace, want it killed")
	}
}

// storms lets people sign up, all at once and again and again, kills the server
// amid them, and returns the addresses whose sign-up was acknowledged.
func (s *served) storms(t *testing.T, round int) []string {
	t.Helper()
	var (
		mu   sync.Mutex
		made []string
		wg   sync.WaitGroup
		dead = make(chan struct{})
		once sync.Once
	)
	for p := range crowd {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-dead:
					return
				default:
				}
				address := fmt.Sprintf("p%d-%d-%d@example.com", round, p, n)
				if acknowledged, err := s.signsUp(address); err != nil {
					return // the connection broke: nothing was promised
				} else if !acknowledged {
					t.Errorf("%s was refused", address)
					return
				}
				mu.Lock()
				made = append(made, address)
				mu.Unlock()
				once.Do(func() {
					time.AfterFunc(storm, func() {
						s.process.Process.Kill() // noticed by kill, which waits
						close(dead)
					})
				})
			}
		})
	}
	wg.Wait()
	return made
}

// visitor is a person's browser at the served program.
type visitor struct {
	http *http.Client
	url  string
}

func (s *served) visitor() (visitor, func()) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it fails on options alone
	}
	transport := &http.Transport{}
	return visitor{&http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}, s.url}, transport.CloseIdleConnections
}

// fill opens a page, fills its form and returns where the answer leads.
func (v visitor) fill(page string, pairs ...string) (to *url.URL, err error) {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	response, err := v.http.Get(v.url + page)
	if err != nil {
		return nil, err
	}
	body, err := readAll(response)
	if err != nil {
		return nil, err
	}
	token := regexp.MustCompile(`name="_csrf" value="([^"]*)"`).FindStringSubmatch(body)
	if token == nil {
		return nil, fmt.Errorf("%s has no form: %s", page, body)
	}
	form.Set("_csrf", token[1])
	if response, err = v.http.PostForm(v.url+page, form); err != nil {
		return nil, err
	}
	if _, err := readAll(response); err != nil {
		return nil, err
	}
	to, err = response.Location()
	if err != nil {
		return &url.URL{}, nil // the form came back
	}
	return to, nil
}

func readAll(response *http.Response) (string, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func (s *served) signsUp(address string) (acknowledged bool, err error) {
	v, done := s.visitor()
	defer done()
	to, err := v.fill("/signup"+housetest.Ask(), "username", address, "password", secret)
	return err == nil && to.Path == "/confirm", err
}

// confirms signs a person in who never saw the confirm page, confirms the
// account with the code from the mailbox, and ends at the app.
func (s *served) confirms(t *testing.T, address string) {
	t.Helper()
	v, done := s.visitor()
	defer done()
	to, err := v.fill("/login"+housetest.Ask(), "username", address, "password", secret)
	must(t, err)
	if to.Path != "/confirm" {
		t.Fatalf("%s was acknowledged, but signing in leads to %q", address, to)
	}
	to, err = v.fill("/confirm"+housetest.Ask(), "username", address, "code", s.code(t, v, address))
	must(t, err)
	if to.Query().Get("code") == "" {
		t.Errorf("%s: the code from the mailbox leads to %q", address, to)
	}
}

// code reads the code in the outbox, which holds it whether the killed process
// came to deliver it or not.
func (s *served) code(t *testing.T, v visitor, address string) string {
	t.Helper()
	response, err := v.http.Get(s.url + "/mailbox.json?to=" + url.QueryEscape(address))
	must(t, err)
	body, err := readAll(response)
	must(t, err)
	var mails []struct{ Code string }
	must(t, json.Unmarshal([]byte(body), &mails))
	if len(mails) == 0 || mails[0].Code == "" {
		t.Fatalf("%s was acknowledged, but the outbox holds no code: %s", address, body)
	}
	return mails[0].Code
}

func (s *served) signsIn(t *testing.T, address string) {
	t.Helper()
	v, done := s.visitor()
	defer done()
	to, err := v.fill("/login"+housetest.Ask(), "username", strings.ToUpper(address), "password", secret)
	must(t, err)
	if to.Query().Get("code") == "" {
		t.Errorf("%s signs in and is led to %q", address, to)
	}
}

// isWhole holds a ledger that nobody has open against its own structure.
func isWhole(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	defer db.Close()
	var said string
	must(t, db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&said))
	if said != "ok" {
		t.Errorf("the integrity check says %s", said)
	}
}
