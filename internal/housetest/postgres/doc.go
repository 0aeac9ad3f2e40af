// Package postgres gives tests a PostgreSQL server: the one that the machine
// has installed, on a cluster of its own in a temporary folder, reached through
// a socket in that folder. Durability is as in production (fsync stays on).
//
// A test asks [Fresh] for an empty database, or has [Copies] of one made. One
// cluster serves a whole run when withpostgres started it; otherwise each test
// binary starts its own. It knows nothing of the ledger. Start reading at
// [Fresh], then [Start].
package postgres
