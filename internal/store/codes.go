package store

import (
	"context"
	"errors"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Codes are the authorization codes, each under its SHA-256.
type Codes struct{ db *DB }

// codeMemory is how long a code is remembered past its expiry, so that a late
// replay still ends what it gave.
const codeMemory = 24 * time.Hour

// ErrSpent says that a code was redeemed before. The grant it gave is ended.
var ErrSpent = errors.New("the code was spent already")

// Create writes a new code.
func (c Codes) Create(ctx context.Context, code *pool.AuthorizationCode) error {
	doc, err := c.db.encode(code, "codes", []string{code.UserPoolID, code.Hash})
	if err != nil {
		return err
	}
	_, err = c.db.exec(ctx, `INSERT INTO codes (pool, hash, client, grant_id, spent, doc, expires) VALUES ($1, $2, $3, $4, 0, $5, $6)`,
		code.UserPoolID, code.Hash, code.ClientID, code.GrantID, doc, code.ExpiresAt+codeMemory.Milliseconds())
	return err
}

// Spend marks the code as redeemed at now (ms) and returns it. It is single
// use: a second call gets ErrSpent, and its grant is tombstoned, so that the
// first redemption, even one still on its way, gives nothing that lasts. A
// code of another client is ErrNotFound and stays as it is.
func (c Codes) Spend(ctx context.Context, app pool.App, hash string, now int64) (code pool.AuthorizationCode, err error) {
	spent := false
	err = c.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var doc, grant string
		key := []any{app.Pool.ID, hash, app.Client.ID}
		err := tx.returning(ctx, `UPDATE codes SET spent = $4 WHERE pool = $1 AND hash = $2 AND client = $3 AND spent = 0 RETURNING doc`, append(key, now)...).Scan(&doc)
		if err == nil {
			return tx.decode(doc, &code, "codes", []string{app.Pool.ID, hash})
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := tx.queryRow(ctx, `SELECT grant_id, doc FROM codes WHERE pool = $1 AND hash = $2 AND client = $3`, key...).Scan(&grant, &doc); err != nil {
			return err
		}
		if err := tx.decode(doc, &code, "codes", []string{app.Pool.ID, hash}); err != nil {
			return err
		}
		spent = true
		return tx.Grants.End(ctx, app.Pool.ID, grant, now+codeMemory.Milliseconds())
	})
	if err == nil && spent {
		return code, ErrSpent
	}
	return code, err
}

// Sweep removes at most limit codes that were forgotten before now (ms).
func (c Codes) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	return Table[pool.AuthorizationCode]{db: c.db, name: "codes", keys: []string{"pool", "hash"}}.Sweep(ctx, now, limit)
}
