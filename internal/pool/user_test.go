package pool_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func poolWith(emailIsUsername, caseSensitive bool) pool.Pool {
	p := pool.Pool{ID: "us-east-1_Test00001", Settings: pool.Settings{UsernameConfiguration: &pool.UsernameConfiguration{CaseSensitive: &caseSensitive}}}
	if emailIsUsername {
		p.UsernameAttributes = []string{"email"}
	}
	return p
}

func TestNames(t *testing.T) {
	t.Parallel()
	u := pool.User{Sub: "sub", Username: "Ann", Attributes: map[string]string{"email": "Ann@Example.COM"}}
	for _, c := range []struct {
		p     pool.Pool
		typed string
		want  pool.Name
	}{
		{poolWith(true, false), "  aNN@example.com\t", pool.Name{Kind: pool.NameEmail, Folded: "ann@example.com"}},
		{poolWith(true, true), "Ann@Example.COM", pool.Name{Kind: pool.NameEmail, Folded: "Ann@Example.COM"}},
		{poolWith(false, false), "ANN", pool.Name{Kind: pool.NameUsername, Folded: "ann"}},
		{poolWith(false, true), "Ann", pool.Name{Kind: pool.NameUsername, Folded: "Ann"}},
	} {
		if diff := cmp.Diff([]pool.Name{c.want}, c.p.SignInNames(c.typed)); diff != "" {
			t.Errorf("%q is looked up otherwise: %s", c.typed, diff)
		}
		if diff := cmp.Diff([]pool.Name{c.want}, c.p.NamesOf(u)); diff != "" {
			t.Errorf("who signs up cannot sign in as %q: %s", c.typed, diff)
		}
		if diff := cmp.Diff([]pool.Name{c.want}, c.p.LookupNames(c.typed)); diff != "" {
			t.Errorf("a program's %q is looked up otherwise: %s", c.typed, diff)
		}
	}
	const sub = "0f0e0d0c-0b0a-4908-8706-050403020100"
	for _, p := range []pool.Pool{poolWith(true, false), poolWith(false, true)} {
		if diff := cmp.Diff(pool.Name{Kind: pool.NameSub, Folded: sub}, p.LookupNames(" " + sub)[0]); diff != "" {
			t.Errorf("a sub is looked up otherwise: %s", diff)
		}
	}
	if poolWith(false, true).SignInNames("ann")[0] == poolWith(false, true).NamesOf(u)[0] {
		t.Error("a case-sensitive pool takes ann for Ann")
	}
}

