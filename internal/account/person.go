package account

import (
	"context"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// person is whom a typed name leads to. user is nil for a name without an
// account, and owner is what its tries and codes are kept under either way.
type person struct {
	owner string
	user  *pool.User
}

var errUnknown = &pool.Error{Kind: pool.UserNotFound, Reason: "client"}

// find looks a typed name up: a name of the pool, or the username itself where
// people sign in by e-mail address and mailed links carry the username. Where
// the client does not hide who has an account, a name without one is an error.
func (a *Accounts) find(ctx context.Context, app pool.App, typed string) (person, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return person{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "required", Field: "username"}
	}
	if len(typed) > 512 || pool.CheckAttributeValue("username", typed) != nil {
		return person{}, &pool.Error{Kind: pool.InvalidParameter, Reason: "username", Field: "username"}
	}
	name := app.Pool.SignInName(typed)
	var user pool.User
	var err error
	if app.Pool.EmailIsUsername() && !strings.Contains(typed, "@") {
		user, err = a.DB.Users.Get(ctx, app.Pool.ID, typed)
	} else {
		user, err = a.DB.Users.ByName(ctx, app.Pool.ID, name)
	}
	switch {
	case err == nil:
		return person{owner: user.Sub, user: &user}, nil
	case !errors.Is(err, store.ErrNotFound):
		return person{}, err
	case !app.Client.HidesUsers():
		return person{}, errUnknown
	}
	return person{owner: pool.OwnerOf(a.NameKey, app.Pool.ID, name)}, nil
}

// use takes one from the owner's hourly budget before anything is looked at.
func (a *Accounts) use(ctx context.Context, poolID string, who person, b pool.Budget) error {
	_, err := a.DB.Windows.Upsert(ctx, func(w *pool.Window) error { return w.Use(b, a.Now()) }, poolID, who.owner, b.Action)
	return err
}

// address is where a code for a typed name goes: the account's own address, or
// for nobody one that would look like theirs.
func (a *Accounts) address(app pool.App, who person, typed string) string {
	if who.user != nil {
		return who.user.Email()
	}
	if strings.Contains(typed, "@") {
		return strings.TrimSpace(typed)
	}
	const letters = "abcdefghijklmnopqrstuvwxyz"
	pick := func(i int) string { n := int(who.owner[i]) % len(letters); return letters[n : n+1] }
	return pick(1) + "@" + pick(2)
}
