package web

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// domainOfHost finds the pool's domain that a Host header names: a custom domain
// as it is, else a prefix before the own host, ports ignored. The zero Domain is
// the own host, which answers for all pools, and any name that is nobody's.
func (s *Web) domainOfHost(ctx context.Context, header string) (pool.Domain, error) {
	host := bareHost(header)
	if !strings.Contains(host, ".") || len(host) > 253 {
		return pool.Domain{}, nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return pool.Domain{}, nil
	}
	d, err := s.domain(ctx, host)
	if d.Domain != "" || err != nil {
		return d, err
	}
	prefix, found := strings.CutSuffix(host, "."+bareHost(s.URL.Host))
	if !found || strings.Contains(prefix, ".") {
		return pool.Domain{}, nil
	}
	return s.domain(ctx, prefix)
}

// IsOwn says whether a Host header names the server's own host, or nobody's,
// rather than a pool's domain.
func (s *Web) IsOwn(ctx context.Context, header string) (bool, error) {
	if bareHost(header) == bareHost(s.URL.Host) {
		return true, nil
	}
	d, err := s.domainOfHost(ctx, header)
	return d.Domain == "", err
}

func (s *Web) domain(ctx context.Context, name string) (pool.Domain, error) {
	d, err := s.DB.Domain(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return pool.Domain{}, nil
	}
	return d, err
}

// bareHost is a host header without port, final dot and case.
func bareHost(header string) string {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// endpointBase is where discovery sends the apps of a pool, whichever host was
// asked.
func (s *Web) endpointBase(ctx context.Context, poolID string) (string, error) {
	domains, err := s.DB.DomainsOf(ctx, poolID)
	return pool.PublicBase(s.URL, domains, ""), err
}
