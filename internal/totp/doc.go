// Package totp makes and checks the time-based one-time passwords of
// authenticator apps (RFC 6238), as they all compute them: HMAC-SHA-1, steps of
// thirty seconds, six digits.
//
//	NewSeed ──► URI, QR ──► the person's app
//	Match(seed, code, now) ──► the step that the code belongs to, or none
//
// A code is good in the step before and after its own. That no step is used
// twice, and that guesses are few, is its caller's: Match says which step it was.
package totp
