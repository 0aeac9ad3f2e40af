package cognito_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestBearer(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.SetUser(fakepool.User{Sub: "u1", Groups: []string{"staff"}})
	v := verifier(t, config(p))
	down := fakepool.New(fakepool.Options{})
	down.Break(jwksPath, http.NotFound)
	downV := verifier(t, config(down))
	good := "Bearer " + p.AccessToken("openid shop/read shop/write")
	for name, test := range map[string]struct {
		v         *cognito.Verifier
		need      cognito.Require
		header    []string
		status    int
		challenge string
	}{
		"good":            {v, cognito.Require{}, []string{good}, 200, ""},
		"lower case":      {v, cognito.Require{}, []string{"b" + good[1:]}, 200, ""},
		"scopes":          {v, cognito.Require{Scopes: []string{"shop/read", "shop/write"}}, []string{good}, 200, ""},
		"group":           {v, cognito.Require{Groups: []string{"admins", "staff"}}, []string{good}, 200, ""},
		"no header":       {v, cognito.Require{}, nil, 401, `Bearer realm="api"`},
		"basic":           {v, cognito.Require{}, []string{"Basic eDp5"}, 401, `Bearer realm="api"`},
		"empty":           {v, cognito.Require{}, []string{"Bearer "}, 400, `Bearer realm="api", error="invalid_request"`},
		"two":             {v, cognito.Require{}, []string{good, good}, 400, `Bearer realm="api", error="invalid_request"`},
		"garbage":         {v, cognito.Require{}, []string{"Bearer abc"}, 401, `Bearer realm="api", error="invalid_token"`},
		"ID token":        {v, cognito.Require{}, []string{"Bearer " + p.IDToken()}, 401, `Bearer realm="api", error="invalid_token"`},
		"scope missing":   {v, cognito.Require{Scopes: []string{"shop/read", "shop/admin"}}, []string{good}, 403, `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope.", scope="shop/read shop/admin"`},
		"group missing":   {v, cognito.Require{Groups: []string{"admins"}}, []string{good}, 403, `Bearer realm="api", error="insufficient_scope"`},
		"for another API": {v, cognito.Require{Audience: "https://api.example.com"}, []string{good}, 403, `Bearer realm="api", error="insufficient_scope"`},
		"keys away":       {downV, cognito.Require{}, []string{"Bearer " + down.AccessToken("openid")}, 503, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := test.v.RequireBearer(test.need)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				claims, ok := cognito.AccessFrom(r.Context())
				if ok {
					fmt.Fprint(w, claims.Subject)
				}
			}))
			r := httptest.NewRequest(http.MethodGet, "/things", nil)
			r.Header["Authorization"] = test.header
			w := httptest.NewRecorder()
			api.ServeHTTP(w, r)
			if w.Code != test.status {
				t.Fatalf("status is %d, want %d: %s", w.Code, test.status, w.Body)
			}
			if got := w.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, test.challenge) || (test.challenge == "") != (got == "") {
				t.Errorf("WWW-Authenticate is %s, want %s…", got, test.challenge)
			}
			if test.status == 200 && w.Body.String() != "u1" {
				t.Errorf("body is %s", w.Body)
			}
			if test.status != 200 && w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("body is %s", w.Body)
			}
		})
	}
	if _, ok := cognito.AccessFrom(t.Context()); ok {
		t.Error("claims out of nothing")
	}
}

func TestBearerSaysThatATokenExpired(t *testing.T) {
	t.Parallel()
	p := fakepool.New(fakepool.Options{})
	p.ChangeClaims(only("access", "exp", 1000))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+p.AccessToken("openid"))
	w := httptest.NewRecorder()
	verifier(t, config(p)).RequireBearer(cognito.Require{})(http.NotFoundHandler()).ServeHTTP(w, r)
	if w.Code != 401 || !strings.Contains(w.Header().Get("WWW-Authenticate"), "expired") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
