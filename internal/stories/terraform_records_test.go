package stories_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// home makes the pool that the other resources are in.
func (tf terraform) home() *string {
	tf.Helper()
	return aws.String(newPool(tf.T, tf.c, cip.CreateUserPoolInput{PoolName: aws.String("terraform")}))
}

func TestTerraformClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		pool := tf.home()
		for what, ask := range map[string]*cip.CreateUserPoolClientInput{
			"by its name": {ClientName: aws.String("bare")},
			"with everything": {
				ClientName: aws.String("full"), GenerateSecret: true, AccessTokenValidity: aws.Int32(15), IdTokenValidity: aws.Int32(15), RefreshTokenValidity: 7, AuthSessionValidity: aws.Int32(5),
				TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "minutes", RefreshToken: "days"},
				AllowedOAuthFlows:  []types.OAuthFlowType{"code", "implicit"}, AllowedOAuthScopes: []string{"profile", "openid", "email"}, AllowedOAuthFlowsUserPoolClient: true,
				CallbackURLs: []string{"https://b.example.com/cb", "https://a.example.com/cb"}, DefaultRedirectURI: aws.String("https://a.example.com/cb"), LogoutURLs: []string{"https://a.example.com/bye"},
				ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}, PreventUserExistenceErrors: "ENABLED", EnableTokenRevocation: aws.Bool(true),
				EnablePropagateAdditionalUserContextData: aws.Bool(false), ReadAttributes: []string{"email", "name"}, WriteAttributes: []string{"name"}, SupportedIdentityProviders: []string{"COGNITO"},
			},
		} {
			ask.UserPoolId = pool
			made, err := tf.c.CreateUserPoolClient(tf.ctx, ask)
			must(t, err)
			first := made.UserPoolClient
			noPlan(t, what, ask, struct { // the secret is asked for, not said
				*types.UserPoolClientType
				GenerateSecret bool
			}{first, first.ClientSecret != nil})
			tf.sameClient(what+", before a plan", first)

			change := clientUpdate(first)
			change.LogoutURLs, change.EnableTokenRevocation = []string{"https://a.example.com/gone"}, aws.Bool(false)
			updated, err := tf.c.UpdateUserPoolClient(tf.ctx, change)
			must(t, err)
			noPlan(t, what+", updated", change, updated.UserPoolClient)
			tf.sameClient(what+", updated", updated.UserPoolClient)
			if aws.ToString(updated.UserPoolClient.ClientSecret) != aws.ToString(first.ClientSecret) {
				t.Errorf("%s: an update changes the secret", what)
			}

			del := func() error {
				return only(tf.c.DeleteUserPoolClient(tf.ctx, &cip.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: first.ClientId}))
			}
			must(t, del())
			gone(t, only(tf.c.DescribeUserPoolClient(tf.ctx, &cip.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: first.ClientId})))
			gone(t, del())
		}
	})
}

// sameClient demands that a client reads as it was answered: both go into the
// provider's state as they are.
func (tf terraform) sameClient(what string, answered *types.UserPoolClientType) {
	tf.Helper()
	read, err := tf.c.DescribeUserPoolClient(tf.ctx, &cip.DescribeUserPoolClientInput{UserPoolId: answered.UserPoolId, ClientId: answered.ClientId})
	must(tf.T, err)
	noPlan(tf.T, what, answered, read.UserPoolClient)
	noPlan(tf.T, what, read.UserPoolClient, answered)
}

