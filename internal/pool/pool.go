package pool

import (
	"slices"
	"time"
)

// App is an app client together with its pool: loaded once by a door and
// passed by value. Domain is the pool's domain at which it was asked for, "" on
// the server's own host. Language is the BCP 47 tag of the page that the person
// reads, "" where nobody said which: a call of the API, a browser without wishes.
type App struct {
	Pool     Pool
	Client   Client
	Domain   string
	Language string
}

// Pool is one user pool: its id, its settings, and when they changed (ms).
type Pool struct {
	ID string `json:"Id"`
	Settings
	UserSessions     UserSessions `json:",omitzero"`  // no update of the settings touches it
	Customized       bool         `json:",omitempty"` // was customised at some time; the pages of no other pool look for it
	SecondFactors    MFA          `json:",omitzero"`  // those that are switched on; MfaConfiguration is among the settings
	Stack            string       `json:",omitempty"` // the one whose template made it
	CreationDate     int64
	LastModifiedDate int64
}

// Settings are the members of CreateUserPool that Poolhouse honours. A nil
// pointer or slice is a member that was not given.
type Settings struct {
	PoolName                    string
	Policies                    *Policies                    `json:",omitempty"`
	UsernameAttributes          []string                     `json:",omitempty"`
	AliasAttributes             []string                     `json:",omitempty"`
	AutoVerifiedAttributes      []string                     `json:",omitempty"`
	UsernameConfiguration       *UsernameConfiguration       `json:",omitempty"`
	AdminCreateUserConfig       *AdminCreateUserConfig       `json:",omitempty"`
	VerificationMessageTemplate *VerificationMessageTemplate `json:",omitempty"`
	EmailVerificationMessage    string                       `json:",omitempty"`
	EmailVerificationSubject    string                       `json:",omitempty"`
	EmailConfiguration          *EmailConfiguration          `json:",omitempty"`
	AccountRecoverySetting      *AccountRecoverySetting      `json:",omitempty"`
	Schema                      []SchemaAttribute            `json:",omitempty"`
	UserAttributeUpdateSettings *UserAttributeUpdateSettings `json:",omitempty"`
	DeletionProtection          string                       `json:",omitempty"`
	MfaConfiguration            string                       `json:",omitempty"`
	UserPoolTier                string                       `json:",omitempty"`
	UserPoolTags                map[string]string            `json:",omitempty"`
	UserPoolAddOns              *UserPoolAddOns              `json:",omitempty"`

	// Issuer is Poolhouse's own: the `iss` of this pool's tokens, for a pool
	// that moved here and whose apps pin its former issuer. Empty means
	// "{url}/{pool id}".
	Issuer string `json:",omitempty"`

	// AuditRetentionDays is Poolhouse's own too: for how many days the audit
	// trail is kept, [DefaultAuditDays] where nothing is said.
	AuditRetentionDays *int `json:",omitempty"`

	NotYetSettings
}

// NotYetSettings names the members of CreateUserPool that have no effect yet.
// Empty or default values are accepted and not stored; anything else is
// refused, never stored in silence.
type NotYetSettings struct {
	DeviceConfiguration      NotYet `json:",omitzero"`
	KeyConfiguration         NotYet `json:",omitzero"`
	IssuerConfiguration      NotYet `json:",omitzero"`
	LambdaConfig             NotYet `json:",omitzero"`
	SmsAuthenticationMessage NotYet `json:",omitzero"`
	SmsConfiguration         NotYet `json:",omitzero"`
	SmsVerificationMessage   NotYet `json:",omitzero"`
}

// UserPoolAddOns says whether operators may read the audit trail by the API
// (Cognito: AdvancedSecurityMode). It is kept whatever this says.
type UserPoolAddOns struct {
	AdvancedSecurityMode            string `json:",omitempty"` // OFF or AUDIT
	AdvancedSecurityAdditionalFlows NotYet `json:",omitzero"`
}

// Policies holds the password policy (Cognito: UserPoolPolicyType).
type Policies struct {
	PasswordPolicy *PasswordPolicy `json:",omitempty"`
	SignInPolicy   NotYet          `json:",omitzero"`
}

// UsernameConfiguration says whether usernames and e-mail sign-in tell upper
// from lower case. Absent means case sensitive; it cannot change later.
type UsernameConfiguration struct {
	CaseSensitive *bool `json:",omitempty"`
}

// AdminCreateUserConfig says whether people may sign themselves up.
type AdminCreateUserConfig struct {
	AllowAdminCreateUserOnly  *bool                  `json:",omitempty"`
	InviteMessageTemplate     *InviteMessageTemplate `json:",omitempty"`
	UnusedAccountValidityDays *int                   `json:",omitempty"` // days a temporary password is good for; the policy's own member wins
}

// InviteMessageTemplate is the text of the mail that brings a temporary
// password: {####} stands for it, {username} for the name to sign in with
// (Cognito: MessageTemplateType).
type InviteMessageTemplate struct {
	EmailMessage string `json:",omitempty"`
	EmailSubject string `json:",omitempty"`
	SMSMessage   NotYet `json:",omitzero"`
}

// VerificationMessageTemplate is the text of the mail that verifies an
// address; EmailMessage contains {####}, EmailMessageByLink {##text##}.
type VerificationMessageTemplate struct {
	DefaultEmailOption string `json:",omitempty"` // CONFIRM_WITH_CODE (default) or CONFIRM_WITH_LINK
	EmailMessage       string `json:",omitempty"`
	EmailSubject       string `json:",omitempty"`
	EmailMessageByLink string `json:",omitempty"`
	EmailSubjectByLink string `json:",omitempty"`
	SmsMessage         NotYet `json:",omitzero"`
}

