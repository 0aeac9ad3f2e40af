package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) setUserPoolSessionConfiguration(ctx context.Context, _ *call, in *SetUserPoolSessionConfigurationRequest) (*SetUserPoolSessionConfigurationResponse, error) {
	p, err := a.Setup.TrackSessions(ctx, in.UserPoolId, pool.UserSessions{
		UserSessionTracking: in.UserSessionTracking, TokenSession: &pool.TokenSession{MaxPerUser: in.TokenSession.MaxPerUser},
	})
	if err != nil {
		return nil, err
	}
	tracking, tokens := tracked(p)
	return &SetUserPoolSessionConfigurationResponse{UserPoolId: p.ID, UserSessionTracking: tracking, TokenSession: tokens}, nil
}

func (a *API) getUserPoolSessionConfiguration(ctx context.Context, _ *call, in *GetUserPoolSessionConfigurationRequest) (*GetUserPoolSessionConfigurationResponse, error) {
	p, err := a.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	tracking, tokens := tracked(p)
	return &GetUserPoolSessionConfigurationResponse{UserPoolId: p.ID, UserSessionTracking: tracking, TokenSession: tokens}, nil
}

// tracked is what a pool says of sessions. It names no MaxPerUser while there is
// none: a pool of which nothing was said sets no bound.
func tracked(p pool.Pool) (tracking string, tokens *UserPoolTokenSessionConfigType) {
	tracking = p.UserSessions.UserSessionTracking
	orDefault(&tracking, "ENABLED")
	if t := p.UserSessions.TokenSession; t != nil {
		tokens = &UserPoolTokenSessionConfigType{MaxPerUser: t.MaxPerUser}
	}
	return tracking, tokens
}

func (a *API) setUserPoolClientSessionConfiguration(ctx context.Context, _ *call, in *SetUserPoolClientSessionConfigurationRequest) (*SetUserPoolClientSessionConfigurationResponse, error) {
	c, err := a.Setup.ReuseSessions(ctx, in.UserPoolId, string(in.ClientId), pool.SSOSession{MaxValidityMinutes: in.SSOSession.MaxValidityMinutes})
	if err != nil {
		return nil, err
	}
	return &SetUserPoolClientSessionConfigurationResponse{
		UserPoolId: c.UserPoolID, ClientId: Sensitive(c.ID), SSOSession: &ClientSSOSessionConfigType{MaxValidityMinutes: c.ReuseMinutes()},
	}, nil
}

func (a *API) getUserPoolClientSessionConfiguration(ctx context.Context, _ *call, in *GetUserPoolClientSessionConfigurationRequest) (*GetUserPoolClientSessionConfigurationResponse, error) {
	app, err := a.appOf(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	return &GetUserPoolClientSessionConfigurationResponse{
		UserPoolId: app.Pool.ID, ClientId: Sensitive(app.Client.ID), SSOSession: &ClientSSOSessionConfigType{MaxValidityMinutes: app.Client.ReuseMinutes()},
	}, nil
}
