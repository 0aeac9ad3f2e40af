package store

import (
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// GiveBack undoes a reserved try whose password nobody looked at, for the
// server was busy or the caller went away: ctx may be over.
func (db *DB) GiveBack(ctx context.Context, poolID, owner string, reserved pool.Lockout) error {
	_, err := db.Lockouts.Update(context.WithoutCancel(ctx), func(l *pool.Lockout) error {
		l.GiveBack(reserved.LockedUntil)
		return nil
	}, poolID, owner)
	if errors.Is(err, ErrNotFound) { // a right password forgot it meanwhile
		return nil
	}
	return err
}
