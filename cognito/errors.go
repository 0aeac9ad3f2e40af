package cognito

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// Kind is a class of failure, itself an error: test for one with
// errors.Is(err, cognito.ErrInvalidGrant).
type Kind string

// Error is the sentence for people who read logs; it never holds a secret.
func (k Kind) Error() string { return "cognito: " + string(k) }

// Failures of configuration and of the way to the pool.
const (
	// ErrConfig: a Config, WebConfig or a call's arguments cannot work as given.
	ErrConfig Kind = "configuration"
	// ErrUnavailable: the pool could not be reached or answered 429 or 5xx; trying again may help.
	ErrUnavailable Kind = "the user pool could not be reached"
	// ErrBadResponse: the pool answered with something that this protocol does not allow.
	ErrBadResponse Kind = "unexpected answer from the user pool"
)

// Failures that the pool's endpoints report (RFC 6749 §4.1.2.1 and §5.2,
// OpenID Connect Core §3.1.2.6, and the Cognito pages on the endpoints).
const (
	// ErrScopeNotAllowed: a requested scope is unknown or not allowed to the app
	// client. Cognito says so as error=invalid_request with
	// error_description=invalid_scope; RFC 6749's invalid_scope is understood too.
	ErrScopeNotAllowed Kind = "a requested scope is not allowed to this app client"
	// ErrRedirectMismatch: the token endpoint refused the redirect_uri. Cognito
	// answers unauthorized_client after a code was sent, where RFC 6749 §5.2
	// has invalid_grant.
	ErrRedirectMismatch Kind = "the redirect URL differs from the one that the code was issued for, or the code grant is not enabled for this app client"
	// ErrInvalidRequest: the request lacks a parameter or has a wrong one.
	ErrInvalidRequest Kind = "invalid request"
	// ErrInvalidGrant: the code or refresh token is used up, expired, revoked, or another client's.
	ErrInvalidGrant Kind = "the code or refresh token is not, or no longer, valid"
	// ErrInvalidClient: the app client does not exist, or its secret is wrong or missing.
	ErrInvalidClient Kind = "unknown app client, or wrong client secret"
	// ErrUnauthorizedClient: the app client may not use this flow.
	ErrUnauthorizedClient Kind = "this flow is not enabled for this app client"
	// ErrUnsupportedToken: Revoke was given something else than a refresh token.
	ErrUnsupportedToken Kind = "only refresh tokens can be revoked"
	// ErrLoginRequired: prompt=none was asked for and nobody is signed in.
	ErrLoginRequired Kind = "sign-in is required"
	// ErrAccessDenied: the person, an identity provider or a trigger refused.
	ErrAccessDenied Kind = "access was denied"
	// ErrServer: the pool reports an error of its own.
	ErrServer Kind = "the user pool reports an error"
)

// Failures that this package finds itself.
const (
	// ErrStateMismatch: the callback does not belong to a sign-in that this browser began (RFC 6749 §10.12).
	ErrStateMismatch Kind = "this sign-in was not begun in this browser, or has expired"
	// ErrNonceMismatch: the ID token answers another sign-in (OpenID Connect Core §3.1.3.7).
	ErrNonceMismatch Kind = "the ID token belongs to another sign-in"
	// ErrTokenInvalid: malformed, not signed with RS256 by a key of the pool, or refused by the pool.
	ErrTokenInvalid Kind = "the token is not valid"
	// ErrTokenExpired: the token was good once.
	ErrTokenExpired Kind = "the token has expired"
	// ErrWrongTokenUse: an ID token where an access token belongs, or the reverse (claim token_use).
	ErrWrongTokenUse Kind = "the token is of the wrong kind"
	// ErrWrongIssuer: the token was issued by another pool.
	ErrWrongIssuer Kind = "the token was issued by another user pool"
	// ErrWrongClient: the token was issued to another app client (claims aud and client_id).
	ErrWrongClient Kind = "the token was issued to another app client"
	// ErrInsufficientScope: the access token lacks a scope or an audience that is required (RFC 6750 §3.1).
	ErrInsufficientScope Kind = "the access token lacks a required scope"
	// ErrNotInGroup: the person is in none of the groups required.
	ErrNotInGroup Kind = "membership of a group is required"
	// ErrNoSession: there is no such session, or no longer. A SessionStore returns it from Load and Save.
	ErrNoSession Kind = "no session"
	// ErrSessionTooLarge: the tokens do not fit into cookies; use a SessionStore.
	ErrSessionTooLarge Kind = "the session is too large for cookies, use a SessionStore"
)

