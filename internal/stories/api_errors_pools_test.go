package stories_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// The exceptions that many rows share.
const (
	invalid      = "InvalidParameterException"
	unauthorized = "NotAuthorizedException"
	notFound     = "ResourceNotFoundException"
	noUser       = "UserNotFoundException"
	badPassword  = "InvalidPasswordException"
	limited      = "LimitExceededException"

	tooShort  = "Password did not conform with policy: Password not long enough"
	tooOften  = "Attempt limit exceeded, please try after some time."
	nobody    = "User does not exist."
	badText   = "1 validation error detected: Value at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s"
	noSecret  = "Client " + secretApp + " is configured with secret but SECRET_HASH was not received"
	mustReset = "Password reset required for the user"
)

// targetRefusals: what a call is about is not there, or is no name at all.
func targetRefusals() []refusal {
	var rows []refusal
	add := func(calls map[string]plainCall, exception, message string, change func(*target)) {
		for name, call := range calls {
			rows = append(rows, refusal{name, exception, message, func(x errand) error {
				at := usual()
				change(&at)
				return call(x, at)
			}})
		}
	}
	pools, tokens := poolCalls(), tokenCalls()
	maps.Copy(pools, recordCalls())
	maps.Copy(pools, providerCalls())
	maps.Copy(pools, operatorCalls())
	maps.Copy(pools, sessionPoolCalls())
	maps.Copy(pools, cfgCalls())
	maps.Copy(pools, importCalls())
	maps.Copy(pools, brandingCalls())
	maps.Copy(pools, auditCalls())
	maps.Copy(pools, mfaPoolCalls())
	maps.Copy(tokens, sessionTokenCalls())
	maps.Copy(tokens, mfaTokenCalls())
	add(pools, notFound, "User pool "+noPool+" does not exist.", func(at *target) { at.pool = noPool })
	add(appCalls(), notFound, "User pool client "+noApp+" does not exist.", func(at *target) { at.app = noApp })
	add(tokens, unauthorized, "Invalid Access Token", func(at *target) { at.token = "for.ged.token" })

	const named = "1 validation error detected: Value 'malformed' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: "
	add(pools, invalid, named+`[\w-]+_[0-9a-zA-Z]+`, func(at *target) { at.pool = "malformed" })
	add(appCalls(), invalid, fmt.Sprintf(badText, "clientId", `[\w+]+`), func(at *target) { at.app = "no client" })
	add(tokens, invalid, fmt.Sprintf(badText, "accessToken", `[A-Za-z0-9-_=.]+`), func(at *target) { at.token = "no token" })
	return rows
}

