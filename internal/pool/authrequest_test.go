package pool_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func webClient() pool.ClientSettings {
	return pool.ClientSettings{
		CallbackURLs: []string{callback}, AllowedOAuthFlows: []string{"code"}, AllowedOAuthScopes: []string{"openid", "email"}, AllowedOAuthFlowsUserPoolClient: ptr(true),
	}
}

const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B

func TestRedirectOf(t *testing.T) {
	t.Parallel()
	withDefault := webClient()
	withDefault.DefaultRedirectURI = callback
	for _, c := range []struct {
		client pool.ClientSettings
		query  string
		want   string
		no     string
	}{
		{webClient(), "redirect_uri=" + url.QueryEscape(callback), callback, ""},
		{webClient(), "", "", "InvalidParameter.redirect_missing"},
		{webClient(), "redirect_uri=", "", "InvalidParameter.redirect_missing"},
		{withDefault, "", callback, ""},
		{withDefault, "redirect_uri=https://evil.com/", "", "InvalidParameter.redirect_mismatch"},
		{webClient(), "redirect_uri=https://evil.com/", "", "InvalidParameter.redirect_mismatch"},
		{webClient(), "redirect_uri=" + callback + "&redirect_uri=" + callback, "", "InvalidParameter.redirect_repeated"},
		{webClient(), "redirect_uri=" + callback + "&redirect_uri=https://evil.com/", "", "InvalidParameter.redirect_repeated"},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.client.RedirectOf(q)
		if got != c.want || refusal(err) != c.no {
			t.Errorf("%s: %q, %v, want %q, %q", c.query, got, err, c.want, c.no)
		}
	}
}

