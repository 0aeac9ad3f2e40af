package account

import (
	"context"
	"maps"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// The hourly budgets of verification by a signed-in person (Cognito: Quotas).
var (
	budgetSendVerification = pool.Budget{Action: "verification", Limit: 5}
	budgetVerify           = pool.Budget{Action: "verify", Limit: 15}
)

// purposeVerify proves a changed address of a signed-in person.
const purposeVerify pool.CodePurpose = "verify"

// UpdateAttributes changes what a person may change of themselves; a blank
// value removes. A new address is unverified, and a code is sent to it where
// the pool verifies addresses; where the pool says so the old one stays in
// force until that code came back. The deliveries say what was sent.
func (a *Accounts) UpdateAttributes(ctx context.Context, app pool.App, user pool.User, changes map[string]string) ([]pool.Delivery, error) {
	if err := app.Pool.CheckUpdate(app.Client, user, changes); err != nil {
		return nil, err
	}
	if !due(app.Pool, user, changes) {
		return nil, a.update(ctx, app.Pool, user, changes, nil)
	}
	who := person{owner: user.Sub, user: &user}
	if err := a.use(ctx, app.Pool.ID, who, budgetSendVerification); err != nil {
		return nil, err
	}
	post, err := a.composeAsked(ctx, app, who, purposeVerify, changes["email"])
	if err != nil {
		return nil, err
	}
	if err := a.update(ctx, app.Pool, user, changes, post); err != nil {
		return nil, err
	}
	return []pool.Delivery{a.await(ctx, post)}, nil
}

// UpdateByOperator changes what an operator may change of somebody: they may
// call an address proven too, and then no code is sent to it (Cognito:
// AdminUpdateUserAttributes).
func (a *Accounts) UpdateByOperator(ctx context.Context, p pool.Pool, user pool.User, changes map[string]string) error {
	if err := p.CheckUpdateByOperator(user, changes); err != nil {
		return err
	}
	if !due(p, user, changes) {
		return a.update(ctx, p, user, changes, nil)
	}
	post, err := a.compose(ctx, pool.App{Pool: p}, person{owner: user.Sub, user: &user}, purposeVerify, changes["email"])
	if err != nil {
		return err
	}
	if err := a.update(ctx, p, user, changes, post); err != nil {
		return err
	}
	a.await(ctx, post)
	return nil
}

// Correct is UpdateByOperator inside a transaction, and without a code: whoever
// writes a document says with email_verified what is proven.
func (a *Accounts) Correct(ctx context.Context, tx *store.DB, p pool.Pool, user pool.User, changes map[string]string) error {
	if err := p.CheckUpdateByOperator(user, changes); err != nil {
		return err
	}
	return a.write(ctx, tx, p, user.Sub, changes, false)
}

// due says whether the changes bring an e-mail address that is to be proven.
func due(p pool.Pool, user pool.User, changes map[string]string) bool {
	email := changes["email"]
	_, flagged := changes["email_verified"]
	return email != "" && !flagged && p.VerifiesEmail() && !(email == user.Email() && user.EmailVerified())
}

// update makes the changes, with the code that proves a new address, if there
// is one.
func (a *Accounts) update(ctx context.Context, p pool.Pool, user pool.User, changes map[string]string, post *posting) error {
	held := post != nil && p.VerifiesBeforeUpdate("email") && user.Email() != ""
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := a.write(ctx, tx, p, user.Sub, changes, held); err != nil || post == nil {
			return err
		}
		return post.put(ctx, tx)
	})
}

// write changes the attributes and the names that follow from them.
func (a *Accounts) write(ctx context.Context, tx *store.DB, p pool.Pool, sub string, changes map[string]string, held bool) error {
	_, err := tx.Users.UpdateNamed(ctx, p, sub, func(u *pool.User) error {
		now := maps.Clone(changes)
		if held {
			delete(now, "email")
		}
		u.SetAttributes(now)
		u.LastModifiedDate = a.Now().UnixMilli()
		return nil
	}, false)
	return gone(aliasTaken(err, ""))
}

// DeleteAttributes removes attributes that the schema does not require.
func (a *Accounts) DeleteAttributes(ctx context.Context, app pool.App, user pool.User, names []string) error {
	if err := app.Pool.CheckDelete(app.Client, user, names); err != nil {
		return err
	}
	return a.remove(ctx, app.Pool, user, names)
}

