package token

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Tokens makes, checks and ends tokens.
type Tokens struct {
	DB   *store.DB
	Ring *seal.Ring
	URL  string // of the server's own host, no slash at its end
	Now  func() time.Time

	mu   sync.RWMutex
	keys map[string]keyPair // by pool id; a pool's keys never change once made
}

// OAuthError is a refusal in OAuth's words (RFC 6749 §5.2, RFC 6750 §3.1).
// Description may be empty.
type OAuthError struct{ Code, Description string }

// Error names the OAuth error.
func (e *OAuthError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// The refusals of the token endpoint (Cognito: The token issuer endpoint).
var (
	errInvalidGrant    = &OAuthError{Code: "invalid_grant"}
	errInvalidRedirect = &OAuthError{Code: "unauthorized_client", Description: "invalid_redirect"}
	errUnauthorized    = &OAuthError{Code: "unauthorized_client"}
	errInvalidScope    = &OAuthError{Code: "invalid_scope"}
	errInvalidRequest  = &OAuthError{Code: "invalid_request"}
	errWrongTokenType  = &OAuthError{Code: "unsupported_token_type"}
)

// because is a refusal with the reason that the audit trail has and the client
// is not told.
func because(refusal *OAuthError, reason pool.EventReason) error {
	return pool.Because(refusal, reason)
}

// Set is what a grant gives. IDToken is empty without the openid scope,
// RefreshToken where none is made. ExpiresIn counts seconds of the access
// token.
type Set struct {
	IDToken      string
	AccessToken  string
	RefreshToken string
	ExpiresIn    int
}

// Issuer is the `iss` of a pool's tokens.
func (t *Tokens) Issuer(p pool.Pool) string {
	if p.Issuer != "" {
		return p.Issuer
	}
	return t.URL + "/" + p.ID
}

// NewCode makes an authorization code for who, good for five minutes and one
// redemption (RFC 6749 §4.1.2).
func (t *Tokens) NewCode(ctx context.Context, app pool.App, ask pool.AuthRequest, who pool.SignedIn) (string, error) {
	code, now := pool.NewUUID(), t.Now()
	who = app.Pool.Tracked(who)
	err := t.DB.Codes.Create(ctx, &pool.AuthorizationCode{
		UserPoolID: app.Pool.ID, ClientID: app.Client.ID, Hash: pool.HashToken(code), GrantID: pool.NewUUID(), Sub: who.User.Sub,
		RedirectURI: ask.RedirectURI, Scopes: ask.Scopes, Resource: ask.Resource, Nonce: ask.Nonce, CodeChallenge: ask.CodeChallenge, Browser: who.Browser, From: who.From,
		AuthTime: who.AuthTime, NotBefore: who.User.NotBefore, CreatedAt: now.UnixMilli(), ExpiresAt: now.Add(pool.AuthorizationCodeLife).UnixMilli(),
	})
	return code, err
}

// Implicit gives tokens without a code and never a refresh token (RFC 6749 §4.2).
func (t *Tokens) Implicit(ctx context.Context, app pool.App, ask pool.AuthRequest, who pool.SignedIn) (Set, error) {
	now := t.Now()
	who = app.Pool.Tracked(who)
	grant := pool.Grant{
		UserPoolID: app.Pool.ID, ID: pool.NewUUID(), ClientID: app.Client.ID, Sub: who.User.Sub, Scopes: ask.Scopes, Resource: ask.Resource, Browser: who.Browser, From: who.From,
		AuthTime: who.AuthTime, NotBefore: who.User.NotBefore, CreatedAt: now.UnixMilli(), ClientSince: app.Client.CreationDate, ExpiresAt: now.Add(app.Client.AccessTokenLife()).UnixMilli(),
	}
	set, err := t.sign(ctx, app, who.User, claimsAsk{grant: grant, nonce: ask.Nonce})
	if err != nil {
		return Set{}, err
	}
	return set, t.begin(ctx, app.Pool, who.User, grant)
}

// Redemption is what a client brings to redeem a code.
type Redemption struct{ Code, RedirectURI, Verifier string }

// Redeem turns a code into tokens (RFC 6749 §4.1.3, RFC 7636 §4.5). The client
// is authenticated already. A wrong redirect or verifier burns the code; a
// second redemption also ends what the first gave.
func (t *Tokens) Redeem(ctx context.Context, app pool.App, in Redemption) (set Set, err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventToken, t.Now)
	defer t.DB.Events.Close(ctx, note, &err)
	if !app.Client.AllowsFlow("code") {
		return Set{}, because(errUnauthorized, pool.ReasonFlow)
	}
	now := t.Now()
	code, err := t.DB.Codes.Spend(ctx, app, pool.HashToken(in.Code), now.UnixMilli())
	note.About(code.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Set{}, because(errInvalidGrant, pool.ReasonCodeUnknown)
	case errors.Is(err, store.ErrSpent):
		return Set{}, because(errInvalidGrant, pool.ReasonCodeSpent)
	case err != nil:
		return Set{}, err
	case now.UnixMilli() >= code.ExpiresAt:
		return Set{}, because(errInvalidGrant, pool.ReasonCodeLate)
	case in.RedirectURI != code.RedirectURI:
		return Set{}, because(errInvalidRedirect, pool.ReasonRedirect)
	case !proves(in.Verifier, code.CodeChallenge):
		return Set{}, because(errInvalidGrant, pool.ReasonVerifier)
	case !app.ReadsScopes(code.Scopes):
		return Set{}, because(errInvalidGrant, pool.ReasonScope)
	}
	user, err := t.DB.Users.Get(ctx, app.Pool.ID, code.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Void(code.NotBefore) {
		return Set{}, because(errInvalidGrant, pool.ReasonEnded)
	}
	if err != nil {
		return Set{}, err
	}
	return t.open(ctx, app, user, code, false)
}

// open makes the grant that a spent code named. It exists before anybody holds
// its tokens; if a replay ended it meanwhile, nothing is given.
func (t *Tokens) open(ctx context.Context, app pool.App, user pool.User, code pool.AuthorizationCode, api bool) (Set, error) {
	now, secret := t.Now(), pool.NewToken()
	until := now.Add(app.Client.RefreshTokenLife())
	grant := pool.Grant{
		UserPoolID: app.Pool.ID, ID: code.GrantID, ClientID: app.Client.ID, Sub: user.Sub, Scopes: code.Scopes, Resource: code.Resource,
		AuthTime: code.AuthTime, NotBefore: code.NotBefore, CreatedAt: code.CreatedAt, ClientSince: app.Client.CreationDate, RefreshUntil: until.UnixMilli(),
		ExpiresAt: until.Add(app.Client.AccessTokenLife()).UnixMilli(), Secret: sum(secret), Browser: code.Browser, From: code.From, API: api, LastUsed: now.UnixMilli(),
	}
	set, err := t.sign(ctx, app, user, claimsAsk{grant: grant, nonce: code.Nonce})
	if err != nil {
		return Set{}, err
	}
	if set.RefreshToken, err = t.sealRefresh(app, grant, secret); err != nil {
		return Set{}, err
	}
	if err := t.begin(ctx, app.Pool, user, grant); errors.Is(err, store.ErrExists) {
		return Set{}, because(errInvalidGrant, pool.ReasonCodeSpent)
	} else if err != nil {
		return Set{}, err
	}
	return set, nil
}

// proves says whether verifier matches the S256 challenge. A verifier without a
// challenge is refused too: somebody dropped the challenge on the way
// (RFC 9700 §2.1.1).
func proves(verifier, challenge string) bool {
	if challenge == "" {
		return verifier == ""
	}
	if len(verifier) < 43 || len(verifier) > 128 { // RFC 7636 §4.1
		return false
	}
	digest := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(digest[:])), []byte(challenge)) == 1
}

func sum(s string) []byte {
	digest := sha256.Sum256([]byte(s))
	return digest[:]
}

func internal(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
