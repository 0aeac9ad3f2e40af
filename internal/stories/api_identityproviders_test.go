package stories_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// samlMetadata is the least that describes a SAML identity provider.
const samlMetadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com">` +
	`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
	`<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/in"/></IDPSSODescriptor></EntityDescriptor>`

// partner is a provider as CreateIdentityProvider takes it.
func partner(pool, name string, identifiers ...string) *cip.CreateIdentityProviderInput {
	return &cip.CreateIdentityProviderInput{UserPoolId: &pool, ProviderName: &name, ProviderType: types.IdentityProviderTypeTypeSaml, IdpIdentifiers: identifiers,
		ProviderDetails: map[string]string{"MetadataURL": "https://idp.example.com/metadata"}}
}

func google(pool string) *cip.CreateIdentityProviderInput {
	return &cip.CreateIdentityProviderInput{UserPoolId: &pool, ProviderName: aws.String("Google"), ProviderType: types.IdentityProviderTypeTypeGoogle,
		ProviderDetails: map[string]string{"client_id": "g", "client_secret": "hush", "authorize_scopes": "email openid"}}
}

func provider(t *testing.T, c *cip.Client, in *cip.CreateIdentityProviderInput) *types.IdentityProviderType {
	t.Helper()
	out, err := c.CreateIdentityProvider(t.Context(), in)
	must(t, err)
	return out.IdentityProvider
}

func describeProvider(t *testing.T, c *cip.Client, pool, name string) (*types.IdentityProviderType, error) {
	t.Helper()
	out, err := c.DescribeIdentityProvider(t.Context(), &cip.DescribeIdentityProviderInput{UserPoolId: &pool, ProviderName: &name})
	if err != nil {
		return nil, err
	}
	return out.IdentityProvider, nil
}

func noProvider(name string) string { return "Identity provider " + name + " does not exist." }

var moments = regexp.MustCompile(`"(LastModifiedDate|CreationDate)":1[0-9]{9}(\.[0-9]+)?`)

// The calls that Terraform makes for Google: create, read, update with what
// differs, read, delete, read. What Cognito fills in is there, on the wire too.
func TestAPIIdentityProviders(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx := t.Context()
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		heard := func(mapping, details string) {
			t.Helper()
			want := `{"IdentityProvider":{"UserPoolId":"us-east-1_House0001","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{` +
				`"attributes_url":"https://people.googleapis.com/v1/people/me?personFields=","attributes_url_add_attributes":"true","authorize_scopes":"email openid",` +
				`"authorize_url":"https://accounts.google.com/o/oauth2/v2/auth",` + details + `,"oidc_issuer":"https://accounts.google.com","token_request_method":"POST",` +
				`"token_url":"https://www.googleapis.com/oauth2/v4/token"},"AttributeMapping":{` + mapping + `},"LastModifiedDate":0,"CreationDate":0}}`
			if got := moments.ReplaceAllString(strings.TrimSpace(string(w.last)), `"$1":0`); got != want {
				t.Errorf("the answer is\n%s, want\n%s", got, want)
			}
		}
		read := func() error {
			_, err := describeProvider(t, c, housetest.PoolID, "Google")
			return err
		}
		provider(t, c, google(housetest.PoolID))
		heard(`"username":"sub"`, `"client_id":"g","client_secret":"hush"`)
		must(t, read())
		heard(`"username":"sub"`, `"client_id":"g","client_secret":"hush"`)
		update := func(in cip.UpdateIdentityProviderInput) {
			t.Helper()
			in.UserPoolId, in.ProviderName = poolID(), aws.String("Google")
			_, err := c.UpdateIdentityProvider(ctx, &in)
			must(t, err)
		}
		update(cip.UpdateIdentityProviderInput{AttributeMapping: map[string]string{"email": "email", "username": "sub"}})
		heard(`"email":"email","username":"sub"`, `"client_id":"g","client_secret":"hush"`)
		update(cip.UpdateIdentityProviderInput{ProviderDetails: map[string]string{"client_id": "h", "client_secret": "other", "authorize_scopes": "email openid", "attributes_url_add_attributes": "true"}})
		must(t, read())
		heard(`"email":"email","username":"sub"`, `"client_id":"h","client_secret":"other"`)
		update(cip.UpdateIdentityProviderInput{AttributeMapping: map[string]string{}})
		heard(`"username":"sub"`, `"client_id":"h","client_secret":"other"`)

		_, err := c.DeleteIdentityProvider(ctx, &cip.DeleteIdentityProviderInput{UserPoolId: poolID(), ProviderName: aws.String("Google")})
		must(t, err)
		if len(w.last) != 0 {
			t.Errorf("the answer is %s", w.last)
		}
		refused(t, read(), "ResourceNotFoundException", noProvider("Google"))
		provider(t, c, google(housetest.PoolID)) // its name is free again
	})
}

