package web

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// callbackURL adds parameters, given as pairs, to the app's redirect URI: after
// "?", after "&" where it has a query of its own, or as the fragment. Values
// are escaped byte by byte, so that state comes back as it was and no byte of
// it can end the header; a space becomes %20, which the query and fragment
// parsers of browsers both read back.
func callbackURL(redirectURI string, fragment bool, pairs ...string) string {
	separator := "?"
	switch {
	case fragment:
		separator = "#"
	case strings.HasSuffix(redirectURI, "?"), strings.HasSuffix(redirectURI, "&"):
		separator = ""
	case strings.Contains(redirectURI, "?"):
		separator = "&"
	}
	var b strings.Builder
	b.WriteString(redirectURI)
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(separator + pairs[i] + "=" + strings.ReplaceAll(url.QueryEscape(pairs[i+1]), "+", "%20"))
		separator = "&"
	}
	return b.String()
}

// errorURL tells the app of a refusal, members in Cognito's order: description,
// state, error. The fragment is for the implicit flow (RFC 6749 §4.2.2.1).
func errorURL(ask pool.AuthRequest, e *pool.RedirectError) string {
	var pairs []string
	if e.Description != "" {
		pairs = append(pairs, "error_description", e.Description)
	}
	tail := []string{"error", e.Code}
	if e.Description == "" { // without one Cognito begins with the error
		pairs, tail = append(pairs, tail...), nil
	}
	if ask.HasState {
		pairs = append(pairs, "state", ask.State)
	}
	return callbackURL(ask.RedirectURI, ask.Implicit(), append(pairs, tail...)...)
}

// toApp leads the browser back to the app with a code or, in the implicit
// flow, with tokens in the fragment.
func (s *Web) toApp(v *visit, who pool.SignedIn) error {
	location, err := s.successURL(v, who)
	if err != nil { // Cognito: The redirect and authorization endpoint, server_error
		s.logFault(v, err)
		location = errorURL(v.ask, &pool.RedirectError{Code: "server_error"})
	}
	v.redirect(location)
	return nil
}

func (s *Web) successURL(v *visit, who pool.SignedIn) (string, error) {
	var pairs []string
	if v.ask.Implicit() {
		set, err := s.Tokens.Implicit(v.r.Context(), v.app, v.ask, who)
		if err != nil {
			return "", err
		}
		if set.IDToken != "" {
			pairs = append(pairs, "id_token", set.IDToken)
		}
		pairs = append(pairs, "access_token", set.AccessToken, "expires_in", strconv.Itoa(set.ExpiresIn), "token_type", "Bearer")
	} else {
		code, err := s.Tokens.NewCode(v.r.Context(), v.app, v.ask, who)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, "code", code)
	}
	if v.ask.HasState {
		pairs = append(pairs, "state", v.ask.State)
	}
	return callbackURL(v.ask.RedirectURI, v.ask.Implicit(), pairs...), nil
}

// formTarget is the CSP source that lets a form's answer redirect to the app:
// browsers hold the whole chain of redirects against form-action. A source
// cannot name an IPv6 host, so that becomes its scheme.
func formTarget(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme == "" {
		return ""
	}
	ip, err := netip.ParseAddr(u.Hostname())
	ipv6 := err == nil && ip.Is6()
	if (u.Scheme != "http" && u.Scheme != "https") || ipv6 {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// appOrigin is where the way back leads: the origin of a web app's redirect
// URI, "" for an app with a scheme of its own.
func appOrigin(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
