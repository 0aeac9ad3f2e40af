package signin

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/totp"
)

// SecondFactor asks for a code of Factor; where that is "", which of Factors
// (Cognito: SELECT_MFA_TYPE). SentTo is where a code was sent, and Device what
// the person calls their authenticator app.
type SecondFactor struct {
	SessionID string
	Factor    pool.Factor
	Factors   []pool.Factor
	User      pool.User
	SentTo    pool.Delivery
	Device    string
}

// SetUp asks somebody to set up one of Factors before they go on; SessionID leads
// on once account.ProveToken has seen it work (Cognito: MFA_SETUP).
type SetUp struct {
	SessionID string
	Factors   []pool.Factor
	User      pool.User
}

// Pick names the second factor that somebody wants to show: in answer to the
// question which, or in place of one that was asked for. The same factor again
// sends another code.
type Pick struct {
	SessionID string
	Factor    pool.Factor
}

// Code is a code of a second factor.
type Code struct {
	SessionID string
	Factor    pool.Factor
	Digits    string
}

func (Pick) factor() {}
func (Code) factor() {}

var (
	errTokenCode = &pool.Error{Kind: pool.CodeMismatch, Reason: "software_token", Field: "code"}
	errMailCode  = &pool.Error{Kind: pool.CodeMismatch, Reason: "second", Field: "code"}
)

// askSecond opens the session of somebody who must show one of factors, and
// sends a code where the factor is one that is sent.
func (s *Signin) askSecond(ctx context.Context, app pool.App, user pool.User, factors []pool.Factor) (Step, error) {
	ask := SecondFactor{User: user, Factors: factors, Device: user.MFA.Token.Name}
	if len(factors) == 1 {
		ask.Factor = factors[0]
	}
	session := pool.NewSession(app, pool.SessionSecond, user.Sub, user, s.Now())
	session.Factor = string(ask.Factor)
	var mail *pool.Mail
	if ask.Factor == pool.FactorEmail {
		_, err := s.DB.Windows.Upsert(ctx, func(w *pool.Window) error { return w.Use(pool.BudgetSecond, s.Now()) }, app.Pool.ID, user.Sub, pool.BudgetSecond.Action)
		if err != nil {
			return Step{}, err
		}
		digits := pool.NewDigits(6)
		session.Code = pool.CodeMAC(s.CodeKey, app.Pool.ID, user.Sub, pool.PurposeSecond, digits)
		ask.SentTo = pool.MailedTo(user.Email())
		if mail, err = s.compose(app.Pool, user, digits); err != nil {
			return Step{}, err
		}
	}
	ask.SessionID = pool.NewSessionID(s.SessionKey, session)
	return Step{Second: &ask}, s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if mail != nil {
			if err := tx.Mails.Put(ctx, mail); err != nil {
				return err
			}
		}
		return tx.Sessions.Create(ctx, &session, app.Pool.ID, pool.HashToken(ask.SessionID))
	})
}

func (s *Signin) compose(p pool.Pool, user pool.User, digits string) (*pool.Mail, error) {
	mail, err := message.Compose(p, pool.MailSecond, message.Letter{To: user.Email(), Username: user.Username, Code: pool.Secret(digits)})
	now := s.Now().UnixMilli()
	mail.ID, mail.State, mail.CreatedAt, mail.DueAt = pool.NewUUID(), pool.MailWaiting, now, now
	return &mail, err
}

