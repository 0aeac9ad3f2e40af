package stories_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about settings of which some values only can be
// had: a document and the API take the same ones and refuse the same ones.

// wouldApply says what applying a document would answer, and writes nothing.
func wouldApply(t *testing.T, h *housetest.House, f func(*setup.PoolEntry, *setup.ClientEntry)) error {
	t.Helper()
	_, err := (&setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}).Apply(t.Context(), *with(t, "", f).Document, true)
	return err
}

// refusedAt demands that applying was refused for the member's sake.
func refusedAt(t *testing.T, err error, kind, member string) {
	t.Helper()
	if e := pool.AsError(err); e == nil || e.Kind != kind || e.Field != member {
		t.Errorf("applied: %v, want %s at %s", err, kind, member)
	}
}

// serves makes a pool of a tier, by a document and by the API, and uses it.
func serves(t *testing.T, database, tier string) {
	t.Helper()
	h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UserPoolTier = tier }))
	c := sdk(h)
	tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
	refresh(t, h, tokens.text("refresh_token")).ok(t)
	made := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("by the API"), UserPoolTier: types.UserPoolTierType(tier)})
	for _, id := range []string{housetest.PoolID, made} {
		if got := describe(t, c, id).UserPoolTier; string(got) != tier {
			t.Errorf("a pool of the tier %s is shown as %s", tier, got)
		}
	}
	choice := func(p *setup.PoolEntry, c *setup.ClientEntry) {
		p.UserPoolTier, c.ExplicitAuthFlows = tier, []string{"ALLOW_USER_AUTH"}
	}
	_, err := c.CreateUserPoolClient(t.Context(), &cip.CreateUserPoolClientInput{UserPoolId: &made, ClientName: aws.String("c"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}})
	if tier != "LITE" {
		must(t, err)
		must(t, wouldApply(t, h, choice))
		return
	}
	throws(t, err, "FeatureUnavailableInTierException", "")
	refusedAt(t, wouldApply(t, h, choice), pool.FeatureUnavailableInTier, "ExplicitAuthFlows")
}

// Cognito: User pool feature plans. Every tier serves the same here, but that
// LITE has no choice-based sign-in, as on AWS.
func TestUserPoolTierSetting(t *testing.T) {
	t.Parallel()
	for _, tier := range []string{"LITE", "ESSENTIALS", "PLUS"} {
		t.Run(tier, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) { serves(t, database, tier) })
		})
	}

	h := housetest.Start(t, housetest.Config{})
	for _, tier := range []string{"FREE", "lite", "PLUS "} {
		refusedAt(t, wouldApply(t, h, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UserPoolTier = tier }), pool.InvalidParameter, "UserPoolTier")
		_, err := sdk(h).CreateUserPool(t.Context(), &cip.CreateUserPoolInput{PoolName: aws.String("p"), UserPoolTier: types.UserPoolTierType(tier)})
		throws(t, err, "InvalidParameterException", "userPoolTier")
		_, err = sdk(h).UpdateUserPool(t.Context(), &cip.UpdateUserPoolInput{UserPoolId: poolID(), UserPoolTier: types.UserPoolTierType(tier)})
		throws(t, err, "InvalidParameterException", "userPoolTier")
	}
	if got := describe(t, sdk(h), housetest.PoolID).UserPoolTier; got != "ESSENTIALS" {
		t.Errorf("a pool whose tier nobody named is shown as %s", got)
	}
}

// An app client that names no provider has the one there is. An empty list
// beside open pages is refused, for nobody could sign in there; a client
// without pages may have it.
func TestSupportedIdentityProvidersSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.SupportedIdentityProviders = nil }))
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		for _, c := range []struct {
			list  []string
			pages bool
			good  bool
		}{{nil, true, true}, {[]string{"COGNITO"}, true, true}, {[]string{}, true, false}, {[]string{"Google"}, true, false}, {[]string{"COGNITO", "Google"}, false, false}, {[]string{}, false, true}} {
			err := wouldApply(t, h, func(_ *setup.PoolEntry, e *setup.ClientEntry) {
				e.SupportedIdentityProviders = c.list
				e.AllowedOAuthFlowsUserPoolClient = &c.pages
			})
			in := &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("c"), SupportedIdentityProviders: c.list}
			if c.pages {
				in.AllowedOAuthFlowsUserPoolClient, in.AllowedOAuthFlows, in.AllowedOAuthScopes = true, []types.OAuthFlowType{"code"}, []string{"openid"}
				in.CallbackURLs = []string{housetest.Callback}
			}
			_, errAPI := sdk(h).CreateUserPoolClient(t.Context(), in)
			if c.good {
				must(t, err)
				must(t, errAPI)
				continue
			}
			refusedAt(t, err, pool.InvalidParameter, "SupportedIdentityProviders")
			naming := "SupportedIdentityProviders"
			if len(c.list) > 0 {
				naming = "The provider Google does not exist"
			}
			throws(t, errAPI, "InvalidParameterException", naming)
		}
	})
}
