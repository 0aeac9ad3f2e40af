package account

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// budgetChange bounds changes of a password (Cognito: Quotas).
var budgetChange = pool.Budget{Action: "change", Limit: 5}

// ChangePassword sets a new password for a signed-in person who shows the old
// one; a wrong old one counts as a failed sign-in. It ends whatever the account
// had open, the asking token too.
func (a *Accounts) ChangePassword(ctx context.Context, app pool.App, user pool.User, previous, proposed string) (err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventChangePassword, a.Now)
	note.About(user.Sub)
	defer a.DB.Events.Close(ctx, note, &err)
	if err := app.Pool.PasswordPolicy().CheckPassword(proposed); err != nil {
		return err
	}
	if err := a.use(ctx, app.Pool.ID, person{owner: user.Sub}, budgetChange); err != nil {
		return err
	}
	reserved, err := a.DB.Lockouts.Upsert(ctx, func(l *pool.Lockout) error { return l.Reserve(a.Now()) }, app.Pool.ID, user.Sub)
	if err != nil {
		return err
	}
	note.Try(reserved, nil)
	fresh, right, err := a.exchange(ctx, app.Pool, user, previous, proposed)
	if err != nil {
		return errors.Join(err, a.DB.GiveBack(ctx, app.Pool.ID, user.Sub, reserved))
	}
	if !right {
		return &pool.Error{Kind: pool.NotAuthorized, Reason: "password", Field: "previous"}
	}
	return a.setPassword(ctx, user, func(u *pool.User) error {
		if u.Password.Hash != user.Password.Hash {
			return &pool.Error{Kind: pool.NotAuthorized, Reason: "password"} // somebody else was faster
		}
		u.Password, u.Status = fresh, pool.Confirmed
		return nil
	})
}

// exchange makes a new password for the right old one.
func (a *Accounts) exchange(ctx context.Context, p pool.Pool, user pool.User, previous, proposed string) (fresh pool.Password, right bool, err error) {
	if user.Password.Hash != "" {
		right, _, err := a.Passwords.Check(ctx, user.Password.Hash, previous)
		if errors.Is(err, password.ErrBusy) {
			return fresh, false, errBusy
		}
		if err != nil || !right {
			return fresh, false, err
		}
	}
	fresh, err = a.makePassword(ctx, p, user.Username, proposed)
	return fresh, true, err
}

// setPassword writes a new password and ends everything that began before it.
func (a *Accounts) setPassword(ctx context.Context, user pool.User, set func(*pool.User) error) error {
	return gone(a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := tx.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
			u.LastModifiedDate = a.Now().UnixMilli()
			u.EndAll(a.Now())
			return set(u)
		})
		if err != nil {
			return err
		}
		if err := forgetReset(ctx, tx, user); err != nil {
			return err
		}
		if err := tx.Lockouts.Delete(ctx, user.UserPoolID, user.Sub); err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	}))
}

// forgetReset ends the mailed code that was to replace a password which is
// replaced now.
func forgetReset(ctx context.Context, tx *store.DB, user pool.User) error {
	return tx.MailedCodes.Delete(ctx, user.UserPoolID, user.Sub, string(pool.PurposeReset))
}

// Choice is a password in place of a temporary one, with the attributes that
// were missing.
type Choice struct {
	SessionID  string
	Username   string
	Password   string
	Attributes map[string]string
}

// Choose sets the password that a sign-in with a temporary one waits for
// (Cognito: NEW_PASSWORD_REQUIRED) and marks the session proven. Nothing of the
// session is used up by a password that the policy refuses.
func (a *Accounts) Choose(ctx context.Context, app pool.App, in Choice) (err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventChoosePassword, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	session, user, err := a.waiting(ctx, app, in.SessionID, pool.SessionNewPassword)
	if err != nil {
		return err
	}
	if session.Proven {
		return pool.ErrSession
	}
	if in.Username != "" {
		who, err := a.find(pool.Unnoted(ctx), app, in.Username)
		if err != nil || who.user == nil || who.user.Sub != user.Sub {
			return pool.ErrSession
		}
	}
	if err := errors.Join(app.Pool.PasswordPolicy().CheckPassword(in.Password), app.Pool.CheckChosen(app.Client, user, in.Attributes)); err != nil {
		return err
	}
	fresh, err := a.makePassword(ctx, app.Pool, user.Username, in.Password)
	if err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		changed, err := tx.Users.UpdateNamed(ctx, app.Pool, user.Sub, func(u *pool.User) error {
			if u.Void(session.NotBefore) { // another answer to this session was faster
				return pool.ErrSession
			}
			u.SetAttributes(in.Attributes)
			u.Password, u.Status, u.LastModifiedDate = fresh, pool.Confirmed, a.Now().UnixMilli()
			u.EndAll(a.Now())
			return nil
		}, false)
		if err != nil {
			return aliasTaken(err, "")
		}
		if err := forgetReset(ctx, tx, user); err != nil {
			return err
		}
		_, err = tx.Sessions.Update(ctx, func(s *pool.Session) error {
			s.Proven, s.NotBefore = true, changed.NotBefore // of all that was open it alone goes on
			return nil
		}, app.Pool.ID, pool.HashToken(in.SessionID))
		if errors.Is(err, store.ErrNotFound) {
			return pool.ErrSession
		}
		if err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	})
}

// waiting loads a session that waits for purpose at this app, with its user.
func (a *Accounts) waiting(ctx context.Context, app pool.App, id string, purpose pool.SessionPurpose) (pool.Session, pool.User, error) {
	session, err := a.DB.Sessions.Get(ctx, app.Pool.ID, pool.HashToken(id))
	if errors.Is(err, store.ErrNotFound) {
		return session, pool.User{}, pool.GoneSession(a.SessionKey, app, id, a.Now())
	}
	if err == nil {
		err = session.WaitsAt(app, purpose, a.Now())
	}
	if err != nil {
		return session, pool.User{}, err
	}
	pool.NoteOf(ctx).About(session.Sub)
	user, err := a.DB.Users.Get(ctx, app.Pool.ID, session.Sub)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Void(session.NotBefore) {
		err = pool.Because(pool.ErrSession, pool.ReasonEnded)
	}
	return session, user, err
}
