package pool

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// CheckRedirectURI says why uri cannot be registered: a callback or sign-out
// URL is absolute, has no fragment, no user information and no control
// character or space, and is https, http on a loopback host, or an app's own
// scheme (Cognito: CallbackURLs; RFC 6749 §3.1.2, RFC 8252 §7).
func CheckRedirectURI(uri string) error {
	bad := func(detail string) error { return refuse(InvalidParameter, "redirect", "", detail) }
	if uri == "" || len(uri) > 1024 || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r == 0x7f || r > 0x7e }) {
		return bad("must be 1 to 1,024 visible ASCII characters")
	}
	u, err := url.Parse(uri)
	switch {
	case err != nil || !u.IsAbs():
		return bad("must be an absolute URL")
	case strings.Contains(uri, "#"):
		return bad("must not have a fragment")
	case u.User != nil || strings.Contains(uri, `\`):
		return bad("must not have user information or a backslash")
	case u.Scheme == "https" && u.Hostname() != "":
		return nil
	case u.Scheme == "http" && IsLoopback(u.Hostname()):
		return nil
	case u.Scheme == "http" || u.Scheme == "https":
		return bad("must be https, or http on localhost, 127.0.0.1 or [::1]")
	case slices.Contains([]string{"javascript", "data", "vbscript", "file", "about", "blob"}, u.Scheme):
		return bad("the scheme " + u.Scheme + " is not an app's")
	}
	return nil
}

// IsLoopback says whether a host, without its port, is this machine and nothing
// else. It asks no resolver (RFC 8252 §7.3).
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// AllowsRedirect says whether uri is a registered callback: equal to one, byte
// for byte (RFC 9700 §2.1), or, where the client says so, equal but for the
// port of a loopback host (RFC 8252 §7.3).
func (c ClientSettings) AllowsRedirect(uri string) bool { return c.matches(c.CallbackURLs, uri) }

// AllowsLogout says the same of a sign-out URL.
func (c ClientSettings) AllowsLogout(uri string) bool { return c.matches(c.LogoutURLs, uri) }

func (c ClientSettings) matches(registered []string, uri string) bool {
	if uri == "" {
		return false
	}
	if slices.Contains(registered, uri) {
		return true
	}
	if c.AnyLoopbackPort == nil || !*c.AnyLoopbackPort || CheckRedirectURI(uri) != nil {
		return false
	}
	asked, ok := withoutLoopbackPort(uri)
	return ok && slices.ContainsFunc(registered, func(r string) bool {
		known, ok := withoutLoopbackPort(r)
		return ok && known == asked
	})
}

// withoutLoopbackPort strips the port from an http loopback URL and changes no
// other byte.
func withoutLoopbackPort(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || !IsLoopback(u.Hostname()) {
		return "", false
	}
	before, after, _ := strings.Cut(uri, u.Host)
	return before + strings.TrimSuffix(u.Host, ":"+u.Port()) + after, true
}