// poolRefusals are those of pools, app clients and domains.
func poolRefusals() []refusal {
	return append(raceRefusals(), []refusal{
		{"CreateUserPool", invalid, "Required custom attributes are not supported currently.", func(x errand) error {
			return only(x.c.CreateUserPool(x.ctx, &cip.CreateUserPoolInput{PoolName: aws.String("p"),
				Schema: []types.SchemaAttributeType{{Name: aws.String("x"), AttributeDataType: "String", Required: aws.Bool(true)}}}))
		}},
		{"DeleteUserPool", invalid, "User pool cannot be deleted. It has a domain configured that should be deleted first.", func(x errand) error {
			return poolCalls()["DeleteUserPool"](x, usual())
		}},
		{"ListUserPools", invalid, "Invalid pagination token given.", func(x errand) error {
			return only(x.c.ListUserPools(x.ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1), NextToken: aws.String("made-up")}))
		}},
		{"CreateUserPoolClient", invalid, "Invalid range for token validity.", func(x errand) error {
			return x.newClient(housetest.PoolID, func(in *cip.CreateUserPoolClientInput) { in.AccessTokenValidity = aws.Int32(25) })
		}},
		{"CreateUserPoolClient", "InvalidOAuthFlowException", "client_credentials flow can not be selected if client does not have a client secret.", func(x errand) error {
			return x.newClient(housetest.PoolID, func(in *cip.CreateUserPoolClientInput) {
				in.AllowedOAuthFlows = []types.OAuthFlowType{"client_credentials"}
			})
		}},
		{"CreateUserPoolClient", "ScopeDoesNotExistException", "Invalid scope requested: books/read", func(x errand) error {
			return x.newClient(housetest.PoolID, func(in *cip.CreateUserPoolClientInput) { in.AllowedOAuthScopes = []string{"books/read"} })
		}},
		{"CreateUserPoolClient", "FeatureUnavailableInTierException", "ALLOW_USER_AUTH needs the tier ESSENTIALS or PLUS.", func(x errand) error {
			return x.newClient(litePool, func(in *cip.CreateUserPoolClientInput) {
				in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}
			})
		}},
		{"UpdateUserPoolClient", "InvalidOAuthFlowException", "client_credentials flow can not be selected if client does not have a client secret.", func(x errand) error {
			return only(x.c.UpdateUserPoolClient(x.ctx, &cip.UpdateUserPoolClientInput{UserPoolId: aws.String(litePool), ClientId: aws.String(liteApp), AllowedOAuthFlows: []types.OAuthFlowType{"client_credentials"}}))
		}},
		{"UpdateUserPoolClient", "ScopeDoesNotExistException", "Invalid scope requested: books/read", func(x errand) error {
			return only(x.c.UpdateUserPoolClient(x.ctx, &cip.UpdateUserPoolClientInput{UserPoolId: aws.String(litePool), ClientId: aws.String(liteApp), AllowedOAuthScopes: []string{"books/read"}}))
		}},
		{"UpdateUserPoolClient", "FeatureUnavailableInTierException", "ALLOW_USER_AUTH needs the tier ESSENTIALS or PLUS.", func(x errand) error {
			return only(x.c.UpdateUserPoolClient(x.ctx, &cip.UpdateUserPoolClientInput{UserPoolId: aws.String(litePool), ClientId: aws.String(liteApp), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_AUTH"}}))
		}},
		{"CreateUserPoolDomain", invalid, "Domain already associated with another user pool.", func(x errand) error {
			return only(addDomain(x.T, x.c, litePool, housetest.Prefix, nil))
		}},
		{"DescribeUserPoolDomain", invalid, `1 validation error detected: Value 'Upper' at 'domain' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`, func(x errand) error {
			return only(x.c.DescribeUserPoolDomain(x.ctx, &cip.DescribeUserPoolDomainInput{Domain: aws.String("Upper")}))
		}},
		{"UpdateUserPoolDomain", invalid, "No such domain or user pool exists.", func(x errand) error { return poolCalls()["UpdateUserPoolDomain"](x, usual()) }},
		{"DeleteUserPoolDomain", invalid, "No such domain or user pool exists.", func(x errand) error { return poolCalls()["DeleteUserPoolDomain"](x, usual()) }},
	}...)
}

// newClient asks for a client; f says what is wrong with it.
func (x errand) newClient(poolID string, f func(*cip.CreateUserPoolClientInput)) error {
	in := &cip.CreateUserPoolClientInput{UserPoolId: &poolID, ClientName: aws.String("c")}
	f(in)
	return only(x.c.CreateUserPoolClient(x.ctx, in))
}

