package account

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Forgot mails a code that allows a new password, to the account's address:
// verified, or, while the account is unconfirmed, the one it waits for. Where
// the client hides who has an account, every name gets the same answer.
func (a *Accounts) Forgot(ctx context.Context, app pool.App, username string) (sent pool.Delivery, err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventForgot, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	if app.Pool.RecoversByOperatorOnly() {
		return pool.Delivery{}, &pool.Error{Kind: pool.NotAuthorized, Reason: "recovery"}
	}
	who, err := a.find(ctx, app, username)
	if err != nil {
		return pool.Delivery{}, err
	}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetForgot); err != nil {
		return pool.Delivery{}, err
	}
	if err := recoverable(app.Pool, who.user); err != nil {
		if !app.Client.HidesUsers() {
			return pool.Delivery{}, err
		}
		note.Truly(pool.ReasonOf(err))
		who = who.nobody()
	}
	return a.mailCode(ctx, app, who, pool.PurposeReset, username)
}

func recoverable(p pool.Pool, u *pool.User) error {
	if u == nil {
		return nil
	}
	if u.Disabled {
		return &pool.Error{Kind: pool.NotAuthorized, Reason: "disabled"}
	}
	_, err := p.RecoveryContact(*u)
	return err
}

// NewPassword is a mailed code with the password that it allows.
type NewPassword struct{ Username, Code, Password string }

// Reset sets a new password. It ends whatever the account had open: grants,
// tokens, browser sessions, challenges, and a lockout. The code came to the
// account's address, so an unconfirmed account is confirmed by it.
func (a *Accounts) Reset(ctx context.Context, app pool.App, in NewPassword) (err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventReset, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	who, err := a.find(ctx, app, in.Username)
	if err != nil {
		return err
	}
	if err := errors.Join(pool.CheckRequired("code", in.Code), app.Pool.PasswordPolicy().CheckPassword(in.Password)); err != nil {
		return err
	}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetReset); err != nil {
		return err
	}
	code, err := a.look(ctx, a.DB, app, who, pool.PurposeReset, in.Code)
	if err != nil {
		return err // before the hash: a wrong code is to be cheap
	}
	if !app.Pool.Recovers(*who.user, code) {
		return errExpired
	}
	fresh, err := a.makePassword(ctx, app.Pool, who.user.Username, in.Password)
	if err != nil {
		return err
	}
	err = a.reset(ctx, app, who, in.Code, fresh, true)
	if errors.Is(err, store.ErrExists) {
		// Another account has the address as its alias. The password is new all
		// the same; who signs in with it is asked to confirm, and told there.
		err = a.reset(ctx, app, who, in.Code, fresh, false)
	}
	return err
}

// reset spends the code and writes the password; with confirm the address that
// the code came to is proven by it.
func (a *Accounts) reset(ctx context.Context, app pool.App, who person, digits string, fresh pool.Password, confirm bool) error {
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		code, err := a.spend(ctx, tx, app, who, pool.PurposeReset, digits)
		if err != nil {
			return err
		}
		_, err = tx.Users.UpdateNamed(ctx, app.Pool, who.owner, func(u *pool.User) error {
			if !app.Pool.Recovers(*u, code) { // the address has changed since
				return errExpired
			}
			u.Password, u.LastModifiedDate = fresh, a.Now().UnixMilli()
			u.EndAll(a.Now())
			if u.Status == pool.ResetRequired {
				u.Status = pool.Confirmed
			}
			if !confirm {
				return nil
			}
			return a.confirmed(code)(u)
		}, false)
		if err != nil {
			return err
		}
		if err := tx.MailedCodes.Delete(ctx, app.Pool.ID, who.owner, string(pool.PurposeConfirm)); err != nil {
			return err
		}
		if err := tx.Lockouts.Delete(ctx, app.Pool.ID, who.owner); err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	})
}
