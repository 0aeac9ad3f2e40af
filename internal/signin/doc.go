// Package signin answers who somebody is: the steps of a sign-in, the browser
// session that remembers it, and the lockout that guards it. It never makes a
// token: who was recognised is handed to the door, which asks token.
//
//	Offer ──► a Session that asks which factor comes first ──► Chosen
//	Begin(SRP) ──► Exchange (a Session with our half) ──► Begin(Proof)
//	Begin(Password), Begin(Proof) ──► wrong, locked, disabled: an error that says no more than it must
//	      │ right
//	      ├─ CONFIRMED ───► is a second factor asked for? (pool.SecondFor)
//	      │      ├─ no ─► Done ──► Remember (browser session)
//	      │      ├─ yes ─► SecondFactor (a Session) ──► Begin(Pick) which, Begin(Code) ──► Done
//	      │      └─ there is none yet ─► SetUp (a Session; account.ProveTokenBySession marks it proven)
//	      ├─ UNCONFIRMED, an operator must confirm ─► Waiting
//	      ├─ FORCE_CHANGE_PASSWORD ─► NewPassword (a Session; account.Choose marks it proven)
//	      └─ UNCONFIRMED ─► Confirm (a Session that waits for the mailed code)
//	                            │ account.Confirm marks it proven
//	Begin(Proven) ◄─────────────┘ ──► as with CONFIRMED, or Done
//	Resume(cookie) ──► the same person, for an hour, unless prompt, max_age or user.NotBefore say no
//
// An unknown name costs what a wrong password costs. Start reading at
// [Signin.Begin]; the order of steps is decided in next.go alone.
package signin
