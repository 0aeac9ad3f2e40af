package setup

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Tags returns the tags of the pool that an ARN names (Cognito:
// ListTagsForResource).
func (s *Setup) Tags(ctx context.Context, arn pool.ResourceARN) (map[string]string, error) {
	id, err := arn.Pool()
	if err != nil {
		return nil, err
	}
	p, err := poolOf(ctx, s.DB, id)
	return p.UserPoolTags, err
}

// Tag gives tags to the pool that an ARN names (Cognito: TagResource).
func (s *Setup) Tag(ctx context.Context, arn pool.ResourceARN, tags map[string]string) error {
	return s.retag(ctx, arn, func(p pool.Settings) (pool.Settings, error) { return p.Tagged(tags) })
}

// Untag takes the tags of those keys from the pool that an ARN names (Cognito:
// UntagResource).
func (s *Setup) Untag(ctx context.Context, arn pool.ResourceARN, keys []string) error {
	return s.retag(ctx, arn, func(p pool.Settings) (pool.Settings, error) { return p.Untagged(keys), nil })
}

// retag changes a pool's tags and nothing else of it: two such changes at once
// are both made.
func (s *Setup) retag(ctx context.Context, arn pool.ResourceARN, f func(pool.Settings) (pool.Settings, error)) error {
	id, err := arn.Pool()
	if err != nil {
		return err
	}
	_, err = s.DB.Pools.Update(ctx, func(p *pool.Pool) (err error) {
		p.Settings, err = f(p.Settings)
		return err
	}, id)
	return orNoPool(err, id)
}