// waiting finds the session of somebody who was asked for a second factor, and
// its owner, who must be the one with the name, if one is brought. Nothing is
// used up.
func (s *Signin) waiting(ctx context.Context, app pool.App, username, id string) (pool.Session, pool.User, error) {
	session, err := s.DB.Sessions.Get(ctx, app.Pool.ID, pool.HashToken(id))
	if errors.Is(err, store.ErrNotFound) {
		return session, pool.User{}, pool.GoneSession(s.SessionKey, app, id, s.Now())
	}
	if err == nil {
		err = session.WaitsAt(app, pool.SessionSecond, s.Now())
	}
	if err != nil {
		return session, pool.User{}, err
	}
	pool.NoteOf(ctx).About(session.Sub)
	if username != "" && !s.leadsTo(ctx, app, username, session.Sub) {
		return session, pool.User{}, pool.ErrSession
	}
	user, err := s.DB.Users.Get(ctx, app.Pool.ID, session.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Void(session.NotBefore) {
		return session, user, pool.ErrSession
	}
	return session, user, err
}

// byPick asks for the factor that was picked, in place of what was asked before.
func (s *Signin) byPick(ctx context.Context, app pool.App, username string, in Pick) (Step, error) {
	_, user, err := s.waiting(ctx, app, username, in.SessionID)
	if err != nil {
		return Step{}, err
	}
	if !app.Pool.SecondFor(user).Fits(in.Factor) {
		return Step{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "mfa_type"}
	}
	if _, err := s.take(ctx, app, in.SessionID, pool.SessionSecond); err != nil {
		return Step{}, err
	}
	return s.askSecond(ctx, app, user, []pool.Factor{in.Factor})
}

// byCode checks a code. The try is counted before it is looked at; a wrong one
// leaves the session for another, a right one is good once: of two that bring it
// at once, one gets in.
func (s *Signin) byCode(ctx context.Context, app pool.App, username string, in Code) (Step, error) {
	session, user, err := s.waiting(ctx, app, username, in.SessionID)
	if err != nil {
		return Step{}, err
	}
	if session.Factor == "" || session.Factor != string(in.Factor) {
		return Step{}, pool.ErrSession
	}
	counted := pool.SecondOwner(user.Sub)
	if _, err := s.reserve(ctx, app.Pool.ID, counted); err != nil {
		return Step{}, err
	}
	step, err := s.checkCode(app, session, user, in)
	if err != nil {
		return Step{}, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if _, err := tx.Sessions.Take(ctx, app.Pool.ID, pool.HashToken(in.SessionID)); errors.Is(err, store.ErrNotFound) {
			return pool.GoneSession(s.SessionKey, app, in.SessionID, s.Now())
		} else if err != nil {
			return err
		}
		if in.Factor != pool.FactorToken {
			return nil
		}
		user, err = tx.Users.Update(ctx, app.Pool.ID, user.Sub, func(u *pool.User) error { return u.MFA.Token.Spend(user.MFA.Token.Seed, step) })
		return err
	})
	if err != nil {
		return Step{}, err
	}
	if err := s.DB.Lockouts.Delete(ctx, app.Pool.ID, counted); err != nil {
		return Step{}, err
	}
	return s.next(ctx, app, user, in.Factor)
}

// checkCode holds a code against what the session waits for; step is that of an
// authenticator app's.
func (s *Signin) checkCode(app pool.App, session pool.Session, user pool.User, in Code) (step int64, err error) {
	switch in.Factor {
	case pool.FactorEmail:
		if len(session.Code) == 0 || !hmac.Equal(session.Code, pool.CodeMAC(s.CodeKey, app.Pool.ID, user.Sub, pool.PurposeSecond, in.Digits)) {
			return 0, errMailCode
		}
	case pool.FactorToken:
		var right bool
		if step, right = totp.Match(user.MFA.Token.Seed.Reveal(), in.Digits, s.Now()); !right || user.MFA.Token.Seed == "" {
			return 0, errTokenCode
		}
	default:
		return 0, pool.ErrSession
	}
	return step, nil
}

// Others are the second factors that somebody could show in place of the one
// that was asked for.
func (f SecondFactor) Others(p pool.Pool) []pool.Factor {
	return slices.DeleteFunc(p.SecondFor(f.User).Fitting(), func(other pool.Factor) bool { return other == f.Factor })
}
