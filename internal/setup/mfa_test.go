package setup_test

import (
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// A document names the second factors of a pool; one that does not leaves them.
func TestApplySecondFactors(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	apply := func(text string, want setup.Action) error {
		t.Helper()
		d, err := setup.ReadDocument([]byte(`{"UserPools":[` + text + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		changes, err := s.Apply(t.Context(), d, false)
		if err == nil && changes[0].Action != want {
			t.Errorf("%s: %s, want %s (%v)", text, changes[0].Action, want, changes[0].Members)
		}
		return err
	}
	has := func(how string, factors ...pool.Factor) {
		t.Helper()
		p, err := s.DB.Pools.Get(t.Context(), "us-east-1_Second001")
		if err != nil {
			t.Fatal(err)
		}
		got := p.SecondFactors.Factors()
		if p.MFA() != how || len(got) != len(factors) {
			t.Fatalf("the pool says %s, %v, want %s, %v", p.MFA(), got, how, factors)
		}
		for i, f := range factors {
			if got[i] != f {
				t.Errorf("the pool has %v, want %v", got, factors)
			}
		}
	}
	const begin = `{"Id":"us-east-1_Second001","PoolName":"second"`
	must(t, apply(begin+`,"MfaConfiguration":"ON","EnabledMfas":["SOFTWARE_TOKEN_MFA"]}`, setup.Created))
	has("ON", pool.FactorToken)
	must(t, apply(begin+`,"MfaConfiguration":"ON","EnabledMfas":["SOFTWARE_TOKEN_MFA"]}`, setup.Unchanged))
	must(t, apply(begin+`,"MfaConfiguration":"OPTIONAL","EnabledMfas":["SOFTWARE_TOKEN_MFA","EMAIL_OTP"],"EmailAuthenticationMessage":"It is {####}."}`, setup.Updated))
	has("OPTIONAL", pool.FactorToken, pool.FactorEmail)
	must(t, apply(begin+`}`, setup.Unchanged))
	has("OPTIONAL", pool.FactorToken, pool.FactorEmail)
	must(t, apply(begin+`,"MfaConfiguration":"OPTIONAL","EnabledMfas":["EMAIL_OTP"]}`, setup.Updated))
	has("OPTIONAL", pool.FactorEmail)
	for text, member := range map[string]string{
		`,"MfaConfiguration":"ON","EnabledMfas":["SMS_MFA"]}`:                                          "EnabledMfas",
		`,"MfaConfiguration":"ON","EnabledMfas":["FAX"]}`:                                              "EnabledMfas",
		`,"MfaConfiguration":"OFF","EnabledMfas":["SOFTWARE_TOKEN_MFA"]}`:                              "MfaConfiguration",
		`,"MfaConfiguration":"ON","EnabledMfas":[]}`:                                                   "MfaConfiguration",
		`,"MfaConfiguration":"ON","EnabledMfas":["EMAIL_OTP"],"EmailAuthenticationMessage":"no code"}`: "EmailMfaConfiguration.Message",
	} {
		if e := pool.AsError(apply(begin+text, "")); e == nil || e.Field != member {
			t.Errorf("%s: %v, want a refusal of %s", text, e, member)
		}
		has("OPTIONAL", pool.FactorEmail)
	}
	must(t, apply(begin+`,"MfaConfiguration":"OFF"}`, setup.Updated))
	has("OFF")
	if e := pool.AsError(apply(begin+`,"MfaConfiguration":"ON"}`, "")); e == nil || e.Reason != "mfa_on" {
		t.Errorf("ON without a factor: %v", e)
	}
}
