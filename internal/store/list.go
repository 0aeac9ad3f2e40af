package store

import "context"

// listing is a query that gives the last part of a key and a document a row.
type listing struct {
	table, query string
	bound        []any
	keys         []string // the parts of each key before its last
}

// list reads what a listing gives; name, if it is there, puts the last part of
// the key back into the value.
func list[T any](ctx context.Context, db *DB, l listing, name func(*T, string)) ([]T, error) {
	rows, err := db.query(ctx, l.query, l.bound...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var key, doc string
		var v T
		if err := rows.Scan(&key, &doc); err != nil {
			return nil, err
		}
		if err := db.decode(doc, &v, l.table, append(append([]string{}, l.keys...), key)); err != nil {
			return nil, err
		}
		if name != nil {
			name(&v, key)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}