// raceRefusals: somebody else changes what a call has read, before it writes.
func raceRefusals() []refusal {
	const changed, text = "ConcurrentModificationException", "The resource was changed by another request at the same time. Please try again."
	return []refusal{
		{"UpdateUserPool", changed, text, func(x errand) error {
			id := newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("race")})
			rename := func(ctx context.Context, tx *store.DB, name string) error {
				return only(tx.Pools.Update(ctx, func(p *pool.Pool) error { p.PoolName = name; return nil }, id))
			}
			return x.overtaken(changed, rename, func() error {
				return only(x.c.UpdateUserPool(x.ctx, &cip.UpdateUserPoolInput{UserPoolId: &id, PoolName: aws.String("mine")}))
			})
		}},
		{"UpdateUserPoolClient", changed, text, func(x errand) error {
			made, err := x.c.CreateUserPoolClient(x.ctx, &cip.CreateUserPoolClientInput{UserPoolId: aws.String(litePool), ClientName: aws.String("race")})
			x.must(err)
			id := made.UserPoolClient.ClientId
			rename := func(ctx context.Context, tx *store.DB, name string) error {
				return only(tx.Clients.Update(ctx, func(c *pool.Client) error { c.ClientName = name; return nil }, litePool, *id))
			}
			return x.overtaken(changed, rename, func() error {
				return only(x.c.UpdateUserPoolClient(x.ctx, &cip.UpdateUserPoolClientInput{UserPoolId: aws.String(litePool), ClientId: id, ClientName: aws.String("mine")}))
			})
		}},
		{"UpdateUserPoolDomain", changed, text, func(x errand) error {
			const domain = "race.example.com"
			id := newPool(x.T, x.c, cip.CreateUserPoolInput{PoolName: aws.String("race")})
			x.must(only(addDomain(x.T, x.c, id, domain, certificate("a"))))
			certify := func(ctx context.Context, tx *store.DB, name string) error {
				if _, err := tx.Pools.Update(ctx, func(*pool.Pool) error { return nil }, id); err != nil { // as whoever changes its domains does
					return err
				}
				return tx.PutDomain(ctx, &pool.Domain{Domain: domain, UserPoolID: id, CustomDomainConfig: &pool.CustomDomainConfig{CertificateArn: name}})
			}
			return x.overtaken(changed, certify, func() error {
				return only(x.c.UpdateUserPoolDomain(x.ctx, &cip.UpdateUserPoolDomainInput{UserPoolId: &id, Domain: aws.String(domain), CustomDomainConfig: certificate("mine")}))
			})
		}},
	}
}

// overtaken makes a call while another change is under way, which is done when
// the call has read what was before it: how soon that is, nobody outside can
// see, so the change takes longer each time until the call is refused.
func (x errand) overtaken(exception string, change func(ctx context.Context, tx *store.DB, name string) error, call func() error) error {
	return x.until(exception, 60, func(i int) error {
		answer := make(chan error, 1)
		begin := sync.OnceFunc(func() { go func() { answer <- call() }() })
		x.must(x.h.DB.Tx(x.ctx, func(ctx context.Context, tx *store.DB) error {
			if err := change(ctx, tx, fmt.Sprint("theirs", i)); err != nil {
				return err
			}
			begin()
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
			return nil
		}))
		return <-answer
	})
}

