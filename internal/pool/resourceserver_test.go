package pool_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func library(scopes ...string) pool.ResourceServer {
	r := pool.ResourceServer{Identifier: "https://books.example.com", Name: "Books"}
	for _, s := range scopes {
		r.Scopes = append(r.Scopes, pool.ResourceServerScope{ScopeName: s, ScopeDescription: "to " + s})
	}
	return r
}

// Cognito: CreateResourceServer.
func TestResourceServers(t *testing.T) {
	t.Parallel()
	type rs = pool.ResourceServer
	scope := func(name, description string) func(*rs) {
		return func(r *rs) { r.Scopes = []pool.ResourceServerScope{{ScopeName: name, ScopeDescription: description}} }
	}
	many := func(n int) func(*rs) {
		return func(r *rs) {
			r.Scopes = nil
			for i := range n {
				r.Scopes = append(r.Scopes, pool.ResourceServerScope{ScopeName: strings.Repeat("s", i+1), ScopeDescription: "d"})
			}
		}
	}
	for _, c := range []struct {
		field string
		bad   []func(*rs)
		good  []func(*rs)
	}{
		{"Identifier", []func(*rs){
			func(r *rs) { r.Identifier = "" }, func(r *rs) { r.Identifier = "two words" }, func(r *rs) { r.Identifier = `a"b` }, func(r *rs) { r.Identifier = `a\b` },
			func(r *rs) { r.Identifier = "é" }, func(r *rs) { r.Identifier = "a\x00" }, func(r *rs) { r.Identifier = "a\n" }, func(r *rs) { r.Identifier = strings.Repeat("a", 257) },
		}, []func(*rs){func(r *rs) { r.Identifier = "books" }, func(r *rs) { r.Identifier = "a/b/c" }, func(r *rs) { r.Identifier = strings.Repeat("a", 256) }}},
		{"Name", []func(*rs){func(r *rs) { r.Name = "" }, func(r *rs) { r.Name = "<b>" }, func(r *rs) { r.Name = strings.Repeat("a", 257) }}, []func(*rs){func(r *rs) { r.Name = "The books, at last" }}},
		{"Scopes", []func(*rs){
			scope("", "d"), scope("a/b", "d"), scope("a b", "d"), scope(`a"`, "d"), scope(`a\`, "d"), scope("é", "d"), scope(strings.Repeat("a", 257), "d"),
			scope("a", ""), scope("a", strings.Repeat("é", 257)), scope("a", "\x00"), scope("a", "\xff"), many(101), func(r *rs) { *r = library("read", "read") },
		}, []func(*rs){scope("read:all", strings.Repeat("é", 256)), many(100), func(r *rs) { r.Scopes = nil }}},
	} {
		set := func(f func(*rs)) rs {
			r := library("read")
			f(&r)
			return r
		}
		for i, bad := range c.bad {
			if e := pool.AsError(set(bad).Check()); e == nil || e.Field != c.field {
				t.Errorf("%s, case %d: %v, want a refusal there", c.field, i, e)
			}
		}
		for i, good := range c.good {
			if err := set(good).Check(); err != nil {
				t.Errorf("%s, case %d: %v", c.field, i, err)
			}
		}
	}
}

func TestWhichScopesAResourceServerHas(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]bool{
		"https://books.example.com/read": true, "https://books.example.com/write": false, "https://books.example.com/": false, "https://books.example.com": false,
		"read": false, "https://books.example.com/read/": false, "https://books.example.com/a/read": false, "HTTPS://books.example.com/read": false, "": false,
	} {
		if got := library("read").Has(scope); got != want {
			t.Errorf("%q: %v", scope, got)
		}
	}
	if (pool.ResourceServer{}).Has("/") {
		t.Error("none has a scope")
	}
	c := pool.ClientSettings{AllowedOAuthScopes: []string{"openid", "https://books.example.com/read", "https://books.example.com/write", "a/b", "/x", "x y/z", "é/z"}}
	if diff := cmp.Diff([]string{"https://books.example.com", "a"}, c.ResourceServers()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"openid", "https://books.example.com/read", "a/b", "/x", "x y/z", "é/z"}, c.ScopesAfter(library("read", "write"), library("read", "list"))); diff != "" {
		t.Errorf("after a scope went: %s", diff)
	}
	if diff := cmp.Diff([]string{"openid", "a/b", "/x", "x y/z", "é/z"}, c.ScopesAfter(library("read", "write"), pool.ResourceServer{})); diff != "" {
		t.Errorf("after the resource server went: %s", diff)
	}
}

func TestClientsOfResourceServers(t *testing.T) {
	t.Parallel()
	machine := func(f func(*pool.Client)) pool.Client {
		c := pool.Client{ID: "machine", Secret: pool.NewClientSecret()}
		c.ClientName, c.AllowedOAuthFlowsUserPoolClient = "machine", ptr(true)
		c.AllowedOAuthFlows, c.AllowedOAuthScopes = []string{"client_credentials"}, []string{"https://books.example.com/read"}
		f(&c)
		return c
	}
	books := func(name string) string { return "https://books.example.com/" + name }
	for _, c := range []struct {
		name, want string
		client     pool.Client
	}{
		{"a machine needs no callback", "", machine(func(*pool.Client) {})},
		{"nor a provider", "", machine(func(c *pool.Client) { c.SupportedIdentityProviders = []string{} })},
		{"a public machine", "InvalidOAuthFlow.secret at AllowedOAuthFlows", machine(func(c *pool.Client) { c.Secret = "" })},
		{"a machine with pages", "InvalidOAuthFlow.client_credentials at AllowedOAuthFlows", machine(func(c *pool.Client) { c.AllowedOAuthFlows = []string{"code", "client_credentials"} })},
		{"a scope that is not there", "ScopeDoesNotExist at AllowedOAuthScopes", machine(func(c *pool.Client) { c.AllowedOAuthScopes = []string{books("read"), books("write")} })},
		{"another resource server's", "ScopeDoesNotExist at AllowedOAuthScopes", machine(func(c *pool.Client) { c.AllowedOAuthScopes = []string{"shop/read"} })},
		{"its own name", "ScopeDoesNotExist at AllowedOAuthScopes", machine(func(c *pool.Client) { c.AllowedOAuthScopes = []string{"read"} })},
		{"no scope", "InvalidParameter.oauth_incomplete at AllowedOAuthFlows", machine(func(c *pool.Client) { c.AllowedOAuthScopes = nil })},
		{"51 scopes", "InvalidParameter.setting at AllowedOAuthScopes", machine(func(c *pool.Client) { c.AllowedOAuthScopes = slices.Repeat([]string{books("read")}, 51) })},
		{"a long scope", "InvalidParameter.setting at AllowedOAuthScopes", machine(func(c *pool.Client) { c.AllowedOAuthScopes = []string{books(strings.Repeat("a", 256))} })},
		{"pages without a callback", "InvalidParameter.setting at CallbackURLs", machine(func(c *pool.Client) { c.AllowedOAuthFlows = []string{"code"} })},
	} {
		got, _, _ := strings.Cut(said(c.client.Check(pool.Pool{}, library("read"))), ": ")
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestMachineScopes(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{AllowedOAuthScopes: []string{"openid", "books/read", "aws.cognito.signin.user.admin", "books/write"}}
	for _, x := range []struct {
		asked string
		want  []string
	}{
		{"", []string{"books/read", "books/write"}}, {"  ", []string{"books/read", "books/write"}}, {"books/write books/read books/write", []string{"books/write", "books/read"}},
		{"openid", nil}, {"books/read openid", nil}, {"aws.cognito.signin.user.admin", nil}, {"books/list", nil}, {"BOOKS/read", nil}, {"books/read,books/write", nil}, {`"books/read"`, nil}, {"books/ｒead", nil},
	} {
		got, err := c.MachineScopes(x.asked)
		if diff := cmp.Diff(x.want, got); diff != "" || (err == nil) != (x.want != nil) {
			t.Errorf("%q: %v %v", x.asked, diff, err)
		}
	}
	for _, none := range []pool.ClientSettings{{}, {AllowedOAuthScopes: []string{"openid"}}} {
		if got, err := none.MachineScopes(""); err == nil {
			t.Errorf("a client without a resource server's scope gets %v", got)
		}
	}
	if got, err := (pool.ClientSettings{}).Scopes(""); err == nil {
		t.Errorf("a client that lost its scopes gets %v", got)
	}
}

func TestStillAllowed(t *testing.T) {
	t.Parallel()
	c := pool.ClientSettings{AllowedOAuthScopes: []string{"openid", "books/read"}}
	granted := []string{"email", "books/read", "books/write", "aws.cognito.signin.user.admin"}
	if diff := cmp.Diff([]string{"email", "books/read", "aws.cognito.signin.user.admin"}, c.StillAllowed(granted)); diff != "" {
		t.Error(diff)
	}
	if granted[2] != "books/write" {
		t.Error("the grant was changed")
	}
}
