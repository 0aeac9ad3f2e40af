package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

func (a *API) createIdentityProvider(ctx context.Context, _ *call, in *CreateIdentityProviderRequest) (*CreateIdentityProviderResponse, error) {
	var entry setup.ProviderEntry
	if err := fromRequest(in, &entry); err != nil {
		return nil, err
	}
	p, err := a.Setup.CreateIdentityProvider(ctx, entry.Provider())
	if err != nil {
		return nil, err
	}
	out, err := providerType(p)
	return &CreateIdentityProviderResponse{IdentityProvider: out}, err
}

func (a *API) describeIdentityProvider(ctx context.Context, _ *call, in *DescribeIdentityProviderRequest) (*DescribeIdentityProviderResponse, error) {
	p, err := a.Setup.IdentityProvider(ctx, in.UserPoolId, in.ProviderName)
	if err != nil {
		return nil, err
	}
	out, err := providerType(p)
	return &DescribeIdentityProviderResponse{IdentityProvider: out}, err
}

func (a *API) getIdentityProviderByIdentifier(ctx context.Context, _ *call, in *GetIdentityProviderByIdentifierRequest) (*GetIdentityProviderByIdentifierResponse, error) {
	p, err := a.Setup.IdentityProviderBy(ctx, in.UserPoolId, in.IdpIdentifier)
	if err != nil {
		return nil, err
	}
	out, err := providerType(p)
	return &GetIdentityProviderByIdentifierResponse{IdentityProvider: out}, err
}

func (a *API) updateIdentityProvider(ctx context.Context, _ *call, in *UpdateIdentityProviderRequest) (*UpdateIdentityProviderResponse, error) {
	var ask pool.ProviderSettings
	if err := fromRequest(in, &ask, "UserPoolId", "ProviderName"); err != nil {
		return nil, err
	}
	p, err := a.Setup.UpdateIdentityProvider(ctx, in.UserPoolId, in.ProviderName, ask)
	if err != nil {
		return nil, err
	}
	out, err := providerType(p)
	return &UpdateIdentityProviderResponse{IdentityProvider: out}, err
}

func (a *API) deleteIdentityProvider(ctx context.Context, _ *call, in *DeleteIdentityProviderRequest) error {
	return a.Setup.DeleteIdentityProvider(ctx, in.UserPoolId, in.ProviderName)
}

func (a *API) listIdentityProviders(ctx context.Context, _ *call, in *ListIdentityProvidersRequest) (*ListIdentityProvidersResponse, error) {
	ask := pageAsk{"ListIdentityProviders|" + in.UserPoolId, in.NextToken, limitOf(in.MaxResults, 60)}
	providers, next, err := paged(a, ask, func(after string, limit int) ([]pool.IdentityProvider, error) {
		if _, err := a.pool(ctx, in.UserPoolId); err != nil {
			return nil, err
		}
		return a.DB.Providers.List(ctx, after, limit, in.UserPoolId)
	}, func(p pool.IdentityProvider) string { return p.ProviderName })
	if err != nil {
		return nil, err
	}
	out := &ListIdentityProvidersResponse{Providers: []ProviderDescription{}, NextToken: next}
	for _, p := range providers {
		out.Providers = append(out.Providers, ProviderDescription{
			ProviderName: p.ProviderName, ProviderType: p.ProviderType, CreationDate: Time(p.CreationDate), LastModifiedDate: Time(p.LastModifiedDate),
		})
	}
	return out, nil
}

// providerType is a provider as the API shows it: the client secret among its
// details, and no private key.
func providerType(p pool.IdentityProvider) (IdentityProviderType, error) {
	p.ProviderDetails.PrivateKey = ""
	out := IdentityProviderType{
		UserPoolId: p.UserPoolID, ProviderName: p.ProviderName, ProviderType: p.ProviderType,
		CreationDate: Time(p.CreationDate), LastModifiedDate: Time(p.LastModifiedDate),
	}
	return out, convert(p.ProviderSettings, &out)
}
