package pool

import (
	mathrand "math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxPasswordLength bounds what is hashed, in characters (Cognito: PasswordType).
const MaxPasswordLength = 256

// symbols are the characters that Cognito counts as special.
const symbols = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= "

// PasswordPolicy is what a pool asks of a password (Cognito:
// PasswordPolicyType). MinimumLength counts characters, 6 to 99.
type PasswordPolicy struct {
	MinimumLength                 *int   `json:",omitempty"`
	RequireUppercase              *bool  `json:",omitempty"`
	RequireLowercase              *bool  `json:",omitempty"`
	RequireNumbers                *bool  `json:",omitempty"`
	RequireSymbols                *bool  `json:",omitempty"`
	TemporaryPasswordValidityDays *int   `json:",omitempty"`
	PasswordHistorySize           NotYet `json:",omitzero"`
}

// DefaultPasswordPolicy is the policy of a pool that names none: eight
// characters with an upper-case and a lower-case letter, a digit and a symbol.
func DefaultPasswordPolicy() PasswordPolicy {
	yes, eight := true, 8
	return PasswordPolicy{MinimumLength: &eight, RequireUppercase: &yes, RequireLowercase: &yes, RequireNumbers: &yes, RequireSymbols: &yes}
}

// withDefaults fills the members that a given policy leaves out: a named
// policy asks only for what it names, and at least six characters.
func (p PasswordPolicy) withDefaults() PasswordPolicy {
	no, six := false, 6
	if p.MinimumLength == nil {
		p.MinimumLength = &six
	}
	for _, rule := range []**bool{&p.RequireUppercase, &p.RequireLowercase, &p.RequireNumbers, &p.RequireSymbols} {
		if *rule == nil {
			*rule = &no
		}
	}
	return p
}

// PasswordRule is one demand of a policy, for pages that list them. Reason is
// the reason of the InvalidPassword error when it is not met.
type PasswordRule struct {
	Reason string
	Count  int // characters, for the length rule
}

// Rules lists what the policy asks, in the order in which it is checked.
func (p PasswordPolicy) Rules() []PasswordRule {
	p = p.withDefaults()
	rules := []PasswordRule{{Reason: "length", Count: *p.MinimumLength}}
	for _, r := range []struct {
		on     *bool
		reason string
	}{{p.RequireUppercase, "upper"}, {p.RequireLowercase, "lower"}, {p.RequireNumbers, "number"}, {p.RequireSymbols, "symbol"}} {
		if *r.on {
			rules = append(rules, PasswordRule{Reason: r.reason})
		}
	}
	return rules
}

// CheckPassword returns an InvalidPassword error for the first rule that
// password breaks, or InvalidParameter for one that cannot be stored at all.
func (p PasswordPolicy) CheckPassword(password string) error {
	if err := CheckPasswordShape(password); err != nil {
		return err
	}
	for _, rule := range p.Rules() {
		if !rule.met(password) {
			return refuse(InvalidPassword, rule.Reason, "password", "")
		}
	}
	return nil
}

// CheckPasswordShape refuses what no password may be: empty, over 256
// characters, not UTF-8, with a control character, or with white space at an
// end. It costs nothing, so it runs before any hash.
func CheckPasswordShape(password string) error {
	switch {
	case password == "":
		return refuse(InvalidParameter, "required", "password", "")
	case utf8.RuneCountInString(password) > MaxPasswordLength:
		return refuse(InvalidPassword, "long", "password", "")
	case !utf8.ValidString(password), strings.ContainsFunc(password, unicode.IsControl):
		return refuse(InvalidPassword, "characters", "password", "")
	case strings.TrimSpace(password) != password:
		return refuse(InvalidPassword, "spaces", "password", "")
	}
	return nil
}

func (r PasswordRule) met(password string) bool {
	switch r.Reason {
	case "length":
		return utf8.RuneCountInString(password) >= r.Count
	case "upper":
		return strings.ContainsFunc(password, unicode.IsUpper)
	case "lower":
		return strings.ContainsFunc(password, unicode.IsLower)
	case "number":
		return strings.ContainsFunc(password, unicode.IsDigit)
	default:
		return strings.ContainsAny(password, symbols)
	}
}

// Generate makes a random password that the policy takes: at least twelve
// characters, one of every kind, none that is easily misread.
func (p PasswordPolicy) Generate() string {
	const least = 12
	kinds := []string{"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789", "!#%*+?-"}
	password := []byte(randomText(strings.Join(kinds, ""), max(least, *p.withDefaults().MinimumLength)))
	for i, at := range mathrand.Perm(len(password))[:len(kinds)] {
		password[at] = randomText(kinds[i], 1)[0]
	}
	return string(password)
}