// operatorRefusals are those of what operators do with people.
func operatorRefusals() []refusal {
	unknown := func(call string) func(errand) error {
		return func(x errand) error { return poolCalls()[call](x, usual()) }
	}
	create := func(x errand, f func(*cip.AdminCreateUserInput)) error {
		in := &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: aws.String(x.newcomer())}
		f(in)
		return only(x.c.AdminCreateUser(x.ctx, in))
	}
	again := func(in *cip.AdminCreateUserInput) { in.MessageAction = types.MessageActionTypeResend }
	rows := []refusal{
		{"AdminConfirmSignUp", unauthorized, "User cannot be confirmed. Current status is CONFIRMED", func(x errand) error {
			return only(x.c.AdminConfirmSignUp(x.ctx, &cip.AdminConfirmSignUpInput{UserPoolId: poolID(), Username: aws.String(x.somebody())}))
		}},
		{"AdminResetUserPassword", unauthorized, "User password cannot be reset in the current state.", func(x errand) error {
			return only(x.c.AdminResetUserPassword(x.ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(x.invited())}))
		}},
		{"AdminResetUserPassword", unauthorized, "User is disabled.", func(x errand) error {
			name := x.somebody()
			x.must(only(x.c.AdminDisableUser(x.ctx, &cip.AdminDisableUserInput{UserPoolId: poolID(), Username: &name})))
			return only(x.c.AdminResetUserPassword(x.ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: &name}))
		}},
		{"AdminResetUserPassword", invalid, "Cannot reset password for the user as there is no registered/verified email or phone_number", func(x errand) error {
			name := x.somebody()
			x.must(only(x.c.AdminUpdateUserAttributes(x.ctx, &cip.AdminUpdateUserAttributesInput{UserPoolId: poolID(), Username: &name, UserAttributes: []types.AttributeType{attribute("email_verified", "false")}})))
			return only(x.c.AdminResetUserPassword(x.ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: &name}))
		}},
		{"AdminResetUserPassword", "LimitExceededException", "Attempt limit exceeded, please try after some time.", func(x errand) error {
			name := x.somebody()
			return x.until("LimitExceededException", 10, func(int) error {
				return only(x.c.AdminResetUserPassword(x.ctx, &cip.AdminResetUserPasswordInput{UserPoolId: poolID(), Username: &name}))
			})
		}},
		{"AdminUpdateUserAttributes", "AliasExistsException", "An account with the given email already exists.", func(x errand) error {
			name := x.somebody()
			return only(x.c.AdminUpdateUserAttributes(x.ctx, &cip.AdminUpdateUserAttributesInput{UserPoolId: poolID(), Username: aws.String(x.somebody()), UserAttributes: []types.AttributeType{attribute("email", name)}}))
		}},
		{"AdminUpdateUserAttributes", invalid, "user.custom:none: Attribute does not exist in the schema.\n", func(x errand) error {
			return only(x.c.AdminUpdateUserAttributes(x.ctx, &cip.AdminUpdateUserAttributesInput{UserPoolId: poolID(), Username: aws.String(x.somebody()), UserAttributes: []types.AttributeType{attribute("custom:none", "1")}}))
		}},
		{"AdminDeleteUserAttributes", invalid, "user.custom:none: Attribute does not exist in the schema.\n", func(x errand) error {
			return only(x.c.AdminDeleteUserAttributes(x.ctx, &cip.AdminDeleteUserAttributesInput{UserPoolId: poolID(), Username: aws.String(x.somebody()), UserAttributeNames: []string{"custom:none"}}))
		}},
		{"AdminGetUser", noUser, nobody, unknown("AdminGetUser")},
		{"AdminSetUserPassword", noUser, nobody, unknown("AdminSetUserPassword")},
		{"AdminSetUserPassword", badPassword, tooShort, func(x errand) error {
			return only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: aws.String(x.invited()), Password: aws.String("short")}))
		}},
		{"AdminCreateUser", noUser, nobody, func(x errand) error { return create(x, again) }},
		{"AdminCreateUser", badPassword, tooShort, func(x errand) error {
			return create(x, func(in *cip.AdminCreateUserInput) { in.TemporaryPassword = aws.String("short") })
		}},
		{"AdminCreateUser", "UsernameExistsException", "An account with the given email already exists.", func(x errand) error {
			name := x.invited()
			return create(x, func(in *cip.AdminCreateUserInput) { in.Username = &name })
		}},
		{"AdminCreateUser", "UsernameExistsException", "User account already exists", func(x errand) error {
			in := &cip.AdminCreateUserInput{UserPoolId: aws.String(aliasPool), Username: aws.String("twice")}
			x.must(only(x.c.AdminCreateUser(x.ctx, in)))
			return only(x.c.AdminCreateUser(x.ctx, in))
		}},
		{"AdminCreateUser", "UnsupportedUserStateException", "Resend not possible. pat status is not FORCE_CHANGE_PASSWORD", func(x errand) error {
			name := x.aliased("pat", nil)
			return create(x, func(in *cip.AdminCreateUserInput) {
				in.UserPoolId, in.Username, in.MessageAction = aws.String(aliasPool), &name, types.MessageActionTypeResend
			})
		}},
		{"AdminCreateUser", invalid, "Username should be an email.", func(x errand) error {
			return create(x, func(in *cip.AdminCreateUserInput) { in.Username = aws.String("pat") })
		}},
	}
	for name, call := range operatorCalls() {
		rows = append(rows, refusal{name, noUser, nobody, func(x errand) error { return call(x, usual()) }})
	}
	return rows
}

// aliased is a confirmed account of the pool with aliases.
func (x errand) aliased(name string, attributes []types.AttributeType) string {
	x.Helper()
	x.must(only(x.c.AdminCreateUser(x.ctx, &cip.AdminCreateUserInput{UserPoolId: aws.String(aliasPool), Username: &name, MessageAction: types.MessageActionTypeSuppress, UserAttributes: attributes})))
	x.must(only(x.c.AdminSetUserPassword(x.ctx, &cip.AdminSetUserPasswordInput{UserPoolId: aws.String(aliasPool), Username: &name, Password: aws.String(rightOne), Permanent: true})))
	return name
}
