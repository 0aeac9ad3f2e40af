package stories_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

const (
	ann    = "ann@example.com"
	bob    = "bob@example.com"
	secret = "correct horse"
	evil   = "https://evil.example.net"

	otherPool   = "us-east-1_Other0001"
	otherApp    = "otherapp" // of the other pool, with a secret
	otherSecret = "an_app_secret_of_24_letters_or_more"
	secondApp   = "secondapp" // of the first pool
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// neighbours is a document of two pools: the usual one, with a second app
// client and a custom domain, and another.
func neighbours(t *testing.T) *setup.Document {
	t.Helper()
	return housetest.Document(t, func(d *setup.Document) {
		first := d.UserPools[0]
		first.ID, first.PoolName = otherPool, "other"
		d.UserPools = append(d.UserPools, first)
		d.UserPoolClients[0].UserPoolID, d.UserPoolDomains[0].UserPoolID = housetest.PoolID, housetest.PoolID
		next, other := d.UserPoolClients[0], d.UserPoolClients[0]
		next.ID, next.ClientName = secondApp, "Second app"
		other.ID, other.ClientName, other.UserPoolID, other.Secret = otherApp, "Other app", otherPool, otherSecret
		d.UserPoolClients = append(d.UserPoolClients, next, other)
		d.UserPoolDomains = append(d.UserPoolDomains,
			pool.Domain{Domain: "auth.example.com", UserPoolID: housetest.PoolID, CustomDomainConfig: &pool.CustomDomainConfig{}},
			pool.Domain{Domain: "other", UserPoolID: otherPool})
	})
}

// at is the URL of one of the house's other names.
func at(h *housetest.House, host string) string {
	_, port, _ := strings.Cut(h.Address, ":")
	return "http://" + host + ":" + port
}

// says demands an OAuth error.
func says(t *testing.T, what string, a answer, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("%s: %d %q, want %d %q", what, a.status, a.body, status, code)
	}
}

// works demands tokens.
func works(t *testing.T, what string, a answer) answer {
	t.Helper()
	if a.status != 200 || a.text("access_token") == "" {
		t.Fatalf("%s: %d %q, want tokens", what, a.status, a.body)
	}
	return a
}

// redeemed brings the code of a callback to the token endpoint; more pairs are
// added to the form.
func redeemed(t *testing.T, h *housetest.House, back *url.URL, pairs ...string) answer {
	t.Helper()
	return call(t, h, "/oauth2/token", "", append([]string{
		"grant_type", "authorization_code", "client_id", housetest.ClientID, "redirect_uri", housetest.Callback, "code", back.Query().Get("code"),
	}, pairs...)...)
}

// away fails when an answer leads anywhere but the house and the app.
func away(t *testing.T, what string, p *housetest.Page) {
	t.Helper()
	to := p.Location()
	if to == nil || to.Host == p.URL.Host {
		return
	}
	if app, _ := url.Parse(housetest.Callback); to.Scheme != app.Scheme || to.Host != app.Host || to.User != nil {
		t.Errorf("%s leads to %s", what, to)
	}
}