func TestUsernames(t *testing.T) {
	t.Parallel()
	byName, byEmail := poolWith(false, false), poolWith(true, false)
	for _, good := range []string{"ann", "Ann.O'Neil+1", "日本", "a@b", strings.Repeat("é", 128), "🦆"} {
		if err := byName.CheckUsername(good); err != nil {
			t.Errorf("username %q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "a b", "a\x00b", "a\nb", "\xff", "a\u200bb", strings.Repeat("a", 129), "\u212aate", "Ａnn", "ﬁona", "jo\u0308rg", "ann\u0130", "ca\u017fe",
		"0f0e0d0c-0b0a-4908-8706-050403020100", "0F0E0D0C-0B0A-4908-8706-050403020100"} { // it would be somebody's sub
		if byName.CheckUsername(bad) == nil {
			t.Errorf("username %q passes", bad)
		}
	}
	for _, good := range []string{"ann@example.com", "Ann+tag@example.com", "a@b.c", "o'neil@example.com", "jörg@example.com"} {
		if err := byEmail.CheckUsername(good); err != nil {
			t.Errorf("e-mail %q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "ann", "@example.com", "ann@", "a@b@c", "Ann <ann@example.com>", "<ann@example.com>", " ann@example.com", "ann@example.com ", "ann@example.com,bob@example.com",
		"ann@example.com\r\nBcc: eve@example.com", "ann\x00@example.com", "\"a b\"@example.com", "ann@exa mple.com", strings.Repeat("a", 65) + "@b.c", "a@" + strings.Repeat("b", 251) + ".c",
		"a@b", "a@localhost", "a@127.0.0.1", "a@[127.0.0.1]", "a@[::1]", "a@[IPv6:::1]", "a@b.", "a@.b", "a@b..c", "a@-b.c", "a@b-.c",
		"\u212aate@example.com", "ann@examp\u217ce.com", "\u0130@example.com", "ann@\u3164.com", "jo\u0308rg@example.com",
	} {
		if byEmail.CheckUsername(bad) == nil {
			t.Errorf("e-mail %q passes", bad)
		}
	}
}

func TestMaskEmail(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"jane@example.com": "j***@e***", "é@ü.de": "é***@ü***", "a@b": "a***@b***", "nobody": "n***", "": "***", "@": "***@***"} {
		if got := pool.MaskEmail(address); got != want {
			t.Errorf("%q is masked as %q, want %q", address, got, want)
		}
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{AllowedOAuthScopes: []string{"openid", "email"}}
	for _, x := range []struct {
		asked string
		want  []string
		no    string
	}{
		{"", []string{"openid", "email"}, ""}, {"  ", []string{"openid", "email"}, ""}, {"email", []string{"email"}, ""}, {"email openid email", []string{"email", "openid"}, ""},
		{"openid phone", nil, "InvalidParameter.scope"}, {"OPENID", nil, "InvalidParameter.scope"}, {"openid,email", nil, "InvalidParameter.scope"},
	} {
		got, err := c.Scopes(x.asked)
		if diff := cmp.Diff(x.want, got); diff != "" || refusal(err) != x.no {
			t.Errorf("%q: %v %v", x.asked, diff, err)
		}
	}
	got, _ := c.Scopes("")
	got[0] = "changed"
	if c.AllowedOAuthScopes[0] != "openid" {
		t.Error("a request changed the client's settings")
	}
}

// Cognito: The user attributes endpoint.
func TestReadableAttributes(t *testing.T) {
	t.Parallel()
	u := pool.User{Attributes: map[string]string{
		"email": "a@b", "email_verified": "true", "phone_number": "+1", "phone_number_verified": "false", "name": "Ann", "custom:team": "red", "address": "Road", "dev:custom:note": "x", "custom:gone": "x",
	}}
	app := pool.App{Pool: pool.Pool{Settings: pool.Settings{Schema: []pool.SchemaAttribute{{Name: "team"}, {Name: "note", DeveloperOnlyAttribute: ptr(true)}}}}}
	for _, a := range app.Pool.Attributes() {
		app.Client.ReadAttributes = append(app.Client.ReadAttributes, a.Name)
	}
	keys := func(scopes string) map[string]bool {
		out := map[string]bool{}
		for k := range app.ReadableAttributes(u, strings.Fields(scopes)) {
			out[k] = true
		}
		return out
	}
	set := func(names string) map[string]bool {
		out := map[string]bool{}
		for _, n := range strings.Fields(names) {
			out[n] = true
		}
		return out
	}
	for scopes, want := range map[string]string{
		"openid":                               "email email_verified phone_number phone_number_verified name custom:team address",
		"openid email":                         "email email_verified",
		"openid phone":                         "phone_number phone_number_verified",
		"openid profile":                       "name custom:team",
		"openid email profile":                 "email email_verified name custom:team",
		"openid aws.cognito.signin.user.admin": "email email_verified phone_number phone_number_verified name custom:team address",
		"email profile":                        "",
		"":                                     "",
	} {
		if diff := cmp.Diff(set(want), keys(scopes)); diff != "" {
			t.Errorf("%q: %s", scopes, diff)
		}
	}
	app.Client.ReadAttributes = []string{"name", "email"}
	for scopes, want := range map[string]string{"openid": "email name", "openid email": "email", "openid profile": "name", "openid phone": ""} {
		if diff := cmp.Diff(set(want), keys(scopes)); diff != "" {
			t.Errorf("%q, with ReadAttributes: %s", scopes, diff)
		}
	}
	for scopes, want := range map[string]bool{"openid": true, "openid email": false, "phone": false, "profile": false, "openid aws.cognito.signin.user.admin": true} {
		if got := app.ReadsScopes(strings.Fields(scopes)); got != want {
			t.Errorf("a client that reads name and email alone gets tokens for %q: %v", scopes, got)
		}
	}
	app.Client.ReadAttributes = []string{"email", "email_verified"}
	if !app.ReadsScopes([]string{"openid", "email"}) || app.ReadsScopes([]string{"profile"}) {
		t.Error("a client that reads the e-mail gets no tokens for it, or some for the profile")
	}
	app.Client.ReadAttributes = nil
	if !app.ReadsScopes([]string{"openid", "email", "phone", "profile"}) {
		t.Error("a client that reads everything gets no tokens")
	}
}