// ServerError is a failure as an endpoint of the pool reported it. It unwraps to its Kind.
type ServerError struct {
	Kind        Kind
	Endpoint    string // "authorize", "token", "userInfo" or "revoke"
	Status      int    // HTTP status; 0 for the authorize endpoint, whose errors come by redirect
	Code        string // the parameter or member error, at most 200 printable characters
	Description string // error_description, at most 200 printable characters; often absent
}

// Error names the kind, the endpoint and what the pool said, shortened.
func (e *ServerError) Error() string {
	text := fmt.Sprintf("%v (%s endpoint", e.Kind, e.Endpoint)
	for _, part := range []string{e.Code, e.Description} {
		if part != "" {
			text += ": " + part
		}
	}
	return text + ")"
}

// Unwrap makes errors.Is find the Kind.
func (e *ServerError) Unwrap() error { return e.Kind }

// HTTPStatus is a fitting status for a page or an API answer about err: 400 for
// a sign-in that does not belong here, 401, 403, 503 when the pool is down, 502
// when it misbehaves, else 500.
func HTTPStatus(err error) int {
	groups := []struct {
		status int
		kinds  []Kind
	}{
		{http.StatusBadRequest, []Kind{ErrStateMismatch, ErrNonceMismatch, ErrInvalidRequest, ErrInvalidGrant}},
		{http.StatusUnauthorized, []Kind{ErrTokenExpired, ErrTokenInvalid, ErrWrongTokenUse, ErrWrongIssuer, ErrWrongClient, ErrNoSession, ErrLoginRequired}},
		{http.StatusForbidden, []Kind{ErrAccessDenied, ErrInsufficientScope, ErrNotInGroup}},
		{http.StatusServiceUnavailable, []Kind{ErrUnavailable}},
		{http.StatusBadGateway, []Kind{ErrBadResponse, ErrServer}},
	}
	for _, g := range groups {
		for _, kind := range g.kinds {
			if errors.Is(err, kind) {
				return g.status
			}
		}
	}
	return http.StatusInternalServerError
}

// authorizeError reads an error that came back to the redirect URL (Cognito:
// The redirect and authorization endpoint).
func authorizeError(code, description string) error {
	kind := ErrServer
	switch {
	case code == "invalid_scope", code == "invalid_request" && description == "invalid_scope":
		kind = ErrScopeNotAllowed
	case code == "invalid_request":
		kind = ErrInvalidRequest
	case code == "unauthorized_client":
		kind = ErrUnauthorizedClient
	case code == "login_required", code == "interaction_required":
		kind = ErrLoginRequired
	case code == "access_denied":
		kind = ErrAccessDenied
	}
	return &ServerError{Kind: kind, Endpoint: "authorize", Code: brief(code), Description: brief(description)}
}

// endpointError reads an error that a direct call got: RFC 6749 §5.2 names the
// codes; the status alone decides where the body says nothing.
func endpointError(endpoint string, status int, code, description string) error {
	kind := ErrBadResponse
	switch {
	case status == http.StatusTooManyRequests || status >= 500:
		kind = ErrUnavailable
	case code == "invalid_request", code == "unsupported_grant_type":
		kind = ErrInvalidRequest
	case code == "invalid_client":
		kind = ErrInvalidClient
	case code == "invalid_grant":
		kind = ErrInvalidGrant
	case code == "unauthorized_client":
		kind = ErrUnauthorizedClient
	case code == "invalid_scope":
		kind = ErrScopeNotAllowed
	case code == "unsupported_token_type":
		kind = ErrUnsupportedToken
	case code == "invalid_token":
		kind = ErrTokenInvalid
	case status == http.StatusUnauthorized:
		kind = ErrTokenInvalid
	case status == http.StatusBadRequest:
		kind = ErrInvalidRequest
	}
	return &ServerError{Kind: kind, Endpoint: endpoint, Status: status, Code: brief(code), Description: brief(description)}
}

// brief keeps what a server or a query said fit for one line of a log.
func brief(s string) string {
	const limit = 200
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
