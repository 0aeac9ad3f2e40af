package stories_test

import (
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"golang.org/x/oauth2"
)

// The usual Go clients sign in by code and PKCE and verify the tokens, with
// nothing made for Poolhouse.
func TestGoOIDCAndOAuth2(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx := t.Context()
		provider, err := oidc.NewProvider(ctx, h.URL()+"/"+housetest.PoolID)
		must(t, err)
		app := oauth2.Config{ClientID: housetest.ClientID, Endpoint: provider.Endpoint(), RedirectURL: housetest.Callback, Scopes: []string{oidc.ScopeOpenID, "email"}}
		proof := oauth2.GenerateVerifier()
		ask := app.AuthCodeURL("the state", oidc.Nonce("the nonce"), oauth2.S256ChallengeOption(proof))

		b := h.Browser()
		p := b.Follow(b.Get(ask))
		p = b.Submit(b.Get("/signup?"+p.URL.RawQuery), "signupform", "username", "ann@example.com", "password", "secret1")
		back := b.Submit(b.Follow(p), "confirmform", "code", h.Code("ann@example.com")).Back()
		if got := back.Query().Get("state"); got != "the state" {
			t.Errorf("the state came back as %q", got)
		}

		tokens, err := app.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(proof))
		must(t, err)
		raw, _ := tokens.Extra("id_token").(string)
		id, err := provider.Verifier(&oidc.Config{ClientID: housetest.ClientID}).Verify(ctx, raw)
		must(t, err)
		if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
			t.Errorf("at_hash: %v", err)
		}
		if id.Nonce != "the nonce" {
			t.Errorf("the nonce came back as %q", id.Nonce)
		}
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil || info.Subject != id.Subject || info.Email != "ann@example.com" || !info.EmailVerified {
			t.Errorf("userInfo: %+v, %v", info, err)
		}
		tokens.Expiry = tokens.Expiry.AddDate(0, 0, -1)
		fresh, err := app.TokenSource(ctx, tokens).Token()
		if err != nil || fresh.AccessToken == tokens.AccessToken || fresh.RefreshToken != tokens.RefreshToken {
			t.Errorf("refresh: %v", err)
		}
	})
}
