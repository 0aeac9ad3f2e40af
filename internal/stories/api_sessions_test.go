package stories_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The stories of this file tell the page "Managing user sessions" of Cognito.
// The Go SDK does not have its operations yet.

// operation calls the API without a client; one of an operator is signed.
func operation(t *testing.T, h *housetest.House, name string, signed bool, members map[string]any) answer {
	t.Helper()
	return send(t, h, operationRequest(t, h, name, signed, members))
}

func operationRequest(t testing.TB, h *housetest.House, name string, signed bool, members map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(members)
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+"/", bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+name)
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36")
	if signed {
		digest := sha256.Sum256(body)
		must(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "anything"}, r,
			hex.EncodeToString(digest[:]), "cognito-idp", "us-east-1", time.Now()))
	}
	return r
}

// refuses checks for an exception of the API.
func (a answer) refuses(t *testing.T, what, exception, message string) {
	t.Helper()
	if a.status != http.StatusBadRequest || a.text("__type") != exception || a.text("message") != message {
		t.Errorf("%s: answered %d %s, want %s %q", what, a.status, a.body, exception, message)
	}
}

type listed struct {
	SessionId, SessionType, ClientId, DeviceType, LastIPAddress, OriginSessionId string
	CreateDate, LastActiveDate                                                   float64
	IsCurrentSession                                                             bool
}

// sessions lists by an access token, by type.
func sessions(t *testing.T, h *housetest.House, access string) (tokens, browsers []listed) {
	t.Helper()
	return sorted(t, operation(t, h, "ListUserSessions", false, map[string]any{"AccessToken": access}))
}

func sorted(t *testing.T, a answer) (tokens, browsers []listed) {
	t.Helper()
	var all struct{ Sessions []listed }
	must(t, json.Unmarshal([]byte(a.ok(t).body), &all))
	for _, s := range all.Sessions {
		if s.SessionType == "SSO" {
			browsers = append(browsers, s)
		} else {
			tokens = append(tokens, s)
		}
	}
	return tokens, browsers
}

// apiTokens signs ann in by the API.
func apiTokens(t *testing.T, h *housetest.House) (access, refreshToken string) {
	t.Helper()
	a := operation(t, h, "InitiateAuth", false, map[string]any{
		"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": housetest.ClientID, "AuthParameters": map[string]string{"USERNAME": ann, "PASSWORD": secret},
	}).ok(t)
	var out struct {
		AuthenticationResult struct{ AccessToken, RefreshToken string }
	}
	must(t, json.Unmarshal([]byte(a.body), &out))
	return out.AuthenticationResult.AccessToken, out.AuthenticationResult.RefreshToken
}

func TestAPIListUserSessions(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		b := h.Browser()
		page := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back()).ok(t) // once more, without a password
		access, refreshToken := apiTokens(t, h)
		bob := signedIn(t, h, "bob@example.com", "secret1")
		tokens, browsers := sessions(t, h, access)
		if len(tokens) != 3 || len(browsers) != 1 {
			t.Fatalf("listed %+v and %+v, want 3 and 1", tokens, browsers)
		}
		sso, current, through := browsers[0], 0, 0
		for _, s := range tokens {
			if !regexp.MustCompile(`^tkn[0-9a-z]{25}$`).MatchString(s.SessionId) || s.ClientId != housetest.ClientID || s.LastIPAddress != "127.0.0.1" || s.CreateDate == 0 || s.LastActiveDate < s.CreateDate {
				t.Errorf("listed %+v", s)
			}
			if s.IsCurrentSession {
				current++
				if s.DeviceType != "Chrome 125 / Windows 10.0" || s.OriginSessionId != "" {
					t.Errorf("the current session is %+v", s)
				}
			}
			if s.OriginSessionId == sso.SessionId {
				through++
			}
		}
		if current != 1 || through != 2 || !regexp.MustCompile(`^sso[0-9a-z]{25}$`).MatchString(sso.SessionId) || sso.ClientId != "" {
			t.Errorf("%d current, %d through %+v", current, through, sso)
		}
		if mine, browsers := sessions(t, h, *bob.AccessToken); len(mine) != 1 || len(browsers) != 0 {
			t.Errorf("bob sees %+v, %+v", mine, browsers)
		}

		// A refresh shows, an ended one does not, an operator sees the same.
		h.Advance(10 * time.Minute)
		operation(t, h, "GetTokensFromRefreshToken", false, map[string]any{"ClientId": housetest.ClientID, "RefreshToken": refreshToken}).ok(t)
		refresh(t, h, page.text("refresh_token")).ok(t)
		revoke(t, h, "", "token", page.text("refresh_token"), "client_id", housetest.ClientID).ok(t)
		byAdmin, _ := sorted(t, operation(t, h, "AdminListUserSessions", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": ann}))
		if len(byAdmin) != 2 {
			t.Fatalf("the operator sees %+v", byAdmin)
		}
		active := 0
		for _, s := range byAdmin {
			if s.LastActiveDate >= s.CreateDate+600 {
				active++
			}
			if s.IsCurrentSession {
				t.Errorf("the operator's session is %+v", s)
			}
		}
		if active != 1 {
			t.Errorf("%d sessions were active since: %+v", active, byAdmin)
		}
		h.Advance(time.Hour)
		access, _ = apiTokens(t, h)
		if _, browsers := sessions(t, h, access); len(browsers) != 0 {
			t.Errorf("a browser is remembered longer than an hour: %+v", browsers)
		}
	})
}

