package cognito_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestIssuerIsNotLearntFromAnybody(t *testing.T) {
	t.Parallel()
	other := aws()
	other.Issuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
	mixed := aws()
	mixed.Issuer = "https://cognito-idp.eu-west-1.amazonaws.com/us-east-1_AbCdEfGhI"
	sly := aws()
	sly.Issuer = "https://cognito-idp.eu-west-1.amazonaws.com.evil.example/eu-west-1_AbCdEfGhI"
	own := aws()
	own.Issuer = "https://pool.example.com/eu-west-1_AbCdEfGhI"
	for name, opts := range map[string]fakepool.Options{
		"another region": other, "region and pool differ": mixed, "AWS's name as a prefix": sly, "no AWS": own,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(opts)
			cfg := config(p)
			cfg.Issuer = ""
			c := client(t, cfg)
			at, tx := c.LoginURL()
			_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
			wantError(t, err, cognito.ErrWrongIssuer)
			if n := p.Count("/.well-known/jwks.json"); n != 0 {
				t.Error("its keys were asked for")
			}
		})
	}
}

func TestLearntIssuerIsPinned(t *testing.T) {
	t.Parallel()
	p := fakepool.New(aws())
	cfg := config(p)
	cfg.Issuer = ""
	c := client(t, cfg)
	// A token that the issuer it names did not sign pins nothing.
	p.ChangeClaims(only("id", "iss", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"))
	fakepool.New(fakepool.Options{Domain: "https://elsewhere.example", Issuer: "https://unused.example", Net: p.Net})
	at, tx := c.LoginURL()
	q := visit(t, p, at)
	p.Break("/.well-known/jwks.json", http.NotFound)
	if _, err := c.Exchange(context.Background(), tx, q); err == nil {
		t.Fatal("a token without keys was believed")
	}
	p.Break("/.well-known/jwks.json", nil)
	p.ChangeClaims(nil)
	signIn(t, p, c)
	p.ChangeClaims(only("id", "iss", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"))
	at, tx = c.LoginURL()
	_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
	wantError(t, err, cognito.ErrWrongIssuer)
	if n := p.Count("/.well-known/openid-configuration"); n != 2 {
		t.Errorf("discovery was tried %d times, want once per sign-in until the issuer was known", n)
	}
}

func TestDiscoveryFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		kind   cognito.Kind
	}{
		"down":        {503, "", cognito.ErrUnavailable},
		"http issuer": {200, `{"issuer":"http://pool.example.com","jwks_uri":"https://pool.example.com/k"}`, cognito.ErrBadResponse},
		"http keys":   {200, `{"issuer":"https://pool.example.com","jwks_uri":"http://pool.example.com/k"}`, cognito.ErrBadResponse},
		"too long":    {200, strings.Repeat(" ", 2<<20), cognito.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(fakepool.Options{})
			p.Break("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			cfg := config(p)
			cfg.Issuer = ""
			c := client(t, cfg)
			at, tx := c.LoginURL()
			_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
			wantError(t, err, test.kind)
			p.Break("/.well-known/openid-configuration", nil)
			signIn(t, p, c)
		})
	}
}
