package store

import "context"

// count changes how many users a pool has. The number is kept in sixteen parts,
// by the first digit of the sub, so that people who sign up at the same time
// seldom wait for each other.
func (u Users) count(ctx context.Context, poolID, sub string, by int) error {
	_, err := u.db.exec(ctx, `INSERT INTO user_counts (pool, part, n) VALUES ($1, $2, $3)
		ON CONFLICT (pool, part) DO UPDATE SET n = user_counts.n + excluded.n`, poolID, sub[:min(1, len(sub))], by)
	return err
}

// Count says how many users the pool has, without reading them.
func (u Users) Count(ctx context.Context, poolID string) (int64, error) {
	var n int64
	err := u.db.queryRow(ctx, `SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM user_counts WHERE pool = $1`, poolID).Scan(&n)
	return n, err
}
