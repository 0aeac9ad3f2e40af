package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/token"
)

const formType = "application/x-www-form-urlencoded"

// tokenAnswer is a successful answer of the token endpoint, members in
// Cognito's order (RFC 6749 §5.1). expires_in counts seconds of the access token.
type tokenAnswer struct {
	IDToken      string `json:"id_token,omitempty"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	TokenType    string `json:"token_type"`
}

// postToken exchanges a code, a refresh token or the client's own credentials
// for tokens (RFC 6749 §3.2; Cognito: The token issuer endpoint). Every refusal is 400 there.
func (s *Web) postToken(v *visit) error {
	set, err := s.exchange(v)
	if err != nil {
		return v.refuseOAuth(err, http.StatusBadRequest)
	}
	writeJSON(v.w, http.StatusOK, tokenAnswer{set.IDToken, set.AccessToken, set.RefreshToken, set.ExpiresIn, "Bearer"})
	return nil
}

func (s *Web) exchange(v *visit) (set token.Set, err error) {
	defer s.noting(v, pool.EventToken)(&err)
	form, err := v.oauthForm()
	if err != nil {
		return token.Set{}, err
	}
	if err := s.authenticate(v, form); err != nil {
		return token.Set{}, err
	}
	ctx := v.r.Context()
	switch grant := form.Get("grant_type"); grant {
	case "":
		return token.Set{}, missing("grant_type")
	case "authorization_code":
		in := token.Redemption{Code: form.Get("code"), RedirectURI: form.Get("redirect_uri"), Verifier: form.Get("code_verifier")}
		switch {
		case in.Code == "":
			return token.Set{}, missing("code")
		case in.RedirectURI == "":
			return token.Set{}, missing("redirect_uri")
		}
		return s.Tokens.Redeem(ctx, v.app, in)
	case "refresh_token":
		if form.Get("refresh_token") == "" {
			return token.Set{}, missing("refresh_token")
		}
		return s.Tokens.Refresh(ctx, v.app, form.Get("refresh_token"))
	case "client_credentials":
		return s.Tokens.Machine(ctx, v.app, form.Get("scope"))
	}
	return token.Set{}, &token.OAuthError{Code: "unsupported_grant_type"}
}

func missing(parameter string) error {
	return &token.OAuthError{Code: "invalid_request", Description: "missing " + parameter}
}

// oauthForm reads the parameters of a POST: form-encoded, each at most once
// (RFC 6749 §3.2).
func (v *visit) oauthForm() (url.Values, error) {
	kind, _, err := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if err != nil || kind != formType {
		return nil, &token.OAuthError{Code: "invalid_request", Description: "the body must be " + formType}
	}
	form, err := v.form()
	if err != nil {
		return nil, err
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, &token.OAuthError{Code: "invalid_request", Description: "a parameter is repeated"}
		}
	}
	return form, nil
}

// noting begins the note of a client that may be refused before a verb notes
// anything; what it returns is to be deferred.
func (s *Web) noting(v *visit, kind pool.EventKind) func(*error) {
	ctx, note := pool.NotingAtDoor(v.r.Context(), kind, s.Now)
	v.r = v.r.WithContext(ctx)
	return func(err *error) { s.DB.Events.Close(ctx, note, err) }
}

var (
	errClient = &token.OAuthError{Code: "invalid_client"}
	errSecret = pool.Because(errClient, pool.ReasonClientSecret)
)

// authenticate finds the client and holds its secret against the one that
// came: in a Basic header, in the body, or none (RFC 6749 §2.3.1). A public
// client that sends an empty secret sends none.
func (s *Web) authenticate(v *visit, form url.Values) error {
	id, secrets := form.Get("client_id"), []string{form.Get("client_secret")}
	if header := v.r.Header.Get("Authorization"); header != "" {
		basicID, basicSecrets, ok := basicCredentials(header)
		if !ok {
			return errClient
		}
		if secrets[0] != "" || id != "" && !slices.Contains(basicID, id) {
			return &token.OAuthError{Code: "invalid_request", Description: "the client is named in two ways"}
		}
		id, secrets = basicID[0], basicSecrets
	}
	if id == "" {
		return missing("client_id")
	}
	app, err := s.app(v, id)
	var unknown *refusal
	if errors.As(err, &unknown) {
		return errClient
	}
	if err != nil {
		return err
	}
	v.app = app
	pool.NoteOf(v.r.Context()).AtApp(app)
	if !slices.ContainsFunc(secrets, app.Client.CheckSecret) {
		return errSecret
	}
	return nil
}

// basicCredentials reads a Basic header. RFC 6749 has both parts form-encoded
// first, many clients do not: each part is given in both readings.
func basicCredentials(header string) (ids, secrets []string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	id, secret, found := strings.Cut(string(plain), ":")
	if !strings.EqualFold(scheme, "Basic") || err != nil || !found || id == "" {
		return nil, nil, false
	}
	return bothReadings(id), bothReadings(secret), true
}

func bothReadings(raw string) []string {
	if decoded, err := url.QueryUnescape(raw); err == nil && decoded != raw {
		return []string{raw, decoded}
	}
	return []string{raw}
}

// postRevoke ends a refresh token and all that came of it (RFC 7009; Cognito:
// The token revocation endpoint). Unlike the token endpoint it answers 401 to a
// client that cannot be authenticated.
func (s *Web) postRevoke(v *visit) error {
	err := s.revoke(v)
	if err == nil {
		v.w.Header().Set("Content-Length", "0")
		v.w.WriteHeader(http.StatusOK)
		return nil
	}
	status := http.StatusBadRequest
	if errors.Is(err, errClient) {
		status = http.StatusUnauthorized
		v.w.Header().Set("WWW-Authenticate", `Basic realm="pool"`) // RFC 6749 §5.2
	}
	return v.refuseOAuth(err, status)
}

func (s *Web) revoke(v *visit) (err error) {
	defer s.noting(v, pool.EventRevoke)(&err)
	form, err := v.oauthForm()
	if err == nil {
		err = s.authenticate(v, form)
	}
	if err == nil {
		err = s.Tokens.Revoke(v.r.Context(), v.app, form.Get("token"))
	}
	return err
}

// refuseOAuth answers with an OAuth error, or passes on one that is not the
// client's.
func (v *visit) refuseOAuth(err error, status int) error {
	var no *token.OAuthError
	var broken *refusal
	switch {
	case errors.As(err, &no):
		writeOAuthError(v.w, status, no.Code, no.Description)
	case errors.As(err, &broken):
		writeOAuthError(v.w, broken.status, "invalid_request", "")
	case pool.AsError(err) != nil:
		writeOAuthError(v.w, status, "invalid_request", "")
	default:
		return err
	}
	return nil
}

func writeOAuthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{code, description})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
