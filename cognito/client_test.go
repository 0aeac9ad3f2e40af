package cognito_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := config(fakepool.New(fakepool.Options{}))
	for name, spoil := range map[string]func(*cognito.Config){
		"no domain":              func(c *cognito.Config) { c.Domain = "" },
		"no client":              func(c *cognito.Config) { c.ClientID = "" },
		"no redirect":            func(c *cognito.Config) { c.RedirectURL = "" },
		"http domain":            func(c *cognito.Config) { c.Domain = "http://pool.example.com" },
		"http domain, sly":       func(c *cognito.Config) { c.Domain = "http://localhost.example.com" },
		"http domain, 128":       func(c *cognito.Config) { c.Domain = "http://128.0.0.1" },
		"http issuer":            func(c *cognito.Config) { c.Issuer = "http://pool.example.com/x" },
		"http redirect":          func(c *cognito.Config) { c.RedirectURL = "http://app.example.com/cb" },
		"http logout":            func(c *cognito.Config) { c.LogoutURL = "http://app.example.com/out" },
		"relative redirect":      func(c *cognito.Config) { c.RedirectURL = "/cb" },
		"fragment":               func(c *cognito.Config) { c.RedirectURL = "https://app.example.com/#cb" },
		"user in domain":         func(c *cognito.Config) { c.Domain = "https://u:p@pool.example.com" },
		"no openid and no iss":   func(c *cognito.Config) { c.Issuer, c.Scopes = "", []string{"email"} },
		"nonsense instead of it": func(c *cognito.Config) { c.Domain = "pool" },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := cognito.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		} else {
			wantError(t, err, cognito.ErrConfig)
		}
	}
	for _, domain := range []string{"http://localhost:9229", "http://127.0.0.9", "http://[::1]:1", "https://pool.example.com/"} {
		cfg := good
		cfg.Domain = domain
		if _, err := cognito.New(cfg); err != nil {
			t.Errorf("%s: %v", domain, err)
		}
	}
	cfg := good
	cfg.RedirectURL = "myapp://callback"
	if _, err := cognito.New(cfg); err != nil {
		t.Errorf("an app's own scheme: %v", err)
	}
}

func TestLoginURL(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	at, tx := c.LoginURL(oauth2.SetAuthURLParam("login_hint", "ann@example.com"), oauth2.SetAuthURLParam("state", "mine"), oauth2.SetAuthURLParam("redirect_uri", "https://evil.example"))
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"response_type": "code", "client_id": p.ClientID, "redirect_uri": p.RedirectURL, "scope": "email openid",
		"state": tx.State, "nonce": tx.Nonce, "code_challenge": oauth2.S256ChallengeFromVerifier(tx.Verifier),
		"code_challenge_method": "S256", "login_hint": "ann@example.com",
	}
	for name, value := range want {
		if got := u.Query()[name]; len(got) != 1 || got[0] != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if got := u.Scheme + "://" + u.Host + u.Path; got != p.Domain+"/oauth2/authorize" {
		t.Errorf("URL is %s", got)
	}
	if signUp, _ := c.SignUpURL(); !strings.HasPrefix(signUp, p.Domain+"/signup?") || !strings.Contains(signUp, "code_challenge=") {
		t.Errorf("sign-up URL is %s", signUp)
	}
	if _, other := c.LoginURL(); other.State == tx.State || other.Nonce == tx.Nonce || other.Verifier == tx.Verifier {
		t.Error("two sign-ins share a secret")
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	custom := aws()
	custom.Domain = "https://auth.example.com"
	updated := aws()
	updated.Issuer = "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"
	for name, test := range map[string]struct {
		pool        fakepool.Options
		emptyIssuer bool
	}{
		"Poolhouse":                        {pool: fakepool.Options{}},
		"Poolhouse, issuer discovered":     {pool: fakepool.Options{}, emptyIssuer: true},
		"issuer on another host":           {pool: fakepool.Options{Domain: "https://login.example.com", Issuer: "https://pool.example.org/p1"}, emptyIssuer: true},
		"AWS":                              {pool: aws()},
		"AWS, issuer learnt":               {pool: aws(), emptyIssuer: true},
		"AWS, custom domain, learnt":       {pool: custom, emptyIssuer: true},
		"AWS, updated issuer type, learnt": {pool: updated, emptyIssuer: true},
		"with a secret":                    {pool: fakepool.Options{ClientSecret: "s3cret"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(test.pool)
			cfg := config(p)
			if test.emptyIssuer {
				cfg.Issuer = ""
			}
			c := client(t, cfg)
			tokens := signIn(t, p, c)
			if tokens.Claims.Email != "ann@example.com" || !tokens.Claims.EmailVerified || tokens.Claims.Issuer != p.Issuer {
				t.Errorf("claims are %+v", tokens.Claims)
			}
			if tokens.AccessToken == "" || tokens.RefreshToken == "" || tokens.OAuth2().Valid() == false {
				t.Errorf("incomplete: %v", tokens)
			}
			signIn(t, p, c)
			if n := p.Count("/.well-known/jwks.json"); n != 1 {
				t.Errorf("keys were fetched %d times", n)
			}
		})
	}
}

func TestSignInWithoutOpenID(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{Scopes: []string{"shop/read"}})
	cfg := config(p)
	cfg.Scopes = []string{"shop/read"}
	tokens := signIn(t, p, client(t, cfg))
	if tokens.IDToken != "" || tokens.Claims.Subject == "" || tokens.Claims.Username == "" {
		t.Errorf("got %v, claims %+v", tokens, tokens.Claims)
	}
}

