package stories_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// appConfig is what an app of the house tells the package cognito.
func appConfig(h *housetest.House) cognito.Config {
	return cognito.Config{
		Domain: h.URL(), Issuer: h.URL() + "/" + housetest.PoolID, ClientID: housetest.ClientID,
		RedirectURL: housetest.Callback, LogoutURL: housetest.Goodbye, Scopes: []string{"openid", "email"},
	}
}

func newClient(t *testing.T, c cognito.Config) *cognito.Client {
	t.Helper()
	client, err := cognito.New(c)
	must(t, err)
	return client
}

// arrives signs ann, who has an account, in at the app and returns its tokens.
func arrives(t *testing.T, h *housetest.House, client *cognito.Client) *cognito.Tokens {
	t.Helper()
	ask, transaction := client.LoginURL()
	b := h.Browser()
	back := b.Submit(b.Follow(b.Get(ask)), "cognitoSignInForm", "username", ann, "password", secret).Back()
	tokens, err := client.Exchange(t.Context(), transaction, back.Query())
	must(t, err)
	return tokens
}

// TestCognitoClient walks through the whole client, with the issuer given and
// with the issuer learnt.
func TestCognitoClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		client := newClient(t, appConfig(h))
		ask, transaction := client.SignUpURL(oauth2.SetAuthURLParam("login_hint", ann))
		b := h.Browser()
		p := b.Submit(b.Get(ask), "signupform", "password", secret) // the hint fills the address
		back := b.Submit(b.Follow(p), "confirmform", "code", h.Code(ann)).Back()
		tokens, err := client.Exchange(t.Context(), transaction, back.Query())
		must(t, err)
		checkTokens(t, h, client, tokens)

		config := appConfig(h)
		config.Issuer = ""
		learning := newClient(t, config)
		again := arrives(t, h, learning)
		if again.Claims.Subject != tokens.Claims.Subject || again.Claims.Issuer != tokens.Claims.Issuer {
			t.Errorf("without Issuer it is %s of %s, want %s of %s", again.Claims.Subject, again.Claims.Issuer, tokens.Claims.Subject, tokens.Claims.Issuer)
		}
		checkTokens(t, h, learning, again)

		out := b.Get(client.LogoutURL())
		if to := out.Location(); to == nil || to.String() != housetest.Goodbye {
			t.Errorf("signing out led to %v", to)
		}
		b.Follow(b.Get(ask)).Form("signupform") // the pool has forgotten this browser
	})
}

// checkTokens uses tokens up: userInfo, refresh, revoke, and what is left.
func checkTokens(t *testing.T, h *housetest.House, client *cognito.Client, tokens *cognito.Tokens) {
	t.Helper()
	ctx := t.Context()
	who := tokens.Claims
	if who.Email != ann || !who.EmailVerified || who.Username != who.Subject || who.Issuer != h.URL()+"/"+housetest.PoolID {
		t.Errorf("the ID token says %+v", who)
	}
	info, err := client.UserInfo(ctx, tokens.AccessToken)
	must(t, err)
	if info.Subject != who.Subject || info.Email != ann || !info.EmailVerified || info.Username != who.Username {
		t.Errorf("userInfo says %+v", info)
	}
	fresh, err := client.Refresh(ctx, tokens)
	must(t, err)
	if fresh.AccessToken == tokens.AccessToken || fresh.RefreshToken != tokens.RefreshToken || fresh.Claims.Subject != who.Subject || fresh.Claims.OriginID != who.OriginID {
		t.Errorf("refreshed: %v, same refresh token %v", fresh, fresh.RefreshToken == tokens.RefreshToken)
	}
	must(t, client.Revoke(ctx, fresh.RefreshToken))
	if _, err := client.UserInfo(ctx, fresh.AccessToken); !errors.Is(err, cognito.ErrTokenInvalid) {
		t.Errorf("userInfo after Revoke: %v", err)
	}
	if _, err := client.Refresh(ctx, fresh); !errors.Is(err, cognito.ErrInvalidGrant) {
		t.Errorf("refresh after Revoke: %v", err)
	}
	must(t, client.Revoke(ctx, fresh.RefreshToken)) // twice is no error (RFC 7009 §2.2)
}