// DeleteByOperator removes any attributes that the schema does not require
// (Cognito: AdminDeleteUserAttributes).
func (a *Accounts) DeleteByOperator(ctx context.Context, p pool.Pool, user pool.User, names []string) error {
	if err := p.CheckUpdateByOperator(user, pool.Removing(names)); err != nil {
		return err
	}
	return a.remove(ctx, p, user, names)
}

func (a *Accounts) remove(ctx context.Context, p pool.Pool, user pool.User, names []string) error {
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		return a.write(ctx, tx, p, user.Sub, pool.Removing(names), false)
	})
}

// verifiable are the attributes that a code can prove.
var verifiable = []string{"email", "phone_number"}

// SendVerification mails a code that proves the person's address (Cognito:
// GetUserAttributeVerificationCode).
func (a *Accounts) SendVerification(ctx context.Context, app pool.App, user pool.User, attribute string) (pool.Delivery, error) {
	switch {
	case !slices.Contains(verifiable, attribute):
		return pool.Delivery{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "verifiable", Field: attribute}
	case attribute == "phone_number":
		return pool.Delivery{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "no_phone", Field: attribute}
	case user.Email() == "":
		return pool.Delivery{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "no_email", Field: attribute}
	}
	who := person{owner: user.Sub, user: &user}
	if err := a.use(ctx, app.Pool.ID, who, budgetSendVerification); err != nil {
		return pool.Delivery{}, err
	}
	post, err := a.composeAsked(ctx, app, who, purposeVerify, user.Email())
	if err != nil {
		return pool.Delivery{}, err
	}
	if err := a.DB.Tx(ctx, post.put); err != nil {
		return pool.Delivery{}, err
	}
	return a.await(ctx, post), nil
}

// Verify takes the code: the address it was sent to is the person's now, and
// proven.
func (a *Accounts) Verify(ctx context.Context, app pool.App, user pool.User, attribute, code string) error {
	if !slices.Contains(verifiable, attribute) {
		return &pool.Error{Kind: pool.InvalidParameter, Reason: "verifiable", Field: attribute}
	}
	who := person{owner: user.Sub, user: &user, shown: true}
	if err := a.use(ctx, app.Pool.ID, who, budgetVerify); err != nil {
		return err
	}
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		sent, err := a.spend(ctx, tx, app, who, purposeVerify, code)
		if err != nil {
			return err
		}
		if sent.Attribute != attribute {
			return errExpired
		}
		_, err = tx.Users.UpdateNamed(ctx, app.Pool, user.Sub, func(u *pool.User) error {
			now := u.Attributes[attribute]
			if now != sent.Value && (now == "" || !app.Pool.VerifiesBeforeUpdate(attribute)) {
				return errExpired // changed again since, or taken away
			}
			u.Attributes[attribute], u.Attributes[attribute+"_verified"] = sent.Value, "true"
			u.LastModifiedDate = a.Now().UnixMilli()
			return nil
		}, false)
		return aliasTaken(err, "")
	})
}

// SignOutEverywhere ends all that the account has open: refresh tokens, access
// tokens at our endpoints, browser sessions, challenges.
func (a *Accounts) SignOutEverywhere(ctx context.Context, user pool.User) error {
	ctx, note := pool.Noting(ctx, pool.App{Pool: pool.Pool{ID: user.UserPoolID}}, pool.EventSignOut, a.Now)
	note.About(user.Sub)
	return gone(a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		_, err := tx.Users.Update(ctx, user.UserPoolID, user.Sub, func(u *pool.User) error {
			u.EndAll(a.Now())
			return nil
		})
		if err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	}))
}

// Delete removes the account with its names; whatever it had open finds nobody.
// Its events stay, under its sub.
func (a *Accounts) Delete(ctx context.Context, user pool.User) error {
	ctx, note := pool.Noting(ctx, pool.App{Pool: pool.Pool{ID: user.UserPoolID}}, pool.EventDeleteAccount, a.Now)
	note.About(user.Sub)
	return gone(a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := tx.Users.Delete(ctx, user.UserPoolID, user.Sub); err != nil {
			return err
		}
		return tx.Events.Pass(ctx)
	}))
}
