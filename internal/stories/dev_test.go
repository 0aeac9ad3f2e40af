package stories_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// TestAttackWithoutDev: what --dev opens to whoever works on this machine is
// shut without it. Two servers on one ledger, one of each kind, are asked the
// same.
func TestAttackWithoutDev(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		config := housetest.Config{Database: database, KeyFile: filepath.Join(t.TempDir(), "master.key")}
		for _, dev := range []bool{true, false} {
			config.Dev = &dev
			h := housetest.Start(t, config)
			tellsCallbacks(t, h, dev)
			hasMailbox(t, h, dev)
			takesAnyKey(t, h, dev)
		}
	})
}

// tellsCallbacks: the error page names what the app client has registered to
// developers alone, and repeats nothing of the request to anybody.
func tellsCallbacks(t *testing.T, h *housetest.House, dev bool) {
	t.Helper()
	b := h.Browser()
	for _, path := range []string{
		"/oauth2/authorize" + housetest.Ask("redirect_uri", evil),
		"/login" + housetest.Ask("redirect_uri", evil),
		"/error?error=redirect_mismatch&client_id=" + housetest.ClientID + "&redirect_uri=" + url.QueryEscape(evil),
	} {
		p := b.Follow(b.Get(path))
		p.Shows("redirect_mismatch")
		if p.Status != http.StatusBadRequest || strings.Contains(p.Body, housetest.Callback) != dev || strings.Contains(p.Body, evil) {
			t.Errorf("dev %t: %s ends with %d and %q", dev, path, p.Status, p.Body)
		}
	}
}

func hasMailbox(t *testing.T, h *housetest.House, dev bool) {
	t.Helper()
	want := http.StatusNotFound
	if dev {
		want = http.StatusOK
	}
	for _, path := range []string{"/mailbox", "/mailbox.json", "/mailbox.json?to=" + ann} {
		if p := h.Browser().Get(path); p.Status != want || !dev && strings.Contains(p.Body, ann) {
			t.Errorf("dev %t: %s: %d %q, want %d", dev, path, p.Status, p.Body, want)
		}
	}
}

// takesAnyKey: only for development will a key do that nobody made, and what is
// refused is not done.
func takesAnyKey(t *testing.T, h *housetest.House, dev bool) {
	t.Helper()
	ctx, poolID, domain := t.Context(), aws.String(housetest.PoolID), aws.String(housetest.Prefix)
	stranger := signer(h.URL(), "AKIAIOSFODNN7EXAMPLE", "anything")
	_, listed := stranger.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	_, described := stranger.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: poolID})
	_, deleted := stranger.DeleteUserPoolDomain(ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: poolID, Domain: domain})
	for _, err := range []error{listed, described, deleted} {
		if dev {
			must(t, err)
			continue
		}
		refused(t, err, "UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if p := h.BrowserAt(at(h, *domain+".localhost")).Get("/.well-known/jwks.json"); (p.Status == http.StatusOK) == dev {
		t.Errorf("dev %t: the pool's domain answers %d", dev, p.Status)
	}
}
