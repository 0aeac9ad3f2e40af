package store

import (
	"context"
	"errors"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// dropped is what remains of a deleted pool, for ever: its id is not given
// again, so nothing that was made for it can come back to life.
type dropped struct {
	At    int64 // ms
	Swept bool  `json:",omitempty"`
}

// dropSettles is how long a deleted pool is swept at least: longer than a
// request lasts that found the pool still there.
const dropSettles = time.Hour

// settled is when the last straggler has ended (ms); 0 once nothing is left.
func (d *dropped) settled() int64 {
	if d.Swept {
		return 0
	}
	return d.At + dropSettles.Milliseconds()
}

// HoldPool loads a pool and keeps it as it is until the transaction ends: others
// who hold it, change it or delete it wait.
func (db *DB) HoldPool(ctx context.Context, id string) (pool.Pool, error) {
	return db.Pools.Update(ctx, func(*pool.Pool) error { return nil }, id)
}

// DropPool deletes a pool, or returns ErrNotFound. It, its clients, its keys
// and what is served or taken without asking for the pool are gone at once, so that nothing leads to what else it has; that is left to
// [DB.SweepDropped].
func (db *DB) DropPool(ctx context.Context, id string, now int64) error {
	return db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		rows, err := tx.exec(ctx, `DELETE FROM pools WHERE id = $1`, id)
		if err == nil && rows == 0 {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		for _, statement := range []string{
			`DELETE FROM clients WHERE pool = $1`, `DELETE FROM signing_keys WHERE pool = $1`, `DELETE FROM import_jobs WHERE pool = $1`,
			`DELETE FROM import_queue WHERE pool = $1`, `DELETE FROM ui_customizations WHERE pool = $1`, `DELETE FROM ui_logos WHERE pool = $1`,
		} {
			if _, err := tx.exec(ctx, statement, id); err != nil {
				return err
			}
		}
		return tx.dropped.Put(ctx, &dropped{At: now}, id)
	})
}

// WasDropped says whether the id is that of a deleted pool.
func (db *DB) WasDropped(ctx context.Context, id string) (bool, error) {
	_, err := db.dropped.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SweepDropped removes rows of deleted pools, at most about limit of each
// table, and says how many it removed.
func (db *DB) SweepDropped(ctx context.Context, now int64, limit int) (int64, error) {
	ids, err := db.unswept(ctx)
	if err != nil {
		return 0, err
	}
	var total int64
	for _, id := range ids {
		n, err := db.sweepPool(ctx, id, limit)
		if err != nil {
			return total, err
		}
		if total += n; total >= int64(limit) {
			return total, nil
		}
		if n > 0 {
			continue
		}
		_, err = db.dropped.Update(ctx, func(d *dropped) error {
			d.Swept = now > d.settled()
			return nil
		}, id)
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// unswept lists deleted pools that may still have rows, the oldest first.
func (db *DB) unswept(ctx context.Context) ([]string, error) {
	rows, err := db.query(ctx, `SELECT id FROM dropped_pools WHERE expires > 0 ORDER BY expires, id LIMIT 100`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// sweepPool removes a batch of each table whose rows belong to a pool. The
// second name is the columns by which few rows of the pool are alike.
func (db *DB) sweepPool(ctx context.Context, id string, limit int) (total int64, err error) {
	for _, t := range [][2]string{
		{"users", "sub"},
		{"user_names", "sub"},
		{"user_index", "attribute, value, sub"},
		{"user_counts", "part"},
		{"clients", "id"},
		{"domains", "domain"},
		{"signing_keys", "slot"},
		{"mailed_codes", "owner"},
		{"windows", "owner"},
		{"lockouts", "owner"},
		{"sessions", "hash"},
		{"browser_sessions", "hash"},
		{"codes", "hash"},
		{"grants", "id"},
		{"mails", "id"},
		{"resource_servers", "identifier"},
		{"user_groups", "name"},
		{"group_members", "sub"},
		{"identity_providers", "name"},
		{"provider_keys", "kind, value"},
		{"import_jobs", "id"},
		{"import_queue", "job"},
		{"import_files", "upload"},
		{"import_chunks", "upload, part"},
		{"import_failures", "job, line"},
		{"events", "id"},
		{"ui_customizations", "client"},
		{"ui_logos", "client"},
	} {
		most := limit
		if t[0] == "import_chunks" {
			most = 1 + limit/32 // they are large
		}
		n, err := db.exec(ctx, "DELETE FROM "+t[0]+" WHERE pool = $1 AND ("+t[1]+") IN (SELECT "+t[1]+" FROM "+t[0]+" WHERE pool = $1 LIMIT $2)", id, most)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}
