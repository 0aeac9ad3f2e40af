package api

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

func (a *API) createUserPoolDomain(ctx context.Context, _ *call, in *CreateUserPoolDomainRequest) (*CreateUserPoolDomainResponse, error) {
	var d pool.Domain
	if err := fromRequest(in, &d); err != nil {
		return nil, err
	}
	out := &CreateUserPoolDomainResponse{ManagedLoginVersion: version(d), CloudFrontDomain: a.leadsTo(d)}
	return out, a.Setup.CreateDomain(ctx, d)
}

// describeUserPoolDomain answers with an empty description where there is no
// such domain: that is how programs look whether one is free.
func (a *API) describeUserPoolDomain(ctx context.Context, _ *call, in *DescribeUserPoolDomainRequest) (*DescribeUserPoolDomainResponse, error) {
	out := &DomainDescriptionType{}
	d, err := a.DB.Domain(ctx, in.Domain)
	if errors.Is(err, store.ErrNotFound) {
		return &DescribeUserPoolDomainResponse{DomainDescription: out}, nil
	}
	if err != nil {
		return nil, err
	}
	if err := convert(d, out); err != nil {
		return nil, err
	}
	out.AWSAccountId, out.Status, out.ManagedLoginVersion, out.CloudFrontDistribution = a.Account, "ACTIVE", version(d), &a.Host
	return &DescribeUserPoolDomainResponse{DomainDescription: out}, nil
}

func (a *API) updateUserPoolDomain(ctx context.Context, _ *call, in *UpdateUserPoolDomainRequest) (*UpdateUserPoolDomainResponse, error) {
	var d pool.Domain
	if err := fromRequest(in, &d); err != nil {
		return nil, err
	}
	out := &UpdateUserPoolDomainResponse{ManagedLoginVersion: version(d), CloudFrontDomain: a.leadsTo(d)}
	return out, a.Setup.UpdateDomain(ctx, d)
}

func (a *API) deleteUserPoolDomain(ctx context.Context, _ *call, in *DeleteUserPoolDomainRequest) (*DeleteUserPoolDomainResponse, error) {
	return &DeleteUserPoolDomainResponse{}, a.Setup.DeleteDomain(ctx, in.UserPoolId, in.Domain)
}

// version is that of the pages; all are the same here, and 1 is Cognito's
// default.
func version(d pool.Domain) *int {
	v := int(d.ManagedLoginVersion)
	orDefault(&v, 1)
	return &v
}

// leadsTo is where a custom domain's DNS entry is to point; a prefix needs none.
func (a *API) leadsTo(d pool.Domain) string {
	if !d.Custom() {
		return ""
	}
	return a.Host
}
