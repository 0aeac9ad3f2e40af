package fakepool

import (
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

//go:embed testdata/keys.json
var keysFile []byte

// Options shape a pool; the zero value is a Poolhouse demo pool.
type Options struct {
	Domain       string        // default http://localhost:9229
	Issuer       string        // default Domain + /us-east-1_demo00001
	NoDiscovery  bool          // as AWS: the domain serves no discovery document
	ClientID     string        // default demolocalhost
	ClientSecret string        // default none
	RedirectURL  string        // default http://localhost:4200/oauth/cognito
	LogoutURL    string        // default RedirectURL + /logout
	Scopes       []string      // allowed; default email, openid
	Life         time.Duration // of access and ID tokens; default one hour
	Rotate       bool          // refresh token rotation, old ones die at once
	NoIDRefresh  bool          // a refresh returns no ID token
	Net          *Net          // default a new one
}

// User is who gets signed in.
type User struct {
	Sub, Email string
	Groups     []string
	Claims     map[string]any // further members of the ID token
}

// Pool is one pool with one app client and one user.
type Pool struct {
	Options
	keys []jose.JSONWebKey

	mu        sync.Mutex
	user      User
	idKey     int // index of the key that signs ID tokens; the next one signs access tokens
	codes     map[string]grant
	refreshes map[string]grant
	revoked   []string
	counts    map[string]int
	queries   map[string]url.Values
	broken    map[string]http.HandlerFunc
	change    func(use string, claims map[string]any)
}

type grant struct {
	scope, nonce, challenge, redirect string
}

// New makes a pool and puts it on its Net.
func New(o Options) *Pool {
	o.defaults()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(keysFile, &set); err != nil {
		panic(err)
	}
	p := &Pool{
		Options:   o,
		keys:      set.Keys,
		user:      User{Sub: "0f3c7f2e-9d1a-4a3b-8f6a-5b1c2d3e4f50", Email: "ann@example.com"},
		codes:     map[string]grant{},
		refreshes: map[string]grant{},
		counts:    map[string]int{},
		queries:   map[string]url.Values{},
		broken:    map[string]http.HandlerFunc{},
	}
	for _, at := range []string{o.Domain, o.Issuer} {
		o.Net.Serve(hostOf(at), p)
	}
	return p
}

func (o *Options) defaults() {
	text := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	text(&o.Domain, "http://localhost:9229")
	text(&o.Issuer, o.Domain+"/us-east-1_demo00001")
	text(&o.ClientID, "demolocalhost")
	text(&o.RedirectURL, "http://localhost:4200/oauth/cognito")
	text(&o.LogoutURL, o.RedirectURL+"/logout")
	if o.Scopes == nil {
		o.Scopes = []string{"email", "openid"}
	}
	if o.Life == 0 {
		o.Life = time.Hour
	}
	if o.Net == nil {
		o.Net = &Net{}
	}
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u.Host
}

// HTTPClient reaches the pool.
func (p *Pool) HTTPClient() *http.Client {
	return &http.Client{Transport: p.Net, Timeout: 10 * time.Second}
}

// SetUser changes who gets signed in.
func (p *Pool) SetUser(u User) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user = u
}

// Count is how many requests came to the path, for example "/oauth2/token" or
// "/.well-known/jwks.json".
func (p *Pool) Count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[path]
}

// Last is what the last request to the path carried, query and form.
func (p *Pool) Last(path string) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queries[path]
}

// Revoked are the refresh tokens that were revoked.
func (p *Pool) Revoked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.revoked)
}

// Break lets h answer at path; nil mends it. h may call [Pool.Answer].
func (p *Pool) Break(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken[path] = h
}

// ChangeClaims lets f change the claims of every token before it is signed.
func (p *Pool) ChangeClaims(f func(use string, claims map[string]any)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change = f
}

// RotateKeys replaces both signing keys: the old ones are published no more.
func (p *Pool) RotateKeys() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idKey = (p.idKey + 2) % 4
}

// EndRefresh forgets every refresh token, as an operator's global sign-out does.
func (p *Pool) EndRefresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refreshes = map[string]grant{}
}

// ServeHTTP implements http.Handler for the domain and the issuer.
func (p *Pool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	path := r.URL.Path
	if i := strings.Index(path, "/.well-known/"); i > 0 {
		path = path[i:]
	}
	p.mu.Lock()
	p.counts[path]++
	p.queries[path] = r.Form
	broken := p.broken[path]
	p.mu.Unlock()
	if broken != nil {
		broken(w, r)
		return
	}
	p.Answer(w, r)
}

// Answer is the pool at its best.
func (p *Pool) Answer(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/.well-known/jwks.json"):
		p.jwks(w)
	case strings.HasSuffix(path, "/.well-known/openid-configuration"):
		p.discovery(w)
	case path == "/oauth2/authorize", path == "/signup", path == "/login":
		p.authorize(w, r)
	case path == "/oauth2/token":
		p.token(w, r)
	case path == "/oauth2/userInfo":
		p.userInfo(w, r)
	case path == "/oauth2/revoke":
		p.revoke(w, r)
	case path == "/logout" && r.Form.Get("logout_uri") == p.LogoutURL && r.Form.Get("client_id") == p.ClientID:
		http.Redirect(w, r, p.LogoutURL, http.StatusFound)
	default:
		http.Error(w, "An error was encountered with the requested page.", http.StatusBadRequest)
	}
}

func (p *Pool) discovery(w http.ResponseWriter) {
	if p.NoDiscovery {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.Issuer, "jwks_uri": p.Issuer + "/.well-known/jwks.json",
		"authorization_endpoint": p.Domain + "/oauth2/authorize", "token_endpoint": p.Domain + "/oauth2/token",
	})
}

func (p *Pool) jwks(w http.ResponseWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.keys[p.idKey].Public(), p.keys[p.idKey+1].Public()}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

func opaque() string { return rand.Text() + rand.Text() }
