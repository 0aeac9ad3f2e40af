package stories_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// ear hears what the house says, beside AWS's client: absence and default are
// one there, but not on the wire.
type ear struct {
	*http.Client
	last []byte
}

func (w *ear) Do(r *http.Request) (*http.Response, error) {
	answer, err := w.Client.Do(r)
	if err != nil {
		return answer, err
	}
	w.last, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(w.last))
	return answer, err
}

// member is a member of the last answer, without what differs from run to run.
func (w *ear) member(t *testing.T, name string, unsteady ...string) map[string]any {
	t.Helper()
	var answer map[string]map[string]any
	must(t, json.Unmarshal(w.last, &answer))
	for _, member := range append(unsteady, "CreationDate", "LastModifiedDate") {
		if answer[name][member] == nil {
			t.Errorf("%s has no %s", name, member)
		}
		delete(answer[name], member)
	}
	return answer[name]
}

// listened is a client whose answers can be heard.
func listened(h *housetest.House) (*cip.Client, *ear) {
	w := &ear{Client: h.HTTP()}
	return cip.New(cip.Options{Region: "us-east-1", BaseEndpoint: aws.String(h.URL()), HTTPClient: w, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "anything", "")}), w
}

// throws checks for an exception whose text is our own, which names something.
func throws(t *testing.T, err error, name, naming string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != name || !strings.Contains(e.ErrorMessage(), naming) {
		t.Errorf("got %v, want %s with %q", err, name, naming)
	}
}

// newPool makes a pool through the API.
func newPool(t *testing.T, c *cip.Client, in cip.CreateUserPoolInput) string {
	t.Helper()
	out, err := c.CreateUserPool(t.Context(), &in)
	must(t, err)
	return *out.UserPool.Id
}

// ignoreUnexported looks at what AWS's client shows of its answers.
var ignoreUnexported = cmpopts.IgnoreUnexported(
	types.PasswordPolicyType{}, types.UsernameConfigurationType{}, types.VerificationMessageTemplateType{}, types.AccountRecoverySettingType{},
	types.RecoveryOptionType{}, types.UserAttributeUpdateSettingsType{}, types.UserPoolClientType{}, types.TokenValidityUnitsType{},
	types.RefreshTokenRotationType{},
)

const bareUserPool = `{
	"Name": "bare", "Policies": {
		"PasswordPolicy": {"MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true, "TemporaryPasswordValidityDays": 7},
		"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD"]}},
	"DeletionProtection": "INACTIVE", "LambdaConfig": {}, "MfaConfiguration": "OFF", "EstimatedNumberOfUsers": 0, "UserPoolTags": {}, "UserPoolTier": "ESSENTIALS",
	"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
	"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": []},
	"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
	"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": false, "UnusedAccountValidityDays": 7}
}`

// A pool of which only the name is said is shown with the defaults that
// Cognito's console and infrastructure programs read back.
func TestAPIPoolDefaults(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		made, err := c.CreateUserPool(t.Context(), &cip.CreateUserPoolInput{PoolName: aws.String("bare")})
		must(t, err)
		var want map[string]any
		must(t, json.Unmarshal([]byte(bareUserPool), &want))
		created := w.member(t, "UserPool", "Id", "Arn")
		schema, _ := created["SchemaAttributes"].([]any)
		delete(created, "SchemaAttributes")
		if diff := cmp.Diff(want, created); diff != "" {
			t.Error(diff)
		}
		id := *made.UserPool.Id
		if !pool.ValidPoolID(id) || pool.Region(id) != "us-east-1" || *made.UserPool.Arn != "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"+id {
			t.Errorf("the pool is %s, %s", id, *made.UserPool.Arn)
		}
		described, err := c.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: &id})
		must(t, err)
		if !described.UserPool.CreationDate.Equal(*made.UserPool.CreationDate) {
			t.Error("the pool's age changes")
		}
		again := w.member(t, "UserPool", "Id", "Arn")
		if diff := cmp.Diff(schema, again["SchemaAttributes"]); diff != "" {
			t.Error(diff)
		}
		delete(again, "SchemaAttributes")
		if diff := cmp.Diff(want, again); diff != "" {
			t.Error(diff)
		}
		standardAttributes(t, schema)
	})
}