// Each type of provider is made as AWS's reference shows it; a private key is
// shown to nobody, and an update need not bring it.
func TestAPIIdentityProviderTypes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx, c := t.Context(), sdk(h)
		for kind, given := range map[types.IdentityProviderTypeType]map[string]string{
			"SAML": {"IDPInit": "true", "IDPSignout": "true", "EncryptedResponses": "true", "MetadataFile": samlMetadata, "RequestSigningAlgorithm": "rsa-sha256"},
			"OIDC": {"attributes_request_method": "GET", "attributes_url": "https://auth.example.com/userInfo", "authorize_scopes": "openid profile email", "authorize_url": "https://auth.example.com/authorize",
				"client_id": "1", "client_secret": "s", "jwks_uri": "https://auth.example.com/jwks.json", "oidc_issuer": "https://auth.example.com", "token_url": "https://example.com/token"},
			"LoginWithAmazon": {"authorize_scopes": "profile postal_code", "client_id": "1", "client_secret": "s"},
			"SignInWithApple": {"authorize_scopes": "email name", "client_id": "com.example", "private_key": "1EXAMPLE", "key_id": "2EXAMPLE", "team_id": "3EXAMPLE"},
			"Facebook":        {"api_version": "v17.0", "authorize_scopes": "public_profile, email", "client_id": "1", "client_secret": "s"},
		} {
			name := string(kind)
			if kind == "SAML" || kind == "OIDC" {
				name = "Partner" + name
			}
			provider(t, c, &cip.CreateIdentityProviderInput{UserPoolId: poolID(), ProviderName: &name, ProviderType: kind, ProviderDetails: given})
			p, err := describeProvider(t, c, housetest.PoolID, name)
			must(t, err)
			for detail, value := range given {
				if detail == "private_key" {
					value = ""
				}
				if p.ProviderDetails[detail] != value {
					t.Errorf("%s: %s is %q", kind, detail, p.ProviderDetails[detail])
				}
			}
			if on := p.ProviderDetails["SSORedirectBindingURI"]; kind == "SAML" && on != "https://idp.example.com/in" {
				t.Errorf("people sign in at %q", on)
			}
			_, err = c.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: &name, ProviderDetails: p.ProviderDetails})
			must(t, err)
			after, err := describeProvider(t, c, housetest.PoolID, name)
			must(t, err)
			if diff := cmp.Diff(p.ProviderDetails, after.ProviderDetails); diff != "" {
				t.Errorf("%s, written as it was read: %s", kind, diff)
			}
		}
		kept, err := h.DB.Providers.Get(ctx, housetest.PoolID, "SignInWithApple")
		if err != nil || kept.ProviderDetails.PrivateKey != "1EXAMPLE" {
			t.Errorf("the private key is gone, %v", err)
		}
	})
}

// The list goes on page by page, each provider once, without its details; a token
// opens its own list only.
func TestAPIIdentityProviderLists(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx := t.Context()
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		other := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		_, err := c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID()})
		must(t, err)
		if got := strings.TrimSpace(string(w.last)); got != `{"Providers":[]}` {
			t.Errorf("none are %s", got)
		}
		var want, got []string
		for i := range 5 {
			want = append(want, fmt.Sprint("corp", i))
			provider(t, c, partner(housetest.PoolID, want[i]))
			provider(t, c, partner(other, "other"+want[i]))
		}
		var token, first *string
		for pages := 1; ; pages++ {
			out, err := c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID(), MaxResults: aws.Int32(2), NextToken: token})
			must(t, err)
			for _, p := range out.Providers {
				if p.ProviderType != "SAML" || p.CreationDate == nil || p.LastModifiedDate == nil {
					t.Errorf("listed %+v", p)
				}
				got = append(got, *p.ProviderName)
			}
			if token = out.NextToken; token == nil {
				if pages != 3 {
					t.Errorf("five are %d pages", pages)
				}
				break
			}
			if pages == 1 {
				first = token
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		for pool, token := range map[string]string{other: *first, housetest.PoolID: *first + "AA"} {
			_, err := c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: &pool, NextToken: &token})
			refused(t, err, "InvalidParameterException", "Invalid pagination token given.")
		}
	})
}

