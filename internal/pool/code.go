package pool

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"time"
)

// AuthorizationCode is the row behind a code of the authorization endpoint
// (RFC 6749 §4.1.2), kept under the SHA-256 of the code. Times are ms.
type AuthorizationCode struct {
	UserPoolID    string `json:"UserPoolId"`
	ClientID      string `json:"ClientId"`
	Hash          string `json:"-"`
	GrantID       string // the grant that its redemption makes; becomes origin_jti
	Sub           string
	RedirectURI   string
	Scopes        []string
	Resource      string `json:",omitempty"`
	Nonce         string `json:",omitempty"`
	CodeChallenge string `json:",omitempty"`
	Browser       string `json:",omitempty"` // the id of the browser session that it came through
	From          Device
	AuthTime      int64
	NotBefore     int64 `json:",omitempty"` // the user's, when they signed in
	CreatedAt     int64
	ExpiresAt     int64
}

// AuthorizationCodeLife is how long an authorization code is good for
// (Cognito: The redirect and authorization endpoint).
const AuthorizationCodeLife = 5 * time.Minute

// CodePurpose says what a mailed code is for.
type CodePurpose string

// The purposes of mailed codes.
const (
	PurposeConfirm CodePurpose = "confirm" // proves the address of a new account
	PurposeReset   CodePurpose = "reset"   // allows a new password
	PurposeSecond  CodePurpose = "second"  // is a second factor; kept with the session that waits for it
)

// Life is how long a mailed code works: a day to confirm, an hour to reset
// (Cognito: Quotas).
func (p CodePurpose) Life() time.Duration {
	if p == PurposeReset {
		return time.Hour
	}
	return 24 * time.Hour
}

// CodeMAC is how the digits of a code are kept: six are too few for a plain hash.
func CodeMAC(key []byte, poolID, owner string, purpose CodePurpose, digits string) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s|%s|%s|%s", poolID, owner, purpose, digits)
	return mac.Sum(nil)
}

// MailedCode is a code of six digits on its way to somebody: one row per user
// and purpose, so that the newest is the only one. MAC is the keyed hash of the
// digits. Times are ms.
type MailedCode struct {
	MAC       []byte
	Attribute string // what it proves: "email"
	Value     string // the address it was sent to, so that a changed one is not marked as proven
	ExpiresAt int64
}

// Delivery tells where a code went (Cognito: CodeDeliveryDetails). OnItsWay is
// set while the mail server has not taken the message yet.
type Delivery struct {
	Destination   string // masked
	Medium        string // "EMAIL"
	AttributeName string
	OnItsWay      bool
}

// MailedTo is the delivery of a code to an e-mail address.
func MailedTo(address string) Delivery {
	return Delivery{Destination: MaskEmail(address), Medium: "EMAIL", AttributeName: "email"}
}

// Budget bounds what may be tried per user and hour.
type Budget struct {
	Action string
	Limit  int
}

// The hourly budgets per user (Cognito: Quotas). Sends and tries are counted
// apart, so that guessing does not stop the mail and mail not the guessing.
var (
	BudgetResend  = Budget{"resend", 5}
	BudgetConfirm = Budget{"confirm", 15}
	BudgetForgot  = Budget{"forgot", 5}
	BudgetReset   = Budget{"reset", 15}
	BudgetSecond  = Budget{"second", 20} // codes that are sent as a second factor
)

// BudgetAddress bounds the codes that are mailed to one address, whoever asked
// and for whatever account: strangers may sign up with anybody's.
var BudgetAddress = Budget{"address", 10}

// Window counts uses of a budget in the hour that began at Start (ms).
type Window struct {
	Start int64
	Count int
}

// EndsAt is when the hour is over (ms).
func (w *Window) EndsAt() int64 { return w.Start + time.Hour.Milliseconds() }

// Use takes one from the budget, or refuses with LimitExceeded.
func (w *Window) Use(b Budget, now time.Time) error {
	if now.UnixMilli() >= w.EndsAt() {
		*w = Window{Start: now.UnixMilli()}
	}
	if w.Count >= b.Limit {
		return refuse(LimitExceeded, "", "", "")
	}
	w.Count++
	return nil
}
