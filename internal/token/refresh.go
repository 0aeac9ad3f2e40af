package token

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// refreshToken is what a refresh token holds. It is sealed under the master
// key, bound to its pool and client, and opaque to everybody else. The secret
// is random and kept as a hash only, so neither a copy of the ledger nor the
// master key alone makes one.
type refreshToken struct {
	Grant      string `json:"g"`
	Generation int64  `json:"n"`
	Secret     string `json:"s"`
}

func refreshBinding(app pool.App) []byte {
	return []byte("refresh|" + app.Pool.ID + "|" + app.Client.ID)
}

func (t *Tokens) sealRefresh(app pool.App, grant pool.Grant, secret string) (string, error) {
	plain, err := json.Marshal(refreshToken{grant.ID, grant.Generation, secret})
	if err != nil {
		return "", err
	}
	sealed, err := t.Ring.Seal(plain, refreshBinding(app))
	return pool.Opaque(sealed), internal("sealing a refresh token", err)
}

// openRefresh reads a refresh token of app; ok is false for anything else: not
// ours, another client's, tampered with.
func (t *Tokens) openRefresh(app pool.App, token string) (r refreshToken, ok bool) {
	sealed, ok := pool.ReadOpaque(token)
	if !ok {
		return r, false
	}
	plain, err := t.Ring.Open(sealed, refreshBinding(app))
	return r, err == nil && json.Unmarshal(plain, &r) == nil
}

// Refresh gives new tokens for a refresh token, and a new refresh token where
// the client rotates (Cognito: Refresh tokens). auth_time and scopes stay those
// of the sign-in. A rotated token that comes back after its grace ends the
// family.
func (t *Tokens) Refresh(ctx context.Context, app pool.App, token string) (set Set, err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventToken, t.Now)
	defer t.DB.Events.Close(ctx, note, &err)
	if !app.Client.Refreshes() {
		return Set{}, because(errUnauthorized, pool.ReasonFlow)
	}
	r, ok := t.openRefresh(app, token)
	if !ok {
		return Set{}, because(errInvalidGrant, pool.ReasonToken)
	}
	grant, user, err := t.liveGrant(ctx, app, r.Grant)
	if err != nil {
		return Set{}, err
	}
	right := subtle.ConstantTimeCompare(sum(r.Secret), grant.Secret) == 1
	switch {
	case !right:
		return Set{}, because(errInvalidGrant, pool.ReasonToken)
	case t.Now().UnixMilli() >= grant.RefreshUntil:
		return Set{}, because(errInvalidGrant, pool.ReasonTokenExpired)
	case !app.ReadsScopes(grant.Scopes):
		return Set{}, because(errInvalidGrant, pool.ReasonScope)
	}
	if grant, err = t.rotate(ctx, app, grant, r.Generation); err != nil {
		return Set{}, err
	}
	set, err = t.sign(ctx, app, user, claimsAsk{grant: grant})
	if err == nil && app.Client.Rotates() {
		set.RefreshToken, err = t.sealRefresh(app, grant, r.Secret)
	}
	return set, err
}

func (t *Tokens) rotate(ctx context.Context, app pool.App, grant pool.Grant, generation int64) (pool.Grant, error) {
	if !app.Client.Rotates() && generation == grant.Generation && !grant.Stale(t.Now()) {
		return grant, nil
	}
	grant, err := t.DB.Grants.Update(ctx, app.Pool.ID, grant.ID, func(g *pool.Grant) error {
		if g.Revoked {
			return because(errInvalidGrant, pool.ReasonTokenRevoked)
		}
		if g.Stale(t.Now()) {
			g.LastUsed = t.Now().UnixMilli()
		}
		return g.Rotate(generation, app.Client.ClientSettings, t.Now())
	})
	if errors.Is(err, store.ErrNotFound) { // made room for another meanwhile
		return grant, because(errInvalidGrant, pool.ReasonTokenRevoked)
	}
	if errors.Is(err, pool.ErrRefreshReused) {
		if err := t.DB.Grants.End(ctx, app.Pool.ID, grant.ID, grant.ExpiresAt); err != nil {
			return grant, err
		}
		return grant, because(errInvalidGrant, pool.ReasonTokenReused)
	}
	return grant, err
}

// liveGrant loads a grant with its user and refuses one that was ended, or that
// an earlier client of the same id was given: it was deleted with it.
func (t *Tokens) liveGrant(ctx context.Context, app pool.App, id string) (pool.Grant, pool.User, error) {
	grant, err := t.DB.Grants.Get(ctx, app.Pool.ID, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && grant.ClientSince != app.Client.CreationDate {
		return grant, pool.User{}, because(errInvalidGrant, pool.ReasonToken)
	}
	if err != nil {
		return grant, pool.User{}, err
	}
	pool.NoteOf(ctx).About(grant.Sub)
	user, err := t.DB.Users.Get(ctx, app.Pool.ID, grant.Sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return grant, user, because(errInvalidGrant, pool.ReasonUnknownUser)
	case err != nil:
		return grant, user, err
	case user.Disabled:
		return grant, user, because(errInvalidGrant, pool.ReasonDisabled)
	case grant.Revoked, user.Void(grant.NotBefore):
		return grant, user, because(errInvalidGrant, pool.ReasonTokenRevoked)
	case !grant.Live(user, t.Now()):
		return grant, user, because(errInvalidGrant, pool.ReasonTokenExpired)
	}
	return grant, user, nil
}

// Revoke ends the family of a refresh token (RFC 7009; Cognito: The token
// revocation endpoint). A token that is none of ours is nobody's any more: no
// error. Access and ID tokens are refused as the wrong type.
func (t *Tokens) Revoke(ctx context.Context, app pool.App, token string) error {
	_, err := t.revoke(ctx, app, token)
	return err
}

// RevokeLinked is Revoke, and forgets the browser that the sign-in came through
// where sessions are recorded (Cognito: RevokeToken, RevokeAssociatedSessions).
func (t *Tokens) RevokeLinked(ctx context.Context, app pool.App, token string) error {
	grant, err := t.revoke(ctx, app, token)
	if err == nil && grant.Browser != "" && app.Pool.Tracks() {
		_, err = t.forgetBrowser(ctx, pool.User{UserPoolID: app.Pool.ID, Sub: grant.Sub}, grant.Browser)
	}
	return err
}

func (t *Tokens) revoke(ctx context.Context, app pool.App, token string) (grant pool.Grant, err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventRevoke, t.Now) // of what is nobody's there is nothing to tell
	defer t.DB.Events.Close(ctx, note, &err)
	if token == "" || !app.Client.Revokes() {
		return grant, errInvalidRequest
	}
	if strings.Count(token, ".") == 2 {
		return grant, errWrongTokenType
	}
	r, ok := t.openRefresh(app, token)
	if !ok {
		return grant, nil
	}
	grant, err = t.DB.Grants.Get(ctx, app.Pool.ID, r.Grant)
	if errors.Is(err, store.ErrNotFound) {
		return grant, nil
	}
	if err != nil {
		return grant, err
	}
	note.About(grant.Sub)
	return grant, t.endNoted(ctx, note, grant)
}

// endNoted ends a grant, with the event that is being noted.
func (t *Tokens) endNoted(ctx context.Context, note *pool.Note, grant pool.Grant) error {
	note.Speak()
	return t.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := tx.Grants.End(ctx, grant.UserPoolID, grant.ID, grant.ExpiresAt); err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	})
}
