package fakepool

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// authorize signs the user in at once, or answers with the errors that Cognito
// has been seen to answer with.
func (p *Pool) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.Form
	if q.Get("client_id") != p.ClientID || q.Get("redirect_uri") != p.RedirectURL {
		http.Redirect(w, r, "/error?error=redirect_mismatch&client_id="+url.QueryEscape(q.Get("client_id")), http.StatusFound)
		return
	}
	back := url.Values{}
	if q.Has("state") {
		back.Set("state", q.Get("state"))
	}
	scopes := strings.Fields(q.Get("scope"))
	switch {
	case q.Get("response_type") != "code":
		back.Set("error", "invalid_request")
	case slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(p.Scopes, s) }):
		back.Set("error", "invalid_request")
		back.Set("error_description", "invalid_scope")
	case q.Get("prompt") == "none":
		back.Set("error", "login_required")
	default:
		code := opaque()
		p.mu.Lock()
		p.codes[code] = grant{scope: q.Get("scope"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), redirect: p.RedirectURL}
		p.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, p.RedirectURL+"?"+back.Encode(), http.StatusFound)
}

// authenticated is client authentication: Basic with a secret, the bare id without.
func (p *Pool) authenticated(r *http.Request) bool {
	id, secret, basic := r.BasicAuth()
	if p.ClientSecret == "" {
		return !basic && r.PostForm.Get("client_id") == p.ClientID && !r.PostForm.Has("client_secret")
	}
	return basic && id == p.ClientID && secret == p.ClientSecret
}

func (p *Pool) token(w http.ResponseWriter, r *http.Request) {
	fail := func(code string) { answer(w, http.StatusBadRequest, map[string]string{"error": code}) }
	if !p.authenticated(r) {
		fail("invalid_client")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	form, body := r.PostForm, map[string]any{}
	switch form.Get("grant_type") {
	case "authorization_code":
		g, ok := p.codes[form.Get("code")]
		delete(p.codes, form.Get("code"))
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		switch {
		case !ok, g.challenge != "" && g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
			fail("invalid_grant")
			return
		case form.Get("redirect_uri") != g.redirect:
			fail("unauthorized_client")
			return
		}
		p.give(body, g, true)
		body["refresh_token"] = p.newRefresh(g)
	case "refresh_token":
		g, ok := p.refreshes[form.Get("refresh_token")]
		if !ok {
			fail("invalid_grant")
			return
		}
		g.nonce = ""
		p.give(body, g, !p.NoIDRefresh)
		if p.Rotate {
			delete(p.refreshes, form.Get("refresh_token"))
			body["refresh_token"] = p.newRefresh(g)
		}
	default:
		fail("unsupported_grant_type")
		return
	}
	answer(w, http.StatusOK, body)
}

func (p *Pool) newRefresh(g grant) string {
	// As long as Cognito's, so that sessions are as large as real ones.
	token := opaque() + strings.Repeat("x", 1600)
	p.refreshes[token] = g
	return token
}

func (p *Pool) give(body map[string]any, g grant, withID bool) {
	access := p.sign("access", p.accessClaims(g))
	body["access_token"] = access
	body["token_type"], body["expires_in"] = "Bearer", int(p.Life/time.Second)
	if withID && slices.Contains(strings.Fields(g.scope), "openid") {
		body["id_token"] = p.sign("id", p.idClaims(g, access))
	}
}

func (p *Pool) accessClaims(g grant) map[string]any {
	claims := p.commonClaims("access")
	claims["client_id"], claims["scope"], claims["username"], claims["version"] = p.ClientID, g.scope, p.user.Sub, 2
	return claims
}

func (p *Pool) idClaims(g grant, access string) map[string]any {
	claims := p.commonClaims("id")
	sum := sha256.Sum256([]byte(access))
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(sum[:16])
	claims["aud"], claims["cognito:username"] = p.ClientID, p.user.Sub
	claims["email"], claims["email_verified"] = p.user.Email, true
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	maps.Copy(claims, p.user.Claims)
	return claims
}

func (p *Pool) commonClaims(use string) map[string]any {
	now := time.Now()
	claims := map[string]any{
		"iss": p.Issuer, "sub": p.user.Sub, "token_use": use, "jti": rand.Text(),
		"iat": now.Unix(), "auth_time": now.Unix(), "exp": now.Add(p.Life).Unix(),
	}
	if len(p.user.Groups) > 0 {
		claims["cognito:groups"] = p.user.Groups
	}
	return claims
}

func (p *Pool) sign(use string, claims map[string]any) string {
	if p.change != nil {
		p.change(use, claims)
	}
	key := p.keys[p.idKey]
	if use == "access" {
		key = p.keys[p.idKey+1]
	}
	return Sign(key, claims)
}

// Sign signs claims as Cognito does: a header of kid and alg alone.
func Sign(key jose.JSONWebKey, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		panic(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		panic(err)
	}
	return token
}

// Key is the private key that signs tokens of the use "id" or "access" now.
func (p *Pool) Key(use string) jose.JSONWebKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	if use == "access" {
		return p.keys[p.idKey+1]
	}
	return p.keys[p.idKey]
}

// AccessToken makes an access token of the user with a scope; ChangeClaims applies.
func (p *Pool) AccessToken(scope string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sign("access", p.accessClaims(grant{scope: scope}))
}

// IDToken makes an ID token of the user; ChangeClaims applies.
func (p *Pool) IDToken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sign("id", p.idClaims(grant{}, ""))
}

// userInfo sends booleans as strings, as Cognito does.
func (p *Pool) userInfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), "Bearer ")
	var claims map[string]any
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err == nil {
		err = parsed.Claims(p.keys[p.idKey+1].Public().Key, &claims)
	}
	if scope, _ := claims["scope"].(string); err != nil || !slices.Contains(strings.Fields(scope), "openid") {
		w.Header().Set("WWW-Authenticate", `error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out."`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	body := map[string]any{"sub": p.user.Sub, "username": p.user.Sub, "email": p.user.Email, "email_verified": "true"}
	for name, value := range p.user.Claims {
		if text, ok := value.(string); ok {
			body[name] = text
		}
	}
	answer(w, http.StatusOK, body)
}

func (p *Pool) revoke(w http.ResponseWriter, r *http.Request) {
	token := r.PostForm.Get("token")
	switch {
	case !p.authenticated(r):
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	case token == "":
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
	case strings.Count(token, ".") == 2:
		answer(w, http.StatusBadRequest, map[string]string{"error": "unsupported_token_type"})
	default:
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.refreshes, token)
		p.revoked = append(p.revoked, token)
	}
}