func TestCallbackIsChecked(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	for name, test := range map[string]struct {
		spoil func(cognito.Transaction, url.Values) (cognito.Transaction, url.Values)
		kind  cognito.Kind
	}{
		"other state": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			q.Set("state", "other")
			return tx, q
		}, cognito.ErrStateMismatch},
		"no state": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			q.Del("state")
			return tx, q
		}, cognito.ErrStateMismatch},
		"no transaction": {func(_ cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			q.Set("state", "")
			return cognito.Transaction{}, q
		}, cognito.ErrStateMismatch},
		"two states": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			q.Add("state", tx.State)
			return tx, q
		}, cognito.ErrStateMismatch},
		"another sign-in's nonce": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			tx.Nonce = "other"
			return tx, q
		}, cognito.ErrNonceMismatch},
		"another sign-in's verifier": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			tx.Verifier = oauth2.GenerateVerifier()
			return tx, q
		}, cognito.ErrInvalidGrant},
		"no code": {func(tx cognito.Transaction, q url.Values) (cognito.Transaction, url.Values) {
			q.Del("code")
			return tx, q
		}, cognito.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, tx := c.LoginURL()
			tx, q := test.spoil(tx, visit(t, p, at))
			_, err := c.Exchange(context.Background(), tx, q)
			wantError(t, err, test.kind)
		})
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	at, tx := c.LoginURL()
	q := visit(t, p, at)
	if _, err := c.Exchange(context.Background(), tx, q); err != nil {
		t.Fatal(err)
	}
	_, err := c.Exchange(context.Background(), tx, q)
	wantError(t, err, cognito.ErrInvalidGrant)
}

