package cognito_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestIDClaims(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.ChangeClaims(func(use string, claims map[string]any) {
		if use != "id" {
			return
		}
		exp := claims["exp"]
		clear(claims)
		for name, value := range idTokenOnAWS() {
			claims[name] = value
		}
		claims["iss"], claims["aud"], claims["exp"] = p.Issuer, p.ClientID, exp
	})
	id, err := verifier(t, config(p)).VerifyID(context.Background(), p.IDToken())
	if err != nil {
		t.Fatal(err)
	}
	id.Expiry = time.Time{}
	want := cognito.IDClaims{
		Issuer: p.Issuer, Subject: "s1", Audience: []string{p.ClientID}, Username: "google_7", Nonce: "n",
		IssuedAt: time.Unix(1700000000, 500_000_000).UTC(), AuthTime: time.Unix(1700000001, 0).UTC(),
		Groups: []string{"staff"}, Roles: []string{"arn:aws:iam::1:role/r"}, PreferredRole: "arn:aws:iam::1:role/r",
		Identities: []cognito.Identity{{UserID: "7", ProviderName: "Google", ProviderType: "Google", Primary: true, DateCreated: time.UnixMilli(1700000000123).UTC()}},
		ACR:        "urn:cognito:loa:1", AMR: []string{"pwd"}, TokenID: "j", OriginID: "o", EventID: "e",
		Attributes: cognito.Attributes{
			Email: "ann@example.com", EmailVerified: true, PhoneNumber: "+15550100", Name: "Ann Example", GivenName: "Ann",
			MiddleName: "M", FamilyName: "Example", Nickname: "annie", PreferredUsername: "ann", Profile: "https://x.example/p",
			Picture: "https://x.example/i", Website: "https://x.example", Gender: "f", Birthdate: "1990-01-01", Zoneinfo: "Europe/Rome",
			Locale: "it", Address: "Via Roma 1", UpdatedAt: time.Unix(1700000002, 0).UTC(),
			Custom: map[string]string{"team": "blue", "seats": "3", "flags": `{"a":[true]}`, "none": ""},
		},
	}
	if diff := cmp.Diff(want, *id, cmp.FilterPath(func(path cmp.Path) bool { return path.Last().String() == ".claims" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	var extra struct {
		Tier string `json:"tier"`
	}
	if err := id.Decode(&extra); err != nil || extra.Tier != "gold" {
		t.Errorf("Decode: %+v, %v", extra, err)
	}
}

func idTokenOnAWS() map[string]any {
	return map[string]any{
		"sub": "s1", "token_use": "id", "nonce": "n", "iat": 1700000000.5, "auth_time": 1700000001, "cognito:username": "google_7",
		"cognito:groups": []string{"staff"}, "cognito:roles": []string{"arn:aws:iam::1:role/r"}, "cognito:preferred_role": "arn:aws:iam::1:role/r",
		"identities": []map[string]any{{"userId": "7", "providerName": "Google", "providerType": "Google", "issuer": nil, "primary": "true", "dateCreated": "1700000000123"}},
		"acr":        "urn:cognito:loa:1", "amr": []string{"pwd"}, "jti": "j", "origin_jti": "o", "event_id": "e",
		"email": "ann@example.com", "email_verified": true, "phone_number": "+15550100", "phone_number_verified": "false",
		"name": "Ann Example", "given_name": "Ann", "middle_name": "M", "family_name": "Example", "nickname": "annie",
		"preferred_username": "ann", "profile": "https://x.example/p", "picture": "https://x.example/i", "website": "https://x.example",
		"gender": "f", "birthdate": "1990-01-01", "zoneinfo": "Europe/Rome", "locale": "it",
		"address": map[string]string{"formatted": "Via Roma 1"}, "updated_at": "1700000002",
		"custom:team": "blue", "custom:seats": 3, "custom:flags": map[string]any{"a": []bool{true}}, "custom:none": nil, "tier": "gold",
	}
}

func TestAccessClaims(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.ChangeClaims(func(_ string, claims map[string]any) {
		claims["aud"], claims["device_key"], claims["cognito:groups"] = []string{"https://api.example.com"}, "d", "staff"
	})
	access, err := verifier(t, config(p)).VerifyAccess(context.Background(), p.AccessToken("openid shop/read"))
	if err != nil {
		t.Fatal(err)
	}
	if access.DeviceKey != "d" || !cmp.Equal(access.Audience, []string{"https://api.example.com"}) || !access.InGroup("staff") ||
		!cmp.Equal(access.Scopes, []string{"openid", "shop/read"}) || access.Username == "" || time.Until(access.Expiry) > time.Hour {
		t.Errorf("claims are %+v", access)
	}
	var all map[string]any
	if err := access.Decode(&all); err != nil || all["version"] != 2.0 {
		t.Errorf("Decode: %v, %v", all, err)
	}
}

func TestUserInfoIsReadLeniently(t *testing.T) {
	t.Parallel()
	for body, verified := range map[string]bool{
		`{"sub":"u","email_verified":"true"}`: true, `{"sub":"u","email_verified":true}`: true,
		`{"sub":"u","email_verified":"false"}`: false, `{"sub":"u","email_verified":false}`: false,
		`{"sub":"u","email_verified":"yes"}`: false, `{"sub":"u","email_verified":1}`: false, `{"sub":"u"}`: false,
		`{"sub":"u","identities":"nonsense","updated_at":"soon","address":"{","custom:x":"1"}`: false,
	} {
		p := fakepool.New(fakepool.Options{})
		p.Break("/oauth2/userInfo", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		info, err := client(t, config(p)).UserInfo(context.Background(), "opaque")
		if err != nil || info.EmailVerified != verified || !info.UpdatedAt.IsZero() || info.Identities != nil {
			t.Errorf("%s: %+v, %v", body, info, err)
		}
	}
	for _, body := range []string{``, `{}`, `[]`, `null`, `{"sub":""}`, `"u"`} {
		p := fakepool.New(fakepool.Options{})
		p.Break("/oauth2/userInfo", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		_, err := client(t, config(p)).UserInfo(context.Background(), "opaque")
		wantError(t, err, cognito.ErrBadResponse)
	}
}

func TestTokensMarshal(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	tokens := signIn(t, p, client(t, config(p)))
	text, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	var back cognito.Tokens
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.AccessToken != tokens.AccessToken || back.RefreshToken != tokens.RefreshToken || !back.Expiry.Equal(tokens.Expiry) {
		t.Error("tokens changed on the way")
	}
}
