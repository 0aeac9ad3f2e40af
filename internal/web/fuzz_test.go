package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAuthorize sends any query to the pages: none may fail inside, lead
// anywhere but to the app or to ourselves, or add a header.
func FuzzAuthorize(f *testing.F) {
	for _, seed := range []string{ask()[1:], ask("scope", "phone")[1:], "client_id=" + clientA, "client_id=clienta&redirect_uri=x", "%zz", "a=\x00;b", "state=%0d%0a&" + ask("state", "")[1:], ""} {
		f.Add(seed)
	}
	d := newDoor(f)
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/oauth2/authorize", "/login", "/signup", "/confirm", "/confirmUser", "/confirmForgotPassword", "/logout", "/error"} {
			r, err := http.NewRequest("GET", "http://"+ownHost+path, nil)
			must(t, err)
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			d.web.serve(w, r)
			to := w.Header().Get("Location")
			if w.Code >= 500 || strings.ContainsAny(to, "\r\n") {
				t.Errorf("%s?%q answered %d, Location %q", path, query, w.Code, to)
			}
			ours := strings.HasPrefix(to, "/login?") || strings.HasPrefix(to, "/error?error=redirect_mismatch&client_id=")
			if to != "" && !ours && !strings.HasPrefix(to, callback) && !strings.HasPrefix(to, "myapp://cb") && !strings.HasPrefix(to, goodbye) {
				t.Errorf("%s?%q leads to %q", path, query, to)
			}
		}
	})
}

// FuzzToken sends any body and Authorization header to the endpoints for
// programs: none may fail inside or give anything.
func FuzzToken(f *testing.F) {
	f.Add("grant_type=refresh_token&client_id=clienta&refresh_token=x", "")
	f.Add("grant_type=authorization_code&client_id=clientb&code=x&redirect_uri=y&code_verifier=z", basic(clientB, secretB))
	f.Add("token=a.b.c", "Bearer x")
	f.Add("access_token=eyJhbGciOiJub25lIn0.e30.", "")
	d := newDoor(f)
	f.Fuzz(func(t *testing.T, body, authorization string) {
		for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"} {
			r, err := http.NewRequest("POST", "http://"+ownHost+path, strings.NewReader(body))
			must(t, err)
			r.Header = http.Header{"Content-Type": {formType}, "Authorization": {authorization}}
			w := httptest.NewRecorder()
			d.web.serve(w, r)
			form, _ := url.ParseQuery(body)
			mayPass := path == "/oauth2/revoke" && form.Get("token") != ""
			if w.Code >= 500 || w.Code < 400 && !mayPass {
				t.Errorf("%s with %q, %q answered %d", path, body, authorization, w.Code)
			}
		}
	})
}
