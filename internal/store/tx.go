package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// inTx marks the context of a transaction's function, so that a use of the
// outer DB in there is an error at once and not a wait for itself.
type inTx struct{}

// Tx runs f in one transaction: all its writes happen or none. f may be run
// again when the database breaks the transaction off, so it changes nothing
// but through tx; it must use the ctx and tx that it is handed. Inside a
// transaction Tx joins it.
func (db *DB) Tx(ctx context.Context, f func(ctx context.Context, tx *DB) error) error {
	if db.tx != nil {
		return f(ctx, db)
	}
	if ctx.Value(inTx{}) != nil {
		return ErrNested
	}
	for {
		err := db.once(ctx, f)
		if !again(err) || ctx.Err() != nil {
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, f func(ctx context.Context, tx *DB) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	db.h.meter.statements.Add(2) // begin, and commit or roll back
	tx, err := db.h.write.BeginTx(db.uncut(ctx), nil)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	defer func() {
		if err != nil {
			tx.Rollback()
		}
	}()
	if err := f(context.WithValue(ctx, inTx{}, true), bind(db.h, tx)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// uncut keeps a caller who goes away from cutting a statement off on SQLite's
// one writing connection; ctx is looked at between statements instead.
func (db *DB) uncut(ctx context.Context) context.Context {
	if db.h.dialect.serial {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (db *DB) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	if err := db.usable(ctx); err != nil {
		return 0, err
	}
	var result sql.Result
	if db.tx != nil {
		result, err = db.tx.ExecContext(db.uncut(ctx), query, args...)
	} else {
		result, err = db.h.write.ExecContext(db.uncut(ctx), query, args...)
	}
	if err != nil {
		return 0, fmt.Errorf("ledger: %w", err)
	}
	rows, err = result.RowsAffected()
	db.h.meter.rows.Add(uint64(rows))
	return rows, err
}

// returning runs a statement that writes and returns one row.
func (db *DB) returning(ctx context.Context, query string, args ...any) row {
	if err := db.usable(ctx); err != nil {
		return row{err: err}
	}
	if db.tx != nil {
		return row{r: db.tx.QueryRowContext(db.uncut(ctx), query, args...), meter: &db.h.meter, wrote: true}
	}
	return row{r: db.h.write.QueryRowContext(db.uncut(ctx), query, args...), meter: &db.h.meter, wrote: true}
}

func (db *DB) queryRow(ctx context.Context, query string, args ...any) row {
	if err := db.usable(ctx); err != nil {
		return row{err: err}
	}
	if db.tx != nil {
		return row{r: db.tx.QueryRowContext(db.uncut(ctx), query, args...), meter: &db.h.meter}
	}
	return row{r: db.h.read.QueryRowContext(ctx, query, args...), meter: &db.h.meter}
}

func (db *DB) query(ctx context.Context, query string, args ...any) (answer, error) {
	if err := db.usable(ctx); err != nil {
		return answer{}, err
	}
	var rows *sql.Rows
	var err error
	if db.tx != nil {
		rows, err = db.tx.QueryContext(db.uncut(ctx), query, args...)
	} else {
		rows, err = db.h.read.QueryContext(ctx, query, args...)
	}
	return answer{rows, &db.h.meter}, err
}

// usable lets a statement through, and counts it.
func (db *DB) usable(ctx context.Context) error {
	if db.tx == nil && ctx.Value(inTx{}) != nil {
		return ErrNested
	}
	db.h.meter.statements.Add(1)
	return ctx.Err()
}

// answer is rows that are counted as they are read.
type answer struct {
	*sql.Rows
	meter *meter
}

// Next goes to the next row.
func (a answer) Next() bool {
	there := a.Rows.Next()
	if there {
		a.meter.read.Add(1)
	}
	return there
}

// row is one row, or the reason why there is none.
type row struct {
	r     *sql.Row
	err   error
	meter *meter
	wrote bool // whether the statement wrote the row that it returns
}

// Scan reads the row; ErrNotFound when there is none.
func (r row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	switch err := r.r.Scan(into...); err {
	case nil:
		if r.wrote {
			r.meter.rows.Add(1)
		} else {
			r.meter.read.Add(1)
		}
		return nil
	case sql.ErrNoRows:
		return ErrNotFound
	default:
		return fmt.Errorf("ledger: %w", err)
	}
}

// Attempt runs f inside an open transaction so that an error of f undoes what f
// has written, and nothing else.
func (db *DB) Attempt(ctx context.Context, f func() error) error {
	if _, err := db.exec(ctx, "SAVEPOINT attempt"); err != nil {
		return err
	}
	err := f()
	if err != nil {
		if _, undo := db.exec(ctx, "ROLLBACK TO SAVEPOINT attempt"); undo != nil {
			return errors.Join(err, undo)
		}
	}
	if _, done := db.exec(ctx, "RELEASE SAVEPOINT attempt"); done != nil {
		return errors.Join(err, done)
	}
	return err
}
