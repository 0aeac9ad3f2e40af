package account

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// ConfirmByOperator confirms a new account without its code. Its addresses stay
// as unproven as they were (Cognito: AdminConfirmSignUp).
func (a *Accounts) ConfirmByOperator(ctx context.Context, user pool.User) error {
	return gone(a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := tx.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
			if u.Status != pool.Unconfirmed {
				return &pool.Error{Kind: pool.NotAuthorized, Reason: "status", Args: map[string]string{"status": string(u.Status)}}
			}
			u.Status, u.LastModifiedDate = pool.Confirmed, a.Now().UnixMilli()
			return nil
		})
		if err != nil {
			return err
		}
		return tx.MailedCodes.Delete(ctx, user.UserPoolID, user.Sub, string(pool.PurposeConfirm))
	}))
}

// Disable shuts somebody out, and ends all that they have open (Cognito:
// AdminDisableUser).
func (a *Accounts) Disable(ctx context.Context, user pool.User) error {
	return a.able(ctx, user, false)
}

// Enable lets them in again; what was ended stays ended (Cognito:
// AdminEnableUser).
func (a *Accounts) Enable(ctx context.Context, user pool.User) error {
	return a.able(ctx, user, true)
}

func (a *Accounts) able(ctx context.Context, user pool.User, enabled bool) error {
	_, err := a.DB.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
		if u.Disabled == !enabled {
			return nil
		}
		u.Disabled, u.LastModifiedDate = !enabled, a.Now().UnixMilli()
		u.EndAll(a.Now())
		return nil
	})
	return gone(err)
}

// ResetByOperator takes the password out of use and mails a code for another;
// all that the account has open ends (Cognito: AdminResetUserPassword).
func (a *Accounts) ResetByOperator(ctx context.Context, p pool.Pool, user pool.User) error {
	app, who := pool.App{Pool: p}, person{owner: user.Sub, user: &user, email: user.Email()}
	if err := p.CheckReset(user); err != nil {
		return err
	}
	if err := a.use(ctx, p.ID, who, pool.BudgetForgot); err != nil {
		return err
	}
	post, err := a.compose(ctx, app, who, pool.PurposeReset, user.Email())
	if err != nil {
		return err
	}
	return gone(a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := tx.Users.Update(ctx, p.ID, user.Sub, func(u *pool.User) error {
			if err := p.CheckReset(*u); err != nil {
				return err
			}
			u.Status, u.LastModifiedDate = pool.ResetRequired, a.Now().UnixMilli()
			u.EndAll(a.Now())
			return nil
		})
		if err != nil {
			return err
		}
		return post.put(ctx, tx)
	}))
}

// gone words that the account was deleted in the meantime.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return &pool.Error{Kind: pool.UserNotFound}
	}
	return err
}
