package cognito

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// WebConfig says how a web app signs people in. Only Keys has to be set.
type WebConfig struct {
	// Keys encrypt and authenticate what the browser keeps: at least one key of
	// at least 32 random bytes. The first seals, all open; to change the key, put
	// the new one in front and drop the old one when sessions have run out. What
	// they seal is bound to the pool's domain and the app client: changing either
	// ends the sessions.
	Keys [][]byte

	// Store keeps the sessions; nil keeps them in the browser's cookies. Cookies
	// cannot be called back: one that was copied, or that the answer to a request
	// under way brings back just after a sign-out, counts until its access token
	// expires. It is not refreshed after that where signing out revoked the refresh
	// token (Cognito: token revocation is enabled for the app client).
	Store SessionStore

	// CookieName is the name of the session cookie, and the beginning of the
	// names of the others; empty is "session". Cookies are HttpOnly,
	// SameSite=Lax, for the whole host, and Secure unless RedirectURL is http;
	// so a name beginning with __Host- works.
	CookieName string

	// The app's own addresses. GET SignInPath and GET SignUpPath begin a sign-in,
	// with an optional parameter return_to, a path of this app; POST SignOutPath
	// ends the session. Empty: /login, /signup, /logout.
	SignInPath, SignUpPath, SignOutPath string

	// AfterSignIn is where people go who came with no other wish, AfterSignOut
	// where they go in the end. Paths of this app; empty is /.
	AfterSignIn, AfterSignOut string

	// Lifetime is how long a session lasts before the person has to sign in
	// again; 0 is 30 days, as long as a refresh token of Cognito does by default.
	// A session also ends when the pool no longer refreshes it.
	Lifetime time.Duration

	// LoginParams adds parameters to the sign-in URL of a request, such as
	// login_hint or lang; may be nil. See [Client.LoginURL].
	LoginParams func(*http.Request) []oauth2.AuthCodeOption

	// OnError answers a request that failed; [HTTPStatus] gives a status. Nil
	// answers with one line of text and the address to try again.
	OnError func(http.ResponseWriter, *http.Request, error)

	// Logger hears of failures, never of a token; nil is slog.Default().
	Logger *slog.Logger
}

// String hides the keys.
func (c WebConfig) String() string {
	return fmt.Sprintf("cognito.WebConfig{CookieName: %s, Keys: %d}", c.CookieName, len(c.Keys))
}

// GoString hides the keys from %#v.
func (c WebConfig) GoString() string { return c.String() }

// LogValue hides the keys from log/slog.
func (c WebConfig) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Web is middleware that gives a web app sign-in, sessions and sign-out. It is
// safe for concurrent use.
type Web struct {
	client   *Client
	cfg      WebConfig
	sessions *sessions

	callbackPath string // of Config.RedirectURL
	landingPath  string // of Config.LogoutURL; empty if that needs no route
	crossOrigin  *http.CrossOriginProtection
}

// NewWeb checks cfg and returns the middleware for client, whose RedirectURL
// (and LogoutURL, if set) must be addresses of this app.
func NewWeb(client *Client, cfg WebConfig) (*Web, error) {
	keys, err := newRing(cfg.Keys)
	if err != nil {
		return nil, err
	}
	cfg.defaults()
	if err := (&http.Cookie{Name: cfg.CookieName, Value: "x"}).Valid(); err != nil {
		return nil, fmt.Errorf("%w: CookieName: %w", ErrConfig, err)
	}
	for _, path := range []string{cfg.SignInPath, cfg.SignUpPath, cfg.SignOutPath, cfg.AfterSignIn, cfg.AfterSignOut} {
		if localPath(path) == "" {
			return nil, fmt.Errorf("%w: %q is not a path of this app", ErrConfig, path)
		}
	}
	redirect, err := url.Parse(client.cfg.RedirectURL)
	if err != nil || (redirect.Scheme != "https" && redirect.Scheme != "http") {
		return nil, fmt.Errorf("%w: RedirectURL: a web app needs http or https", ErrConfig)
	}
	if path := pathOf(redirect); path == cfg.SignInPath || path == cfg.SignUpPath {
		return nil, fmt.Errorf("%w: RedirectURL has the path of SignInPath or SignUpPath: choose another for one of them", ErrConfig)
	}
	web := &Web{client: client, cfg: cfg, callbackPath: pathOf(redirect), crossOrigin: http.NewCrossOriginProtection()}
	if client.cfg.LogoutURL != "" {
		logout, err := url.Parse(client.cfg.LogoutURL)
		if err != nil {
			return nil, fmt.Errorf("%w: LogoutURL: %w", ErrConfig, err)
		}
		// Landing where people are sent in the end would send them there again.
		if path := pathOf(logout); path != cfg.AfterSignOut {
			web.landingPath = path
		}
	}
	web.sessions = &sessions{
		name: cfg.CookieName, app: client.cfg.Domain + "|" + client.cfg.ClientID,
		ring: keys, jar: jar{secure: redirect.Scheme == "https"}, store: cfg.Store,
	}
	return web, nil
}

