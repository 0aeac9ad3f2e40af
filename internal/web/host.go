package web

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/poolhouse/poolhouse/internal/store"
)

// poolOfHost finds the pool whose domain a Host header names: a custom domain
// as it is, else a prefix before the own host, ports ignored. "" is the own
// host, which answers for all pools, and any name that is nobody's.
func (s *Web) poolOfHost(ctx context.Context, header string) (string, error) {
	host := bareHost(header)
	if !strings.Contains(host, ".") || len(host) > 253 {
		return "", nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return "", nil
	}
	id, err := s.poolOfDomain(ctx, host)
	if id != "" || err != nil {
		return id, err
	}
	prefix, found := strings.CutSuffix(host, "."+bareHost(s.URL.Host))
	if !found || strings.Contains(prefix, ".") {
		return "", nil
	}
	return s.poolOfDomain(ctx, prefix)
}

// IsOwn says whether a Host header names the server's own host, or nobody's,
// rather than a pool's domain.
func (s *Web) IsOwn(ctx context.Context, header string) (bool, error) {
	if bareHost(header) == bareHost(s.URL.Host) {
		return true, nil
	}
	id, err := s.poolOfHost(ctx, header)
	return id == "", err
}

func (s *Web) poolOfDomain(ctx context.Context, name string) (string, error) {
	d, err := s.DB.Domain(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return d.UserPoolID, err
}

// bareHost is a host header without port, final dot and case.
func bareHost(header string) string {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// endpointBase is where discovery sends the apps of a pool: its custom domain
// if it has one, else the own host; prefix domains do not resolve everywhere.
func (s *Web) endpointBase(ctx context.Context, poolID string) (string, error) {
	domains, err := s.DB.DomainsOf(ctx, poolID)
	if err != nil {
		return "", err
	}
	own := s.URL.Scheme + "://" + s.URL.Host
	for _, d := range domains {
		if !d.Custom() {
			continue
		}
		own = s.URL.Scheme + "://" + d.Domain
		if port := s.URL.Port(); port != "" {
			own += ":" + port
		}
		return own, nil
	}
	return own, nil
}
