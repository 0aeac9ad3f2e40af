package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
)

// maxAnswer is how much of any answer is read, in bytes. A JWKS or a userInfo
// answer of Cognito has a few thousand.
const maxAnswer = 1 << 20

var (
	// The two kinds of AWS issuer, and China's suffix (Cognito: Verifying JSON
	// web tokens). The pool id repeats the region.
	awsIssuer = regexp.MustCompile(`^https://(?:issuer-)?cognito-idp\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([a-z0-9-]+)_[0-9A-Za-z]{1,55}$`)
	// A prefix domain names its region; a custom domain does not.
	prefixDomain = regexp.MustCompile(`^[a-z0-9-]+\.auth(?:-fips)?\.([a-z0-9-]+)\.amazoncognito\.com$`)
)

func jwksOf(issuer string) string { return issuer + "/.well-known/jwks.json" }

// verifierFor returns the verifier of the pinned issuer. The first time, it
// finds the issuer: by the domain's discovery document, else by idToken, which
// came from the token endpoint over TLS or from a loopback host.
func (c *Client) verifierFor(ctx context.Context, idToken string) (*Verifier, error) {
	if v := c.pinned(); v != nil {
		return v, nil
	}
	doc, err := c.discover(ctx)
	if err != nil {
		return nil, err
	}
	if doc != nil {
		return c.pin(newVerifier(c.cfg, doc.Issuer, doc.JWKS)), nil
	}
	issuer, err := c.learnIssuer(idToken)
	if err != nil {
		return nil, err
	}
	// Only an issuer whose keys did sign this token is kept.
	v := newVerifier(c.cfg, issuer, jwksOf(issuer))
	if _, err := v.VerifyID(ctx, idToken); err != nil {
		return nil, fmt.Errorf("ID token: %w", err)
	}
	return c.pin(v), nil
}

func (c *Client) pinned() *Verifier {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.verifier
}

// pin keeps the first verifier; a later one of another issuer loses, and its
// token then fails against the one that was kept.
func (c *Client) pin(v *Verifier) *Verifier {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verifier == nil {
		c.verifier = v
	}
	return c.verifier
}

// discovery is the part of the document that is used (OpenID Connect Discovery
// §3). The endpoints are those of the Domain that was configured.
type discovery struct {
	Issuer string `json:"issuer"`
	JWKS   string `json:"jwks_uri"`
}

// discover returns nil without an error where the domain serves no document:
// AWS answers 400 with HTML. The issuer may well name another host. client_id
// tells a host that serves several pools which one is meant.
func (c *Client) discover(ctx context.Context) (*discovery, error) {
	at := c.cfg.Domain + "/.well-known/openid-configuration?" + url.Values{"client_id": {c.cfg.ClientID}}.Encode()
	status, body, err := fetch(ctx, c.cfg.HTTPClient, at)
	if err != nil {
		return nil, err
	}
	if status == http.StatusTooManyRequests || status >= 500 {
		return nil, fmt.Errorf("%w: discovery document: status %d", ErrUnavailable, status)
	}
	var doc discovery
	if status != http.StatusOK || json.Unmarshal(body, &doc) != nil || doc.Issuer == "" || doc.JWKS == "" {
		return nil, nil
	}
	for _, u := range []string{doc.Issuer, doc.JWKS} {
		if err := checkServerURL(u); err != nil {
			return nil, fmt.Errorf("%w: discovery document: %w", ErrBadResponse, err)
		}
	}
	return &doc, nil
}

// learnIssuer reads the issuer from a token that has not been verified yet, and
// only lets AWS's own through: whoever serves the token endpoint must not be
// able to name a key server of his own.
func (c *Client) learnIssuer(idToken string) (string, error) {
	if idToken == "" {
		return "", fmt.Errorf("%w: the issuer is not known and there is no ID token to learn it from; set Issuer", ErrConfig)
	}
	claims, err := decodeIDToken(idToken)
	if err != nil {
		return "", err
	}
	match := awsIssuer.FindStringSubmatch(claims.Issuer)
	if match == nil || match[1] != match[2] {
		return "", fmt.Errorf("%w: the domain serves no discovery document and %q is not an issuer of AWS; set Issuer", ErrWrongIssuer, brief(claims.Issuer))
	}
	domain, err := url.Parse(c.cfg.Domain)
	if err != nil {
		return "", fmt.Errorf("%w: Domain: %w", ErrConfig, err)
	}
	if at := prefixDomain.FindStringSubmatch(domain.Hostname()); at != nil && at[1] != match[1] {
		return "", fmt.Errorf("%w: the domain is in region %s, the issuer in %s", ErrWrongIssuer, at[1], match[1])
	}
	if !slices.Contains(claims.Audience, c.cfg.ClientID) {
		return "", ErrWrongClient
	}
	return claims.Issuer, nil
}

// fetch GETs a public document; its body is never part of an error.
func fetch(ctx context.Context, client *http.Client, at string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		var transport *url.Error
		if errors.As(err, &transport) {
			err = transport.Err
		}
		return 0, nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, req.URL.Host, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = readAnswer(resp)
	return resp.StatusCode, body, err
}

func readAnswer(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: reading the answer: %w", ErrUnavailable, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBadResponse, maxAnswer)
	}
	return body, nil
}