// EmailConfiguration names the sender of a pool's mail.
type EmailConfiguration struct {
	EmailSendingAccount string `json:",omitempty"` // COGNITO_DEFAULT: the server's own --mail
	From                string `json:",omitempty"`
	ReplyToEmailAddress string `json:",omitempty"`
	SourceArn           NotYet `json:",omitzero"`
	ConfigurationSet    NotYet `json:",omitzero"`
}

// AccountRecoverySetting says by which verified contact a password is reset.
type AccountRecoverySetting struct {
	RecoveryMechanisms []RecoveryMechanism `json:",omitempty"`
}

// UserAttributeUpdateSettings lists attributes whose old value stays in force
// until the new one is verified.
type UserAttributeUpdateSettings struct {
	AttributesRequireVerificationBeforeUpdate []string
}

// RecoveryMechanism is one way to recover an account; priority 1 is first.
type RecoveryMechanism struct {
	Name     string
	Priority int
}

// Tier is the pool's: where none is named, the one that its add-ons need.
func (s Settings) Tier() string {
	switch {
	case s.UserPoolTier != "":
		return s.UserPoolTier
	case s.UserPoolAddOns != nil && s.UserPoolAddOns.AdvancedSecurityMode == "AUDIT":
		return "PLUS"
	}
	return "ESSENTIALS"
}

// CaseSensitive says whether "Ann" and "ann" are two people here.
func (p Pool) CaseSensitive() bool {
	c := p.UsernameConfiguration
	return c == nil || c.CaseSensitive == nil || *c.CaseSensitive
}

// EmailIsUsername says whether people sign in with their e-mail address and
// have their sub as username (Cognito: UsernameAttributes).
func (p Pool) EmailIsUsername() bool { return slices.Contains(p.UsernameAttributes, "email") }

// PhoneIsUsername says whether people sign in with their phone number and have
// their sub as username.
func (p Pool) PhoneIsUsername() bool { return slices.Contains(p.UsernameAttributes, "phone_number") }

// SubIsUsername says whether the username of a new account is its sub.
func (p Pool) SubIsUsername() bool { return len(p.UsernameAttributes) > 0 }

// Alias says whether the attribute, once it is verified, is one more name to
// sign in with: email, phone_number or preferred_username (which needs no
// verification).
func (p Pool) Alias(attribute string) bool { return slices.Contains(p.AliasAttributes, attribute) }

// VerifiesBeforeUpdate says whether a changed attribute takes effect only when
// it is verified.
func (p Pool) VerifiesBeforeUpdate(attribute string) bool {
	s := p.UserAttributeUpdateSettings
	return s != nil && slices.Contains(s.AttributesRequireVerificationBeforeUpdate, attribute)
}

// TemporaryPasswordLife is how long a password that an operator made is good
// for: seven days where nothing is said (Cognito: TemporaryPasswordValidityDays).
func (p Pool) TemporaryPasswordLife() time.Duration {
	days := 7
	if c := p.AdminCreateUserConfig; c != nil && c.UnusedAccountValidityDays != nil && *c.UnusedAccountValidityDays > 0 {
		days = *c.UnusedAccountValidityDays
	}
	if p.Policies != nil && p.Policies.PasswordPolicy != nil {
		if n := p.Policies.PasswordPolicy.TemporaryPasswordValidityDays; n != nil && *n > 0 {
			days = *n
		}
	}
	return time.Duration(days) * 24 * time.Hour
}

// TemporaryUntil is when a temporary password stops being good (ms).
func (p Pool) TemporaryUntil(u User) int64 {
	return u.Password.SetAt + p.TemporaryPasswordLife().Milliseconds()
}

// VerifiesEmail says whether sign-up sends a code to the e-mail address.
func (p Pool) VerifiesEmail() bool { return slices.Contains(p.AutoVerifiedAttributes, "email") }

// ConfirmsByCode says whether a mailed code or link confirms u. Where none can,
// an operator must.
func (p Pool) ConfirmsByCode(u User) bool { return p.VerifiesEmail() && u.Email() != "" }

// SelfSignUp says whether people may create their own account.
func (p Pool) SelfSignUp() bool {
	c := p.AdminCreateUserConfig
	return c == nil || c.AllowAdminCreateUserOnly == nil || !*c.AllowAdminCreateUserOnly
}

// ConfirmsByLink says whether the verification mail carries a link instead of
// a code. Password resets use codes always.
func (p Pool) ConfirmsByLink() bool {
	t := p.VerificationMessageTemplate
	return t != nil && t.DefaultEmailOption == "CONFIRM_WITH_LINK"
}

// RecoversByOperatorOnly says whether people cannot reset a password
// themselves (Cognito: admin_only).
func (p Pool) RecoversByOperatorOnly() bool {
	r := p.AccountRecoverySetting
	return r != nil && len(r.RecoveryMechanisms) == 1 && r.RecoveryMechanisms[0].Name == "admin_only"
}

// PasswordPolicy returns the policy in force, defaults filled in.
func (p Pool) PasswordPolicy() PasswordPolicy {
	if p.Policies == nil || p.Policies.PasswordPolicy == nil {
		return DefaultPasswordPolicy()
	}
	return p.Policies.PasswordPolicy.withDefaults()
}
