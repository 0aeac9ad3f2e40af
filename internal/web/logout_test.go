package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// idTokenOf signs in afresh and returns the browser and an ID token.
func idTokenOf(t *testing.T, d *door, email string) (*browser, string) {
	t.Helper()
	b := d.browser(t)
	code := b.signUp(email).Query().Get("code")
	res := b.do("POST", "/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {clientA}, "code": {code}, "redirect_uri": {callback}})
	id, _ := members(t, res)["id_token"].(string)
	return b, id
}

func TestLogout(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b, hint := idTokenOf(t, d, "ann@example.com")
	d.skew.Add(int64(2 * 3600e9)) // an expired hint still counts
	for _, c := range []struct {
		name  string
		query url.Values
		want  string // "": the error page
	}{
		{"as Cognito", url.Values{"client_id": {clientA}, "logout_uri": {goodbye}, "state": {"x"}}, goodbye},
		{"both", url.Values{"client_id": {clientA}, "logout_uri": {goodbye}, "redirect_uri": {callback}}, goodbye},
		{"to sign in again", url.Values{"client_id": {clientA}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"s 1"}}, "/login" + ask()},
		{"OpenID Connect", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {goodbye}, "state": {"a&b"}}, goodbye + "?state=a%26b"},
		{"OpenID Connect, client named", url.Values{"client_id": {clientA}, "id_token_hint": {hint}, "post_logout_redirect_uri": {goodbye}}, goodbye},
		{"OpenID Connect, no hint", url.Values{"client_id": {clientA}, "post_logout_redirect_uri": {goodbye}}, goodbye},
		{"hint of another client", url.Values{"client_id": {clientB}, "id_token_hint": {hint}, "post_logout_redirect_uri": {goodbye}}, ""},
		{"forged hint", url.Values{"id_token_hint": {hint[:len(hint)-8] + "AAAAAAAA"}, "post_logout_redirect_uri": {goodbye}}, ""},
		{"elsewhere", url.Values{"client_id": {clientA}, "logout_uri": {"https://evil.example/"}}, ""},
		{"elsewhere by prefix", url.Values{"client_id": {clientA}, "logout_uri": {goodbye + "/x"}}, ""},
		{"elsewhere, OpenID Connect", url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {"https://evil.example/"}}, ""},
		{"elsewhere, to sign in", url.Values{"client_id": {clientA}, "redirect_uri": {"https://evil.example/"}, "response_type": {"code"}}, ""},
		{"a bad logout_uri beside a good other", url.Values{"client_id": {clientA}, "logout_uri": {"https://evil.example/"}, "post_logout_redirect_uri": {goodbye}}, ""},
		{"two logout_uris", url.Values{"client_id": {clientA}, "logout_uri": {goodbye, "https://evil.example/"}}, ""},
		{"unknown client", url.Values{"client_id": {"nobody"}, "logout_uri": {goodbye}}, ""},
		{"nothing", url.Values{}, ""},
	} {
		res := b.get("/logout?" + c.query.Encode())
		switch {
		case c.want == "" && (res.StatusCode != http.StatusBadRequest || res.location() != ""):
			t.Errorf("%s: %d %q, want the error page", c.name, res.StatusCode, res.location())
		case c.want != "" && (res.StatusCode != http.StatusFound || res.location() != c.want):
			t.Errorf("%s: %d %q, want %q", c.name, res.StatusCode, res.location(), c.want)
		}
		posted := b.do("POST", "/logout", c.query)
		if posted.StatusCode != http.StatusSeeOther || posted.location() != "/logout?"+c.query.Encode() {
			t.Errorf("%s by POST: %d %q", c.name, posted.StatusCode, posted.location())
		}
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	for i, query := range []url.Values{
		{"client_id": {clientA}, "logout_uri": {goodbye}},
		{"client_id": {clientA}, "logout_uri": {"https://evil.example/"}},
		{},
	} {
		b := d.browser(t)
		b.signUp(string(rune('a'+i)) + "@example.com")
		stolen := b.http.Jar.Cookies(&url.URL{Scheme: "http", Host: ownHost})
		b.get("/logout?" + query.Encode())
		if res := b.get("/login" + ask()); !strings.Contains(res.body, "signInFormPassword") {
			t.Errorf("%v: the browser is still signed in: %d %q", query, res.StatusCode, res.location())
		}
		if len(query) == 0 {
			continue // which pool it is cannot be told: only the browser forgets
		}
		thief := d.browser(t)
		thief.http.Jar.SetCookies(&url.URL{Scheme: "http", Host: ownHost}, stolen)
		if res := thief.get("/login" + ask()); !strings.Contains(res.body, "signInFormPassword") {
			t.Errorf("%v: the old cookie still signs in: %d %q", query, res.StatusCode, res.location())
		}
	}
}
