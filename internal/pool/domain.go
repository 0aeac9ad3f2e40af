package pool

import (
	"net"
	"net/url"
	"regexp"
	"strings"
)

// Domain leads a host name to a pool: a prefix ("demo" answers at
// demo.{host of the server's URL}) or a custom domain ("auth.example.com").
type Domain struct {
	Domain              string
	UserPoolID          string              `json:"UserPoolId"`
	CustomDomainConfig  *CustomDomainConfig `json:",omitempty"`
	ManagedLoginVersion NotYetVersion       `json:",omitzero"`
	Stack               string              `json:",omitempty"` // the one whose template made it
}

// CustomDomainConfig marks a custom domain. The certificate is the listener's
// business here, so the ARN that Cognito wants is accepted and kept, unused.
type CustomDomainConfig struct {
	CertificateArn string `json:",omitempty"`
}

// NotYetVersion accepts Cognito's branding versions 1 and 2: both show the
// same pages here.
type NotYetVersion int

func (v NotYetVersion) known() bool { return v >= 0 && v <= 2 }

var (
	prefixPattern = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	hostPattern   = regexp.MustCompile(`^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
)

// Custom says whether this is a whole host name.
func (d Domain) Custom() bool { return strings.Contains(d.Domain, ".") }

// Base is the URL of the domain on the server whose own URL is own: scheme and
// port are the same.
func (d Domain) Base(own *url.URL) string {
	host := d.Domain
	if !d.Custom() {
		host += "." + own.Hostname()
	}
	if port := own.Port(); port != "" {
		host += ":" + port
	}
	return own.Scheme + "://" + host
}

// Within says whether a custom domain is the server's own host or under it,
// where the prefix domains of all pools are.
func (d Domain) Within(own string) bool {
	own = BareHost(own)
	return d.Custom() && (d.Domain == own || strings.HasSuffix(d.Domain, "."+own))
}

// BareHost is a Host header without port, final dot and case.
func BareHost(header string) string {
	host := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// IsOurName says whether a Host header names a server that is for this machine
// only: by the own host's name, or as one of the names that no DNS gives away.
func IsOurName(own, header string) bool {
	name, _, err := net.SplitHostPort(header)
	if err != nil {
		name = header
	}
	switch name {
	case own, "localhost", "127.0.0.1", "::1", "[::1]":
		return true
	}
	return false
}

// PublicBase is where people outside are led to a pool: its custom domain if it
// has one, else the domain where they are already, else the server's own host.
// A prefix domain where they are not may not resolve for them. Only a domain of
// the pool is ever named, whatever asked is.
func PublicBase(own *url.URL, domains []Domain, asked string) string {
	base := own.Scheme + "://" + own.Host
	for _, d := range domains {
		if d.Custom() {
			return d.Base(own)
		}
		if d.Domain == asked {
			base = d.Base(own)
		}
	}
	return base
}

// Check refuses a domain that is neither a prefix nor a host name (Cognito:
// DomainType), and the words that Cognito reserves in prefixes.
func (d Domain) Check() error {
	switch {
	case len(d.Domain) > 253, !prefixPattern.MatchString(d.Domain) && !hostPattern.MatchString(d.Domain):
		return refuse(InvalidParameter, "domain", "Domain", "must be a prefix of lower-case letters, digits and hyphens, or a host name")
	case d.CustomDomainConfig != nil && !d.Custom():
		return refuse(InvalidParameter, "domain", "CustomDomainConfig", "a custom domain is a whole host name")
	case !d.ManagedLoginVersion.known():
		return refuse(InvalidParameter, "domain", "ManagedLoginVersion", "must be 1 or 2")
	}
	for _, word := range []string{"aws", "amazon", "cognito"} {
		if !d.Custom() && strings.Contains(d.Domain, word) {
			e := refuse(InvalidParameter, "domain_reserved", "Domain", "a prefix cannot contain the reserved word "+word)
			e.Args["word"] = word
			return e
		}
	}
	return nil
}
