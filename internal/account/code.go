package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"net/url"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

var (
	errMismatch = &pool.Error{Kind: pool.CodeMismatch, Field: "code"}
	errExpired  = &pool.Error{Kind: pool.ExpiredCode, Field: "code"}
)

// posting is a code on its way: the row it is checked against, the mail that
// carries it, and what the person is told.
type posting struct {
	poolID   string
	owner    string
	purpose  pool.CodePurpose
	code     pool.MailedCode
	mail     pool.Mail
	delivery pool.Delivery
}

// put writes the code in place of an older one, so that only the newest works,
// and the mail beside it.
func (p *posting) put(ctx context.Context, tx *store.DB) error {
	if err := tx.MailedCodes.Put(ctx, &p.code, p.poolID, p.owner, string(p.purpose)); err != nil {
		return err
	}
	return tx.Mails.Put(ctx, &p.mail)
}

// putNoted is put with the event that is being noted.
func (p *posting) putNoted(ctx context.Context, tx *store.DB) error {
	if err := p.put(ctx, tx); err != nil {
		return err
	}
	return tx.Events.Pass(ctx)
}

// await waits a moment for the mail server, so that the page can say "sent";
// what is sent to nobody goes for sent.
func (a *Accounts) await(ctx context.Context, p *posting) pool.Delivery {
	if p.mail.State == pool.MailDecoy {
		return p.delivery
	}
	p.delivery.OnItsWay = !a.Sent(ctx, p.poolID, p.mail.ID)
	return p.delivery
}

// post writes the code and its mail. Where the client hides who has an account
// nobody waits for the mail server: the wait would tell.
func (a *Accounts) post(ctx context.Context, app pool.App, p *posting) (pool.Delivery, error) {
	if err := a.DB.Tx(ctx, p.putNoted); err != nil {
		return pool.Delivery{}, err
	}
	if app.Client.HidesUsers() {
		return p.delivery, nil
	}
	return a.await(ctx, p), nil
}

// look holds digits against the owner's newest code and says what it is for;
// the code stays. Where the client hides who has an account, only who brings
// the right digits hears that they are too old: "expired" for a wrong guess
// would tell a name that waits for a code from one that does not.
func (a *Accounts) look(ctx context.Context, db *store.DB, app pool.App, who person, purpose pool.CodePurpose, digits string) (pool.MailedCode, error) {
	code, err := db.MailedCodes.Get(ctx, app.Pool.ID, who.owner, string(purpose))
	missing := errors.Is(err, store.ErrNotFound)
	if err != nil && !missing {
		return code, err
	}
	right := hmac.Equal(code.MAC, pool.CodeMAC(a.CodeKey, app.Pool.ID, who.owner, purpose, digits))
	expired := missing || a.Now().UnixMilli() >= code.ExpiresAt
	switch {
	case expired && (right || who.shown || !app.Client.HidesUsers()):
		return code, errExpired
	case missing:
		return code, pool.Because(errMismatch, pool.ReasonNoCode)
	case !right:
		return code, errMismatch
	}
	return code, nil
}

// spend is look that uses the code up: of all who bring it, one gets it. It
// belongs inside the transaction of what the code allows.
func (a *Accounts) spend(ctx context.Context, tx *store.DB, app pool.App, who person, purpose pool.CodePurpose, digits string) (pool.MailedCode, error) {
	code, err := a.look(ctx, tx, app, who, purpose, digits)
	if err != nil {
		return code, err
	}
	taken, err := tx.MailedCodes.Take(ctx, app.Pool.ID, who.owner, string(purpose))
	if errors.Is(err, store.ErrNotFound) || err == nil && !hmac.Equal(taken.MAC, code.MAC) {
		return code, errExpired
	}
	return code, err
}

// linkBase is the host that a mailed link names: a configured one, for a request
// can claim any. It is looked up for nobody too, which must cost the same.
func (a *Accounts) linkBase(ctx context.Context, app pool.App, purpose pool.CodePurpose) (string, error) {
	if purpose != pool.PurposeConfirm || !app.Pool.ConfirmsByLink() {
		return "", nil
	}
	domains, err := a.DB.DomainsOf(ctx, app.Pool.ID)
	return pool.PublicBase(a.URL, domains, app.Domain), err
}

// link is where a confirmation by link leads (Cognito: /confirmUser), "" where
// the mail carries a code alone. The page there speaks the mail's language, as
// far as the browser that opens it has no other choice of its own.
func link(base string, app pool.App, who person, digits, language string) pool.Secret {
	if base == "" {
		return ""
	}
	q := url.Values{"client_id": {app.Client.ID}, "user_name": {who.user.Username}, "confirmation_code": {digits}}
	if language != "" {
		q.Set("ui_locales", language)
	}
	return pool.Secret(base + "/confirmUser?" + q.Encode())
}
