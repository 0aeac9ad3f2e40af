package account

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Confirmation is a code as it came back. SessionID is the session of the
// sign-up or sign-in that waits for it, "" in another browser. ForceAlias takes
// the proven address away from an account that has it as its alias (Cognito:
// ForceAliasCreation).
type Confirmation struct {
	Username   string
	Code       string
	SessionID  string
	ForceAlias bool
}

var (
	errConfirmed = &pool.Error{Kind: pool.NotAuthorized, Reason: "confirmed"}

	// errNoVerification: an operator confirms accounts here (Cognito:
	// ResendConfirmationCode).
	errNoVerification = &pool.Error{Kind: pool.InvalidParameter, Reason: "no_verification"}
)

// Confirm proves the address of a new account. The session, if it is there and
// this account's, is marked proven: with it in hand the door may sign in. A
// code alone confirms the account and nothing more.
func (a *Accounts) Confirm(ctx context.Context, app pool.App, in Confirmation) (err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventConfirm, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	who, err := a.find(ctx, app, in.Username)
	if err != nil {
		return err
	}
	if err := pool.CheckRequired("code", in.Code); err != nil {
		return err
	}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetConfirm); err != nil {
		return err
	}
	own := a.holds(ctx, app, who, in.SessionID)
	if who.user != nil && who.user.Status != pool.Unconfirmed && (own || !app.Client.HidesUsers()) {
		return errConfirmed
	}
	return a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		code, err := a.spend(ctx, tx, app, who, pool.PurposeConfirm, in.Code)
		if err != nil {
			return err
		}
		if _, err := tx.Users.UpdateNamed(ctx, app.Pool, who.owner, a.confirmed(code), in.ForceAlias); err != nil {
			return aliasTaken(err, "confirm")
		}
		if err := tx.Events.Pass(ctx); err != nil || !own {
			return err
		}
		_, err = tx.Sessions.Update(ctx, func(s *pool.Session) error {
			s.Proven = true
			return nil
		}, app.Pool.ID, pool.HashToken(in.SessionID))
		return err
	})
}

// holds says whether the session waits for this account's code at this app.
func (a *Accounts) holds(ctx context.Context, app pool.App, who person, sessionID string) bool {
	if sessionID == "" {
		return false
	}
	s, err := a.DB.Sessions.Get(ctx, app.Pool.ID, pool.HashToken(sessionID)) // for nobody too: it must cost the same
	return err == nil && who.user != nil && s.Sub == who.user.Sub && s.WaitsAt(app, pool.SessionConfirm, a.Now()) == nil
}

// confirmed is the change that a proven address makes: the address it was sent
// to is verified, if it still is the account's.
func (a *Accounts) confirmed(code pool.MailedCode) func(*pool.User) error {
	return func(u *pool.User) error {
		if u.Status == pool.Unconfirmed {
			u.Status = pool.Confirmed
		}
		if u.Attributes[code.Attribute] == code.Value && code.Value != "" {
			u.Attributes[code.Attribute+"_verified"] = "true"
		}
		u.LastModifiedDate = a.Now().UnixMilli()
		return nil
	}
}

// Resend mails a new code; the one before stops working. Where the client hides
// who has an account, every name gets the same answer.
func (a *Accounts) Resend(ctx context.Context, app pool.App, username string) (sent pool.Delivery, err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventResend, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	if !app.Pool.VerifiesEmail() { // of every name, so it tells nothing of any
		return pool.Delivery{}, errNoVerification
	}
	who, err := a.find(ctx, app, username)
	if err != nil {
		return pool.Delivery{}, err
	}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetResend); err != nil {
		return pool.Delivery{}, err
	}
	if who.user != nil && (who.user.Status != pool.Unconfirmed || who.user.Email() == "") {
		if !app.Client.HidesUsers() {
			return pool.Delivery{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "confirmed"}
		}
		note.Truly(pool.ReasonNoCode)
		who = who.nobody()
	}
	return a.mailCode(ctx, app, who, pool.PurposeConfirm, username)
}

// nobody is the same name treated as one without an account.
func (p person) nobody() person { return person{owner: p.owner, email: p.email} }

func (a *Accounts) mailCode(ctx context.Context, app pool.App, who person, purpose pool.CodePurpose, typed string) (pool.Delivery, error) {
	post, err := a.composeAsked(ctx, app, who, purpose, who.email)
	if err != nil {
		return pool.Delivery{}, err
	}
	post.delivery.Destination = a.shown(app, who, typed)
	return a.post(ctx, app, post)
}

// ResendTo is Resend for the holder of a session: they have shown who they are,
// so they are told what happened, and the wait for the mail server tells
// nobody else. Without a session that is good it is Resend.
func (a *Accounts) ResendTo(ctx context.Context, app pool.App, username, sessionID string) (sent pool.Delivery, err error) {
	_, user, err := a.waiting(ctx, app, sessionID, pool.SessionConfirm)
	if pool.AsError(err) != nil || !app.Pool.VerifiesEmail() {
		return a.Resend(ctx, app, username)
	}
	ctx, note := pool.Noting(ctx, app, pool.EventResend, a.Now)
	note.About(user.Sub)
	defer a.DB.Events.Close(ctx, note, &err)
	if err != nil {
		return pool.Delivery{}, err
	}
	who := person{owner: user.Sub, user: &user}
	if err := a.use(ctx, app.Pool.ID, who, pool.BudgetResend); err != nil {
		return pool.Delivery{}, err
	}
	if user.Status != pool.Unconfirmed {
		return pool.Delivery{}, errConfirmed
	}
	post, err := a.composeAsked(ctx, app, who, pool.PurposeConfirm, user.Email())
	if err != nil {
		return pool.Delivery{}, err
	}
	if err := a.DB.Tx(ctx, post.putNoted); err != nil {
		return pool.Delivery{}, err
	}
	return a.await(ctx, post), nil
}
