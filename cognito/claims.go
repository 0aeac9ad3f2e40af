package cognito

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// IDClaims is what an ID token says (Cognito: Understanding the identity (ID)
// token). Times are UTC; a claim that is absent is the zero value.
type IDClaims struct {
	Issuer        string     // iss
	Subject       string     // sub: who it is, for ever; looks like a UUID, need not be one
	Audience      []string   // aud: the app client
	Expiry        time.Time  // exp
	IssuedAt      time.Time  // iat
	AuthTime      time.Time  // auth_time: when the person last proved who they are
	Nonce         string     // nonce; absent after a refresh
	Username      string     // cognito:username
	Groups        []string   // cognito:groups
	Roles         []string   // cognito:roles: IAM role ARNs of the groups
	PreferredRole string     // cognito:preferred_role
	Identities    []Identity // identities: linked accounts at other providers
	ACR           string     // acr (Cognito: Authentication levels with ACR and AMR claims)
	AMR           []string   // amr
	TokenID       string     // jti
	OriginID      string     // origin_jti: the sign-in that this token descends from
	EventID       string     // event_id
	Attributes

	claims claimSet
}

// Attributes are a person's attributes as far as the app client may read them
// (OpenID Connect Core §5.1; Cognito: Working with user attributes).
type Attributes struct {
	Email               string
	EmailVerified       bool
	PhoneNumber         string // E.164
	PhoneNumberVerified bool
	Name                string
	GivenName           string
	MiddleName          string
	FamilyName          string
	Nickname            string
	PreferredUsername   string
	Profile             string // URL
	Picture             string // URL
	Website             string // URL
	Gender              string
	Birthdate           string // YYYY-MM-DD
	Zoneinfo            string // IANA name
	Locale              string // BCP 47
	Address             string // the member formatted, or the text
	UpdatedAt           time.Time
	Custom              map[string]string // custom:x is Custom["x"]; always text
}

// Identity is one account at another provider (Cognito: claim identities).
type Identity struct {
	UserID       string
	ProviderName string
	ProviderType string // "Google", "SAML", "OIDC" …
	Issuer       string // empty if none
	Primary      bool
	DateCreated  time.Time // UTC, to the millisecond
}

// InGroup reports whether the person is in any of the groups.
func (c *IDClaims) InGroup(groups ...string) bool { return containsAny(c.Groups, groups) }

// Decode reads all claims into v, as json.Unmarshal does, for claims that have
// no field here.
func (c *IDClaims) Decode(v any) error { return c.claims.decode(v) }

// AccessClaims is what an access token says (Cognito: Understanding the access
// token). Times are UTC; a claim that is absent is the zero value.
type AccessClaims struct {
	Issuer    string    // iss
	Subject   string    // sub: the person, or the app client for the client-credentials grant
	ClientID  string    // client_id: the app client that asked for the token
	Audience  []string  // aud: only for a sign-in with the parameter resource (RFC 8707)
	Username  string    // username; empty for the client-credentials grant
	Scopes    []string  // scope, split
	Groups    []string  // cognito:groups
	Expiry    time.Time // exp
	IssuedAt  time.Time // iat
	AuthTime  time.Time // auth_time
	DeviceKey string    // device_key
	ACR       string    // acr
	AMR       []string  // amr
	TokenID   string    // jti
	OriginID  string    // origin_jti
	EventID   string    // event_id

	claims claimSet
}

// HasScopes reports whether the token carries all of the scopes.
func (c *AccessClaims) HasScopes(scopes ...string) bool {
	for _, scope := range scopes {
		if !slices.Contains(c.Scopes, scope) {
			return false
		}
	}
	return true
}

// InGroup reports whether the person is in any of the groups.
func (c *AccessClaims) InGroup(groups ...string) bool { return containsAny(c.Groups, groups) }

// Decode reads all claims into v, as json.Unmarshal does.
func (c *AccessClaims) Decode(v any) error { return c.claims.decode(v) }

// UserInfo is the answer of the userInfo endpoint (Cognito: The user attributes
// endpoint; OpenID Connect Core §5.3).
type UserInfo struct {
	Subject    string // sub
	Username   string // username
	Identities []Identity
	Attributes

	claims claimSet
}

// Decode reads all members of the answer into v, as json.Unmarshal does. Note
// that Cognito sends every value as a string there.
func (u *UserInfo) Decode(v any) error { return u.claims.decode(v) }

func containsAny(have, want []string) bool {
	return slices.ContainsFunc(want, func(w string) bool { return slices.Contains(have, w) })
}

func newIDClaims(c claimSet) *IDClaims {
	return &IDClaims{
		Issuer:        c.text("iss"),
		Subject:       c.text("sub"),
		Audience:      c.list("aud"),
		Expiry:        c.time("exp"),
		IssuedAt:      c.time("iat"),
		AuthTime:      c.time("auth_time"),
		Nonce:         c.text("nonce"),
		Username:      c.text("cognito:username"),
		Groups:        c.list("cognito:groups"),
		Roles:         c.list("cognito:roles"),
		PreferredRole: c.text("cognito:preferred_role"),
		Identities:    c.identities(),
		ACR:           c.text("acr"),
		AMR:           c.list("amr"),
		TokenID:       c.text("jti"),
		OriginID:      c.text("origin_jti"),
		EventID:       c.text("event_id"),
		Attributes:    c.attributes(),
		claims:        c,
	}
}

func newAccessClaims(c claimSet) *AccessClaims {
	return &AccessClaims{
		Issuer:    c.text("iss"),
		Subject:   c.text("sub"),
		ClientID:  c.text("client_id"),
		Audience:  c.list("aud"),
		Username:  c.text("username"),
		Scopes:    strings.Fields(c.text("scope")),
		Groups:    c.list("cognito:groups"),
		Expiry:    c.time("exp"),
		IssuedAt:  c.time("iat"),
		AuthTime:  c.time("auth_time"),
		DeviceKey: c.text("device_key"),
		ACR:       c.text("acr"),
		AMR:       c.list("amr"),
		TokenID:   c.text("jti"),
		OriginID:  c.text("origin_jti"),
		EventID:   c.text("event_id"),
		claims:    c,
	}
}

func newUserInfo(c claimSet) *UserInfo {
	return &UserInfo{
		Subject:    c.text("sub"),
		Username:   c.text("username"),
		Identities: c.identities(),
		Attributes: c.attributes(),
		claims:     c,
	}
}

// decodeIDToken reads an ID token without verifying it: for one that was
// verified before and kept where nobody can change it, and for learning an
// issuer that is then verified.
func decodeIDToken(token string) (*IDClaims, error) {
	claims, err := decodeJWT(token)
	if err != nil {
		return nil, err
	}
	return newIDClaims(claims), nil
}

func decodeJWT(token string) (claimSet, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: it is not a JWT", ErrTokenInvalid)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a JWT", ErrTokenInvalid)
	}
	var claims claimSet
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, fmt.Errorf("%w: its claims cannot be read", ErrTokenInvalid)
	}
	return claims, nil
}

// claimsWithoutID is what is known of a person when openid was not asked for.
func claimsWithoutID(access *AccessClaims) IDClaims {
	return IDClaims{Issuer: access.Issuer, Subject: access.Subject, Username: access.Username, Groups: access.Groups}
}
