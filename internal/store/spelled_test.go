package store_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/poolhouse/poolhouse/internal/housetest/postgres"
)

// TestPostgresComparesBytes: every text column is collated by bytes,
// as SQLite's are, whatever the database was made with. Pages would otherwise
// order one way here and another there.
func TestPostgresComparesBytes(t *testing.T) {
	t.Parallel()
	location := postgres.Fresh(t)
	open(t, location, newRing(t))
	conn, err := pgx.Connect(t.Context(), location)
	must(t, err)
	defer conn.Close(t.Context())
	const columns = `SELECT count(*), count(*) FILTER (WHERE collation_name IS DISTINCT FROM 'C') FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND data_type = 'text'`
	var all, loose int
	must(t, conn.QueryRow(t.Context(), columns).Scan(&all, &loose))
	if all < 20 || loose > 0 {
		t.Errorf("%d of %d text columns are not collated by bytes", loose, all)
	}
}
