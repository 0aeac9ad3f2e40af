// Package stories_test tells what people, programs and attackers do with a
// whole server, through the clients that they use.
//
// Whatever reaches the ledger is told twice, on SQLite and on PostgreSQL
// ([housetest.Databases]): people and their names, codes, sessions, challenges,
// lockouts, budgets, tokens, keys, domains, settings. Told in one run on one
// database, and by make test in a second run on PostgreSQL
// ([housetest.OnPostgres]), is what does not: headers, cookies and their attributes, the markup, style and
// faults of forms, paths, where redirects may lead, what discovery says, sizes
// and bytes of requests, the limit per source; a house that shows a setting's
// opposite beside the one with the setting; and what looks into the file of the
// ledger itself.
package stories_test
