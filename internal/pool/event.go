package pool

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"
)

// Event is one entry of the audit trail: who did what, from where, and what came
// of it. It names no password, code, token or secret, and of people no more than
// the sub. Times are ms.
type Event struct {
	UserPoolID string `json:"-"` // "" for what is no pool's: making and deleting pools, keys, calls of strangers
	ID         string `json:"-"` // see [NewEventID]
	// Subject is whom it is about: a sub, or "?" and a hash of a name that
	// nobody had (see [OwnerOf]); "" where that is not known.
	Subject string `json:"-"`
	At      int64
	Kind    EventKind
	Result  EventResult
	Reason  EventReason `json:",omitempty"` // the true one, whatever the caller was told
	Via     string      `json:",omitempty"` // see [ViaPassword]
	Client  string      `json:",omitempty"` // the app client's id
	From    Device      `json:",omitzero"`
	Door    Door        `json:",omitempty"`

	// Of changes by operators: who, which operation, on what, and the names of
	// the members that the request had, without their values.
	Operator  OperatorName      `json:",omitzero"`
	Operation string            `json:",omitempty"`
	Target    map[string]string `json:",omitempty"`
	Members   []string          `json:",omitempty"`

	// Of feedback: the event that it is about, and what was said of it.
	About    string `json:"-"`
	Feedback string `json:",omitempty"` // Valid or Invalid
	Provider string `json:",omitempty"` // who said it: Administrator or User

	// Of a refusal that came again: how often, and when last.
	Count int64 `json:"-"`
	Last  int64 `json:"-"`

	try int // the number of the failure, where failures are counted
}

// OperatorName is who changed something: an access key by its id, and the name
// that it was given; on the command line the account of the machine.
type OperatorName struct {
	Key  string `json:",omitempty"`
	Name string `json:",omitempty"`
}

// EventKind says what was done or tried.
type EventKind string

// The kinds of events.
const (
	EventSignIn         EventKind = "sign_in"
	EventSignUp         EventKind = "sign_up"
	EventConfirm        EventKind = "confirm_sign_up"
	EventResend         EventKind = "resend_code"
	EventForgot         EventKind = "forgot_password"
	EventReset          EventKind = "reset_password"      // with the code that came by mail
	EventChangePassword EventKind = "change_password"     // with the old one
	EventChoosePassword EventKind = "choose_password"     // in place of a temporary one
	EventToken          EventKind = "token"               // refused codes, refresh tokens and clients
	EventRevoke         EventKind = "revoke_token"        // with the session that it belongs to
	EventEndSession     EventKind = "end_session"         // one of those that are listed
	EventSignOut        EventKind = "sign_out_everywhere" // by the person
	EventSecondFactor   EventKind = "second_factor"       // set up, switched on or off by the person
	EventDeleteAccount  EventKind = "delete_account"      // by the person
	EventOperator       EventKind = "operator"            // a change by an operator, or a refused call
	EventFeedback       EventKind = "feedback"            // on another event
)

// EventResult says what came of it.
type EventResult string

// The results. What waits goes on with another step.
const (
	Passed  EventResult = "passed"
	Refused EventResult = "refused"
	Waiting EventResult = "waiting"
)

// Door is where the request came in.
type Door string

// The doors.
const (
	DoorAPI     Door = "api"
	DoorPages   Door = "pages"
	DoorCommand Door = "command_line"
)

// EventWindow is for how long the same refusals are counted in one row: as long
// as failures are remembered (see [Lockout]).
const EventWindow = lockoutForget

// DefaultAuditDays is for how many days events are kept where the pool does not
// say.
const DefaultAuditDays = 365

