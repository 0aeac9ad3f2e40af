package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func members(t *testing.T, res answer) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(res.body), &m); err != nil {
		t.Fatalf("%s is not JSON: %v", res.body, err)
	}
	return m
}

func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	code := b.signUp("ann@example.com").Query().Get("code")
	res := d.browser(t).do("POST", "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {clientA}, "code": {code}, "redirect_uri": {callback}})
	got := members(t, res)
	for _, name := range []string{"id_token", "access_token", "refresh_token"} {
		if s, _ := got[name].(string); s == "" {
			t.Errorf("no %s in %s", name, res.body)
		}
	}
	if got["expires_in"] != 3600.0 || got["token_type"] != "Bearer" || len(got) != 5 {
		t.Errorf("the answer is %s", res.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json;charset=UTF-8", "Access-Control-Allow-Origin": "*",
		"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate", "Pragma": "no-cache",
	} {
		if res.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, res.Header.Get(name), want)
		}
	}
	res = b.do("POST", "/OAuth2/Token", url.Values{"grant_type": {"refresh_token"}, "client_id": {clientA}, "refresh_token": {got["refresh_token"].(string)}})
	if m := members(t, res); m["access_token"] == nil || m["refresh_token"] != nil {
		t.Errorf("a refresh gave %s", res.body)
	}

	access := got["access_token"].(string)
	api := d.browser(t)
	api.head.Set("Authorization", "Bearer "+access)
	for _, method := range []string{"GET", "POST"} {
		res = api.do(method, "/oauth2/userInfo", nil)
		if m := members(t, res); m["email"] != "ann@example.com" || m["email_verified"] != "true" || m["sub"] == nil || m["username"] == nil {
			t.Errorf("userInfo by %s: %s", method, res.body)
		}
	}
	if m := members(t, d.browser(t).do("POST", "/oauth2/userinfo", url.Values{"access_token": {access}})); m["email"] != "ann@example.com" {
		t.Errorf("userInfo by form: %v", m)
	}
	res = b.do("POST", "/oauth2/revoke", url.Values{"client_id": {clientA}, "token": {got["refresh_token"].(string)}})
	if res.StatusCode != 200 || res.body != "" {
		t.Errorf("revoke: %d %q", res.StatusCode, res.body)
	}
	res = api.get("/oauth2/userInfo")
	want := `Bearer error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out."`
	if res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") != want || members(t, res)["error"] != "invalid_token" {
		t.Errorf("a revoked token: %d %q %s", res.StatusCode, res.Header.Get("WWW-Authenticate"), res.body)
	}
}

