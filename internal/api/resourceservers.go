package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) createResourceServer(ctx context.Context, _ *call, in *CreateResourceServerRequest) (*CreateResourceServerResponse, error) {
	r, err := resourceServer(in)
	if err != nil {
		return nil, err
	}
	out := &CreateResourceServerResponse{}
	if err := a.Setup.CreateResourceServer(ctx, r); err != nil {
		return nil, err
	}
	return out, convert(r, &out.ResourceServer)
}

func (a *API) describeResourceServer(ctx context.Context, _ *call, in *DescribeResourceServerRequest) (*DescribeResourceServerResponse, error) {
	r, err := a.Setup.ResourceServer(ctx, in.UserPoolId, in.Identifier)
	if err != nil {
		return nil, err
	}
	out := &DescribeResourceServerResponse{}
	return out, convert(r, &out.ResourceServer)
}

func (a *API) updateResourceServer(ctx context.Context, _ *call, in *UpdateResourceServerRequest) (*UpdateResourceServerResponse, error) {
	r, err := resourceServer(in)
	if err != nil {
		return nil, err
	}
	out := &UpdateResourceServerResponse{}
	if err := a.Setup.UpdateResourceServer(ctx, r); err != nil {
		return nil, err
	}
	return out, convert(r, &out.ResourceServer)
}

func (a *API) deleteResourceServer(ctx context.Context, _ *call, in *DeleteResourceServerRequest) error {
	return a.Setup.DeleteResourceServer(ctx, in.UserPoolId, in.Identifier)
}

func (a *API) listResourceServers(ctx context.Context, _ *call, in *ListResourceServersRequest) (*ListResourceServersResponse, error) {
	ask := pageAsk{"ListResourceServers|" + in.UserPoolId, in.NextToken, limitOf(in.MaxResults, 50)}
	servers, next, err := paged(a, ask, func(after string, limit int) ([]pool.ResourceServer, error) {
		if _, err := a.pool(ctx, in.UserPoolId); err != nil {
			return nil, err
		}
		return a.DB.ResourceServers.List(ctx, after, limit, in.UserPoolId)
	}, func(r pool.ResourceServer) string { return r.Identifier })
	if err != nil {
		return nil, err
	}
	out := &ListResourceServersResponse{ResourceServers: []ResourceServerType{}, NextToken: next}
	return out, convert(append([]pool.ResourceServer{}, servers...), &out.ResourceServers)
}

// resourceServer reads a request that makes or changes one.
func resourceServer(in any) (r pool.ResourceServer, err error) {
	err = fromRequest(in, &r)
	return r, err
}
