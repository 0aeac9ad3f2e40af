package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

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

// ByName returns the user whom name leads to, or ErrNotFound.
func (u Users) ByName(ctx context.Context, poolID string, name pool.Name) (pool.User, error) {
	return u.ByNames(ctx, poolID, []pool.Name{name})
}

// ByNames returns the user whom the first of names leads to that leads to
// anybody, or ErrNotFound: one round trip whether there is somebody or not.
func (u Users) ByNames(ctx context.Context, poolID string, names []pool.Name) (pool.User, error) {
	bound, parts := []any{poolID}, make([]string, len(names))
	for i, n := range names {
		at := len(bound) + 1
		if n.Kind == pool.NameSub {
			parts[i] = fmt.Sprintf("SELECT sub, %d AS place FROM users WHERE pool = $1 AND sub = $%d", i, at)
			bound = append(bound, n.Folded)
			continue
		}
		parts[i] = fmt.Sprintf("SELECT sub, %d AS place FROM user_names WHERE pool = $1 AND kind = $%d AND folded = $%d", i, at, at+1)
		bound = append(bound, string(n.Claim().Kind), n.Folded)
	}
	query := "SELECT u.sub, u.doc FROM (" + strings.Join(parts, " UNION ALL ") + ") n JOIN users u ON u.pool = $1 AND u.sub = n.sub ORDER BY n.place LIMIT 1"
	var sub, doc string
	var user pool.User
	err := u.db.queryRow(ctx, query, bound...).Scan(&sub, &doc)
	if err == nil {
		err = u.db.decode(doc, &user, "users", []string{poolID, sub})
	}
	return user, err
}

// Create writes a new user with its names, or returns a [TakenError] when a
// name is taken. Nothing is written then.
func (u Users) Create(ctx context.Context, user *pool.User, names []pool.Name) error {
	return u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		for _, n := range names {
			if err := tx.Users.claim(ctx, user, n); err != nil {
				return err
			}
		}
		if err := tx.Users.insert(ctx, user); err != nil {
			return err
		}
		return tx.Users.count(ctx, user.UserPoolID, user.Sub, 1)
	})
}

func (u Users) insert(ctx context.Context, user *pool.User) error {
	doc, err := u.db.encode(user, "users", []string{user.UserPoolID, user.Sub})
	if err != nil {
		return err
	}
	rows, err := u.db.exec(ctx, `INSERT INTO users (pool, sub, doc, version) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING`, user.UserPoolID, user.Sub, doc)
	if err == nil && rows == 0 {
		return errors.New("a new sub was there already")
	}
	if err != nil {
		return err
	}
	return u.index(ctx, user, user.Searched())
}

// Delete removes the user with its names and out of its groups, or returns
// ErrNotFound. Whatever else names the sub (grants, sessions, codes) leads to
// nobody from then on, and is swept when its time is over: a sub is never given
// again.
func (u Users) Delete(ctx context.Context, poolID, sub string) error {
	return u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var doc string
		var user pool.User
		err := tx.returning(ctx, `DELETE FROM users WHERE pool = $1 AND sub = $2 RETURNING doc`, poolID, sub).Scan(&doc)
		if err == nil {
			err = tx.decode(doc, &user, "users", []string{poolID, sub})
		}
		if err != nil {
			return err
		}
		if err := tx.Users.unindex(ctx, &user, user.Searched()); err != nil {
			return err
		}
		for _, statement := range []string{`DELETE FROM user_names WHERE pool = $1 AND sub = $2`, `DELETE FROM group_members WHERE pool = $1 AND sub = $2`} {
			if _, err := tx.exec(ctx, statement, poolID, sub); err != nil {
				return err
			}
		}
		return tx.Users.count(ctx, poolID, sub, -1)
	})
}

// Update changes the user by f, which is pure; names stay as they are. What f
// does to attributes that are names goes through [Users.UpdateNamed].
func (u Users) Update(ctx context.Context, poolID, sub string, f func(*pool.User) error) (pool.User, error) {
	var user pool.User
	err := u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var before []pool.SearchedValue
		var err error
		user, err = tx.Users.table(tx).Update(ctx, func(now *pool.User) error {
			before = now.Searched()
			return f(now)
		}, poolID, sub)
		if err != nil {
			return err
		}
		return tx.Users.reindex(ctx, &user, before)
	})
	return user, err
}
