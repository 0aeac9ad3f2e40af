package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// claimsAsk is what shapes a pair of tokens beside the app and the user.
type claimsAsk struct {
	grant pool.Grant
	nonce string
}

// sign makes the ID token, where openid is among the scopes, and the access
// token.
func (t *Tokens) sign(ctx context.Context, app pool.App, user pool.User, ask claimsAsk) (Set, error) {
	keys, err := t.keysOf(ctx, app.Pool.ID)
	if err != nil {
		return Set{}, err
	}
	now := t.Now().Unix()
	common := map[string]any{
		"sub": user.Sub, "iss": t.Issuer(app.Pool), "iat": now, "auth_time": ask.grant.AuthTime / 1000, "event_id": pool.NewUUID(),
	}
	if app.Client.Revokes() || app.Client.Rotates() {
		common["origin_jti"] = ask.grant.ID
	}
	groups, err := t.DB.Members.GroupsOf(ctx, user, "", pool.MaxGroupsOfUser)
	if err != nil {
		return Set{}, err
	}
	member := pool.ClaimsOfGroups(groups)
	if len(member.Groups) > 0 {
		common["cognito:groups"] = member.Groups
	}
	life := int64(app.Client.AccessTokenLife().Seconds())
	set := Set{ExpiresIn: int(life)}
	if set.AccessToken, err = keys.access.jws(accessClaims(common, app, user, ask.grant, now+life)); err != nil {
		return Set{}, internal("signing an access token", err)
	}
	if ask.grant.API || slices.Contains(ask.grant.Scopes, pool.ScopeOpenID) {
		claims := idClaims(common, app, user, ask, now+int64(app.Client.IDTokenLife().Seconds()))
		nameRoles(claims, member)
		if !ask.grant.API {
			claims["at_hash"] = halfHash(set.AccessToken)
		}
		if set.IDToken, err = keys.id.jws(claims); err != nil {
			return Set{}, internal("signing an ID token", err)
		}
	}
	return set, nil
}

// accessClaims (Cognito: Understanding the access token).
func accessClaims(common map[string]any, app pool.App, user pool.User, grant pool.Grant, exp int64) map[string]any {
	claims := map[string]any{
		"token_use": "access", "scope": strings.Join(app.Client.StillAllowed(grant.Scopes), " "), "client_id": app.Client.ID,
		"username": user.Username, "exp": exp, "jti": pool.NewUUID(),
	}
	if !grant.API {
		claims["version"] = 2
	}
	if grant.Resource != "" {
		claims["aud"] = grant.Resource
	}
	for name, value := range common {
		claims[name] = value
	}
	return claims
}

// idClaims (Cognito: Understanding the identity (ID) token).
func idClaims(common map[string]any, app pool.App, user pool.User, ask claimsAsk, exp int64) map[string]any {
	claims, scopes := map[string]any{}, ask.grant.Scopes
	if ask.grant.API {
		scopes = []string{pool.ScopeOpenID} // alone it opens every readable attribute
	}
	for name, value := range app.ReadableAttributes(user, scopes) {
		claims[name] = idClaim(name, value)
	}
	for name, value := range common {
		claims[name] = value
	}
	claims["token_use"], claims["aud"], claims["cognito:username"], claims["exp"] = "id", app.Client.ID, user.Username, exp
	if _, revocable := common["origin_jti"]; revocable {
		claims["jti"] = pool.NewUUID()
	}
	if ask.nonce != "" {
		claims["nonce"] = ask.nonce
	}
	return claims
}

// nameRoles says in an ID token which roles somebody's groups stand for.
func nameRoles(claims map[string]any, member pool.GroupClaims) {
	if len(member.Roles) > 0 {
		claims["cognito:roles"] = member.Roles
	}
	if member.PreferredRole != "" {
		claims["cognito:preferred_role"] = member.PreferredRole
	}
}

// idClaim gives an attribute the JSON type that it has in ID tokens.
func idClaim(name, value string) any {
	switch name {
	case "email_verified", "phone_number_verified":
		return value == "true"
	case "address":
		return map[string]string{"formatted": value}
	case "updated_at":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	}
	return value
}

// halfHash is at_hash (OpenID Connect Core §3.1.3.6).
func halfHash(accessToken string) string {
	digest := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(digest[:16])
}
