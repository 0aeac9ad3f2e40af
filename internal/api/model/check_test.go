package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// wrong reads and checks a body for an operation: the text, or "" if it passes.
func wrong(t *testing.T, m *Model, operation, body string) string {
	t.Helper()
	in := m.Operations[operation].Input
	o, err := in.Read([]byte(body))
	if err != nil {
		t.Fatalf("%s %s: %v", operation, body, err)
	}
	return in.Check(o)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	m := load(t)
	const username = `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`
	for _, c := range []struct{ operation, body, want string }{
		{"SignUp", `{"ClientId":"c","Username":"ann","Password":"secret-1"}`, ""},
		{"SignUp", `{"ClientId":"c","Username":null}`, `1 validation error detected: Value at 'username' failed to satisfy constraint: Member must not be null`},
		{"SignUp", `{}`, `2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null`},
		{"ConfirmForgotPassword", `{"ClientId":"c","Username":"ann","ConfirmationCode":"1"}`, `1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null`},
		{"CreateUserPool", `{}`, `1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null`},
		{"AdminGetUser", `{"UserPoolId":"us-east-1_abc","Username":""}`, `2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: ` + username +
			`; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1`},
		{"AdminGetUser", `{"UserPoolId":"nounderscore","Username":"ann"}`, `1 validation error detected: Value 'nounderscore' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+`},
		{"ListUserPools", `{"MaxResults":0}`, `1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1`},
		{"ListUserPools", `{"MaxResults":61}`, `1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60`},
		{"SignUp", `{"ClientId":"c","Username":"ann","UserAttributes":[{"Name":"email"},{"Value":"top secret"}]}`, `1 validation error detected: Value null at 'userAttributes.2.member.name' failed to satisfy constraint: Member must not be null`},
		{"SignUp", `{"ClientId":"c","Username":"ann","UserAttributes":[null]}`, `1 validation error detected: Value null at 'userAttributes.1.member' failed to satisfy constraint: Member must not be null`},
		{"CreateUserPoolClient", `{"UserPoolId":"us-east-1_a","ClientName":"n","AllowedOAuthFlows":["code","magic"]}`,
			`1 validation error detected: Value '[code, magic]' at 'allowedOAuthFlows' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [code, implicit, client_credentials]]`},
		{"AdminDeleteUserAttributes", `{"UserPoolId":"us-east-1_a","Username":"u","UserAttributeNames":["a",null]}`,
			`1 validation error detected: Value '[a, null]' at 'userAttributeNames' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 32, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+, Member must not be null]`},
		{"TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a","Tags":{"":"v"}}`,
			`1 validation error detected: Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]`},
		{"TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a","Tags":{"k":null,"l":"v"}}`,
			`1 validation error detected: Value '{k=null, l=v}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0, Member must not be null]`},
		{"InitiateAuth", `{"AuthFlow":"MAGIC","ClientId":"c"}`, `1 validation error detected: Value 'MAGIC' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]`},
		{"CreateUserPool", `{"PoolName":"n","Policies":{"PasswordPolicy":{"MinimumLength":5}}}`, `1 validation error detected: Value '5' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6`},
		{"UpdateProvisionedLimit", `{"RequestedLimitValue":0}`, `1 validation error detected: Value null at 'limitDefinition' failed to satisfy constraint: Member must not be null`},
		{"CreateUserPool", `{"PoolName":"n","AcrConfiguration":{"Level1":{}}}`, `1 validation error detected: Value null at 'acrConfiguration.Level1.member.acrValue' failed to satisfy constraint: Member must not be null`},
	} {
		if got := wrong(t, m, c.operation, c.body); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.operation, c.body, got, c.want)
		}
	}
}

// Lengths are counted in characters, for strings, and in bytes, for blobs.
func TestLengths(t *testing.T) {
	t.Parallel()
	m := load(t)
	if got := wrong(t, m, "SignUp", `{"ClientId":"c","Username":"`+strings.Repeat("ü", 128)+`"}`); got != "" {
		t.Errorf("128 characters: %s", got)
	}
	if got := wrong(t, m, "SignUp", `{"ClientId":"c","Username":"`+strings.Repeat("ü", 129)+`"}`); !strings.Contains(got, "length less than or equal to 128") {
		t.Errorf("129 characters: %s", got)
	}
	blob := strings.Repeat("AAAA", 131072/3+1)
	if got := wrong(t, m, "SetUICustomization", `{"UserPoolId":"us-east-1_a","ImageFile":"`+blob+`"}`); got != "1 validation error detected: Value at 'imageFile' failed to satisfy constraint: Member must have length less than or equal to 131072" {
		t.Errorf("large image: %.200s", got)
	}
}

