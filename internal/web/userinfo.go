package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/token"
)

// userInfo answers with the attributes that an access token opens (OpenID
// Connect Core §5.3; Cognito: The user attributes endpoint). The challenge of
// a refusal names its scheme, as RFC 6750 §3 asks and Cognito leaves out.
func (s *Web) userInfo(v *visit) error {
	accessToken, err := v.bearer()
	var claims map[string]string
	if err == nil {
		claims, err = s.Tokens.UserInfo(v.r.Context(), v.domain.UserPoolID, accessToken)
	}
	if err == nil {
		writeJSON(v.w, http.StatusOK, claims)
		return nil
	}
	var no *token.OAuthError
	if !errors.As(err, &no) {
		return v.refuseOAuth(err, http.StatusBadRequest)
	}
	status := http.StatusUnauthorized
	if no.Code == "invalid_request" {
		status = http.StatusBadRequest
	}
	v.w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error=%q, error_description=%q`, no.Code, no.Description))
	return v.refuseOAuth(no, status)
}

// bearer returns the access token of the request: in the Authorization header
// or, in a POST, in the form; in one place only (RFC 6750 §2).
func (v *visit) bearer() (string, error) {
	scheme, header, _ := strings.Cut(v.r.Header.Get("Authorization"), " ")
	header = strings.TrimSpace(header)
	if scheme != "" && !strings.EqualFold(scheme, "Bearer") {
		return "", token.ErrNoToken
	}
	var field string
	if v.r.Method == http.MethodPost && strings.HasPrefix(v.r.Header.Get("Content-Type"), formType) {
		form, err := v.oauthForm()
		var no *token.OAuthError
		if errors.As(err, &no) {
			return "", token.ErrNoToken
		}
		if err != nil {
			return "", err
		}
		field = form.Get("access_token")
	}
	if (header == "") == (field == "") {
		return "", token.ErrNoToken
	}
	return header + field, nil
}
