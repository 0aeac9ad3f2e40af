package pool

import (
	"slices"
	"strings"
)

// The system scopes (Cognito: Scopes, M2M, and resource servers).
const (
	ScopeOpenID  = "openid"
	ScopeEmail   = "email"
	ScopePhone   = "phone"
	ScopeProfile = "profile"
	ScopeAdmin   = "aws.cognito.signin.user.admin"
)

var systemScopes = []string{ScopeOpenID, ScopeEmail, ScopePhone, ScopeProfile, ScopeAdmin}

// custom says whether a scope is a resource server's.
func custom(scope string) bool { return !slices.Contains(systemScopes, scope) }

// Scopes returns what the client gets for a request of the scope parameter on
// behalf of somebody: everything it is allowed when nothing is asked, the asked
// scopes once each in their order otherwise. One scope that it is not allowed
// refuses all.
func (c ClientSettings) Scopes(parameter string) ([]string, error) {
	return grantScopes(c.AllowedOAuthScopes, parameter)
}

// MachineScopes is Scopes for the client on its own behalf: the system scopes
// are about people, so it gets those of resource servers alone.
func (c ClientSettings) MachineScopes(parameter string) ([]string, error) {
	return grantScopes(slices.DeleteFunc(slices.Clone(c.AllowedOAuthScopes), func(s string) bool { return !custom(s) }), parameter)
}

// StillAllowed returns the scopes that were once granted but for those of
// resource servers that the client has lost since.
func (c ClientSettings) StillAllowed(granted []string) []string {
	return slices.DeleteFunc(slices.Clone(granted), func(s string) bool { return custom(s) && !slices.Contains(c.AllowedOAuthScopes, s) })
}

func grantScopes(allowed []string, parameter string) ([]string, error) {
	asked := strings.Fields(parameter)
	if len(asked) == 0 {
		asked = allowed
	}
	if len(asked) == 0 { // those it had are gone with their resource server
		return nil, refuse(InvalidParameter, "scope", "scope", "")
	}
	var granted []string
	for _, scope := range asked {
		if !slices.Contains(allowed, scope) {
			return nil, refuse(InvalidParameter, "scope", "scope", "")
		}
		if !slices.Contains(granted, scope) {
			granted = append(granted, scope)
		}
	}
	return granted, nil
}

var profileClaims = []string{
	"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
	"website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
}

// ReadsScopes says whether the client may read every attribute that the scopes
// name: without that it gets no tokens for them (Cognito: The token issuer
// endpoint, invalid_grant).
func (a App) ReadsScopes(scopes []string) bool {
	for scope, names := range map[string][]string{
		ScopeEmail: {"email", "email_verified"}, ScopePhone: {"phone_number", "phone_number_verified"}, ScopeProfile: profileClaims,
	} {
		if !slices.Contains(scopes, scope) {
			continue
		}
		for _, name := range names {
			if attribute, _ := a.Pool.Attribute(name); !a.Client.MayRead(attribute) {
				return false
			}
		}
	}
	return true
}

// ReadableAttributes returns the attributes of u that the client may read and
// that scopes open: all with openid alone, else those of profile, email and
// phone that are among the scopes, custom attributes with profile (Cognito: The
// user attributes endpoint; ReadAttributes). Nothing without openid.
func (a App) ReadableAttributes(u User, scopes []string) map[string]string {
	out := map[string]string{}
	if !slices.Contains(scopes, ScopeOpenID) {
		return out
	}
	has := func(s string) bool { return slices.Contains(scopes, s) }
	all := !has(ScopeProfile) && !has(ScopeEmail) && !has(ScopePhone)
	for _, attribute := range a.Pool.Attributes() {
		name := attribute.Name
		value, set := u.Attributes[name]
		if !set || !a.Client.MayRead(attribute) {
			continue
		}
		switch {
		case all,
			has(ScopeEmail) && (name == "email" || name == "email_verified"),
			has(ScopePhone) && (name == "phone_number" || name == "phone_number_verified"),
			has(ScopeProfile) && (slices.Contains(profileClaims, name) || strings.HasPrefix(name, "custom:")):
			out[name] = value
		}
	}
	return out
}
