package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) getUserPoolMfaConfig(ctx context.Context, _ *call, in *GetUserPoolMfaConfigRequest) (*GetUserPoolMfaConfigResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &GetUserPoolMfaConfigResponse{MfaConfiguration: p.MFA()}, nil
}

// setUserPoolMfaConfig writes nothing: what differs from OFF is refused.
func (a *API) setUserPoolMfaConfig(ctx context.Context, _ *call, in *SetUserPoolMfaConfigRequest) (*SetUserPoolMfaConfigResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	var ask pool.MFA
	if err := convert(in, &ask); err != nil {
		return nil, err
	}
	if err := ask.Check(); err != nil {
		return nil, err
	}
	return &SetUserPoolMfaConfigResponse{MfaConfiguration: p.MFA()}, nil
}
