package webapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/cognito"
)

// app is what the handlers need.
type app struct {
	client  *cognito.Client
	pages   *pages
	log     *slog.Logger
	started time.Time
	origin  string // of this app, for addresses in JSON
}

// New makes the app: a handler for its whole host.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	client, err := cognito.New(cognito.Config{
		Domain:      cfg.Domain,
		Issuer:      cfg.Issuer,
		ClientID:    cfg.ClientID,
		RedirectURL: cfg.RedirectURL,
		LogoutURL:   cfg.LogoutURL,
		Scopes:      strings.Fields(cfg.Scope),
		HTTPClient:  cfg.HTTPClient,
	})
	if err != nil {
		return nil, err
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	self, err := url.Parse(cfg.RedirectURL)
	if err != nil {
		return nil, err
	}
	a := &app{client: client, pages: pages, log: cfg.Logger, started: time.Now(), origin: self.Scheme + "://" + self.Host}
	web, err := cognito.NewWeb(client, cognito.WebConfig{
		Keys:       [][]byte{[]byte(cfg.CookieSecret)},
		CookieName: cfg.CookieName,
		OnError:    a.signInFailed,
		Logger:     cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.front)
	mux.Handle("GET /users/{id}", web.RequireLogin(http.HandlerFunc(a.profile)))
	mux.HandleFunc("GET "+pages.stylePath, a.pages.style)
	mux.HandleFunc("GET /favicon.svg", a.pages.icon)
	mux.HandleFunc("/", a.notFound)
	return secured(web.Handler(mux), cfg.Domain), nil
}

// secured adds the headers that every answer has. form-action names the pool
// too, because signing out is a form whose answer leads there and back.
func secured(next http.Handler, domain string) http.Handler {
	pool := domain
	if u, err := url.Parse(domain); err == nil {
		pool = u.Scheme + "://" + u.Host
	}
	policy := "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' " + pool
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

func (a *app) front(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if session, ok := cognito.SessionFrom(r.Context()); ok {
		http.Redirect(w, r, "/users/"+url.PathEscape(session.User().Subject), http.StatusSeeOther)
		return
	}
	if wantsPage(r) {
		a.show(w, r, view{status: http.StatusOK, name: "front", data: nil})
		return
	}
	a.answer(w, r, http.StatusOK, map[string]any{
		"ok":     true,
		"uptime": time.Since(a.started).Seconds(),
		"login":  a.origin + "/login",
	})
}

// profileView is what the profile page shows.
type profileView struct {
	Greeting      string
	ID            string
	Email         string
	EmailVerified bool
	Ends          time.Time
	AccessToken   string
}

// profile is for the person it is about; to others it does not exist.
func (a *app) profile(w http.ResponseWriter, r *http.Request) {
	session, ok := cognito.SessionFrom(r.Context())
	if !ok || r.PathValue("id") != session.User().Subject {
		a.notFound(w, r)
		return
	}
	user := session.User()
	if wantsPage(r) {
		greeting := user.Name
		if greeting == "" {
			greeting, _, _ = strings.Cut(user.Email, "@")
		}
		a.show(w, r, view{status: http.StatusOK, name: "profile", data: profileView{
			Greeting: greeting, ID: user.Subject, Email: user.Email, EmailVerified: user.EmailVerified,
			Ends: session.Ends, AccessToken: session.Tokens.AccessToken,
		}})
		return
	}
	a.answer(w, r, http.StatusOK, map[string]any{
		"ok":            true,
		"id":            user.Subject,
		"accessToken":   session.Tokens.AccessToken,
		"email":         user.Email,
		"emailVerified": user.EmailVerified,
		"logout":        a.client.LogoutURL(),
	})
}

// notice is a page with one sentence and one button that works.
type notice struct {
	Title, Text, Button, Address string
}

func (a *app) notFound(w http.ResponseWriter, r *http.Request) {
	a.tell(w, r, http.StatusNotFound, notice{
		Title: "Nothing here", Text: "There is no page at this address, or it isn't yours.", Button: "Go to the front page", Address: "/",
	})
}

// signInFailed words what the package cognito reports; its details are in the log.
func (a *app) signInFailed(w http.ResponseWriter, r *http.Request, err error) {
	if q := r.URL.Query(); errors.Is(err, cognito.ErrStateMismatch) && q.Has("code") && !q.Has("state") {
		// A sign-in that began at the pool's own address, not here: its code
		// proves nothing to us, but the person is signed in there. Ask anew.
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	n := notice{Title: "That didn't work", Text: "We couldn't finish signing you in.", Button: "Try again", Address: "/login"}
	switch {
	case errors.Is(err, cognito.ErrStateMismatch), errors.Is(err, cognito.ErrInvalidGrant):
		n.Title, n.Text = "This sign-in is no longer open", "It was used already, took too long, or began in another browser."
	case errors.Is(err, cognito.ErrAccessDenied):
		n.Title, n.Text = "You weren't signed in", "The sign-in was cancelled or refused."
	case errors.Is(err, cognito.ErrUnavailable):
		n.Title, n.Text = "Sign-in is away for a moment", "We couldn't reach it. Please try again shortly."
	case errors.Is(err, cognito.ErrScopeNotAllowed), errors.Is(err, cognito.ErrRedirectMismatch), errors.Is(err, cognito.ErrInvalidClient):
		n.Title, n.Text = "This app isn't set up right", "Its settings don't fit the user pool's; the log says what to change."
	}
	a.tell(w, r, cognito.HTTPStatus(err), n)
}

func (a *app) tell(w http.ResponseWriter, r *http.Request, status int, n notice) {
	if wantsPage(r) {
		a.show(w, r, view{status: status, name: "notice", data: n})
		return
	}
	a.answer(w, r, status, map[string]any{"ok": false, "error": n.Title + ". " + n.Text})
}

// wantsPage tells a browser from a client that asks for data.
func wantsPage(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func (a *app) answer(w http.ResponseWriter, r *http.Request, status int, body map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		a.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Vary", "Accept, Cookie")
	w.WriteHeader(status)
	fmt.Fprintf(w, "%s\n", text)
}

func (a *app) broken(w http.ResponseWriter, r *http.Request, err error) {
	a.log.ErrorContext(r.Context(), "answer failed", "error", err)
	http.Error(w, "Something went wrong.", http.StatusInternalServerError)
}
