package cognito

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// challengeError finds the error in a WWW-Authenticate header; Cognito leaves
// out the word Bearer in front (Cognito: The user attributes endpoint).
var challengeError = regexp.MustCompile(`\berror="([^"]*)"`)

// UserInfo asks the pool who the bearer of an access token is; the token needs
// the scope openid. The answer is refused if it is about somebody else than the
// token (OpenID Connect Core §5.3.2).
//
// Errors: ErrTokenInvalid (expired, revoked, signed out everywhere, without
// openid), ErrInvalidRequest, ErrUnavailable, ErrBadResponse.
func (c *Client) UserInfo(ctx context.Context, accessToken string) (*UserInfo, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.Domain+"/oauth2/userInfo", nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	req.Header.Set("Accept", "application/json")
	body, err := c.call(req, "userInfo")
	if err != nil {
		return nil, err
	}
	var claims claimSet
	if json.Unmarshal(body, &claims) != nil || claims.text("sub") == "" {
		return nil, fmt.Errorf("%w: userInfo endpoint: it names nobody", ErrBadResponse)
	}
	// An access token is a JWT, so it tells whom the answer has to be about.
	if token, err := decodeJWT(accessToken); err == nil && token.text("sub") != claims.text("sub") {
		return nil, fmt.Errorf("%w: userInfo endpoint: the answer is about somebody else", ErrTokenInvalid)
	}
	return newUserInfo(claims), nil
}

// Revoke ends a sign-in: the refresh token, and at the pool's own endpoints the
// tokens that it gave (Cognito: The token revocation endpoint; RFC 7009). An
// access token that an API verifies by itself counts until it expires. Revoking
// twice, or a token that never was, is no error.
func (c *Client) Revoke(ctx context.Context, refreshToken string) error {
	c.refresh.forget(refreshToken)
	form := url.Values{"token": {refreshToken}}
	if c.cfg.ClientSecret == "" {
		form.Set("client_id", c.cfg.ClientID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.cfg.Domain+"/oauth2/revoke", strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	c.authenticate(req)
	_, err = c.call(req, "revoke")
	return err
}

// call does a request and reads the answer, or the error in it.
func (c *Client) call(req *http.Request, endpoint string) ([]byte, error) {
	resp, err := c.cfg.HTTPClient.Do(req)
	if err != nil {
		return nil, callError(endpoint, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readAnswer(resp)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	// The status and the header do when the body is not JSON.
	_ = json.Unmarshal(body, &said)
	if match := challengeError.FindStringSubmatch(resp.Header.Get("WWW-Authenticate")); said.Error == "" && match != nil {
		said.Error = match[1]
	}
	return nil, endpointError(endpoint, resp.StatusCode, said.Error, said.Description)
}
