package cognito

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Require says what an access token must carry to be let in, beside being valid.
type Require struct {
	Scopes   []string // all of these (Cognito: Scopes, M2M, and resource servers)
	Groups   []string // the person is in at least one of these
	Audience string   // this is among the token's aud (RFC 8707); empty: aud is not looked at
}

// Check holds claims against the requirement: nil, ErrInsufficientScope or ErrNotInGroup.
func (n Require) Check(claims *AccessClaims) error {
	switch {
	case !claims.HasScopes(n.Scopes...):
		return ErrInsufficientScope
	case n.Audience != "" && !slices.Contains(claims.Audience, n.Audience):
		return fmt.Errorf("%w: it is not meant for %s", ErrInsufficientScope, n.Audience)
	case len(n.Groups) > 0 && !claims.InGroup(n.Groups...):
		return ErrNotInGroup
	}
	return nil
}

type accessKey struct{}

// AccessFrom returns the claims of the token that RequireBearer let in.
func AccessFrom(ctx context.Context) (*AccessClaims, bool) {
	claims, ok := ctx.Value(accessKey{}).(*AccessClaims)
	return claims, ok
}

// RequireBearer is middleware for an API: it lets requests through whose
// Authorization header carries an access token that is valid and meets need,
// and answers the others as RFC 6750 §3 says: 401 without or with a bad token,
// 400 for a header that cannot be read, 403 for a token that may too little, and
// 503 while the pool's keys cannot be had. Find the claims with [AccessFrom].
func (v *Verifier) RequireBearer(need Require) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token, err := bearerToken(r)
			if err != nil {
				refuse(w, need, err)
				return
			}
			claims, err := v.VerifyAccess(r.Context(), token)
			if err == nil {
				err = need.Check(claims)
			}
			if err != nil {
				refuse(w, need, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), accessKey{}, claims)))
		})
	}
}

// bearerToken reads the header alone: tokens in forms and queries (RFC 6750
// §2.2 and §2.3) end up in logs.
func bearerToken(r *http.Request) (string, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return "", fmt.Errorf("%w: several Authorization headers", ErrInvalidRequest)
	}
	if len(headers) == 0 {
		return "", ErrLoginRequired
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrLoginRequired
	}
	if token = strings.TrimSpace(token); token == "" {
		return "", fmt.Errorf("%w: an empty bearer token", ErrInvalidRequest)
	}
	return token, nil
}

// refuse never quotes the token or what was found in it.
func refuse(w http.ResponseWriter, need Require, err error) {
	status, code, description := http.StatusUnauthorized, "invalid_token", "The access token is not valid."
	switch {
	case errors.Is(err, ErrLoginRequired):
		code, description = "", ""
	case errors.Is(err, ErrInvalidRequest):
		status, code, description = http.StatusBadRequest, "invalid_request", "The Authorization header cannot be read."
	case errors.Is(err, ErrTokenExpired):
		description = "The access token expired."
	case errors.Is(err, ErrInsufficientScope):
		status, code, description = http.StatusForbidden, "insufficient_scope", "The access token lacks a required scope."
	case errors.Is(err, ErrNotInGroup):
		status, code, description = http.StatusForbidden, "insufficient_scope", "Membership of a group is required."
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBadResponse):
		w.Header().Set("Retry-After", "5")
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "temporarily_unavailable"})
		return
	}
	challenge := `Bearer realm="api"`
	body := map[string]string{"error": "login_required"}
	if code != "" {
		challenge += fmt.Sprintf(`, error=%q, error_description=%q`, code, description)
		body = map[string]string{"error": code, "error_description": description}
	}
	if status == http.StatusForbidden && len(need.Scopes) > 0 {
		challenge += fmt.Sprintf(`, scope=%q`, strings.Join(need.Scopes, " "))
	}
	w.Header().Set("WWW-Authenticate", challenge)
	writeJSON(w, status, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The status is out; a client that has gone away is nobody's error.
	_ = json.NewEncoder(w).Encode(body)
}