// clientUpdate is the update that the provider sends without a change: all that
// it has read.
func clientUpdate(read *types.UserPoolClientType) *cip.UpdateUserPoolClientInput {
	return &cip.UpdateUserPoolClientInput{
		UserPoolId: read.UserPoolId, ClientId: read.ClientId, ClientName: read.ClientName, AccessTokenValidity: read.AccessTokenValidity, IdTokenValidity: read.IdTokenValidity,
		RefreshTokenValidity: read.RefreshTokenValidity, AuthSessionValidity: read.AuthSessionValidity, TokenValidityUnits: read.TokenValidityUnits, AllowedOAuthFlows: read.AllowedOAuthFlows,
		AllowedOAuthScopes: read.AllowedOAuthScopes, AllowedOAuthFlowsUserPoolClient: aws.ToBool(read.AllowedOAuthFlowsUserPoolClient), CallbackURLs: read.CallbackURLs,
		DefaultRedirectURI: read.DefaultRedirectURI, LogoutURLs: read.LogoutURLs, ExplicitAuthFlows: read.ExplicitAuthFlows, PreventUserExistenceErrors: read.PreventUserExistenceErrors,
		EnableTokenRevocation: read.EnableTokenRevocation, EnablePropagateAdditionalUserContextData: read.EnablePropagateAdditionalUserContextData, ReadAttributes: read.ReadAttributes,
		WriteAttributes: read.WriteAttributes, SupportedIdentityProviders: read.SupportedIdentityProviders,
	}
}

func TestTerraformDomain(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		pool := tf.home()
		for domain, config := range map[string]*types.CustomDomainConfigType{"terraform-books": nil, "auth.books.example.com": certificate("0001")} {
			ask := &cip.CreateUserPoolDomainInput{UserPoolId: pool, Domain: &domain, CustomDomainConfig: config}
			must(t, only(tf.c.CreateUserPoolDomain(tf.ctx, ask)))
			if got := domainOf(t, tf.c, domain); got.Status != "ACTIVE" || got.CloudFrontDistribution == nil || got.AWSAccountId == nil { // it waits for that, up to an hour
				t.Errorf("the new domain reads %+v", got)
			}
			noPlan(t, domain, ask, domainOf(t, tf.c, domain))
			if p := describe(t, tf.c, *pool); aws.ToString(p.Domain) != domain && aws.ToString(p.CustomDomain) != domain {
				t.Errorf("the pool reads %v, %v as its domains", p.Domain, p.CustomDomain)
			}
			if config != nil {
				change := &cip.UpdateUserPoolDomainInput{UserPoolId: pool, Domain: &domain, CustomDomainConfig: certificate("0002"), ManagedLoginVersion: aws.Int32(2)}
				must(t, only(tf.c.UpdateUserPoolDomain(tf.ctx, change)))
				if got := domainOf(t, tf.c, domain); got.Status != "ACTIVE" {
					t.Errorf("the changed domain reads %+v", got)
				}
				noPlan(t, domain+", updated", change, domainOf(t, tf.c, domain))
			}
			del := func() error {
				return only(tf.c.DeleteUserPoolDomain(tf.ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: pool, Domain: &domain}))
			}
			must(t, del())
			if got := domainOf(t, tf.c, domain); got == nil || got.Status != "" { // as long as it has one, it waits
				t.Errorf("the deleted domain reads %+v", got)
			}
			throws(t, del(), "InvalidParameterException", "No such domain")
		}
	})
}

func TestTerraformGroup(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		pool, name := tf.home(), aws.String("staff")
		read := func() (*types.GroupType, error) {
			out, err := tf.c.GetGroup(tf.ctx, &cip.GetGroupInput{UserPoolId: pool, GroupName: name})
			if err != nil {
				return nil, err
			}
			return out.Group, nil
		}
		ask := &cip.CreateGroupInput{UserPoolId: pool, GroupName: name, Description: aws.String("Who sells"), Precedence: aws.Int32(5), RoleArn: aws.String(roleARN("Staff"))}
		must(t, only(tf.c.CreateGroup(tf.ctx, ask)))
		for _, step := range []struct{ change, want *cip.UpdateGroupInput }{
			{nil, &cip.UpdateGroupInput{Description: ask.Description, Precedence: ask.Precedence, RoleArn: ask.RoleArn}},
			// An update names what changes, and nothing else.
			{&cip.UpdateGroupInput{Description: aws.String("Who buys")}, &cip.UpdateGroupInput{Description: aws.String("Who buys"), Precedence: ask.Precedence, RoleArn: ask.RoleArn}},
			{&cip.UpdateGroupInput{Precedence: aws.Int32(7)}, &cip.UpdateGroupInput{Description: aws.String("Who buys"), Precedence: aws.Int32(7), RoleArn: ask.RoleArn}},
			// What is taken out of the configuration is sent empty.
			{&cip.UpdateGroupInput{Description: aws.String(""), Precedence: aws.Int32(0)}, &cip.UpdateGroupInput{RoleArn: ask.RoleArn}},
		} {
			if step.change != nil {
				step.change.UserPoolId, step.change.GroupName = pool, name
				must(t, only(tf.c.UpdateGroup(tf.ctx, step.change)))
			}
			step.want.UserPoolId, step.want.GroupName = pool, name
			got, err := read()
			must(t, err)
			noPlan(t, "the group", step.want, got)
			noPlan(t, "the group", struct {
				Description *string
				Precedence  *int32
			}{got.Description, got.Precedence}, step.want)
		}
		del := func() error {
			return only(tf.c.DeleteGroup(tf.ctx, &cip.DeleteGroupInput{UserPoolId: pool, GroupName: name}))
		}
		must(t, del())
		_, err := read()
		gone(t, err)
		gone(t, del())
	})
}

