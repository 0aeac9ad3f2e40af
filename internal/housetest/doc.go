// Package housetest runs a whole server inside a test: [Start] gives a [House]
// on a port that the system chose, with a ledger of its own, a mailbox, and a
// clock that a test may move forward. A [Browser] walks its pages as a person's
// does: cookies, forms, redirects, any host name.
//
// It is for tests alone, and so are the signing keys in testdata: making some
// for every house would cost more than most tests. [Databases] runs a story on
// SQLite and on PostgreSQL. Start reading at [Start].
package housetest