// An identifier leads to one provider of the pool, for as long as that has it.
func TestAPIIdentityProviderIdentifiers(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		other := newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		leads := func(pool, identifier, want string) {
			t.Helper()
			out, err := c.GetIdentityProviderByIdentifier(ctx, &cip.GetIdentityProviderByIdentifierInput{UserPoolId: &pool, IdpIdentifier: &identifier})
			if want == "" {
				refused(t, err, "ResourceNotFoundException", noProvider(identifier))
				return
			}
			must(t, err)
			if *out.IdentityProvider.ProviderName != want || *out.IdentityProvider.UserPoolId != pool || !slices.Contains(out.IdentityProvider.IdpIdentifiers, identifier) {
				t.Errorf("%s leads to %+v", identifier, out.IdentityProvider)
			}
		}
		move := func(name string, identifiers ...string) error {
			_, err := c.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: &name, IdpIdentifiers: identifiers})
			return err
		}
		provider(t, c, partner(housetest.PoolID, "North", "north.example.com", "Polar Star"))
		provider(t, c, partner(housetest.PoolID, "South", "south.example.com"))
		provider(t, c, partner(other, "South", "north.example.com"))
		leads(housetest.PoolID, "north.example.com", "North")
		leads(housetest.PoolID, "Polar Star", "North")
		leads(other, "north.example.com", "South")
		leads(other, "south.example.com", "")
		leads(housetest.PoolID, "North", "")
		leads(housetest.PoolID, "NORTH.example.com", "")

		const taken = "The identifier north.example.com is already used by another identity provider of the user pool."
		refused(t, move("South", "south.example.com", "north.example.com"), "InvalidParameterException", taken)
		_, err := c.CreateIdentityProvider(ctx, partner(housetest.PoolID, "East", "east.example.com", "north.example.com"))
		refused(t, err, "InvalidParameterException", taken)
		leads(housetest.PoolID, "east.example.com", "")
		must(t, move("North", "Polar Star"))
		leads(housetest.PoolID, "north.example.com", "")
		must(t, move("South", "north.example.com"))
		leads(housetest.PoolID, "north.example.com", "South")
		leads(housetest.PoolID, "south.example.com", "")
		_, err = c.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: aws.String("South"), ProviderDetails: map[string]string{"MetadataFile": samlMetadata}})
		must(t, err)
		leads(housetest.PoolID, "north.example.com", "South") // what an update leaves out stays
		_, err = c.DeleteIdentityProvider(ctx, &cip.DeleteIdentityProviderInput{UserPoolId: poolID(), ProviderName: aws.String("South")})
		must(t, err)
		leads(housetest.PoolID, "north.example.com", "")
		must(t, move("North", "north.example.com"))
	})
}

// An app client has the providers that are there. Its pages show none of them,
// and no form for passwords where COGNITO is not among them; the API takes
// passwords all the same, as Cognito's does.
func TestAPIClientsOfProviders(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.ExplicitAuthFlows = []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
		}))
		ctx, c := t.Context(), sdk(h)
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		provider(t, c, partner(newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("other")}), "Corp"))
		before := describeClient(t, c, housetest.ClientID)
		list := func(names ...string) error {
			_, err := c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID(), SupportedIdentityProviders: names, ExplicitAuthFlows: before.ExplicitAuthFlows,
				AllowedOAuthFlows: before.AllowedOAuthFlows, AllowedOAuthScopes: before.AllowedOAuthScopes, AllowedOAuthFlowsUserPoolClient: true, CallbackURLs: before.CallbackURLs, LogoutURLs: before.LogoutURLs})
			return err
		}
		has := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, describeClient(t, c, housetest.ClientID).SupportedIdentityProviders); diff != "" {
				t.Error(diff)
			}
		}
		refused(t, list("COGNITO", "Corp"), "InvalidParameterException", "The provider Corp does not exist for User Pool "+housetest.PoolID+".")
		provider(t, c, partner(housetest.PoolID, "Corp"))
		provider(t, c, google(housetest.PoolID))
		must(t, list("COGNITO", "Corp", "Google"))
		has("COGNITO", "Corp", "Google")
		page := h.Browser().Get("/login" + housetest.Ask())
		if page.Status != http.StatusOK || strings.Contains(page.Body, "Corp") || strings.Contains(page.Body, "Google") {
			t.Errorf("the page is %d %s", page.Status, page.Body)
		}
		h.SignIn(h.Browser(), housetest.Ask(), ann, secret)

		must(t, list("Corp", "Google"))
		for _, path := range []string{"/oauth2/authorize", "/login", "/signup", "/forgotPassword"} {
			if to := h.Browser().Get(path + housetest.Ask()).Location(); to.Query().Get("error") != "unauthorized_client" || !strings.HasPrefix(to.String(), housetest.Callback) {
				t.Errorf("%s of a client without COGNITO leads to %s", path, to)
			}
		}
		_, err := byPassword(h, ann, secret)
		must(t, err)

		gone := func(name string) {
			t.Helper()
			_, err := c.DeleteIdentityProvider(ctx, &cip.DeleteIdentityProviderInput{UserPoolId: poolID(), ProviderName: &name})
			must(t, err)
		}
		gone("Corp")
		has("Google")
		gone("Google")
		has("Google") // the list does not become empty, which would stand for COGNITO
		if to := h.Browser().Get("/login" + housetest.Ask()).Location(); to.Query().Get("error") != "unauthorized_client" {
			t.Errorf("a client whose only provider is gone leads to %s", to)
		}
		must(t, list("COGNITO"))
		h.SignIn(h.Browser(), housetest.Ask(), ann, secret)
	})
}
