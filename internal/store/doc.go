// Package store is the ledger: the rows behind every pool, in SQLite or in
// PostgreSQL, through one SQL text.
//
// A row is the keys that it is searched by, one JSON document and a version.
// [Table] gives the plain operations; users, authorization codes, grants and
// the outbox have SQL of their own. Fields of type pool.Secret are sealed
// under the master key at the row boundary.
//
// The ledger knows no rule of a pool: it keeps what it is told and says what it
// has. Times and ids are handed in. Start reading at [DB] and [DB.Tx]; what
// differs between the two databases is in dialect.go.
package store