// TestCognitoErrors finds each refusal of the house under its name.
func TestCognitoErrors(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			c := d.UserPoolClients[0]
			c.ID, c.ClientName, c.Secret = "secretapp", "Secret app", "an_app_secret_of_good_length"
			d.UserPoolClients = append(d.UserPoolClients, c)
		})})
		ctx, b := t.Context(), h.Browser()
		client := newClient(t, appConfig(h))

		ask, transaction := client.LoginURL(oauth2.SetAuthURLParam("prompt", "none"))
		_, err := client.Exchange(ctx, transaction, b.Get(ask).Back().Query())
		wants(t, "nobody is signed in", err, cognito.ErrLoginRequired)

		ask, transaction = client.LoginURL(oauth2.SetAuthURLParam("scope", "openid phone"))
		_, err = client.Exchange(ctx, transaction, b.Get(ask).Back().Query())
		wants(t, "a scope the client may not ask for", err, cognito.ErrScopeNotAllowed)

		h.SignUp(b, housetest.Ask(), ann, secret)
		ask, transaction = client.LoginURL()
		back := b.Get(ask).Back().Query() // the browser is signed in
		_, stranger := client.LoginURL()
		_, err = client.Exchange(ctx, stranger, back)
		wants(t, "another browser's callback", err, cognito.ErrStateMismatch)
		_, err = client.Exchange(ctx, transaction, back)
		must(t, err)
		_, err = client.Exchange(ctx, transaction, back)
		wants(t, "a code twice", err, cognito.ErrInvalidGrant)

		config := appConfig(h)
		config.ClientID, config.ClientSecret = "secretapp", "a_wrong_secret_of_the_length"
		wrong := newClient(t, config)
		ask, transaction = wrong.LoginURL()
		back = b.Get(ask).Back().Query()
		_, err = wrong.Exchange(ctx, transaction, back)
		wants(t, "a wrong client secret", err, cognito.ErrInvalidClient)
		config.ClientSecret = "an_app_secret_of_good_length"
		tokens, err := newClient(t, config).Exchange(ctx, transaction, back) // a failed authentication burns no code
		must(t, err)

		verifier, err := cognito.NewVerifier(appConfig(h))
		must(t, err)
		_, err = verifier.VerifyAccess(ctx, tokens.AccessToken)
		wants(t, "another client's token", err, cognito.ErrWrongClient)
	})
}

func wants(t *testing.T, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

// TestCognitoRotation: several nodes of an app refresh the same session at
// once, each with the old token; all are served within the grace period. After
// it, the old token is a stolen one: it ends the sign-in.
func TestCognitoRotation(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			c := &d.UserPoolClients[0]
			c.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"}
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 60}
		})})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		ctx := t.Context()
		first := arrives(t, h, newClient(t, appConfig(h)))

		const nodes, requests = 4, 5
		got := make([]*cognito.Tokens, nodes*requests)
		var wg sync.WaitGroup
		for n := range nodes {
			node := newClient(t, appConfig(h))
			for r := range requests {
				wg.Go(func() {
					tokens, err := node.Refresh(ctx, first)
					if err != nil {
						t.Errorf("node %d, request %d: %v", n, r, err)
						return
					}
					got[n*requests+r] = tokens
				})
			}
		}
		wg.Wait()
		if t.Failed() {
			return
		}
		for n := range nodes {
			for _, tokens := range got[n*requests : (n+1)*requests] {
				if tokens.AccessToken != got[n*requests].AccessToken {
					t.Errorf("node %d asked more than once", n)
				}
				if tokens.RefreshToken == first.RefreshToken {
					t.Error("the refresh token did not rotate")
				}
			}
		}
		second, err := newClient(t, appConfig(h)).Refresh(ctx, got[0])
		must(t, err)
		h.Advance(2 * time.Minute)
		_, err = newClient(t, appConfig(h)).Refresh(ctx, first)
		wants(t, "the old token after its grace", err, cognito.ErrInvalidGrant)
		_, err = newClient(t, appConfig(h)).Refresh(ctx, second)
		wants(t, "the newest token after the theft was seen", err, cognito.ErrInvalidGrant)
	})
}

