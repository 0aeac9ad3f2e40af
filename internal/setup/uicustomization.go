package setup

import (
	"cmp"
	"context"
	"errors"

	"github.com/poolhouse/poolhouse/internal/brandcss"
	"github.com/poolhouse/poolhouse/internal/picture"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// CustomizationEntry is how the hosted pages of an app client look, or without
// ClientId those of all clients of the pool that have none of their own.
// UserPoolId may be left out where the document has one pool. ImageFile is a logo
// in base64.
type CustomizationEntry struct {
	UserPoolID string `json:"UserPoolId,omitempty"`
	ClientID   string `json:"ClientId,omitempty"`
	CSS        string `json:",omitempty"`
	ImageFile  []byte `json:",omitempty"`
	stack      string // that makes it
}

// UICustomization returns how the pages of a client look: by its own
// customization, else by that of all clients; an empty one where there is neither
// (Cognito: GetUICustomization).
func (s *Setup) UICustomization(ctx context.Context, poolID, clientID string) (pool.UICustomization, error) {
	clientID = cmp.Or(clientID, pool.AllClients)
	if err := customizable(ctx, s.DB, poolID, clientID); err != nil {
		return pool.UICustomization{}, err
	}
	return s.DB.Customization(ctx, poolID, clientID)
}

// SetUICustomization makes the pages of a client look as e says; where e says
// nothing, as they did without it (Cognito: SetUICustomization).
func (s *Setup) SetUICustomization(ctx context.Context, e CustomizationEntry) (pool.UICustomization, error) {
	asked, logo, err := e.clean(s.Now().UnixMilli())
	if err != nil {
		return asked, err
	}
	err = s.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) (err error) {
		asked, _, err = customize(ctx, tx, asked, logo)
		return err
	})
	return asked, err
}

// clean makes a customization of what an entry brings: a style sheet and a logo
// that are nothing else. now is in ms.
func (e CustomizationEntry) clean(now int64) (pool.UICustomization, *pool.UILogo, error) {
	c := pool.UICustomization{
		UserPoolID: e.UserPoolID, ClientID: cmp.Or(e.ClientID, pool.AllClients), CSS: e.CSS, Stack: e.stack, StyleDate: now, CreationDate: now, LastModifiedDate: now,
	}
	if len(e.CSS) > pool.MaxCSS {
		return c, nil, refuse("CSS", "the style sheet is larger than 16384 bytes")
	}
	style, err := brandcss.Clean(e.CSS)
	if err != nil {
		return c, nil, refuse("CSS", err.Error())
	}
	c.Style = style
	if len(e.ImageFile) == 0 {
		return c, nil, nil
	}
	data, kind, err := picture.Clean(e.ImageFile)
	if err != nil {
		return c, nil, refuse("ImageFile", err.Error())
	}
	c.Logo = pool.FileName(data, string(kind))
	return c, &pool.UILogo{Type: kind.Type(), Data: data}, nil
}

// customize writes a customization in place of an earlier one, and names the
// members that differ.
func customize(ctx context.Context, tx *store.DB, asked pool.UICustomization, logo *pool.UILogo) (pool.UICustomization, []string, error) {
	p, err := hold(ctx, tx, asked.UserPoolID)
	if err != nil {
		return asked, nil, err
	}
	if err := customizable(ctx, tx, p.ID, asked.ClientID); err != nil {
		return asked, nil, err
	}
	if domains, err := tx.DomainsOf(ctx, p.ID); err != nil || len(domains) == 0 {
		return asked, nil, cmp.Or(err, error(&pool.Error{Kind: pool.InvalidParameter, Reason: "no_pool_domain", Field: "UserPoolId", Args: map[string]string{"detail": "the user pool has no domain"}}))
	}
	before, err := tx.Brandings.Get(ctx, p.ID, asked.ClientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return asked, nil, err
	}
	if err == nil {
		asked.CreationDate, asked.Stack = before.CreationDate, cmp.Or(asked.Stack, before.Stack)
	}
	var members []string
	if asked.CSS == before.CSS {
		asked.StyleDate = cmp.Or(before.StyleDate, asked.StyleDate)
	} else {
		members = append(members, "CSS")
	}
	if asked.Logo != before.Logo {
		members = append(members, "ImageFile")
	}
	if err == nil && len(members) == 0 {
		return before, nil, nil
	}
	return asked, members, writeCustomization(ctx, tx, asked, logo)
}

func writeCustomization(ctx context.Context, tx *store.DB, c pool.UICustomization, logo *pool.UILogo) error {
	if err := forgetCustomization(ctx, tx, c.UserPoolID, c.ClientID); err != nil || c.Empty() {
		return err
	}
	_, err := tx.Pools.Update(ctx, func(p *pool.Pool) error { p.Customized = true; return nil }, c.UserPoolID)
	if err == nil {
		err = tx.Brandings.Create(ctx, &c, c.UserPoolID, c.ClientID)
	}
	if err == nil && logo != nil {
		err = tx.Logos.Create(ctx, logo, c.UserPoolID, c.ClientID)
	}
	return err
}

// forgetCustomization deletes that of an app client.
func forgetCustomization(ctx context.Context, tx *store.DB, poolID, clientID string) error {
	if err := tx.Brandings.Delete(ctx, poolID, clientID); err != nil {
		return err
	}
	return tx.Logos.Delete(ctx, poolID, clientID)
}

// customizable refuses a pool or an app client that is not there.
func customizable(ctx context.Context, db *store.DB, poolID, clientID string) error {
	if _, err := poolOf(ctx, db, poolID); err != nil || clientID == pool.AllClients {
		return err
	}
	_, err := db.Clients.Get(ctx, poolID, clientID)
	return orNoClient(err, clientID)
}
