package store

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Grants are the token families, each under its id (the origin_jti).
type Grants struct{ db *DB }

func (g Grants) table(db *DB) Table[pool.Grant] {
	return Table[pool.Grant]{db: db, name: "grants", keys: []string{"pool", "id"}, expires: func(g *pool.Grant) int64 { return g.ExpiresAt }}
}

// Create writes a new grant, or returns ErrExists where its id was ended
// before it began (see [Codes.Spend]).
func (g Grants) Create(ctx context.Context, grant *pool.Grant) error {
	doc, err := g.db.encode(grant, "grants", []string{grant.UserPoolID, grant.ID})
	if err != nil {
		return err
	}
	rows, err := g.db.exec(ctx, `INSERT INTO grants (pool, id, client, sub, doc, version, expires) VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT DO NOTHING`,
		grant.UserPoolID, grant.ID, grant.ClientID, grant.Sub, doc, grant.ExpiresAt)
	if err == nil && rows == 0 {
		return ErrExists
	}
	return err
}

// Get returns the grant, or ErrNotFound.
func (g Grants) Get(ctx context.Context, poolID, id string) (pool.Grant, error) {
	grant, err := g.table(g.db).Get(ctx, poolID, id)
	grant.ID = id
	return grant, err
}

// Update changes the grant by f, which is pure.
func (g Grants) Update(ctx context.Context, poolID, id string, f func(*pool.Grant) error) (pool.Grant, error) {
	grant, err := g.table(g.db).Update(ctx, f, poolID, id)
	grant.ID = id
	return grant, err
}

// End revokes the grant. One that is not there yet is tombstoned until
// expires (ms): it cannot be created any more.
func (g Grants) End(ctx context.Context, poolID, id string, expires int64) error {
	return g.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		tombstone := pool.Grant{UserPoolID: poolID, ID: id, Revoked: true, ExpiresAt: expires}
		err := tx.Grants.Create(ctx, &tombstone)
		if !errors.Is(err, ErrExists) {
			return err
		}
		_, err = tx.Grants.Update(ctx, poolID, id, func(g *pool.Grant) error {
			g.Revoked = true
			return nil
		})
		if errors.Is(err, ErrNotFound) { // deleted meanwhile: ended
			return nil
		}
		return err
	})
}

// Delete removes a grant that there was: nothing makes one with its id again.
func (g Grants) Delete(ctx context.Context, poolID, id string) error {
	return g.table(g.db).Delete(ctx, poolID, id)
}

// OfUser returns at most limit grants of a user that end after now (ms), in the
// order of their ids from after on; revoked ones too.
func (g Grants) OfUser(ctx context.Context, user pool.User, now int64, after string, limit int) ([]pool.Grant, error) {
	return ofUser(ctx, g.db, userPage{"grants", "id", user, now, after, limit}, func(grant *pool.Grant, id string) { grant.ID = id })
}

// Sweep removes at most limit grants that expired before now (ms).
func (g Grants) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	return g.table(g.db).Sweep(ctx, now, limit)
}
