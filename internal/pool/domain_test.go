package pool_test

import (
	"net/url"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Whatever host was asked, only a domain of the pool or the own host is named.
func TestPublicBase(t *testing.T) {
	t.Parallel()
	prefix, next, custom := pool.Domain{Domain: "demo"}, pool.Domain{Domain: "shop"}, pool.Domain{Domain: "auth.example.com"}
	for _, c := range []struct {
		own, asked string
		domains    []pool.Domain
		want       string
	}{
		{"http://localhost:9229", "", nil, "http://localhost:9229"},
		{"http://localhost:9229", "evil.example.net", nil, "http://localhost:9229"},
		{"http://localhost:9229", "demo", nil, "http://localhost:9229"},
		{"http://localhost:9229", "", []pool.Domain{prefix, next}, "http://localhost:9229"},
		{"http://localhost:9229", "shop", []pool.Domain{prefix, next}, "http://shop.localhost:9229"},
		{"http://localhost:9229", "evil.example.net", []pool.Domain{prefix}, "http://localhost:9229"},
		{"https://pools.example.org", "demo", []pool.Domain{prefix}, "https://demo.pools.example.org"},
		{"https://pools.example.org", "", []pool.Domain{custom, prefix}, "https://auth.example.com"},
		{"https://pools.example.org:8443", "demo", []pool.Domain{prefix, custom}, "https://auth.example.com:8443"},
		{"http://[::1]:9229", "", []pool.Domain{prefix}, "http://[::1]:9229"},
	} {
		own, err := url.Parse(c.own)
		if err != nil {
			t.Fatal(err)
		}
		if got := pool.PublicBase(own, c.domains, c.asked); got != c.want {
			t.Errorf("at %q of %s with %v: %s, want %s", c.asked, c.own, c.domains, got, c.want)
		}
	}
}
