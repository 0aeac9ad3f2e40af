package pool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func ptr[T any](v T) *T { return &v }

// refusal is the key of err, "" without one.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	if e := pool.AsError(err); e != nil {
		return e.Key()
	}
	return "not a refusal: " + err.Error()
}

// Each rule alone: what it refuses, what satisfies it, and that without it the
// same password passes.
func TestPasswordRules(t *testing.T) {
	t.Parallel()
	off := pool.PasswordPolicy{MinimumLength: ptr(6)}
	for _, c := range []struct {
		rule      pool.PasswordPolicy
		bad, good string
		want      string
	}{
		{pool.PasswordPolicy{MinimumLength: ptr(8)}, "abcdefg", "abcdefgh", "InvalidPassword.length"},
		{pool.PasswordPolicy{MinimumLength: ptr(8)}, "äöüäöüä", "äöüäöüäö", "InvalidPassword.length"},
		{pool.PasswordPolicy{RequireUppercase: ptr(true)}, "abcdef", "abcdeF", "InvalidPassword.upper"},
		{pool.PasswordPolicy{RequireLowercase: ptr(true)}, "ABCDEF", "ABCDEf", "InvalidPassword.lower"},
		{pool.PasswordPolicy{RequireNumbers: ptr(true)}, "abcdef", "abcde1", "InvalidPassword.number"},
		{pool.PasswordPolicy{RequireSymbols: ptr(true)}, "abcdef", "abcde!", "InvalidPassword.symbol"},
		{pool.PasswordPolicy{RequireSymbols: ptr(true)}, "abcdeé", "abc ef", "InvalidPassword.symbol"},
	} {
		if got := refusal(c.rule.CheckPassword(c.bad)); got != c.want {
			t.Errorf("%q: %q, want %q", c.bad, got, c.want)
		}
		if err := c.rule.CheckPassword(c.good); err != nil {
			t.Errorf("%q: %v, want it to pass", c.good, err)
		}
		if err := off.CheckPassword(c.bad); err != nil {
			t.Errorf("%q without the rule: %v, want it to pass", c.bad, err)
		}
	}
}

// Cognito's list of special characters, one by one.
func TestEverySymbolCounts(t *testing.T) {
	t.Parallel()
	rule := pool.PasswordPolicy{RequireSymbols: ptr(true)}
	for _, r := range "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= " {
		if err := rule.CheckPassword("abc" + string(r) + "def"); err != nil {
			t.Errorf("%q does not count as a symbol: %v", r, err)
		}
	}
}

func TestPasswordsThatNoPolicyAllows(t *testing.T) {
	t.Parallel()
	lax := pool.PasswordPolicy{}
	for bad, want := range map[string]string{
		"":                       "InvalidParameter.required",
		"five5":                  "InvalidPassword.length", // a policy that names no length asks six
		strings.Repeat("a", 257): "InvalidPassword.long",
		"abc\x00def":             "InvalidPassword.characters",
		"abc\ndef":               "InvalidPassword.characters",
		"abc\xffdef":             "InvalidPassword.characters",
		" abcdef":                "InvalidPassword.spaces",
		"abcdef\u00a0":           "InvalidPassword.spaces",
	} {
		if got := refusal(lax.CheckPassword(bad)); got != want {
			t.Errorf("%q: %q, want %q", bad, got, want)
		}
	}
	for _, good := range []string{strings.Repeat("é", 256), "abc def", "пароль"} {
		if err := lax.CheckPassword(good); err != nil {
			t.Errorf("%q: %v, want it to pass", good, err)
		}
	}
}

func TestPolicyInForce(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		settings pool.Settings
		want     []string
	}{
		"none named":   {pool.Settings{}, []string{"length 8", "upper", "lower", "number", "symbol"}},
		"empty":        {pool.Settings{Policies: &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{}}}, []string{"length 6"}},
		"length alone": {pool.Settings{Policies: &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{MinimumLength: ptr(12)}}}, []string{"length 12"}},
		"numbers":      {pool.Settings{Policies: &pool.Policies{PasswordPolicy: &pool.PasswordPolicy{RequireNumbers: ptr(true), RequireSymbols: ptr(false)}}}, []string{"length 6", "number"}},
	} {
		var got []string
		for _, r := range (pool.Pool{Settings: c.settings}).PasswordPolicy().Rules() {
			if r.Count > 0 {
				got = append(got, fmt.Sprint(r.Reason, " ", r.Count))
			} else {
				got = append(got, r.Reason)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}
