package store

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Users are the accounts, found by sub or by one of their names. The names are
// a table of their own: its primary key decides who has one.
type Users struct{ db *DB }

func (u Users) table(db *DB) Table[pool.User] {
	return Table[pool.User]{db: db, name: "users", keys: []string{"pool", "sub"}}
}

// Get returns the user with the sub, or ErrNotFound.
func (u Users) Get(ctx context.Context, poolID, sub string) (pool.User, error) {
	return u.table(u.db).Get(ctx, poolID, sub)
}

// ByName returns the user whom name leads to, or ErrNotFound: one round trip
// whether there is one or not.
func (u Users) ByName(ctx context.Context, poolID string, name pool.Name) (pool.User, error) {
	var sub, doc string
	err := u.db.queryRow(ctx, `SELECT u.sub, u.doc FROM user_names n JOIN users u ON u.pool = n.pool AND u.sub = n.sub
		WHERE n.pool = $1 AND n.kind = $2 AND n.folded = $3`, poolID, string(name.Kind), name.Folded).Scan(&sub, &doc)
	var user pool.User
	if err == nil {
		err = u.db.decode(doc, &user, "users", []string{poolID, sub})
	}
	return user, err
}

// Create writes a new user with its names, or returns ErrExists, naming nobody,
// when a name is taken. Nothing is written then.
func (u Users) Create(ctx context.Context, user *pool.User, names []pool.Name) error {
	return u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		for _, n := range names {
			rows, err := tx.exec(ctx, `INSERT INTO user_names (pool, kind, folded, sub) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
				user.UserPoolID, string(n.Kind), n.Folded, user.Sub)
			if err != nil {
				return err
			}
			if rows == 0 {
				return ErrExists
			}
		}
		doc, err := tx.encode(user, "users", []string{user.UserPoolID, user.Sub})
		if err != nil {
			return err
		}
		rows, err := tx.exec(ctx, `INSERT INTO users (pool, sub, doc, version) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING`, user.UserPoolID, user.Sub, doc)
		if err == nil && rows == 0 {
			return errors.New("a new sub was there already")
		}
		return err
	})
}

// Update changes the user by f, which is pure; names stay as they are.
func (u Users) Update(ctx context.Context, poolID, sub string, f func(*pool.User) error) (pool.User, error) {
	return u.table(u.db).Update(ctx, f, poolID, sub)
}
