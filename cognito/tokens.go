package cognito

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// Tokens is what a sign-in gives, verified. It marshals to JSON with the tokens
// in it: keep that where only you can read it.
type Tokens struct {
	AccessToken  string    `json:"access_token"`            // a JWT, for APIs
	IDToken      string    `json:"id_token,omitempty"`      // a JWT, for this app; empty without the scope openid
	RefreshToken string    `json:"refresh_token,omitempty"` // opaque, over 1 KB on AWS
	Expiry       time.Time `json:"expiry"`                  // of the access token, UTC
	Claims       IDClaims  `json:"-"`                       // of the ID token; without one, only Issuer, Subject, Username and Groups
}

// OAuth2 is the same for whoever wants golang.org/x/oauth2's type, for example
// to make an http.Client that calls an API.
func (t Tokens) OAuth2() *oauth2.Token {
	return &oauth2.Token{AccessToken: t.AccessToken, RefreshToken: t.RefreshToken, TokenType: "Bearer", Expiry: t.Expiry}
}

// String names the person and the expiry, never a token.
func (t Tokens) String() string {
	return fmt.Sprintf("cognito.Tokens{Subject: %s, Expiry: %s}", t.Claims.Subject, t.Expiry.Format(time.RFC3339))
}

// GoString hides the tokens from %#v.
func (t Tokens) GoString() string { return t.String() }

// LogValue hides the tokens from log/slog.
func (t Tokens) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Refresh gets new tokens for old ones (Cognito: Refresh tokens). Calls with the
// same refresh token share one request, and for a minute afterwards its result,
// so that parallel requests of one session survive refresh token rotation. The
// old refresh token is kept when the pool returns none. A lost answer is asked
// for once more, which a pool with rotation allows within its grace period.
//
// ErrInvalidGrant means that the sign-in is over.
func (c *Client) Refresh(ctx context.Context, old *Tokens) (*Tokens, error) {
	if old == nil || old.RefreshToken == "" {
		return nil, fmt.Errorf("%w: there is no refresh token", ErrInvalidGrant)
	}
	return c.refresh.do(ctx, old, c.renew)
}

func (c *Client) renew(ctx context.Context, old *Tokens) (*Tokens, error) {
	tok, err := c.redeemRefresh(ctx, old.RefreshToken)
	if errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		tok, err = c.redeemRefresh(ctx, old.RefreshToken)
	}
	if err != nil {
		return nil, err
	}
	// OpenID Connect Core §12.2: a refreshed ID token may be missing, need not
	// repeat the nonce, and is about the same person.
	fresh, err := c.accept(ctx, tok, expectation{previous: old})
	if err != nil {
		return nil, err
	}
	if old.Claims.Subject != "" && fresh.Claims.Subject != old.Claims.Subject {
		return nil, fmt.Errorf("%w: the refreshed token is about somebody else", ErrTokenInvalid)
	}
	return fresh, nil
}

func (c *Client) redeemRefresh(ctx context.Context, token string) (*oauth2.Token, error) {
	// A token source without an access token redeems at once, and keeps the old
	// refresh token if none comes back.
	tok, err := c.oauth.TokenSource(c.httpContext(ctx), &oauth2.Token{RefreshToken: token}).Token()
	if err != nil {
		return nil, tokenError(err, "refresh_token")
	}
	return tok, nil
}

// refresher lets one refresh run per refresh token, and remembers the result
// while requests that were sent with the old one may still arrive.
type refresher struct {
	flights singleflight.Group

	mu     sync.Mutex
	recent map[string]recentTokens
}

type recentTokens struct {
	tokens *Tokens
	until  time.Time
}

// rememberRefresh is Cognito's longest grace period for a rotated refresh token.
const rememberRefresh = time.Minute

func (r *refresher) do(ctx context.Context, old *Tokens, renew func(context.Context, *Tokens) (*Tokens, error)) (*Tokens, error) {
	key := refreshKey(old.RefreshToken)
	done := r.flights.DoChan(key, func() (any, error) {
		// Who already holds the remembered result wants a newer one.
		if tokens := r.recall(key); tokens != nil && tokens.AccessToken != old.AccessToken {
			return tokens, nil
		}
		// The first caller may go away; the others still want the result.
		tokens, err := renew(context.WithoutCancel(ctx), old)
		if err == nil {
			r.remember(key, tokens)
		}
		return tokens, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case res := <-done:
		if res.Err != nil {
			return nil, res.Err
		}
		tokens := *res.Val.(*Tokens)
		return &tokens, nil
	}
}

func (r *refresher) recall(key string) *Tokens {
	r.mu.Lock()
	defer r.mu.Unlock()
	if hit, ok := r.recent[key]; ok && time.Now().Before(hit.until) {
		return hit.tokens
	}
	return nil
}

func (r *refresher) remember(key string, tokens *Tokens) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for k, old := range r.recent {
		if !now.Before(old.until) {
			delete(r.recent, k)
		}
	}
	if r.recent == nil {
		r.recent = map[string]recentTokens{}
	}
	// Never longer than the new access token is good for.
	until := now.Add(rememberRefresh)
	if tokens.Expiry.Before(until) {
		until = tokens.Expiry
	}
	r.recent[key] = recentTokens{tokens: tokens, until: until}
}

// forget drops what could bring a revoked sign-in back.
func (r *refresher) forget(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.recent, refreshKey(token))
	for k, hit := range r.recent {
		if hit.tokens.RefreshToken == token {
			delete(r.recent, k)
		}
	}
}

func refreshKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return string(sum[:])
}
