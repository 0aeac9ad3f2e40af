package pool

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// ResourceServer is an API that trusts the pool's access tokens, and the scopes
// that it tells apart (Cognito: Scopes, M2M, and resource servers). Its
// identifier stays what it was made with.
type ResourceServer struct {
	UserPoolID string `json:"UserPoolId"`
	Identifier string
	Name       string
	Scopes     []ResourceServerScope `json:",omitempty"`
	Stack      string                `json:",omitempty"` // the one whose template made it
}

// ResourceServerScope is one scope of a resource server. Tokens and app clients
// name it "identifier/name".
type ResourceServerScope struct{ ScopeName, ScopeDescription string }

// A scope must come through the token endpoint as one word (RFC 6749 §3.3): no
// space, quote or backslash. A name has no slash, so that the last one of a
// whole scope divides it.
var (
	identifierPattern   = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	scopeNamePattern    = regexp.MustCompile(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
	resourceNamePattern = regexp.MustCompile(`^[\w\s+=,.@-]{1,256}$`)
)

// Check refuses a resource server that Cognito does not allow.
func (r ResourceServer) Check() error {
	var c checks
	c.need(identifierPattern.MatchString(r.Identifier), "Identifier", `must be 1 to 256 visible ASCII characters, but for " and \`)
	c.need(resourceNamePattern.MatchString(r.Name), "Name", "must be 1 to 256 letters, digits, spaces or +=,.@-_")
	c.need(len(r.Scopes) <= 100, "Scopes", "at most 100 scopes")
	seen := map[string]bool{}
	for _, s := range r.Scopes {
		c.need(scopeNamePattern.MatchString(s.ScopeName), "Scopes", `ScopeName must be 1 to 256 visible ASCII characters, but for ", / and \`)
		n := utf8.RuneCountInString(s.ScopeDescription)
		c.need(n >= 1 && n <= 256 && utf8.ValidString(s.ScopeDescription) && !strings.Contains(s.ScopeDescription, "\x00"), "Scopes", "ScopeDescription must have 1 to 256 characters")
		c.need(!seen[s.ScopeName], "Scopes", "the scope "+s.ScopeName+" is there twice")
		seen[s.ScopeName] = true
	}
	return c.err
}

// Has says whether scope, written "identifier/name", is one of the server's.
func (r ResourceServer) Has(scope string) bool {
	name, ours := strings.CutPrefix(scope, r.Identifier+"/")
	return ours && slices.ContainsFunc(r.Scopes, func(s ResourceServerScope) bool { return s.ScopeName == name })
}

// ResourceServers names the resource servers of the scopes that the client is
// allowed, each once.
func (c ClientSettings) ResourceServers() []string {
	var out []string
	for _, scope := range c.AllowedOAuthScopes {
		identifier := scope[:max(0, strings.LastIndexByte(scope, '/'))]
		if identifierPattern.MatchString(identifier) && !slices.Contains(out, identifier) {
			out = append(out, identifier)
		}
	}
	return out
}

// ScopesAfter returns the scopes that the client is still allowed when a
// resource server changes, or goes, which a zero after stands for: nobody is
// given a scope that is not there, and nobody gets it back unasked when
// somebody makes it anew (Cognito: DeleteResourceServer).
func (c ClientSettings) ScopesAfter(before, after ResourceServer) []string {
	return slices.DeleteFunc(slices.Clone(c.AllowedOAuthScopes), func(s string) bool { return before.Has(s) && !after.Has(s) })
}
