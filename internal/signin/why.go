package signin

import (
	"context"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Standing is how somebody stands who cannot sign in: the account, if there is
// one, what keeps them out now, and what was tried lately, the newest first.
type Standing struct {
	Known      bool
	Pool       pool.Pool
	Subject    string // under which the audit trail has them
	User       pool.User
	Hindrances []pool.Hindrance
	Events     []pool.Event
	// Drowned is for a name that nobody has and no event names: what was counted
	// together for many such names (see [pool.Among]), where it may be among them.
	Drowned []pool.Event
}

// whyEvents is how many events an answer has.
const whyEvents = 10

// Why looks a typed name up as a sign-in does, or a sub, and says what would keep
// its owner out. It counts and writes nothing.
func (s *Signin) Why(ctx context.Context, p pool.Pool, typed string) (Standing, error) {
	typed = strings.TrimSpace(typed)
	if err := pool.CheckRequired("username", typed); err != nil {
		return Standing{}, err
	}
	out, owner := Standing{Pool: p}, pool.OwnerOf(s.NameKey, p.ID, p.SignInNames(typed)[0])
	user, err := s.DB.Users.ByNames(ctx, p.ID, p.LookupNames(typed))
	switch {
	case err == nil:
		out.Known, out.User, owner = true, user, user.Sub
	case !errors.Is(err, store.ErrNotFound):
		return out, err
	}
	locked, err := s.DB.Lockouts.Get(ctx, p.ID, owner)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return out, err
	}
	out.Subject = owner
	if out.Known {
		out.Hindrances = p.Hindrances(user, locked, s.Now())
	}
	list := func(subject string) ([]pool.Event, error) {
		return s.DB.Events.List(ctx, store.EventPage{UserPoolID: p.ID, Subject: subject, Newest: true, Limit: whyEvents})
	}
	out.Events, err = list(owner)
	if err == nil && !out.Known && len(out.Events) == 0 && pool.LikeSub(typed) { // an account that was deleted leaves its events
		out.Subject = typed
		out.Events, err = list(typed)
	}
	if err == nil && !out.Known && len(out.Events) == 0 {
		out.Drowned, err = list(pool.Among(owner))
	}
	return out, err
}
