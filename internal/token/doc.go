// Package token answers what a person who was recognised gets: authorization
// codes, ID, access and refresh tokens, userInfo claims, and the documents by
// which others check them (discovery, key set). A machine gets an access token
// of its own and no more ([Tokens.Machine]).
//
// It does not ask who somebody is: that is signin's. It knows no HTTP: the
// doors turn its answers and its [OAuthError] into responses.
//
// The life of a sign-in's tokens:
//
//	NewCode ──► code row (names a grant id) ──Redeem──► grant ──► ID + access + refresh token
//	                 │ second Redeem                     ▲  │
//	                 └──────► grant tombstoned           │  ├─Refresh─► ID + access (+ refresh, rotated)
//	Implicit ────────────────────────────────────────────┘  └─Revoke / user.NotBefore ─► all void here
//
// Start reading at [Tokens.Redeem].
package token
