package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/pressly/goose/v3"
)

const (
	userIndexVersion = 8
	userIndexFile    = "0008_user_index.sql"
	fillBatch        = 500 // users in memory at a time
)

// userIndexMigration makes the table of the index and writes it for the users
// who are there, all or nothing.
func (db *DB) userIndexMigration(files fs.FS) *goose.Migration {
	return goose.NewGoMigration(userIndexVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		table, err := fs.ReadFile(files, userIndexFile)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, string(table)); err != nil {
			return err
		}
		users, last := bind(db.h, tx).Users, pool.User{}
		for {
			batch, err := users.following(ctx, last, fillBatch)
			if err != nil || len(batch) == 0 {
				return err
			}
			for _, user := range batch {
				if err := users.index(ctx, &user, user.Searched()); err != nil {
					return err
				}
			}
			last = batch[len(batch)-1]
		}
	}}, nil)
}

// following returns the next users of all pools. Their secrets stay sealed: the
// master key is not needed.
func (u Users) following(ctx context.Context, last pool.User, limit int) ([]pool.User, error) {
	rows, err := u.db.query(ctx, `SELECT pool, sub, doc FROM users WHERE (pool, sub) > ($1, $2) ORDER BY pool, sub LIMIT $3`, last.UserPoolID, last.Sub, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []pool.User
	for rows.Next() {
		var poolID, sub, doc string
		var user pool.User
		if err := rows.Scan(&poolID, &sub, &doc); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(doc), &user); err != nil {
			return nil, fmt.Errorf("reading a row of users: %w", err)
		}
		user.UserPoolID, user.Sub = poolID, sub
		out = append(out, user)
	}
	return out, rows.Err()
}
