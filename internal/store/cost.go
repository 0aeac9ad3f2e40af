package store

import "sync/atomic"

// meter counts what a ledger was asked to do.
type meter struct{ statements, rows, read, events atomic.Uint64 }

// Cost is what a ledger has done since it was opened: the statements sent,
// counting the begin and the end of a transaction, the rows written, the rows
// that statements gave, and how many of those written are the audit trail's. Two ways through the house that must not be told
// apart have the same statements and rows written.
type Cost struct{ Statements, Rows, Read, Events uint64 }

// Cost reads the meter.
func (db *DB) Cost() Cost {
	return Cost{Statements: db.h.meter.statements.Load(), Rows: db.h.meter.rows.Load(), Read: db.h.meter.read.Load(), Events: db.h.meter.events.Load()}
}

// Since is what was done after before.
func (c Cost) Since(before Cost) Cost {
	return Cost{c.Statements - before.Statements, c.Rows - before.Rows, c.Read - before.Read, c.Events - before.Events}
}
