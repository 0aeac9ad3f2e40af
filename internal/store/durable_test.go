package store

import (
	"path/filepath"
	"testing"

	"github.com/poolhouse/poolhouse/internal/seal"
)

// What was acknowledged must survive a power cut: each commit is on the disk
// before the handle that writes says so.
func TestSQLiteIsDurable(t *testing.T) {
	t.Parallel()
	line, err := seal.NewKeyLine()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.ParseRing([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "pool.db"), ring)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := db.h.write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", pragma, got, err, want)
		}
	}
	if n := db.h.write.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("the writing handle may open %d connections, want 1", n)
	}
	if _, err := db.h.read.Exec(`DELETE FROM pools`); err == nil {
		t.Error("the reading handle wrote")
	}
}
