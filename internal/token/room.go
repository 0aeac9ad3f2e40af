package token

import (
	"cmp"
	"context"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// begin writes a new grant. Where its user has more than the pool lets them have
// open, those that were used least recently end (Cognito:
// SetUserPoolSessionConfiguration, MaxPerUser).
func (t *Tokens) begin(ctx context.Context, p pool.Pool, user pool.User, grant pool.Grant) error {
	err := t.DB.Grants.Create(ctx, &grant)
	if err == nil && p.MaxSessions() > 0 {
		err = t.makeRoom(ctx, user, p.MaxSessions())
	}
	return err
}

// makeRoom deletes what of a user's grants has ended and what is one too many,
// so that the next sign-in reads no more of them than may be open. Two sign-ins
// at once agree on which those are: by their last use and then by their ids.
func (t *Tokens) makeRoom(ctx context.Context, user pool.User, most int) error {
	var open []pool.Grant
	var ended []string
	for after := ""; ; {
		rows, err := t.DB.Grants.OfUser(ctx, user, t.Now().UnixMilli(), after, sessionBatch)
		if err != nil {
			return err
		}
		for _, g := range rows {
			after = g.ID
			// One that began under a later NotBefore than this sign-in knows is
			// not ended: the account has changed since.
			if g.Revoked || g.NotBefore < user.NotBefore {
				ended = append(ended, g.ID)
			} else {
				open = append(open, g)
			}
		}
		if len(rows) < sessionBatch {
			break
		}
	}
	slices.SortFunc(open, func(a, b pool.Grant) int { return cmp.Or(cmp.Compare(b.Active(), a.Active()), cmp.Compare(a.ID, b.ID)) })
	for _, g := range open[min(most, len(open)):] {
		ended = append(ended, g.ID)
	}
	for _, id := range ended {
		if err := t.DB.Grants.Delete(ctx, user.UserPoolID, id); err != nil {
			return err
		}
	}
	return nil
}
