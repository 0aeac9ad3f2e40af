package pool_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Each member with a value that is refused and one that is not; the refusal
// names the member.
func TestPoolSettings(t *testing.T) {
	t.Parallel()
	type s = pool.Settings
	for _, c := range []struct {
		field     string
		bad, good []s
	}{
		{"PoolName", []s{{PoolName: " \x00"}, {PoolName: strings.Repeat("a", 129)}, {PoolName: "<b>"}}, []s{{PoolName: "My pool+=,.@-_1"}}},
		{"Policies.PasswordPolicy.MinimumLength", []s{length(5), length(100), length(-1)}, []s{length(6), length(99)}},
		{"UsernameAttributes", []s{{UsernameAttributes: []string{"name"}}}, []s{{UsernameAttributes: []string{"email"}}, {UsernameAttributes: []string{"phone_number", "email"}}, {UsernameAttributes: []string{}}}},
		{"AutoVerifiedAttributes", []s{{AutoVerifiedAttributes: []string{"phone_number"}}}, []s{{AutoVerifiedAttributes: []string{"email"}}}},
		{"AliasAttributes", []s{{AliasAttributes: []string{"name"}}, {AliasAttributes: []string{"email"}, UsernameAttributes: []string{"email"}}}, []s{{AliasAttributes: []string{"email", "phone_number", "preferred_username"}}, {AliasAttributes: []string{}}}},
		{"DeletionProtection", []s{{DeletionProtection: "ON"}}, []s{{DeletionProtection: "ACTIVE"}, {DeletionProtection: "INACTIVE"}}},
		{"Policies.PasswordPolicy.TemporaryPasswordValidityDays", []s{temporary(-1), temporary(366)}, []s{temporary(0), temporary(365)}},
		{"UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate", []s{verifyFirst("email"), verifyFirst("name", "email")}, []s{verifyFirst(), {AutoVerifiedAttributes: []string{"email"}, UserAttributeUpdateSettings: verifyFirst("email").UserAttributeUpdateSettings}}},
		{"MfaConfiguration", []s{{MfaConfiguration: "off"}, {MfaConfiguration: "MAYBE"}}, []s{{MfaConfiguration: "OFF"}, {MfaConfiguration: "ON"}, {MfaConfiguration: "OPTIONAL"}}},
		{"UserPoolTier", []s{{UserPoolTier: "FREE"}, {UserPoolTier: "lite"}}, []s{{UserPoolTier: "LITE"}, {UserPoolTier: "ESSENTIALS"}, {UserPoolTier: "PLUS"}}},
		{"Issuer", []s{{Issuer: "example.com"}, {Issuer: "https://a/?x"}, {Issuer: "https://a/"}, {Issuer: "ftp://a"}, {Issuer: "https://a/#f"}, {Issuer: "https://"}}, []s{{Issuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_X"}}},
		{"EmailConfiguration.EmailSendingAccount", []s{mailFrom("DEVELOPER", ""), mailFrom("X", "")}, []s{mailFrom("COGNITO_DEFAULT", "")}},
		{"EmailConfiguration.From", []s{mailFrom("", "nobody"), mailFrom("", "a@b\r\nBcc: c@d")}, []s{mailFrom("", "Us <us@example.com>")}},
		{"EmailVerificationMessage", []s{{EmailVerificationMessage: "no place"}, {EmailVerificationMessage: "{####}" + strings.Repeat("a", 20000)}}, []s{{EmailVerificationMessage: "It is {####}"}}},
		{"EmailVerificationSubject", []s{{EmailVerificationSubject: "a\r\nBcc: b"}, {EmailVerificationSubject: strings.Repeat("a", 141)}}, []s{{EmailVerificationSubject: "Hello"}}},
		{"VerificationMessageTemplate.DefaultEmailOption", []s{template(pool.VerificationMessageTemplate{DefaultEmailOption: "LINK"})}, []s{template(pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"})}},
		{"VerificationMessageTemplate.EmailMessage", []s{template(pool.VerificationMessageTemplate{EmailMessage: "x"})}, []s{template(pool.VerificationMessageTemplate{EmailMessage: "{####}"})}},
		{"VerificationMessageTemplate.EmailMessageByLink", []s{template(pool.VerificationMessageTemplate{EmailMessageByLink: "x"}), template(pool.VerificationMessageTemplate{EmailMessageByLink: "##}"})}, []s{template(pool.VerificationMessageTemplate{EmailMessageByLink: "{##here##}"})}},
		{"VerificationMessageTemplate.EmailSubject", []s{template(pool.VerificationMessageTemplate{EmailSubject: "a\nb"})}, []s{template(pool.VerificationMessageTemplate{EmailSubject: "a"})}},
		{"AccountRecoverySetting.RecoveryMechanisms", []s{recovery("verified_phone_number", 1), recovery("admin_only", 0), recovery("", 1), recovery("fax", 1), recovery("admin_only", 1, "verified_email", 2)}, []s{recovery("verified_email", 1), recovery("admin_only", 1)}},
	} {
		for _, bad := range c.bad {
			expectSetting(t, named(bad).Check(), c.field)
		}
		for _, good := range c.good {
			if err := named(good).Check(); err != nil {
				t.Errorf("%s: %v", c.field, err)
			}
		}
	}
}

func named(s pool.Settings) pool.Settings {
	if s.PoolName == "" {
		s.PoolName = "Pool"
	}
	return s
}

func length(n int) pool.Settings {
	return pool.Settings{Policies: &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{MinimumLength: &n}}}
}

func temporary(days int) pool.Settings {
	return pool.Settings{Policies: &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{TemporaryPasswordValidityDays: &days}}}
}

func verifyFirst(attributes ...string) pool.Settings {
	return pool.Settings{UserAttributeUpdateSettings: &pool.UserAttributeUpdateSettings{AttributesRequireVerificationBeforeUpdate: attributes}}
}

func mailFrom(account, from string) pool.Settings {
	return pool.Settings{EmailConfiguration: &pool.EmailConfiguration{EmailSendingAccount: account, From: from}}
}

func template(v pool.VerificationMessageTemplate) pool.Settings {
	return pool.Settings{VerificationMessageTemplate: &v}
}

func recovery(pairs ...any) pool.Settings {
	var r pool.AccountRecoverySetting
	for i := 0; i < len(pairs); i += 2 {
		r.RecoveryMechanisms = append(r.RecoveryMechanisms, pool.RecoveryMechanism{Name: pairs[i].(string), Priority: pairs[i+1].(int)})
	}
	return pool.Settings{AccountRecoverySetting: &r}
}

func expectSetting(t *testing.T, err error, field string) {
	t.Helper()
	if e := pool.AsError(err); e == nil || e.Field != field {
		t.Errorf("%v, want a refusal at %s", err, field)
	}
}

func TestClientSettings(t *testing.T) {
	t.Parallel()
	type cl = pool.Client
	set := func(f func(*cl)) cl {
		c := cl{ID: "client1", ClientSettings: webClient()}
		c.ClientName = "client"
		f(&c)
		return c
	}
	house := pool.Pool{Settings: pool.Settings{Schema: []pool.SchemaAttribute{
		{Name: "email", Required: ptr(true)}, {Name: "team"}, {Name: "note", DeveloperOnlyAttribute: ptr(true)},
	}}}
	units := func(n int, unit string) func(*cl) {
		return func(c *cl) {
			c.AccessTokenValidity, c.TokenValidityUnits = &n, &pool.TokenValidityUnits{AccessToken: unit}
		}
	}
	for _, c := range []struct {
		field     string
		bad, good []func(*cl)
	}{
		{"AuthSessionValidity", []func(*cl){func(c *cl) { c.AuthSessionValidity = ptr(2) }, func(c *cl) { c.AuthSessionValidity = ptr(16) }}, []func(*cl){func(c *cl) { c.AuthSessionValidity = ptr(3) }, func(c *cl) { c.AuthSessionValidity = ptr(15) }}},
		{"ReadAttributes", []func(*cl){
			func(c *cl) { c.ReadAttributes = []string{"email", "shoe_size"} }, func(c *cl) { c.ReadAttributes = []string{"dev:custom:note"} },
		}, []func(*cl){func(c *cl) { c.ReadAttributes = []string{"sub", "email", "email_verified", "custom:team"} }}},
		{"WriteAttributes", []func(*cl){
			func(c *cl) { c.WriteAttributes = []string{"email", "custom:shoe"} }, func(c *cl) { c.WriteAttributes = []string{"email", "dev:custom:note"} },
			func(c *cl) { c.WriteAttributes = []string{"email", "sub"} }, func(c *cl) { c.WriteAttributes = []string{"email", "email_verified"} },
			func(c *cl) { c.WriteAttributes = []string{"name", "custom:team"} }, // email is required
		}, []func(*cl){func(c *cl) { c.WriteAttributes = []string{"email", "custom:team"} }}},
		{"ClientName", []func(*cl){func(c *cl) { c.ClientName = "" }, func(c *cl) { c.ClientName = "<script>" }}, []func(*cl){func(c *cl) { c.ClientName = "client-localhost" }}},
		{"ClientId", []func(*cl){func(c *cl) { c.ID = "has-hyphen" }, func(c *cl) { c.ID = "" }}, []func(*cl){func(c *cl) { c.ID = "demolocalhost" }}},
		{"ClientSecret", []func(*cl){func(c *cl) { c.Secret = "short" }, func(c *cl) { c.Secret = pool.Secret(strings.Repeat("s", 65)) }}, []func(*cl){func(c *cl) { c.Secret = pool.NewClientSecret() }}},
		{"ExplicitAuthFlows", []func(*cl){func(c *cl) { c.ExplicitAuthFlows = []string{"ALLOW_ALL"} }}, []func(*cl){func(c *cl) {
			c.ExplicitAuthFlows = []string{"ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
		}}},
		{"SupportedIdentityProviders", []func(*cl){func(c *cl) { c.SupportedIdentityProviders = []string{} }}, []func(*cl){
			func(c *cl) { c.SupportedIdentityProviders = []string{"COGNITO"} },
			func(c *cl) { c.SupportedIdentityProviders, c.AllowedOAuthFlowsUserPoolClient = []string{}, nil },
		}},
		{"PreventUserExistenceErrors", []func(*cl){func(c *cl) { c.PreventUserExistenceErrors = "YES" }}, []func(*cl){func(c *cl) { c.PreventUserExistenceErrors = "LEGACY" }}},
		{"CallbackURLs", []func(*cl){func(c *cl) { c.CallbackURLs = []string{"http://evil.com/"} }, func(c *cl) { c.CallbackURLs = nil }, func(c *cl) { c.CallbackURLs = make([]string, 101) }}, nil},
		{"LogoutURLs", []func(*cl){func(c *cl) { c.LogoutURLs = []string{"https://a/#f"} }}, []func(*cl){func(c *cl) { c.LogoutURLs = []string{"https://a/bye"} }}},
		{"DefaultRedirectURI", []func(*cl){func(c *cl) { c.DefaultRedirectURI = "https://elsewhere/" }}, []func(*cl){func(c *cl) { c.DefaultRedirectURI = callback }}},
		{"AllowedOAuthFlows", []func(*cl){func(c *cl) { c.AllowedOAuthFlows = []string{"client_credentials"} }, func(c *cl) { c.AllowedOAuthFlows = []string{"password"} }, func(c *cl) { c.AllowedOAuthFlows = nil }, func(c *cl) { c.AllowedOAuthScopes = nil }}, nil},
		{"AllowedOAuthScopes", []func(*cl){func(c *cl) { c.AllowedOAuthScopes = []string{"openid", "orders/read"} }}, []func(*cl){func(c *cl) { c.AllowedOAuthScopes = []string{"aws.cognito.signin.user.admin"} }}},
		{"TokenValidityUnits.AccessToken", []func(*cl){units(1, "weeks")}, []func(*cl){units(1, "hours")}},
		{"AccessTokenValidity", []func(*cl){units(4, "minutes"), units(25, "hours"), units(-1, "hours"), units(1<<40, "days")}, []func(*cl){units(5, "minutes"), units(1, "days"), units(300, "seconds"), units(0, "")}},
		{"IdTokenValidity", []func(*cl){func(c *cl) { c.IdTokenValidity = ptr(25) }}, []func(*cl){func(c *cl) { c.IdTokenValidity = ptr(24) }}},
		{"RefreshTokenValidity", []func(*cl){func(c *cl) { c.RefreshTokenValidity = ptr(3651) }}, []func(*cl){func(c *cl) { c.RefreshTokenValidity = ptr(3650) }}},
		{"RefreshTokenRotation.Feature", []func(*cl){func(c *cl) { c.RefreshTokenRotation = &pool.RefreshTokenRotation{} }}, nil},
		{"RefreshTokenRotation.RetryGracePeriodSeconds", []func(*cl){func(c *cl) {
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 61}
		}}, []func(*cl){func(c *cl) {
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 60}
		}}},
	} {
		for i, bad := range c.bad {
			if e := pool.AsError(set(bad).Check(house)); e == nil || e.Field != c.field {
				t.Errorf("%s, case %d: %v, want a refusal there", c.field, i, e)
			}
		}
		for i, good := range c.good {
			if err := set(good).Check(house); err != nil {
				t.Errorf("%s, case %d: %v", c.field, i, err)
			}
		}
	}
}

// Of several faults the same one is named every time, in the order of the
// members.
func TestTheFirstFaultIsNamed(t *testing.T) {
	t.Parallel()
	house := pool.Settings{PoolName: "house", EmailConfiguration: &pool.EmailConfiguration{From: "x", ReplyToEmailAddress: "x"}}
	client := func(f func(*pool.Client)) pool.Client {
		c := pool.Client{ID: "client1", ClientSettings: webClient()}
		c.ClientName = "client"
		f(&c)
		return c
	}
	urls := client(func(c *pool.Client) {
		c.CallbackURLs, c.LogoutURLs = []string{"http://evil.com/"}, []string{"http://evil.com/"}
	})
	units := client(func(c *pool.Client) {
		c.TokenValidityUnits = &pool.TokenValidityUnits{AccessToken: "x", IdToken: "x", RefreshToken: "x"}
	})
	numbers := client(func(c *pool.Client) {
		c.AccessTokenValidity, c.IdTokenValidity, c.RefreshTokenValidity = ptr(-1), ptr(-1), ptr(-1)
	})
	lives := client(func(c *pool.Client) { c.AccessTokenValidity, c.IdTokenValidity = ptr(25), ptr(25) })
	for range 50 {
		expectSetting(t, house.Check(), "EmailConfiguration.From")
		expectSetting(t, urls.Check(pool.Pool{}), "CallbackURLs")
		expectSetting(t, units.Check(pool.Pool{}), "TokenValidityUnits.AccessToken")
		expectSetting(t, numbers.Check(pool.Pool{}), "AccessTokenValidity")
		expectSetting(t, lives.Check(pool.Pool{}), "AccessTokenValidity")
	}
}

func TestImmutableMembers(t *testing.T) {
	t.Parallel()
	base := pool.Settings{PoolName: "a", UsernameAttributes: []string{"email"}, UsernameConfiguration: &pool.UsernameConfiguration{CaseSensitive: ptr(false)}}
	next := base
	next.PoolName = "b"
	if m := base.Immutable(next); m != "" {
		t.Errorf("%s may not change", m)
	}
	next.UsernameAttributes = nil
	if m := base.Immutable(next); m != "UsernameAttributes" {
		t.Errorf("got %q", m)
	}
	next = base
	next.UsernameConfiguration = nil // absent means case sensitive
	if m := base.Immutable(next); m != "UsernameConfiguration.CaseSensitive" {
		t.Errorf("got %q", m)
	}
	next = base
	next.AliasAttributes = []string{"email"}
	if m := base.Immutable(next); m != "AliasAttributes" {
		t.Errorf("got %q", m)
	}
	next = base
	next.UsernameAttributes = []string{"phone_number", "email"}
	if m := next.Immutable(pool.Settings{UsernameAttributes: []string{"email", "phone_number"}, UsernameConfiguration: base.UsernameConfiguration}); m != "" {
		t.Errorf("the order of %s means something", m)
	}
	next = base
	next.UsernameConfiguration = nil
	if m := next.Immutable(pool.Settings{UsernameAttributes: []string{"email"}, UsernameConfiguration: &pool.UsernameConfiguration{CaseSensitive: ptr(true)}}); m != "" {
		t.Errorf("absent and true are the same, got %q", m)
	}
}

// What is not honoured is refused; what asks for nothing is let pass.
func TestNotYet(t *testing.T) {
	t.Parallel()
	for doc, ok := range map[string]bool{
		`{"LambdaConfig":{}}`: true, `{"LambdaConfig":null}`: true, `{"LambdaConfig": { } }`: true, `{"LambdaConfig":{"PreSignUp":"arn:x"}}`: false,
		`{"DeviceConfiguration":null}`: true, `{"DeviceConfiguration":{"ChallengeRequiredOnNewDevice":true}}`: false, `{"SmsConfiguration":{"SnsCallerArn":"arn:x"}}`: false,
		`{"UserPoolAddOns":{"AdvancedSecurityMode":"OFF"}}`: true, `{"UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT","AdvancedSecurityAdditionalFlows":{"CustomAuthMode":"AUDIT"}}}`: false,
		`{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}}}`: true, `{"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}`: false,
		`{"UserPoolTags":{"a":"b"}}`: true, `{"Policies":{"PasswordPolicy":{"PasswordHistorySize":0}}}`: true, `{"Policies":{"PasswordPolicy":{"PasswordHistorySize":3}}}`: false,
	} {
		var s pool.Settings
		err := json.Unmarshal([]byte(doc), &s)
		if ok != (err == nil) || err != nil && !errors.Is(err, pool.ErrNotYet) {
			t.Errorf("%s: %v", doc, err)
		}
	}
	kept, err := json.Marshal(pool.Settings{PoolName: "a"})
	if err != nil || string(kept) != `{"PoolName":"a"}` {
		t.Errorf("kept %s, %v: what is not given is not written", kept, err)
	}
}

func TestSettingsInForce(t *testing.T) {
	t.Parallel()
	admin := func(b *bool) pool.Pool {
		return pool.Pool{Settings: pool.Settings{AdminCreateUserConfig: &pool.AdminCreateUserConfig{AllowAdminCreateUserOnly: b}}}
	}
	if !(pool.Pool{}).SelfSignUp() || !admin(nil).SelfSignUp() || !admin(ptr(false)).SelfSignUp() || admin(ptr(true)).SelfSignUp() {
		t.Error("SelfSignUp")
	}
	if !(pool.Pool{}).CaseSensitive() || (pool.Pool{Settings: pool.Settings{UsernameConfiguration: &pool.UsernameConfiguration{CaseSensitive: ptr(false)}}}).CaseSensitive() {
		t.Error("CaseSensitive")
	}
	if (pool.Pool{}).ConfirmsByLink() || !(pool.Pool{Settings: template(pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"})}).ConfirmsByLink() {
		t.Error("ConfirmsByLink")
	}
	if (pool.Pool{}).RecoversByOperatorOnly() || !(pool.Pool{Settings: recovery("admin_only", 1)}).RecoversByOperatorOnly() || (pool.Pool{Settings: recovery("verified_email", 1)}).RecoversByOperatorOnly() {
		t.Error("RecoversByOperatorOnly")
	}
}

func TestTokenLives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    pool.ClientSettings
		want [3]time.Duration // access, ID, refresh
	}{
		{"defaults", pool.ClientSettings{}, [3]time.Duration{time.Hour, time.Hour, 30 * 24 * time.Hour}},
		{"zero is the default", pool.ClientSettings{AccessTokenValidity: ptr(0), RefreshTokenValidity: ptr(0)}, [3]time.Duration{time.Hour, time.Hour, 30 * 24 * time.Hour}},
		{"default units", pool.ClientSettings{AccessTokenValidity: ptr(2), IdTokenValidity: ptr(3), RefreshTokenValidity: ptr(4)}, [3]time.Duration{2 * time.Hour, 3 * time.Hour, 4 * 24 * time.Hour}},
		{"named units", pool.ClientSettings{
			AccessTokenValidity: ptr(7), IdTokenValidity: ptr(900), RefreshTokenValidity: ptr(90),
			TokenValidityUnits: &pool.TokenValidityUnits{AccessToken: "minutes", IdToken: "seconds", RefreshToken: "minutes"},
		}, [3]time.Duration{7 * time.Minute, 900 * time.Second, 90 * time.Minute}},
	} {
		if got := [3]time.Duration{c.s.AccessTokenLife(), c.s.IDTokenLife(), c.s.RefreshTokenLife()}; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if life := (pool.ClientSettings{RefreshTokenValidity: ptr(1 << 60), TokenValidityUnits: &pool.TokenValidityUnits{RefreshToken: "days"}}).RefreshTokenLife(); life <= 0 {
		t.Errorf("an enormous validity became %v", life)
	}
}

func TestClientSwitches(t *testing.T) {
	t.Parallel()
	for flows, want := range map[string]bool{"": true, "ALLOW_REFRESH_TOKEN_AUTH": true, "ALLOW_USER_SRP_AUTH": false, "USER_PASSWORD_AUTH": true, "ADMIN_NO_SRP_AUTH": true, "ALLOW_USER_SRP_AUTH ALLOW_REFRESH_TOKEN_AUTH": true} {
		if got := (pool.ClientSettings{ExplicitAuthFlows: strings.Fields(flows)}).Refreshes(); got != want {
			t.Errorf("Refreshes with %q: %v, want %v", flows, got, want)
		}
	}
	if !(pool.ClientSettings{}).Revokes() || (pool.ClientSettings{EnableTokenRevocation: ptr(false)}).Revokes() {
		t.Error("Revokes")
	}
	if (pool.ClientSettings{}).HidesUsers() || (pool.ClientSettings{PreventUserExistenceErrors: "LEGACY"}).HidesUsers() || !(pool.ClientSettings{PreventUserExistenceErrors: "ENABLED"}).HidesUsers() {
		t.Error("HidesUsers")
	}
	c := pool.Client{Secret: "right"}
	if !c.CheckSecret("right") || c.CheckSecret("wrong") || c.CheckSecret("") || c.CheckSecret("right ") || c.Public() {
		t.Error("CheckSecret of a confidential client")
	}
	if p := (pool.Client{}); !p.Public() || !p.CheckSecret("") || p.CheckSecret("x") {
		t.Error("CheckSecret of a public client")
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"demo", "a", "my-app1", "auth.example.com", "a.b"} {
		if err := (pool.Domain{Domain: good}).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-a", "a-", "A", "my_app", "my-aws-app", "amazonia", "cognito1", "auth..com", ".com", "auth.example.com.", "a b", "ümlaut", "http://a.b", "a.b:443", strings.Repeat("a", 64), strings.Repeat("a.", 130) + "a"} {
		if (pool.Domain{Domain: bad}).Check() == nil {
			t.Errorf("%q passes", bad)
		}
	}
	if (pool.Domain{Domain: "demo", CustomDomainConfig: &pool.CustomDomainConfig{}}).Check() == nil {
		t.Error("a prefix with a custom domain's certificate passes")
	}
}

// Secrets are hidden from every way of printing.
func TestSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	c := pool.Client{Secret: "hush"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(verb, c.Secret) + fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c); strings.Contains(got, "hush") {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if c.Secret.LogValue().String() != "[secret]" || c.Secret.Reveal() != "hush" {
		t.Error("LogValue or Reveal")
	}
}
