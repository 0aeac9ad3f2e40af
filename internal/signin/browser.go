package signin

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Remember opens the browser session of an interactive sign-in and returns its
// cookie: always a new one, so that a cookie planted beforehand is worth
// nothing. It names the session in who. Sessions that the browser has in other
// pools move along.
func (s *Signin) Remember(ctx context.Context, app pool.App, who *pool.SignedIn, oldCookie string) (cookie string, err error) {
	cookie, who.Browser = pool.NewToken(), pool.NewUUID()
	session := pool.BrowserSession{
		UserPoolID: app.Pool.ID, Hash: pool.HashToken(cookie), ID: who.Browser, From: app.Pool.Tracked(*who).From, Sub: who.User.Sub, AuthTime: who.AuthTime, NotBefore: who.User.NotBefore,
		ExpiresAt: s.Now().Add(app.Pool.BrowserSessionLife()).UnixMilli(),
	}
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if oldCookie != "" {
			if err := tx.BrowserSessions.Move(ctx, app.Pool.ID, pool.HashToken(oldCookie), session.Hash); err != nil {
				return err
			}
			if err := tx.BrowserSessions.Delete(ctx, app.Pool.ID, pool.HashToken(oldCookie)); err != nil {
				return err
			}
		}
		return tx.BrowserSessions.Create(ctx, &session)
	})
	return cookie, err
}

// Resume recognises the person of a browser session. It does not where the
// request asks for a new sign-in (prompt=login, max_age), the time for which the
// app client takes it is over, or the account has changed since.
func (s *Signin) Resume(ctx context.Context, app pool.App, cookie string, ask pool.AuthRequest) (who pool.SignedIn, ok bool, err error) {
	if cookie == "" || ask.Prompts("login") {
		return who, false, nil
	}
	session, err := s.DB.BrowserSessions.Get(ctx, app.Pool.ID, pool.HashToken(cookie))
	if errors.Is(err, store.ErrNotFound) {
		return who, false, nil
	}
	if err != nil || !session.Fresh(s.Now(), ask.MaxAge) || !app.Reuses(session, s.Now()) {
		return who, false, err
	}
	user, err := s.DB.Users.Get(ctx, app.Pool.ID, session.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Void(session.NotBefore) {
		return who, false, nil
	}
	if err != nil {
		return who, false, err
	}
	ctx, note := pool.Noting(ctx, app, pool.EventSignIn, s.Now)
	note.About(user.Sub)
	note.Via(pool.ViaBrowser)
	s.DB.Events.Close(ctx, note, &err)
	return pool.SignedIn{User: user, AuthTime: session.AuthTime, Browser: session.ID}, err == nil, err
}

// Forget ends the browser's session in the pool, or in all pools for "".
func (s *Signin) Forget(ctx context.Context, poolID, cookie string) error {
	if cookie == "" {
		return nil
	}
	if poolID == "" {
		return s.DB.BrowserSessions.Forget(ctx, pool.HashToken(cookie))
	}
	return s.DB.BrowserSessions.Delete(ctx, poolID, pool.HashToken(cookie))
}
