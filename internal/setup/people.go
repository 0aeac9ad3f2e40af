package setup

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// People is what applying asks of accounts, filled by server: one verb does not
// know another.
type People struct {
	// Invite makes an account with a temporary password, up to the writing,
	// which the func does inside a transaction.
	Invite func(ctx context.Context, p pool.Pool, e UserEntry) (func(context.Context, *store.DB) error, error)
	// Correct changes attributes, inside a transaction.
	Correct func(ctx context.Context, tx *store.DB, p pool.Pool, u pool.User, changes map[string]string) error
	// Join puts somebody in a group, inside a transaction.
	Join func(ctx context.Context, tx *store.DB, u pool.User, group string) error
}

// invite makes what the new accounts of a plan need, passwords among it, which
// takes time and stands outside of transactions.
func (s *Setup) invite(ctx context.Context, d Document, plan applying) (map[int]func(context.Context, *store.DB) error, error) {
	writes := map[int]func(context.Context, *store.DB) error{}
	for i, p := range plan.invited {
		write, err := s.People.Invite(ctx, p, d.Users[i])
		if err != nil {
			return nil, Refused{{"Users", i, plain(err)}}
		}
		writes[i] = write
	}
	return writes, nil
}

// user brings one account to what its entry says. One that is there keeps its
// password and what the entry does not name.
func (r *applying) user(ctx context.Context, i int, e UserEntry) error {
	p, u, err := r.findUser(ctx, e.UserPoolID, e.Username)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if e.MessageAction != "" && e.MessageAction != "SUPPRESS" {
		return refuse("MessageAction", "must be SUPPRESS, or left out to send an invitation")
	}
	if errors.Is(err, store.ErrNotFound) {
		return r.newUser(ctx, i, p, e)
	}
	given, err := e.attributes()
	if err != nil {
		return err
	}
	changes := map[string]string{}
	for name, value := range given {
		if u.Attributes[name] != value {
			changes[name] = value
		}
	}
	if len(changes) > 0 {
		if err := r.People.Correct(ctx, r.tx, p, u, changes); err != nil {
			return plain(err)
		}
	}
	r.note(Change{Kind: "user", ID: u.Sub, Name: e.Username, Pool: p.ID, Members: slices.Sorted(maps.Keys(changes))})
	return nil
}

// newUser makes an account: as it will be, but without a password, where this is
// the plan.
func (r *applying) newUser(ctx context.Context, i int, p pool.Pool, e UserEntry) error {
	if r.chance[p.ID] {
		return refuse("UserPoolId", "choose the pool's Id: the password of a new account is bound to it")
	}
	given, err := e.attributes()
	if err != nil {
		return err
	}
	write := r.writes[i]
	if r.writes == nil {
		u, err := p.NewInvited(e.Username, given, r.Now().UnixMilli())
		if err != nil {
			return plain(err)
		}
		r.invited[i] = p
		write = func(ctx context.Context, tx *store.DB) error {
			return tx.Users.CreateNamed(ctx, p, &u, e.ForceAliasCreation)
		}
	}
	if write == nil { // was there when this was planned
		return errRaced
	}
	if err := write(ctx, r.tx); err != nil {
		return nameTaken(err)
	}
	_, u, err := r.findUser(ctx, e.UserPoolID, e.Username)
	r.changes = append(r.changes, Change{Kind: "user", ID: u.Sub, Name: e.Username, Pool: p.ID, Action: Created})
	return err
}

// nameTaken words that somebody else has one of the names of a new account.
func nameTaken(err error) error {
	t, ok := errors.AsType[*store.TakenError](err)
	if !ok {
		return err
	}
	return &pool.Error{Kind: pool.UsernameExists, Reason: "username", Field: "Username", Args: map[string]string{"detail": "another account has the same " + string(t.Name.Kind)}}
}

// plain says in a document's words why an account is refused: the catalogues of
// the doors have theirs.
func plain(err error) error {
	e := pool.AsError(err)
	if e == nil || e.Args["detail"] != "" {
		return err
	}
	why := pool.Plain(e)
	field := "Username"
	if e.Field != "username" {
		field, why = "UserAttributes", e.Field+" "+why
	}
	return &pool.Error{Kind: e.Kind, Reason: e.Reason, Field: field, Args: map[string]string{"detail": why}}
}

// findUser finds an account by its username, or by what stands for it. It is no
// one else whom the name leads to.
func (r *applying) findUser(ctx context.Context, poolID, username string) (pool.Pool, pool.User, error) {
	p, err := poolOf(ctx, r.tx, r.poolID(poolID))
	if err != nil {
		return p, pool.User{}, err
	}
	if err := p.CheckUsername(username); err != nil {
		return p, pool.User{}, plain(err)
	}
	u, err := r.tx.Users.ByNames(ctx, p.ID, p.SignInNames(username))
	if err == nil && !p.SubIsUsername() && p.Fold(u.Username) != p.Fold(username) {
		err = nameTaken(&store.TakenError{Name: pool.Name{Kind: pool.NamePreferred}})
	}
	return p, u, err
}

// member puts an account in a group.
func (r *applying) member(ctx context.Context, e MemberEntry) error {
	p, u, err := r.findUser(ctx, e.UserPoolID, e.Username)
	if errors.Is(err, store.ErrNotFound) {
		return refuse("Username", "there is no such user")
	}
	if err != nil {
		return err
	}
	change := Change{Kind: "group member", ID: e.GroupName + "/" + u.Sub, Name: e.Username + " in " + e.GroupName, Pool: p.ID, Action: Unchanged}
	groups, err := r.tx.Members.GroupsOf(ctx, u, "", pool.MaxGroupsOfUser)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(groups, func(g pool.Group) bool { return g.GroupName == e.GroupName }) {
		if _, err := r.tx.Groups.Get(ctx, p.ID, e.GroupName); errors.Is(err, store.ErrNotFound) {
			return pool.ErrNoGroup
		}
		change.Action = Created
		if err := r.People.Join(ctx, r.tx, u, e.GroupName); err != nil {
			return err
		}
	}
	r.changes = append(r.changes, change)
	return nil
}
