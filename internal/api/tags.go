package api

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func (a *API) tagResource(ctx context.Context, _ *call, in *TagResourceRequest) (*TagResourceResponse, error) {
	return &TagResourceResponse{}, a.Setup.Tag(ctx, a.resource(in.ResourceArn), in.Tags)
}

func (a *API) untagResource(ctx context.Context, _ *call, in *UntagResourceRequest) (*UntagResourceResponse, error) {
	return &UntagResourceResponse{}, a.Setup.Untag(ctx, a.resource(in.ResourceArn), in.TagKeys)
}

func (a *API) listTagsForResource(ctx context.Context, _ *call, in *ListTagsForResourceRequest) (*ListTagsForResourceResponse, error) {
	tags, err := a.Setup.Tags(ctx, a.resource(in.ResourceArn))
	if tags == nil {
		tags = map[string]string{}
	}
	return &ListTagsForResourceResponse{Tags: tags}, err
}

func (a *API) resource(arn string) pool.ResourceARN {
	return pool.ResourceARN{ARN: arn, Account: a.Account}
}
