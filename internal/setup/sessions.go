package setup

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// TrackSessions says whether the sessions of a pool's people are recorded, and
// how many they may have open (Cognito: SetUserPoolSessionConfiguration). What
// its app clients say is kept.
func (s *Setup) TrackSessions(ctx context.Context, poolID string, ask pool.UserSessions) (pool.Pool, error) {
	p, err := s.DB.Pools.Update(ctx, func(p *pool.Pool) error {
		ask.LongestReuse = p.UserSessions.LongestReuse
		p.UserSessions = ask
		return nil
	}, poolID)
	return p, orNoPool(err, poolID)
}

// ReuseSessions says for how long an app client takes a remembered browser
// (Cognito: SetUserPoolClientSessionConfiguration). Browsers are remembered for
// as long as the most patient client of the pool takes them.
func (s *Setup) ReuseSessions(ctx context.Context, poolID, clientID string, ask pool.SSOSession) (c pool.Client, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		p, err := hold(ctx, tx, poolID)
		if err != nil {
			return err
		}
		if err := p.CheckTracks(); err != nil {
			return err
		}
		if c, err = tx.Clients.Update(ctx, func(c *pool.Client) error { c.SSOSession = &ask; return nil }, poolID, clientID); err != nil {
			return orNoClient(err, clientID)
		}
		longest, err := longestReuse(ctx, tx, poolID)
		if err != nil {
			return err
		}
		_, err = tx.Pools.Update(ctx, func(p *pool.Pool) error { p.UserSessions.LongestReuse = longest; return nil }, poolID)
		return err
	})
	return c, err
}

func longestReuse(ctx context.Context, tx *store.DB, poolID string) (longest int, err error) {
	const batch = 100
	for after := ""; ; {
		clients, err := tx.Clients.List(ctx, after, batch, poolID)
		if err != nil {
			return 0, err
		}
		for _, c := range clients {
			after, longest = c.ID, max(longest, c.ReuseMinutes())
		}
		if len(clients) < batch {
			return longest, nil
		}
	}
}