// However much is wrong with a body, and however long it is, little is kept of it
// and little is said.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	m := load(t)
	many := func(n int, entry string) string { return strings.TrimSuffix(strings.Repeat(entry+",", n), ",") }
	keys := func(n int, value string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":%s`, i, value)
		}
		return b.String()[1:]
	}
	const signUp, tooLong = `{"ClientId":"c","Username":"ann",`, "failed to satisfy constraint: Member must have length less than or equal to 1000"
	long := strings.Repeat("x ", 100_000)
	for _, c := range []struct{ operation, body, want string }{
		{"SignUp", signUp + `"UserAttributes":[` + many(1000, `{}`) + `]}`, "10 validation errors detected: Value null at 'userAttributes.1.member.name'"},
		{"SignUp", signUp + `"UserAttributes":[` + many(1000, `null`) + `]}`, "10 validation errors detected: Value null at 'userAttributes.1.member'"},
		{"SignUp", signUp + `"UserAttributes":[` + many(300_000, `{}`) + `]}`, "10 validation errors detected: Value at 'userAttributes' " + tooLong},
		{"SignUp", signUp + `"UserAttributes":[` + many(1001, `{"Name":"email"}`) + `]}`, "1 validation error detected: Value at 'userAttributes' " + tooLong},
		{"SignUp", signUp + `"UserAttributes":[` + many(1000, `{"Name":"email"}`) + `]}`, ""},
		{"SignUp", signUp + `"ClientMetadata":{` + keys(1001, `"v"`) + `}}`, "1 validation error detected: Value '{k0=v, "},
		{"SignUp", signUp + `"ClientMetadata":{` + keys(1000, `"v"`) + `}}`, ""},
		{"InitiateAuth", `{"ClientId":"c","AuthFlow":"USER_AUTH","AuthParameters":{` + keys(1001, `null`) + `}}`, "2 validation errors detected: Value at 'authParameters' " + tooLong},
		{"CreateUserPoolClient", `{"UserPoolId":"us-east-1_a","ClientName":"n","CallbackURLs":[` + many(101, `"https://a"`) + `]}`, "1 validation error detected: Value '[https://a, "},
		{"CreateUserPool", `{"PoolName":"` + strings.Repeat("ü", 10_000) + `"}`, "1 validation error detected: Value 'üü"}, // its pattern is not looked at
		{"CreateUserPool", `{"PoolName":"` + long + `"}`, "1 validation error detected: Value 'x x x "},
		{"CreateUserPool", `{"PoolName":"n","UserPoolTags":{"` + long + `":"` + long + `"}}`, "2 validation errors detected: Value '{x x x "},
		{"CreateUserPool", `{"PoolName":"n","AcrConfiguration":{"` + long + `":{}}}`, "2 validation errors detected: Value at 'acrConfiguration' "},
	} {
		got := wrong(t, m, c.operation, c.body)
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || len(got) > 4096 {
			t.Errorf("%s %.80s…: %d bytes, %.200s", c.operation, c.body, len(got), got)
		}
	}
	for body, want := range map[string]int{`[` + many(300_000, `{}`) + `]`: 1001, `[` + many(1000, `{}`) + `]`: 1000} {
		o, err := m.Operations["SignUp"].Input.Read([]byte(`{"UserAttributes":` + body + `}`))
		if list, _ := o["UserAttributes"].([]any); err != nil || len(list) != want {
			t.Errorf("%d elements were kept (%v), want %d", len(list), err, want)
		}
	}
	o, err := m.Operations["SignUp"].Input.Read([]byte(`{"ClientMetadata":{` + keys(100_000, `""`) + `}}`))
	if data, _ := o["ClientMetadata"].(map[string]any); err != nil || len(data) != 1001 {
		t.Errorf("%d entries were kept (%v), want 1001", len(data), err)
	}
	for what, body := range map[string]string{
		"a name again and again": signUp + `"ClientMetadata":{` + many(1001, `"a":"b"`) + `}}`,
		"unknown members":        signUp + keys(1000, `1`) + `}`,
	} {
		if _, err := m.Operations["SignUp"].Input.Read([]byte(body)); err == nil {
			t.Errorf("%s: was read", what)
		}
	}
}

