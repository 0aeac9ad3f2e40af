package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// The demo is what a first pool looks like in Cognito's console: each setting
// of the pool, its app client and its domain, as the ledger holds them.
func TestDemoDocument(t *testing.T) {
	t.Parallel()
	document, err := demoAt(demoApp)
	if err != nil {
		t.Fatal(err)
	}
	if len(document.UserPools) != 1 || len(document.UserPoolClients) != 1 || len(document.UserPoolDomains) != 1 {
		t.Fatalf("the demo is %d pools, %d app clients, %d domains", len(document.UserPools), len(document.UserPoolClients), len(document.UserPoolDomains))
	}
	db, _ := housetest.Ledger(t, "", &document)
	app, err := db.App(t.Context(), "demolocalhost")
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range demoPool(app.Pool) {
		if !ok {
			t.Errorf("the pool, %s: not so", what)
		}
	}
	for what, ok := range demoClient(app.Client) {
		if !ok {
			t.Errorf("the app client, %s: not so", what)
		}
	}
	domains, err := db.DomainsOf(t.Context(), app.Pool.ID)
	if want := []pool.Domain{{Domain: "demo", UserPoolID: app.Pool.ID}}; err != nil || !cmp.Equal(domains, want) {
		t.Errorf("the domains are %v, %v", domains, err)
	}
	writes(t, `"LambdaConfig": {}, "UserPoolTags": {}, "UserPoolAddOns": {"AdvancedSecurityMode": "OFF"}`)
}

func demoPool(p pool.Pool) map[string]bool {
	attributes, recovery, policy := p.Attributes(), p.AccountRecoverySetting, p.PasswordPolicy()
	required := func(a pool.SchemaAttribute) bool { return a.IsRequired() && a.Name != "sub" }
	return map[string]bool{
		"required attributes: none":           !slices.ContainsFunc(attributes, required),
		"custom attributes: none":             len(attributes) == 20 && cmp.Equal(attributes, pool.Settings{}.Attributes()),
		"alias attributes: none":              len(p.AliasAttributes) == 0,
		"username attributes: email":          cmp.Equal(p.UsernameAttributes, []string{"email"}) && p.SubIsUsername(),
		"case sensitivity: off":               !p.CaseSensitive(),
		"minimum length 6":                    policy.CheckPassword("aaaaaa") == nil && policy.CheckPassword("aaaaa") != nil,
		"no other rule":                       policy.CheckPassword("111111") == nil && policy.CheckPassword("AAAAAA") == nil && policy.CheckPassword("!!!!!!") == nil,
		"people sign themselves up":           p.SelfSignUp(),
		"MFA: off":                            p.MfaConfiguration == "OFF",
		"verification: e-mail":                cmp.Equal(p.AutoVerifiedAttributes, []string{"email"}) && p.VerifiesEmail(),
		"verification: by code":               !p.ConfirmsByLink(),
		"from address: default":               p.EmailConfiguration.EmailSendingAccount == "COGNITO_DEFAULT" && p.EmailConfiguration.From == "" && p.EmailConfiguration.ReplyToEmailAddress == "",
		"pool id":                             p.ID == "us-east-1_demo00001",
		"recovery, issuer and tier: defaults": recovery == nil && p.Issuer == "" && p.UserPoolTier == "",
	}
}

func demoClient(c pool.Client) map[string]bool {
	return map[string]bool{
		"name and id":                     c.ClientName == "client-localhost" && c.ID == "demolocalhost",
		"secret: none":                    c.Public(),
		"refresh token: 30 days":          c.RefreshTokenLife() == 30*24*time.Hour && c.TokenValidityUnits.RefreshToken == "days",
		"access token: 60 minutes":        c.AccessTokenLife() == time.Hour && c.TokenValidityUnits.AccessToken == "minutes",
		"ID token: 60 minutes":            c.IDTokenLife() == time.Hour && c.TokenValidityUnits.IdToken == "minutes",
		"auth flows":                      cmp.Equal(c.ExplicitAuthFlows, []string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}),
		"auth flows in force":             c.AllowsAuth("CUSTOM_AUTH") && c.AllowsAuth("USER_SRP_AUTH") && c.Refreshes() && !c.AllowsAuth("USER_PASSWORD_AUTH") && !c.AllowsAuth("USER_AUTH"),
		"prevent user existence errors":   c.PreventUserExistenceErrors == "ENABLED" && c.HidesUsers(),
		"identity providers: COGNITO":     cmp.Equal(c.SupportedIdentityProviders, []string{"COGNITO"}),
		"OAuth flows: code and implicit":  cmp.Equal(c.AllowedOAuthFlows, []string{"code", "implicit"}) && c.AllowsFlow("code") && c.AllowsFlow("implicit"),
		"OAuth scopes: email and openid":  cmp.Equal(c.AllowedOAuthScopes, []string{"email", "openid"}),
		"callback URL":                    cmp.Equal(c.CallbackURLs, []string{"http://localhost:4200/oauth/cognito"}),
		"default redirect: the callback":  c.DefaultRedirectURI == "http://localhost:4200/oauth/cognito",
		"sign-out URL":                    cmp.Equal(c.LogoutURLs, []string{"http://localhost:4200/oauth/cognito/logout"}),
		"revocation: on; no rotation":     c.Revokes() && !c.Rotates(),
		"reads and writes what is usual":  c.ReadAttributes == nil && c.WriteAttributes == nil,
		"loopback ports match as written": c.AnyLoopbackPort == nil,
	}
}

// writes demands that the demo's file says the members of its pool, which the
// ledger does not keep when they ask for nothing.
func writes(t *testing.T, members string) {
	t.Helper()
	var file struct{ UserPools []map[string]any }
	var want map[string]any
	for text, into := range map[string]any{string(demoDocument): &file, "{" + members + "}": &want} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range want {
		if diff := cmp.Diff(value, file.UserPools[0][name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