func TestUserInfoRefusals(t *testing.T) {
	t.Parallel()
	b := newDoor(t).browser(t)
	for _, header := range []string{"", "Bearer", "Bearer ", "Basic YTpi", "Bearer not.a.token", "Bearer eyJhbGciOiJub25lIn0.e30."} {
		b.head = http.Header{"Authorization": {header}}
		res := b.get("/oauth2/userInfo")
		want := `Bearer error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"`
		if res.StatusCode != 400 || res.Header.Get("WWW-Authenticate") != want {
			t.Errorf("Authorization %q: %d %q", header, res.StatusCode, res.Header.Get("WWW-Authenticate"))
		}
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	form := func(pairs ...string) url.Values {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Add(pairs[i], pairs[i+1])
		}
		return f
	}
	refresh := []string{"grant_type", "refresh_token", "refresh_token", "x"}
	for _, c := range []struct {
		name, auth string
		form       url.Values
		want       string // the error; the status is 400
	}{
		{"no client", "", form(refresh...), "invalid_request"},
		{"unknown client", "", form(append(refresh, "client_id", "nobody")...), "invalid_client"},
		{"public client", "", form(append(refresh, "client_id", clientA)...), "invalid_grant"},
		{"public client, empty secret", "", form(append(refresh, "client_id", clientA, "client_secret", "")...), "invalid_grant"},
		{"public client, empty basic secret", basic(clientA, ""), form(refresh...), "invalid_grant"},
		{"public client with a secret", "", form(append(refresh, "client_id", clientA, "client_secret", "x")...), "invalid_client"},
		{"confidential without secret", "", form(append(refresh, "client_id", clientB)...), "invalid_client"},
		{"wrong secret", basic(clientB, "wrong"), form(refresh...), "invalid_client"},
		{"secret in header", basic(clientB, secretB), form(refresh...), "invalid_grant"},
		{"secret in header, encoded", basic(clientB, url.QueryEscape(secretB)), form(refresh...), "invalid_grant"},
		{"secret in body", "", form(append(refresh, "client_id", clientB, "client_secret", secretB)...), "invalid_grant"},
		{"secret in both", basic(clientB, secretB), form(append(refresh, "client_secret", secretB)...), "invalid_request"},
		{"two client ids", basic(clientB, secretB), form(append(refresh, "client_id", clientA)...), "invalid_request"},
		{"broken header", "Basic !", form(append(refresh, "client_id", clientA)...), "invalid_client"},
		{"repeated", "", form(append(refresh, "client_id", clientA, "refresh_token", "y")...), "invalid_request"},
		{"no grant type", "", form("client_id", clientA), "invalid_request"},
		{"unknown grant type", "", form("client_id", clientA, "grant_type", "password"), "unsupported_grant_type"},
		{"client credentials", basic(clientB, secretB), form("grant_type", "client_credentials"), "unauthorized_client"},
		{"no refresh token", "", form("client_id", clientA, "grant_type", "refresh_token"), "invalid_request"},
		{"no code", "", form("client_id", clientA, "grant_type", "authorization_code", "redirect_uri", callback), "invalid_request"},
		{"no redirect", "", form("client_id", clientA, "grant_type", "authorization_code", "code", "x"), "invalid_request"},
		{"unknown code", "", form("client_id", clientA, "grant_type", "authorization_code", "code", "x", "redirect_uri", callback), "invalid_grant"},
		{"NUL", "", form("client_id", clientA, "grant_type", "a\x00"), "invalid_request"},
	} {
		b := d.browser(t)
		if c.auth != "" {
			b.head.Set("Authorization", c.auth)
		}
		res := b.do("POST", "/oauth2/token", c.form)
		if res.StatusCode != 400 || members(t, res)["error"] != c.want {
			t.Errorf("%s: %d %s, want %s", c.name, res.StatusCode, res.body, c.want)
		}
	}
}

func TestTokenRequestsOfAnotherKind(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	b.head.Set("Content-Type", "application/json")
	if res := b.do("POST", "/oauth2/token", nil); res.StatusCode != 400 || members(t, res)["error"] != "invalid_request" {
		t.Errorf("JSON: %d %s", res.StatusCode, res.body)
	}
	if res := b.get("/oauth2/token"); res.StatusCode != 405 || members(t, res)["error"] != "invalid_request" {
		t.Errorf("GET: %d %s", res.StatusCode, res.body)
	}
	if res := b.do("POST", "/oauth2/token?client_id="+clientA+"&grant_type=refresh_token&refresh_token=x", url.Values{}); members(t, res)["error"] != "invalid_request" {
		t.Errorf("parameters in the query count: %s", res.body)
	}
	for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo", "/" + poolA + "/.well-known/openid-configuration"} {
		b.head = http.Header{"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization"}}
		res := b.do("OPTIONS", path, nil)
		if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "Authorization") {
			t.Errorf("preflight of %s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	if res := b.get("/login" + ask()); res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a page is open to other origins")
	}
}

func TestRevokeRefusals(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(_ *pool.Pool, c *pool.Client) { c.EnableTokenRevocation = nil })
	b := d.browser(t)
	for _, c := range []struct {
		form   url.Values
		status int
		want   string
	}{
		{url.Values{"client_id": {clientB}, "token": {"x"}}, 401, "invalid_client"},
		{url.Values{"client_id": {"nobody"}, "token": {"x"}}, 401, "invalid_client"},
		{url.Values{"client_id": {clientA}}, 400, "invalid_request"},
		{url.Values{"client_id": {clientA}, "token": {"a.b.c"}}, 400, "unsupported_token_type"},
	} {
		res := b.do("POST", "/oauth2/revoke", c.form)
		if res.StatusCode != c.status || members(t, res)["error"] != c.want {
			t.Errorf("%v: %d %s, want %d %s", c.form, res.StatusCode, res.body, c.status, c.want)
		}
	}
	if res := b.do("POST", "/oauth2/revoke", url.Values{"client_id": {clientA}, "token": {"unknown"}}); res.StatusCode != 200 {
		t.Errorf("an unknown token: %d", res.StatusCode)
	}
}
