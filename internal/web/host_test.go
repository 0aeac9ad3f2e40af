package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestHosts(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	for _, c := range []struct {
		host, client string
		found        bool
	}{
		{ownHost, clientA, true}, {ownHost + ":1234", clientB, true}, {"elsewhere.example", clientA, true}, {"127.0.0.1:80", clientB, true}, {"[::1]:80", clientA, true},
		{"prefixa." + ownHost, clientA, true}, {"PrefixA." + strings.ToUpper(ownHost) + ":9229", clientA, true}, {"prefixa." + ownHost, clientB, false},
		{"auth.example.com", clientB, true}, {"auth.example.com.", clientB, true}, {"auth.example.com:443", clientA, false},
		{"nobody." + ownHost, clientA, true}, {"x.prefixa." + ownHost, clientB, true},
	} {
		b.host = c.host
		res := b.get("/login" + ask("client_id", c.client))
		if found := res.StatusCode == http.StatusOK; found != c.found {
			t.Errorf("client %s at %s: %d", c.client, c.host, res.StatusCode)
		}
	}
}

func TestAnotherPoolsTokenIsRefusedOnADomain(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	code := b.signUp("ann@example.com").Query().Get("code")
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientA}, "code": {code}, "redirect_uri": {callback}}
	other := d.browser(t)
	other.host = "auth.example.com"
	if res := other.do("POST", "/oauth2/token", form); members(t, res)["error"] != "invalid_client" {
		t.Errorf("pool B's domain served pool A's client: %s", res.body)
	}
	got := members(t, b.do("POST", "/oauth2/token", form))
	other.head.Set("Authorization", "Bearer "+got["access_token"].(string))
	if res := other.get("/oauth2/userInfo"); res.StatusCode != 401 {
		t.Errorf("pool B's domain took pool A's token: %d %s", res.StatusCode, res.body)
	}
	other.host = "prefixa." + ownHost
	if res := other.get("/oauth2/userInfo"); res.StatusCode != 200 {
		t.Errorf("pool A's own domain refused its token: %d %s", res.StatusCode, res.body)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	const own = "http://" + ownHost
	for _, c := range []struct{ host, path, issuer, base string }{
		{ownHost, "/" + poolA + "/.well-known/openid-configuration", own + "/" + poolA, own},
		{ownHost, "/" + poolA + "/.well-known/oauth-authorization-server", own + "/" + poolA, own},
		{ownHost, "/.well-known/oauth-authorization-server/" + poolA, own + "/" + poolA, own},
		{ownHost, "/.well-known/openid-configuration/" + poolA, own + "/" + poolA, own},
		{ownHost, "/" + poolB + "/.well-known/OpenID-Configuration", own + "/" + poolB, "http://auth.example.com"},
		{"prefixa." + ownHost, "/.well-known/openid-configuration", own + "/" + poolA, own},
		{"auth.example.com", "/.well-known/openid-configuration", own + "/" + poolB, "http://auth.example.com"},
		{"auth.example.com", "/.well-known/oauth-authorization-server", own + "/" + poolB, "http://auth.example.com"},
	} {
		b.host = c.host
		res := b.get(c.path)
		m := members(t, res)
		if res.StatusCode != 200 || m["issuer"] != c.issuer || m["token_endpoint"] != c.base+"/oauth2/token" || m["jwks_uri"] != c.issuer+"/.well-known/jwks.json" {
			t.Errorf("%s at %s: %d %s", c.path, c.host, res.StatusCode, res.body)
		}
		if res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: headers %v", c.path, res.Header)
		}
	}
	for host, paths := range map[string][]string{
		ownHost:            {"/.well-known/openid-configuration", "/.well-known/jwks.json", "/us-east-1_CCCCCCCCC/.well-known/jwks.json", "/nonsense/.well-known/jwks.json", "/" + strings.ToLower(poolA) + "/.well-known/jwks.json"},
		"auth.example.com": {"/" + poolA + "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/" + poolA},
	} {
		for _, path := range paths {
			b.host = host
			if res := b.get(path); res.StatusCode != 404 {
				t.Errorf("%s at %s: %d, want 404", path, host, res.StatusCode)
			}
		}
	}
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	first := b.get("/" + poolA + "/.well-known/jwks.json")
	if keys, _ := members(t, first)["keys"].([]any); len(keys) != 2 {
		t.Errorf("the key set is %s", first.body)
	}
	b.host = "prefixa." + ownHost
	if onDomain := b.get("/.well-known/jwks.json"); onDomain.body != first.body {
		t.Error("the domain has other keys")
	}
}

func TestAPoolThatKeepsItsIssuer(t *testing.T) {
	t.Parallel()
	const before = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Before"
	d := newDoor(t, func(p *pool.Pool, _ *pool.Client) { p.Issuer = before })
	b := d.browser(t)
	m := members(t, b.get("/"+poolA+"/.well-known/openid-configuration"))
	if m["issuer"] != before || m["jwks_uri"] != "http://"+ownHost+"/"+poolA+"/.well-known/jwks.json" {
		t.Errorf("discovery is %v", m)
	}
}