func TestAuthorizeErrors(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	for query, kind := range map[string]cognito.Kind{
		"error_description=invalid_scope&error=invalid_request": cognito.ErrScopeNotAllowed,
		"error=invalid_scope":                                  cognito.ErrScopeNotAllowed,
		"error=invalid_request":                                cognito.ErrInvalidRequest,
		"error=unauthorized_client":                            cognito.ErrUnauthorizedClient,
		"error=login_required":                                 cognito.ErrLoginRequired,
		"error=access_denied&error_description=User+cancelled": cognito.ErrAccessDenied,
		"error=server_error":                                   cognito.ErrServer,
		"error=invalid_request&error_description=Timeout+occurred+in+calling+": cognito.ErrInvalidRequest,
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, tx := c.LoginURL()
		q.Set("state", tx.State)
		_, err = c.Exchange(context.Background(), tx, q)
		wantError(t, err, kind)
		q.Del("state")
		_, err = c.Exchange(context.Background(), tx, q)
		wantError(t, err, kind)
		q.Set("state", "other")
		_, err = c.Exchange(context.Background(), tx, q)
		wantError(t, err, cognito.ErrStateMismatch)
	}
	cfg := config(p)
	cfg.Scopes = []string{"openid", "offline_access"}
	c = client(t, cfg)
	at, tx := c.LoginURL()
	_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
	wantError(t, err, cognito.ErrScopeNotAllowed)
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("secret ", 1000) + "\n\x1b[31m"
	for name, test := range map[string]struct {
		status int
		body   string
		kind   cognito.Kind
	}{
		"redirect":       {400, `{"error":"unauthorized_client"}`, cognito.ErrRedirectMismatch},
		"redirect, new":  {400, `{"error":"unauthorized_client","error_description":"invalid_redirect"}`, cognito.ErrRedirectMismatch},
		"grant":          {400, `{"error":"invalid_grant"}`, cognito.ErrInvalidGrant},
		"client":         {400, `{"error":"invalid_client"}`, cognito.ErrInvalidClient},
		"client, 401":    {401, `{"error":"invalid_client"}`, cognito.ErrInvalidClient},
		"grant type":     {400, `{"error":"unsupported_grant_type"}`, cognito.ErrInvalidRequest},
		"not JSON":       {400, `<html>`, cognito.ErrInvalidRequest},
		"throttled":      {429, ``, cognito.ErrUnavailable},
		"down":           {503, `<html>`, cognito.ErrUnavailable},
		"redirected":     {302, ``, cognito.ErrBadResponse},
		"200, not JSON":  {200, `<html>`, cognito.ErrBadResponse},
		"200, no token":  {200, `{}`, cognito.ErrBadResponse},
		"200, no ID":     {200, `{"access_token":"x"}`, cognito.ErrBadResponse},
		"200, garbage":   {200, `{"access_token":"x","id_token":"y"}`, cognito.ErrTokenInvalid},
		"long, coloured": {400, `{"error":"invalid_grant","error_description":` + quote(long) + `}`, cognito.ErrInvalidGrant},
		"endless":        {200, strings.Repeat(" ", 3<<20), cognito.ErrBadResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(fakepool.Options{})
			p.Break("/oauth2/token", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json;charset=UTF-8")
				w.Header().Set("Location", "https://evil.example/")
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			c := client(t, config(p))
			at, tx := c.LoginURL()
			_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
			wantError(t, err, test.kind)
			if text := err.Error(); len(text) > 600 || strings.ContainsAny(text, "\x1b\n<") {
				t.Errorf("the answer is in the error: %q", text)
			}
		})
	}
	p := fakepool.New(fakepool.Options{ClientSecret: "s3cret"})
	cfg := config(p)
	cfg.ClientSecret = "wrong"
	c := client(t, cfg)
	at, tx := c.LoginURL()
	_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
	wantError(t, err, cognito.ErrInvalidClient)
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	c := client(t, config(p))
	at, tx := c.LoginURL()
	q := visit(t, p, at)
	p.Net.Cut("localhost:9229")
	_, err := c.Exchange(context.Background(), tx, q)
	wantError(t, err, cognito.ErrUnavailable)
	_, err = c.UserInfo(context.Background(), "x")
	wantError(t, err, cognito.ErrUnavailable)
	wantError(t, c.Revoke(context.Background(), "x"), cognito.ErrUnavailable)
}

func TestBadTokensFromTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(use string, claims map[string]any)
		kind   cognito.Kind
	}{
		"another client's ID token":     {only("id", "aud", "other"), cognito.ErrWrongClient},
		"another client's access token": {only("access", "client_id", "other"), cognito.ErrWrongClient},
		"another pool's":                {only("id", "iss", "https://other.example/pool"), cognito.ErrWrongIssuer},
		"two people":                    {only("access", "sub", "other"), cognito.ErrTokenInvalid},
		"another access token":          {only("id", "at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), cognito.ErrTokenInvalid},
		"expired":                       {only("id", "exp", 1000), cognito.ErrTokenExpired},
		"no nonce":                      {only("id", "nonce", nil), cognito.ErrNonceMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := fakepool.New(fakepool.Options{})
			p.ChangeClaims(test.change)
			c := client(t, config(p))
			at, tx := c.LoginURL()
			_, err := c.Exchange(context.Background(), tx, visit(t, p, at))
			wantError(t, err, test.kind)
		})
	}
}

func only(use, claim string, value any) func(string, map[string]any) {
	return func(u string, claims map[string]any) {
		if u == use {
			claims[claim] = value
		}
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{ClientSecret: "topsecret"})
	cfg := config(p)
	c := client(t, cfg)
	_, tx := c.LoginURL()
	tokens := signIn(t, p, c)
	session := cognito.Session{ID: "session-id", Tokens: *tokens}
	web := cognito.WebConfig{Keys: [][]byte{[]byte("topsecret")}}
	var out strings.Builder
	for _, logger := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		logger.Info("x", "config", cfg, "tx", tx, "tokens", tokens, "session", session, "web", web)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+verb+verb, cfg, tx, *tokens, tokens, session, web)
	}
	for _, secret := range []string{"topsecret", tx.State, tx.Verifier, tokens.AccessToken, tokens.IDToken, tokens.RefreshToken, session.ID} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%.10s… was printed", secret)
		}
	}
}
