package pool_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const callback = "https://app.example.com/callback"

// Nothing but the registered bytes passes (RFC 9700 §2.1).
func TestRedirectIsExact(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{CallbackURLs: []string{callback, "myapp://signed-in", "http://localhost:4200/cb?x=1"}}
	for _, good := range []string{callback, "myapp://signed-in", "http://localhost:4200/cb?x=1"} {
		if !c.AllowsRedirect(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, trick := range []string{
		"", "https://app.example.com", callback + "/", callback + "/../callback", callback + "?", callback + "?x=1", callback + "#", callback + "#x",
		callback + ".evil.com", "https://app.example.com/callbacks", "https://app.example.com/callbac",
		"https://app.example.com:443/callback", "https://app.example.com:8443/callback", "https://app.example.com.evil.com/callback",
		"https://evil.com/https://app.example.com/callback", "https://evilapp.example.com/callback", "https://sub.app.example.com/callback",
		"https://user@app.example.com/callback", "https://app.example.com@evil.com/callback", "https://app.example.com:pw@evil.com/callback",
		"https://app.example.com\\@evil.com/callback", "https:\\\\app.example.com\\callback", "https:/app.example.com/callback", "//app.example.com/callback",
		"HTTPS://app.example.com/callback", "https://APP.example.com/callback", "https://app.example.com/Callback",
		"https://app.example.com/call%62ack", "https://app.example.com/%63allback", "https://app.example.com%2Fcallback", "https://app%2eexample.com/callback",
		"http://app.example.com/callback", "javascript:alert(1)//" + callback, " " + callback, callback + " ", callback + "\n", "\t" + callback, callback + "\x00",
		"https://app.example.com/callback%0d%0aSet-Cookie:x=1", "https://app.example.com/callback\r\nSet-Cookie: x=1",
		"https://аpp.example.com/callback", // a Cyrillic а
		"http://localhost:4201/cb?x=1", "http://localhost:4200/cb", "http://127.0.0.1:4200/cb?x=1", "myapp://signed-in/", "MYAPP://signed-in",
	} {
		if c.AllowsRedirect(trick) {
			t.Errorf("%q passes", trick)
		}
	}
	if (pool.ClientSettings{CallbackURLs: []string{""}}).AllowsRedirect("") {
		t.Error("an empty URL passes")
	}
}

// With the switch on, the port of an http loopback address, and nothing else,
// may differ (RFC 8252 §7.3).
func TestLoopbackPort(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{
		AnyLoopbackPort: ptr(true),
		CallbackURLs:    []string{"http://127.0.0.1/cb", "http://[::1]:3000/cb", "http://localhost:4200/cb?a=:4200", "https://localhost:8443/cb", callback},
	}
	for _, good := range []string{
		"http://127.0.0.1/cb", "http://127.0.0.1:51000/cb", "http://[::1]:9/cb", "http://[::1]/cb", "http://localhost/cb?a=:4200", "http://localhost:1/cb?a=:4200", callback,
	} {
		if !c.AllowsRedirect(good) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, trick := range []string{
		"http://127.0.0.1:51000/other", "http://127.0.0.1:51000/cb/", "http://127.0.0.1:51000/cb?", "http://127.0.0.1:51000/cb#x", "http://127.0.0.1:51000",
		"http://127.0.0.2:51000/cb", "http://localhost:51000/cb", "http://localhost:1/cb?a=", "https://127.0.0.1:51000/cb", "https://localhost:9999/cb",
		"http://user@127.0.0.1:51000/cb", "http://127.0.0.1:51000@evil.com/cb", "http://127.0.0.1:51000\\@evil.com/cb", "http://127.0.0.1:/cb.evil",
		"http://127.0.0.1.evil.com:51000/cb", "http://127.1:51000/cb", "http://0x7f000001:51000/cb", "http://2130706433:51000/cb", "http://[::ffff:127.0.0.1]:5/cb",
		"http://localhost.:51000/cb?a=:4200", "http://LOCALHOST:51000/cb?a=:4200", "https://app.example.com:444/callback",
	} {
		if c.AllowsRedirect(trick) {
			t.Errorf("%q passes", trick)
		}
	}
	c.AnyLoopbackPort = ptr(false)
	if c.AllowsRedirect("http://127.0.0.1:51000/cb") {
		t.Error("another port passes with the switch off")
	}
	c.AnyLoopbackPort = nil
	if c.AllowsRedirect("http://127.0.0.1:51000/cb") {
		t.Error("another port passes without the switch")
	}
}

func TestLogoutListIsAnother(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{CallbackURLs: []string{callback}, LogoutURLs: []string{"https://app.example.com/bye"}}
	if !c.AllowsLogout("https://app.example.com/bye") || c.AllowsLogout(callback) || c.AllowsRedirect("https://app.example.com/bye") || c.AllowsLogout("https://app.example.com/bye/") {
		t.Error("callbacks and sign-out URLs are mixed up")
	}
}

func TestWhatCanBeRegistered(t *testing.T) {
	t.Parallel()
	for _, good := range []string{callback, "https://a", "http://localhost", "http://localhost:4200/x?y=z", "http://127.0.0.1/cb", "http://[::1]:80/", "myapp://cb", "com.example.app:/cb", "https://a/" + strings.Repeat("x", 1000)} {
		if err := pool.CheckRedirectURI(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "/callback", "app.example.com", "//app.example.com", "http://app.example.com/", "http://localhost.evil.com/", "http://10.0.0.1/", "https://", "https:///x",
		callback + "#f", callback + "#", "https://u@a/", "https://u:p@a/", "https://a/\\b", "https://a/ b", "https://a/\nb", "https://a/é", "https://a/\x7f", "http://%zz/",
		"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x", "about:blank", "blob:https://a/b", "https://a/" + strings.Repeat("x", 1024),
	} {
		if pool.CheckRedirectURI(bad) == nil {
			t.Errorf("%q can be registered", bad)
		}
	}
}

// Whatever the matcher lets through besides the registered URLs differs from
// one of them in the port of a loopback host alone.
func FuzzRedirect(f *testing.F) {
	registered := []string{callback, "http://127.0.0.1:4200/cb?x=1", "http://[::1]/cb", "http://localhost/"}
	for _, seed := range append(registered, "http://127.0.0.1:1/cb?x=1", "http://127.0.0.1:@evil/cb?x=1", "http://localhost:80:90/", "http://127.0.0.1:4200/cb?x=1#", "\\", "http://[::1%25eth0]/cb") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		exact := pool.ClientSettings{CallbackURLs: registered}
		if exact.AllowsRedirect(uri) != slices.Contains(registered, uri) {
			t.Fatalf("%q: exact matching is not exact", uri)
		}
		loose := pool.ClientSettings{CallbackURLs: registered, AnyLoopbackPort: ptr(true)}
		if !loose.AllowsRedirect(uri) || slices.Contains(registered, uri) {
			return
		}
		u, err := url.Parse(uri)
		if err != nil {
			t.Fatalf("%q passes and does not parse", uri)
		}
		same := slices.ContainsFunc(registered, func(r string) bool {
			k, err := url.Parse(r)
			return err == nil && k.Scheme == "http" && u.Scheme == "http" && u.Hostname() == k.Hostname() && u.EscapedPath() == k.EscapedPath() &&
				u.RawQuery == k.RawQuery && u.ForceQuery == k.ForceQuery && u.User == nil && u.Fragment == "" && !strings.Contains(uri, "#")
		})
		if !same || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > 0x7e || r == '\\' }) {
			t.Fatalf("%q passes", uri)
		}
	})
}

func TestIsLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.8.7": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example.com": false, "pool.localhost": false, "127.0.0.1.example.com": false, "0.0.0.0": false, "::": false,
		"10.0.0.1": false, "127.1": false, "2130706433": false, "[::1]": false, "127.0.0.1:80": false,
	} {
		if got := pool.IsLoopback(host); got != want {
			t.Errorf("%q is loopback: %t, want %t", host, got, want)
		}
	}
}
