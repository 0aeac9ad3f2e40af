package pool

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Factor is a second factor (Cognito: UserMFASettingList).
type Factor string

// The second factors that there are.
const (
	FactorToken Factor = "SOFTWARE_TOKEN_MFA" // a code of an authenticator app
	FactorEmail Factor = "EMAIL_OTP"          // a code by e-mail
)

// EveryFactor lists them, in Cognito's order.
func EveryFactor() []Factor { return []Factor{FactorToken, FactorEmail} }

// MFA is how a pool asks for a second factor, and which there are (Cognito:
// SetUserPoolMfaConfig). A pool keeps MfaConfiguration among its [Settings].
// What stands for a factor that there is not yet is refused by its name.
type MFA struct {
	MfaConfiguration              string               `json:",omitempty"`
	SmsMfaConfiguration           *SmsMFA              `json:",omitempty"`
	SoftwareTokenMfaConfiguration *SoftwareTokenMFA    `json:",omitempty"`
	EmailMfaConfiguration         *EmailMFA            `json:",omitempty"`
	WebAuthnConfiguration         *WebAuthnFactorRules `json:",omitempty"`
}

// SmsMFA is a code by text message; a pool needs an SmsConfiguration for it.
type SmsMFA struct {
	SmsAuthenticationMessage string         `json:",omitempty"`
	SmsConfiguration         map[string]any `json:",omitempty"`
}

// SoftwareTokenMFA is a code of an authenticator app.
type SoftwareTokenMFA struct {
	Enabled bool `json:",omitempty"`
}

// EmailMFA is a code by e-mail: on wherever the member is there. Message holds
// {####}.
type EmailMFA struct {
	Message string `json:",omitempty"`
	Subject string `json:",omitempty"`
}

// WebAuthnFactorRules are those of passkeys.
type WebAuthnFactorRules struct {
	RelyingPartyId      string `json:",omitempty"`
	UserVerification    string `json:",omitempty"` // preferred where nothing is said, or required
	FactorConfiguration string `json:",omitempty"` // SINGLE_FACTOR where nothing is said, or MULTI_FACTOR_WITH_USER_VERIFICATION
}

// MFA is the pool's MfaConfiguration, whichever operation asks.
func (p Pool) MFA() string { return cmp.Or(p.MfaConfiguration, "OFF") }

// Check refuses what Cognito refuses, and then what would need a factor that
// there is not yet.
func (m MFA) Check() error {
	var c checks
	sms := m.SmsMfaConfiguration != nil && (m.SmsMfaConfiguration.SmsAuthenticationMessage != "" || len(m.SmsMfaConfiguration.SmsConfiguration) > 0)
	factors := sms || len(m.Factors()) > 0
	switch asked := m.MfaConfiguration; {
	case asked == "OFF" && factors:
		c.refuse(refuse(InvalidParameter, "mfa_off", "MfaConfiguration", ""))
	case asked != "" && asked != "OFF" && len(m.Factors()) == 0 && (!sms || len(m.SmsMfaConfiguration.SmsConfiguration) == 0):
		c.refuse(refuse(InvalidParameter, "mfa_sms", "MfaConfiguration", ""))
	}
	notYet := func(asks bool, field string) { c.need(!asks, field, ErrNotYet.Error()) }
	notYet(sms, "SmsMfaConfiguration")
	if e := m.EmailMfaConfiguration; e != nil {
		c.need(e.Message == "" || strings.Contains(e.Message, "{####}"), "EmailMfaConfiguration.Message", "must contain {####}")
	}
	if w := m.WebAuthnConfiguration; w != nil {
		const at = "WebAuthnConfiguration."
		c.need(w.RelyingPartyId == "" || hostPattern.MatchString(w.RelyingPartyId), at+"RelyingPartyId", "must be a domain name")
		c.need(w.FactorConfiguration != "MULTI_FACTOR_WITH_USER_VERIFICATION" || w.UserVerification == "required", at+"UserVerification", "must be required where passkeys stand for two factors")
		notYet(w.RelyingPartyId != "", at+"RelyingPartyId")
		notYet(w.UserVerification == "required", at+"UserVerification")
	}
	return c.err
}

// Factors are those that are switched on, in Cognito's order.
func (m MFA) Factors() []Factor {
	var on []Factor
	if m.SoftwareTokenMfaConfiguration != nil && m.SoftwareTokenMfaConfiguration.Enabled {
		on = append(on, FactorToken)
	}
	if m.EmailMfaConfiguration != nil {
		on = append(on, FactorEmail)
	}
	return on
}

