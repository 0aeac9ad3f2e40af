package cognito

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config says which pool and which app client to work with. The zero value of
// every field but Domain and ClientID is usable for signing in; a [Verifier]
// needs Issuer and ClientID and no Domain.
type Config struct {
	// Domain is the base URL of the pool's domain, for example
	// https://demo.auth.eu-west-1.amazoncognito.com, a custom domain, or a
	// Poolhouse server (Cognito: Configuring a user pool domain). https, or
	// http to a loopback host. The endpoints are taken to be under it.
	Domain string

	// Issuer is the pool's issuer, the value of the claim iss, for example
	// https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI. It may
	// be empty for signing in only; see the package comment.
	Issuer string

	// ClientID is the id of the app client.
	ClientID string

	// ClientSecret is the secret of the app client, empty if it has none. It is
	// sent by HTTP Basic (RFC 6749 §2.3.1).
	ClientSecret string

	// TrustedClientIDs are further app clients of the same pool whose tokens a
	// Verifier accepts beside ClientID's.
	TrustedClientIDs []string

	// RedirectURL is the callback URL, exactly as registered with the app client.
	RedirectURL string

	// LogoutURL is the sign-out URL, exactly as registered with the app client
	// (Cognito: The managed login sign-out endpoint). Empty: signing out ends
	// the app's session but not the pool's.
	LogoutURL string

	// Scopes to ask for; nil asks for openid, which gives the ID token every
	// attribute that the app client may read.
	Scopes []string

	// HTTPClient makes the calls to the pool; nil is a client of its own with a
	// timeout of ten seconds. Redirects are never followed.
	HTTPClient *http.Client
}

// String hides the client secret.
func (c Config) String() string {
	return fmt.Sprintf("cognito.Config{Domain: %s, Issuer: %s, ClientID: %s}", c.Domain, c.Issuer, c.ClientID)
}

// GoString hides the client secret from %#v.
func (c Config) GoString() string { return c.String() }

// LogValue hides the client secret.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// normal returns a copy that the rest of the package can rely on.
func (c Config) normal() (Config, error) {
	c.Domain = strings.TrimRight(c.Domain, "/")
	if c.ClientID == "" {
		return c, fmt.Errorf("%w: ClientID is empty", ErrConfig)
	}
	if c.Scopes == nil {
		c.Scopes = []string{"openid"}
	}
	c.Scopes = slices.Clone(c.Scopes)
	c.TrustedClientIDs = slices.Clone(c.TrustedClientIDs)
	for name, value := range map[string]string{"Domain": c.Domain, "Issuer": c.Issuer} {
		if value == "" {
			continue
		}
		if err := checkServerURL(value); err != nil {
			return c, fmt.Errorf("%w: %s: %w", ErrConfig, name, err)
		}
	}
	client := http.Client{Timeout: 10 * time.Second}
	if c.HTTPClient != nil {
		client = *c.HTTPClient
	}
	// No endpoint of a pool redirects; following one would carry codes and
	// secrets to a host that nobody configured.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.HTTPClient = &client
	return c, nil
}

// checkAppURL wants an absolute URL without fragment; plain http is for loopback
// hosts, and apps on phones have schemes of their own (Cognito: callback URLs).
func checkAppURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme == "":
		return fmt.Errorf("%q is not an absolute URL", raw)
	case u.Fragment != "":
		return fmt.Errorf("%q has a fragment", raw)
	case u.Scheme == "http" || u.Scheme == "https":
		return checkServerURL(raw)
	}
	return nil
}

func checkServerURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%q is not a plain absolute URL", raw)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q must be https; plain http is for localhost, 127.0.0.0/8 and ::1 only", raw)
}

// isLoopback does not ask the resolver: a name that merely resolves to a
// loopback address today is not one.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && net.IP(addr.AsSlice()).IsLoopback()
}
