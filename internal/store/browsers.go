package store

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// BrowserSessions are what browsers are remembered by, each under the hash of
// its cookie.
type BrowserSessions struct{ db *DB }

func (b BrowserSessions) table() Table[pool.BrowserSession] {
	return Table[pool.BrowserSession]{db: b.db, name: "browser_sessions", keys: []string{"pool", "hash"},
		expires: func(s *pool.BrowserSession) int64 { return s.ExpiresAt }}
}

// Create writes a new session, or returns ErrExists.
func (b BrowserSessions) Create(ctx context.Context, s *pool.BrowserSession) error {
	doc, err := b.db.encode(s, "browser_sessions", []string{s.UserPoolID, s.Hash})
	if err != nil {
		return err
	}
	rows, err := b.db.exec(ctx, `INSERT INTO browser_sessions (pool, hash, sub, doc, version, expires) VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT DO NOTHING`,
		s.UserPoolID, s.Hash, s.Sub, doc, s.ExpiresAt)
	if err == nil && rows == 0 {
		return ErrExists
	}
	return err
}

// Get returns the session of a cookie, or ErrNotFound.
func (b BrowserSessions) Get(ctx context.Context, poolID, hash string) (pool.BrowserSession, error) {
	s, err := b.table().Get(ctx, poolID, hash)
	s.Hash = hash
	return s, err
}

// Delete ends the session; that there is none is no error.
func (b BrowserSessions) Delete(ctx context.Context, poolID, hash string) error {
	return b.table().Delete(ctx, poolID, hash)
}

// Forget ends the sessions that a browser has in all pools.
func (b BrowserSessions) Forget(ctx context.Context, hash string) error {
	_, err := b.db.exec(ctx, `DELETE FROM browser_sessions WHERE hash = $1`, hash)
	return err
}

// Move gives the sessions that a browser has in other pools a new id with it;
// the one in poolID is left behind.
func (b BrowserSessions) Move(ctx context.Context, poolID, oldHash, newHash string) error {
	_, err := b.db.exec(ctx, `UPDATE browser_sessions SET hash = $3 WHERE hash = $2 AND pool <> $1`, poolID, oldHash, newHash)
	return err
}

// OfUser returns at most limit sessions of a user that end after now (ms), in
// the order of their hashes from after on.
func (b BrowserSessions) OfUser(ctx context.Context, user pool.User, now int64, after string, limit int) ([]pool.BrowserSession, error) {
	return ofUser(ctx, b.db, userPage{"browser_sessions", "hash", user, now, after, limit}, func(s *pool.BrowserSession, hash string) { s.Hash = hash })
}

// Sweep removes at most limit sessions that expired before now (ms).
func (b BrowserSessions) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	return b.table().Sweep(ctx, now, limit)
}
