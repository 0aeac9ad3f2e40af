// Package server puts the house together: verbs on hands and doors on verbs, by
// struct literals, and runs it: listeners, TLS, health, the mail pump, the
// sweeping of expired rows, and a graceful end. It holds no rule of a pool or of
// its people; what it decides is about the machine: which address may be listened
// at, how often one source may ask, when mail is tried again.
//
// Start reading at [New]; the outbox is in pump.go.
package server
