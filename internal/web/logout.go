package web

import (
	"net/http"
	"net/url"
	"strings"
)

// getLogout ends the browser's session in the pool, whatever comes after it,
// and leads to a registered sign-out URL or on to sign in again (Cognito: The
// managed login sign-out endpoint; OpenID Connect RP-Initiated Logout §2, where
// Cognito's own parameters are absent). It never leads anywhere else.
func (s *Web) getLogout(v *visit) error {
	target, err := s.afterLogout(v)
	if forgot := s.forget(v); forgot != nil {
		return forgot
	}
	if err != nil {
		return err
	}
	return &detour{target}
}

// postLogout turns a form into the same request by GET: the session cookie is
// withheld from a form of another site, but not from where that leads.
func (s *Web) postLogout(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	query := url.Values{}
	for _, from := range []url.Values{form, v.query} {
		for name, values := range from {
			query[name] = append(query[name], values...)
		}
	}
	v.w.Header().Set("Location", "/logout?"+query.Encode())
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// forget ends the session in the pool that the request is about. The cookie
// goes too where it serves no other pool, and where no pool is named.
func (s *Web) forget(v *visit) error {
	poolID := v.app.Pool.ID
	if poolID == "" {
		poolID = v.domain.UserPoolID
	}
	cookies := v.r.CookiesNamed(sessionCookie)
	if len(cookies) > 0 && (v.domain.UserPoolID != "" || poolID == "") {
		s.setCookie(v, &http.Cookie{Name: sessionCookie, MaxAge: -1})
	}
	// Of two, each may be the person's own: a planted one must not keep them
	// signed in. More are not a browser's.
	for _, c := range cookies[:min(len(cookies), 4)] {
		if err := s.Signin.Forget(v.r.Context(), poolID, c.Value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Web) afterLogout(v *visit) (string, error) {
	q, bad := v.query, &refusal{http.StatusBadRequest, "logout_uri_mismatch"}
	for _, values := range q {
		if len(values) > 1 {
			return "", bad
		}
	}
	oidc := q.Get("logout_uri") == "" && q.Get("redirect_uri") == ""
	if err := s.logoutApp(v, oidc); err != nil {
		return "", err
	}
	client := v.app.Client
	switch {
	case q.Get("logout_uri") != "" && client.AllowsLogout(q.Get("logout_uri")):
		return q.Get("logout_uri"), nil
	case q.Get("logout_uri") == "" && q.Get("redirect_uri") != "" && client.AllowsRedirect(q.Get("redirect_uri")):
		next := url.Values{}
		for name, values := range q {
			next[name] = values
		}
		if q.Get("scope") == "" {
			next.Set("scope", strings.Join(client.AllowedOAuthScopes, " "))
		}
		return "/login?" + next.Encode(), nil
	case oidc && client.AllowsLogout(q.Get("post_logout_redirect_uri")):
		var pairs []string
		if q.Has("state") {
			pairs = append(pairs, "state", q.Get("state"))
		}
		return callbackURL(q.Get("post_logout_redirect_uri"), false, pairs...), nil
	}
	return "", bad
}

// logoutApp finds the client by its id or, in OpenID Connect's form, by the ID
// token that it was given; if both are there they must agree.
func (s *Web) logoutApp(v *visit, oidc bool) error {
	hint, id := v.query.Get("id_token_hint"), v.query.Get("client_id")
	if !oidc || hint == "" {
		return s.findApp(v, v.query["client_id"])
	}
	app, ok := s.Tokens.Hint(v.r.Context(), hint)
	if !ok || id != "" && id != app.Client.ID || v.domain.UserPoolID != "" && app.Pool.ID != v.domain.UserPoolID {
		return &refusal{http.StatusBadRequest, "logout_uri_mismatch"}
	}
	v.app = app
	v.trace.pool, v.trace.client = app.Pool.ID, app.Client.ID
	return nil
}