func standardAttributes(t *testing.T, schema []any) {
	t.Helper()
	var names []string
	byName := map[string]any{}
	for _, a := range schema {
		name, _ := a.(map[string]any)["Name"].(string)
		names, byName[name] = append(names, name), a
	}
	want := strings.Fields("sub name given_name family_name middle_name nickname preferred_username profile picture website email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at")
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	flags := func(extra map[string]any) map[string]any {
		out := map[string]any{"DeveloperOnlyAttribute": false, "Mutable": true, "Required": false}
		for k, v := range extra {
			out[k] = v
		}
		return out
	}
	for name, want := range map[string]any{
		"sub": flags(map[string]any{"Name": "sub", "AttributeDataType": "String", "Mutable": false, "Required": true,
			"StringAttributeConstraints": map[string]any{"MinLength": "1", "MaxLength": "2048"}}),
		"email_verified": flags(map[string]any{"Name": "email_verified", "AttributeDataType": "Boolean"}),
		"birthdate": flags(map[string]any{"Name": "birthdate", "AttributeDataType": "String",
			"StringAttributeConstraints": map[string]any{"MinLength": "10", "MaxLength": "10"}}),
		"updated_at": flags(map[string]any{"Name": "updated_at", "AttributeDataType": "Number", "NumberAttributeConstraints": map[string]any{"MinValue": "0"}}),
	} {
		if diff := cmp.Diff(want, byName[name]); diff != "" {
			t.Error(diff)
		}
	}
}

// everySetting is a pool with all settings that have an effect.
func everySetting() cip.CreateUserPoolInput {
	return cip.CreateUserPoolInput{
		PoolName: aws.String("full"), DeletionProtection: types.DeletionProtectionTypeActive, UserPoolTier: types.UserPoolTierTypePlus,
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{
			MinimumLength: aws.Int32(10), RequireNumbers: true, TemporaryPasswordValidityDays: 3,
		}},
		AliasAttributes: []types.AliasAttributeType{"email", "preferred_username"}, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
		UsernameConfiguration:       &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)},
		AdminCreateUserConfig:       &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true},
		VerificationMessageTemplate: &types.VerificationMessageTemplateType{DefaultEmailOption: "CONFIRM_WITH_LINK", EmailMessageByLink: aws.String("{##here##}")},
		EmailConfiguration:          &types.EmailConfigurationType{From: aws.String("pool@example.com"), ReplyToEmailAddress: aws.String("help@example.com")},
		AccountRecoverySetting:      &types.AccountRecoverySettingType{RecoveryMechanisms: []types.RecoveryOptionType{{Name: "verified_email", Priority: aws.Int32(1)}}},
		UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}},
		Schema: []types.SchemaAttributeType{
			{Name: aws.String("email"), Required: aws.Bool(true)},
			{Name: aws.String("level"), AttributeDataType: "Number", NumberAttributeConstraints: &types.NumberAttributeConstraintsType{MinValue: aws.String("1")}},
		},
	}
}

