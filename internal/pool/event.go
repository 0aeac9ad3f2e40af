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

// Drowned is what is kept of a refusal beyond what may be kept one by one: whom
// it is about and what was tried, in one row whatever the source, so that it shows
// in that person's trail. Of a refusal about nobody it is the source, unless there
// are many of those too.
func (e Event) Drowned(many bool) Event {
	kept := Event{UserPoolID: e.UserPoolID, ID: e.ID, Subject: e.Subject, At: e.At, Kind: e.Kind, Result: e.Result, Reason: ReasonFlood}
	if e.Subject == "" && !many {
		kept.From.IP = e.From.IP
	}
	return kept
}

// Among is the subject under which a name that nobody has is counted together
// with others, once there are many of those: "?" and the first character of its
// hash. They are 64 rows and not one, so that such names wait for each other's row
// as little as accounts do.
func Among(subject string) string { return subject[:min(2, len(subject))] }

// What each node keeps of refusals in an [EventWindow] and a pool: so many rows of
// one source, so many of all sources together, and, beyond those (see
// [Event.Drowned]), so many about names that nobody has. The house, whose trail
// has the calls that nobody signed, has the same to itself.
const (
	FloodLimit     = 200
	FloodTotal     = 5000
	FloodStrangers = 500
)

// Flood bounds the rows that refusals make in this window. It looks at rows, pools
// and sources; an account and a name that nobody has cost the same, one row.
type Flood struct {
	window int64
	pools  map[string]*budget
}

// budget is what refusals have taken up in the trail of one pool.
type budget struct {
	rows, strangers int
	sources         map[string]int
	met             map[string]int64 // by fold; what is in it has its row, and takes up no more
}

// Admit returns what is kept of a refusal, and how many are to be added to the
// count of its row: 0 where nothing is to be written.
//
// What an operator's key may not do is always kept: its holder is known. Calls that
// nobody signed are written when their number is a power of two, so the row says
// more than half of it, and whoever repeats one does not keep the ledger busy.
func (f *Flood) Admit(e Event) (kept Event, add int64) {
	if e.Kind == EventOperator && e.Operator.Key != "" {
		return e, 1
	}
	if window := e.At / EventWindow.Milliseconds(); window != f.window || f.pools == nil {
		*f = Flood{window: window, pools: map[string]*budget{}}
	}
	in := f.pools[e.UserPoolID]
	if in == nil {
		in = &budget{sources: map[string]int{}, met: map[string]int64{}}
		f.pools[e.UserPoolID] = in
	}
	e = in.admit(e)
	if e.Kind != EventOperator {
		return e, 1
	}
	fold := e.Fold()
	in.met[fold]++
	if n := in.met[fold]; n&(n-1) == 0 {
		return e, max(n/2, 1)
	}
	return e, 0
}

func (in *budget) admit(e Event) Event {
	if in.has(e) {
		return e
	}
	source := e.Source()
	if in.sources[source] < FloodLimit && in.rows < FloodTotal {
		in.sources[source]++ // a source is remembered with a row that is kept, so there are no more than those
		in.rows++
		in.met[e.Fold()] = 0
		return e
	}
	e = e.Drowned(in.sources[source] < FloodLimit)
	switch {
	case !UnknownSubject(e.Subject) || in.has(e):
	case in.strangers < FloodStrangers:
		in.strangers++
		in.met[e.Fold()] = 0
	default:
		e.Subject = Among(e.Subject)
	}
	return e
}

func (in *budget) has(e Event) bool {
	_, ok := in.met[e.Fold()]
	return ok
}
