package pool

import "time"

// Session is a sign-in in mid-air: somebody has shown something (Purpose says
// what for) and must show more. Kept under the SHA-256 of its id; times are ms.
type Session struct {
	UserPoolID string `json:"UserPoolId"`
	ClientID   string `json:"ClientId"`
	Sub        string `json:",omitempty"` // empty for a name without an account
	Owner      string `json:",omitempty"` // what failures are counted under: the sub, or a hash of the name
	Purpose    SessionPurpose
	Factor     string `json:",omitempty"` // the first factor that a SessionChoice waits for; "" waits to hear which
	Proven     bool   `json:",omitempty"` // the missing proof was brought; the next step may sign in
	Second     Factor `json:",omitempty"` // the second factor that was set up or shown on the way
	Code       []byte `json:",omitempty"` // the keyed hash of a mailed code that a SessionSecond waits for
	AuthTime   int64
	NotBefore  int64 `json:",omitempty"` // the user's, when it began
	ExpiresAt  int64

	// SRP is the server's half of an SRP exchange, in JSON.
	SRP Secret `json:",omitempty"`
	// Seed is that of an authenticator app which a SessionSetUp waits to see.
	Seed Secret `json:",omitempty"`
}

// SessionPurpose says what a Session waits for.
type SessionPurpose string

// SessionConfirm waits for the code that proves a new account's address; its
// owner has chosen or shown the password.
const SessionConfirm SessionPurpose = "confirm"

// The other things that a session waits for.
const (
	SessionSRP         SessionPurpose = "srp"          // the proof of a password (PASSWORD_VERIFIER)
	SessionNewPassword SessionPurpose = "new_password" // a password in place of a temporary one
	SessionChoice      SessionPurpose = "choice"       // which factor to show first (SELECT_CHALLENGE)
	SessionSecond      SessionPurpose = "second"       // a code of its Factor; for "", which factor (SELECT_MFA_TYPE)
	SessionSetUp       SessionPurpose = "set_up"       // a second factor that is yet to be set up (MFA_SETUP)
)

// ConfirmSessionLife is how long the way from sign-up to the app stays open:
// as long as the mailed code works.
const ConfirmSessionLife = 24 * time.Hour

// NewConfirmSession is the session of somebody whose account at app waits for
// the code that proves its address.
func NewConfirmSession(app App, u User, now time.Time) Session {
	return Session{
		UserPoolID: app.Pool.ID, ClientID: app.Client.ID, Sub: u.Sub, NotBefore: u.NotBefore, Purpose: SessionConfirm,
		AuthTime: now.UnixMilli(), ExpiresAt: now.Add(ConfirmSessionLife).UnixMilli(),
	}
}

// NewSession is a session that waits for purpose as long as the client says.
func NewSession(app App, purpose SessionPurpose, owner string, u User, now time.Time) Session {
	return Session{
		UserPoolID: app.Pool.ID, ClientID: app.Client.ID, Sub: u.Sub, NotBefore: u.NotBefore, Owner: owner, Purpose: purpose,
		AuthTime: now.UnixMilli(), ExpiresAt: now.Add(app.Client.AuthSessionLife()).UnixMilli(),
	}
}

// WaitsAt refuses a session that does not wait for purpose at app, or has done
// so for too long: every step that goes on from a session asks this first.
func (s Session) WaitsAt(app App, purpose SessionPurpose, now time.Time) error {
	if s.UserPoolID != app.Pool.ID || s.ClientID != app.Client.ID || s.Purpose != purpose {
		return ErrSession
	}
	if now.UnixMilli() >= s.ExpiresAt {
		return errSessionExpired
	}
	return nil
}

// ErrSession refuses a session that is not there, or not for what it is brought
// to.
var ErrSession = refuse(NotAuthorized, "session", "", "")

var (
	errSessionExpired = refuse(NotAuthorized, "session_expired", "", "")
	errSessionUsed    = refuse(NotAuthorized, "session_used", "", "")
)

// BrowserSession remembers that a browser signed in to a pool, for all its app
// clients. Kept under the SHA-256 of the cookie; times are ms.
type BrowserSession struct {
	UserPoolID string `json:"UserPoolId"`
	Hash       string `json:"-"`
	ID         string // a UUID: what it is listed and ended by
	Sub        string
	From       Device
	AuthTime   int64
	NotBefore  int64 `json:",omitempty"` // the user's, when it began
	ExpiresAt  int64
}

// Fresh says whether the session may stand in for a sign-in that must be at
// most maxAge seconds old (nil: any age).
func (s BrowserSession) Fresh(now time.Time, maxAge *int) bool {
	ms := now.UnixMilli()
	if ms >= s.ExpiresAt {
		return false
	}
	return maxAge == nil || ms-s.AuthTime <= int64(*maxAge)*1000
}

// SignedIn says who was recognised, and when they last showed it (ms).
type SignedIn struct {
	User     User
	AuthTime int64
	Second   Factor // the second factor that was shown, "" for none
	Browser  string // the id of the browser session that stands for them; "" by the API
	From     Device
}

// Takes says whether a SessionChoice goes on with a factor: the one that it
// waits for or, as the answer to the question which, any while it waits to hear
// that (Cognito: SELECT_CHALLENGE).
func (s Session) Takes(factor string, asAnswer bool) bool {
	return s.Factor == factor || s.Factor == "" && asAnswer
}
