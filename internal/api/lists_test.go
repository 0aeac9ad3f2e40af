package api

import (
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestListTokens(t *testing.T) {
	t.Parallel()
	a, other := &API{ListKey: []byte("one key")}, &API{ListKey: []byte("another key")}
	token := a.nextToken("ListUserPools", "us-east-1_Example01")
	if after, err := a.afterToken("ListUserPools", token); err != nil || after != "us-east-1_Example01" {
		t.Errorf("the token leads to %q, %v", after, err)
	}
	if after, err := a.afterToken("ListUserPools", ""); err != nil || after != "" {
		t.Errorf("no token leads to %q, %v", after, err)
	}
	if strings.Contains(token, "us-east-1") || len(strings.Fields(token)) != 1 {
		t.Errorf("the token %q can be read", token)
	}
	refusals := map[string]error{}
	_, refusals["another list"] = a.afterToken("ListUserPoolClients|us-east-1_Example01", token)
	_, refusals["another server"] = other.afterToken("ListUserPools", token)
	for at := range token {
		changed := []byte(token)
		changed[at] ^= 1
		_, refusals["a change at "+string(changed)] = a.afterToken("ListUserPools", string(changed))
	}
	for _, s := range []string{token[:10], token + "A", " " + token, "=", "AA"} {
		_, refusals[s] = a.afterToken("ListUserPools", s)
	}
	for what, err := range refusals {
		if e := pool.AsError(err); e == nil || e.Key() != "InvalidParameter.pagination" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	key := func(s string) string { return s }
	for _, c := range []struct {
		rows  string
		limit int
		shown int
		last  string
	}{{"", 2, 0, ""}, {"a", 2, 1, ""}, {"a b", 2, 2, ""}, {"a b c", 2, 2, "b"}} {
		a := &API{ListKey: []byte("one key")}
		shown, next, err := paged(a, pageAsk{"L", "", c.limit}, func(after string, limit int) ([]string, error) {
			if after != "" || limit != c.limit+1 {
				t.Errorf("asked for %d after %q", limit, after)
			}
			return strings.Fields(c.rows), nil
		}, key)
		last, wrong := a.afterToken("L", next)
		if err != nil || wrong != nil || len(shown) != c.shown || last != c.last {
			t.Errorf("paged(%q, %d) = %v, after %q (%v, %v)", c.rows, c.limit, shown, last, err, wrong)
		}
	}
}

// A member that the API has and settings lack is refused by its name, not lost.
func TestNothingOfARequestIsLost(t *testing.T) {
	t.Parallel()
	enabled := true
	for want, in := range map[string]any{
		"DcrConfiguration":                 &CreateUserPoolRequest{PoolName: "p", DcrConfiguration: &DcrConfigurationType{}},
		"LambdaConfig":                     &CreateUserPoolRequest{PoolName: "p", LambdaConfig: &LambdaConfigType{PreSignUp: "arn"}},
		"EmailConfiguration.SourceArn":     &CreateUserPoolRequest{PoolName: "p", EmailConfiguration: &EmailConfigurationType{SourceArn: "arn"}},
		"Policies.SignInPolicy":            &CreateUserPoolRequest{PoolName: "p", Policies: &UserPoolPolicyType{SignInPolicy: &SignInPolicyType{AllowedFirstAuthFactors: []string{"EMAIL_OTP"}}}},
		"DeviceConfiguration":              &CreateUserPoolRequest{PoolName: "p", DeviceConfiguration: &DeviceConfigurationType{ChallengeRequiredOnNewDevice: &enabled}},
		"SmsConfiguration":                 &CreateUserPoolRequest{PoolName: "p", SmsConfiguration: &SmsConfigurationType{SnsCallerArn: "arn"}},
		"AdminCreateUserConfig.Invite":     &CreateUserPoolRequest{PoolName: "p", AdminCreateUserConfig: &AdminCreateUserConfigType{InviteMessageTemplate: &MessageTemplateType{SMSMessage: "{####}"}}},
		"UserPoolAddOns.AdvancedSecurityA": &CreateUserPoolRequest{PoolName: "p", UserPoolAddOns: &UserPoolAddOnsType{AdvancedSecurityMode: "AUDIT", AdvancedSecurityAdditionalFlows: &AdvancedSecurityAdditionalFlowsType{CustomAuthMode: "AUDIT"}}},
		"VerificationMessageTemplate.S":    &CreateUserPoolRequest{PoolName: "p", VerificationMessageTemplate: &VerificationMessageTemplateType{SmsMessage: "{####}"}},
	} {
		var s pool.Settings
		e := pool.AsError(fromRequest(in, &s))
		if e == nil || e.Kind != pool.InvalidParameter || !strings.HasPrefix(e.Field, want) {
			t.Errorf("%+v gave %v, want a refusal of %s", in, e, want)
		}
	}
	var s pool.Settings
	asksNothing := &CreateUserPoolRequest{PoolName: "p", UserPoolTags: map[string]string{}, LambdaConfig: &LambdaConfigType{}, MfaConfiguration: "OFF",
		UserPoolAddOns: &UserPoolAddOnsType{AdvancedSecurityMode: "OFF"}, Policies: &UserPoolPolicyType{SignInPolicy: &SignInPolicyType{AllowedFirstAuthFactors: []string{"PASSWORD"}}}}
	if err := fromRequest(asksNothing, &s); err != nil || s.PoolName != "p" {
		t.Errorf("a request that asks for nothing special: %v", err)
	}
}
