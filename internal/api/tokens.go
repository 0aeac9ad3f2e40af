package api

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/token"
)

// getTokensFromRefreshToken takes the client's secret itself, not a hash.
func (a *API) getTokensFromRefreshToken(ctx context.Context, _ *call, in *GetTokensFromRefreshTokenRequest) (*GetTokensFromRefreshTokenResponse, error) {
	app, err := a.app(ctx, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	if !app.Client.CheckSecret(string(in.ClientSecret)) {
		return nil, &pool.Error{Kind: pool.NotAuthorized, Reason: "secret_hash_auth", Args: map[string]string{"client": app.Client.ID}}
	}
	set, err := a.Tokens.Renew(ctx, app, string(in.RefreshToken))
	if err != nil {
		return nil, err
	}
	return &GetTokensFromRefreshTokenResponse{AuthenticationResult: authenticated(set).AuthenticationResult}, nil
}

func (a *API) revokeToken(ctx context.Context, _ *call, in *RevokeTokenRequest) (*RevokeTokenResponse, error) {
	app, err := a.app(ctx, string(in.ClientId))
	if pool.AsError(err) != nil || err == nil && !app.Client.CheckSecret(string(in.ClientSecret)) {
		return nil, &pool.Error{Kind: "Unauthorized"}
	}
	if err != nil {
		return nil, err
	}
	if !app.Client.Revokes() {
		return nil, &pool.Error{Kind: pool.UnsupportedOperation, Reason: "revocation"}
	}
	revoke := a.Tokens.Revoke
	if linked(in.RevokeAssociatedSessions) {
		revoke = a.Tokens.RevokeLinked
	}
	err = revoke(ctx, app, string(in.Token))
	if refused, ok := errors.AsType[*token.OAuthError](err); ok {
		if refused.Code == "unsupported_token_type" {
			return nil, &pool.Error{Kind: pool.UnsupportedTokenType}
		}
		return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "required", Field: "token"}
	}
	return &RevokeTokenResponse{}, err
}
