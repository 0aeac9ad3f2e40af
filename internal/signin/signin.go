package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/srp"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Signin recognises people.
type Signin struct {
	DB        *store.DB
	Passwords *password.Hasher
	NameKey   []byte // keys the hash under which failures of an unknown name are counted
	// SessionKey authenticates the ids of sessions; account has the same.
	SessionKey  []byte
	CodeKey     []byte // keys the hash of mailed codes; account has the same
	FeedbackKey []byte // authenticates the tokens by which people say whether an event was theirs
	Now         func() time.Time
}

// Attempt is one try to sign in.
type Attempt struct {
	Username string // as typed; with Proven it may be left out
	Factor   Factor
	From     pool.Device
}

// Factor is what somebody shows: a [Password], the two halves of [SRP] and its
// [Proof], a [Proven] session, the [Pick] of a second factor or its [Code].
type Factor interface{ factor() }

// Password is a password as typed.
type Password string

// Proven is the id of a Session whose missing proof account.Confirm or
// account.Choose brought.
type Proven struct{ SessionID string }

func (Password) factor() {}
func (Proven) factor()   {}

// Step is what comes next; exactly one member is set.
type Step struct {
	Done        *pool.SignedIn
	Confirm     *Confirm
	SRP         *Exchange
	NewPassword *NewPassword
	Second      *SecondFactor
	SetUp       *SetUp
	Waiting     *Waiting
}

// Confirm asks for the code that proves a new account's address, which went to
// SentTo; SessionID leads on once it is there.
type Confirm struct {
	SessionID string
	SentTo    pool.Delivery
}

// Waiting says that no code can confirm the account: an operator must.
type Waiting struct{}

// NewPassword asks for a password in place of a temporary one; SessionID leads
// on once account.Choose has set it.
type NewPassword struct {
	SessionID string
	User      pool.User
}

// The refusals of a sign-in (Cognito: NotAuthorizedException).
var (
	errWrong    = &pool.Error{Kind: pool.NotAuthorized, Reason: "password"}
	errDisabled = &pool.Error{Kind: pool.NotAuthorized, Reason: "disabled"}
	errUnknown  = &pool.Error{Kind: pool.UserNotFound}
	errNobody   = pool.Because(errWrong, pool.ReasonUnknownUser) // what is said of an unknown name where the client hides who has an account
	errBusy     = &pool.Error{Kind: pool.TooManyRequests}
)

// Begin takes the first step. A wrong password and an unknown name give the
// same error after the same work, where the client hides who has an account. The
// audit trail has the true reason.
func (s *Signin) Begin(ctx context.Context, app pool.App, in Attempt) (step Step, err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventSignIn, s.Now)
	note.Via(via(in.Factor))
	defer s.DB.Events.Close(ctx, note, &err)
	step, err = s.begin(ctx, app, in)
	if step.Done != nil {
		step.Done.From = in.From
	}
	step.note(note)
	return step, err
}

func via(f Factor) string {
	switch f.(type) {
	case Password:
		return pool.ViaPassword
	case SRP, Proof:
		return pool.ViaSRP
	case Pick, Code:
		return pool.ViaSecond
	}
	return pool.ViaSession
}

func (s *Signin) begin(ctx context.Context, app pool.App, in Attempt) (Step, error) {
	switch f := in.Factor.(type) {
	case Password:
		return s.byPassword(ctx, app, in.Username, string(f))
	case Proven:
		return s.bySession(ctx, app, in.Username, f.SessionID)
	case SRP:
		return s.bySRP(ctx, app, in.Username, f)
	case Proof:
		return s.byProof(ctx, app, in.Username, f)
	case Pick:
		return s.byPick(ctx, app, in.Username, f)
	case Code:
		return s.byCode(ctx, app, in.Username, f)
	}
	return Step{}, errors.New("signin: no factor")
}

func (s *Signin) byPassword(ctx context.Context, app pool.App, username, secret string) (Step, error) {
	if err := errors.Join(pool.CheckRequired("username", strings.TrimSpace(username)), pool.CheckRequired("password", secret)); err != nil {
		return Step{}, err
	}
	if pool.CheckPasswordShape(secret) != nil {
		return Step{}, errWrong // no account has such a password
	}
	who, err := s.find(ctx, app, username)
	if err != nil {
		return Step{}, err
	}
	reserved, err := s.reserve(ctx, app.Pool.ID, who.owner)
	if err != nil {
		return Step{}, err
	}
	right, err := s.check(ctx, app.Pool, who, secret)
	if err != nil {
		return Step{}, errors.Join(err, s.DB.GiveBack(ctx, app.Pool.ID, who.owner, reserved))
	}
	if !right {
		switch {
		case !who.known && !app.Client.HidesUsers():
			return Step{}, errUnknown
		case neverHad(app, who.user):
			return Step{}, errReset
		}
		return Step{}, who.wrong()
	}
	if err := s.DB.Lockouts.Delete(ctx, app.Pool.ID, who.owner); err != nil {
		return Step{}, err
	}
	return s.next(ctx, app, who.user, "")
}