func TestAuthRequest(t *testing.T) {
	t.Parallel()
	q := url.Values{
		"response_type": {"code"}, "scope": {"email openid email"}, "state": {"a=b&c d\r\n%☂"}, "nonce": {"n"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
		"login_hint": {"ann@example.com"}, "prompt": {"login consent"}, "max_age": {"60"}, "ui_locales": {"de"},
	}
	got, err := webClient().ParseAuthRequest(q, callback)
	if err != nil {
		t.Fatal(err)
	}
	want := pool.AuthRequest{
		ResponseType: "code", RedirectURI: callback, Scopes: []string{"email", "openid"}, State: "a=b&c d\r\n%☂", HasState: true, Nonce: "n", CodeChallenge: challenge,
		LoginHint: "ann@example.com", Prompt: []string{"login", "consent"}, MaxAge: ptr(60),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	bare, err := webClient().ParseAuthRequest(url.Values{"response_type": {"code"}}, callback)
	if err != nil || bare.HasState || bare.MaxAge != nil || !slices.Equal(bare.Scopes, []string{"openid", "email"}) {
		t.Errorf("a bare request: %+v, %v, want all allowed scopes and no state", bare, err)
	}
}

// One refusal at a time, in the order in which they are looked for: a request
// with several faults is refused for the first.
func TestAuthRequestRefusals(t *testing.T) {
	t.Parallel()
	implicit := webClient()
	implicit.AllowedOAuthFlows = []string{"implicit"}
	off := webClient()
	off.AllowedOAuthFlowsUserPoolClient = ptr(false)
	for _, c := range []struct {
		name   string
		client pool.ClientSettings
		query  string
		want   string
	}{
		{"good", webClient(), "response_type=code", ""},
		{"good implicit", implicit, "response_type=token", ""},
		{"no response type", webClient(), "scope=nope", "invalid_request"},
		{"unknown response type", webClient(), "response_type=code+token&scope=nope", "invalid_request"},
		{"id_token", implicit, "response_type=id_token", "invalid_request"},
		{"flow not allowed", webClient(), "response_type=token&scope=nope", "unauthorized_client"},
		{"code not allowed", implicit, "response_type=code", "unauthorized_client"},
		{"OAuth off", off, "response_type=code", "unauthorized_client"},
		{"scope", webClient(), "response_type=code&scope=openid+phone&code_challenge=x", "invalid_request: invalid_scope"},
		{"offline_access", webClient(), "response_type=code&scope=openid+offline_access", "invalid_request: invalid_scope"},
		{"scope in another case", webClient(), "response_type=code&scope=OpenID", "invalid_request: invalid_scope"},
		{"plain PKCE", webClient(), "response_type=code&code_challenge=" + challenge + "&code_challenge_method=plain", "invalid_request"},
		{"challenge without method", webClient(), "response_type=code&code_challenge=" + challenge, "invalid_request"},
		{"method without challenge", webClient(), "response_type=code&code_challenge_method=S256", "invalid_request"},
		{"empty challenge", webClient(), "response_type=code&code_challenge=", "invalid_request"},
		{"empty challenge with method", webClient(), "response_type=code&code_challenge=&code_challenge_method=S256", "invalid_request"},
		{"short challenge", webClient(), "response_type=code&code_challenge=abc&code_challenge_method=S256", "invalid_request"},
		{"padded challenge", webClient(), "response_type=code&code_challenge=" + challenge + "%3D&code_challenge_method=S256", "invalid_request"},
		{"s256", webClient(), "response_type=code&code_challenge=" + challenge + "&code_challenge_method=s256", "invalid_request"},
		{"prompt none with another", webClient(), "response_type=code&prompt=none+login", "invalid_request"},
		{"negative age", webClient(), "response_type=code&max_age=-1", "invalid_request"},
		{"signed age", webClient(), "response_type=code&max_age=%2B1", "invalid_request"},
		{"no number", webClient(), "response_type=code&max_age=soon", "invalid_request"},
		{"enormous age", webClient(), "response_type=code&max_age=99999999999999999999", "invalid_request"},
		{"empty age", webClient(), "response_type=code&max_age=", ""},
		{"resource", webClient(), "response_type=code&resource=https://api.example.com/v1%3Fx%3D1", ""},
		{"resource on this machine", webClient(), "response_type=code&resource=http://localhost:8080", ""},
		{"resource of an app", webClient(), "response_type=code&resource=myapp://api", ""},
		{"empty resource", webClient(), "response_type=code&resource=", ""},
		{"resource without a scheme", webClient(), "response_type=code&resource=api", "invalid_target"},
		{"resource by plain http", webClient(), "response_type=code&resource=http://api.example.com", "invalid_target"},
		{"resource with a fragment", webClient(), "response_type=code&resource=https://api.example.com/%23x", "invalid_target"},
		{"resource with a line break", webClient(), "response_type=code&resource=https://api.example.com/%0A", "invalid_target"},
		{"two resources", webClient(), "response_type=code&resource=https://a.example.com&resource=https://b.example.com", "invalid_request"},
		{"age zero", webClient(), "response_type=code&max_age=0", ""},
		{"twice", webClient(), "response_type=code&response_type=token", "invalid_request"},
		{"nonce twice", webClient(), "response_type=code&nonce=a&nonce=b", "invalid_request"},
		{"long", webClient(), "response_type=code&nonce=" + strings.Repeat("n", pool.MaxParameter+1), "invalid_request"},
		{"as long as may be", webClient(), "response_type=code&nonce=" + strings.Repeat("n", pool.MaxParameter), ""},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.client.ParseAuthRequest(q, callback)
		got := ""
		if refused, ok := errors.AsType[*pool.RedirectError](err); ok {
			got = refused.Error()
		} else if err != nil {
			got = "another error: " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A refusal can still be told to the app in its own form.
func TestRefusedRequestKeepsItsState(t *testing.T) {
	t.Parallel()
	r, err := webClient().ParseAuthRequest(url.Values{"response_type": {"token"}, "state": {"s"}}, callback)
	if err == nil || !r.Implicit() || r.State != "s" || !r.HasState || r.RedirectURI != callback {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = webClient().ParseAuthRequest(url.Values{"response_type": {"code"}, "state": {strings.Repeat("s", pool.MaxParameter+1)}}, callback)
	if err == nil || r.HasState || r.State != "" {
		t.Errorf("an oversized state is repeated to the app (%v)", err)
	}
}

func FuzzAuthRequest(f *testing.F) {
	f.Add("response_type=code&scope=openid&state=x&code_challenge=" + challenge + "&code_challenge_method=S256&max_age=0&prompt=none")
	f.Add("response_type=token&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback&nonce=1")
	f.Add("state=%00%ff&state=&scope=+&max_age=+1")
	client := webClient()
	client.AllowedOAuthFlows = []string{"code", "implicit"}
	f.Fuzz(func(t *testing.T, query string) {
		q, _ := url.ParseQuery(query) // as net/http does: what can be read is used
		if uri, err := client.RedirectOf(q); err == nil && uri != callback {
			t.Fatalf("redirects to %q", uri)
		}
		r, err := client.ParseAuthRequest(q, callback)
		if r.RedirectURI != callback || len(r.State) > pool.MaxParameter {
			t.Fatalf("%+v", r)
		}
		if err != nil {
			if _, ok := errors.AsType[*pool.RedirectError](err); !ok {
				t.Fatalf("%v does not go back to the app", err)
			}
			return
		}
		if r.ResponseType != "code" && r.ResponseType != "token" || len(r.Scopes) == 0 || r.HasState != q.Has("state") || r.State != q.Get("state") {
			t.Fatalf("%+v", r)
		}
		for _, s := range r.Scopes {
			if !slices.Contains(client.AllowedOAuthScopes, s) {
				t.Fatalf("grants the scope %q", s)
			}
		}
		if (r.CodeChallenge == "") != (q.Get("code_challenge") == "") || r.MaxAge != nil && *r.MaxAge < 0 {
			t.Fatalf("%+v", r)
		}
	})
}