func (c *WebConfig) defaults() {
	for _, field := range []struct {
		value    *string
		fallback string
	}{
		{&c.CookieName, "session"},
		{&c.SignInPath, "/login"}, {&c.SignUpPath, "/signup"}, {&c.SignOutPath, "/logout"},
		{&c.AfterSignIn, "/"}, {&c.AfterSignOut, "/"},
	} {
		if *field.value == "" {
			*field.value = field.fallback
		}
	}
	if c.Lifetime == 0 {
		c.Lifetime = 30 * 24 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
}

func pathOf(u *url.URL) string {
	if u.Path == "" {
		return "/"
	}
	return u.Path
}

type webKey struct{}

// webState is what Handler found out about a request.
type webState struct {
	session *Session
	err     error
}

// SessionFrom returns the session of a request that came through [Web.Handler]
// or [Web.RequireLogin], if somebody is signed in.
func SessionFrom(ctx context.Context) (*Session, bool) {
	state, _ := ctx.Value(webKey{}).(*webState)
	if state == nil || state.session == nil {
		return nil, false
	}
	return state.session, true
}

// Handler wraps the whole app. It serves SignInPath, SignUpPath, SignOutPath and
// the paths of RedirectURL and LogoutURL itself, and passes every other request
// to next, with the session, refreshed where needed, for [SessionFrom] to find.
func (web *Web) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if serve := web.route(r); serve != nil {
			w.Header().Set("Cache-Control", "no-store")
			serve(w, r)
			return
		}
		next.ServeHTTP(w, web.withSession(w, r))
	})
}

func (web *Web) withSession(w http.ResponseWriter, r *http.Request) *http.Request {
	session, err := web.current(w, r)
	if err != nil {
		web.cfg.Logger.WarnContext(r.Context(), "session not available", "error", err)
	}
	return r.WithContext(context.WithValue(r.Context(), webKey{}, &webState{session: session, err: err}))
}

// RequireLogin lets people through who are signed in, sends browsers that open a
// page to sign in and back again, and answers everything else with 401. Answers
// of next are not to be cached unless next says otherwise.
func (web *Web) RequireLogin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state, _ := r.Context().Value(webKey{}).(*webState)
		if state == nil {
			r = web.withSession(w, r)
			state = r.Context().Value(webKey{}).(*webState)
		}
		w.Header().Set("Cache-Control", "no-store")
		switch {
		case state.session != nil:
			next.ServeHTTP(w, r)
		case state.err != nil:
			web.fail(w, r, state.err)
		case opensPage(r):
			url, tx := web.client.LoginURL(web.loginParams(r)...)
			web.begin(w, r, start{url: url, tx: tx, returnTo: r.URL.RequestURI()})
		default:
			writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "login_required", "login": web.cfg.SignInPath})
		}
	})
}

// opensPage tells a person who opens a page from a program that fetches data: a
// redirect to a page of another host helps only the first.
func opensPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (web *Web) loginParams(r *http.Request) []oauth2.AuthCodeOption {
	if web.cfg.LoginParams == nil {
		return nil
	}
	return web.cfg.LoginParams(r)
}

func (web *Web) fail(w http.ResponseWriter, r *http.Request, err error) {
	web.cfg.Logger.WarnContext(r.Context(), "sign-in failed", "error", err)
	w.Header().Set("Cache-Control", "no-store")
	if web.cfg.OnError != nil {
		web.cfg.OnError(w, r, err)
		return
	}
	http.Error(w, "Signing in did not work. To try again, open "+web.cfg.SignInPath, HTTPStatus(err))
}
