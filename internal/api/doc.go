// Package api is the door for AWS's own clients: the cognito-idp JSON API
// (AWS JSON 1.1). Every call is POST / with the operation in X-Amz-Target.
//
//	serve.go       the frame: ids, headers, body, who may call, one place for errors
//	operations.go  the whole API on one page: name → (who calls, handler)
//	access.go      operator calls: the SigV4 signature and what its key may do
//	wire_gen.go    the Go structs, generated from the model (package model)
//	wire.go        their special types: Sensitive, Time
//	codec.go       JSON ↔ those structs
//	errors.go      every error → __type, message, status
//	messages.go    the English text of each refusal
//	settings.go    request ↔ settings of pools and clients, by their common names
//	audit.go       what the door adds to the audit trail
//	lists.go       pages of lists, and the tokens that lead on
//
// A call goes: known operation → offered here → signature, if an operator's →
// JSON of the right types → the key's rights → the model's constraints →
// handler. AWS's wire words (operation names, __type, the suffix "Exception")
// live here and nowhere else; rules and SQL do not live here.
//
// Start reading at API in serve.go.
package api

//go:generate go run ./model/gen
