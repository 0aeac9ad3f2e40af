package housetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
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

// Answer is what an endpoint for programs said: its status and its JSON members,
// nil without a body.
type Answer struct {
	Status  int
	Header  http.Header
	Members map[string]any
	Body    string
}

// Text is a member that is a string, "" for others.
func (a Answer) Text(name string) string {
	s, _ := a.Members[name].(string)
	return s
}

// Call posts a form to an endpoint for programs; pairs are names and values,
// and "Authorization" becomes the header.
func (h *House) Call(path string, pairs ...string) Answer {
	h.t.Helper()
	form, authorization := url.Values{}, ""
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "Authorization" {
			authorization = pairs[i+1]
			continue
		}
		form.Add(pairs[i], pairs[i+1])
	}
	r := h.Browser().Request(http.MethodPost, path, form)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return h.Answer(r)
}

// Answer sends a request and reads the answer as JSON, if it is.
func (h *House) Answer(r *http.Request) Answer {
	h.t.Helper()
	p := NewBrowser(h.t, h.URL(), h.Address).Do(r)
	a := Answer{Status: p.Status, Header: p.Header, Body: p.Body}
	if err := json.Unmarshal([]byte(p.Body), &a.Members); err != nil && strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") {
		h.t.Fatalf("%s answered %q: %v", r.URL, p.Body, err)
	}
	return a
}

// Redeem exchanges the code of a callback for tokens; more pairs are added to
// the form.
func (h *House) Redeem(back *url.URL, pairs ...string) Answer {
	h.t.Helper()
	return h.Call("/oauth2/token", append([]string{"grant_type", "authorization_code", "client_id", ClientID, "redirect_uri", Callback, "code", back.Query().Get("code")}, pairs...)...)
}

// Refresh asks for new tokens.
func (h *House) Refresh(token string) Answer {
	h.t.Helper()
	return h.Call("/oauth2/token", "grant_type", "refresh_token", "client_id", ClientID, "refresh_token", token)
}

// UserInfo asks who an access token is for.
func (h *House) UserInfo(token string) Answer {
	h.t.Helper()
	r := h.Browser().Request(http.MethodGet, "/oauth2/userInfo", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return h.Answer(r)
}
