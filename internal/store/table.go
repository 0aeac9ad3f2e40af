package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrExists says that a row with the key is there already.
var ErrExists = errors.New("exists already")

// Table keeps values of T as JSON documents under one or more keys. Every
// method takes the keys in the table's order.
type Table[T any] struct {
	db      *DB
	name    string
	keys    []string
	expires func(*T) int64 // ms; nil: rows stay
}

// Get returns the row, or ErrNotFound. A row past its expiry is still returned
// until it is swept: its own times say what it is worth.
func (t Table[T]) Get(ctx context.Context, key ...string) (T, error) {
	v, _, err := t.get(ctx, key)
	return v, err
}

func (t Table[T]) get(ctx context.Context, key []string) (v T, version int64, err error) {
	var doc string
	err = t.db.queryRow(ctx, "SELECT doc, version FROM "+t.name+t.where(1), args(key)...).Scan(&doc, &version)
	if err == nil {
		err = t.db.decode(doc, &v, t.name, key)
	}
	return v, version, err
}

// Create writes a new row, or returns ErrExists and changes nothing.
func (t Table[T]) Create(ctx context.Context, v *T, key ...string) error {
	return t.insert(ctx, v, key, " ON CONFLICT DO NOTHING")
}

// Put writes the row, new or in place of the one that is there.
func (t Table[T]) Put(ctx context.Context, v *T, key ...string) error {
	return t.insert(ctx, v, key, t.orElse("doc = excluded.doc, expires = excluded.expires, "))
}

// orElse changes the row that is there already, by set and to a next version.
func (t Table[T]) orElse(set string) string {
	return " ON CONFLICT (" + strings.Join(t.keys, ", ") + ") DO UPDATE SET " + set + "version = " + t.name + ".version + 1"
}

func (t Table[T]) insert(ctx context.Context, v *T, key []string, conflict string) error {
	doc, err := t.db.encode(v, t.name, key)
	if err != nil {
		return err
	}
	n := len(t.keys)
	query := fmt.Sprintf("INSERT INTO %s (%s, doc, version, expires) VALUES (%s)%s", t.name, strings.Join(t.keys, ", "), placeholders(1, n+3), conflict)
	rows, err := t.db.exec(ctx, query, append(args(key), doc, 1, t.expiry(v))...)
	if err == nil && rows == 0 {
		return ErrExists
	}
	return err
}

// Delete removes the row; that there is none is no error.
func (t Table[T]) Delete(ctx context.Context, key ...string) error {
	_, err := t.db.exec(ctx, "DELETE FROM "+t.name+t.where(1), args(key)...)
	return err
}

// Take removes the row and returns it: of all callers at once, one gets it and
// the others get ErrNotFound.
func (t Table[T]) Take(ctx context.Context, key ...string) (v T, err error) {
	var doc string
	err = t.db.returning(ctx, "DELETE FROM "+t.name+t.where(1)+" RETURNING doc", args(key)...).Scan(&doc)
	if err == nil {
		err = t.db.decode(doc, &v, t.name, key)
	}
	return v, err
}

// List returns at most limit rows whose keys begin with prefix and whose next
// key is greater than after, in the order of the keys.
func (t Table[T]) List(ctx context.Context, after string, limit int, prefix ...string) ([]T, error) {
	last := t.keys[len(prefix)]
	where, bound := "", args(prefix)
	for i := range prefix {
		where += fmt.Sprintf("%s = $%d AND ", t.keys[i], i+1)
	}
	n := len(prefix)
	query := fmt.Sprintf("SELECT %s, doc FROM %s WHERE %s%s > $%d ORDER BY %s LIMIT $%d", last, t.name, where, last, n+1, last, n+2)
	return list[T](ctx, t.db, listing{t.name, query, append(bound, after, limit), prefix}, nil)
}

// Update changes a row by f and returns it, or ErrNotFound. f is pure: it may
// be run again on a newer state of the row. An error of f changes nothing.
func (t Table[T]) Update(ctx context.Context, f func(*T) error, key ...string) (T, error) {
	var v T
	err := t.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var err error
		v, err = t.on(tx).update(ctx, f, key)
		return err
	})
	return v, err
}

// Upsert is Update on a row that is made, as T's zero value, if it is missing,
// and is taken if it is there: both write the same, so that counting the tries
// of a name does not tell whether there were any.
func (t Table[T]) Upsert(ctx context.Context, f func(*T) error, key ...string) (T, error) {
	var v T
	err := t.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var zero T
		own := t.on(tx)
		err := own.insert(ctx, &zero, key, own.orElse(""))
		if err == nil {
			v, err = own.update(ctx, f, key)
		}
		return err
	})
	return v, err
}

// update tries with the version that it read; after two losses to other
// writers it takes the row first, which makes them wait.
func (t Table[T]) update(ctx context.Context, f func(*T) error, key []string) (T, error) {
	for try := 0; ; try++ {
		if try == 2 {
			if rows, err := t.db.exec(ctx, "UPDATE "+t.name+" SET version = version + 1"+t.where(1), args(key)...); err != nil || rows == 0 {
				var zero T
				return zero, orNotFound(err)
			}
		}
		v, version, err := t.get(ctx, key)
		if err != nil {
			return v, err
		}
		if err := f(&v); err != nil {
			return v, err
		}
		doc, err := t.db.encode(&v, t.name, key)
		if err != nil {
			return v, err
		}
		n := len(key)
		query := fmt.Sprintf("UPDATE %s SET doc = $%d, version = version + 1%s%s AND version = $%d", t.name, n+2, t.setExpires(n+3), t.where(1), n+1)
		bound := append(args(key), version, doc)
		if t.hasExpires() {
			bound = append(bound, t.expiry(&v))
		}
		if rows, err := t.db.exec(ctx, query, bound...); err != nil || rows == 1 {
			return v, err
		}
	}
}

// Sweep removes at most limit rows that expired before now (ms) and says how
// many it removed.
func (t Table[T]) Sweep(ctx context.Context, now int64, limit int) (int64, error) {
	keys := strings.Join(t.keys, ", ")
	return t.db.exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE expires > 0 AND expires < $1 LIMIT $2)", t.name, keys, keys, t.name), now, limit)
}

func (t Table[T]) on(tx *DB) Table[T] {
	t.db = tx
	return t
}

func (t Table[T]) hasExpires() bool { return t.expires != nil }

func (t Table[T]) setExpires(n int) string {
	if !t.hasExpires() {
		return ""
	}
	return fmt.Sprintf(", expires = $%d", n)
}

func (t Table[T]) expiry(v *T) int64 {
	if t.expires == nil {
		return 0
	}
	return t.expires(v)
}

func (t Table[T]) where(first int) string {
	parts := make([]string, len(t.keys))
	for i, k := range t.keys {
		parts[i] = fmt.Sprintf("%s = $%d", k, first+i)
	}
	return " WHERE " + strings.Join(parts, " AND ")
}

func args(key []string) []any {
	out := make([]any, len(key), len(key)+4)
	for i, k := range key {
		out[i] = k
	}
	return out
}

func placeholders(first, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf("$%d", first+i)
	}
	return strings.Join(parts, ", ")
}

func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}
