package store

import "sync/atomic"

// meter counts what a ledger was asked to do.
type meter struct{ statements, rows atomic.Uint64 }

// Cost is what a ledger has done since it was opened: the statements sent,
// counting the begin and the end of a transaction, and the rows written. Two
// ways through the house that must not be told apart have the same cost.
type Cost struct{ Statements, Rows uint64 }

// Cost reads the meter.
func (db *DB) Cost() Cost {
	return Cost{Statements: db.h.meter.statements.Load(), Rows: db.h.meter.rows.Load()}
}
