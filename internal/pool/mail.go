package pool

// MailKind says which template a message is made from.
type MailKind string

// The kinds of mail sent today.
const (
	MailConfirm MailKind = "confirm" // verification of a new account, by code or by link
	MailReset   MailKind = "reset"   // a code that allows a new password
	MailVerify  MailKind = "verify"  // a code that proves a changed address
	MailInvite  MailKind = "invite"  // a temporary password for an account that an operator made
	MailSecond  MailKind = "second"  // a code that is a second factor
)

// Mail is one message in the outbox. Its text holds a code, so it is sealed in
// the ledger and forgotten once the mail server has taken it. Times are ms.
type Mail struct {
	ID         string `json:"-"` // also the left side of its Message-ID: a repeat is recognised
	UserPoolID string `json:"UserPoolId"`
	Kind       MailKind
	From       string `json:",omitempty"` // empty: the server's own sender
	ReplyTo    string `json:",omitempty"`
	To         string
	Subject    Secret // a pool's template may put the code here too
	Text       Secret
	HTML       Secret `json:",omitempty"` // set when the template is HTML
	Code       Secret `json:",omitempty"` // for the mailbox of demo and --dev
	CreatedAt  int64

	State     MailState
	DueAt     int64  `json:"-"` // when the pump should try (again)
	Attempts  int    `json:",omitempty"`
	LastError string `json:",omitempty"`
}

// MailState is how far a message got.
type MailState string

// The states of a message.
const (
	MailWaiting   MailState = "waiting"
	MailDelivered MailState = "delivered"
	MailFailed    MailState = "failed" // refused for good, or given up after days
	MailDecoy     MailState = "decoy"  // for nobody: written so that an unknown address costs what a known one does
)