// AuditRetention is for how long the pool's events are kept.
func (p Pool) AuditRetention() time.Duration {
	days := DefaultAuditDays
	if p.AuditRetentionDays != nil {
		days = *p.AuditRetentionDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// NewEventID makes a UUID (version 7) whose first half is the time, so that ids
// are in the order of their events (RFC 9562 §5.7).
func NewEventID(now time.Time) string {
	id := eventFloor(now.UnixMilli())
	rand.Read(id[8:])
	fraction := uint16(now.Nanosecond() % 1_000_000 * 4096 / 1_000_000) // orders what falls into one ms (RFC 9562 §6.2, method 3)
	binary.BigEndian.PutUint16(id[6:], 0x7000|fraction)
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// EventsBefore is less than the id of every event at the time (ms) or after it,
// and greater than those before.
func EventsBefore(ms int64) string { return eventFloor(ms).String() }

func eventFloor(ms int64) (id uuid.UUID) {
	binary.BigEndian.PutUint64(id[:], uint64(ms)<<16)
	return id
}

// Fold is what is the same in refusals that are counted in one row, "" for an
// event with a row of its own. Failures that the lockout counts are told apart.
func (e Event) Fold() string {
	if e.Result != Refused {
		return ""
	}
	digest := sha256.New()
	for _, part := range []string{
		e.Subject, e.Source(), string(e.Kind), string(e.Reason), e.Client, string(e.Door), e.Operation, e.Operator.Key, fmt.Sprint(e.Target, e.try), fmt.Sprint(e.At / EventWindow.Milliseconds()),
	} {
		fmt.Fprintf(digest, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:16])
}

// ShowsPassword says whether a password was shown or proven, and was right.
func (e Event) ShowsPassword() (right, shown bool) {
	if e.Via != ViaPassword && e.Via != ViaSRP {
		return false, false
	}
	switch e.Reason {
	case "", ReasonUnconfirmed, ReasonNewPassword, ReasonSecond, ReasonSetUp, ReasonNoSecond, ReasonDisabled, ReasonReset, ReasonTemporary:
		return true, true
	case ReasonPassword, ReasonNoVerifier, ReasonUnknownUser, ReasonLockedOut:
		return false, true
	}
	return false, false
}

// What stood for the person in a sign-in.
const (
	ViaPassword = "password"
	ViaSRP      = "srp"             // the proof of a password
	ViaSession  = "session"         // of the step before
	ViaSecond   = "second_factor"   // its code, or the choice of one
	ViaBrowser  = "browser_session" // nothing was shown but that
)

// CheckAddOns refuses to show events where the pool does not have them shown
// (Cognito: UserPoolAddOnNotEnabledException).
func (p Pool) CheckAddOns() error {
	if p.UserPoolAddOns != nil && p.UserPoolAddOns.AdvancedSecurityMode == "AUDIT" {
		return nil
	}
	return refuse("UserPoolAddOnNotEnabled", "", "UserPoolAddOns", "")
}

// Judged says whether feedback can be about an event: what people did.
func (e Event) Judged() bool {
	switch e.Kind {
	case EventOperator, EventFeedback, EventToken, EventRevoke:
		return false
	}
	return true
}

// Source is the address that an event came from, of IPv6 the network of one
// subscriber.
func (e Event) Source() string { return e.From.Network() }

// Network is the device's address, of IPv6 its /64, which one subscriber has as
// a rule.
func (d Device) Network() string {
	ip, err := netip.ParseAddr(d.IP)
	if err != nil || !ip.Is6() {
		return d.IP
	}
	network, _ := ip.WithZone("").Prefix(64) // fails for no address only
	return network.String()
}

// Drowned is what is kept of a refusal beyond what its source may fill: that it
// was, and how many more, but not whom each was about.
// Beyond the limit of all sources (many) neither is the source.
func (e Event) Drowned(many bool) Event {
	e.Subject, e.try, e.From.UserAgent, e.Target, e.Members, e.Client, e.Operation = "", 0, "", nil, nil, "", ""
	if many {
		e.From = Device{}
	}
	e.Reason = ReasonFlood
	return e
}

// FloodLimit is how many refusals of one source are kept one by one in an
// [EventWindow], by each node; FloodTotal those of all sources together. What is
// beyond is counted (see [Event.Drowned]).
const (
	FloodLimit = 200
	FloodTotal = 5000
)

// Flood counts the refusals of this window. It looks at where they come from and
// at nothing else, so that it tells nothing about whom they are.
type Flood struct {
	window int64
	total  int
	of     map[string]int
}

// Admit counts a refusal and returns what is kept of it.
func (f *Flood) Admit(e Event) Event {
	if window := e.At / EventWindow.Milliseconds(); window != f.window || f.of == nil {
		*f = Flood{window: window, of: map[string]int{}}
	}
	source := e.Source()
	if f.of[source] >= FloodLimit {
		return e.Drowned(false)
	}
	if f.total >= FloodTotal {
		return e.Drowned(true)
	}
	f.of[source]++ // a source is remembered with a row that is kept, so there are no more than those
	f.total++
	return e
}
