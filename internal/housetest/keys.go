package housetest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/store"
)

//go:embed testdata/signing-keys.pem
var signingKeys []byte

// plantKeys gives the pools of a document ready-made keys before a server finds
// that they have none.
func plantKeys(t testing.TB, c Config, log *slog.Logger) {
	t.Helper()
	_, db, err := server.OpenLedger(t.Context(), c.Database, c.KeyFile, log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i, e := range c.Document.UserPools {
		plant(t, db, e.ID, i)
	}
}

// plant gives a pool the nth pair of keys, if it has none. There are a few
// pairs: neighbouring pools differ, as real ones do.
func plant(t testing.TB, db *store.DB, poolID string, nth int) {
	t.Helper()
	if poolID == "" {
		return
	}
	pairs := blocks(t)
	for i, slot := range []string{"id", "access"} {
		der := pairs[(2*nth+i)%len(pairs)]
		digest := sha256.Sum256(der)
		key := store.SigningKey{Kid: base64.StdEncoding.EncodeToString(digest[:]), Private: pool.Secret(der)}
		if err := db.SigningKeys.Create(t.Context(), &key, poolID, slot); err != nil && !errors.Is(err, store.ErrExists) {
			t.Fatal(err)
		}
	}
}

func blocks(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	for rest := signingKeys; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		out = append(out, block.Bytes)
	}
	if len(out) < 4 {
		t.Fatalf("testdata holds %d keys", len(out))
	}
	return out
}
