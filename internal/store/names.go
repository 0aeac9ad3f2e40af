package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// TakenError says which name another user has; not who. It is an ErrExists.
type TakenError struct{ Name pool.Name }

// Error names the kind of the name only: the name itself may be an address.
func (e *TakenError) Error() string { return "the " + string(e.Name.Kind) + " exists already" }

// Is makes a TakenError an ErrExists.
func (e *TakenError) Is(target error) bool { return target == ErrExists }

// CreateNamed is Create with the names that p gives the user. With force a
// verified alias is taken away from the user who has it (Cognito:
// ForceAliasCreation).
func (u Users) CreateNamed(ctx context.Context, p pool.Pool, user *pool.User, force bool) error {
	return u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		if err := tx.Users.insert(ctx, user); err != nil {
			return err
		}
		if err := tx.Users.rename(ctx, p, user, force); err != nil {
			return err
		}
		return tx.Users.count(ctx, p.ID, user.Sub, 1)
	})
}

// UpdateNamed is Update with the change of names that follows from it, in one
// transaction: a [TakenError] where another user has one of them, and nothing
// is changed then. With force a verified alias is taken away from that user,
// who loses the verified flag with it.
func (u Users) UpdateNamed(ctx context.Context, p pool.Pool, sub string, f func(*pool.User) error, force bool) (pool.User, error) {
	var user pool.User
	err := u.db.Tx(ctx, func(ctx context.Context, tx *DB) error {
		var err error
		// The row comes first: from here on nobody else renames this user.
		if user, err = tx.Users.Update(ctx, p.ID, sub, f); err != nil {
			return err
		}
		return tx.Users.rename(ctx, p, &user, force)
	})
	return user, err
}

// rename brings the entries of user's names to what its attributes say.
// Two names of one user may take the same entry.
func (u Users) rename(ctx context.Context, p pool.Pool, user *pool.User, force bool) error {
	before, err := u.namesOf(ctx, user)
	if err != nil {
		return err
	}
	after := p.NamesOf(*user)
	for _, n := range before {
		if slices.ContainsFunc(after, func(name pool.Name) bool { return name.Claim() == n }) {
			continue
		}
		if err := u.release(ctx, user.UserPoolID, user.Sub, n); err != nil {
			return err
		}
	}
	for _, n := range after {
		if slices.Contains(before, n.Claim()) {
			continue
		}
		before = append(before, n.Claim())
		err := u.claim(ctx, user, n)
		if errors.Is(err, ErrExists) && force && p.Forcible(n.Kind) {
			err = u.seize(ctx, user, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// namesQuery asks for no order: SQLite would read all names of the pool in it,
// rather than find those of the user.
const namesQuery = `SELECT kind, folded FROM user_names WHERE pool = $1 AND sub = $2`

func (u Users) namesOf(ctx context.Context, user *pool.User) ([]pool.Name, error) {
	rows, err := u.db.query(ctx, namesQuery, user.UserPoolID, user.Sub)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []pool.Name
	for rows.Next() {
		var n pool.Name
		if err := rows.Scan(&n.Kind, &n.Folded); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b pool.Name) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Folded, b.Folded)) })
	return out, rows.Err()
}

func (u Users) claim(ctx context.Context, user *pool.User, n pool.Name) error {
	rows, err := u.db.exec(ctx, `INSERT INTO user_names (pool, kind, folded, sub) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		user.UserPoolID, string(n.Claim().Kind), n.Folded, user.Sub)
	if err == nil && rows == 0 {
		return &TakenError{n}
	}
	return err
}

func (u Users) release(ctx context.Context, poolID, sub string, n pool.Name) error {
	_, err := u.db.exec(ctx, `DELETE FROM user_names WHERE pool = $1 AND kind = $2 AND folded = $3 AND sub = $4`, poolID, string(n.Kind), n.Folded, sub)
	return err
}

// seize takes an alias away from the user who has it. Where a third one is
// faster, that one has it.
func (u Users) seize(ctx context.Context, user *pool.User, n pool.Name) error {
	var holder string
	err := u.db.queryRow(ctx, `SELECT sub FROM user_names WHERE pool = $1 AND kind = $2 AND folded = $3`, user.UserPoolID, string(n.Kind), n.Folded).Scan(&holder)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil {
		_, err := u.Update(ctx, user.UserPoolID, holder, func(h *pool.User) error {
			h.Surrender(n.Kind)
			return nil
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := u.release(ctx, user.UserPoolID, holder, n); err != nil {
			return err
		}
	}
	return u.claim(ctx, user, n)
}
