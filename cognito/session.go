package cognito

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// refreshEarly: an access token that is about to expire would expire on its way to an API.
const refreshEarly = time.Minute

// Session is one person signed in in one browser.
type Session struct {
	ID       string    `json:"id"`        // random, the same through refreshes; 26 characters
	Tokens   Tokens    `json:"tokens"`    // verified; the access token is good for a minute or more unless the pool is away
	SignedIn time.Time `json:"signed_in"` // UTC
	Ends     time.Time `json:"ends"`      // UTC: when the person has to sign in again
}

// User is who it is, as the ID token says.
func (s *Session) User() *IDClaims { return &s.Tokens.Claims }

// String names the person and never a token or the id.
func (s Session) String() string {
	return fmt.Sprintf("cognito.Session{Subject: %s, Ends: %s}", s.Tokens.Claims.Subject, s.Ends.Format(time.RFC3339))
}

// GoString hides the tokens from %#v.
func (s Session) GoString() string { return s.String() }

// LogValue hides the tokens from log/slog.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SessionStore keeps sessions outside the browser, whose cookie then holds only
// an id: for sessions that are too large for cookies, or that must end on the
// server the moment somebody signs out. What is saved is encrypted already. All
// methods must be safe for concurrent use and take effect at once, as one
// statement of a database does.
type SessionStore interface {
	// Create keeps data under a new id, at least until ends.
	Create(ctx context.Context, id string, data []byte, ends time.Time) error
	// Load returns what was kept last under id, or ErrNoSession.
	Load(ctx context.Context, id string) ([]byte, error)
	// Save replaces what is kept under id. For an id that is not there it returns
	// ErrNoSession and keeps nothing (an UPDATE that hits no row): the person
	// signed out while the session was being refreshed.
	Save(ctx context.Context, id string, data []byte, ends time.Time) error
	// Delete forgets id; an unknown id is no error.
	Delete(ctx context.Context, id string) error
}

// sessions reads and writes the sessions of one Web, in cookies or in a store.
type sessions struct {
	name  string
	app   string // domain and app client, which what is sealed is bound to
	ring  ring
	jar   jar
	store SessionStore // nil: the cookie holds the whole session
}

// create makes the session of a fresh sign-in. The id is always new: an id from
// before the sign-in could be known to somebody else.
func (s *sessions) create(w http.ResponseWriter, r *http.Request, tokens *Tokens, life time.Duration) error {
	now := time.Now().UTC()
	session := &Session{ID: rand.Text(), Tokens: *tokens, SignedIn: now, Ends: now.Add(life)}
	if tokens.RefreshToken == "" {
		session.Ends = tokens.Expiry
	}
	plain, err := json.Marshal(session)
	if err != nil {
		return err
	}
	if s.store != nil {
		sealed := s.ring.seal(s.place("store", session.ID), plain)
		if err := s.store.Create(r.Context(), session.ID, sealed, session.Ends); err != nil {
			return err
		}
		plain = []byte(session.ID)
	}
	return s.setCookie(w, r, plain, session.Ends)
}

// update saves a refreshed session; with a store, the cookie stays as it is, and
// a session that somebody signed out of meanwhile is ErrNoSession.
func (s *sessions) update(w http.ResponseWriter, r *http.Request, session *Session) error {
	plain, err := json.Marshal(session)
	if err != nil {
		return err
	}
	if s.store != nil {
		return s.store.Save(r.Context(), session.ID, s.ring.seal(s.place("store", session.ID), plain), session.Ends)
	}
	return s.setCookie(w, r, plain, session.Ends)
}

// setCookie seals plain, the session or its id, into the session cookie.
func (s *sessions) setCookie(w http.ResponseWriter, r *http.Request, plain []byte, ends time.Time) error {
	value := s.ring.sealText(s.place("session", s.name), plain)
	return s.jar.setLong(w, r, longCookie{name: s.name, value: value, life: time.Until(ends)})
}

// place is what a sealed text is bound to. Two apps may share a key and a cookie
// name, and a person of the one must not be let into the other.
func (s *sessions) place(purpose, name string) string {
	return purpose + "|" + name + "|" + s.app
}

// read returns the session of the request, or ErrNoSession; it does not refresh.
func (s *sessions) read(r *http.Request) (*Session, error) {
	value := s.jar.getLong(r, s.name)
	if value == "" {
		return nil, ErrNoSession
	}
	plain, err := s.ring.openText(s.place("session", s.name), value)
	if err != nil {
		return nil, err
	}
	if s.store != nil {
		if plain, err = s.fetch(r.Context(), string(plain)); err != nil {
			return nil, err
		}
	}
	var session Session
	if err := json.Unmarshal(plain, &session); err != nil {
		return nil, fmt.Errorf("%w: it cannot be read", ErrNoSession)
	}
	if !time.Now().Before(session.Ends) {
		return nil, fmt.Errorf("%w: it has ended", ErrNoSession)
	}
	return &session, restoreClaims(&session.Tokens)
}

func (s *sessions) fetch(ctx context.Context, id string) ([]byte, error) {
	sealed, err := s.store.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.ring.open(s.place("store", id), sealed)
}

// restoreClaims reads the claims out of tokens that were verified before they
// were sealed.
func restoreClaims(t *Tokens) error {
	if t.IDToken != "" {
		claims, err := decodeIDToken(t.IDToken)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoSession, err)
		}
		t.Claims = *claims
		return nil
	}
	claims, err := decodeJWT(t.AccessToken)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoSession, err)
	}
	t.Claims = claimsWithoutID(newAccessClaims(claims))
	return nil
}

// end removes a session from the browser and from the store.
func (s *sessions) end(w http.ResponseWriter, r *http.Request, session *Session) error {
	s.jar.clearFrom(w, r, s.name, 0)
	if s.store == nil || session == nil {
		return nil
	}
	return s.store.Delete(r.Context(), session.ID)
}

// current returns the request's session with an access token that is still
// good, refreshing it if need be; nil without an error if nobody is signed in.
// An error means that nobody can tell right now.
func (web *Web) current(w http.ResponseWriter, r *http.Request) (*Session, error) {
	session, err := web.sessions.read(r)
	switch {
	case errors.Is(err, ErrNoSession):
		web.sessions.jar.clearFrom(w, r, web.sessions.name, 0)
		return nil, nil
	case err != nil:
		return nil, err
	}
	if session.Tokens.RefreshToken == "" || time.Until(session.Tokens.Expiry) > refreshEarly {
		return session, nil
	}
	fresh, err := web.client.Refresh(r.Context(), &session.Tokens)
	if err == nil {
		session.Tokens = *fresh
		err = web.sessions.update(w, r, session)
	}
	switch {
	case err == nil:
		return session, nil
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBadResponse), r.Context().Err() != nil:
		// The pool is away: what we have counts until it expires.
		if time.Now().Before(session.Tokens.Expiry) {
			return session, nil
		}
		return nil, err
	}
	if !errors.Is(err, ErrInvalidGrant) && !errors.Is(err, ErrNoSession) {
		web.cfg.Logger.WarnContext(r.Context(), "session ended: it could not be refreshed", "error", err)
	}
	return nil, web.sessions.end(w, r, session)
}
