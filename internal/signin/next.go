package signin

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

var (
	errReset   = &pool.Error{Kind: pool.PasswordResetRequired}
	errExpired = &pool.Error{Kind: pool.NotAuthorized, Reason: "temporary_expired"}
)

// next decides what somebody who showed their first factor must do now. Both
// doors follow it; no other place knows the order.
func (s *Signin) next(ctx context.Context, app pool.App, user pool.User) (Step, error) {
	now := s.Now()
	switch {
	case user.Disabled:
		return Step{}, errDisabled
	case user.Status == pool.Unconfirmed && !app.Pool.ConfirmsByCode(user):
		return Step{Waiting: &Waiting{}}, nil
	case user.Status == pool.Unconfirmed:
		id, err := s.openSession(ctx, app, pool.NewConfirmSession(app, user, now))
		return Step{Confirm: &Confirm{SessionID: id, SentTo: pool.MailedTo(user.Email())}}, err
	case user.Status == pool.ResetRequired:
		return Step{}, errReset
	case user.Status == pool.ForceChangePassword:
		if now.UnixMilli() >= user.Password.SetAt+app.Pool.TemporaryPasswordLife().Milliseconds() {
			return Step{}, errExpired
		}
		id, err := s.openSession(ctx, app, pool.NewSession(app, pool.SessionNewPassword, user.Sub, user, now))
		return Step{NewPassword: &NewPassword{SessionID: id, User: user}}, err
	}
	return Step{Done: &pool.SignedIn{User: user, AuthTime: now.UnixMilli()}}, nil
}

func (s *Signin) openSession(ctx context.Context, app pool.App, session pool.Session) (id string, err error) {
	id = pool.NewSessionID(s.SessionKey, session)
	return id, s.DB.Sessions.Create(ctx, &session, app.Pool.ID, pool.HashToken(id))
}
