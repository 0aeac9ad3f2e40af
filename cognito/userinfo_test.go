package cognito_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestLogoutURL(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	u, err := url.Parse(client(t, config(p)).LogoutURL())
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Query(); len(got) != 2 || got.Get("client_id") != p.ClientID || got.Get("logout_uri") != p.LogoutURL || u.Path != "/logout" {
		t.Errorf("logout URL is %s", u)
	}
	cfg := config(p)
	cfg.LogoutURL = ""
	if got := client(t, cfg).LogoutURL(); got != "" {
		t.Errorf("logout URL is %s", got)
	}
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.SetUser(fakepool.User{Sub: "u1", Email: "ann@example.com", Claims: map[string]any{
		"custom:team": "blue", "identities": `[{"userId":"7","providerName":"G","primary":"true","dateCreated":"1700000000000"}]`,
	}})
	c := client(t, config(p))
	tokens := signIn(t, p, c)
	info, err := c.UserInfo(context.Background(), tokens.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	if info.Subject != "u1" || !info.EmailVerified || info.Custom["team"] != "blue" || len(info.Identities) != 1 || !info.Identities[0].Primary {
		t.Errorf("got %+v", info)
	}
	_, err = c.UserInfo(context.Background(), p.AccessToken("email"))
	wantError(t, err, cognito.ErrTokenInvalid)
	p.SetUser(fakepool.User{Sub: "u2"})
	_, err = c.UserInfo(context.Background(), tokens.AccessToken)
	wantError(t, err, cognito.ErrTokenInvalid)
	p.Break("/oauth2/userInfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"`)
		w.WriteHeader(http.StatusBadRequest)
	})
	_, err = c.UserInfo(context.Background(), tokens.AccessToken)
	wantError(t, err, cognito.ErrInvalidRequest)
	p.Break("/oauth2/userInfo", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 2<<20)) })
	_, err = c.UserInfo(context.Background(), tokens.AccessToken)
	wantError(t, err, cognito.ErrBadResponse)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "s3cret"} {
		p := fakepool.New(fakepool.Options{ClientSecret: secret})
		c := client(t, config(p))
		tokens := signIn(t, p, c)
		if _, err := c.Refresh(context.Background(), tokens); err != nil {
			t.Fatal(err)
		}
		if err := c.Revoke(context.Background(), tokens.RefreshToken); err != nil {
			t.Fatal(err)
		}
		_, err := c.Refresh(context.Background(), tokens)
		wantError(t, err, cognito.ErrInvalidGrant)
		if err := c.Revoke(context.Background(), tokens.RefreshToken); err != nil {
			t.Errorf("revoking twice: %v", err)
		}
		wantError(t, c.Revoke(context.Background(), tokens.AccessToken), cognito.ErrUnsupportedToken)
		wantError(t, c.Revoke(context.Background(), ""), cognito.ErrInvalidRequest)
	}
	p := fakepool.New(fakepool.Options{ClientSecret: "s3cret"})
	cfg := config(p)
	cfg.ClientSecret = "wrong"
	wantError(t, client(t, cfg).Revoke(context.Background(), "x"), cognito.ErrInvalidClient)
}
