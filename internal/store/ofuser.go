package store

import (
	"context"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// ofUser returns at most limit rows of a table that belong to a user and end
// after now (ms), in the order of their keys from after on; name puts the key
// back into the value.
func ofUser[T any](ctx context.Context, db *DB, table, key string, page userPage, name func(*T, string)) ([]T, error) {
	rows, err := db.query(ctx, fmt.Sprintf(`SELECT %s, doc FROM %s WHERE pool = $1 AND sub = $2 AND %s > $3 AND expires > $4 ORDER BY %s LIMIT $5`, key, table, key, key),
		page.user.UserPoolID, page.user.Sub, page.after, page.now, page.limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var id, doc string
		var v T
		if err := rows.Scan(&id, &doc); err != nil {
			return nil, err
		}
		if err := db.decode(doc, &v, table, []string{page.user.UserPoolID, id}); err != nil {
			return nil, err
		}
		name(&v, id)
		out = append(out, v)
	}
	return out, rows.Err()
}

// userPage is which rows of a user are asked for.
type userPage struct {
	user  pool.User
	now   int64 // ms
	after string
	limit int
}