// Whatever is wrong with a body, a sensitive value is never quoted.
func TestSensitiveValuesAreNotPrinted(t *testing.T) {
	t.Parallel()
	m := load(t)
	secret := "s3cr3t value" + strings.Repeat("x", 3000)
	body := `{"ClientId":"` + secret + `","Username":"` + secret + `","Password":"` + secret + `","SecretHash":"` + secret + `","UserAttributes":[{"Name":"email","Value":"` + secret + `"}]}`
	got := wrong(t, m, "SignUp", body)
	if !strings.HasPrefix(got, "9 validation errors detected: ") || strings.Contains(got, "s3cr3t") {
		t.Errorf("got %s", got)
	}
	// So that the above can fail: a plain value is quoted.
	if got := wrong(t, m, "CreateUserPool", `{"PoolName":"s3cr3t?"}`); !strings.Contains(got, "'s3cr3t?'") {
		t.Errorf("got %s", got)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	m := load(t)
	in := m.Operations["CreateUserPool"].Input
	o, err := in.Read([]byte(` {"PoolName":"n","poolname":"other","POOLNAME":"x","Unknown":[{}],"AliasAttributes":[],"UserPoolTags":{},"DeletionProtection":null,
		"Policies":{"PasswordPolicy":{"RequireNumbers":false,"MinimumLength":8.0,"TemporaryPasswordValidityDays":1e1}}} `))
	if err != nil {
		t.Fatal(err)
	}
	if o["PoolName"] != "n" || len(o) != 4 || o["AliasAttributes"] == nil || o["UserPoolTags"] == nil {
		t.Errorf("read %v", o)
	}
	policy := o["Policies"].(Object)["PasswordPolicy"].(Object)
	if policy["RequireNumbers"] != false || plain(policy["MinimumLength"]) != "8" || plain(policy["TemporaryPasswordValidityDays"]) != "10" {
		t.Errorf("policy %v", policy)
	}
}

func TestSerializationErrors(t *testing.T) {
	t.Parallel()
	m := load(t)
	for _, c := range []struct{ operation, body, want string }{
		{"SignUp", ``, ``}, {"SignUp", `null`, ``}, {"SignUp", `[]`, ``}, {"SignUp", `{`, ``}, {"SignUp", `{"a":1}x`, ``}, {"SignUp", "{\"Username\":\"\xff\"}", ``},
		{"SignUp", `{"Username":1}`, `NUMBER_VALUE can not be converted to a String`},
		{"SignUp", `{"Username":1.5}`, `DECIMAL_VALUE can not be converted to a String`},
		{"SignUp", `{"Username":true}`, `TRUE_VALUE can not be converted to a String`},
		{"SignUp", `{"Username":{}}`, `Start of structure or map found where not expected.`},
		{"SignUp", `{"Username":["ann"]}`, `Unrecognized collection type`},
		{"SignUp", `{"UserAttributes":{}}`, `Start of structure or map found where not expected.`},
		{"SignUp", `{"UserAttributes":"x"}`, `Unexpected field type`},
		{"SignUp", `{"ClientMetadata":"x"}`, `Unexpected field type`},
		{"SignUp", `{"ClientMetadata":[]}`, `Unrecognized collection type`},
		{"SignUp", `{"UserAttributes":[1]}`, `Unexpected field type`},
		{"SignUp", `{"ClientMetadata":{"a":1,"b":true}}`, `NUMBER_VALUE can not be converted to a String`},
		{"ListUserPools", `{"MaxResults":"10"}`, `STRING_VALUE can not be converted to an Integer`},
		{"ListUserPools", `{"MaxResults":true}`, `TRUE_VALUE can not be converted to an Integer`},
		{"ListUserPools", `{"MaxResults":1.5}`, `DECIMAL_VALUE can not be converted to an Integer`},
		{"ListUserPools", `{"MaxResults":4294967296}`, `NUMBER_VALUE can not be converted to an Integer`},
		{"ListUserPools", `{"MaxResults":1e999999999}`, `DECIMAL_VALUE can not be converted to an Integer`},
		{"ConfirmSignUp", `{"ForceAliasCreation":"true"}`, `STRING_VALUE can not be converted to a Boolean`},
		{"ConfirmSignUp", `{"ForceAliasCreation":0}`, `NUMBER_VALUE can not be converted to a Boolean`},
		{"SetUICustomization", `{"ImageFile":"%"}`, `only base-64-encoded strings are convertible to bytes`},
		{"SetUICustomization", `{"ImageFile":1}`, `only base-64-encoded strings are convertible to bytes`},
	} {
		_, err := m.Operations[c.operation].Input.Read([]byte(c.body))
		var s *SerializationError
		if !errors.As(err, &s) || s.Text != c.want {
			t.Errorf("%s %s: %v, want %q", c.operation, c.body, err, c.want)
		}
	}
}

func FuzzReadAndCheck(f *testing.F) {
	m := load(f)
	f.Add("SignUp", []byte(`{"ClientId":"c","Username":"ann","UserAttributes":[{"Name":"email","Value":"a"},null],"ClientMetadata":{"a":null}}`))
	f.Add("CreateUserPool", []byte(`{"PoolName":"n","Policies":{"PasswordPolicy":{"MinimumLength":1e1}},"LambdaConfig":{"PreSignUp":"x"}}`))
	f.Add("SetUICustomization", []byte(`{"ImageFile":"AAAA"}`))
	f.Add("CompleteWebAuthnRegistration", []byte(`{"AccessToken":"a","Credential":{"a":[1,null]}}`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		op := m.Operations[operation]
		if op == nil {
			return
		}
		o, err := op.Input.Read(body)
		if err != nil {
			var s *SerializationError
			if !errors.As(err, &s) {
				t.Fatalf("%v is no SerializationError", err)
			}
			return
		}
		if text := op.Input.Check(o); text != op.Input.Check(o) {
			t.Fatalf("two checks differ: %s", text)
		}
	})
}
