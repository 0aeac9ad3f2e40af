package cognito_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

// aws is a pool that looks like AWS: https, issuer elsewhere, no discovery.
func aws() fakepool.Options {
	return fakepool.Options{
		Domain:      "https://demo.auth.eu-west-1.amazoncognito.com",
		Issuer:      "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
		NoDiscovery: true,
	}
}

func config(p *fakepool.Pool) cognito.Config {
	return cognito.Config{
		Domain: p.Domain, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.ClientSecret,
		RedirectURL: p.RedirectURL, LogoutURL: p.LogoutURL, Scopes: []string{"email", "openid"},
		HTTPClient: p.HTTPClient(),
	}
}

func client(t *testing.T, cfg cognito.Config) *cognito.Client {
	t.Helper()
	c, err := cognito.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verifier(t *testing.T, cfg cognito.Config) *cognito.Verifier {
	t.Helper()
	v, err := cognito.NewVerifier(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// visit opens a URL of the pool and returns the query that came back to the redirect URL.
func visit(t *testing.T, p *fakepool.Pool, at string) url.Values {
	t.Helper()
	browser := p.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("GET %s: %s: %v", at, resp.Status, err)
	}
	return back.Query()
}

func signIn(t *testing.T, p *fakepool.Pool, c *cognito.Client) *cognito.Tokens {
	t.Helper()
	at, tx := c.LoginURL()
	tokens, err := c.Exchange(context.Background(), tx, visit(t, p, at))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func wantError(t *testing.T, err error, kind cognito.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error is %v, want %v", err, kind)
	}
}
