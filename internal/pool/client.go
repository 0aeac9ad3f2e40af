package pool

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"time"
)

// Client is one app client of a pool: its id, its settings, its secret (empty
// for a public client), and when it changed (ms).
type Client struct {
	UserPoolID string `json:"UserPoolId"`
	ID         string `json:"ClientId"`
	Secret     Secret `json:"ClientSecret,omitempty"`
	ClientSettings
	CreationDate     int64
	LastModifiedDate int64
}

// ClientSettings are the members of CreateUserPoolClient that Poolhouse
// honours. A nil pointer or slice is a member that was not given.
type ClientSettings struct {
	ClientName                      string
	RefreshTokenValidity            *int                  `json:",omitempty"`
	AccessTokenValidity             *int                  `json:",omitempty"`
	IdTokenValidity                 *int                  `json:",omitempty"`
	TokenValidityUnits              *TokenValidityUnits   `json:",omitempty"`
	ExplicitAuthFlows               []string              `json:",omitempty"`
	SupportedIdentityProviders      []string              `json:",omitempty"`
	CallbackURLs                    []string              `json:",omitempty"`
	LogoutURLs                      []string              `json:",omitempty"`
	DefaultRedirectURI              string                `json:",omitempty"`
	AllowedOAuthFlows               []string              `json:",omitempty"`
	AllowedOAuthScopes              []string              `json:",omitempty"`
	AllowedOAuthFlowsUserPoolClient *bool                 `json:",omitempty"`
	PreventUserExistenceErrors      string                `json:",omitempty"`
	EnableTokenRevocation           *bool                 `json:",omitempty"`
	RefreshTokenRotation            *RefreshTokenRotation `json:",omitempty"`

	// AnyLoopbackPort is Poolhouse's own: a registered loopback callback
	// matches on any port (RFC 8252 §7.3). Off by default.
	AnyLoopbackPort *bool `json:",omitempty"`

	NotYetClientSettings
}

// NotYetClientSettings names the members of CreateUserPoolClient that have no
// effect yet; see [NotYet].
type NotYetClientSettings struct {
	AnalyticsConfiguration                   NotYet `json:",omitzero"`
	AuthSessionValidity                      NotYet `json:",omitzero"`
	EnablePropagateAdditionalUserContextData NotYet `json:",omitzero"`
	ReadAttributes                           NotYet `json:",omitzero"`
	WriteAttributes                          NotYet `json:",omitzero"`
}

// TokenValidityUnits gives the unit of each validity: seconds, minutes, hours
// or days. Absent: hours for access and ID tokens, days for refresh tokens.
type TokenValidityUnits struct {
	AccessToken  string `json:",omitempty"`
	IdToken      string `json:",omitempty"`
	RefreshToken string `json:",omitempty"`
}

// RefreshTokenRotation says whether each refresh makes a new refresh token,
// and for how many seconds (0–60) the one before it stays good.
type RefreshTokenRotation struct {
	Feature                 string // ENABLED or DISABLED
	RetryGracePeriodSeconds int    `json:",omitempty"`
}

const (
	defaultTokenValidity   = time.Hour
	defaultRefreshValidity = 30 * 24 * time.Hour
)

// AccessTokenLife is how long an access token is good for.
func (c ClientSettings) AccessTokenLife() time.Duration {
	return c.life(c.AccessTokenValidity, c.units().AccessToken, time.Hour, defaultTokenValidity)
}

// IDTokenLife is how long an ID token is good for.
func (c ClientSettings) IDTokenLife() time.Duration {
	return c.life(c.IdTokenValidity, c.units().IdToken, time.Hour, defaultTokenValidity)
}

// RefreshTokenLife is how long a refresh token is good for, counted from the
// sign-in; rotation does not extend it.
func (c ClientSettings) RefreshTokenLife() time.Duration {
	return c.life(c.RefreshTokenValidity, c.units().RefreshToken, 24*time.Hour, defaultRefreshValidity)
}

func (c ClientSettings) units() TokenValidityUnits {
	if c.TokenValidityUnits == nil {
		return TokenValidityUnits{}
	}
	return *c.TokenValidityUnits
}

func (ClientSettings) life(n *int, unit string, unitDefault, otherwise time.Duration) time.Duration {
	if n == nil || *n == 0 {
		return otherwise
	}
	u, ok := map[string]time.Duration{"seconds": time.Second, "minutes": time.Minute, "hours": time.Hour, "days": 24 * time.Hour}[unit]
	if !ok {
		u = unitDefault
	}
	const most = 100 * 365 * 24 * 3600 // seconds; keeps the product inside a Duration
	return time.Duration(min(min(int64(*n), most)*int64(u/time.Second), most)) * time.Second
}

// Rotates says whether a refresh makes a new refresh token.
func (c ClientSettings) Rotates() bool {
	return c.RefreshTokenRotation != nil && c.RefreshTokenRotation.Feature == "ENABLED"
}

// RotationGrace is how long a rotated refresh token stays good.
func (c ClientSettings) RotationGrace() time.Duration {
	if !c.Rotates() {
		return 0
	}
	return time.Duration(c.RefreshTokenRotation.RetryGracePeriodSeconds) * time.Second
}

// Revokes says whether refresh tokens can be revoked and tokens carry jti and
// origin_jti (Cognito: EnableTokenRevocation, on by default).
func (c ClientSettings) Revokes() bool {
	return c.EnableTokenRevocation == nil || *c.EnableTokenRevocation
}

// HidesUsers says whether answers must not reveal who has an account
// (Cognito: PreventUserExistenceErrors ENABLED).
func (c ClientSettings) HidesUsers() bool { return c.PreventUserExistenceErrors == "ENABLED" }

// AllowsFlow says whether the client may use the OAuth flow "code",
// "implicit" or "client_credentials".
func (c ClientSettings) AllowsFlow(flow string) bool {
	return c.AllowedOAuthFlowsUserPoolClient != nil && *c.AllowedOAuthFlowsUserPoolClient && slices.Contains(c.AllowedOAuthFlows, flow)
}

// Refreshes says whether the client may use its refresh tokens (Cognito:
// ALLOW_REFRESH_TOKEN_AUTH; on where the flows are not named, or are named in
// the form from before ALLOW_…). Clients that rotate may not name that flow, and
// refresh at the token endpoint all the same (Cognito: Refresh tokens).
func (c ClientSettings) Refreshes() bool {
	named := slices.ContainsFunc(c.ExplicitAuthFlows, func(f string) bool { return len(f) > 6 && f[:6] == "ALLOW_" })
	return !named || c.Rotates() || slices.Contains(c.ExplicitAuthFlows, "ALLOW_REFRESH_TOKEN_AUTH")
}

// Public says whether the client has no secret (RFC 6749 §2.1).
func (c Client) Public() bool { return c.Secret == "" }

// CheckSecret says, in constant time, whether presented is this client's
// secret. An empty secret from a public client counts as none.
func (c Client) CheckSecret(presented string) bool {
	want, got := sha256.Sum256([]byte(c.Secret.Reveal())), sha256.Sum256([]byte(presented))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
