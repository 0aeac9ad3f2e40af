package signin

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// person is whom a typed name leads to; user is the zero User for a name
// without an account. Failures count under owner either way.
type person struct {
	known bool
	owner string
	user  pool.User
}

// find looks a typed name up, in one round trip whether there is somebody or
// not. A name that nobody can have is nobody's.
func (s *Signin) find(ctx context.Context, app pool.App, typed string) (person, error) {
	names := app.Pool.SignInNames(typed)
	if err := pool.CheckRequired("username", names[0].Folded); err != nil {
		return person{}, err
	}
	if pool.CheckTyped(typed) != nil {
		return person{}, errWrong
	}
	user, err := s.DB.Users.ByNames(ctx, app.Pool.ID, names)
	who := person{known: err == nil, owner: user.Sub, user: user}
	if errors.Is(err, store.ErrNotFound) {
		who, err = person{owner: pool.OwnerOf(s.NameKey, app.Pool.ID, names[0])}, nil
	}
	pool.NoteOf(ctx).About(who.owner)
	return who, err
}

// wrong is the refusal of a password that is not theirs: said alike of a name
// without an account.
func (p person) wrong() error {
	if p.known {
		return errWrong
	}
	return errNobody
}

// reserve counts a try as failed before it is looked at, or refuses it while
// the account is locked.
func (s *Signin) reserve(ctx context.Context, poolID, owner string) (pool.Lockout, error) {
	reserved, err := s.DB.Lockouts.Upsert(ctx, func(l *pool.Lockout) error { return l.Reserve(s.Now()) }, poolID, owner)
	pool.NoteOf(ctx).Try(reserved, err)
	return reserved, err
}

// take removes a session and returns it if it waits for purpose at this app:
// of all who bring its id, one gets it.
func (s *Signin) take(ctx context.Context, app pool.App, id string, purpose pool.SessionPurpose) (pool.Session, error) {
	session, err := s.DB.Sessions.Take(ctx, app.Pool.ID, pool.HashToken(id))
	if errors.Is(err, store.ErrNotFound) {
		return session, pool.GoneSession(s.SessionKey, app, id, s.Now())
	}
	if err == nil {
		err = session.WaitsAt(app, purpose, s.Now())
	}
	return session, err
}

// Offer opens a session for somebody who will show a factor first or, for "",
// say which (Cognito: SELECT_CHALLENGE); for a name without an account too.
func (s *Signin) Offer(ctx context.Context, app pool.App, username, factor string) (sessionID string, err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventSignIn, s.Now)
	defer s.DB.Events.Close(ctx, note, &err)
	who, err := s.find(ctx, app, username)
	if err != nil {
		return "", err
	}
	if !who.known && !app.Client.HidesUsers() {
		return "", errUnknown
	}
	session := pool.NewSession(app, pool.SessionChoice, who.owner, who.user, s.Now())
	session.Factor = factor
	return s.openSession(ctx, app, session)
}

// Choice brings such a session back with a factor. AsAnswer says that it was
// named in answer to the question which.
type Choice struct {
	SessionID, Username, Factor string
	AsAnswer                    bool
}

// Chosen uses the session up, for the name and the factor that it was opened for.
func (s *Signin) Chosen(ctx context.Context, app pool.App, in Choice) (err error) {
	ctx, note := pool.NotingRefusals(ctx, app, pool.EventSignIn, s.Now)
	defer s.DB.Events.Close(ctx, note, &err)
	who, err := s.find(ctx, app, in.Username)
	if err != nil {
		return err
	}
	if !who.known && !app.Client.HidesUsers() {
		return errUnknown
	}
	session, err := s.take(ctx, app, in.SessionID, pool.SessionChoice)
	if err == nil && (session.Owner != who.owner || !session.Takes(in.Factor, in.AsAnswer)) {
		err = pool.ErrSession
	}
	return err
}
