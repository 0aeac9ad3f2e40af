package stories_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// anyProvider is in no pool.
const anyProvider = "Nobody"

// providerCalls name the pool, and what stands beside its people: identity
// providers, its schema and its certificate.
func providerCalls() map[string]plainCall {
	return map[string]plainCall{
		"CreateIdentityProvider": func(x errand, at target) error {
			return only(x.c.CreateIdentityProvider(x.ctx, partner(at.pool, "Plain")))
		},
		"DescribeIdentityProvider": func(x errand, at target) error {
			return only(x.c.DescribeIdentityProvider(x.ctx, &cip.DescribeIdentityProviderInput{UserPoolId: &at.pool, ProviderName: aws.String(anyProvider)}))
		},
		"UpdateIdentityProvider": func(x errand, at target) error {
			return only(x.c.UpdateIdentityProvider(x.ctx, &cip.UpdateIdentityProviderInput{UserPoolId: &at.pool, ProviderName: aws.String(anyProvider)}))
		},
		"DeleteIdentityProvider": func(x errand, at target) error {
			return only(x.c.DeleteIdentityProvider(x.ctx, &cip.DeleteIdentityProviderInput{UserPoolId: &at.pool, ProviderName: aws.String(anyProvider)}))
		},
		"ListIdentityProviders": func(x errand, at target) error {
			return only(x.c.ListIdentityProviders(x.ctx, &cip.ListIdentityProvidersInput{UserPoolId: &at.pool}))
		},
		"GetIdentityProviderByIdentifier": func(x errand, at target) error {
			return only(x.c.GetIdentityProviderByIdentifier(x.ctx, &cip.GetIdentityProviderByIdentifierInput{UserPoolId: &at.pool, IdpIdentifier: aws.String(anyProvider)}))
		},
		"AddCustomAttributes": func(x errand, at target) error {
			return only(x.c.AddCustomAttributes(x.ctx, &cip.AddCustomAttributesInput{UserPoolId: &at.pool, CustomAttributes: []types.SchemaAttributeType{custom("plain")}}))
		},
		"GetSigningCertificate": func(x errand, at target) error {
			return only(x.c.GetSigningCertificate(x.ctx, &cip.GetSigningCertificateInput{UserPoolId: &at.pool}))
		},
	}
}

// tagCalls name the pool by its ARN.
func tagCalls() map[string]plainCall {
	arn := func(at target) *string { return aws.String(pool.ARN(at.pool, "000000000000")) }
	return map[string]plainCall{
		"TagResource": func(x errand, at target) error {
			return only(x.c.TagResource(x.ctx, &cip.TagResourceInput{ResourceArn: arn(at), Tags: map[string]string{"plain": "v"}}))
		},
		"UntagResource": func(x errand, at target) error {
			return only(x.c.UntagResource(x.ctx, &cip.UntagResourceInput{ResourceArn: arn(at), TagKeys: []string{"plain"}}))
		},
		"ListTagsForResource": func(x errand, at target) error {
			return only(x.c.ListTagsForResource(x.ctx, &cip.ListTagsForResourceInput{ResourceArn: arn(at)}))
		},
	}
}

