package token

import (
	"context"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Machine gives an access token to an app client on its own behalf: nobody
// signed in, so there is no grant, no ID token and nothing to refresh or revoke
// (RFC 6749 §4.4; Cognito: Scopes, M2M, and resource servers). The client is
// authenticated already; one without a secret never is.
func (t *Tokens) Machine(ctx context.Context, app pool.App, scope string) (set Set, err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventToken, t.Now)
	defer t.DB.Events.Close(ctx, note, &err)
	if !app.Client.AllowsFlow("client_credentials") || app.Client.Public() {
		return Set{}, because(errUnauthorized, pool.ReasonFlow)
	}
	scopes, err := app.Client.MachineScopes(scope)
	if err != nil {
		return Set{}, because(errInvalidScope, pool.ReasonScope)
	}
	keys, err := t.keysOf(ctx, app.Pool.ID)
	if err != nil {
		return Set{}, err
	}
	now, life := t.Now().Unix(), int64(app.Client.AccessTokenLife().Seconds())
	accessToken, err := keys.access.jws(map[string]any{
		"sub": app.Client.ID, "token_use": "access", "scope": strings.Join(scopes, " "), "auth_time": now, "iss": t.Issuer(app.Pool),
		"exp": now + life, "iat": now, "version": 2, "jti": pool.NewUUID(), "client_id": app.Client.ID,
	})
	return Set{AccessToken: accessToken, ExpiresIn: int(life)}, internal("signing an access token", err)
}
