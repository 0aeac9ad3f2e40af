package account

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Find returns the user whom an operator names: by username, alias or sub.
// Operators are told who exists.
func (a *Accounts) Find(ctx context.Context, p pool.Pool, typed string) (pool.User, error) {
	who, err := a.find(ctx, pool.App{Pool: p}, typed)
	if errors.Is(err, errUnknown) {
		return pool.User{}, &pool.Error{Kind: pool.UserNotFound}
	}
	if err != nil {
		return pool.User{}, err
	}
	return *who.user, nil
}

// SetPassword sets a password for somebody: for good, or one that they must
// replace when they sign in (Cognito: AdminSetUserPassword).
func (a *Accounts) SetPassword(ctx context.Context, p pool.Pool, user pool.User, secret string, permanent bool) error {
	if err := p.PasswordPolicy().CheckPassword(secret); err != nil {
		return err
	}
	fresh, err := a.makePassword(ctx, p, user.Username, secret)
	if err != nil {
		return err
	}
	status := pool.ForceChangePassword
	if permanent {
		status = pool.Confirmed
	}
	return a.setPassword(ctx, user, func(u *pool.User) error { // also over one that was set meanwhile
		u.Password, u.Status = fresh, status
		return nil
	})
}

// Invitation is an account that an operator makes. Action is "" to send the
// temporary password, SUPPRESS to send nothing, RESEND to make and send
// another for an account that waits for its first sign-in.
type Invitation struct {
	Username          string
	TemporaryPassword string // "" makes one
	Attributes        map[string]string
	Action            string
	Mediums           []string
	ForceAlias        bool
}

// Invite makes an account with a temporary password (Cognito: AdminCreateUser).
func (a *Accounts) Invite(ctx context.Context, p pool.Pool, in Invitation) (pool.User, error) {
	if in.Action == "RESEND" {
		return a.inviteAgain(ctx, p, in)
	}
	user, write, err := a.Invited(ctx, p, in)
	if err != nil {
		return user, err
	}
	pool.NoteOf(ctx).About(user.Sub)
	return user, a.DB.Tx(ctx, write)
}

// Invited is Invite up to the writing, which may stand in a transaction with
// other things: what takes time comes before.
func (a *Accounts) Invited(ctx context.Context, p pool.Pool, in Invitation) (pool.User, func(context.Context, *store.DB) error, error) {
	user, err := p.NewInvited(in.Username, in.Attributes, a.Now().UnixMilli())
	if err != nil {
		return user, nil, err
	}
	secret, err := a.temporary(p, in.TemporaryPassword)
	if err != nil {
		return user, nil, err
	}
	if user.Password, err = a.makePassword(ctx, p, user.Username, secret); err != nil {
		return user, nil, err
	}
	post, err := a.invitation(p, user, secret, in)
	return user, func(ctx context.Context, tx *store.DB) error {
		if err := tx.Users.CreateNamed(ctx, p, &user, in.ForceAlias); err != nil || post == nil {
			return inviteTaken(p, err)
		}
		return tx.Mails.Put(ctx, post)
	}, err
}

// inviteTaken words which of the new account's names another has (Cognito:
// AdminCreateUser).
func inviteTaken(p pool.Pool, err error) error {
	t, ok := errors.AsType[*store.TakenError](err)
	switch {
	case ok && t.Name.Kind == pool.NameUsername:
		return &pool.Error{Kind: pool.UsernameExists, Reason: "admin", Field: "username"}
	case ok && !p.SubIsUsername():
		return aliasTaken(err, "")
	}
	return taken(err)
}

// checkWaits refuses to invite somebody again who has chosen a password.
func checkWaits(u pool.User) error {
	if u.Status == pool.ForceChangePassword {
		return nil
	}
	return &pool.Error{Kind: "UnsupportedUserState", Args: map[string]string{"username": u.Username}}
}

func (a *Accounts) inviteAgain(ctx context.Context, p pool.Pool, in Invitation) (pool.User, error) {
	user, err := a.Find(ctx, p, in.Username)
	if err == nil {
		err = checkWaits(user)
	}
	if err != nil {
		return user, err
	}
	secret, err := a.temporary(p, in.TemporaryPassword)
	if err != nil {
		return user, err
	}
	fresh, err := a.makePassword(ctx, p, user.Username, secret)
	if err != nil {
		return user, err
	}
	post, err := a.invitation(p, user, secret, in)
	if err != nil {
		return user, err
	}
	err = a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		user, err = tx.Users.Update(ctx, p.ID, user.Sub, func(u *pool.User) error {
			if err := checkWaits(*u); err != nil { // the one whom it is for was faster
				return err
			}
			u.Password, u.LastModifiedDate = fresh, a.Now().UnixMilli()
			u.EndAll(a.Now())
			return nil
		})
		if err != nil {
			return err
		}
		if err := forgetReset(ctx, tx, user); err != nil || post == nil {
			return err
		}
		return tx.Mails.Put(ctx, post)
	})
	return user, gone(err)
}

// temporary is the password that was given, if the policy takes it, or a new
// one that it takes.
func (a *Accounts) temporary(p pool.Pool, given string) (string, error) {
	if given == "" {
		return p.PasswordPolicy().Generate(), nil
	}
	return given, p.PasswordPolicy().CheckPassword(given)
}

// invitation words the mail with the temporary password, nil where none is to
// be sent.
func (a *Accounts) invitation(p pool.Pool, user pool.User, secret string, in Invitation) (*pool.Mail, error) {
	if in.Action == "SUPPRESS" {
		return nil, nil
	}
	if err := checkMediums(user, in.Mediums); err != nil || user.Email() == "" {
		return nil, err
	}
	name := user.Username
	switch typed := strings.TrimSpace(in.Username); {
	case p.SubIsUsername() && !pool.LikeSub(typed):
		name = typed
	case p.EmailIsUsername():
		name = user.Email() // nobody signs in by their sub
	}
	letter := message.Letter{Language: message.Language(user.Attributes["locale"]), To: user.Email(), Username: name, Code: pool.Secret(secret)}
	mail, err := message.Compose(p, pool.MailInvite, letter)
	if err != nil {
		return nil, err
	}
	now := a.Now().UnixMilli()
	mail.ID, mail.State, mail.CreatedAt, mail.DueAt = pool.NewUUID(), pool.MailWaiting, now, now
	return &mail, nil
}

// checkMediums refuses ways by which an invitation cannot go (Cognito:
// AdminCreateUser, DesiredDeliveryMediums). Where none is named it goes by mail
// to whom has an address, and to nobody else.
func checkMediums(user pool.User, mediums []string) error {
	detail := ""
	switch byEmail := slices.Contains(mediums, "EMAIL"); {
	case len(mediums) > 0 && !byEmail:
		detail = "text messages are not supported yet: name EMAIL"
	case byEmail && user.Email() == "":
		detail = "EMAIL needs the attribute email"
	default:
		return nil
	}
	return &pool.Error{Kind: pool.InvalidParameter, Reason: "setting", Field: "DesiredDeliveryMediums", Args: map[string]string{"detail": detail}}
}
