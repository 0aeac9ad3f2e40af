package stories_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The stories of this file tell the page "The managed login sign-out endpoint:
// /logout" of Cognito.

func TestLogoutLeads(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	hint := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t).text("id_token")
	client, again := "client_id="+housetest.ClientID, "&response_type=code&state=s-1&nonce=n&redirect_uri="+url.QueryEscape(housetest.Callback)
	bye := url.QueryEscape(housetest.Goodbye)
	for _, c := range []struct{ name, query, want string }{
		{"registered", client + "&logout_uri=" + bye, housetest.Goodbye},
		{"everything else is ignored", client + "&logout_uri=" + bye + "&state=x&scope=y&identity_provider=Google&idp_identifier=z", housetest.Goodbye},
		{"logout_uri wins", client + "&logout_uri=" + bye + again, housetest.Goodbye},
		{"on to sign in", client + again + "&scope=openid", "/login?" + client + "&nonce=n&redirect_uri=" + url.QueryEscape(housetest.Callback) + "&response_type=code&scope=openid&state=s-1"},
		{"on to sign in, all scopes", client + again, "/login?" + client + "&nonce=n&redirect_uri=" + url.QueryEscape(housetest.Callback) + "&response_type=code&scope=openid+email&state=s-1"},
		{"OpenID Connect", "id_token_hint=" + hint + "&state=s-1&post_logout_redirect_uri=" + bye, housetest.Goodbye + "?state=s-1"},
		{"OpenID Connect, client named", client + "&post_logout_redirect_uri=" + bye, housetest.Goodbye},
		{"not registered", client + "&logout_uri=https%3A%2F%2Fevil.example.net", ""},
		{"a callback is no sign-out URL", client + "&logout_uri=" + url.QueryEscape(housetest.Callback), ""},
		{"no client", "logout_uri=" + bye, ""},
		{"nothing", "", ""},
	} {
		b := h.Browser()
		h.SignIn(b, housetest.Ask(), ann, secret)
		p := b.Get("/logout?" + c.query)
		switch {
		case c.want == "" && (p.Status != http.StatusBadRequest || p.Location() != nil):
			t.Errorf("%s: %d %v, want the error page", c.name, p.Status, p.Location())
		case c.want != "" && (p.Status != http.StatusFound || p.Header.Get("Location") != c.want):
			t.Errorf("%s: %d %q, want %q", c.name, p.Status, p.Header.Get("Location"), c.want)
		}
		b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm") // whatever it was, the session is over
		if posted := b.Do(b.FormPost("/logout", mustQuery(t, c.query))); posted.Status != http.StatusSeeOther || !strings.HasPrefix(posted.Header.Get("Location"), "/logout?") {
			t.Errorf("%s by POST: %d %q", c.name, posted.Status, posted.Header.Get("Location"))
		}
	}
}

func mustQuery(t *testing.T, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	must(t, err)
	return values
}

// Signing out ends the browser's session for every app client of the pool, and
// no token.
func TestLogoutEndsTheSessionAlone(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b, elsewhere := h.Browser(), h.Browser()
		tokens := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		h.SignIn(elsewhere, housetest.Ask(), ann, secret)
		cookie := b.Cookie("cognito")
		b.Get("/logout?client_id=" + housetest.ClientID + "&logout_uri=" + url.QueryEscape(housetest.Goodbye))
		b.SetCookie("cognito", cookie) // it is worth nothing any more
		visits(t, b, "after signing out", map[string]string{housetest.Ask(): "login", housetest.Ask("client_id", secondApp): "login", housetest.Ask("prompt", "none"): "login_required"})
		visits(t, elsewhere, "another browser", map[string]string{housetest.Ask(): "app"})
		userInfo(t, h, tokens.text("access_token")).ok(t)
		refresh(t, h, tokens.text("refresh_token")).ok(t)
	})
}
