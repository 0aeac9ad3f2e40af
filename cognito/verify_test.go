package cognito_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestVerifierNeedsAnIssuer(t *testing.T) {
	t.Parallel()
	cfg := config(fakepool.New(fakepool.Options{}))
	cfg.Issuer = ""
	_, err := cognito.NewVerifier(cfg)
	wantError(t, err, cognito.ErrConfig)
	if !strings.Contains(err.Error(), "Issuer") {
		t.Errorf("%v does not name the field", err)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]fakepool.Options{"AWS": aws(), "Poolhouse": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(opts)
			p.SetUser(fakepool.User{Sub: "not-a-uuid", Email: "ann@example.com", Groups: []string{"staff"}})
			v := verifier(t, cognito.Config{Issuer: p.Issuer, ClientID: p.ClientID, HTTPClient: p.HTTPClient()})
			access, err := v.VerifyAccess(context.Background(), p.AccessToken("openid shop/read"))
			if err != nil {
				t.Fatal(err)
			}
			if !access.HasScopes("shop/read", "openid") || access.HasScopes("shop/write") || !access.InGroup("admins", "staff") || access.InGroup("admins") {
				t.Errorf("claims are %+v", access)
			}
			id, err := v.VerifyID(context.Background(), p.IDToken())
			if err != nil {
				t.Fatal(err)
			}
			if id.Subject != "not-a-uuid" || !id.InGroup("staff") {
				t.Errorf("claims are %+v", id)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	v := verifier(t, config(p))
	ctx := context.Background()
	good := p.AccessToken("openid")
	if _, err := v.VerifyAccess(ctx, good); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	changed := func(claim string, value any) string {
		var claims map[string]any
		parsed, err := jwt.ParseSigned(good, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
			t.Fatal(err)
		}
		if claims[claim] = value; value == nil {
			delete(claims, claim)
		}
		return fakepool.Sign(p.Key("access"), claims)
	}
	strange := fakepool.New(fakepool.Options{})
	strange.RotateKeys()
	stolenKid := strange.Key("access")
	stolenKid.KeyID = p.Key("access").KeyID
	for name, test := range map[string]struct {
		token string
		kind  cognito.Kind
	}{
		"nothing":          {"", cognito.ErrTokenInvalid},
		"no JWT":           {"a.b.c", cognito.ErrTokenInvalid},
		"JSON form":        {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}..`, cognito.ErrTokenInvalid},
		"too long":         {good + strings.Repeat("A", 1<<17), cognito.ErrTokenInvalid},
		"alg none":         {b64(`{"alg":"none","kid":"`+p.Key("access").KeyID+`"}`) + "." + parts[1] + ".", cognito.ErrTokenInvalid},
		"HS256":            {hs256(t, p, parts[1]), cognito.ErrTokenInvalid},
		"RS512":            {resign(t, jose.RS512, p.Key("access"), parts[1]), cognito.ErrTokenInvalid},
		"PS256":            {resign(t, jose.PS256, p.Key("access"), parts[1]), cognito.ErrTokenInvalid},
		"changed":          {parts[0] + "." + b64(`{"sub":"x"}`) + "." + parts[2], cognito.ErrTokenInvalid},
		"unknown key":      {strange.AccessToken("openid"), cognito.ErrTokenInvalid},
		"other key's kid":  {resign(t, jose.RS256, stolenKid, parts[1]), cognito.ErrTokenInvalid},
		"no kid":           {resign(t, jose.RS256, jose.JSONWebKey{Key: p.Key("access").Key}, parts[1]), cognito.ErrTokenInvalid},
		"kid, unpadded":    {resign(t, jose.RS256, rename(p.Key("access"), "="), parts[1]), cognito.ErrTokenInvalid},
		"an ID token":      {p.IDToken(), cognito.ErrWrongTokenUse},
		"no token_use":     {changed("token_use", nil), cognito.ErrWrongTokenUse},
		"other client":     {changed("client_id", "other"), cognito.ErrWrongClient},
		"other issuer":     {changed("iss", p.Issuer+"/"), cognito.ErrWrongIssuer},
		"expired":          {changed("exp", time.Now().Add(-time.Second).Unix()), cognito.ErrTokenExpired},
		"never expires":    {changed("exp", nil), cognito.ErrTokenExpired},
		"about nobody":     {changed("sub", nil), cognito.ErrTokenInvalid},
		"valid from later": {changed("nbf", time.Now().Add(time.Hour).Unix()), cognito.ErrTokenInvalid},
	} {
		_, err := v.VerifyAccess(ctx, test.token)
		if err == nil {
			t.Errorf("%s: believed", name)
			continue
		}
		wantError(t, err, test.kind)
		if len(test.token) > 10 && strings.Contains(err.Error(), test.token) {
			t.Errorf("%s: the token is in the error", name)
		}
	}
	_, err := v.VerifyID(ctx, good)
	wantError(t, err, cognito.ErrWrongTokenUse)
	p.ChangeClaims(only("id", "aud", []string{"other"}))
	_, err = v.VerifyID(ctx, p.IDToken())
	wantError(t, err, cognito.ErrWrongClient)
}

func TestClaimNamesAreExact(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.ChangeClaims(func(_ string, claims map[string]any) {
		claims["Client_Id"], claims["SCOPE"], claims["Cognito:Groups"], claims["SUB"] = "evil", "admin", []string{"admins"}, "evil"
	})
	access, err := verifier(t, config(p)).VerifyAccess(context.Background(), p.AccessToken("openid"))
	if err != nil {
		t.Fatal(err)
	}
	if access.ClientID != p.ClientID || access.HasScopes("admin") || len(access.Groups) > 0 || access.Subject == "evil" {
		t.Errorf("claims are %+v", access)
	}
}

func TestTrustedClients(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	cfg := config(p)
	cfg.ClientID, cfg.TrustedClientIDs = "web", []string{"phone", p.ClientID}
	v := verifier(t, cfg)
	if _, err := v.VerifyAccess(context.Background(), p.AccessToken("openid")); err != nil {
		t.Error(err)
	}
	if _, err := v.VerifyID(context.Background(), p.IDToken()); err != nil {
		t.Error(err)
	}
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// hs256 is the classic confusion: the public key, which everybody has, as an HMAC secret.
func hs256(t *testing.T, p *fakepool.Pool, payload string) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&p.Key("access").Key.(*rsa.PrivateKey).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return resign(t, jose.HS256, jose.JSONWebKey{Key: secret, KeyID: p.Key("access").KeyID}, payload)
}

func resign(t *testing.T, alg jose.SignatureAlgorithm, key jose.JSONWebKey, payload string) string {
	t.Helper()
	key.Algorithm = string(alg)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(plain)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func rename(key jose.JSONWebKey, cut string) jose.JSONWebKey {
	key.KeyID = strings.TrimSuffix(key.KeyID, cut)
	return key
}
