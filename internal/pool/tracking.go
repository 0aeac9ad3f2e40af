package pool

import "time"

// UserSessions says whether people's sessions are recorded, and how many tokens
// somebody may have open (Cognito: SetUserPoolSessionConfiguration). They are
// recorded where nothing was said.
type UserSessions struct {
	UserSessionTracking string        `json:",omitempty"` // ENABLED or DISABLED
	TokenSession        *TokenSession `json:",omitempty"`

	// LongestReuse is the longest time, in minutes, for which an app client of
	// the pool takes a browser that is remembered: so long is it remembered.
	LongestReuse int `json:",omitempty"`
}

// TokenSession bounds the sessions of tokens that somebody has open in a pool,
// of all app clients together: 1 to 100.
type TokenSession struct{ MaxPerUser int }

// SSOSession bounds the time, in minutes from the last sign-in, for which an app
// client lets a remembered browser in without another: 0 to 129,600 (90 days),
// 60 where nothing was said (Cognito: SetUserPoolClientSessionConfiguration).
type SSOSession struct{ MaxValidityMinutes int }

// DefaultReuse is the MaxValidityMinutes of a client that names none.
const DefaultReuse = 60

// Tracks says whether sessions are recorded, listed and ended one by one.
func (p Pool) Tracks() bool { return p.UserSessions.UserSessionTracking != "DISABLED" }

// CheckTracks refuses to list and end sessions where they are not recorded.
func (p Pool) CheckTracks() error {
	if p.Tracks() {
		return nil
	}
	return refuse(OperationNotEnabled, "tracking", "UserSessionTracking", "")
}

// Tracked is what may be recorded of a sign-in: where sessions are not, neither
// the device nor the browser that it came through.
func (p Pool) Tracked(who SignedIn) SignedIn {
	if !p.Tracks() {
		who.Browser, who.From = "", Device{}
	}
	return who
}

// MaxSessions is how many sessions of tokens somebody may have open, 0 for any
// number.
func (p Pool) MaxSessions() int {
	if t := p.UserSessions.TokenSession; t != nil && p.Tracks() {
		return t.MaxPerUser
	}
	return 0
}

// BrowserSessionLife is how long a browser is remembered, counted from the last
// interactive sign-in; it does not slide (Cognito: User pool managed login): an
// hour, or longer where an app client lets it in for longer.
func (p Pool) BrowserSessionLife() time.Duration {
	if !p.Tracks() {
		return DefaultReuse * time.Minute
	}
	return time.Duration(max(p.UserSessions.LongestReuse, DefaultReuse)) * time.Minute
}

// ReuseMinutes is the client's own MaxValidityMinutes.
func (c Client) ReuseMinutes() int {
	if c.SSOSession == nil {
		return DefaultReuse
	}
	return c.SSOSession.MaxValidityMinutes
}

// Reuses says whether the app client lets a remembered browser in without
// another sign-in. What the client says sleeps while sessions are not recorded.
func (a App) Reuses(s BrowserSession, now time.Time) bool {
	minutes := DefaultReuse
	if a.Pool.Tracks() {
		minutes = a.Client.ReuseMinutes()
	}
	return now.UnixMilli() < s.AuthTime+(time.Duration(minutes)*time.Minute).Milliseconds()
}
