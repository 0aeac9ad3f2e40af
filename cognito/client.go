package cognito

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Client speaks to one pool as one app client. It is safe for concurrent use;
// make one and keep it, for it remembers the pool's keys.
type Client struct {
	cfg     Config
	oauth   oauth2.Config
	refresh refresher

	mu       sync.Mutex
	verifier *Verifier // nil until the issuer is known; see issuer.go
}

// New checks cfg and returns a client. It makes no call.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.normal()
	switch {
	case err != nil:
		return nil, err
	case cfg.Domain == "":
		return nil, fmt.Errorf("%w: Domain is empty", ErrConfig)
	case cfg.RedirectURL == "":
		return nil, fmt.Errorf("%w: RedirectURL is empty", ErrConfig)
	case cfg.Issuer == "" && !slices.Contains(cfg.Scopes, "openid"):
		return nil, fmt.Errorf("%w: without the scope openid there is no ID token to learn the issuer from; set Issuer", ErrConfig)
	}
	if err := checkAppURL(cfg.RedirectURL); err != nil {
		return nil, fmt.Errorf("%w: RedirectURL: %w", ErrConfig, err)
	}
	if cfg.LogoutURL != "" {
		if err := checkAppURL(cfg.LogoutURL); err != nil {
			return nil, fmt.Errorf("%w: LogoutURL: %w", ErrConfig, err)
		}
	}
	c := &Client{cfg: cfg, oauth: oauthConfig(cfg)}
	if cfg.Issuer != "" {
		c.verifier = newVerifier(cfg, cfg.Issuer, jwksOf(cfg.Issuer))
	}
	return c, nil
}

func oauthConfig(cfg Config) oauth2.Config {
	// A public client must leave the secret out altogether; a confidential one
	// uses Basic (Cognito: The token issuer endpoint).
	style := oauth2.AuthStyleInParams
	if cfg.ClientSecret != "" {
		style = oauth2.AuthStyleInHeader
	}
	return oauth2.Config{
		ClientID:     cfg.ClientID,
		ClientSecret: cfg.ClientSecret,
		RedirectURL:  cfg.RedirectURL,
		Scopes:       cfg.Scopes,
		Endpoint: oauth2.Endpoint{
			AuthURL:   cfg.Domain + "/oauth2/authorize",
			TokenURL:  cfg.Domain + "/oauth2/token",
			AuthStyle: style,
		},
	}
}

// LoginURL is where to send a person to sign in (Cognito: The redirect and
// authorization endpoint), with the transaction that [Client.Exchange] will
// want. Further parameters of that page go into opts:
//
//	client.LoginURL(oauth2.SetAuthURLParam("login_hint", "ann@example.com"))
//
// state, nonce, PKCE, client and redirect URL cannot be changed by opts. Whoever
// asks for max_age compares [IDClaims].AuthTime afterwards.
func (c *Client) LoginURL(opts ...oauth2.AuthCodeOption) (string, Transaction) {
	return c.begin("/oauth2/authorize", opts)
}

// SignUpURL is LoginURL for people without an account: it opens the sign-up page
// (Cognito: User-interactive managed login endpoints) and comes back the same way.
func (c *Client) SignUpURL(opts ...oauth2.AuthCodeOption) (string, Transaction) {
	return c.begin("/signup", opts)
}

func (c *Client) begin(path string, opts []oauth2.AuthCodeOption) (string, Transaction) {
	tx := newTransaction()
	own := []oauth2.AuthCodeOption{
		oauth2.SetAuthURLParam("response_type", "code"),
		oauth2.SetAuthURLParam("client_id", c.cfg.ClientID),
		oauth2.SetAuthURLParam("redirect_uri", c.cfg.RedirectURL),
		oauth2.SetAuthURLParam("state", tx.State),
		oidc.Nonce(tx.Nonce),
		oauth2.S256ChallengeOption(tx.Verifier),
	}
	at := oauth2.Config{Endpoint: oauth2.Endpoint{AuthURL: c.cfg.Domain + path}, Scopes: c.cfg.Scopes}
	return at.AuthCodeURL(tx.State, append(slices.Clone(opts), own...)...), tx
}

// LogoutURL is where to send a person to end the pool's own browser session;
// the pool then sends them on to Config.LogoutURL (Cognito: The managed login
// sign-out endpoint). It is empty when no Config.LogoutURL is set. Tokens live
// on: see [Client.Revoke].
func (c *Client) LogoutURL() string {
	if c.cfg.LogoutURL == "" {
		return ""
	}
	q := url.Values{"client_id": {c.cfg.ClientID}, "logout_uri": {c.cfg.LogoutURL}}
	return c.cfg.Domain + "/logout?" + q.Encode()
}

