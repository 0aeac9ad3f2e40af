package store

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// App returns the client with its pool, found by the client id alone: client
// ids are unique in the whole ledger. ErrNotFound when there is none.
func (db *DB) App(ctx context.Context, clientID string) (pool.App, error) {
	var app pool.App
	var poolID, clientDoc, poolDoc string
	err := db.queryRow(ctx, `SELECT c.pool, c.doc, p.doc FROM clients c JOIN pools p ON p.id = c.pool WHERE c.id = $1`, clientID).Scan(&poolID, &clientDoc, &poolDoc)
	if err != nil {
		return app, err
	}
	if err := db.decode(clientDoc, &app.Client, "clients", []string{poolID, clientID}); err != nil {
		return app, err
	}
	return app, db.decode(poolDoc, &app.Pool, "pools", []string{poolID})
}

// Domain returns the domain with the name, a prefix or a host name.
func (db *DB) Domain(ctx context.Context, name string) (pool.Domain, error) {
	var d pool.Domain
	var doc string
	err := db.queryRow(ctx, `SELECT doc FROM domains WHERE domain = $1`, name).Scan(&doc)
	if err == nil {
		err = db.decode(doc, &d, "domains", []string{name})
	}
	return d, err
}

// PutDomain writes a domain, or returns ErrExists where another pool has it.
func (db *DB) PutDomain(ctx context.Context, d *pool.Domain) error {
	doc, err := db.encode(d, "domains", []string{d.Domain})
	if err != nil {
		return err
	}
	rows, err := db.exec(ctx, `INSERT INTO domains (domain, pool, doc, version) VALUES ($1, $2, $3, 1)
		ON CONFLICT (domain) DO UPDATE SET doc = excluded.doc, version = domains.version + 1 WHERE domains.pool = excluded.pool`, d.Domain, d.UserPoolID, doc)
	if err == nil && rows == 0 {
		return ErrExists
	}
	return err
}

// DeleteDomain removes a domain of the pool, or returns ErrNotFound.
func (db *DB) DeleteDomain(ctx context.Context, poolID, name string) error {
	rows, err := db.exec(ctx, `DELETE FROM domains WHERE domain = $1 AND pool = $2`, name, poolID)
	if err == nil && rows == 0 {
		return ErrNotFound
	}
	return err
}

// DomainsOf returns the domains of a pool in the order of their names.
func (db *DB) DomainsOf(ctx context.Context, poolID string) ([]pool.Domain, error) {
	return list[pool.Domain](ctx, db, listing{
		table: "domains", query: `SELECT domain, doc FROM domains WHERE pool = $1 ORDER BY domain LIMIT 16`, bound: []any{poolID},
	}, nil)
}

// ClientOwner returns the id of the pool that has the client id, or
// ErrNotFound.
func (db *DB) ClientOwner(ctx context.Context, clientID string) (poolID string, err error) {
	err = db.queryRow(ctx, `SELECT pool FROM clients WHERE id = $1`, clientID).Scan(&poolID)
	return poolID, err
}
