package stories_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The stories of this file make the calls that Terraform's AWS provider makes
// for aws_cognito_user_pool, _client, _domain, _group and _resource_server, in
// its order: it creates, and reads what it has created; before each plan it
// reads; it updates with what it has read and what is to change, and reads; it
// deletes, and looks whether it is gone. A read that differs from what was
// asked is a plan that never comes to an end.
type terraform struct {
	*testing.T
	ctx context.Context
	c   *cip.Client
}

// startTerraform runs a house and the provider.
func startTerraform(t *testing.T, database string) terraform {
	t.Helper()
	return terraform{t, t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))}
}

// readPool is the provider's read of a pool: two calls.
func (tf terraform) readPool(id string) *types.UserPoolType {
	tf.Helper()
	p := describe(tf.T, tf.c, id)
	mfa, err := tf.c.GetUserPoolMfaConfig(tf.ctx, &cip.GetUserPoolMfaConfigInput{UserPoolId: &id})
	must(tf.T, err)
	if mfa.MfaConfiguration != p.MfaConfiguration || mfa.SoftwareTokenMfaConfiguration != nil || mfa.WebAuthnConfiguration != nil {
		tf.Errorf("MFA that nobody configured reads %+v, the pool says %s", mfa, p.MfaConfiguration)
	}
	// What no configuration of these stories has must read as not configured.
	if p.DeviceConfiguration != nil || p.SmsConfiguration != nil || p.SmsAuthenticationMessage != nil || p.SmsVerificationMessage != nil || p.UserPoolAddOns != nil ||
		!reflect.DeepEqual(p.LambdaConfig, &types.LambdaConfigType{}) || len(p.AliasAttributes) > 0 {
		tf.Errorf("the pool has what nobody configured: %+v", p)
	}
	if p.CreationDate == nil || p.LastModifiedDate == nil || p.Policies.PasswordPolicy == nil || p.Policies.SignInPolicy == nil { // the provider does not look whether they are there
		tf.Errorf("the provider would end in a panic: %+v", p)
	}
	return p
}

// poolAsked is what a configuration with a bit of everything sends.
func poolAsked() *cip.CreateUserPoolInput {
	return &cip.CreateUserPoolInput{
		PoolName: aws.String("terraform"), DeletionProtection: "INACTIVE", UsernameAttributes: []types.UsernameAttributeType{"email"},
		AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}, UsernameConfiguration: &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)},
		AccountRecoverySetting:      &types.AccountRecoverySettingType{RecoveryMechanisms: []types.RecoveryOptionType{{Name: "verified_email", Priority: aws.Int32(1)}}},
		AdminCreateUserConfig:       &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true},
		EmailConfiguration:          &types.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT", ReplyToEmailAddress: aws.String("help@example.com")},
		UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}},
		VerificationMessageTemplate: &types.VerificationMessageTemplateType{DefaultEmailOption: "CONFIRM_WITH_CODE", EmailSubject: aws.String("Your code"), EmailMessage: aws.String("It is {####}.")},
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{ // all of a block is sent, the zeros too
			MinimumLength: aws.Int32(10), PasswordHistorySize: aws.Int32(0), RequireNumbers: true, TemporaryPasswordValidityDays: 3,
		}},
		Schema: []types.SchemaAttributeType{
			{Name: aws.String("email"), AttributeDataType: "String", DeveloperOnlyAttribute: aws.Bool(false), Mutable: aws.Bool(true), Required: aws.Bool(true),
				StringAttributeConstraints: &types.StringAttributeConstraintsType{MinLength: aws.String("0"), MaxLength: aws.String("2048")}},
			{Name: aws.String("shelf"), AttributeDataType: "String", DeveloperOnlyAttribute: aws.Bool(false), Mutable: aws.Bool(false), Required: aws.Bool(false),
				StringAttributeConstraints: &types.StringAttributeConstraintsType{MinLength: aws.String("1"), MaxLength: aws.String("64")}},
			{Name: aws.String("level"), AttributeDataType: "Number", DeveloperOnlyAttribute: aws.Bool(false), Mutable: aws.Bool(true), Required: aws.Bool(false),
				NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("1"), MaxValue: aws.String("9")}},
		},
	}
}