// check spends one hash whoever asks.
func (s *Signin) check(ctx context.Context, p pool.Pool, who person, secret string) (right bool, err error) {
	if !who.known || who.user.Password.Hash == "" {
		return false, busy(s.Passwords.Waste(ctx, secret))
	}
	right, outdated, err := s.Passwords.Check(ctx, who.user.Password.Hash, secret)
	if err == nil && right {
		err = s.renew(ctx, p, who.user, secret, outdated)
	}
	return right, busy(err)
}

// neverHad says whether somebody is to be told that they must choose their first
// password: nobody who was imported has one, so none is right. Where the client
// hides who has an account, they are answered as everybody else (Cognito:
// PreventUserExistenceErrors).
func neverHad(app pool.App, u pool.User) bool {
	return u.NeverHadPassword() && !u.Disabled && !app.Client.HidesUsers()
}

// renew brings what is kept of a password up to date now that it is at hand: a
// hash made with other parameters than today's, a verifier made with the
// username as it was spelled, and one that was left behind in another pool.
func (s *Signin) renew(ctx context.Context, p pool.Pool, user pool.User, secret string, outdated bool) error {
	fresh, name := user.Password, p.Fold(user.Username)
	unfit := user.SRPName() != name || user.Password.SRPVerifier == ""
	if !outdated && !unfit {
		return nil
	}
	if outdated {
		hash, err := s.Passwords.Hash(ctx, secret)
		if err != nil {
			return err
		}
		fresh.Hash = hash
	}
	if unfit {
		v, err := srp.NewVerifier(pool.ShortName(p.ID), name, secret)
		if err != nil {
			return err
		}
		fresh.SRPName, fresh.SRPSalt, fresh.SRPVerifier = name, pool.Secret(v.Salt), pool.Secret(v.V)
	}
	_, err := s.DB.Users.Update(ctx, p.ID, user.Sub, func(u *pool.User) error {
		if u.Password.Hash == user.Password.Hash {
			u.Password = fresh
		}
		return nil
	})
	return err
}

func busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return errBusy
	}
	return err
}

// bySession goes on from a session whose proof was brought. A name that comes
// with it must be its owner's.
func (s *Signin) bySession(ctx context.Context, app pool.App, username, id string) (Step, error) {
	session, err := s.DB.Sessions.Get(ctx, app.Pool.ID, pool.HashToken(id))
	if errors.Is(err, store.ErrNotFound) {
		return Step{}, pool.GoneSession(s.SessionKey, app, id, s.Now())
	}
	if err == nil && !session.Proven {
		return Step{}, pool.ErrSession
	}
	if err == nil { // before it is taken away: it may be somebody else's
		err = session.WaitsAt(app, session.Purpose, s.Now())
	}
	if err != nil {
		return Step{}, err
	}
	pool.NoteOf(ctx).About(session.Sub)
	if username != "" && !s.leadsTo(ctx, app, username, session.Sub) {
		return Step{}, pool.ErrSession
	}
	if session, err = s.take(ctx, app, id, session.Purpose); err != nil {
		return Step{}, err
	}
	user, err := s.DB.Users.Get(ctx, app.Pool.ID, session.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Void(session.NotBefore) {
		return Step{}, pool.Because(pool.ErrSession, pool.ReasonEnded)
	}
	if err != nil {
		return Step{}, err
	}
	return s.next(ctx, app, user, session.Second)
}

// note says what came of a step: with a name that is right it has passed, waits
// for more, or, where an operator must confirm the account, is at its end.
func (s Step) note(n *pool.Note) {
	switch {
	case s.SRP != nil:
		n.Silence() // nothing is shown yet
	case s.Confirm != nil:
		n.Waits(pool.ReasonUnconfirmed)
	case s.NewPassword != nil:
		n.Waits(pool.ReasonNewPassword)
	case s.Second != nil:
		n.Waits(pool.ReasonSecond)
	case s.SetUp != nil:
		n.Waits(pool.ReasonSetUp)
	case s.Waiting != nil:
		n.Truly(pool.ReasonUnconfirmed)
	}
}
