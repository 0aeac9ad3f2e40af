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
	list, limit := "ListResourceServers|"+in.UserPoolId, 50
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	after, err := a.afterToken(list, in.NextToken)
	if err != nil {
		return nil, err
	}
	if _, err := a.pool(ctx, in.UserPoolId); err != nil {
		return nil, err
	}
	servers, err := a.DB.ResourceServers.List(ctx, after, limit+1, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	servers, last := page(servers, limit, func(r pool.ResourceServer) string { return r.Identifier })
	out := &ListResourceServersResponse{ResourceServers: []ResourceServerType{}}
	if last != "" {
		out.NextToken = a.nextToken(list, last)
	}
	return out, convert(append([]pool.ResourceServer{}, servers...), &out.ResourceServers)
}

// resourceServer reads a request that makes or changes one.
func resourceServer(in any) (r pool.ResourceServer, err error) {
	err = fromRequest(in, &r)
	return r, err
}