// providerRefusals are those of identity providers, custom attributes and tags.
func providerRefusals() []refusal {
	create := func(pool string, f func(*cip.CreateIdentityProviderInput)) func(errand) error {
		return func(x errand) error {
			in := partner(pool, "Refused")
			f(in)
			return only(x.c.CreateIdentityProvider(x.ctx, in))
		}
	}
	const changed = "ConcurrentModificationException"
	rows := []refusal{
		{"CreateIdentityProvider", "DuplicateProviderException", "A provider with the name Twice already exists in this user pool.", func(x errand) error {
			x.must(only(x.c.CreateIdentityProvider(x.ctx, partner(litePool, "Twice"))))
			return only(x.c.CreateIdentityProvider(x.ctx, partner(litePool, "Twice")))
		}},
		{"CreateIdentityProvider", limited, "A user pool can have at most 300 identity providers.", func(x errand) error {
			id := newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("full")})
			x.must(x.h.DB.Tx(x.ctx, func(ctx context.Context, tx *store.DB) error {
				for i := range pool.MaxProviders {
					if err := tx.ProviderKeys.Create(ctx, &pool.ProviderKey{}, id, pool.ProviderByName, fmt.Sprint(i)); err != nil {
						return err
					}
				}
				return nil
			}))
			return only(x.c.CreateIdentityProvider(x.ctx, partner(id, "Late")))
		}},
		{"CreateIdentityProvider", invalid, "Provider Refused cannot be of type Google.", create(housetest.PoolID, func(in *cip.CreateIdentityProviderInput) {
			in.ProviderType, in.ProviderDetails = "Google", google("").ProviderDetails
		})},
		{"CreateIdentityProvider", invalid, "client_id, client_secret and authorize_scopes are all required idp details", create(housetest.PoolID, func(in *cip.CreateIdentityProviderInput) {
			in.ProviderName, in.ProviderType, in.ProviderDetails = aws.String("Google"), "Google", map[string]string{"client_id": "g"}
		})},
		{"CreateIdentityProvider", invalid, "At least one of the MetadataURL or MetadataFile should be provided.", create(housetest.PoolID, func(in *cip.CreateIdentityProviderInput) {
			in.ProviderDetails = map[string]string{"IDPSignout": "true"}
		})},
		{"CreateIdentityProvider", invalid, "No SingleSignOn Http redirect binding location found in metadata.", create(housetest.PoolID, func(in *cip.CreateIdentityProviderInput) {
			in.ProviderDetails = map[string]string{"MetadataFile": `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="a"><IDPSSODescriptor/></EntityDescriptor>`}
		})},
		{"CreateIdentityProvider", invalid, "AttributeMapping contains invalid mapping: [custom:shoe, sub]", create(housetest.PoolID, func(in *cip.CreateIdentityProviderInput) {
			in.AttributeMapping = map[string]string{"sub": "sub", "custom:shoe": "shoe", "email": "email"}
		})},
		{"UpdateIdentityProvider", changed, "The resource was changed by another request at the same time. Please try again.", func(x errand) error {
			x.must(only(x.c.CreateIdentityProvider(x.ctx, partner(litePool, "Race"))))
			move := func(ctx context.Context, tx *store.DB, identifier string) error {
				return only(tx.Providers.Update(ctx, func(p *pool.IdentityProvider) error { p.IdpIdentifiers = []string{identifier}; return nil }, litePool, "Race"))
			}
			return x.overtaken(changed, move, func() error {
				return only(x.c.UpdateIdentityProvider(x.ctx, &cip.UpdateIdentityProviderInput{UserPoolId: aws.String(litePool), ProviderName: aws.String("Race"), IdpIdentifiers: []string{"mine"}}))
			})
		}},
		{"ListIdentityProviders", invalid, "Invalid pagination token given.", func(x errand) error {
			return only(x.c.ListIdentityProviders(x.ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID(), NextToken: aws.String("made-up")}))
		}},
		{"AddCustomAttributes", invalid, "custom:twice: Existing attribute already has name custom:twice.", func(x errand) error {
			return only(x.c.AddCustomAttributes(x.ctx, &cip.AddCustomAttributesInput{UserPoolId: poolID(), CustomAttributes: []types.SchemaAttributeType{custom("twice"), custom("twice")}}))
		}},
		{"CreateUserPool", "UserPoolTaggingException", "the tag aws:x begins with aws:, which is kept for AWS.", func(x errand) error {
			return only(x.c.CreateUserPool(x.ctx, &cip.CreateUserPoolInput{PoolName: aws.String("p"), UserPoolTags: map[string]string{"aws:x": "v"}}))
		}},
		{"UpdateUserPool", "UserPoolTaggingException", "the tag AWS:x begins with aws:, which is kept for AWS.", func(x errand) error {
			return only(x.c.UpdateUserPool(x.ctx, &cip.UpdateUserPoolInput{UserPoolId: aws.String(litePool), UserPoolTags: map[string]string{"AWS:x": "v"}}))
		}},
	}
	for _, name := range []string{"DescribeIdentityProvider", "UpdateIdentityProvider", "DeleteIdentityProvider", "GetIdentityProviderByIdentifier"} {
		rows = append(rows, refusal{name, notFound, noProvider(anyProvider), func(x errand) error { return providerCalls()[name](x, usual()) }})
	}
	for name, call := range tagCalls() {
		named := func(pool string) func(errand) error {
			return func(x errand) error { return call(x, target{pool: pool}) }
		}
		rows = append(rows, refusal{name, notFound, "User pool " + noPool + " does not exist.", named(noPool)},
			refusal{name, invalid, "ResourceArn: must be the ARN of a user pool of this server, as DescribeUserPool shows it", named(housetest.PoolID + "/client")})
	}
	return rows
}