func TestTerraformResourceServer(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		pool, id := tf.home(), aws.String("https://api.example.com")
		read := func() (*types.ResourceServerType, error) {
			out, err := tf.c.DescribeResourceServer(tf.ctx, &cip.DescribeResourceServerInput{UserPoolId: pool, Identifier: id})
			if err != nil {
				return nil, err
			}
			return out.ResourceServer, nil
		}
		ask := &cip.CreateResourceServerInput{UserPoolId: pool, Identifier: id, Name: aws.String("api"), Scopes: apiScopes("write", "read")}
		must(t, only(tf.c.CreateResourceServer(tf.ctx, ask)))
		got, err := read()
		must(t, err)
		noPlan(t, "the resource server", ask, got)
		for _, scopes := range [][]types.ResourceServerScopeType{apiScopes("read", "admin"), {}} {
			change := &cip.UpdateResourceServerInput{UserPoolId: pool, Identifier: id, Name: aws.String("API"), Scopes: scopes}
			must(t, only(tf.c.UpdateResourceServer(tf.ctx, change)))
			got, err := read()
			must(t, err)
			noPlan(t, "the resource server, updated", change, got)
		}
		del := func() error {
			return only(tf.c.DeleteResourceServer(tf.ctx, &cip.DeleteResourceServerInput{UserPoolId: pool, Identifier: id}))
		}
		must(t, del())
		_, err = read()
		gone(t, err)
		gone(t, del())
	})
}

// Somebody else has deleted the pool: the next refresh finds all that was in it
// gone, one by one, and fails over none.
func TestTerraformPoolIsGone(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		pool, name := tf.home(), aws.String("staff")
		client, err := tf.c.CreateUserPoolClient(tf.ctx, &cip.CreateUserPoolClientInput{UserPoolId: pool, ClientName: name})
		must(t, err)
		must(t, only(tf.c.CreateGroup(tf.ctx, &cip.CreateGroupInput{UserPoolId: pool, GroupName: name})))
		must(t, only(tf.c.CreateResourceServer(tf.ctx, &cip.CreateResourceServerInput{UserPoolId: pool, Identifier: name, Name: name})))
		tf.deletePool(*pool)
		gone(t, only(tf.c.DescribeUserPoolClient(tf.ctx, &cip.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: client.UserPoolClient.ClientId})))
		gone(t, only(tf.c.GetGroup(tf.ctx, &cip.GetGroupInput{UserPoolId: pool, GroupName: name})))
		gone(t, only(tf.c.DescribeResourceServer(tf.ctx, &cip.DescribeResourceServerInput{UserPoolId: pool, Identifier: name})))
		gone(t, only(tf.c.DeleteUserPoolClient(tf.ctx, &cip.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: client.UserPoolClient.ClientId})))
		gone(t, only(tf.c.DeleteGroup(tf.ctx, &cip.DeleteGroupInput{UserPoolId: pool, GroupName: name})))
		gone(t, only(tf.c.DeleteResourceServer(tf.ctx, &cip.DeleteResourceServerInput{UserPoolId: pool, Identifier: name})))
	})
}