// WithMFA gives the pool the factors that ask names, and no others; OFF is
// without any. A MfaConfiguration that is left out stays (Cognito:
// SetUserPoolMfaConfig).
func (p Pool) WithMFA(ask MFA) (Pool, error) {
	if ask.MfaConfiguration == "" && ask.SoftwareTokenMfaConfiguration == nil && ask.EmailMfaConfiguration == nil {
		return p, ask.Check()
	}
	ask.MfaConfiguration = cmp.Or(ask.MfaConfiguration, p.MFA())
	if err := ask.Check(); err != nil {
		return p, err
	}
	p.MfaConfiguration = ask.MfaConfiguration
	if ask.SoftwareTokenMfaConfiguration != nil && !ask.SoftwareTokenMfaConfiguration.Enabled {
		ask.SoftwareTokenMfaConfiguration = nil
	}
	p.SecondFactors = MFA{SoftwareTokenMfaConfiguration: ask.SoftwareTokenMfaConfiguration, EmailMfaConfiguration: ask.EmailMfaConfiguration}
	return p, nil
}

// CheckNewMFA refuses a pool that is made with a second factor: there is none that
// it could be made with (Cognito: CreateUserPool).
func (s Settings) CheckNewMFA() error {
	if s.MfaConfiguration == "" || s.MfaConfiguration == "OFF" {
		return nil
	}
	return refuse(InvalidParameter, "mfa_sms", "MfaConfiguration", "")
}

// Factored are the second factors that the pool has under other settings: those
// that ask names, or for nil those that it has now; none where the settings say
// OFF. Settings that ask for a factor where there is none are refused (Cognito:
// UpdateUserPool).
func (p Pool) Factored(s Settings, ask *MFA) (MFA, error) {
	how := cmp.Or(s.MfaConfiguration, "OFF")
	if ask == nil {
		if how == "OFF" {
			return MFA{}, nil
		}
		if len(p.SecondFactors.Factors()) == 0 {
			return MFA{}, refuse(InvalidParameter, "mfa_on", "MfaConfiguration", "no second factor is switched on: name EnabledMfas, or call SetUserPoolMfaConfig")
		}
		return p.SecondFactors, nil
	}
	next := *ask
	next.MfaConfiguration = how
	p, err := p.WithMFA(next)
	return p.SecondFactors, err
}

// UserMFA is what somebody has for a second factor.
type UserMFA struct {
	Token     SoftwareToken `json:",omitzero"`
	Enabled   []Factor      `json:",omitempty"` // by their own choice or an operator's (Cognito: UserMFASettingList)
	Preferred Factor        `json:",omitempty"`
}

// SoftwareToken is an authenticator app. Its seed is proven by a code before it
// counts; one that is asked for leaves an older one in force until then.
type SoftwareToken struct {
	Seed  Secret `json:",omitempty"`
	Asked Secret `json:",omitempty"`
	Name  string `json:",omitempty"` // of the device, as its owner calls it
	Step  int64  `json:",omitempty"` // the last step whose code was taken: none is taken twice
}

// ErrTokenUsed refuses a code of an authenticator app that was taken before.
var ErrTokenUsed = refuse(ExpiredCode, "software_token", "code", "")

// Spend takes the code of a step, once, from the app with the seed.
func (t *SoftwareToken) Spend(seed Secret, step int64) error {
	if t.Seed != seed || step <= t.Step {
		return ErrTokenUsed
	}
	t.Step = step
	return nil
}

// SecondOwner is what wrong codes of somebody's second factor are counted under:
// apart from wrong passwords, which strangers can bring.
func SecondOwner(sub string) string { return sub + "|second" }

// Has says whether somebody could show the factor, whatever the pool says.
func (u User) Has(f Factor) bool {
	switch f {
	case FactorToken:
		return u.MFA.Token.Seed != ""
	case FactorEmail:
		return u.EmailVerified()
	}
	return false
}

// Second is what a pool asks somebody for who has shown their first factor.
type Second struct {
	Ask        []Factor // one of these; none where nothing is asked
	SetUp      []Factor // they have none and must have one: what they can set up
	Impossible bool     // they have none, must have one, and can set up none
	others     []Factor // as good as those of Ask, were they shown
}

// Fits says whether a factor that was shown is what is asked for. One that is not
// preferred is as good.
func (s Second) Fits(shown Factor) bool {
	return slices.Contains(s.Ask, shown) || slices.Contains(s.others, shown)
}

// Fitting are all the factors that fit.
func (s Second) Fitting() []Factor {
	if len(s.others) > 0 {
		return slices.Clone(s.others)
	}
	return slices.Clone(s.Ask)
}

