// Package server puts the house together: verbs on hands and doors on verbs, by
// struct literals, and runs it: listeners, TLS, health, the mail pump, the
// sweeping of expired rows, and a graceful end. It holds no rule.
//
// Start reading at [New]; the outbox is in pump.go.
package server
