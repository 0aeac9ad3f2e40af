package token

import (
	"context"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Issue gives tokens to somebody who signed in by the API: scope
// aws.cognito.signin.user.admin, an ID token with all readable attributes, and
// a refresh token (Cognito: InitiateAuth).
func (t *Tokens) Issue(ctx context.Context, app pool.App, who pool.SignedIn) (Set, error) {
	now := t.Now().UnixMilli()
	who = app.Pool.Tracked(who)
	return t.open(ctx, app, who.User, pool.AuthorizationCode{
		GrantID: pool.NewUUID(), Scopes: []string{pool.ScopeAdmin}, AuthTime: who.AuthTime, NotBefore: who.User.NotBefore, CreatedAt: now, From: who.From,
	}, true)
}

// Holder is who an access token was given to.
type Holder struct {
	App   pool.App
	User  pool.User
	Grant pool.Grant // zero where the client's tokens name none
}

// The refusals of an access token by the API (Cognito: NotAuthorizedException).
var (
	errTokenInvalid = &pool.Error{Kind: pool.NotAuthorized, Reason: "access"}
	errTokenExpired = &pool.Error{Kind: pool.NotAuthorized, Reason: "access_expired"}
	errTokenRevoked = &pool.Error{Kind: pool.NotAuthorized, Reason: "access_revoked"}
	errTokenScope   = &pool.Error{Kind: pool.NotAuthorized, Reason: "access_scope"}
)

// Access checks an access token that is shown to the API: ours, in its time,
// with the scope aws.cognito.signin.user.admin, and of a grant that nothing
// has ended.
func (t *Tokens) Access(ctx context.Context, accessToken string) (Holder, error) {
	app, c, err := t.verified(ctx, accessToken)
	if _, refused := errors.AsType[*OAuthError](err); refused || err == nil && c.TokenUse != "access" {
		return Holder{}, errTokenInvalid
	}
	if err != nil {
		return Holder{}, err
	}
	if t.Now().Unix() >= c.ExpiresAt {
		return Holder{}, errTokenExpired
	}
	if c.machine() {
		return Holder{}, errTokenScope
	}
	user, grant, err := t.holder(ctx, app, c)
	if errors.Is(err, errDead) && user.Status == pool.ResetRequired {
		return Holder{}, errReset
	}
	if errors.Is(err, errDead) {
		return Holder{}, t.whyEnded(ctx, app, c.Subject, errTokenRevoked)
	}
	if err != nil {
		return Holder{}, err
	}
	for scope := range strings.FieldsSeq(c.Scope) {
		if scope == pool.ScopeAdmin {
			return Holder{app, user, grant}, nil
		}
	}
	return Holder{}, errTokenScope
}

// The refusals of a token for the sake of its account.
var (
	errGone     = &pool.Error{Kind: pool.UserNotFound}
	errReset    = &pool.Error{Kind: pool.PasswordResetRequired}
	errDisabled = &pool.Error{Kind: pool.NotAuthorized, Reason: "disabled"}
)

// whyEnded tells the bearer of a token that is no good any more whether the
// account is the cause: clients sign the person out by these texts. Where it is
// not, the error is otherwise.
func (t *Tokens) whyEnded(ctx context.Context, app pool.App, sub string, otherwise error) error {
	user, err := t.DB.Users.Get(ctx, app.Pool.ID, sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return errGone
	case err != nil:
		return err
	case user.Disabled:
		return errDisabled
	}
	return otherwise
}

// The refusals of a refresh token by the API.
var (
	errRefreshInvalid = &pool.Error{Kind: pool.NotAuthorized, Reason: "refresh"}
	errRefreshExpired = &pool.Error{Kind: pool.NotAuthorized, Reason: "refresh_expired"}
	errRefreshRevoked = &pool.Error{Kind: pool.NotAuthorized, Reason: "refresh_revoked"}
)

// Renew is Refresh in the API's words: it says why a token is refused, and
// names a reuse (Cognito: GetTokensFromRefreshToken).
func (t *Tokens) Renew(ctx context.Context, app pool.App, token string) (Set, error) {
	set, err := t.Refresh(ctx, app, token)
	if !errors.Is(err, errInvalidGrant) {
		return set, err
	}
	r, ok := t.openRefresh(app, token)
	if !ok {
		return set, errRefreshInvalid
	}
	grant, err := t.DB.Grants.Get(ctx, app.Pool.ID, r.Grant)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return set, errRefreshInvalid
	case err != nil:
		return set, err
	case !grant.Revoked && t.Now().UnixMilli() >= grant.RefreshUntil:
		return set, errRefreshExpired
	case r.Generation < grant.Generation:
		return set, pool.ErrRefreshReused
	}
	return set, t.whyEnded(ctx, app, grant.Sub, errRefreshRevoked)
}

// Usernames are the names with which a client may prove that it knows its
// secret for the holder of a refresh token: the username and the sub.
func (t *Tokens) Usernames(ctx context.Context, app pool.App, token string) ([]string, error) {
	r, ok := t.openRefresh(app, token)
	if !ok {
		return nil, errRefreshInvalid
	}
	_, user, err := t.liveGrant(ctx, app, r.Grant)
	if errors.Is(err, errInvalidGrant) {
		return nil, errRefreshInvalid
	}
	return []string{user.Username, user.Sub}, err
}
