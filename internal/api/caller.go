package api

import (
	"context"
	"errors"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// app loads the client that a call names.
func (a *API) app(ctx context.Context, clientID string) (pool.App, error) {
	app, err := a.DB.App(ctx, clientID)
	if err == nil {
		pool.NoteOf(ctx).AtApp(app)
	}
	if errors.Is(err, store.ErrNotFound) {
		return app, &pool.Error{Kind: pool.ResourceNotFound, Reason: "client", Args: map[string]string{"client": clientID}}
	}
	return app, err
}

// appOf is app for an operator's call, which names the pool too.
func (a *API) appOf(ctx context.Context, poolID, clientID string) (pool.App, error) {
	if _, err := a.pool(ctx, poolID); err != nil {
		return pool.App{}, err
	}
	app, err := a.app(ctx, clientID)
	if err == nil && app.Pool.ID != poolID {
		return pool.App{}, &pool.Error{Kind: pool.ResourceNotFound, Reason: "client", Args: map[string]string{"client": clientID}}
	}
	return app, err
}

func (a *API) pool(ctx context.Context, id string) (pool.Pool, error) {
	p, err := a.DB.Pools.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return p, &pool.Error{Kind: pool.ResourceNotFound, Reason: "pool", Args: map[string]string{"pool": id}}
	}
	return p, err
}

// need is a parameter that a flow cannot do without.
func need(params SensitiveMap, name string) (string, error) {
	if value := params[name]; value != "" {
		return value, nil
	}
	return "", &pool.Error{Kind: pool.InvalidParameter, Reason: "required", Field: strings.ToLower(name)}
}

// checkSecretHash holds the caller's SECRET_HASH against the client's secret
// and the names that it may have been made with.
func checkSecretHash(c pool.Client, hash string, usernames ...string) error {
	client := map[string]string{"client": c.ID}
	switch {
	case c.Public():
		return nil
	case hash == "":
		return &pool.Error{Kind: pool.NotAuthorized, Reason: "secret_missing", Args: client}
	case !c.CheckSecretHash(hash, usernames...):
		return &pool.Error{Kind: pool.NotAuthorized, Reason: "secret_hash", Args: client}
	}
	return nil
}
