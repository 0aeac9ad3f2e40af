package pool

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// AuthRequest is what an app asks of the authorization endpoint, checked
// (Cognito: The redirect and authorization endpoint; RFC 6749 §4.1.1, RFC 7636
// §4.3, OpenID Connect Core §3.1.2.1).
type AuthRequest struct {
	ResponseType  string // "code" or "token"
	RedirectURI   string
	Scopes        []string
	State         string // returned byte for byte
	HasState      bool
	Nonce         string
	CodeChallenge string // of method S256; empty without PKCE
	LoginHint     string
	Prompt        []string
	MaxAge        *int   // seconds since the last sign-in; nil: any
	Resource      string // the audience that the access token is for (RFC 8707); empty: whoever trusts the pool
}

// Implicit says whether tokens come back in the fragment.
func (r AuthRequest) Implicit() bool { return r.ResponseType == "token" }

// Prompts says whether the request's prompt parameter holds value.
func (r AuthRequest) Prompts(value string) bool { return slices.Contains(r.Prompt, value) }

// RedirectError is a refusal that goes back to the app's own redirect URI,
// which is known to be good by then. Description may be empty.
type RedirectError struct {
	Code        string // RFC 6749 §4.1.2.1
	Description string
}

// Error names the OAuth error.
func (e *RedirectError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// MaxParameter bounds one parameter of the authorization endpoint, in bytes.
const MaxParameter = 4096

// RedirectOf finds the one redirect URI of a request and holds it against the
// client: until it is found good, nothing may be sent to it. An absent one
// stands for the client's default.
func (c ClientSettings) RedirectOf(q url.Values) (string, error) {
	values := q["redirect_uri"]
	switch {
	case len(values) > 1:
		return "", refuse(InvalidParameter, "redirect_repeated", "redirect_uri", "")
	case len(values) == 0 || values[0] == "":
		if c.DefaultRedirectURI == "" {
			return "", refuse(InvalidParameter, "redirect_missing", "redirect_uri", "")
		}
		return c.DefaultRedirectURI, nil
	case !c.AllowsRedirect(values[0]):
		return "", refuse(InvalidParameter, "redirect_mismatch", "redirect_uri", "")
	}
	return values[0], nil
}

// ParseAuthRequest checks the parameters of an authorization request whose
// redirect URI was found good. It returns what could be read of it (response
// type, state, redirect) even with a *RedirectError, so that the refusal
// reaches the app in its own form.
func (c ClientSettings) ParseAuthRequest(q url.Values, redirectURI string) (AuthRequest, error) {
	r := AuthRequest{
		ResponseType: q.Get("response_type"), RedirectURI: redirectURI,
		State: q.Get("state"), HasState: q.Has("state"),
		Nonce: q.Get("nonce"), CodeChallenge: q.Get("code_challenge"), LoginHint: q.Get("login_hint"),
		Prompt: strings.Fields(q.Get("prompt")),
	}
	for _, values := range q {
		if len(values) > 1 || len(values[0]) > MaxParameter {
			if len(q.Get("state")) > MaxParameter {
				r.State, r.HasState = "", false
			}
			return r, &RedirectError{Code: "invalid_request"}
		}
	}
	flow, known := map[string]string{"code": "code", "token": "implicit"}[r.ResponseType]
	if !known {
		return r, &RedirectError{Code: "invalid_request"}
	}
	if !c.AllowsFlow(flow) || !c.TakesPasswords() { // the pages know no other way in
		return r, &RedirectError{Code: "unauthorized_client"}
	}
	scopes, err := c.Scopes(q.Get("scope"))
	if err != nil {
		return r, &RedirectError{Code: "invalid_request", Description: "invalid_scope"}
	}
	r.Scopes = scopes
	if err := r.checkProof(q); err != nil {
		return r, err
	}
	// Cognito takes what it takes as a callback: https, http on loopback, or an
	// app's scheme, without a fragment (Cognito: Resource binding; RFC 8707 §2).
	if r.Resource = q.Get("resource"); r.Resource != "" && CheckRedirectURI(r.Resource) != nil {
		return r, &RedirectError{Code: "invalid_target"}
	}
	return r, r.parseAge(q)
}

// checkProof allows no PKCE at all or S256; "plain", a challenge without a
// method and a method without a challenge are refused, so that no proxy can
// downgrade it by dropping a parameter.
func (r AuthRequest) checkProof(q url.Values) error {
	method := q.Get("code_challenge_method")
	if method == "" && r.CodeChallenge == "" && !q.Has("code_challenge") && !q.Has("code_challenge_method") {
		return nil
	}
	if method != "S256" || !challengePattern.MatchString(r.CodeChallenge) {
		return &RedirectError{Code: "invalid_request"}
	}
	return nil
}

func (r *AuthRequest) parseAge(q url.Values) error {
	if r.Prompts("none") && len(r.Prompt) > 1 { // OpenID Connect Core §3.1.2.1
		return &RedirectError{Code: "invalid_request"}
	}
	if !q.Has("max_age") || q.Get("max_age") == "" {
		return nil
	}
	seconds, err := strconv.Atoi(q.Get("max_age"))
	if err != nil || seconds < 0 || strings.HasPrefix(q.Get("max_age"), "+") {
		return &RedirectError{Code: "invalid_request"}
	}
	r.MaxAge = &seconds
	return nil
}
