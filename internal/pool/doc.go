// Package pool holds the nouns of a user pool and the rules that need nothing
// but their arguments: what a setting may be, whether a password conforms,
// which redirect a client may use, when an account is locked.
//
// It does no I/O, knows no clock but the one it is handed, and imports nothing
// else of this module. Times are Unix milliseconds. The JSON of settings uses
// Cognito's own member names and nesting, so that one document serves the
// ledger, `poolhouse apply` and the API.
//
// Start reading at [Pool] and [Client]; [AuthRequest] is what an app asks of
// the hosted pages; [Error] is how every rule says no.
package pool
