package web

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// domainOfHost finds the pool's domain that a Host header names, ports ignored.
// What belongs to the server comes before what a pool may choose: the own host,
// then a prefix before it, then a custom domain. The zero Domain is the own host,
// which answers for all pools, and any name that is nobody's.
func (s *Web) domainOfHost(ctx context.Context, header string) (pool.Domain, error) {
	host, own := pool.BareHost(header), pool.BareHost(s.URL.Host)
	if host == own || !strings.Contains(host, ".") || len(host) > 253 {
		return pool.Domain{}, nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return pool.Domain{}, nil
	}
	if prefix, found := strings.CutSuffix(host, "."+own); found && !strings.Contains(prefix, ".") {
		if d, err := s.domain(ctx, prefix); d.Domain != "" || err != nil {
			return d, err
		}
	}
	return s.domain(ctx, host)
}

// IsOwn says whether a Host header names the server's own host, or nobody's,
// rather than a pool's domain.
func (s *Web) IsOwn(ctx context.Context, header string) (bool, error) {
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

// endpointBase is where discovery sends the apps of a pool, whichever host was
// asked.
func (s *Web) endpointBase(ctx context.Context, poolID string) (string, error) {
	domains, err := s.DB.DomainsOf(ctx, poolID)
	return pool.PublicBase(s.URL, domains, ""), err
}
