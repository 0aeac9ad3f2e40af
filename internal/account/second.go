package account

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/totp"
)

var errTokenWrong = &pool.Error{Kind: pool.EnableSoftwareTokenMFA, Field: "code"}

// AskToken makes a seed for the authenticator app of somebody who is signed in.
// One that they have counts until the new one is proven (Cognito:
// AssociateSoftwareToken).
func (a *Accounts) AskToken(ctx context.Context, app pool.App, user pool.User) (pool.Secret, error) {
	if err := app.Pool.CheckToken(); err != nil {
		return "", err
	}
	seed := pool.Secret(totp.NewSeed())
	_, err := a.DB.Users.Update(ctx, app.Pool.ID, user.Sub, func(u *pool.User) error {
		u.MFA.Token.Asked = seed
		return nil
	})
	return seed, gone(err)
}

// ProveToken makes it the one that counts, once a code of it was seen (Cognito:
// VerifySoftwareToken). Name is what its owner calls the device.
func (a *Accounts) ProveToken(ctx context.Context, app pool.App, user pool.User, code, name string) (err error) {
	if err := app.Pool.CheckToken(); err != nil {
		return err
	}
	ctx, note := pool.Noting(ctx, app, pool.EventSecondFactor, a.Now)
	note.About(user.Sub)
	defer a.DB.Events.Close(ctx, note, &err)
	step, err := a.seen(ctx, app, user, user.MFA.Token.Asked, code)
	if err != nil {
		return err
	}
	_, err = a.DB.Users.Update(ctx, app.Pool.ID, user.Sub, func(u *pool.User) error {
		u.LastModifiedDate = a.Now().UnixMilli()
		return u.TakeToken(user.MFA.Token.Asked, name, step)
	})
	if err != nil {
		return gone(err)
	}
	return a.DB.Lockouts.Delete(ctx, app.Pool.ID, pool.SecondOwner(user.Sub))
}

// seen holds a code against a seed that is yet to be proven. The try is counted
// before, as one of a sign-in is.
func (a *Accounts) seen(ctx context.Context, app pool.App, user pool.User, seed pool.Secret, code string) (step int64, err error) {
	_, err = a.DB.Lockouts.Upsert(ctx, func(l *pool.Lockout) error { return l.Reserve(a.Now()) }, app.Pool.ID, pool.SecondOwner(user.Sub))
	if err != nil {
		return 0, err
	}
	step, right := totp.Match(seed.Reveal(), code, a.Now())
	if seed == "" || !right {
		return 0, errTokenWrong
	}
	return step, nil
}

// AskTokenBySession is AskToken in the middle of a sign-in that waits for a second
// factor to be set up (Cognito: MFA_SETUP). The session goes on under another id.
func (a *Accounts) AskTokenBySession(ctx context.Context, app pool.App, id string) (seed pool.Secret, nextID string, err error) {
	if err := app.Pool.CheckToken(); err != nil {
		return "", "", err
	}
	seed = pool.Secret(totp.NewSeed())
	nextID, err = a.goOn(ctx, app, id, func(next *pool.Session) func(*pool.User) error {
		next.Seed = seed
		return nil
	})
	return seed, nextID, err
}

// AskedToken is the seed that such a session waits to see, and whose it is.
func (a *Accounts) AskedToken(ctx context.Context, app pool.App, id string) (pool.Secret, pool.User, error) {
	session, user, err := a.waiting(ctx, app, id, pool.SessionSetUp)
	if err == nil && session.Seed == "" {
		err = pool.ErrSession
	}
	return session.Seed, user, err
}

// ProveTokenBySession is ProveToken there; the new id belongs to a session that
// is proven. A wrong code leaves the session as it is.
func (a *Accounts) ProveTokenBySession(ctx context.Context, app pool.App, id, code, name string) (nextID string, err error) {
	if err := app.Pool.CheckToken(); err != nil {
		return "", err
	}
	session, user, err := a.waiting(ctx, app, id, pool.SessionSetUp)
	if err != nil {
		return "", err
	}
	ctx, note := pool.Noting(ctx, app, pool.EventSecondFactor, a.Now)
	note.About(user.Sub)
	defer a.DB.Events.Close(ctx, note, &err)
	step, err := a.seen(ctx, app, user, session.Seed, code)
	if err != nil {
		return "", err
	}
	nextID, err = a.goOn(ctx, app, id, func(next *pool.Session) func(*pool.User) error {
		next.Proven, next.Second = true, pool.FactorToken
		return func(u *pool.User) error {
			u.MFA.Token.Asked, u.LastModifiedDate = session.Seed, a.Now().UnixMilli()
			u.SwitchOn(pool.FactorToken)
			return u.TakeToken(session.Seed, name, step)
		}
	})
	if err != nil {
		return "", err
	}
	return nextID, a.DB.Lockouts.Delete(ctx, app.Pool.ID, pool.SecondOwner(user.Sub))
}

// goOn takes a session that waits for a second factor away and opens the next, as
// change says, which may change the user too: of all who bring an id, one goes on.
func (a *Accounts) goOn(ctx context.Context, app pool.App, id string, change func(next *pool.Session) func(*pool.User) error) (nextID string, err error) {
	was, user, err := a.waiting(ctx, app, id, pool.SessionSetUp)
	if err != nil {
		return "", err
	}
	if was.Proven {
		return "", pool.ErrSession
	}
	next := pool.NewSession(app, pool.SessionSetUp, user.Sub, user, a.Now())
	update := change(&next)
	nextID = pool.NewSessionID(a.SessionKey, next)
	return nextID, a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := tx.Sessions.Take(ctx, app.Pool.ID, pool.HashToken(id))
		if errors.Is(err, store.ErrNotFound) {
			return pool.GoneSession(a.SessionKey, app, id, a.Now())
		}
		if err == nil && update != nil {
			_, err = tx.Users.Update(ctx, app.Pool.ID, user.Sub, func(u *pool.User) error {
				if u.Void(was.NotBefore) {
					return pool.ErrSession
				}
				return update(u)
			})
			err = gone(err)
		}
		if err != nil {
			return err
		}
		return tx.Sessions.Create(ctx, &next, app.Pool.ID, pool.HashToken(nextID))
	})
}

// Prefer switches somebody's second factors on and off (Cognito:
// SetUserMFAPreference, AdminSetUserMFAPreference).
func (a *Accounts) Prefer(ctx context.Context, user pool.User, choices map[pool.Factor]pool.FactorChoice) error {
	return a.changeMFA(ctx, user, func(u *pool.User) error { return u.Prefer(choices) })
}

// DropToken takes somebody's authenticator app away (Cognito:
// AdminDeleteSoftwareToken).
func (a *Accounts) DropToken(ctx context.Context, user pool.User) error {
	return a.changeMFA(ctx, user, func(u *pool.User) error {
		u.DropToken()
		return nil
	})
}

func (a *Accounts) changeMFA(ctx context.Context, user pool.User, change func(*pool.User) error) (err error) {
	ctx, note := pool.Noting(ctx, pool.App{Pool: pool.Pool{ID: user.UserPoolID}}, pool.EventSecondFactor, a.Now)
	note.About(user.Sub)
	defer a.DB.Events.Close(ctx, note, &err)
	_, err = a.DB.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
		u.LastModifiedDate = a.Now().UnixMilli()
		return change(u)
	})
	return gone(err)
}
