package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Bounds on what is read of a request, in bytes.
const (
	maxQuery = 16 << 10
	maxBody  = 64 << 10
	maxInput = 2048 // one field of a form
)

// visit is one request on its way through the door, with what was found out
// about it so far.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	trace   *trace
	machine bool // an endpoint for programs: errors are JSON
	lang    *locale.Language
	asked   bool        // lang is what the browser or the app asked for
	domain  pool.Domain // of a pool; zero on the own host
	query   url.Values

	app  pool.App
	ask  pool.AuthRequest // its RedirectURI is set as soon as it is known to be good
	data pageData
	csrf string
}

func (s *Web) newVisit(w http.ResponseWriter, r *http.Request) (*visit, error) {
	t, _ := r.Context().Value(traceKey{}).(*trace)
	r = r.WithContext(pool.Caller{From: pool.NewDevice(r.RemoteAddr, r.UserAgent()), Door: pool.DoorPages}.In(r.Context()))
	v := &visit{w: w, r: r, trace: t, query: url.Values{}}
	v.lang, v.asked = choose(s.look.locales, r)
	if len(r.URL.RawQuery) > maxQuery {
		return v, &refusal{http.StatusRequestURITooLong, "request_too_large"}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !cleanQuery(query) {
		return v, &refusal{http.StatusBadRequest, "invalid_request"}
	}
	v.query = query
	v.domain, err = s.domainOfHost(r.Context(), r.Host)
	v.trace.pool = v.domain.UserPoolID
	if t := named(s.look.locales, query.Get("lang")); t != nil {
		s.setCookie(v, &http.Cookie{Name: langCookie, Value: t.Tag, MaxAge: 365 * 24 * 3600})
	}
	return v, err
}

// cleanQuery refuses bytes that no parameter has, but for state, which belongs
// to the app and is only handed back.
func cleanQuery(query url.Values) bool {
	for name, values := range query {
		for _, value := range append(values, name) {
			if name != "state" && !cleanText(value) {
				return false
			}
		}
	}
	return true
}

func cleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f })
}

// findApp loads the app client of the request. On a pool's domain another
// pool's client does not exist.
func (s *Web) findApp(v *visit, ids []string) error {
	switch {
	case len(ids) == 0 || ids[0] == "":
		return &refusal{http.StatusBadRequest, "client_missing"}
	case len(ids) > 1:
		return &refusal{http.StatusBadRequest, "invalid_request"}
	}
	app, err := s.app(v, ids[0])
	if err != nil {
		return err
	}
	v.app = app
	return nil
}

func (s *Web) app(v *visit, id string) (pool.App, error) {
	if len(id) > 128 || !cleanText(id) {
		return pool.App{}, &refusal{http.StatusBadRequest, "unauthorized_client"}
	}
	app, err := s.DB.App(v.r.Context(), id)
	if errors.Is(err, store.ErrNotFound) || err == nil && v.domain.UserPoolID != "" && app.Pool.ID != v.domain.UserPoolID {
		return pool.App{}, &refusal{http.StatusBadRequest, "unauthorized_client"}
	}
	if err == nil {
		v.trace.pool, v.trace.client = app.Pool.ID, app.Client.ID
		app.Domain = v.domain.Domain
		if v.asked {
			app.Language = v.lang.Tag
		}
	}
	return app, err
}

// arrive reads the authorization request that every page carries, in the order
// in which it may be trusted: the client, then its redirect URI, then the rest,
// whose faults are the app's to hear (RFC 6749 §4.1.2.1).
func (s *Web) arrive(v *visit) error {
	if err := s.findApp(v, v.query["client_id"]); err != nil {
		return err
	}
	s.loadPageData(v)
	return s.readAsk(v, v.query)
}

func (s *Web) readAsk(v *visit, query url.Values) error {
	redirectURI, err := v.app.Client.RedirectOf(query)
	if e := pool.AsError(err); e != nil {
		if e.Reason == "redirect_mismatch" {
			to := "/error?error=redirect_mismatch&client_id=" + url.QueryEscape(v.app.Client.ID)
			if kept := wishesOf(query); len(kept) > 0 {
				to += "&" + kept.Encode()
			}
			return &detour{to}
		}
		return &refusal{http.StatusBadRequest, e.Reason}
	}
	if err != nil {
		return err
	}
	v.ask, err = v.app.Client.ParseAuthRequest(query, redirectURI)
	var no *pool.RedirectError
	if errors.As(err, &no) {
		return &detour{errorURL(v.ask, no)}
	}
	return err
}

// form reads the body of a POST. Its fields never mix with the query.
func (v *visit) form() (url.Values, error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxBody)
	err := v.r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "request_too_large"}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "invalid_request"}
	}
	for name, values := range v.r.PostForm {
		for _, value := range append(values, name) {
			if !cleanText(value) || !v.machine && len(value) > maxInput {
				return nil, &refusal{http.StatusBadRequest, "invalid_request"}
			}
		}
	}
	return v.r.PostForm, nil
}

// device is where the request came from.
func (v *visit) device() pool.Device { return pool.CallerOf(v.r.Context()).From }

// redirect answers 302 (Cognito) to a location that is ours or was checked. It
// does without http.Redirect, which rewrites and adds a body.
func (v *visit) redirect(location string) {
	v.w.Header().Set("Location", location)
	v.w.WriteHeader(http.StatusFound)
}

// to is one of our own pages with the authorization request of this one.
func (v *visit) to(path string) string { return path + v.carried() }

// carried is the query of this request as it came, for the next page's
// address; bytes beyond ASCII are escaped, as a header needs.
func (v *visit) carried() string {
	raw := v.r.URL.RawQuery
	if raw == "" {
		return ""
	}
	var b strings.Builder
	b.WriteByte('?')
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"'<>\\`", c) >= 0 {
			b.WriteString("%" + string("0123456789ABCDEF"[c>>4]) + string("0123456789ABCDEF"[c&15]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// inForms is carried for a page's markup, where scripts that fill the forms
// undo no escape but &amp; — the plus of a space would become &#43;.
func (v *visit) inForms() string { return strings.ReplaceAll(v.carried(), "+", "%20") }
