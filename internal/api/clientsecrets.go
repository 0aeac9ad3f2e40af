package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// addUserPoolClientSecret shows a secret that was made for it, this once.
func (a *API) addUserPoolClientSecret(ctx context.Context, _ *call, in *AddUserPoolClientSecretRequest) (*AddUserPoolClientSecretResponse, error) {
	c, added, err := a.Setup.AddSecret(ctx, in.UserPoolId, string(in.ClientId), pool.Secret(in.ClientSecret))
	if err != nil {
		return nil, err
	}
	out := secretType(c, added)
	if in.ClientSecret == "" {
		out.ClientSecretValue = Sensitive(added.Value.Reveal())
	}
	return &AddUserPoolClientSecretResponse{ClientSecretDescriptor: &out}, nil
}

// listUserPoolClientSecrets has one page: no client has more than two secrets.
func (a *API) listUserPoolClientSecrets(ctx context.Context, _ *call, in *ListUserPoolClientSecretsRequest) (*ListUserPoolClientSecretsResponse, error) {
	app, err := a.appOf(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil {
		return nil, err
	}
	if in.NextToken != "" {
		return nil, &pool.Error{Kind: pool.InvalidParameter, Reason: "pagination"}
	}
	out := &ListUserPoolClientSecretsResponse{ClientSecrets: []ClientSecretDescriptorType{}}
	for _, s := range app.Client.Secrets() {
		out.ClientSecrets = append(out.ClientSecrets, secretType(app.Client, s))
	}
	return out, nil
}

func (a *API) deleteUserPoolClientSecret(ctx context.Context, _ *call, in *DeleteUserPoolClientSecretRequest) (*DeleteUserPoolClientSecretResponse, error) {
	return &DeleteUserPoolClientSecretResponse{}, a.Setup.DeleteSecret(ctx, in.UserPoolId, string(in.ClientId), in.ClientSecretId)
}

// secretType describes a secret without its value.
func secretType(c pool.Client, s pool.ClientSecret) ClientSecretDescriptorType {
	return ClientSecretDescriptorType{ClientSecretId: c.SecretID(s), ClientSecretCreateDate: Time(s.CreatedAt)}
}