func TestAPIRevokeUserSession(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		b := h.Browser()
		end := func(access, id, associated string) answer {
			in := map[string]any{"AccessToken": access, "SessionId": id}
			if associated != "" {
				in["RevokeAssociatedSessions"] = associated
			}
			return operation(t, h, "RevokeUserSession", false, in)
		}
		known := func() bool { return b.Get("/oauth2/authorize" + housetest.Ask()).Location().Query().Has("code") }
		page := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t)
		access, _ := apiTokens(t, h)
		tokens, browsers := sessions(t, h, access)
		var mine, other listed
		for _, s := range tokens {
			if s.IsCurrentSession {
				mine = s
			} else {
				other = s
			}
		}
		const none = "Session not found."
		end(access, mine.SessionId, "").refuses(t, "the own session", "InvalidParameterException", "The session of the access token cannot be revoked.")
		bob := *signedIn(t, h, "bob@example.com", "secret1").AccessToken
		for what, id := range map[string]string{"ann's tokens": other.SessionId, "ann's browser": browsers[0].SessionId, "no session": "tkn0000000000000000000000000", "nonsense": "x"} {
			end(bob, id, "LINKED").refuses(t, what, "ResourceNotFoundException", none)
		}
		end("x.y.z", other.SessionId, "").refuses(t, "no token", "NotAuthorizedException", "Invalid Access Token")
		end(page.text("access_token"), mine.SessionId, "").refuses(t, "a token of the pages", "NotAuthorizedException", "Access Token does not have required scopes")
		userInfo(t, h, page.text("access_token")).ok(t)

		// One session ends with its tokens, and nothing else.
		end(access, other.SessionId, "NONE").ok(t)
		userInfo(t, h, page.text("access_token")).fails(t, http.StatusUnauthorized, "invalid_token")
		refresh(t, h, page.text("refresh_token")).fails(t, http.StatusBadRequest, "invalid_grant")
		end(access, other.SessionId, "").refuses(t, "again", "ResourceNotFoundException", none)
		if !known() {
			t.Error("the browser was forgotten with its tokens")
		}

		// A browser alone, then one with what came through it.
		page = redeem(t, h, h.SignIn(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		end(access, browsers[0].SessionId, "").ok(t)
		if known() {
			t.Error("the browser is still known")
		}
		_, browsers = sessions(t, h, access)
		if len(browsers) != 1 {
			t.Fatalf("browsers %+v", browsers)
		}
		userInfo(t, h, page.text("access_token")).ok(t)
		end(access, browsers[0].SessionId, "LINKED").ok(t)
		userInfo(t, h, page.text("access_token")).fails(t, http.StatusUnauthorized, "invalid_token")

		// An operator ends tokens with their browser, and the caller's too.
		b = h.Browser()
		h.SignIn(b, housetest.Ask(), ann, secret)
		redeem(t, h, b.Get("/oauth2/authorize"+housetest.Ask()).Back()).ok(t)
		tokens, _ = sessions(t, h, access)
		for _, s := range tokens {
			operation(t, h, "AdminRevokeUserSession", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": ann, "SessionId": s.SessionId, "RevokeAssociatedSessions": "LINKED"}).ok(t)
		}
		if known() {
			t.Error("the browser is still known")
		}
		operation(t, h, "ListUserSessions", false, map[string]any{"AccessToken": access}).refuses(t, "a revoked token", "NotAuthorizedException", "Access Token has been revoked")
	})
}

// RevokeToken takes the browser along where it is asked to.
func TestAPIRevokeTokenLinked(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		b := h.Browser()
		token := redeem(t, h, h.SignUp(b, housetest.Ask(), ann, secret)).ok(t).text("refresh_token")
		in := map[string]any{"ClientId": housetest.ClientID, "Token": token}
		in["RevokeAssociatedSessions"] = "NONE"
		operation(t, h, "RevokeToken", false, in).ok(t)
		if !b.Get("/oauth2/authorize" + housetest.Ask()).Location().Query().Has("code") {
			t.Error("NONE forgot the browser")
		}
		in["RevokeAssociatedSessions"] = "LINKED"
		operation(t, h, "RevokeToken", false, in).ok(t)
		if page := b.Get("/oauth2/authorize" + housetest.Ask()); page.Location().Path != "/login" {
			t.Errorf("LINKED left the browser known: led to %s", page.Location())
		}
	})
}
