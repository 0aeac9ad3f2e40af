package account

import (
	"cmp"
	"context"
	"crypto/sha256"
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
	shown bool   // they have signed in: nothing about the account is hidden from them
	email string // the account's, also where user is left out; for nobody, an address that was typed
}

var errUnknown = &pool.Error{Kind: pool.UserNotFound, Reason: "client"}

// find looks a typed name up: one that people sign in with, or the sub, which
// mailed links carry where it is the username. Where the client does not hide
// who has an account, a name without one is an error.
func (a *Accounts) find(ctx context.Context, app pool.App, typed string) (person, error) {
	typed = strings.TrimSpace(typed)
	if err := cmp.Or(pool.CheckRequired("username", typed), pool.CheckTyped(typed)); err != nil {
		return person{}, err
	}
	names := app.Pool.LookupNames(typed)
	user, err := a.DB.Users.ByNames(ctx, app.Pool.ID, names)
	switch {
	case err == nil:
		pool.NoteOf(ctx).About(user.Sub)
		return person{owner: user.Sub, user: &user, email: user.Email()}, nil
	case !errors.Is(err, store.ErrNotFound):
		return person{}, err
	}
	nobody := person{owner: pool.OwnerOf(a.NameKey, app.Pool.ID, names[0])}
	pool.NoteOf(ctx).About(nobody.owner)
	if !app.Client.HidesUsers() {
		return person{}, errUnknown
	}
	pool.NoteOf(ctx).Truly(pool.ReasonUnknownUser)
	if strings.Contains(typed, "@") {
		nobody.email = typed
	}
	return nobody, nil
}

// use takes one from the owner's hourly budget before anything is looked at.
func (a *Accounts) use(ctx context.Context, poolID string, who person, b pool.Budget) error {
	_, err := a.DB.Windows.Upsert(ctx, func(w *pool.Window) error { return w.Use(b, a.Now()) }, poolID, who.owner, b.Action)
	return err
}

// within takes one from the hourly budget of the address that a code is to be
// mailed to. Beyond it nothing is sent: where the client hides who has an
// account nobody is told, and the newest code stays the one that works.
func (a *Accounts) within(ctx context.Context, app pool.App, who person, address string) (person, error) {
	counted := who.nobody()
	if address != "" {
		counted.owner = pool.OwnerOf(a.NameKey, app.Pool.ID, pool.Name{Kind: pool.NameEmail, Folded: strings.ToLower(address)})
	}
	err := a.use(ctx, app.Pool.ID, counted, pool.BudgetAddress)
	if errors.Is(err, &pool.Error{Kind: pool.LimitExceeded}) && app.Client.HidesUsers() {
		pool.NoteOf(ctx).Truly(pool.ReasonLimit)
		return counted, nil
	}
	return who, err
}

// shown is where a code for a typed name is said to go. Where the client hides
// who has an account, an address that was typed is shown as it was typed,
// whoever has it; a username shows the account's own address, or for nobody
// one that stays the same and could be anybody's.
func (a *Accounts) shown(app pool.App, who person, typed string) string {
	typed = strings.TrimSpace(typed)
	if app.Client.HidesUsers() && strings.Contains(typed, "@") {
		return pool.MaskEmail(typed)
	}
	if who.email != "" {
		return pool.MaskEmail(who.email)
	}
	const letters = "abcdefghijklmnopqrstuvwxyz"
	digest := sha256.Sum256([]byte(who.owner))
	pick := func(b byte) string { n := int(b) % len(letters); return letters[n : n+1] }
	return pool.MaskEmail(pick(digest[0]) + "@" + pick(digest[1]))
}
