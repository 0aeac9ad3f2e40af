package stories_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

func addDomain(t *testing.T, c *cip.Client, pool, name string, config *types.CustomDomainConfigType) (*cip.CreateUserPoolDomainOutput, error) {
	t.Helper()
	return c.CreateUserPoolDomain(t.Context(), &cip.CreateUserPoolDomainInput{UserPoolId: &pool, Domain: &name, CustomDomainConfig: config})
}

func domainOf(t *testing.T, c *cip.Client, name string) *types.DomainDescriptionType {
	t.Helper()
	out, err := c.DescribeUserPoolDomain(t.Context(), &cip.DescribeUserPoolDomainInput{Domain: &name})
	must(t, err)
	return out.DomainDescription
}

func certificate(name string) *types.CustomDomainConfigType {
	return &types.CustomDomainConfigType{CertificateArn: aws.String("arn:aws:acm:us-east-1:000000000000:certificate/" + name)}
}

// A domain leads to its pool while it is there.
func TestAPIDomains(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx, c := t.Context(), sdk(h)
		id := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		issuer := func(host string) string {
			t.Helper()
			return send(t, h, h.BrowserAt(at(h, host)).Request(http.MethodGet, "/.well-known/openid-configuration", nil)).text("issuer")
		}
		if got := domainOf(t, c, "fresh"); got.Status != "" || got.UserPoolId != nil {
			t.Errorf("a domain that nobody has is %+v", got)
		}
		out, err := addDomain(t, c, id, "fresh", nil)
		if err != nil || *out.ManagedLoginVersion != 1 || out.CloudFrontDomain != nil {
			t.Errorf("a prefix: %+v, %v", out, err)
		}
		if got := domainOf(t, c, "fresh"); *got.UserPoolId != id || got.Status != types.DomainStatusTypeActive || *got.AWSAccountId != "000000000000" {
			t.Errorf("the domain is %+v", got)
		}
		out, err = addDomain(t, c, id, "auth.example.com", certificate("a"))
		if err != nil || aws.ToString(out.CloudFrontDomain) != "localhost" {
			t.Errorf("a custom domain: %+v, %v", out, err)
		}
		want := h.URL() + "/" + id
		for _, host := range []string{"fresh.localhost", "auth.example.com"} {
			if got := issuer(host); got != want {
				t.Errorf("%s leads to %q, want %q", host, got, want)
			}
		}
		if p := describe(t, c, id); *p.Domain != "fresh" || *p.CustomDomain != "auth.example.com" {
			t.Errorf("the pool has the domains %v and %v", p.Domain, p.CustomDomain)
		}
		_, err = c.UpdateUserPoolDomain(ctx, &cip.UpdateUserPoolDomainInput{UserPoolId: &id, Domain: aws.String("auth.example.com"), ManagedLoginVersion: aws.Int32(2), CustomDomainConfig: certificate("b")})
		must(t, err)
		if got := domainOf(t, c, "auth.example.com"); *got.CustomDomainConfig.CertificateArn != *certificate("b").CertificateArn || *got.ManagedLoginVersion != 2 {
			t.Errorf("an update left %+v", got)
		}
		_, err = c.DeleteUserPoolDomain(ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: &id, Domain: aws.String("auth.example.com")})
		must(t, err)
		if issuer("auth.example.com") == want || domainOf(t, c, "auth.example.com").Status != "" {
			t.Error("a deleted domain leads on")
		}
		_, err = addDomain(t, c, housetest.PoolID, "auth.example.com", certificate("a"))
		must(t, err) // it is free again
	})
}

// Each refusal of a domain operation that can happen here.
func TestAPIDomainRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		id := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		create := func(pool, name string) error {
			_, err := addDomain(t, c, pool, name, nil)
			return err
		}
		const invalid, none = "InvalidParameterException", "us-east-1_None00001"
		refused(t, create(id, housetest.Prefix), invalid, "Domain already associated with another user pool.")
		refused(t, create(housetest.PoolID, housetest.Prefix), invalid, "Domain already associated with another user pool.")
		refused(t, create(housetest.PoolID, "second"), invalid, "User pool already has a domain configured.")
		refused(t, create(id, "my-cognito"), invalid, "Domain cannot contain reserved word: cognito")
		refused(t, create(id, "Upper"), invalid, `1 validation error detected: Value 'Upper' at 'domain' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`)
		throws(t, create(id, "a..b"), invalid, "Domain")
		refused(t, create(none, "fresh"), "ResourceNotFoundException", "User pool "+none+" does not exist.")

		const unknown = "No such domain or user pool exists."
		update := func(pool, name string) error {
			_, err := c.UpdateUserPoolDomain(ctx, &cip.UpdateUserPoolDomainInput{UserPoolId: &pool, Domain: &name})
			return err
		}
		remove := func(pool, name string) error {
			_, err := c.DeleteUserPoolDomain(ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: &pool, Domain: &name})
			return err
		}
		for _, do := range []func(pool, name string) error{update, remove} {
			refused(t, do(id, housetest.Prefix), invalid, unknown)
			refused(t, do(id, "nowhere"), invalid, unknown)
			refused(t, do(none, housetest.Prefix), "ResourceNotFoundException", "User pool "+none+" does not exist.")
		}
		if *describe(t, c, housetest.PoolID).Domain != housetest.Prefix {
			t.Error("a refused call took the domain away")
		}
	})
}

// The API answers on the server's own host. On a pool's domain the path is a
// page's, and no call reaches it.
func TestAPIHost(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	target := func(base, method string) *housetest.Page {
		r := h.BrowserAt(base).Request(method, "/", url.Values{})
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.InitiateAuth")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		return h.BrowserAt(base).Do(r)
	}
	own := target(h.URL(), http.MethodPost)
	if own.Status != http.StatusBadRequest || own.Header.Get("X-Amzn-Errortype") == "" || own.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("the own host answers %d %v", own.Status, own.Header)
	}
	if p := target(h.URL(), http.MethodOptions); p.Status != http.StatusOK || p.Header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("the own host answers a preflight with %d", p.Status)
	}
	if p := target(at(h, "house.localhost"), http.MethodPost); p.Status != http.StatusNotFound || p.Header.Get("X-Amzn-Errortype") != "" {
		t.Errorf("a pool's domain answers %d", p.Status)
	}
}
