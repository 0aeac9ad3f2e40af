package cognito_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

// The examples run against a pool in memory. With a real one, leave HTTPClient out.

// A client that signs people in, and nothing else, needs four settings.
func ExampleNew() {
	_, err := cognito.New(cognito.Config{
		Domain:      "https://demo.auth.eu-west-1.amazoncognito.com",
		ClientID:    "4m0r3exampleclientid",
		RedirectURL: "https://app.example.com/callback",
	})
	fmt.Println(err)

	_, err = cognito.New(cognito.Config{Domain: "http://demo.example.com", ClientID: "x", RedirectURL: "https://app.example.com/callback"})
	fmt.Println(errors.Is(err, cognito.ErrConfig))
	// Output:
	// <nil>
	// true
}

func ExampleClient_LoginURL() {
	client := exampleClient(fakepool.New(fakepool.Options{}))
	at, tx := client.LoginURL(oauth2.SetAuthURLParam("login_hint", "ann@example.com"))

	// Keep tx with this browser, and send the browser to the URL.
	u, _ := url.Parse(at)
	fmt.Println(u.Host + u.Path)
	fmt.Println(u.Query().Get("state") == tx.State, u.Query().Get("code_challenge_method"), u.Query().Get("login_hint"))
	// Output:
	// localhost:9229/oauth2/authorize
	// true S256 ann@example.com
}

func ExampleClient_SignUpURL() {
	client := exampleClient(fakepool.New(fakepool.Options{}))
	at, _ := client.SignUpURL()
	u, _ := url.Parse(at)
	fmt.Println(u.Path)
	// Output: /signup
}

func ExampleClient_Exchange() {
	pool := fakepool.New(fakepool.Options{})
	client := exampleClient(pool)
	at, tx := client.LoginURL()

	// What the pool sends back to the redirect URL:
	callback := exampleVisit(pool, at)
	tokens, err := client.Exchange(context.Background(), tx, callback)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tokens.Claims.Email, tokens.Claims.EmailVerified)

	_, err = client.Exchange(context.Background(), tx, url.Values{"code": {"stolen"}, "state": {"guessed"}})
	fmt.Println(errors.Is(err, cognito.ErrStateMismatch))
	// Output:
	// ann@example.com true
	// true
}

// What the pool refused is a *ServerError; its kind is found with errors.Is.
func ExampleServerError() {
	client := exampleClient(fakepool.New(fakepool.Options{}))
	_, tx := client.LoginURL()
	_, err := client.Exchange(context.Background(), tx, url.Values{
		"state": {tx.State}, "error": {"invalid_request"}, "error_description": {"invalid_scope"},
	})
	var refused *cognito.ServerError
	fmt.Println(errors.Is(err, cognito.ErrScopeNotAllowed))
	fmt.Println(errors.As(err, &refused), refused.Endpoint, refused.Code)
	// Output:
	// true
	// true authorize invalid_request
}

func ExampleClient_Refresh() {
	pool := fakepool.New(fakepool.Options{Rotate: true})
	client := exampleClient(pool)
	tokens := exampleSignIn(pool, client)

	fresh, err := client.Refresh(context.Background(), tokens)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fresh.AccessToken != tokens.AccessToken, fresh.Claims.Email)

	pool.EndRefresh() // an operator signs everybody out
	_, err = client.Refresh(context.Background(), fresh)
	fmt.Println(errors.Is(err, cognito.ErrInvalidGrant))
	// Output:
	// true ann@example.com
	// true
}

func ExampleClient_UserInfo() {
	pool := fakepool.New(fakepool.Options{})
	client := exampleClient(pool)
	tokens := exampleSignIn(pool, client)

	info, err := client.UserInfo(context.Background(), tokens.AccessToken)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Email, info.EmailVerified) // the pool sends "true", as text
	// Output: ann@example.com true
}

func ExampleClient_Revoke() {
	pool := fakepool.New(fakepool.Options{})
	client := exampleClient(pool)
	tokens := exampleSignIn(pool, client)

	fmt.Println(client.Revoke(context.Background(), tokens.RefreshToken))
	_, err := client.Refresh(context.Background(), tokens)
	fmt.Println(errors.Is(err, cognito.ErrInvalidGrant))
	// Output:
	// <nil>
	// true
}

func ExampleClient_LogoutURL() {
	client := exampleClient(fakepool.New(fakepool.Options{}))
	fmt.Println(client.LogoutURL())
	// Output: http://localhost:9229/logout?client_id=demolocalhost&logout_uri=http%3A%2F%2Flocalhost%3A4200%2Foauth%2Fcognito%2Flogout
}

func ExampleTokens_OAuth2() {
	pool := fakepool.New(fakepool.Options{})
	tokens := exampleSignIn(pool, exampleClient(pool))

	// An http.Client that carries the access token to an API.
	api := oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(tokens.OAuth2()))
	fmt.Println(api != nil, tokens.OAuth2().Type())
	// Output: true Bearer
}