// What is set is read back, and an update returns to its default whatever it
// leaves out, but for what no update can name.
func TestAPIPoolSettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		in := everySetting()
		id := newPool(t, c, in)
		got := describe(t, c, id)
		for what, pair := range map[string][2]any{
			"policy":       {got.Policies.PasswordPolicy, &types.PasswordPolicyType{MinimumLength: aws.Int32(10), RequireNumbers: true, TemporaryPasswordValidityDays: 3}},
			"aliases":      {got.AliasAttributes, in.AliasAttributes},
			"verified":     {got.AutoVerifiedAttributes, in.AutoVerifiedAttributes},
			"case":         {got.UsernameConfiguration, in.UsernameConfiguration},
			"verification": {got.VerificationMessageTemplate, in.VerificationMessageTemplate},
			"recovery":     {got.AccountRecoverySetting, in.AccountRecoverySetting},
			"updates":      {got.UserAttributeUpdateSettings, in.UserAttributeUpdateSettings},
			"protection":   {got.DeletionProtection, in.DeletionProtection},
			"tier":         {got.UserPoolTier, in.UserPoolTier},
			"mail":         {*got.EmailConfiguration.From + *got.EmailConfiguration.ReplyToEmailAddress, "pool@example.comhelp@example.com"},
			"sign-up":      {got.AdminCreateUserConfig.AllowAdminCreateUserOnly, true},
			"days":         {got.AdminCreateUserConfig.UnusedAccountValidityDays, int32(3)},
		} {
			if diff := cmp.Diff(pair[1], pair[0], ignoreUnexported); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		attribute := func(p *types.UserPoolType, name string) types.SchemaAttributeType {
			i := slices.IndexFunc(p.SchemaAttributes, func(a types.SchemaAttributeType) bool { return *a.Name == name })
			if i < 0 {
				t.Fatalf("there is no attribute %s", name)
			}
			return p.SchemaAttributes[i]
		}
		if !*attribute(got, "email").Required || *attribute(got, "custom:level").NumberAttributeConstraints.MinValue != "1" {
			t.Error("the schema is not the one that was given")
		}

		_, err := c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &id, AutoVerifiedAttributes: in.AutoVerifiedAttributes})
		must(t, err)
		got = describe(t, c, id)
		if *got.Policies.PasswordPolicy.MinimumLength != 8 || got.DeletionProtection != "INACTIVE" || got.AccountRecoverySetting != nil ||
			got.EmailConfiguration.From != nil || got.AdminCreateUserConfig.AllowAdminCreateUserOnly || got.UserPoolTier != "ESSENTIALS" {
			t.Errorf("an update keeps what it leaves out: %+v", got)
		}
		if *got.Name != "full" || len(got.AliasAttributes) != 2 || *got.UsernameConfiguration.CaseSensitive || !*attribute(got, "email").Required || len(got.AutoVerifiedAttributes) != 1 {
			t.Errorf("an update changes what it cannot name: %+v", got)
		}
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &id, PoolName: aws.String("renamed")})
		must(t, err)
		if got = describe(t, c, id); *got.Name != "renamed" || got.LastModifiedDate.Before(*got.CreationDate) {
			t.Errorf("the pool's name is %s", *got.Name)
		}
	})
}

func describe(t *testing.T, c *cip.Client, id string) *types.UserPoolType {
	t.Helper()
	out, err := c.DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: &id})
	must(t, err)
	return out.UserPool
}

// A setting that the API made counts at the other operations and on the pages,
// and the number of users is a real one.
func TestAPIPoolSettingsCount(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		_, err := c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"},
			Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(12)}}})
		must(t, err)
		_, err = c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: aws.String("ann@example.com"), Password: aws.String("elevenchars")})
		refused(t, err, "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
		b := h.Browser()
		b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "ann@example.com", "password", "elevenchars").Shows("Use at least 12 characters.")
		tokens := signedIn(t, h, "ann@example.com", "twelve-chars")
		join(t, h, "bob@example.com", "twelve-chars")
		if n := describe(t, c, housetest.PoolID).EstimatedNumberOfUsers; n != 2 {
			t.Errorf("two people are %d", n)
		}
		_, err = c.DeleteUser(ctx, &cip.DeleteUserInput{AccessToken: tokens.AccessToken})
		must(t, err)
		if n := describe(t, c, housetest.PoolID).EstimatedNumberOfUsers; n != 1 {
			t.Errorf("one person is %d", n)
		}
	})
}

