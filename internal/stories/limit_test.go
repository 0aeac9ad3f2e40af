package stories_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// TestAttackFlood: whoever floods the sign-in page from one network, with as many
// addresses as it has, is refused after a while, and nobody else is. Forms that
// are turned away at once count too, and let the test be fast on a slow machine.
func TestAttackFlood(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	b := h.Browser()
	from := func(ip string, form url.Values) *housetest.Page {
		r := b.FormPost("/login"+housetest.Ask(), form)
		r.Header.Set("X-Forwarded-For", ip)
		return b.Do(r)
	}
	sent, page := 0, &housetest.Page{}
	for ; page.Status != http.StatusTooManyRequests && sent < 5000; sent++ {
		page = from(fmt.Sprintf("2001:db8:1:1::%x", sent), url.Values{})
	}
	if page.Status != http.StatusTooManyRequests || page.Header.Get("Retry-After") == "" {
		t.Fatalf("the last of %d forms: %d, Retry-After %q", sent, page.Status, page.Header.Get("Retry-After"))
	}
	page.Shows("Too many requests")

	_, fields := b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
	fields.Set("username", ann)
	fields.Set("password", "a guess")
	from("2001:db8:1:2::1", fields).Shows("Incorrect username or password.")
	h.SignIn(h.Browser(), housetest.Ask(), ann, secret) // from this machine
	h.Advance(time.Minute)
	from("2001:db8:1:1::1", fields).Shows("Incorrect username or password.")
}
