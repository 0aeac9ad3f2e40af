package pool

import (
	"slices"
	"strings"
	"time"
)

// Client is one app client of a pool: its id, its settings, its secret (empty
// for a public client), a second one while they rotate, and when it changed (ms).
type Client struct {
	UserPoolID  string       `json:"UserPoolId"`
	ID          string       `json:"ClientId"`
	Secret      Secret       `json:"ClientSecret,omitempty"` // the oldest
	SecretSince int64        `json:",omitempty"`             // ms; 0: the client's CreationDate
	Second      ClientSecret `json:",omitzero"`
	SSOSession  *SSOSession  `json:",omitempty"` // nil: the default
	ClientSettings
	Stack            string `json:",omitempty"` // the one whose template made it
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
	ReadAttributes                  []string              `json:",omitempty"`
	WriteAttributes                 []string              `json:",omitempty"`
	AuthSessionValidity             *int                  `json:",omitempty"`

	// AnyLoopbackPort is Poolhouse's own: a registered loopback callback
	// matches on any port (RFC 8252 §7.3). Off by default.
	AnyLoopbackPort *bool `json:",omitempty"`

	NotYetClientSettings
}

// NotYetClientSettings names the members of CreateUserPoolClient that have no
// effect yet; see [NotYet].
type NotYetClientSettings struct {
	AnalyticsConfiguration                   NotYet `json:",omitzero"`
	EnablePropagateAdditionalUserContextData NotYet `json:",omitzero"`
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

// AuthSessionLife is how long a challenge of a sign-in by the API stays open:
// three minutes where nothing is said, up to fifteen (Cognito:
// AuthSessionValidity).
func (c ClientSettings) AuthSessionLife() time.Duration {
	if c.AuthSessionValidity == nil {
		return 3 * time.Minute
	}
	return time.Duration(*c.AuthSessionValidity) * time.Minute
}

// AllowsAuth says whether the client may sign people in by an API flow, named
// without its prefix: "USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH",
// "ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH". Where the flows are not named, or
// in the form from before ALLOW_…, SRP and custom are on (Cognito:
// ExplicitAuthFlows).
func (c ClientSettings) AllowsAuth(flow string) bool {
	has := func(f string) bool { return slices.Contains(c.ExplicitAuthFlows, f) }
	if c.namesFlows() {
		return has("ALLOW_" + flow)
	}
	switch flow {
	case "USER_SRP_AUTH":
		return !has("CUSTOM_AUTH_FLOW_ONLY")
	case "CUSTOM_AUTH":
		return true
	case "ADMIN_USER_PASSWORD_AUTH":
		return has("ADMIN_NO_SRP_AUTH")
	case "USER_PASSWORD_AUTH":
		return has("USER_PASSWORD_AUTH")
	}
	return false
}

func (c ClientSettings) namesFlows() bool {
	return slices.ContainsFunc(c.ExplicitAuthFlows, func(f string) bool { return strings.HasPrefix(f, "ALLOW_") })
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
	return !c.namesFlows() || c.Rotates() || slices.Contains(c.ExplicitAuthFlows, "ALLOW_REFRESH_TOKEN_AUTH")
}
