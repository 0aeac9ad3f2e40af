package stories_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// The benchmarks measure the server in process on SQLite, without the network,
// and count what each request asks of the ledger, the hasher and the signer:
//
//	go test ./internal/stories -run '^$' -bench . -benchmem
//
// Passwords are hashed with the light profile of development: a production
// hash costs more by far, so hashes/op tells what a sign-in really costs.

// bench is a house that counts.
type bench struct {
	*testing.B
	house   *housetest.House
	handler http.Handler

	cost       store.Cost
	hashes     uint64
	signatures int
}

func newBench(b *testing.B) *bench {
	b.Helper()
	h := housetest.Start(b, housetest.Config{})
	return &bench{B: b, house: h, handler: h.Handler()}
}

// begin starts the counters, and reports them at the end.
func (b *bench) begin() {
	b.Helper()
	b.cost, b.hashes, b.signatures = b.house.DB.Cost(), b.house.Passwords.Count(), 0
	b.ReportAllocs()
	b.Cleanup(func() {
		cost, n := b.house.DB.Cost().Since(b.cost), float64(b.N)
		b.ReportMetric(float64(cost.Statements)/n, "statements/op")
		b.ReportMetric(float64(cost.Rows)/n, "rows/op")
		b.ReportMetric(float64(cost.Read)/n, "reads/op")
		b.ReportMetric(float64(b.house.Passwords.Count()-b.hashes)/n, "hashes/op")
		b.ReportMetric(float64(b.signatures)/n, "signatures/op")
	})
}

// formToken is the token of a page's form, in cookie and field alike.
const formToken = "b5b3c9a1-9a3e-4d43-9d43-0d8f4f4d9c11"

// do sends a request and demands the status.
func (b *bench) do(r *http.Request, status int) *httptest.ResponseRecorder {
	b.Helper()
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code != status {
		b.Fatalf("%s answered %d %s", r.URL.Path, w.Code, w.Body)
	}
	return w
}

func (b *bench) form(path string, fields url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, b.house.URL()+path, strings.NewReader(fields.Encode()))
	r.RemoteAddr = "127.0.0.1:4000" // in development this machine has no limit
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// fills sends a page's form and returns where it leads.
func (b *bench) fills(path string, fields url.Values) *url.URL {
	b.Helper()
	fields.Set("_csrf", formToken)
	r := b.form(path+housetest.Ask(), fields)
	r.AddCookie(&http.Cookie{Name: "XSRF-TOKEN", Value: formToken})
	to, err := b.do(r, http.StatusFound).Result().Location()
	must(b, err)
	return to
}

type benchTokens struct {
	ID      string `json:"id_token"`
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// asksForTokens posts to the token endpoint; an answer has two signatures.
func (b *bench) asksForTokens(pairs ...string) (out benchTokens) {
	b.Helper()
	fields := url.Values{"client_id": {housetest.ClientID}}
	for i := 0; i+1 < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	must(b, json.Unmarshal(b.do(b.form("/oauth2/token", fields), http.StatusOK).Body.Bytes(), &out))
	b.signatures += 2
	return out
}

// signsIn walks from the sign-in page to the tokens.
func (b *bench) signsIn() benchTokens {
	b.Helper()
	back := b.fills("/login", url.Values{"username": {ann}, "password": {secret}})
	return b.asksForTokens("grant_type", "authorization_code", "redirect_uri", housetest.Callback, "code", back.Query().Get("code"))
}

func (b *bench) hasAnn() {
	b.Helper()
	b.house.SignUp(b.house.Browser(), housetest.Ask(), ann, secret)
}

// BenchmarkCodeLogin: the sign-in page with the right password, and its code at
// the token endpoint.
func BenchmarkCodeLogin(b *testing.B) {
	s := newBench(b)
	s.hasAnn()
	s.begin()
	for b.Loop() {
		s.signsIn()
	}
}

func BenchmarkRefresh(b *testing.B) {
	s := newBench(b)
	s.hasAnn()
	token := s.signsIn().Refresh
	s.begin()
	for b.Loop() {
		s.asksForTokens("grant_type", "refresh_token", "refresh_token", token)
	}
}

// BenchmarkClientCredentials: a machine's token, with one signature.
func BenchmarkClientCredentials(b *testing.B) {
	s := newBench(b)
	s.house.Apply(machines(b))
	s.begin()
	for b.Loop() {
		r := s.form("/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
		r.SetBasicAuth(machine, otherSecret)
		s.do(r, http.StatusOK)
		s.signatures++
	}
}

// BenchmarkRefreshInGroups is BenchmarkRefresh of somebody who is in as many
// groups as one can be.
func BenchmarkRefreshInGroups(b *testing.B) {
	s := newBench(b)
	s.hasAnn()
	app, ctx := s.house.App(housetest.ClientID), b.Context()
	user, err := s.house.DB.Users.ByName(ctx, housetest.PoolID, app.Pool.SignInNames(ann)[0])
	must(b, err)
	accounts := &account.Accounts{DB: s.house.DB}
	for i := range pool.MaxGroupsOfUser {
		g := pool.Group{UserPoolID: housetest.PoolID, GroupName: fmt.Sprint("group", i), GroupSettings: pool.GroupSettings{Precedence: &i}}
		must(b, s.house.DB.Groups.Create(ctx, &g, g.UserPoolID, g.GroupName))
		must(b, accounts.AddToGroup(ctx, user, g.GroupName))
	}
	token := s.signsIn().Refresh
	s.begin()
	for b.Loop() {
		s.asksForTokens("grant_type", "refresh_token", "refresh_token", token)
	}
}

func BenchmarkUserInfo(b *testing.B) {
	s := newBench(b)
	s.hasAnn()
	token := s.signsIn().Access
	s.begin()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, s.house.URL()+"/oauth2/userInfo", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		s.do(r, http.StatusOK)
	}
}

// BenchmarkSignUp: the sign-up page, up to the moment when the mail is out.
func BenchmarkSignUp(b *testing.B) {
	s := newBench(b)
	s.begin()
	for n := 0; b.Loop(); n++ {
		if to := s.fills("/signup", url.Values{"username": {fmt.Sprintf("p%d@example.com", n)}, "password": {secret}}); to.Path != "/confirm" {
			b.Fatalf("signing up led to %s", to)
		}
	}
}

func BenchmarkJWKS(b *testing.B) {
	s := newBench(b)
	s.begin()
	for b.Loop() {
		s.do(httptest.NewRequest(http.MethodGet, s.house.URL()+"/"+housetest.PoolID+"/.well-known/jwks.json", nil), http.StatusOK)
	}
}

// BenchmarkImport brings people in by a user import job, from the upload to the
// job's end, one a row.
func BenchmarkImport(b *testing.B) {
	h := newBench(b)
	m := newMover(b, h.house)
	people := make([]map[string]string, b.N)
	for i := range people {
		people[i] = moved(fmt.Sprintf("person%d@example.com", i), "name", fmt.Sprint("Person ", i), "given_name", "Person", "family_name", fmt.Sprint(i%1000))
	}
	text := m.file(people...)
	h.begin()
	b.ResetTimer()
	done := m.run(text)
	b.StopTimer()
	m.counts(done, "Succeeded", int64(b.N), 0, 0)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(done.CompletionDate.Sub(*done.StartDate).Milliseconds()), "ms-of-the-job")
}
