package account

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/password"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/srp"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Accounts lets people make and mend their own accounts.
type Accounts struct {
	DB         *store.DB
	Passwords  *password.Hasher
	NameKey    []byte   // keys the hash under which tries for an unknown name are counted
	CodeKey    []byte   // keys the hash of mailed codes
	SessionKey []byte   // authenticates the ids of sessions; signin has the same
	URL        *url.URL // of the server's own host
	Now        func() time.Time

	// Sent waits until the mail was taken by the mail server, and says false
	// when that takes longer than a person likes to wait. Filled by server.
	Sent func(ctx context.Context, poolID, mailID string) bool
}

// NewUser is what somebody chose at sign-up. In pools where an e-mail address or
// a phone number is the username, Username is that. OnPage says that the
// sign-up page asked: what it asks for must be there.
type NewUser struct {
	Username   string
	Password   string
	Attributes map[string]string
	OnPage     bool
}

// SignedUp is a new account. Delivery is nil where the pool verifies nothing
// and an operator must confirm it; SessionID leads on to the app once the code
// is there.
type SignedUp struct {
	User      pool.User
	Delivery  *pool.Delivery
	SessionID string
}

var (
	errClosed = &pool.Error{Kind: pool.NotAuthorized, Reason: "signup_closed"}
	errBusy   = &pool.Error{Kind: pool.TooManyRequests}
)

// SignUp makes an account, UNCONFIRMED, and mails the code that proves its
// address. Account, code, mail and session are written together or not at all.
func (a *Accounts) SignUp(ctx context.Context, app pool.App, in NewUser) (made SignedUp, err error) {
	ctx, note := pool.Noting(ctx, app, pool.EventSignUp, a.Now)
	defer a.DB.Events.Close(ctx, note, &err)
	note.About(pool.OwnerOf(a.NameKey, app.Pool.ID, app.Pool.SignInNames(in.Username)[0])) // nobody's, unless it is made
	user, err := a.newUser(app, in)
	if err != nil {
		return SignedUp{}, err
	}
	if user.Password, err = a.makePassword(ctx, app.Pool, user.Username, in.Password); err != nil {
		return SignedUp{}, err
	}
	session := pool.NewConfirmSession(app, user, a.Now())
	out := SignedUp{User: user, SessionID: pool.NewSessionID(a.SessionKey, session)}
	who := person{owner: user.Sub, user: &user}
	var post *posting
	if app.Pool.ConfirmsByCode(user) {
		if post, err = a.composeAsked(ctx, app, who, pool.PurposeConfirm, user.Email()); err != nil {
			return SignedUp{}, err
		}
	}
	err = a.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		if err := tx.Users.Create(ctx, &user, app.Pool.NamesOf(user)); err != nil {
			return err
		}
		if post != nil {
			if err := post.put(ctx, tx); err != nil {
				return err
			}
		}
		if err := tx.Sessions.Create(ctx, &session, app.Pool.ID, pool.HashToken(out.SessionID)); err != nil {
			return err
		}
		note.About(user.Sub)
		return tx.Events.Pass(ctx)
	})
	if err != nil {
		return SignedUp{}, taken(err)
	}
	if post != nil {
		delivery := a.await(ctx, post)
		out.Delivery = &delivery
	}
	return out, nil
}

// taken words that another account has a name which a new one must have. The
// refusal stands beside the username, which is that name or holds it.
func taken(err error) error {
	t, ok := errors.AsType[*store.TakenError](err)
	if !ok {
		return err
	}
	return &pool.Error{Kind: pool.UsernameExists, Reason: string(t.Name.Kind), Field: "username"}
}

// aliasTaken words that another account has a name which an attribute would
// give to this one. Reason is "confirm" where a code was to prove it.
func aliasTaken(err error, reason string) error {
	t, ok := errors.AsType[*store.TakenError](err)
	if !ok {
		return err
	}
	return &pool.Error{Kind: pool.AliasExists, Reason: reason, Field: string(t.Name.Kind)}
}

