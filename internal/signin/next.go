package signin

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

var (
	errReset   = &pool.Error{Kind: pool.PasswordResetRequired}
	errExpired = &pool.Error{Kind: pool.NotAuthorized, Reason: "temporary_expired"}
	// errNoFactor: the pool asks for a second factor, and there is none that this
	// account has or could set up by itself.
	errNoFactor = &pool.Error{Kind: pool.NotAuthorized, Reason: "no_factor"}
)

// next decides what somebody who showed their first factor must do now; second
// is the second factor that they have shown, "" for none. Both doors follow it;
// no other place knows the order. What the pool says now counts, and not what it
// said when the sign-in began.
func (s *Signin) next(ctx context.Context, app pool.App, user pool.User, second pool.Factor) (Step, error) {
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
		if now.UnixMilli() >= app.Pool.TemporaryUntil(user) {
			return Step{}, errExpired
		}
		id, err := s.openSession(ctx, app, pool.NewSession(app, pool.SessionNewPassword, user.Sub, user, now))
		return Step{NewPassword: &NewPassword{SessionID: id, User: user}}, err
	}
	switch must := app.Pool.SecondFor(user); {
	case len(must.SetUp) > 0:
		id, err := s.openSession(ctx, app, pool.NewSession(app, pool.SessionSetUp, user.Sub, user, now))
		return Step{SetUp: &SetUp{SessionID: id, Factors: must.SetUp, User: user}}, err
	case must.Impossible:
		return Step{}, errNoFactor
	case len(must.Ask) > 0 && !must.Fits(second):
		return s.askSecond(ctx, app, user, must.Ask)
	}
	return Step{Done: &pool.SignedIn{User: user, AuthTime: now.UnixMilli(), Second: second}}, nil
}

func (s *Signin) openSession(ctx context.Context, app pool.App, session pool.Session) (id string, err error) {
	id = pool.NewSessionID(s.SessionKey, session)
	return id, s.DB.Sessions.Create(ctx, &session, app.Pool.ID, pool.HashToken(id))
}
