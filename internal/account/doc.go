// Package account lets people make and mend their own accounts: sign up, prove
// the address with a mailed code, have the code sent again, set a new password
// when the old one is forgotten, temporary or only to be changed, change and
// prove attributes, sign out everywhere, leave.
//
// Operators make accounts, set passwords, change attributes, confirm, disable
// and reset accounts, and put people in groups (operator.go, standing.go,
// groups.go). Users go to other pools, and come from there, in a file
// (traveller.go, export.go, import.go).
//
// It does not sign anybody in: a proof is noted on the Session that sign-up or
// a right password opened, and signin takes it from there. It knows no page and
// no wire format.
//
// Everything that counts tries or sends mail is written under an owner: the
// account's sub or, for a name without an account, a keyed hash of it. Both
// take the same path, so neither answer, nor work, nor rows tell who has an
// account. Start reading at [Accounts.SignUp], then person.go and code.go.
package account
