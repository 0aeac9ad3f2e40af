package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

func (a *API) createUserPoolClient(ctx context.Context, _ *call, in *CreateUserPoolClientRequest) (*CreateUserPoolClientResponse, error) {
	var entry setup.ClientEntry
	if err := fromRequest(in, &entry); err != nil {
		return nil, err
	}
	c, err := a.Setup.CreateClient(ctx, entry)
	if err != nil {
		return nil, err
	}
	out, err := clientType(c)
	return &CreateUserPoolClientResponse{UserPoolClient: out}, err
}

func (a *API) describeUserPoolClient(ctx context.Context, _ *call, in *DescribeUserPoolClientRequest) (*DescribeUserPoolClientResponse, error) {
	app, err := a.appOf(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	out, err := clientType(app.Client)
	return &DescribeUserPoolClientResponse{UserPoolClient: out}, err
}

func (a *API) updateUserPoolClient(ctx context.Context, _ *call, in *UpdateUserPoolClientRequest) (*UpdateUserPoolClientResponse, error) {
	var entry setup.ClientEntry
	if err := fromRequest(in, &entry); err != nil {
		return nil, err
	}
	c, err := a.Setup.UpdateClient(ctx, entry)
	if err != nil {
		return nil, err
	}
	out, err := clientType(c)
	return &UpdateUserPoolClientResponse{UserPoolClient: out}, err
}

func (a *API) deleteUserPoolClient(ctx context.Context, _ *call, in *DeleteUserPoolClientRequest) error {
	return a.Setup.DeleteClient(ctx, in.UserPoolId, string(in.ClientId))
}

func (a *API) listUserPoolClients(ctx context.Context, _ *call, in *ListUserPoolClientsRequest) (*ListUserPoolClientsResponse, error) {
	ask := pageAsk{"ListUserPoolClients|" + in.UserPoolId, in.NextToken, limitOf(in.MaxResults, 60)}
	clients, next, err := paged(a, ask, func(after string, limit int) ([]pool.Client, error) {
		if _, err := a.pool(ctx, in.UserPoolId); err != nil || in.ClientType == "DCR" { // none registered itself here
			return nil, err
		}
		return a.DB.Clients.List(ctx, after, limit, in.UserPoolId)
	}, func(c pool.Client) string { return c.ID })
	if err != nil {
		return nil, err
	}
	out := &ListUserPoolClientsResponse{UserPoolClients: []UserPoolClientDescription{}, NextToken: next}
	for _, c := range clients {
		out.UserPoolClients = append(out.UserPoolClients, UserPoolClientDescription{ClientId: Sensitive(c.ID), UserPoolId: c.UserPoolID, ClientName: c.ClientName})
	}
	return out, nil
}

// clientType is a client as the API shows it, its secret among it: its
// settings, and Cognito's defaults where nothing was said.
func clientType(c pool.Client) (*UserPoolClientType, error) {
	out := &UserPoolClientType{
		UserPoolId: c.UserPoolID, ClientId: Sensitive(c.ID), ClientSecret: Sensitive(c.Secret.Reveal()),
		CreationDate: Time(c.CreationDate), LastModifiedDate: Time(c.LastModifiedDate), EnablePropagateAdditionalUserContextData: new(false),
	}
	if err := convert(c.ClientSettings, out); err != nil {
		return nil, err
	}
	if out.RefreshTokenValidity == nil || *out.RefreshTokenValidity == 0 {
		out.RefreshTokenValidity = new(30)
	}
	if out.TokenValidityUnits == nil {
		out.TokenValidityUnits = &TokenValidityUnitsType{}
	}
	if out.AllowedOAuthFlowsUserPoolClient == nil {
		out.AllowedOAuthFlowsUserPoolClient = new(false)
	}
	if out.EnableTokenRevocation == nil {
		out.EnableTokenRevocation = new(true)
	}
	if out.AuthSessionValidity == nil {
		out.AuthSessionValidity = new(3)
	}
	return out, nil
}
