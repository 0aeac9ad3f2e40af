package store

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Members say who is in which group.
type Members struct{ db *DB }

// clearBatch is how many members one statement takes out of a group, so that
// others who write wait for no longer than that takes.
const clearBatch = 1000

// Join puts a user in a group and says how many groups the user is in now; to
// be in it already is no error. It stands in a transaction that holds the rows
// of both, so that neither goes meanwhile.
func (m Members) Join(ctx context.Context, poolID, group, sub string) (groups int, err error) {
	_, err = m.db.exec(ctx, `INSERT INTO group_members (pool, name, sub) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, poolID, group, sub)
	if err != nil {
		return 0, err
	}
	err = m.db.queryRow(ctx, `SELECT count(*) FROM group_members WHERE pool = $1 AND sub = $2`, poolID, sub).Scan(&groups)
	return groups, err
}

// Leave takes a user out of a group; not to be in it is no error.
func (m Members) Leave(ctx context.Context, poolID, group, sub string) error {
	_, err := m.db.exec(ctx, `DELETE FROM group_members WHERE pool = $1 AND name = $2 AND sub = $3`, poolID, group, sub)
	return err
}

// Clear takes everybody out of a group, batch by batch.
func (m Members) Clear(ctx context.Context, poolID, group string) error {
	for {
		n, err := m.db.exec(ctx, `DELETE FROM group_members WHERE pool = $1 AND name = $2 AND sub IN (SELECT sub FROM group_members WHERE pool = $1 AND name = $2 LIMIT $3)`,
			poolID, group, clearBatch)
		if err != nil || n < clearBatch {
			return err
		}
	}
}

// GroupsOf returns at most limit groups of a user, in the order of their names
// from after on. For somebody who was never put in one it asks nothing.
func (m Members) GroupsOf(ctx context.Context, user pool.User, after string, limit int) ([]pool.Group, error) {
	if !user.Grouped {
		return nil, nil
	}
	return list[pool.Group](ctx, m.db, listing{
		table: "user_groups", keys: []string{user.UserPoolID}, bound: []any{user.UserPoolID, user.Sub, after, limit},
		query: `SELECT g.name, g.doc FROM group_members m JOIN user_groups g ON g.pool = m.pool AND g.name = m.name
			WHERE m.pool = $1 AND m.sub = $2 AND m.name > $3 ORDER BY m.name LIMIT $4`,
	}, nil)
}

// UsersIn returns at most limit users of a group, in the order of their subs
// from after on.
func (m Members) UsersIn(ctx context.Context, group pool.Group, after string, limit int) ([]pool.User, error) {
	return list[pool.User](ctx, m.db, listing{
		table: "users", keys: []string{group.UserPoolID}, bound: []any{group.UserPoolID, group.GroupName, after, limit},
		query: `SELECT u.sub, u.doc FROM group_members m JOIN users u ON u.pool = m.pool AND u.sub = m.sub
			WHERE m.pool = $1 AND m.name = $2 AND m.sub > $3 ORDER BY m.sub LIMIT $4`,
	}, nil)
}
