package cognito

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// maxToken is the longest token looked at, in bytes. Cognito allows 5000
// claims and scopes at most, and its tokens have one or two thousand bytes.
const maxToken = 64 << 10

// Verifier decides whether a token that somebody presents is one of the pool's,
// for one of the app clients that are trusted. It is safe for concurrent use;
// make one and keep it, for it remembers the pool's keys: it asks for them once
// an hour, and when a token names a new one; while the pool cannot be reached,
// the keys that are known go on counting.
type Verifier struct {
	issuer  string
	clients []string
	keys    *keySet
}

// NewVerifier needs Config.Issuer and Config.ClientID; Config.TrustedClientIDs
// adds further app clients. It makes no call.
func NewVerifier(cfg Config) (*Verifier, error) {
	if cfg.Issuer == "" {
		return nil, fmt.Errorf("%w: a Verifier needs Issuer: tokens from strangers cannot say whom to believe", ErrConfig)
	}
	cfg, err := cfg.normal()
	if err != nil {
		return nil, err
	}
	return newVerifier(cfg, cfg.Issuer, jwksOf(cfg.Issuer)), nil
}

func newVerifier(cfg Config, issuer, jwks string) *Verifier {
	return &Verifier{
		issuer:  issuer,
		clients: append([]string{cfg.ClientID}, cfg.TrustedClientIDs...),
		keys:    &keySet{url: jwks, client: cfg.HTTPClient},
	}
}

// VerifyID verifies an ID token (Cognito: Understanding the identity (ID)
// token): signature, issuer, expiry, token_use "id", and that aud is a trusted
// app client. The nonce is for [Client.Exchange] to check.
//
// Errors: ErrTokenInvalid, ErrTokenExpired, ErrWrongTokenUse, ErrWrongIssuer,
// ErrWrongClient, ErrUnavailable.
func (v *Verifier) VerifyID(ctx context.Context, token string) (*IDClaims, error) {
	return v.verifyID(ctx, token, "")
}

// verifyID also holds the access token against at_hash, if both are there.
func (v *Verifier) verifyID(ctx context.Context, token, access string) (*IDClaims, error) {
	checked, err := v.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	claims := newIDClaims(checked.claims)
	if err := v.judge(checked.claims, "id", claims.Expiry); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(claims.Audience, v.trusts) {
		return nil, ErrWrongClient
	}
	if access != "" && checked.token.AccessTokenHash != "" && checked.token.VerifyAccessToken(access) != nil {
		return nil, fmt.Errorf("%w: at_hash belongs to another access token", ErrTokenInvalid)
	}
	return claims, nil
}

// VerifyAccess verifies an access token (Cognito: Understanding the access
// token): signature, issuer, expiry, token_use "access", and that client_id is
// a trusted app client. Scopes and groups are for the caller to ask for, see
// [Require]. The same errors as VerifyID.
func (v *Verifier) VerifyAccess(ctx context.Context, token string) (*AccessClaims, error) {
	checked, err := v.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	claims := newAccessClaims(checked.claims)
	if err := v.judge(checked.claims, "access", claims.Expiry); err != nil {
		return nil, err
	}
	if !v.trusts(claims.ClientID) {
		return nil, ErrWrongClient
	}
	return claims, nil
}

func (v *Verifier) trusts(client string) bool { return slices.Contains(v.clients, client) }

// judge checks what the two kinds of token have in common.
func (v *Verifier) judge(claims claimSet, use string, expiry time.Time) error {
	switch {
	case claims.text("iss") != v.issuer:
		return ErrWrongIssuer
	case claims.text("token_use") != use:
		return ErrWrongTokenUse
	case !time.Now().Before(expiry):
		return ErrTokenExpired
	case claims.text("sub") == "":
		return fmt.Errorf("%w: it is about nobody", ErrTokenInvalid)
	}
	return nil
}

type checkedToken struct {
	token  *oidc.IDToken
	claims claimSet
}

// verify leaves signature, expiry and not-before to go-oidc. Issuer and
// audience are judged here, because go-oidc reports them without a type and an
// access token has no audience.
func (v *Verifier) verify(ctx context.Context, token string) (*checkedToken, error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return nil, fmt.Errorf("%w: it is not a JWT", ErrTokenInvalid)
	}
	keys := &rememberError{keys: v.keys}
	checked, err := oidc.NewVerifier(v.issuer, keys, &oidc.Config{
		SkipIssuerCheck:      true,
		SkipClientIDCheck:    true,
		SupportedSigningAlgs: []string{oidc.RS256},
	}).Verify(ctx, token)
	var expired *oidc.TokenExpiredError
	switch {
	case keys.err != nil:
		return nil, keys.err
	case errors.As(err, &expired):
		return nil, ErrTokenExpired
	case err != nil:
		return nil, fmt.Errorf("%w: malformed, or not signed with RS256", ErrTokenInvalid)
	}
	var claims claimSet
	if err := checked.Claims(&claims); err != nil {
		return nil, fmt.Errorf("%w: its claims cannot be read", ErrTokenInvalid)
	}
	return &checkedToken{token: checked, claims: claims}, nil
}

// rememberError keeps a key set's error, which go-oidc reports as text only.
type rememberError struct {
	keys *keySet
	err  error
}

func (r *rememberError) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := r.keys.VerifySignature(ctx, token)
	r.err = err
	return payload, err
}
