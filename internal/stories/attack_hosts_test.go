package stories_test

import (
	"net/http"
	"testing"

	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// A key that is bound to one pool does not put it in the place of the server, or
// of another pool.
func TestAttackHostsOfOthers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		production := false
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t), URL: "https://id.example.com", Dev: &production})
		plain := &setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now} // as it is for a command that does not know the host
		k, err := plain.AddKey(t.Context(), pool.OperatorKey{Name: "tenant", Pools: []string{otherPool}})
		must(t, err)
		c := signer("http://"+h.Address, k.ID, k.Secret.Reveal())
		everybodyAtHome := func(when string) {
			t.Helper()
			for host, path := range map[string]string{
				"id.example.com":       "/" + housetest.PoolID + "/.well-known/openid-configuration",
				"house.id.example.com": "/.well-known/openid-configuration",
			} {
				a := send(t, h, h.BrowserAt("http://"+host).Request(http.MethodGet, path, nil))
				if a.status != http.StatusOK || a.text("issuer") != h.URL()+"/"+housetest.PoolID {
					t.Errorf("%s: %s%s answers %d %s", when, host, path, a.status, a.body)
				}
				p := h.BrowserAt("http://" + host).Get("/login" + housetest.Ask())
				if p.Status != http.StatusOK {
					t.Errorf("%s: the first pool's sign-in page at %s: %d", when, host, p.Status)
				}
			}
			_, err := c.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: new(otherPool)})
			must(t, err) // the API is there
		}
		everybodyAtHome("before")
		const refusal = "Domain: a custom domain cannot be the server's own host or under it: ask for a prefix instead"
		for _, name := range []string{"id.example.com", "house.id.example.com", "nobody.id.example.com", "a.b.id.example.com"} {
			_, err := addDomain(t, c, otherPool, name, certificate("a"))
			refused(t, err, "InvalidParameterException", refusal)
			_, err = plain.DB.Domain(t.Context(), name)
			if err == nil {
				t.Errorf("%s was refused and written", name)
			}
		}
		for _, name := range []string{"example.com", "pid.example.com", "other.example.com"} {
			_, err := addDomain(t, c, otherPool, name, certificate("a"))
			must(t, err)
			must(t, plain.DeleteDomain(t.Context(), otherPool, name))
		}
		// Where one stands in the ledger all the same, it leads nobody astray.
		for _, name := range []string{"id.example.com", "house.id.example.com"} {
			must(t, plain.CreateDomain(t.Context(), pool.Domain{UserPoolID: otherPool, Domain: name, CustomDomainConfig: &pool.CustomDomainConfig{}}))
			everybodyAtHome(name + " is the other pool's")
			must(t, plain.DeleteDomain(t.Context(), otherPool, name))
		}
	})
}

// What was signed for a service in another region is not taken here.
func TestAttackOtherRegion(t *testing.T) {
	t.Parallel()
	url, ledger := strict(t, "sqlite:"+t.TempDir()+"/pool.db")
	k, err := server.AddKey(t.Context(), ledger, server.Key{Name: "ci"})
	must(t, err)
	list := func(region string) error {
		o := signer(url, k.ID, k.Secret.Reveal()).Options()
		o.Region = region
		_, err := cip.New(o).ListUserPools(t.Context(), &cip.ListUserPoolsInput{MaxResults: new(int32(1))})
		return err
	}
	must(t, list("us-east-1"))
	refused(t, list("eu-west-1"), "InvalidSignatureException", "Credential should be scoped to a valid region.")
}