// newUser holds what was typed against the pool's rules, and tells all that is
// wrong with it.
func (a *Accounts) newUser(app pool.App, in NewUser) (pool.User, error) {
	p := app.Pool
	if !p.SelfSignUp() {
		return pool.User{}, errClosed
	}
	in.Username = strings.TrimSpace(in.Username)
	var asked []string
	if in.OnPage {
		asked = app.AskedAtSignUp()
	}
	attributes, err := app.NewAttributes(in.Username, in.Attributes, asked)
	if err = errors.Join(err, p.PasswordPolicy().CheckPassword(in.Password)); err != nil {
		return pool.User{}, err
	}
	now := a.Now().UnixMilli()
	user := pool.User{
		UserPoolID: p.ID, Sub: pool.NewSub(), Username: in.Username, Attributes: attributes, Status: pool.Unconfirmed,
		CreateDate: now, LastModifiedDate: now,
	}
	if p.SubIsUsername() {
		user.Username = user.Sub
	}
	return user, nil
}

// makePassword derives what is kept of a password: a hash for whoever sends it
// and an SRP verifier for whoever proves it.
func (a *Accounts) makePassword(ctx context.Context, p pool.Pool, username, secret string) (pool.Password, error) {
	hash, err := a.Passwords.Hash(ctx, secret)
	if errors.Is(err, password.ErrBusy) {
		return pool.Password{}, errBusy
	}
	if err != nil {
		return pool.Password{}, err
	}
	name := p.Fold(username) // in whatever letters it is typed, and for a name without an account too
	v, err := srp.NewVerifier(pool.ShortName(p.ID), name, secret)
	return pool.Password{Hash: hash, SRPName: name, SRPSalt: pool.Secret(v.Salt), SRPVerifier: pool.Secret(v.V), SetAt: a.Now().UnixMilli()}, err
}

// composeAsked is compose for what people ask for, and not operators: within
// the hourly budget of the address.
func (a *Accounts) composeAsked(ctx context.Context, app pool.App, who person, purpose pool.CodePurpose, address string) (*posting, error) {
	who, err := a.within(ctx, app, who, address)
	if err != nil {
		return nil, err
	}
	return a.compose(ctx, app, who, purpose, address)
}

// compose words the mail that carries a code of the purpose to address, and
// the rows that go with it; a person who is nobody gets rows of the same kind
// that are delivered to nobody.
func (a *Accounts) compose(ctx context.Context, app pool.App, who person, purpose pool.CodePurpose, address string) (*posting, error) {
	now, digits := a.Now(), pool.NewDigits(6)
	post := &posting{
		owner: who.owner, purpose: purpose, poolID: app.Pool.ID,
		code:     pool.MailedCode{Attribute: "email", Value: address, ExpiresAt: now.Add(purpose.Life()).UnixMilli()},
		delivery: pool.MailedTo(address),
	}
	base, err := a.linkBase(ctx, app, purpose)
	if err != nil {
		return nil, err
	}
	if who.user == nil {
		post.code.Value, post.code.MAC = "", make([]byte, 32) // no digits have this MAC
		post.mail = pool.Mail{UserPoolID: app.Pool.ID, Text: pool.Secret(strings.Repeat(" ", 40)), State: pool.MailDecoy}
	} else {
		post.code.MAC = pool.CodeMAC(a.CodeKey, app.Pool.ID, who.owner, purpose, digits)
		kind := map[pool.CodePurpose]pool.MailKind{pool.PurposeConfirm: pool.MailConfirm, pool.PurposeReset: pool.MailReset, purposeVerify: pool.MailVerify}[purpose]
		letter := message.Letter{
			Language: message.Language(app.Language, who.user.Attributes["locale"]),
			To:       address, Username: who.user.Username, Code: pool.Secret(digits),
		}
		letter.Link = link(base, app, who, digits, letter.Language)
		if post.mail, err = message.Compose(app.Pool, kind, letter); err != nil {
			return nil, err
		}
		post.mail.State = pool.MailWaiting
	}
	post.mail.ID, post.mail.CreatedAt, post.mail.DueAt = pool.NewUUID(), now.UnixMilli(), now.UnixMilli()
	return post, nil
}
