package token

import (
	"context"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

var (
	errNoSession  = &pool.Error{Kind: pool.ResourceNotFound, Reason: "user_session"}
	errOwnSession = &pool.Error{Kind: pool.InvalidParameter, Reason: "own_session"}
)

// Sessions lists what a user has open: the browsers that are remembered, then
// the tokens of each sign-in, at most limit of both in a page (Cognito:
// ListUserSessions). current is the grant that asks, or "". next leads to the
// page after; "" is the last one's.
func (t *Tokens) Sessions(ctx context.Context, user pool.User, current, after string, limit int) (page []pool.UserSession, next string, err error) {
	now := t.Now()
	from := after
	if !strings.HasPrefix(after, pool.TokenSessions) {
		browsers, err := t.DB.BrowserSessions.OfUser(ctx, user, now.UnixMilli(), strings.TrimPrefix(after, pool.BrowserSessions), limit)
		if err != nil {
			return nil, "", err
		}
		for _, b := range browsers {
			if b.Fresh(now, nil) && !user.Void(b.NotBefore) {
				page = append(page, pool.UserSession{ID: pool.SessionID(pool.BrowserSessions, b.ID), CreatedAt: b.AuthTime, LastActive: b.AuthTime, From: b.From})
			}
		}
		if len(browsers) == limit {
			return page, pool.BrowserSessions + browsers[limit-1].Hash, nil
		}
		limit, from = limit-len(browsers), pool.TokenSessions
	}
	grants, err := t.DB.Grants.OfUser(ctx, user, now.UnixMilli(), strings.TrimPrefix(from, pool.TokenSessions), limit)
	if err != nil {
		return nil, "", err
	}
	for _, g := range grants {
		if g.Live(user, now) {
			page = append(page, tokenSession(g, current))
		}
	}
	if len(grants) == limit {
		next = pool.TokenSessions + grants[limit-1].ID
	}
	return page, next, nil
}

func tokenSession(g pool.Grant, current string) pool.UserSession {
	return pool.UserSession{
		ID: pool.SessionID(pool.TokenSessions, g.ID), ClientID: g.ClientID, CreatedAt: g.CreatedAt, LastActive: g.Active(), From: g.From,
		Origin: pool.SessionID(pool.BrowserSessions, g.Browser), Current: g.ID == current,
	}
}

// EndSession ends one session of a user, and with linked the ones that hang
// together with it: the browser that tokens came through, or the tokens that
// came through a browser (Cognito: RevokeUserSession). The session of the grant
// that asks, current, stays: asking for it is an error.
func (t *Tokens) EndSession(ctx context.Context, user pool.User, current, session string, linked bool) (err error) {
	ctx, note := pool.Noting(ctx, pool.App{Pool: pool.Pool{ID: user.UserPoolID}}, pool.EventEndSession, t.Now)
	note.About(user.Sub)
	defer t.DB.Events.Close(ctx, note, &err)
	kind, id, ok := pool.ParseSessionID(session)
	switch {
	case !ok:
		return errNoSession
	case kind == pool.TokenSessions && id == current:
		return errOwnSession
	case kind == pool.TokenSessions:
		return t.endTokens(ctx, user, id, linked)
	}
	found, err := t.forgetBrowser(ctx, user, id)
	if err == nil && !found {
		err = errNoSession
	}
	if err != nil || !linked {
		return err
	}
	return t.endThrough(ctx, user, id, current)
}

func (t *Tokens) endTokens(ctx context.Context, user pool.User, id string, linked bool) error {
	grant, err := t.DB.Grants.Get(ctx, user.UserPoolID, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (grant.Sub != user.Sub || !grant.Live(user, t.Now())) {
		return errNoSession
	}
	if err != nil {
		return err
	}
	if err := t.DB.Grants.End(ctx, user.UserPoolID, id, grant.ExpiresAt); err != nil || !linked || grant.Browser == "" {
		return err
	}
	_, err = t.forgetBrowser(ctx, user, grant.Browser)
	return err
}

// sessionBatch is how many of a user's rows are looked through at a time.
const sessionBatch = 100

// forgetBrowser ends the user's browser session with the id.
func (t *Tokens) forgetBrowser(ctx context.Context, user pool.User, id string) (found bool, err error) {
	for after := ""; ; {
		rows, err := t.DB.BrowserSessions.OfUser(ctx, user, t.Now().UnixMilli(), after, sessionBatch)
		if err != nil {
			return false, err
		}
		for _, b := range rows {
			if after = b.Hash; b.ID == id && id != "" {
				return !user.Void(b.NotBefore), t.DB.BrowserSessions.Delete(ctx, user.UserPoolID, b.Hash)
			}
		}
		if len(rows) < sessionBatch {
			return false, nil
		}
	}
}

// endThrough ends all tokens that came through a browser session but spared's.
func (t *Tokens) endThrough(ctx context.Context, user pool.User, browser, spared string) error {
	for after := ""; ; {
		rows, err := t.DB.Grants.OfUser(ctx, user, t.Now().UnixMilli(), after, sessionBatch)
		if err != nil {
			return err
		}
		for _, g := range rows {
			if after = g.ID; g.Browser != browser || g.ID == spared {
				continue
			}
			if err := t.DB.Grants.End(ctx, user.UserPoolID, g.ID, g.ExpiresAt); err != nil {
				return err
			}
		}
		if len(rows) < sessionBatch {
			return nil
		}
	}
}
