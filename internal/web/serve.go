package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const requestIDHeader = "x-amz-cognito-request-id"

// trace is what an error in the log says about its request.
type trace struct {
	id     string
	pool   string
	client string
}

type traceKey struct{}

// serve gives every request its id, its security headers, and the one handler
// for its path whatever the path's case.
func (s *Web) serve(w http.ResponseWriter, r *http.Request) {
	t := &trace{id: pool.NewUUID()}
	w.Header().Set(requestIDHeader, t.id)
	s.secure(w.Header(), r)
	folded := r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
	folded.URL = &url.URL{Path: normalise(r.URL.Path), RawQuery: r.URL.RawQuery}
	s.mux.ServeHTTP(w, folded)
}

// secure sets the headers that every answer carries (Cognito: The user
// attributes endpoint shows them). The referrer stays inside this host;
// "no-referrer" would also blank the Origin of our own forms, which browsers
// without Sec-Fetch-Site need to prove where they come from (Fetch §3.2).
func (s *Web) secure(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	if s.isSecure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// isSecure says whether the browser came by https. The forwarded scheme counts
// here because the server strips it from all but trusted proxies.
func (s *Web) isSecure(r *http.Request) bool {
	return s.URL.Scheme == "https" || r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// refusal is a request that cannot be answered: shown on the error page, or as
// an OAuth error to a program. code is one of the catalogue's problems.
type refusal struct {
	status int
	code   string
}

func (e *refusal) Error() string { return e.code }

// detour leads the browser elsewhere instead.
type detour struct{ to string }

func (e *detour) Error() string { return "redirect" }

// stale is a form that did not come from a page of ours in this browser.
type stale struct{}

func (stale) Error() string { return "form from elsewhere" }

// handle runs an action for a request: the one place that turns an error into
// an answer, a page or, for machines, JSON.
func (s *Web) handle(act action, machine bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.newVisit(w, r)
		v.machine = machine
		if err == nil {
			err = act(v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

func (s *Web) fail(v *visit, err error) {
	var away *detour
	if errors.As(err, &away) {
		v.redirect(away.to)
		return
	}
	var no *refusal
	if !errors.As(err, &no) && !errors.Is(err, stale{}) {
		s.logFault(v, err)
		no = &refusal{http.StatusInternalServerError, "server_error"}
	}
	switch {
	case v.machine && no.status < 500:
		writeOAuthError(v.w, no.status, "invalid_request", "")
	case v.machine:
		writeOAuthError(v.w, no.status, no.code, "")
	case no == nil:
		s.showStale(v)
	default:
		s.showError(v, no)
	}
}

// logFault notes an error that nobody outside may read. A browser that went
// away is no fault.
func (s *Web) logFault(v *visit, err error) {
	if v.r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	s.Log.LogAttrs(v.r.Context(), slog.LevelError, "internal error", slog.String("path", v.r.URL.Path), slog.String("error", err.Error()),
		slog.String("pool", v.trace.pool), slog.String("client", v.trace.client), slog.String("id", v.trace.id))
}
