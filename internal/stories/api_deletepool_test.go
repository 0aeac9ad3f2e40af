package stories_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// A deleted pool is gone for everybody at once: operators, apps, people, pages.
func TestAPIDeletePool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.DeletionProtection = "ACTIVE" })
		ctx, c := t.Context(), sdk(h)
		tokens := signedIn(t, h, "ann@example.com", "secret1")
		deletePool := func() error {
			_, err := c.DeleteUserPool(ctx, &cip.DeleteUserPoolInput{UserPoolId: poolID()})
			return err
		}
		refused(t, deletePool(), "InvalidParameterException", "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
		_, err := c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), DeletionProtection: types.DeletionProtectionTypeInactive})
		must(t, err)
		refused(t, deletePool(), "InvalidParameterException", "User pool cannot be deleted. It has a domain configured that should be deleted first.")
		_, err = c.DeleteUserPoolDomain(ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: poolID(), Domain: aws.String(housetest.Prefix)})
		must(t, err)
		must(t, deletePool())

		gone := "User pool " + housetest.PoolID + " does not exist."
		refused(t, deletePool(), "ResourceNotFoundException", gone)
		_, err = c.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: poolID()})
		refused(t, err, "ResourceNotFoundException", gone)
		_, err = c.AdminGetUser(ctx, &cip.AdminGetUserInput{UserPoolId: poolID(), Username: aws.String("ann@example.com")})
		refused(t, err, "ResourceNotFoundException", gone)
		_, err = c.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("late")})
		refused(t, err, "ResourceNotFoundException", gone)
		_, err = c.CreateUserPoolDomain(ctx, &cip.CreateUserPoolDomainInput{UserPoolId: poolID(), Domain: aws.String("late")})
		refused(t, err, "ResourceNotFoundException", gone)
		_, err = byPassword(h, "ann@example.com", "secret1")
		refused(t, err, "ResourceNotFoundException", "User pool client "+housetest.ClientID+" does not exist.")
		_, err = c.GetUser(ctx, &cip.GetUserInput{AccessToken: tokens.AccessToken})
		throws(t, err, "NotAuthorizedException", "")
		if a := refresh(t, h, *tokens.RefreshToken); a.status == http.StatusOK {
			t.Error("a refresh token works on")
		}
		b := h.Browser()
		for _, path := range []string{"/login" + housetest.Ask(), "/" + housetest.PoolID + "/.well-known/jwks.json"} {
			if p := b.Get(path); p.Status < 400 && p.Location() == nil {
				t.Errorf("%s answers %d", path, p.Status)
			}
		}
		pools, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(60)})
		if err != nil || len(pools.UserPools) != 0 {
			t.Errorf("pools are left: %+v, %v", pools, err)
		}
		afterwards(t, h)
	})
}

// afterwards: the ids of clients are free, the pool's own is not.
func afterwards(t *testing.T, h *housetest.House) {
	t.Helper()
	_, err := (&setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}).Apply(t.Context(), *housetest.Document(t, nil), false)
	if e := pool.AsError(err); e == nil || e.Field != "Id" {
		t.Errorf("a deleted pool's id was given again: %v", err)
	}
	h.Apply(housetest.Document(t, func(d *setup.Document) { d.UserPools[0].ID = "us-east-1_House0002" }))
	_, err = byPassword(h, "ann@example.com", "secret1")
	refused(t, err, "InvalidParameterException", "USER_PASSWORD_AUTH flow not enabled for this client")
}

// Updates at once: each is taken whole, or refused by name.
func TestAPIRacePoolUpdates(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		c := sdk(housetest.Start(t, housetest.Config{Database: database}))
		errs := make([]error, 12)
		atOnce(len(errs), func(i int) {
			_, errs[i] = c.UpdateUserPool(context.WithoutCancel(t.Context()), &cip.UpdateUserPoolInput{UserPoolId: poolID(), PoolName: aws.String("name" + string(rune('a'+i)))})
		})
		won := map[string]bool{}
		for i, err := range errs {
			if err != nil {
				refused(t, err, "ConcurrentModificationException", "The resource was changed by another request at the same time. Please try again.")
				continue
			}
			won["name"+string(rune('a'+i))] = true
		}
		if name := *describe(t, c, housetest.PoolID).Name; !won[name] {
			t.Errorf("the name is %q, which nobody was told to have set (%v)", name, won)
		}
	})
}
