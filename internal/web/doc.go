// Package web is the pool's own host: the OAuth 2.0 and OpenID Connect
// endpoints, and the pages on which people sign in, sign up and mend their
// accounts (Cognito: User pool managed login). It composes the verbs account,
// signin and token; it holds no rule of a pool and no SQL, and nothing here
// knows how a password, a code or a token is made.
//
// Every page carries the app's authorization request in its own query string,
// checked anew on each request:
//
//	/oauth2/authorize ──session──────────────────────────────────► app
//	      │ no session
//	      ▼
//	/login ──POST──► right ──► Remember ──► code or tokens ──────► app
//	  │ │              └─ unconfirmed ──► /confirm
//	  │ └─► /signup ──POST──► /confirm ──code and this browser's session──► app
//	  │                          └─ code alone, another browser ──► /login, with a notice
//	  └─► /forgotPassword ──POST──► /confirmForgotPassword ──► app, or /login with a notice
//
// What is between two pages (the name typed, the session that waits for a
// code, a notice) is in one sealed cookie, cookies.go; never in a URL. A
// request that is broken before its redirect URI is known to be good ends on
// the error page; after that, errors go to the app.
//
// Start reading at [Web.Handler] in web.go, where all routes are listed, then
// at arrive in visit.go and login.go. The endpoints for machines are token.go,
// userinfo.go and discovery.go.
package web
