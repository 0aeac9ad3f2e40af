package housetest

import (
	"net/http"
	"net/url"
)

// Ask is the query of an authorization request of the house's own app, changed
// by pairs of names and values; a name beginning with "-" takes it away.
func Ask(pairs ...string) string {
	q := url.Values{"client_id": {ClientID}, "response_type": {"code"}, "scope": {"openid email"}, "redirect_uri": {Callback}, "state": {"s-1"}}
	change(q, pairs)
	return "?" + q.Encode()
}

// SignUp walks from the sign-up page with the query to the app, and returns
// where the app is called back. The address must be new.
func (h *House) SignUp(b *Browser, query, email, password string) *url.URL {
	h.t.Helper()
	p := b.Submit(b.Get("/signup"+query), "signupform", "username", email, "password", password)
	p = b.Submit(b.Follow(p), "confirmform", "code", h.Code(email))
	return p.Back()
}

// SignIn walks through the sign-in page to the app.
func (h *House) SignIn(b *Browser, query, email, password string) *url.URL {
	h.t.Helper()
	return b.Submit(b.Get("/login"+query), "cognitoSignInForm", "username", email, "password", password).Back()
}

// Back is the app's callback, to which an answer must lead.
func (p *Page) Back() *url.URL {
	p.t.Helper()
	to := p.Location()
	if p.Status != http.StatusFound || to == nil || to.Host == p.URL.Host {
		p.t.Fatalf("%s answered %d, Location %q, want a way back to the app\n%s", p.URL, p.Status, p.Header.Get("Location"), p.Body)
	}
	return to
}
