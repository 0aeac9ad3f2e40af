package setup

import (
	"context"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// AddSecret gives a client a second secret: the value that was chosen or, for
// "", a new one (Cognito: AddUserPoolClientSecret).
func (s *Setup) AddSecret(ctx context.Context, poolID, clientID string, chosen pool.Secret) (c pool.Client, added pool.ClientSecret, err error) {
	c, err = s.changeSecrets(ctx, poolID, clientID, func(c *pool.Client) (err error) {
		added, err = c.AddSecret(chosen, s.Now().UnixMilli())
		return err
	})
	return c, added, err
}

// DeleteSecret ends one of a client's two secrets (Cognito:
// DeleteUserPoolClientSecret).
func (s *Setup) DeleteSecret(ctx context.Context, poolID, clientID, secretID string) error {
	_, err := s.changeSecrets(ctx, poolID, clientID, func(c *pool.Client) error { return c.DeleteSecret(secretID, s.Now().UnixMilli()) })
	return err
}

// changeSecrets changes the client as it is when it is written, so that of
// those who add at once one only has room.
func (s *Setup) changeSecrets(ctx context.Context, poolID, clientID string, f func(*pool.Client) error) (pool.Client, error) {
	if _, err := poolOf(ctx, s.DB, poolID); err != nil {
		return pool.Client{}, err
	}
	c, err := s.DB.Clients.Update(ctx, f, poolID, clientID)
	return c, orNoClient(err, clientID)
}
