package cognito_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestRefresh(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]fakepool.Options{
		"Poolhouse": {}, "AWS": aws(), "rotation": {Rotate: true}, "no ID token": {NoIDRefresh: true}, "secret": {ClientSecret: "s3cret"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(opts)
			c := client(t, config(p))
			old := signIn(t, p, c)
			fresh, err := c.Refresh(context.Background(), old)
			if err != nil {
				t.Fatal(err)
			}
			if fresh.AccessToken == old.AccessToken || fresh.Claims.Email != old.Claims.Email || fresh.IDToken == "" {
				t.Errorf("got %v, claims %+v", fresh, fresh.Claims)
			}
			if rotated := fresh.RefreshToken != old.RefreshToken; rotated != opts.Rotate || fresh.RefreshToken == "" {
				t.Errorf("refresh token changed: %v, want %v", rotated, opts.Rotate)
			}
			again, err := c.Refresh(context.Background(), fresh)
			if err != nil || again.AccessToken == fresh.AccessToken {
				t.Errorf("refreshing what is new: %v", err)
			}
		})
	}
}

func TestRefreshIsSharedByMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := fakepool.New(fakepool.Options{Rotate: true})
		c := client(t, config(p))
		old := signIn(t, p, c)
		p.Break("/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			p.Answer(w, r)
		})
		before := p.Count("/oauth2/token")
		var all sync.WaitGroup
		refresh := func() {
			fresh, err := c.Refresh(t.Context(), old)
			if err != nil {
				t.Error(err)
				return
			}
			if fresh.RefreshToken == old.RefreshToken {
				t.Error("got the old refresh token")
			}
		}
		for range 50 {
			all.Go(refresh)
		}
		gone, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		_, err := c.Refresh(gone, old)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who goes away gets %v", err)
		}
		all.Wait()
		// Requests that were under way with the old token come a little later.
		time.Sleep(30 * time.Second)
		refresh()
		if n := p.Count("/oauth2/token") - before; n != 1 {
			t.Errorf("%d calls to the token endpoint, want 1", n)
		}
		time.Sleep(time.Minute)
		_, err = c.Refresh(context.Background(), old)
		wantError(t, err, cognito.ErrInvalidGrant)
	})
}

func TestLostRefreshIsAskedForAgain(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	old := signIn(t, p, c)
	var once sync.Once
	p.Break("/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		lost := false
		once.Do(func() { lost = true })
		if lost {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		p.Answer(w, r)
	})
	if _, err := c.Refresh(context.Background(), old); err != nil {
		t.Fatal(err)
	}
}

func TestRefreshFailures(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	_, err := c.Refresh(context.Background(), nil)
	wantError(t, err, cognito.ErrInvalidGrant)
	_, err = c.Refresh(context.Background(), &cognito.Tokens{})
	wantError(t, err, cognito.ErrInvalidGrant)

	old := signIn(t, p, c)
	p.SetUser(fakepool.User{Sub: "somebody-else"})
	_, err = c.Refresh(context.Background(), old)
	wantError(t, err, cognito.ErrTokenInvalid)
	p.Net.Cut("localhost:9229")
	_, err = c.Refresh(context.Background(), old)
	wantError(t, err, cognito.ErrUnavailable)
	p.Net.Serve("localhost:9229", p)
	p.EndRefresh()
	_, err = c.Refresh(context.Background(), old)
	wantError(t, err, cognito.ErrInvalidGrant)
	p.Break("/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"unauthorized_client"}`))
	})
	_, err = c.Refresh(context.Background(), old)
	wantError(t, err, cognito.ErrUnauthorizedClient) // no redirect URL is involved
}