func ExampleVerifier() {
	pool := fakepool.New(fakepool.Options{})
	verifier, err := cognito.NewVerifier(cognito.Config{
		Issuer:     "http://localhost:9229/us-east-1_demo00001",
		ClientID:   "demolocalhost",
		HTTPClient: pool.HTTPClient(),
	})
	if err != nil {
		log.Fatal(err)
	}
	claims, err := verifier.VerifyAccess(context.Background(), pool.AccessToken("openid shop/read"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claims.HasScopes("shop/read"), claims.HasScopes("shop/write"))

	_, err = verifier.VerifyAccess(context.Background(), pool.IDToken())
	fmt.Println(errors.Is(err, cognito.ErrWrongTokenUse))
	// Output:
	// true false
	// true
}

// An API that lets in people of the group staff whose app asked for shop/read.
func ExampleVerifier_RequireBearer() {
	pool := fakepool.New(fakepool.Options{})
	pool.SetUser(fakepool.User{Sub: "ann", Groups: []string{"staff"}})
	verifier, err := cognito.NewVerifier(cognito.Config{
		Issuer:     "http://localhost:9229/us-east-1_demo00001",
		ClientID:   "demolocalhost",
		HTTPClient: pool.HTTPClient(),
	})
	if err != nil {
		log.Fatal(err)
	}
	orders := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := cognito.AccessFrom(r.Context())
		fmt.Fprintln(w, "orders of", claims.Subject)
	})
	staff := verifier.RequireBearer(cognito.Require{Scopes: []string{"shop/read"}, Groups: []string{"staff"}})
	api := staff(orders)

	for _, token := range []string{pool.AccessToken("openid shop/read"), pool.AccessToken("openid")} {
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 200 orders of ann
	// 403 {"error":"insufficient_scope","error_description":"The access token lacks a required scope."}
}

// A page behind a sign-in.
func ExampleWeb() {
	pool := fakepool.New(fakepool.Options{})
	client, err := cognito.New(cognito.Config{
		Domain:      "http://localhost:9229",
		ClientID:    "demolocalhost",
		RedirectURL: "http://localhost:4200/oauth/cognito",
		LogoutURL:   "http://localhost:4200/oauth/cognito/logout",
		HTTPClient:  pool.HTTPClient(),
	})
	if err != nil {
		log.Fatal(err)
	}
	web, err := cognito.NewWeb(client, cognito.WebConfig{Keys: [][]byte{exampleKey()}})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", web.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := cognito.SessionFrom(r.Context())
		fmt.Fprintln(w, "Hello,", session.User().Email)
	})))
	app := web.Handler(mux) // http.ListenAndServe("localhost:4200", app)

	pool.Net.Serve("localhost:4200", app)
	fmt.Print(exampleOpen(pool.Net.Browser(), "http://localhost:4200/"))
	// Output: Hello, ann@example.com
}

// memory is a SessionStore for one process; a shared one would use a database.
type memory struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (m *memory) Create(_ context.Context, id string, data []byte, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[id] = data
	return nil
}

func (m *memory) Load(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.rows[id]
	if !ok {
		return nil, cognito.ErrNoSession
	}
	return data, nil
}

// Save looks and stores under one lock, so that it cannot bring back what is
// deleted in between.
func (m *memory) Save(_ context.Context, id string, data []byte, _ time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.rows[id]; !ok {
		return cognito.ErrNoSession
	}
	m.rows[id] = data
	return nil
}

func (m *memory) Delete(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rows, id)
	return nil
}

func ExampleSessionStore() {
	pool := fakepool.New(fakepool.Options{})
	web, err := cognito.NewWeb(exampleClient(pool), cognito.WebConfig{Keys: [][]byte{exampleKey()}, Store: &memory{rows: map[string][]byte{}}})
	if err != nil {
		log.Fatal(err)
	}
	pool.Net.Serve("localhost:4200", web.Handler(web.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, len(r.CookiesNamed("session")[0].Value) < 200)
	}))))
	fmt.Print(exampleOpen(pool.Net.Browser(), "http://localhost:4200/"))
	// Output: true
}

func exampleClient(pool *fakepool.Pool) *cognito.Client {
	client, err := cognito.New(cognito.Config{
		Domain:      "http://localhost:9229",
		ClientID:    "demolocalhost",
		RedirectURL: "http://localhost:4200/oauth/cognito",
		LogoutURL:   "http://localhost:4200/oauth/cognito/logout",
		HTTPClient:  pool.HTTPClient(),
	})
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func exampleVisit(pool *fakepool.Pool, at string) url.Values {
	browser := pool.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Get(at)
	if err != nil {
		log.Fatal(err)
	}
	back, err := resp.Location()
	if err != nil {
		log.Fatal(err)
	}
	return back.Query()
}

func exampleSignIn(pool *fakepool.Pool, client *cognito.Client) *cognito.Tokens {
	at, tx := client.LoginURL()
	tokens, err := client.Exchange(context.Background(), tx, exampleVisit(pool, at))
	if err != nil {
		log.Fatal(err)
	}
	return tokens
}

func exampleOpen(browser *http.Client, at string) string {
	req, err := http.NewRequest(http.MethodGet, at, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	resp, err := browser.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		log.Fatal(err)
	}
	_, text, _ := strings.Cut(body.String(), "\r\n\r\n")
	return text
}

// exampleKey is 32 random bytes; keep yours, or everybody is signed out by a restart.
func exampleKey() []byte {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		log.Fatal(err)
	}
	return key
}
