package account

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Forgot mails a code that allows a new password, to the account's address:
// verified, or, while the account is unconfirmed, the one it waits for. Where
// the client hides who has an account, every name gets the same answer.
func (a *Accounts) Forgot(ctx context.Context, app pool.App, username string) (pool.Delivery, error) {
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
	if err := recoverable(who.user); err != nil {
		if !app.Client.HidesUsers() {
			return pool.Delivery{}, err
		}
		who = who.nobody()
	}
	return a.mailCode(ctx, app, who, pool.PurposeReset, username)
}

func recoverable(u *pool.User) error {
	switch {
	case u == nil:
		return nil
	case u.Disabled:
		return &pool.Error{Kind: pool.NotAuthorized, Reason: "disabled"}
	case u.Email() == "", !u.EmailVerified() && u.Status != pool.Unconfirmed:
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "contact"}
	}
	return nil
}

// NewPassword is a mailed code with the password that it allows.
type NewPassword struct{ Username, Code, Password string }

// Reset sets a new password. It ends whatever the account had open: grants,
// tokens, browser sessions, challenges, and a lockout. The code came to the
// account's address, so an unconfirmed account is confirmed by it.
func (a *Accounts) Reset(ctx context.Context, app pool.App, in NewPassword) error {
	who, err := a.find(ctx, app, in.Username)
	if err != nil {
		return err
	}
	if in.Code == "" {
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "required", Field: "code"}
	}
	if err := app.Pool.PasswordPolicy().CheckPassword(in.Password); err != nil {
		return err
	}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetReset); err != nil {
		return err
	}
	if _, err := a.look(ctx, a.DB, app, who, pool.PurposeReset, in.Code); err != nil {
		return err // before the hash: a wrong code is to be cheap
	}
	fresh, err := a.makePassword(ctx, app.Pool, who.user.Username, in.Password)
	if err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		code, err := a.spend(ctx, tx, app, who, pool.PurposeReset, in.Code)
		if err != nil {
			return err
		}
		confirm := a.confirmed(code)
		_, err = tx.Users.Update(ctx, app.Pool.ID, who.owner, func(u *pool.User) error {
			u.Password = fresh
			u.EndAll(a.Now())
			return confirm(u)
		})
		if err != nil {
			return err
		}
		if err := tx.MailedCodes.Delete(ctx, app.Pool.ID, who.owner, string(pool.PurposeConfirm)); err != nil {
			return err
		}
		return tx.Lockouts.Delete(ctx, app.Pool.ID, who.owner)
	})
}
