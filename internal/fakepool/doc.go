// Package fakepool is a user pool for tests, and only for tests: it signs real
// tokens and answers like Cognito, signs its one user in without asking, and can
// be told to misbehave. It opens no port: [Net] carries requests to handlers in
// process, so a test may use https and AWS's own host names.
//
// Its keys, in testdata, are known to everybody and sign nothing of worth.
//
// It must not know the packages that it tests, nor the server. Start reading at
// pool.go.
package fakepool
