// Package webapp is a small web app whose people sign in through a user pool:
// a front page, a profile page, and everything in between done by the package
// cognito. It shows how little an app has to do itself.
//
// Browsers get pages; clients that ask for JSON get the same as JSON.
//
//	/                       who is signed in goes to the profile; others may sign in or sign up
//	/users/{id}             the profile, for that person alone
//	/login, /signup         begin a sign-in; POST /logout ends the session
//	the redirect URL        where the pool sends people after signing in
//	the logout URL          where the pool sends people after signing out
//
// It must not know anything of the server behind the pool: it imports cognito
// and nothing else of this module. Start reading at webapp.go; config.go holds
// the names of the settings; cmd/webapp runs it.
package webapp
