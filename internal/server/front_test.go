package server_test

import (
	"bytes"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// journal is a log that a test reads while it is written.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

// line is the line of the request for the path, "" if there is none.
func (j *journal) line(path string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.buf.String()) {
		if strings.Contains(line, " path="+path+" ") {
			return line
		}
	}
	return ""
}

// behind is a house with a custom domain behind proxies of the networks.
func behind(t *testing.T, log *journal, networks ...string) *housetest.House {
	t.Helper()
	var proxies []netip.Prefix
	for _, n := range networks {
		proxies = append(proxies, netip.MustParsePrefix(n))
	}
	return housetest.Start(t, housetest.Config{Log: log, Proxies: proxies, Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPoolDomains = append(d.UserPoolDomains, pool.Domain{Domain: "auth.example.com", CustomDomainConfig: &pool.CustomDomainConfig{}})
	})})
}

// get asks for a path with headers, given as names and values.
func get(t *testing.T, h *housetest.House, path string, headers ...string) *housetest.Page {
	t.Helper()
	b := h.Browser()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.At(path).String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return b.Do(r)
}

// TestForwardedClient: X-Forwarded-For is read from the right, as far as our
// own proxies wrote it.
func TestForwardedClient(t *testing.T) {
	t.Parallel()
	var log, plainLog journal
	trusting := behind(t, &log, "127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32")
	plain := behind(t, &plainLog)
	for path, c := range map[string]struct {
		forwarded []string
		want      string
	}{
		"/one":       {[]string{"203.0.113.9"}, "203.0.113.9:0"},
		"/two-hops":  {[]string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9:0"},
		"/lines":     {[]string{"203.0.113.9", "10.1.2.3"}, "203.0.113.9:0"},
		"/forged":    {[]string{"6.6.6.6, 203.0.113.9, 10.1.2.3"}, "203.0.113.9:0"},
		"/six":       {[]string{"2001:db8:1::1, 2001:db9::7"}, "[2001:db9::7]:0"},
		"/all-ours":  {[]string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9:0"},
		"/garbage":   {[]string{"203.0.113.9, <script>"}, "127.0.0.1:"},
		"/forwarded": {nil, "127.0.0.1:"},
	} {
		headers := []string{"Forwarded", "for=6.6.6.6;host=evil.example.com"}
		for _, f := range c.forwarded {
			headers = append(headers, "X-Forwarded-For", f)
		}
		get(t, trusting, path, headers...)
		if line := log.line(path); !strings.Contains(line, " from="+c.want) {
			t.Errorf("%v through a proxy: %s, want from=%s", c.forwarded, line, c.want)
		}
		get(t, plain, path, headers...)
		if line := plainLog.line(path); !strings.Contains(line, " from=127.0.0.1:") {
			t.Errorf("%v from a stranger: %s", c.forwarded, line)
		}
	}
}

// TestForwardedHostAndScheme: a trusted proxy says which of the names was asked
// for and by which scheme; a stranger's word counts for nothing.
func TestForwardedHostAndScheme(t *testing.T) {
	t.Parallel()
	var log journal
	path := "/login" + housetest.Ask()
	forwarded := []string{"X-Forwarded-Host", "auth.example.com", "X-Forwarded-Proto", "https"}
	for _, c := range []struct {
		name     string
		networks []string
		trusted  bool
	}{
		{"the proxy", []string{"127.0.0.1/32"}, true},
		{"a stranger", nil, false},
		{"another network", []string{"10.0.0.0/8"}, false},
	} {
		h := behind(t, &log, c.networks...)
		p := get(t, h, path, forwarded...)
		secure := strings.Contains(strings.Join(p.Header.Values("Set-Cookie"), "\n"), "; Secure")
		if p.Status != http.StatusOK || secure != c.trusted {
			t.Errorf("%s: %d, cookies secure: %v", c.name, p.Status, secure)
		}
		// Only the pool's own domain serves its documents without a pool id.
		want := http.StatusNotFound
		if c.trusted {
			want = http.StatusOK
		}
		if got := get(t, h, "/.well-known/openid-configuration", forwarded...).Status; got != want {
			t.Errorf("%s: the domain's document answers %d, want %d", c.name, got, want)
		}
		for _, scheme := range []string{"http", "ftp", "https, http"} {
			p = get(t, h, path, "X-Forwarded-Proto", scheme)
			if strings.Contains(strings.Join(p.Header.Values("Set-Cookie"), "\n"), "; Secure") {
				t.Errorf("%s: the scheme %q made the cookies secure", c.name, scheme)
			}
		}
	}
}