// TestCognitoWeb signs a person in and out at an app that is nothing but the
// middleware, without its issuer.
func TestCognitoWeb(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		listener := httptest.NewUnstartedServer(nil)
		t.Cleanup(listener.Close)
		address := "http://" + listener.Listener.Addr().String()
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			d.UserPoolClients[0].CallbackURLs = []string{address + "/callback"}
			d.UserPoolClients[0].LogoutURLs = []string{address + "/bye"}
		})})
		config := appConfig(h)
		config.Issuer, config.RedirectURL, config.LogoutURL = "", address+"/callback", address+"/bye"
		web, err := cognito.NewWeb(newClient(t, config), cognito.WebConfig{Keys: [][]byte{[]byte("a key of thirty-two bytes, or more")}})
		must(t, err)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("for everybody")) })
		mux.Handle("GET /inside", web.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session, _ := cognito.SessionFrom(r.Context())
			w.Write([]byte("inside: " + session.User().Email + " " + r.URL.RawQuery))
		})))
		listener.Config.Handler = web.Handler(mux)
		listener.Start()
		h.SignUp(h.Browser(), housetest.Ask("redirect_uri", address+"/callback"), ann, secret)

		s := newSurfer(t)
		s.get(address + "/inside?room=1") // leads to the pool
		if s.path() != "/login" || s.at.Host == listener.Listener.Addr().String() {
			t.Fatalf("the way in led to %s", s.at)
		}
		s.submit("username", ann, "password", secret)
		s.reads("inside: ann@example.com room=1")
		s.get(address + "/inside")
		s.reads("inside: ann@example.com")
		s.send(address+"/logout", nil)
		s.reads("for everybody")
		s.get(address + "/inside")
		if s.path() != "/login" {
			t.Errorf("after signing out, %s answers %q", s.at, s.body)
		}
	})
}

// TestCognitoBearer: an API lets in who has an access token of the pool.
func TestCognitoBearer(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		tokens := arrives(t, h, newClient(t, appConfig(h)))
		verifier, err := cognito.NewVerifier(appConfig(h))
		must(t, err)
		hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			claims, _ := cognito.AccessFrom(r.Context())
			if slices.Contains(claims.Scopes, "email") {
				w.Write([]byte(claims.Subject))
			}
		})
		mux := http.NewServeMux()
		mux.Handle("/mail", verifier.RequireBearer(cognito.Require{Scopes: []string{"openid", "email"}})(hello))
		mux.Handle("/phone", verifier.RequireBearer(cognito.Require{Scopes: []string{"phone"}})(hello))
		api := httptest.NewServer(mux)
		t.Cleanup(api.Close)
		for _, c := range []struct {
			name, path, token string
			status            int
		}{
			{"a good token", "/mail", tokens.AccessToken, http.StatusOK},
			{"a scope is lacking", "/phone", tokens.AccessToken, http.StatusForbidden},
			{"an ID token", "/mail", tokens.IDToken, http.StatusUnauthorized},
			{"no token", "/mail", "", http.StatusUnauthorized},
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL+c.path, nil)
			must(t, err)
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			response, err := api.Client().Do(r)
			must(t, err)
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			must(t, err)
			if response.StatusCode != c.status || c.status == http.StatusOK && string(body) != tokens.Claims.Subject {
				t.Errorf("%s: %d %q, want %d", c.name, response.StatusCode, body, c.status)
			}
		}
	})
}
