package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

func (a *API) getUICustomization(ctx context.Context, _ *call, in *GetUICustomizationRequest) (*GetUICustomizationResponse, error) {
	c, err := a.Setup.UICustomization(ctx, in.UserPoolId, string(in.ClientId))
	if err != nil || c.Empty() {
		return &GetUICustomizationResponse{}, err
	}
	shown, err := a.customizationType(ctx, c)
	return &GetUICustomizationResponse{UICustomization: shown}, err
}

func (a *API) setUICustomization(ctx context.Context, _ *call, in *SetUICustomizationRequest) (*SetUICustomizationResponse, error) {
	ask := setup.CustomizationEntry{UserPoolID: in.UserPoolId, ClientID: string(in.ClientId), ImageFile: in.ImageFile}
	if in.CSS != nil {
		ask.CSS = *in.CSS
	}
	c, err := a.Setup.SetUICustomization(ctx, ask)
	if err != nil {
		return nil, err
	}
	shown, err := a.customizationType(ctx, c)
	return &SetUICustomizationResponse{UICustomization: shown}, err
}

func (a *API) customizationType(ctx context.Context, c pool.UICustomization) (UICustomizationType, error) {
	out := UICustomizationType{
		UserPoolId: c.UserPoolID, ClientId: Sensitive(c.ClientID), CreationDate: Time(c.CreationDate), LastModifiedDate: Time(c.LastModifiedDate),
	}
	if c.CSS != "" {
		out.CSS, out.CSSVersion = &c.CSS, new(c.CSSVersion())
	}
	if c.Logo == "" {
		return out, nil
	}
	domains, err := a.DB.DomainsOf(ctx, c.UserPoolID)
	if err != nil || len(domains) == 0 {
		return out, err
	}
	out.ImageUrl = new(pool.PublicBase(a.Accounts.URL, domains, domains[0].Domain) + c.LogoPath())
	return out, nil
}
