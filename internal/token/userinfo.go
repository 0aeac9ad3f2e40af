package token

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// The refusals of the userInfo endpoint (Cognito: The user attributes endpoint).
var (
	ErrNoToken  = &OAuthError{"invalid_request", "Bad OAuth2 request at UserInfo Endpoint"}
	errDead     = &OAuthError{"invalid_token", "Access token is expired, disabled, or deleted, or the user has globally signed out."}
	errNoOpenID = &OAuthError{"invalid_token", "Access token does not contain openid scope"}
)

// claims are the members of our own tokens that are looked at again.
type claims struct {
	Issuer    string `json:"iss"`
	TokenUse  string `json:"token_use"`
	Subject   string `json:"sub"`
	ClientID  string `json:"client_id"` // access token
	Audience  string `json:"aud"`       // ID token: the client
	Scope     string `json:"scope"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
	OriginJTI string `json:"origin_jti"`
}

// machine says whether an access token was given to a client on its own behalf:
// nobody stands behind it.
func (c claims) machine() bool { return c.TokenUse == "access" && c.Subject == c.ClientID }

// UserInfo returns what an access token's scopes open about its user, every
// value a string (Cognito: The user attributes endpoint). On a pool's own
// domain poolID binds the token to that pool; "" takes any pool of this server.
func (t *Tokens) UserInfo(ctx context.Context, poolID, accessToken string) (map[string]string, error) {
	app, c, err := t.verified(ctx, accessToken)
	if err != nil {
		return nil, err
	}
	if c.TokenUse != "access" || poolID != "" && app.Pool.ID != poolID || t.Now().Unix() >= c.ExpiresAt {
		return nil, errDead
	}
	if c.machine() {
		return nil, errNoOpenID
	}
	user, _, err := t.holder(ctx, app, c)
	if err != nil {
		return nil, err
	}
	scopes := strings.Fields(c.Scope)
	if !slices.Contains(scopes, pool.ScopeOpenID) {
		return nil, errNoOpenID
	}
	out := app.ReadableAttributes(user, scopes)
	out["sub"], out["username"] = user.Sub, user.Username
	return out, nil
}

// holder returns the user of an access token whose grant is still live, and
// the grant where the token names one.
func (t *Tokens) holder(ctx context.Context, app pool.App, c claims) (pool.User, pool.Grant, error) {
	if c.OriginJTI != "" {
		grant, user, err := t.liveGrant(ctx, app, c.OriginJTI)
		if errors.Is(err, errInvalidGrant) {
			err = errDead
		}
		return user, grant, err
	}
	// Without origin_jti only the second of issue is known: one that began
	// in the second of the account's change counts as earlier.
	user, err := t.DB.Users.Get(ctx, app.Pool.ID, c.Subject)
	if errors.Is(err, store.ErrNotFound) || err == nil && (user.Disabled || c.IssuedAt*1000 < user.NotBefore) {
		return user, pool.Grant{}, errDead
	}
	return user, pool.Grant{}, err
}

// verified finds the app that a token names and checks the token under the
// keys of that app's pool, RS256 and that pool's issuer only. Its expiry is
// left to the caller.
func (t *Tokens) verified(ctx context.Context, raw string) (pool.App, claims, error) {
	var named claims
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || json.Unmarshal(parsed.UnsafePayloadWithoutVerification(), &named) != nil {
		return pool.App{}, named, ErrNoToken
	}
	clientID := named.ClientID
	if named.TokenUse == "id" {
		clientID = named.Audience
	}
	if !pool.ValidClientID(clientID) {
		return pool.App{}, named, errDead
	}
	app, err := t.DB.App(ctx, clientID)
	if errors.Is(err, store.ErrNotFound) {
		return app, named, errDead
	}
	if err != nil {
		return app, named, err
	}
	keys, err := t.keysOf(ctx, app.Pool.ID)
	if err != nil {
		return app, named, err
	}
	key := keys.access
	if named.TokenUse == "id" {
		key = keys.id
	}
	var c claims
	payload, err := key.verify(raw)
	if err != nil || json.Unmarshal(payload, &c) != nil || c.Issuer != t.Issuer(app.Pool) {
		return app, c, errDead
	}
	return app, c, nil
}

// Hint reads an id_token_hint (OpenID Connect RP-Initiated Logout §2): the app
// that the ID token was made for. An expired one counts; one that is not ours
// does not.
func (t *Tokens) Hint(ctx context.Context, idToken string) (app pool.App, ok bool) {
	app, c, err := t.verified(ctx, idToken)
	return app, err == nil && c.TokenUse == "id"
}
