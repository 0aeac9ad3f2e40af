package stories_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The attacks of this file send much, to have more sent back.

// largest is what an error, or a list of what one person has, may need.
const largest = 8 << 10 // bytes

// Whatever an unsigned call is filled with, its answer is short.
func TestAttackLongCalls(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	tokens, err := byPassword(h, ann, secret)
	must(t, err)
	good := map[string]any{
		"ClientId": housetest.ClientID, "Username": ann, "Password": secret, "ConfirmationCode": "000000", "PreviousPassword": secret, "ProposedPassword": secret, "AttributeName": "email", "Code": "000000",
		"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": map[string]any{"USERNAME": ann, "PASSWORD": secret}, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": strings.Repeat("a", 30),
		"ChallengeResponses": map[string]any{"USERNAME": ann, "NEW_PASSWORD": secret}, "AccessToken": *tokens.AuthenticationResult.AccessToken, "RefreshToken": "a", "Token": "a", "SessionId": "a",
		"UserAttributes": []any{map[string]any{"Name": "name", "Value": "a"}}, "UserAttributeNames": []any{"name"},
	}
	m, err := model.Load()
	must(t, err)
	asked := 0
	for name, op := range m.Operations {
		if op.Auth != "none" || operation(t, h, name, false, nil).text("__type") == "UnsupportedOperationException" {
			continue
		}
		required := map[string]any{}
		for _, member := range op.Input.Members {
			if member.Required {
				required[member.Name] = good[member.Name]
			}
		}
		for _, member := range op.Input.Members {
			for _, huge := range append(hugeValues(member.Shape, 900_000), hugeValues(member.Shape, 100_000)...) {
				body := maps.Clone(required)
				body[member.Name] = huge
				a := operation(t, h, name, false, body)
				if asked++; a.status >= 500 || len(a.body) > largest {
					t.Errorf("%s with %.80v… as %s: %d with %d bytes, %.200s", name, huge, member.Name, a.status, len(a.body), a.body)
				}
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d calls were made", asked)
	}
}

// hugeValues fill a member with so many bytes: as many as a body may have, or as
// the model allows.
func hugeValues(s *model.Shape, size int) []any {
	long := strings.Repeat("a", size)
	switch s.Type {
	case model.String:
		return []any{long, strings.Repeat("\u0000", size/8), strings.Repeat("ü", size/2)}
	case model.List:
		if s.Element.Type == model.String {
			return []any{[]any{long}, fill(size/6, any("abc"))}
		}
		return []any{fill(size/3, any(map[string]any{})), fill(size/5, any(nil)), []any{map[string]any{"Name": "email", "Value": long}}, []any{map[string]any{"Name": long}}}
	case model.Map:
		many := map[string]any{}
		for i := range size / 16 {
			many[fmt.Sprint("k", i)] = "v"
		}
		out := []any{many, map[string]any{long: "v"}, map[string]any{"userAttributes." + long: "v"}}
		for _, name := range []string{"USERNAME", "PASSWORD", "SRP_A", "REFRESH_TOKEN", "SECRET_HASH", "ANSWER", "PREFERRED_CHALLENGE", "NEW_PASSWORD", "DEVICE_KEY"} {
			given := map[string]any{"USERNAME": ann, "PASSWORD": secret, "NEW_PASSWORD": secret}
			given[name] = long
			out = append(out, given)
		}
		return out
	}
	return nil
}

func fill[T any](n int, v T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// A page carries the way to the app on, a few times; it does not grow beyond that.
func TestAttackLongWays(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	const size = 15_000
	for _, name := range []string{"state", "login_hint", "lang", "nonce", "scope", "redirect_uri", "ui_locales", "x"} {
		for _, filling := range []string{"a", "+", "%26", "&a", "%22", "%C3%A9"} {
			for _, path := range []string{"/login", "/signup", "/forgotPassword", "/confirm", "/oauth2/authorize", "/logout", "/error"} {
				p := b.Get(path + housetest.Ask() + "&" + name + "=" + strings.Repeat(filling, size/len(filling)))
				if n := len(p.Body) + len(p.Header.Get("Location")); p.Status >= 500 || n > 8*size {
					t.Errorf("%s with %s=%s…: %d with %d bytes", path, name, filling, p.Status, n)
				}
			}
		}
	}
	for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"} {
		for _, name := range []string{"grant_type", "client_id", "code", "token", "refresh_token", "access_token", "scope", "redirect_uri"} {
			form := url.Values{"grant_type": {"authorization_code"}, "client_id": {housetest.ClientID}, "code": {"a"}, "redirect_uri": {housetest.Callback}}
			form.Set(name, strings.Repeat("a", 60_000))
			if p := b.Post(path, form); p.Status >= 500 || len(p.Body)+len(p.Header.Get("Www-Authenticate")) > 1024 {
				t.Errorf("%s with a long %s: %d with %d bytes", path, name, p.Status, len(p.Body))
			}
		}
	}
	if p := b.Post("/oauth2/token", url.Values{"a": fill(15_000, "b")}); p.Status != http.StatusBadRequest {
		t.Errorf("15,000 fields: %d", p.Status)
	}
}
