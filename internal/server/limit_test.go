package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/server"
)

const stranger = "203.0.113.9:4000"

// still is a server whose clock stands still until the test moves it.
type still struct {
	t       *testing.T
	handler http.Handler
	passed  atomic.Int64
}

func newStill(t *testing.T, f func(*server.Config)) *still {
	t.Helper()
	began := time.Now()
	s := &still{t: t}
	house, err := newServer(t, func(c *server.Config) {
		c.Apply, c.Now = housetest.Document(t, nil), func() time.Time { return began.Add(time.Duration(s.passed.Load())) }
		if f != nil {
			f(c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { house.Close() })
	s.handler = house.Handler()
	return s
}

func production(c *server.Config) {
	c.Dev, c.URL, c.Mail = false, "https://id.example.com", "smtp://127.0.0.1:1?from=pool@example.com&tls=none"
}

// send sends a request without a body; headers are names and values.
func (s *still) send(method, path, from string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Result()
}

// admits demands that of one POST more than n the last one alone is refused.
func (s *still) admits(n int, path string, from func(i int) string, headers ...string) {
	s.t.Helper()
	for i := range n {
		if code := s.send(http.MethodPost, path, from(i), headers...).StatusCode; code == http.StatusTooManyRequests {
			s.t.Fatalf("POST %s from %s: number %d of %d is refused", path, from(i), i+1, n)
		}
	}
	if code := s.send(http.MethodPost, path, from(n), headers...).StatusCode; code != http.StatusTooManyRequests {
		s.t.Fatalf("POST %s from %s: number %d answers %d, want 429", path, from(n), n+1, code)
	}
}

func one(from string) func(int) string { return func(int) string { return from } }

// TestLimitOfPages: what costs a hash or a mail has one limit for each source.
func TestLimitOfPages(t *testing.T) {
	t.Parallel()
	s := newStill(t, production)
	s.admits(60, "/login", one(stranger))
	for _, path := range []string{"/signup", "/LogIn", "/forgotPassword", "/confirmforgotPassword", "/resendcode", "/confirm", "/changePassword", "/%6cogin"} {
		s.admits(0, path, one(stranger))
	}
	answer := s.send(http.MethodPost, "/login", "[::ffff:203.0.113.9]:5000") // the same address, written in another way
	if answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "1" || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	for _, r := range [][3]string{
		{http.MethodPost, "/login", "203.0.113.10:4000"}, {http.MethodGet, "/login", stranger}, {http.MethodPost, "/oauth2/token", stranger},
	} {
		if code := s.send(r[0], r[1], r[2]).StatusCode; code == http.StatusTooManyRequests {
			t.Errorf("%v is refused as well", r)
		}
	}
	s.passed.Add(int64(time.Second))
	s.admits(20, "/login", one(stranger))
	s.passed.Add(int64(time.Hour))
	s.admits(60, "/login", one(stranger))
}

// calls sends n calls of the API from one source and says how many were refused
// for being too many, in the API's own words.
func (s *still) calls(n int, from, operation, body string) (refused int) {
	s.t.Helper()
	for range n {
		r := httptest.NewRequest(http.MethodPost, "https://id.example.com/", strings.NewReader(body))
		r.RemoteAddr = from
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code == http.StatusBadRequest && w.Body.String() == `{"__type":"TooManyRequestsException","message":"Rate exceeded"}` {
			refused++
		} else if w.Code == http.StatusTooManyRequests || strings.Contains(w.Body.String(), "TooMany") {
			s.t.Fatalf("%s answers %d %s", operation, w.Code, w.Body)
		}
	}
	return refused
}

// TestLimitOfTheAPI: what costs a hash or a mail shares the limit of the pages;
// the rest, and new tokens for a refresh token, has that of every POST.
func TestLimitOfTheAPI(t *testing.T) {
	t.Parallel()
	s := newStill(t, production)
	const (
		signUp  = `{"ClientId":"nobody","Username":"ann@example.com","Password":"x"}`
		begin   = `{"ClientId":"nobody","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ann","PASSWORD":"x"}}`
		refresh = `{"ClientId":"nobody","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"x"}}`
	)
	if refused := s.calls(30, stranger, "SignUp", signUp) + s.calls(32, stranger, "InitiateAuth", begin); refused != 2 {
		t.Errorf("%d of 62 sign-ups and sign-ins are refused, want 2", refused)
	}
	s.admits(0, "/login", one(stranger))
	if refused := s.calls(100, stranger, "InitiateAuth", refresh) + s.calls(100, stranger, "GetUser", `{"AccessToken":"x.y.z"}`); refused != 0 {
		t.Errorf("%d of 200 cheap calls are refused", refused)
	}
	if refused := s.calls(50, stranger, "GetUser", `{"AccessToken":"x.y.z"}`); refused != 13 { // 62, one form, 200, and 37 make 300
		t.Errorf("%d of the last 50 calls are refused, want 13", refused)
	}
	if refused := s.calls(1, "203.0.113.10:4000", "SignUp", signUp); refused != 0 {
		t.Error("somebody else is refused")
	}
}

// TestLimitOfEndpoints: every POST counts, and programs are told in JSON.
func TestLimitOfEndpoints(t *testing.T) {
	t.Parallel()
	s := newStill(t, production)
	s.admits(300, "/oauth2/token", one(stranger))
	for path, want := range map[string]string{"/oauth2/token": `{"error":"too_many_requests"}`, "/OAuth2/revoke": `{"error":"too_many_requests"}`, "/logout": "<!doctype html>"} {
		answer := s.send(http.MethodPost, path, stranger)
		body := make([]byte, len(want))
		answer.Body.Read(body)
		if answer.StatusCode != http.StatusTooManyRequests || string(body) != want || answer.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %q %v", path, answer.StatusCode, body, answer.Header)
		}
		if strings.HasPrefix(want, "{") != strings.HasPrefix(answer.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %s", path, answer.Header.Get("Content-Type"))
		}
	}
	s.passed.Add(int64(time.Second))
	s.admits(300, "/oauth2/token", one(stranger))
}

// TestLimitOfIPv6: a subscriber has a whole /64, and counts as one.
func TestLimitOfIPv6(t *testing.T) {
	t.Parallel()
	s := newStill(t, production)
	s.admits(60, "/login", func(i int) string { return fmt.Sprintf("[2001:db8:1:1:%x::%x%%eth0]:4000", i, i) })
	s.admits(60, "/login", one("[2001:db8:1:2::1]:4000"))
}

// TestLimitBehindProxies: the source is the client that a trusted proxy names;
// nobody else can name one.
func TestLimitBehindProxies(t *testing.T) {
	t.Parallel()
	s := newStill(t, func(c *server.Config) {
		production(c)
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	const proxy = "10.1.2.3:4000"
	s.admits(60, "/login", one(proxy), "X-Forwarded-For", "6.6.6.6, 203.0.113.9")
	s.admits(0, "/login", one(proxy), "X-Forwarded-For", "7.7.7.7, 203.0.113.9")
	s.admits(60, "/login", one(proxy), "X-Forwarded-For", "203.0.113.10")
	s.admits(0, "/login", one(stranger))
	for i := range 61 {
		answer := s.send(http.MethodPost, "/login", "198.51.100.1:4000", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
		if refused := answer.StatusCode == http.StatusTooManyRequests; refused != (i == 60) {
			t.Fatalf("number %d with a client that it made up: %d", i+1, answer.StatusCode)
		}
	}
}

// TestLimitOfThisMachine: only in development it has none.
func TestLimitOfThisMachine(t *testing.T) {
	t.Parallel()
	dev, real := newStill(t, nil), newStill(t, production)
	for _, from := range []string{"127.0.0.1:4000", "[::1]:4000"} {
		for range 400 {
			if code := dev.send(http.MethodPost, "/login", from).StatusCode; code == http.StatusTooManyRequests {
				t.Fatalf("in development, %s is refused", from)
			}
		}
		real.admits(60, "/login", one(from))
	}
	dev.admits(60, "/login", one(stranger))
}
