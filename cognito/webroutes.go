package cognito

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	// loginLife leaves time for signing up and fetching a code from the mail.
	loginLife = time.Hour
	// loginsAtOnce bounds the cookies of sign-ins that were begun and left.
	loginsAtOnce = 5
	revokeWait   = 3 * time.Second
)

// route returns what serves a request, nil if the app does.
func (web *Web) route(r *http.Request) http.HandlerFunc {
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch path := r.URL.Path; {
	case r.Method == http.MethodGet && path == web.callbackPath && web.isCallback(r):
		return web.callback
	case get && path == web.cfg.SignInPath:
		return web.signIn
	case get && path == web.cfg.SignUpPath:
		return web.signUp
	case r.Method == http.MethodPost && path == web.cfg.SignOutPath:
		return web.signOut
	case get && path == web.landingPath:
		return web.landing
	}
	return nil
}

// isCallback lets an app be called back at /, where it also has its front page.
func (web *Web) isCallback(r *http.Request) bool {
	q := r.URL.Query()
	return web.callbackPath != "/" || q.Has("code") || q.Has("error")
}

func (web *Web) signIn(w http.ResponseWriter, r *http.Request) {
	url, tx := web.client.LoginURL(web.loginParams(r)...)
	web.beginUnlessSignedIn(w, r, start{url: url, tx: tx, returnTo: r.URL.Query().Get("return_to")})
}

func (web *Web) signUp(w http.ResponseWriter, r *http.Request) {
	url, tx := web.client.SignUpURL(web.loginParams(r)...)
	web.beginUnlessSignedIn(w, r, start{url: url, tx: tx, returnTo: r.URL.Query().Get("return_to")})
}

func (web *Web) beginUnlessSignedIn(w http.ResponseWriter, r *http.Request, s start) {
	if session, err := web.current(w, r); err == nil && session != nil {
		http.Redirect(w, r, web.safeReturn(s.returnTo), http.StatusSeeOther)
		return
	}
	web.begin(w, r, s)
}

// start is a sign-in that is about to begin.
type start struct {
	url      string
	tx       Transaction
	returnTo string // as asked for; not yet to be trusted
}

// pending is what the browser keeps of a sign-in on its way, sealed.
type pending struct {
	Transaction
	ReturnTo string    `json:"return_to"`
	Ends     time.Time `json:"ends"`
}

// begin binds a sign-in to the browser by a cookie of its own, so that two tabs
// can sign in at once, and sends the browser to the pool.
func (web *Web) begin(w http.ResponseWriter, r *http.Request, s start) {
	plain, err := json.Marshal(pending{Transaction: s.tx, ReturnTo: web.safeReturn(s.returnTo), Ends: time.Now().Add(loginLife)})
	if err != nil {
		web.fail(w, r, err)
		return
	}
	web.dropOldLogins(w, r)
	name := web.loginCookie(s.tx.State)
	web.sessions.jar.set(w, name, web.sessions.ring.sealText(web.sessions.place("login", name), plain), loginLife)
	http.Redirect(w, r, s.url, http.StatusSeeOther)
}

func (web *Web) loginCookie(state string) string {
	sum := sha256.Sum256([]byte(state))
	return web.loginPrefix() + hex.EncodeToString(sum[:8])
}

func (web *Web) loginPrefix() string { return web.cfg.CookieName + "_login_" }

// dropOldLogins makes room for one more: what cannot be opened goes first, then
// the oldest.
func (web *Web) dropOldLogins(w http.ResponseWriter, r *http.Request) {
	var open []string
	ends := map[string]time.Time{}
	for _, c := range r.Cookies() {
		if !strings.HasPrefix(c.Name, web.loginPrefix()) {
			continue
		}
		p, err := web.openLogin(c)
		if err != nil {
			web.sessions.jar.clear(w, c.Name)
			continue
		}
		if _, twice := ends[c.Name]; !twice {
			open, ends[c.Name] = append(open, c.Name), p.Ends
		}
	}
	for len(open) >= loginsAtOnce {
		oldest := 0
		for i, name := range open {
			if ends[name].Before(ends[open[oldest]]) {
				oldest = i
			}
		}
		web.sessions.jar.clear(w, open[oldest])
		open = append(open[:oldest], open[oldest+1:]...)
	}
}

