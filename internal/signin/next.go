package signin

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// next decides what somebody who showed their first factor must do now. Both
// doors follow it; no other place knows the order.
func (s *Signin) next(ctx context.Context, app pool.App, user pool.User) (Step, error) {
	now := s.Now().UnixMilli()
	switch {
	case user.Disabled:
		return Step{}, errDisabled
	case user.Status == pool.Unconfirmed:
		id := pool.NewToken()
		session := pool.NewConfirmSession(app, user, s.Now())
		if err := s.DB.Sessions.Create(ctx, &session, app.Pool.ID, pool.HashToken(id)); err != nil {
			return Step{}, err
		}
		return Step{Confirm: &Confirm{SessionID: id, User: user}}, nil
	}
	return Step{Done: &pool.SignedIn{User: user, AuthTime: now}}, nil
}
