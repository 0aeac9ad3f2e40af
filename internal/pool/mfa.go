package pool

import "cmp"

// MFA is how a pool asks for a second factor, and which there are (Cognito:
// SetUserPoolMfaConfig). There are none yet: what stands for one is refused by
// its name, and [Settings.MfaConfiguration] is OFF.
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

// EmailMFA is a code by e-mail: on wherever the member is there.
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

// Check refuses what Cognito refuses, and then what would need a factor.
func (m MFA) Check() error {
	var c checks
	sms := m.SmsMfaConfiguration != nil && (m.SmsMfaConfiguration.SmsAuthenticationMessage != "" || len(m.SmsMfaConfiguration.SmsConfiguration) > 0)
	app := m.SoftwareTokenMfaConfiguration != nil && m.SoftwareTokenMfaConfiguration.Enabled
	factors := sms || app || m.EmailMfaConfiguration != nil
	switch asked := m.MfaConfiguration; {
	case asked == "OFF" && factors:
		c.refuse(refuse(InvalidParameter, "mfa_off", "MfaConfiguration", ""))
	case asked != "" && asked != "OFF" && !app && m.EmailMfaConfiguration == nil && (!sms || len(m.SmsMfaConfiguration.SmsConfiguration) == 0):
		c.refuse(refuse(InvalidParameter, "mfa_sms", "MfaConfiguration", ""))
	}
	notYet := func(asks bool, field string) { c.need(!asks, field, ErrNotYet.Error()) }
	notYet(app, "SoftwareTokenMfaConfiguration.Enabled")
	notYet(sms, "SmsMfaConfiguration")
	notYet(m.EmailMfaConfiguration != nil, "EmailMfaConfiguration")
	if w := m.WebAuthnConfiguration; w != nil {
		const at = "WebAuthnConfiguration."
		c.need(w.RelyingPartyId == "" || hostPattern.MatchString(w.RelyingPartyId), at+"RelyingPartyId", "must be a domain name")
		c.need(w.FactorConfiguration != "MULTI_FACTOR_WITH_USER_VERIFICATION" || w.UserVerification == "required", at+"UserVerification", "must be required where passkeys stand for two factors")
		notYet(w.RelyingPartyId != "", at+"RelyingPartyId")
		notYet(w.UserVerification == "required", at+"UserVerification")
	}
	return c.err
}
