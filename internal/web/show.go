package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// maxLinked is the longest query, in bytes, that a page repeats for each of the
// languages: beyond it the choice would make many times more of a page.
const maxLinked = 2 << 10

// page begins a page of the flow that v is in.
func (s *Web) page(v *visit, name string) *page {
	p := &page{
		Language: v.lang, Name: name, App: v.app.Client.ClientName, Back: appOrigin(v.ask.RedirectURI),
		Query: template.URL(v.inForms()), CSRF: s.csrfToken(v), RequestID: v.trace.id,
		EmailIsUsername: v.app.Pool.EmailIsUsername(), SelfSignUp: v.app.Pool.SelfSignUp(), Recovers: !v.app.Pool.RecoversByOperatorOnly(),
		PhoneIsUsername: v.app.Pool.PhoneIsUsername(),
		Username:        v.typed(),
	}
	if len(v.r.URL.RawQuery) <= maxLinked {
		p.Languages = s.look.languageLinks(v.lang, v.withLang)
	}
	if v.data.Delivery != nil {
		p.Delivery = *v.data.Delivery
	}
	p.Earlier = v.data.Earlier
	if name == "signup" {
		p.Asked = v.app.AskedAtSignUp()
	}
	if name == "signup" || name == "reset" || name == "change" {
		p.listRules(v.app.Pool.PasswordPolicy())
	}
	return p
}

// show sends a page, with a notice that an earlier one left.
func (s *Web) show(v *visit, p *page) error {
	if v.data.Notice != "" && v.r.Method != http.MethodPost {
		p.Notice = p.T("notice."+v.data.Notice, "app", p.App)
		d := v.data
		d.Notice = ""
		if err := s.keep(v, d); err != nil {
			return err
		}
	}
	return s.send(v, http.StatusOK, p)
}

// again sends a form back with what is wrong with it, or passes on an error
// that is not the person's.
func (s *Web) again(v *visit, p *page, err error) error {
	refusals := pool.Refusals(err)
	if len(refusals) == 0 {
		return err
	}
	for _, e := range refusals {
		p.refuse(e, v.app.Pool.PasswordPolicy())
	}
	status := http.StatusOK
	if refusals[0].Kind == pool.TooManyRequests {
		status = http.StatusServiceUnavailable
		v.w.Header().Set("Retry-After", "2")
	}
	return s.send(v, status, p)
}

// dress gives a page of the flow what its app client has of its own.
func (s *Web) dress(v *visit, p *page) error {
	if p.Name == "error" || !v.app.Pool.Customized {
		return nil
	}
	c, err := s.DB.Customization(v.r.Context(), v.app.Pool.ID, v.app.Client.ID)
	p.Style, p.Logo = c.StylePath(), c.LogoPath()
	return err
}

func (s *Web) send(v *visit, status int, p *page) error {
	if err := s.dress(v, p); err != nil {
		return err
	}
	body, err := s.look.draw(p)
	if err != nil {
		return err
	}
	target := "'self'"
	if source := formTarget(v.ask.RedirectURI); source != "" {
		target += " " + source
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Tag)
	h.Set("Vary", "Accept-Language, Cookie")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action "+target+"; frame-ancestors 'none'")
	v.w.WriteHeader(status)
	v.w.Write(body)
	return nil
}

// tell shows one sentence and one button, for a person who cannot go on here.
// key names the heading, the sentence and, if it has one of its own, the
// button's text.
func (s *Web) tell(v *visit, status int, key, href string) error {
	p := s.page(v, "message")
	p.Heading, p.Sentence = p.T(key+".title"), p.T(key, "app", p.App)
	if href != "" {
		text := "login.submit"
		if p.Has(key + ".button") {
			text = key + ".button"
		}
		p.Button = &button{p.T(text), template.URL(href)}
	}
	return s.send(v, status, p)
}

// showStale answers a form that did not come from a page of ours, 403.
func (s *Web) showStale(v *visit) {
	path := v.r.URL.Path
	if path == "/resendcode" {
		path = "/login" // nothing answers GET there
	}
	if err := s.tell(v, http.StatusForbidden, "message.stale", v.to(path)); err != nil {
		s.bare(v, err)
	}
}

// showError answers a request that is broken before anything about its app can
// be trusted. It repeats nothing of the request.
func (s *Web) showError(v *visit, no *refusal) {
	p := &page{Language: v.lang, Name: "error", Code: no.code, RequestID: v.trace.id, Sentence: v.lang.T("problem." + no.code)}
	if s.Dev && no.code == "redirect_mismatch" {
		p.Registered = slices.Clone(v.app.Client.CallbackURLs)
	}
	v.ask = pool.AuthRequest{}
	if err := s.send(v, no.status, p); err != nil {
		s.bare(v, err)
	}
}

// bare is the last resort when even a page cannot be drawn.
func (s *Web) bare(v *visit, err error) {
	s.logFault(v, err)
	http.Error(v.w, "internal error", http.StatusInternalServerError)
}

// getError is where a broken request ends (Cognito: /error answers 400). It
// shows the codes that it knows and nothing that the address says.
func (s *Web) getError(v *visit) error {
	code := v.query.Get("error")
	if !v.lang.Has("problem." + code) {
		code = "unknown"
	}
	if s.Dev && code == "redirect_mismatch" {
		if app, err := s.app(v, v.query.Get("client_id")); err == nil {
			v.app = app
		}
	}
	return &refusal{http.StatusBadRequest, code}
}

// loginURL is the sign-in page for somebody who came without an authorization
// request, by a link from a mail: the way they began with if this browser
// knows it, else the client's default redirect, else "".
func (v *visit) loginURL() string {
	if v.data.Query != "" {
		return "/login?" + inLanguage(v.data.Query, v.lang.Tag)
	}
	c := v.app.Client
	if c.DefaultRedirectURI == "" {
		return ""
	}
	kind := "code"
	if !c.AllowsFlow("code") {
		kind = "token"
	}
	q := wishesOf(v.query)
	q.Set("client_id", c.ID)
	q.Set("response_type", kind)
	q.Set("redirect_uri", c.DefaultRedirectURI)
	return "/login?" + q.Encode()
}

// inLanguage is the query that a browser began with, in the language that its
// person has come to since.
func inLanguage(query, tag string) string {
	q, err := url.ParseQuery(query)
	if err != nil || !q.Has("lang") || q.Get("lang") == tag {
		return query
	}
	q.Set("lang", tag)
	return q.Encode()
}
