package store

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Customization is that of an app client, else that of all clients of the pool;
// an empty one where there is neither.
func (db *DB) Customization(ctx context.Context, poolID, clientID string) (c pool.UICustomization, err error) {
	for _, id := range []string{clientID, pool.AllClients} {
		if c, err = db.Brandings.Get(ctx, poolID, id); !errors.Is(err, ErrNotFound) {
			return c, err
		}
	}
	return pool.UICustomization{}, nil
}
