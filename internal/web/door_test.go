package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/token"
)

// door is a whole web door on a real ledger: pool A with a public client and a
// custom and a prefix domain, pool B with a confidential one.
type door struct {
	*httptest.Server
	web  *Web
	db   *store.DB
	skew atomic.Int64 // ns that the clock is ahead
}

const (
	poolA    = "us-east-1_AAAAAAAAA"
	poolB    = "us-east-1_BBBBBBBBB"
	clientA  = "clienta"
	clientB  = "clientb"
	secretB  = "sekrit+with_twentyfour_or_more"
	callback = "http://app.localhost:4200/oauth/cognito"
	goodbye  = "http://app.localhost:4200/bye"
	ownHost  = "pools.test"
	word     = "correct horse"
)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func newDoor(t testing.TB, change ...func(*pool.Pool, *pool.Client)) *door {
	t.Helper()
	ctx := context.Background()
	line, err := seal.NewKeyLine()
	must(t, err)
	ring, err := seal.ParseRing([]byte(line))
	must(t, err)
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "ledger.db"), ring)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	d := &door{db: db}
	now := func() time.Time { return time.Now().Add(time.Duration(d.skew.Load())) }
	hasher := password.NewHasher(password.Light(), 4)
	own := &url.URL{Scheme: "http", Host: ownHost}
	key := ring.Derive("names")
	d.web = &Web{
		DB: db,
		Accounts: &account.Accounts{
			DB: db, Passwords: hasher, NameKey: key, CodeKey: ring.Derive("codes"), URL: own, Now: now,
			Sent: func(context.Context, string, string) bool { return true },
		},
		Signin: &signin.Signin{DB: db, Passwords: hasher, NameKey: key, Now: now},
		Tokens: &token.Tokens{DB: db, Ring: ring, URL: own.String(), Now: now},
		URL:    own, StateKey: ring.Derive("pages"), Dev: true, Now: now, Log: slog.New(slog.NewTextHandler(testLog{t}, nil)),
	}
	d.seed(t, change)
	d.Server = httptest.NewServer(d.web.Handler())
	t.Cleanup(d.Close)
	return d
}

func (d *door) seed(t testing.TB, change []func(*pool.Pool, *pool.Client)) {
	t.Helper()
	ctx, eight := context.Background(), 8
	a := pool.Pool{ID: poolA, Settings: pool.Settings{
		PoolName: "A", UsernameAttributes: []string{"email"}, AutoVerifiedAttributes: []string{"email"},
		UsernameConfiguration: &pool.UsernameConfiguration{CaseSensitive: no()},
		Policies:              &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{MinimumLength: &eight, RequireLowercase: yes()}},
	}}
	ca := pool.Client{UserPoolID: poolA, ID: clientA, ClientSettings: pool.ClientSettings{
		ClientName: "The App", CallbackURLs: []string{callback, callback + "?tenant=1", "myapp://cb"}, LogoutURLs: []string{goodbye},
		AllowedOAuthFlows: []string{"code", "implicit"}, AllowedOAuthScopes: []string{"openid", "email"}, AllowedOAuthFlowsUserPoolClient: yes(),
		PreventUserExistenceErrors: "ENABLED",
	}}
	for _, c := range change {
		c(&a, &ca)
	}
	b, cb := a, ca
	b.ID, cb.UserPoolID, cb.ID, cb.Secret = poolB, poolB, clientB, secretB
	must(t, d.db.Pools.Create(ctx, &a, poolA))
	must(t, d.db.Pools.Create(ctx, &b, poolB))
	must(t, d.db.Clients.Create(ctx, &ca, poolA, clientA))
	must(t, d.db.Clients.Create(ctx, &cb, poolB, clientB))
	for _, domain := range []pool.Domain{{Domain: "prefixa", UserPoolID: poolA}, {Domain: "auth.example.com", UserPoolID: poolB}} {
		must(t, d.db.PutDomain(ctx, &domain))
	}
}

type testLog struct{ t testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies and follows no redirect by itself.
type browser struct {
	t    testing.TB
	door *door
	http *http.Client
	host string // the Host header, ownHost unless set
	head http.Header
}

func (d *door) browser(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{t: t, door: d, host: ownHost, head: http.Header{}, http: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (a answer) location() string { return a.Header.Get("Location") }

func (b *browser) do(method, target string, form url.Values) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, b.door.URL+target, body)
	must(b.t, err)
	req.Host = b.host
	for name, values := range b.head {
		req.Header[name] = values
	}
	if form != nil {
		req.Header.Set("Content-Type", formType)
	}
	res, err := b.http.Do(req)
	must(b.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(b.t, err)
	return answer{res, string(text)}
}

func (b *browser) get(target string) answer { b.t.Helper(); return b.do("GET", target, nil) }

var csrfField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// post fills the form of the page at from: its token and the given fields.
func (b *browser) post(from string, page answer, fields ...string) answer {
	b.t.Helper()
	found := csrfField.FindStringSubmatch(page.body)
	if found == nil {
		b.t.Fatalf("no form on the page:\n%s", page.body)
	}
	form := url.Values{"_csrf": {found[1]}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do("POST", from, form)
}

func ask(change ...string) string {
	q := url.Values{"client_id": {clientA}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid email"}, "state": {"s 1"}}
	for i := 0; i < len(change); i += 2 {
		if change[i+1] == "" {
			q.Del(change[i])
		} else {
			q.Set(change[i], change[i+1])
		}
	}
	return "?" + q.Encode()
}

// mailed returns the newest code sent to an address.
func (d *door) mailed(t testing.TB, to string) string {
	t.Helper()
	mails, err := d.db.Mails.Newest(context.Background(), to, 1)
	must(t, err)
	if len(mails) == 0 {
		t.Fatalf("no mail to %s", to)
	}
	return mails[0].Code.Reveal()
}

// signUp makes a confirmed account whose owner is back at the app, and returns
// where the app was called.
func (b *browser) signUp(email string) *url.URL {
	b.t.Helper()
	q := ask()
	to := b.post("/signup"+q, b.get("/signup"+q), "username", email, "password", word).location()
	if to != "/confirm"+q {
		b.t.Fatalf("sign-up led to %q", to)
	}
	res := b.post(to, b.get(to), "username", email, "code", b.door.mailed(b.t, email))
	u, err := url.Parse(res.location())
	if err != nil || !strings.HasPrefix(res.location(), callback+"?code=") {
		b.t.Fatalf("confirming led to %d %q\n%s", res.StatusCode, res.location(), res.body)
	}
	return u
}
