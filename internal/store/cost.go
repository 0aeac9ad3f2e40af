package store

import "sync/atomic"

// meter counts what a ledger was asked to do.
type meter struct{ statements, rows, read atomic.Uint64 }

// Cost is what a ledger has done since it was opened: the statements sent,
// counting the begin and the end of a transaction, the rows written, and the
// rows that statements gave. Two ways through the house that must not be told
// apart have the same statements and rows written.
type Cost struct{ Statements, Rows, Read uint64 }

// Cost reads the meter.
func (db *DB) Cost() Cost {
	return Cost{Statements: db.h.meter.statements.Load(), Rows: db.h.meter.rows.Load(), Read: db.h.meter.read.Load()}
}

// Since is what was done after before.
func (c Cost) Since(before Cost) Cost {
	return Cost{c.Statements - before.Statements, c.Rows - before.Rows, c.Read - before.Read}
}