func TestTerraformUserPool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		tf := startTerraform(t, database)
		for what, ask := range map[string]*cip.CreateUserPoolInput{"by its name": {PoolName: aws.String("bare"), DeletionProtection: "INACTIVE"}, "with everything": poolAsked()} {
			made, err := tf.c.CreateUserPool(tf.ctx, ask)
			must(t, err)
			id := *made.UserPool.Id
			read := tf.readPool(id)
			noPlan(t, what, ask, read)
			schemaHas(t, read, ask.Schema...)
			noPlan(t, what+", before a plan", read, tf.readPool(id))

			change := poolUpdate(read)
			change.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
			change.Policies.PasswordPolicy.MinimumLength = aws.Int32(14)
			must(t, only(tf.c.UpdateUserPool(tf.ctx, change)))
			changed := tf.readPool(id)
			noPlan(t, what+", updated", change, changed)
			schemaHas(t, changed, ask.Schema...)

			// A block that is taken out of the configuration is sent empty, or not at all.
			change.UserAttributeUpdateSettings = &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{}}
			change.AutoVerifiedAttributes, change.AccountRecoverySetting = nil, nil
			must(t, only(tf.c.UpdateUserPool(tf.ctx, change)))
			changed = tf.readPool(id)
			if len(changed.AutoVerifiedAttributes) > 0 || len(changed.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate) > 0 {
				t.Errorf("%s: blocks that were taken out read %+v", what, changed)
			}
			tf.growSchema(id, ask.Schema)
			tf.tags(*changed.Arn, id)
			tf.deletePool(id)
		}
	})
}

// growSchema adds an attribute to the configuration.
func (tf terraform) growSchema(id string, before []types.SchemaAttributeType) {
	tf.Helper()
	more := types.SchemaAttributeType{Name: aws.String("later"), AttributeDataType: "String", DeveloperOnlyAttribute: aws.Bool(false), Mutable: aws.Bool(true), Required: aws.Bool(false),
		StringAttributeConstraints: &types.StringAttributeConstraintsType{MinLength: aws.String("0"), MaxLength: aws.String("10")}}
	must(tf.T, only(tf.c.AddCustomAttributes(tf.ctx, &cip.AddCustomAttributesInput{UserPoolId: &id, CustomAttributes: []types.SchemaAttributeType{more}})))
	schemaHas(tf.T, tf.readPool(id), append(slices.Clone(before), more)...)
}

// tags changes the tags of a configuration: each way by a call of its own, and
// an update of the pool, which does not name them, leaves them alone.
func (tf terraform) tags(arn, id string) {
	tf.Helper()
	set := func(tags map[string]string) error {
		return only(tf.c.TagResource(tf.ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: tags}))
	}
	must(tf.T, set(map[string]string{"team": "books", "stage": "test"}))
	must(tf.T, only(tf.c.UntagResource(tf.ctx, &cip.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"stage"}})))
	must(tf.T, set(map[string]string{"team": "films"}))
	must(tf.T, only(tf.c.UpdateUserPool(tf.ctx, poolUpdate(tf.readPool(id)))))
	if diff := cmp.Diff(map[string]string{"team": "films"}, tf.readPool(id).UserPoolTags); diff != "" {
		tf.Error(diff)
	}
	tagged := newPool(tf.T, tf.c, cip.CreateUserPoolInput{PoolName: aws.String("tagged"), UserPoolTags: map[string]string{"team": "books"}})
	if diff := cmp.Diff(map[string]string{"team": "books"}, tf.readPool(tagged).UserPoolTags); diff != "" {
		tf.Error(diff)
	}
	tf.deletePool(tagged)
}

// deletePool deletes, finds it gone, and takes a second deletion for done.
func (tf terraform) deletePool(id string) {
	tf.Helper()
	del := func() error {
		return only(tf.c.DeleteUserPool(tf.ctx, &cip.DeleteUserPoolInput{UserPoolId: &id}))
	}
	must(tf.T, del())
	gone(tf.T, only(tf.c.DescribeUserPool(tf.ctx, &cip.DescribeUserPoolInput{UserPoolId: &id})))
	gone(tf.T, del())
}

// gone demands the exception, of its own type, by which the provider knows that
// something is not there.
func gone(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
		t.Errorf("got %v, want ResourceNotFoundException", err)
	}
}

// poolUpdate is the update that the provider sends without a change: what it
// has read, but for what an update has no member for, and the days that stand
// in the password policy already.
func poolUpdate(read *types.UserPoolType) *cip.UpdateUserPoolInput {
	admin := *read.AdminCreateUserConfig
	admin.UnusedAccountValidityDays = 0
	return &cip.UpdateUserPoolInput{
		UserPoolId: read.Id, PoolName: read.Name, AccountRecoverySetting: read.AccountRecoverySetting, AdminCreateUserConfig: &admin,
		AutoVerifiedAttributes: read.AutoVerifiedAttributes, DeletionProtection: read.DeletionProtection, EmailConfiguration: read.EmailConfiguration,
		EmailVerificationMessage: read.EmailVerificationMessage, EmailVerificationSubject: read.EmailVerificationSubject, MfaConfiguration: read.MfaConfiguration,
		Policies: read.Policies, UserAttributeUpdateSettings: read.UserAttributeUpdateSettings, UserPoolTier: read.UserPoolTier, VerificationMessageTemplate: read.VerificationMessageTemplate,
	}
}