func (web *Web) openLogin(c *http.Cookie) (*pending, error) {
	plain, err := web.sessions.ring.openText(web.sessions.place("login", c.Name), c.Value)
	if err != nil {
		return nil, ErrStateMismatch
	}
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil || !time.Now().Before(p.Ends) {
		return nil, ErrStateMismatch
	}
	return &p, nil
}

// callback finishes the sign-in that this browser began. The cookie of the
// sign-in is used up whatever comes of it.
func (web *Web) callback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var p pending
	if c, err := r.Cookie(web.loginCookie(q.Get("state"))); err == nil {
		web.sessions.jar.clear(w, c.Name)
		if opened, err := web.openLogin(c); err == nil {
			p = *opened
		}
	}
	tokens, err := web.client.Exchange(r.Context(), p.Transaction, q)
	if err == nil {
		err = web.replaceSession(w, r, tokens)
	}
	if err != nil {
		web.fail(w, r, err)
		return
	}
	http.Redirect(w, r, web.safeReturn(p.ReturnTo), http.StatusSeeOther)
}

// replaceSession also forgets the session that this browser had before.
func (web *Web) replaceSession(w http.ResponseWriter, r *http.Request, tokens *Tokens) error {
	if old, err := web.sessions.read(r); err == nil && web.cfg.Store != nil {
		if err := web.cfg.Store.Delete(r.Context(), old.ID); err != nil {
			return err
		}
	}
	return web.sessions.create(w, r, tokens, web.cfg.Lifetime)
}

// signOut ends the session here, then at the pool. It is a POST from this app's
// own pages: a link or a form elsewhere must not sign people out.
func (web *Web) signOut(w http.ResponseWriter, r *http.Request) {
	if err := web.crossOrigin.Check(r); err != nil {
		http.Error(w, "Sign out from a page of this app.", http.StatusForbidden)
		return
	}
	web.endSession(w, r)
	next := web.client.LogoutURL()
	if next == "" {
		next = web.cfg.AfterSignOut
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// landing is where the pool sends people after ending its own session (Cognito:
// The managed login sign-out endpoint). Who signed out at the pool directly may
// still have a session here, which ends now.
func (web *Web) landing(w http.ResponseWriter, r *http.Request) {
	web.endSession(w, r)
	http.Redirect(w, r, web.cfg.AfterSignOut, http.StatusSeeOther)
}

// endSession always clears the browser; that the refresh token is revoked too
// is tried, not waited for long.
func (web *Web) endSession(w http.ResponseWriter, r *http.Request) {
	session, err := web.sessions.read(r)
	if err != nil {
		session = nil
	}
	if err := web.sessions.end(w, r, session); err != nil {
		web.cfg.Logger.WarnContext(r.Context(), "session not deleted", "error", err)
	}
	if session == nil || session.Tokens.RefreshToken == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), revokeWait)
	defer cancel()
	err = web.client.Revoke(ctx, session.Tokens.RefreshToken)
	// An app client without token revocation answers invalid_request.
	if err != nil && !errors.Is(err, ErrInvalidRequest) {
		web.cfg.Logger.WarnContext(r.Context(), "refresh token not revoked", "error", err)
	}
}

func (web *Web) safeReturn(asked string) string {
	if path := localPath(asked); path != "" {
		return path
	}
	return web.cfg.AfterSignIn
}

// localPath returns path if a browser that is redirected to it stays on this
// host, else "". Browsers read \ as / and drop tabs and line breaks.
func localPath(path string) string {
	const limit = 1500 // it has to fit into a cookie
	if len(path) > limit || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return ""
	}
	if strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || unicode.IsControl(r) }) {
		return ""
	}
	if u, err := url.Parse(path); err != nil || u.Scheme != "" || u.Host != "" {
		return ""
	}
	return path
}
