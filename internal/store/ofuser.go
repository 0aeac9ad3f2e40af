package store

import (
	"context"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// ofUser returns at most limit rows of a table that belong to a user and end
// after now (ms), in the order of their keys from after on.
func ofUser[T any](ctx context.Context, db *DB, page userPage, name func(*T, string)) ([]T, error) {
	table, key := page.table, page.key
	return list(ctx, db, listing{
		table: table, keys: []string{page.user.UserPoolID},
		query: fmt.Sprintf(`SELECT %s, doc FROM %s WHERE pool = $1 AND sub = $2 AND %s > $3 AND expires > $4 ORDER BY %s LIMIT $5`, key, table, key, key),
		bound: []any{page.user.UserPoolID, page.user.Sub, page.after, page.now, page.limit},
	}, name)
}

// userPage is which rows of a user are asked for.
type userPage struct {
	table, key string // the key is of one part beside the pool
	user       pool.User
	now        int64 // ms
	after      string
	limit      int
}