// SecondFor decides it. Where factors are OPTIONAL, those count that the person
// switched on; where they are ON, and none is switched on, all that they could
// show (Cognito: Adding MFA to a user pool).
func (p Pool) SecondFor(u User) Second {
	if p.MFA() == "OFF" {
		return Second{}
	}
	var chosen, able []Factor
	for _, f := range p.SecondFactors.Factors() {
		if u.Has(f) {
			able = append(able, f)
			if slices.Contains(u.MFA.Enabled, f) {
				chosen = append(chosen, f)
			}
		}
	}
	if len(chosen) == 0 && p.MFA() == "ON" {
		chosen = able
	}
	switch {
	case slices.Contains(chosen, u.MFA.Preferred):
		return Second{Ask: []Factor{u.MFA.Preferred}, others: chosen}
	case len(chosen) == 0 && p.MFA() == "ON":
		can := p.canSetUp()
		return Second{SetUp: can, Impossible: len(can) == 0}
	}
	return Second{Ask: chosen}
}

// canSetUp are the factors that somebody can set up in the middle of a sign-in.
func (p Pool) canSetUp() []Factor {
	return slices.DeleteFunc(p.SecondFactors.Factors(), func(f Factor) bool { return f != FactorToken })
}

// FactorChoice is what to do with one factor: switch it on or off, and whether it
// is the one that is asked for first.
type FactorChoice struct{ Enabled, Preferred bool }

// Prefer switches factors on and off; one that choices do not name stays as it is
// (Cognito: SetUserMFAPreference). A factor that somebody cannot show is not
// switched on, and at most one is preferred: the newest choice.
func (u *User) Prefer(choices map[Factor]FactorChoice) error {
	preferred := 0
	for _, f := range EveryFactor() {
		choice := choices[f]
		switch {
		case (choice.Enabled || choice.Preferred) && !u.Has(f):
			return refuse(InvalidParameter, "no_factor", string(f), "")
		case choice.Preferred && !choice.Enabled:
			return refuse(InvalidParameter, "preferred_off", string(f), "")
		case choice.Preferred:
			preferred++
		}
	}
	if preferred > 1 {
		return refuse(InvalidParameter, "preferred_two", "", "")
	}
	for _, f := range EveryFactor() {
		choice, named := choices[f]
		if named {
			u.forgetFactor(f)
		}
		if choice.Enabled {
			u.SwitchOn(f)
		}
		if choice.Preferred {
			u.MFA.Preferred = f
		}
	}
	return nil
}

func (u *User) forgetFactor(f Factor) {
	u.MFA.Enabled = slices.DeleteFunc(u.MFA.Enabled, func(on Factor) bool { return on == f })
	if u.MFA.Preferred == f {
		u.MFA.Preferred = ""
	}
}

// TakeToken makes the app whose seed was asked for the one that counts, once a
// code of it was seen, that of a step.
func (u *User) TakeToken(asked Secret, name string, step int64) error {
	if utf8.RuneCountInString(name) > maxDeviceName {
		return refuse(InvalidParameter, "device_name", "name", "")
	}
	if err := CheckAttributeValue("name", name); err != nil {
		return err
	}
	if asked == "" || u.MFA.Token.Asked != asked { // another was asked for meanwhile
		return ErrTokenUsed
	}
	u.MFA.Token = SoftwareToken{Seed: asked, Name: name, Step: step}
	return nil
}

// maxDeviceName bounds what somebody calls their authenticator app, in characters
// (Cognito: StringType of FriendlyDeviceName).
const maxDeviceName = 131

// SwitchOn adds a factor to those that are switched on.
func (u *User) SwitchOn(f Factor) {
	if !slices.Contains(u.MFA.Enabled, f) {
		u.MFA.Enabled = append(u.MFA.Enabled, f)
	}
}

// CheckToken refuses authenticator apps in a pool without them.
func (p Pool) CheckToken() error {
	if slices.Contains(p.SecondFactors.Factors(), FactorToken) {
		return nil
	}
	return refuse(SoftwareTokenMFANotFound, "", "", "")
}

// DropToken takes the authenticator app away (Cognito: AdminDeleteSoftwareToken).
func (u *User) DropToken() {
	u.MFA.Token = SoftwareToken{}
	u.forgetFactor(FactorToken)
}

// FactorsOf are the ways in which somebody could show who they are (Cognito:
// GetUserAuthFactors).
func (p Pool) FactorsOf(u User) []string {
	var out []string
	if u.Password.Hash != "" {
		out = append(out, "PASSWORD")
	}
	for _, f := range p.SecondFactors.Factors() {
		switch {
		case f == FactorEmail && u.Has(f):
			out = append(out, "EMAIL_OTP")
		case f == FactorToken && u.Has(f):
			out = append(out, "SOFTWARE_TOKEN")
		}
	}
	return out
}