// Each refusal of a pool operation that can happen here.
func TestAPIPoolRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		create := func(f func(*cip.CreateUserPoolInput)) error {
			in := &cip.CreateUserPoolInput{PoolName: aws.String("p")}
			f(in)
			return only(c.CreateUserPool(ctx, in))
		}
		const invalid = "InvalidParameterException"
		refused(t, create(func(in *cip.CreateUserPoolInput) { in.PoolName = aws.String("") }), invalid,
			`2 validation errors detected: Value '' at 'poolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+; Value '' at 'poolName' failed to satisfy constraint: Member must have length greater than or equal to 1`)
		throws(t, create(func(in *cip.CreateUserPoolInput) { in.MfaConfiguration = "ON" }), invalid, "SMS configuration and Auto verification for phone_number are required")
		throws(t, create(func(in *cip.CreateUserPoolInput) { in.MfaConfiguration = "MAYBE" }), invalid, "enum value set")
		throws(t, create(func(in *cip.CreateUserPoolInput) {
			in.LambdaConfig = &types.LambdaConfigType{PreSignUp: aws.String("arn:aws:lambda:us-east-1:000000000000:function:f")}
		}), invalid, "LambdaConfig: ")
		throws(t, create(func(in *cip.CreateUserPoolInput) {
			in.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP"}}}
		}), invalid, "Policies.SignInPolicy: ")
		throws(t, create(func(in *cip.CreateUserPoolInput) {
			in.AliasAttributes, in.UsernameAttributes = []types.AliasAttributeType{"email"}, []types.UsernameAttributeType{"email"}
		}), invalid, "AliasAttributes")
		refused(t, create(func(in *cip.CreateUserPoolInput) {
			in.Schema = []types.SchemaAttributeType{{Name: aws.String("x"), AttributeDataType: "String", Required: aws.Bool(true)}}
		}), invalid, "Required custom attributes are not supported currently.")
		pools, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(60)})
		if err != nil || len(pools.UserPools) != 1 {
			t.Errorf("what was refused was made: %+v, %v", pools, err)
		}

		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), LambdaConfig: &types.LambdaConfigType{PreSignUp: aws.String("arn:aws:lambda:us-east-1:000000000000:function:f")}})
		throws(t, err, invalid, "LambdaConfig: ")
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), PoolName: aws.String("changed"), Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(5)}}})
		throws(t, err, invalid, "minimumLength")
		if name := *describe(t, c, housetest.PoolID).Name; name != "house" {
			t.Errorf("a refused update left the name %q", name)
		}
		const none = "us-east-1_None00001"
		_, err = c.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: aws.String(none)})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: aws.String(none)})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")
		_, err = c.DeleteUserPool(ctx, &cip.DeleteUserPoolInput{UserPoolId: aws.String(none)})
		refused(t, err, "ResourceNotFoundException", "User pool "+none+" does not exist.")
	})
}

// listedClients are the ids of the pool's clients, by pages of two.
func listedClients(t *testing.T, c *cip.Client) []string {
	t.Helper()
	var ids []string
	pages := cip.NewListUserPoolClientsPaginator(c, &cip.ListUserPoolClientsInput{UserPoolId: poolID(), MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, client := range page.UserPoolClients {
			ids = append(ids, *client.ClientId)
		}
	}
	return ids
}

// Lists go on page by page, each pool once, and a token opens its own list only.
func TestAPILists(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		want := []string{housetest.PoolID}
		for range 4 {
			want = append(want, newPool(t, c, cip.CreateUserPoolInput{PoolName: aws.String("p")}))
		}
		var got []string
		var token *string
		for pages := 1; ; pages++ {
			out, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(2), NextToken: token})
			must(t, err)
			for _, p := range out.UserPools {
				got = append(got, *p.Id)
			}
			if token = out.NextToken; token == nil {
				if pages != 3 {
					t.Errorf("five pools are %d pages", pages)
				}
				break
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}

		wantClients := []string{housetest.ClientID}
		for range 2 {
			made, err := c.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("c")})
			must(t, err)
			wantClients = append(wantClients, *made.UserPoolClient.ClientId)
		}
		slices.Sort(wantClients)
		if diff := cmp.Diff(wantClients, listedClients(t, c)); diff != "" {
			t.Error(diff)
		}
		first, err := c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1)})
		must(t, err)
		clients, err := c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: poolID(), MaxResults: aws.Int32(1)})
		must(t, err)
		const bad = "Invalid pagination token given."
		for _, token := range []string{"garbage", *clients.NextToken, *first.NextToken + "AA", strings.ToUpper(*first.NextToken)} {
			_, err = c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(1), NextToken: &token})
			refused(t, err, "InvalidParameterException", bad)
		}
		_, err = c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: &want[0], NextToken: first.NextToken})
		refused(t, err, "InvalidParameterException", bad)
		other := want[slices.IndexFunc(want, func(id string) bool { return id != housetest.PoolID })]
		_, err = c.ListUserPoolClients(ctx, &cip.ListUserPoolClientsInput{UserPoolId: &other, NextToken: clients.NextToken})
		refused(t, err, "InvalidParameterException", bad)
		_, err = c.ListUserPools(ctx, &cip.ListUserPoolsInput{MaxResults: aws.Int32(61)})
		refused(t, err, "InvalidParameterException", "1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60")
	})
}
