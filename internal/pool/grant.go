package pool

import "time"

// Grant is what one sign-in gave to one client: the family of all tokens with
// the same origin_jti. Times are ms.
type Grant struct {
	UserPoolID   string `json:"UserPoolId"`
	ID           string `json:"-"`
	ClientID     string `json:"ClientId"`
	Sub          string
	Scopes       []string
	Resource     string `json:",omitempty"` // the aud of its access tokens
	AuthTime     int64
	NotBefore    int64 `json:",omitempty"` // the user's, when they signed in
	CreatedAt    int64
	ClientSince  int64  `json:",omitempty"` // the client's CreationDate: one that is made anew under the id is another
	RefreshUntil int64  `json:",omitempty"` // rotation does not move it; 0: no refresh token
	ExpiresAt    int64  // when the last token of the family is past its time
	Revoked      bool   `json:",omitempty"`
	LastUsed     int64  `json:",omitempty"` // when it last gave tokens, give or take LastUsedStep; 0: at its start only
	Browser      string `json:",omitempty"` // the id of the browser session that it came through
	From         Device
	API          bool `json:",omitempty"` // given by the API: its tokens differ (Cognito: Understanding the access token)

	// Secret is the SHA-256 of the random part that all refresh tokens of the
	// family carry; Generation counts their rotations, and RotatedAt is when
	// the newest took over.
	Secret     []byte `json:",omitempty"`
	Generation int64  `json:",omitempty"`
	RotatedAt  int64  `json:",omitempty"`
}

// Live says whether tokens of the grant are still good for u at now.
func (g Grant) Live(u User, now time.Time) bool {
	return !g.Revoked && !u.Void(g.NotBefore) && now.UnixMilli() < g.ExpiresAt
}

// LastUsedStep is how exactly LastUsed is kept: one that refreshes all the time
// does not write all the time.
const LastUsedStep = 5 * time.Minute

// Stale says whether LastUsed is to be written again.
func (g Grant) Stale(now time.Time) bool {
	return now.UnixMilli() >= g.Active()+LastUsedStep.Milliseconds()
}

// Active is when the grant last gave tokens (ms).
func (g Grant) Active() int64 { return max(g.CreatedAt, g.LastUsed) }

// ErrRefreshReused says that a rotated refresh token came back after its
// grace: it is in two hands, so the family must end.
var ErrRefreshReused = &Error{Kind: "RefreshTokenReuse"}

// Rotate accepts the refresh token of a generation and moves on where the
// client rotates. A retry within the grace gets the generation that the first
// try made, so a lost answer does no harm.
func (g *Grant) Rotate(generation int64, c ClientSettings, now time.Time) error {
	switch {
	case generation == g.Generation:
		if c.Rotates() {
			g.Generation++
			g.RotatedAt = now.UnixMilli()
		}
		return nil
	case generation == g.Generation-1 && now.UnixMilli() < g.RotatedAt+c.RotationGrace().Milliseconds():
		return nil
	}
	return ErrRefreshReused
}