// Exchange finishes a sign-in: callback is the query that arrived at the
// redirect URL, tx the transaction that LoginURL or SignUpURL returned to this
// same browser. It checks state, reads the error if there is one, redeems the
// code with the PKCE verifier (Cognito: The token issuer endpoint), and returns
// tokens that have been verified, nonce included.
//
// Errors: ErrStateMismatch, ErrNonceMismatch, a *ServerError of any kind, the
// token errors, ErrUnavailable and ErrBadResponse.
func (c *Client) Exchange(ctx context.Context, tx Transaction, callback url.Values) (*Tokens, error) {
	if err := checkCallback(tx, callback); err != nil {
		return nil, err
	}
	tok, err := c.oauth.Exchange(c.httpContext(ctx), callback.Get("code"), oauth2.VerifierOption(tx.Verifier))
	if err != nil {
		return nil, tokenError(err, "authorization_code")
	}
	return c.accept(ctx, tok, expectation{nonce: tx.Nonce})
}

// checkCallback decides before the code is touched. An error that lacks the
// state altogether is still reported as what it is: nothing is done with it.
func checkCallback(tx Transaction, callback url.Values) error {
	for _, name := range []string{"state", "code", "error"} {
		if len(callback[name]) > 1 {
			return fmt.Errorf("%w: the callback has %s more than once", ErrStateMismatch, name)
		}
	}
	failed := callback.Get("error")
	if failed == "" || callback.Has("state") {
		got := callback.Get("state")
		if tx.State == "" || subtle.ConstantTimeCompare([]byte(got), []byte(tx.State)) != 1 {
			return ErrStateMismatch
		}
	}
	if failed != "" {
		return authorizeError(failed, callback.Get("error_description"))
	}
	if callback.Get("code") == "" {
		return fmt.Errorf("%w: the callback has neither code nor error", ErrBadResponse)
	}
	return nil
}

// expectation is what a token answer has to fit: the nonce of a sign-in, or the
// tokens that are being refreshed.
type expectation struct {
	nonce    string
	previous *Tokens
}

// accept believes a token answer only after verifying all of it.
func (c *Client) accept(ctx context.Context, tok *oauth2.Token, want expectation) (*Tokens, error) {
	out := &Tokens{AccessToken: tok.AccessToken, RefreshToken: tok.RefreshToken, Expiry: tok.Expiry.UTC()}
	out.IDToken, _ = tok.Extra("id_token").(string)
	if out.IDToken == "" && want.previous == nil && slices.Contains(c.cfg.Scopes, "openid") {
		return nil, fmt.Errorf("%w: openid was asked for but no ID token came", ErrBadResponse)
	}
	v, err := c.verifierFor(ctx, out.IDToken)
	if err != nil {
		return nil, err
	}
	access, err := v.VerifyAccess(ctx, out.AccessToken)
	if err != nil {
		return nil, fmt.Errorf("access token: %w", err)
	}
	// The token's own expiry wins over expires_in, which may be absent.
	if tok.Expiry.IsZero() || access.Expiry.Before(out.Expiry) {
		out.Expiry = access.Expiry
	}
	switch {
	case out.IDToken != "":
		err = c.acceptID(ctx, v, out, want)
	case want.previous != nil && want.previous.IDToken != "":
		out.IDToken, out.Claims = want.previous.IDToken, want.previous.Claims
	default:
		out.Claims = claimsWithoutID(access)
	}
	if err == nil && out.Claims.Subject != access.Subject {
		err = fmt.Errorf("%w: the ID and access token are about different people", ErrTokenInvalid)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Client) acceptID(ctx context.Context, v *Verifier, out *Tokens, want expectation) error {
	id, err := v.verifyID(ctx, out.IDToken, out.AccessToken)
	if err != nil {
		return fmt.Errorf("ID token: %w", err)
	}
	if want.previous == nil && subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(want.nonce)) != 1 {
		return ErrNonceMismatch
	}
	out.Claims = *id
	return nil
}

// httpContext hands our HTTP client to golang.org/x/oauth2, which limits what it
// reads of an answer to one megabyte.
func (c *Client) httpContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.cfg.HTTPClient)
}

// tokenError turns what golang.org/x/oauth2 reports into this package's errors.
// The original is dropped on purpose: it carries the whole answer.
func tokenError(err error, grant string) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		out := endpointError("token", refused.Response.StatusCode, refused.ErrorCode, refused.ErrorDescription)
		var said *ServerError
		if grant == "authorization_code" && errors.As(out, &said) && said.Kind == ErrUnauthorizedClient {
			said.Kind = ErrRedirectMismatch
		}
		return out
	}
	return callError("token", err)
}

// callError is for calls that got no answer, or one that cannot be read.
func callError(endpoint string, err error) error {
	var transport *url.Error
	if errors.As(err, &transport) {
		return fmt.Errorf("%w: %s endpoint: %w", ErrUnavailable, endpoint, transport.Err)
	}
	return fmt.Errorf("%w: %s endpoint", ErrBadResponse, endpoint)
}

// authenticate adds the app client's credentials to a form request, as at the
// token endpoint.
func (c *Client) authenticate(req *http.Request) {
	if c.cfg.ClientSecret != "" {
		req.SetBasicAuth(url.QueryEscape(c.cfg.ClientID), url.QueryEscape(c.cfg.ClientSecret))
	}
}
