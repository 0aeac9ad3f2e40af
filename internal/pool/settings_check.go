package pool

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

var namePattern = regexp.MustCompile(`^[\w\s+=,.@-]{1,128}$`)

// checks runs one member's check after another and keeps the first refusal of
// each member: joined, so that a program is told the first and the writer of a
// document all of them.
type checks struct{ err error }

func (c *checks) need(ok bool, field, detail string) {
	if !ok {
		c.refuse(refuse(InvalidParameter, "setting", field, detail))
	}
}

func (c *checks) refuse(e *Error) {
	switch {
	case c.err == nil:
		c.err = e
	case !slices.ContainsFunc(Refusals(c.err), func(other *Error) bool { return other.Field == e.Field }):
		c.err = errors.Join(c.err, e)
	}
}

func (c *checks) oneOf(value, field string, allowed ...string) {
	c.need(value == "" || slices.Contains(allowed, value), field, fmt.Sprintf("must be one of %s", strings.Join(allowed, ", ")))
}

func (c *checks) notYet(value, field string, honoured ...string) {
	c.need(value == "" || slices.Contains(honoured, value), field, fmt.Sprintf("%q is not supported yet", value))
}

// Check refuses settings that Cognito does not allow or that have no effect
// here yet; the Error's Field is the member's path.
func (s Settings) Check() error {
	var c checks
	c.need(namePattern.MatchString(s.PoolName), "PoolName", "must be 1 to 128 letters, digits, spaces or +=,.@-_")
	if s.Policies != nil && s.Policies.PasswordPolicy != nil {
		n := s.Policies.PasswordPolicy.MinimumLength
		c.need(n == nil || *n >= 6 && *n <= 99, "Policies.PasswordPolicy.MinimumLength", "must be 6 to 99")
		d := s.Policies.PasswordPolicy.TemporaryPasswordValidityDays
		c.need(d == nil || *d >= 0 && *d <= 365, "Policies.PasswordPolicy.TemporaryPasswordValidityDays", "must be 0 to 365")
	}
	for _, a := range s.UsernameAttributes {
		c.oneOf(a, "UsernameAttributes", "email", "phone_number")
	}
	for _, a := range s.AutoVerifiedAttributes {
		c.oneOf(a, "AutoVerifiedAttributes", "email", "phone_number")
		c.notYet(a, "AutoVerifiedAttributes", "email")
	}
	for _, a := range s.AliasAttributes {
		c.oneOf(a, "AliasAttributes", "email", "phone_number", "preferred_username")
	}
	c.need(len(s.AliasAttributes) == 0 || len(s.UsernameAttributes) == 0, "AliasAttributes", "a pool has UsernameAttributes or AliasAttributes, not both")
	c.oneOf(s.DeletionProtection, "DeletionProtection", "ACTIVE", "INACTIVE")
	s.checkSchema(&c)
	if u := s.UserAttributeUpdateSettings; u != nil {
		for _, a := range u.AttributesRequireVerificationBeforeUpdate {
			c.oneOf(a, "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate", "email", "phone_number")
			c.need(slices.Contains(s.AutoVerifiedAttributes, a), "UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate", a+" must be among AutoVerifiedAttributes")
		}
	}
	c.oneOf(s.MfaConfiguration, "MfaConfiguration", "OFF", "ON", "OPTIONAL")
	c.oneOf(s.UserPoolTier, "UserPoolTier", "LITE", "ESSENTIALS", "PLUS")
	s.checkAudit(&c)
	if wrong := wrongTags(s.UserPoolTags); wrong != "" {
		c.refuse(refuse(UserPoolTagging, "", "UserPoolTags", wrong))
	}
	s.checkTemporary(&c)
	s.checkMail(&c)
	s.checkRecovery(&c)
	if s.Issuer != "" {
		u, err := url.Parse(s.Issuer)
		c.need(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && !strings.HasSuffix(s.Issuer, "/"),
			"Issuer", "must be an http or https URL without query, fragment or a slash at its end")
	}
	return c.err
}

// checkAudit refuses what needs another tier, as Cognito does, and a score of
// risks, which nothing makes here (Cognito: ENFORCED).
func (s Settings) checkAudit(c *checks) {
	days := s.AuditRetentionDays
	c.need(days == nil || *days >= 1 && *days <= 3650, "AuditRetentionDays", "must be 1 to 3650")
	if s.UserPoolAddOns == nil {
		return
	}
	const field = "UserPoolAddOns.AdvancedSecurityMode"
	mode := s.UserPoolAddOns.AdvancedSecurityMode
	c.oneOf(mode, field, "OFF", "AUDIT", "ENFORCED")
	c.notYet(mode, field, "OFF", "AUDIT")
	if s.Tier() != "PLUS" && mode == "AUDIT" {
		c.refuse(refuse(FeatureUnavailableInTier, "", field, "AdvancedSecurityMode AUDIT needs the tier PLUS"))
	}
}

// checkTemporary refuses two opinions on how long a temporary password is good
// for: one of them would have no effect.
func (s Settings) checkTemporary(c *checks) {
	a, p := s.AdminCreateUserConfig, s.Policies
	if a == nil || a.UnusedAccountValidityDays == nil {
		return
	}
	days := *a.UnusedAccountValidityDays
	c.need(days >= 0 && days <= 365, "AdminCreateUserConfig.UnusedAccountValidityDays", "must be 0 to 365")
	if p == nil || p.PasswordPolicy == nil || p.PasswordPolicy.TemporaryPasswordValidityDays == nil {
		return
	}
	if policy := *p.PasswordPolicy.TemporaryPasswordValidityDays; days > 0 && policy > 0 && days != policy {
		c.refuse(refuse(InvalidParameter, "validity_days", "AdminCreateUserConfig.UnusedAccountValidityDays",
			"must be left out, or be what PasswordPolicy.TemporaryPasswordValidityDays is"))
	}
}

func (s Settings) checkMail(c *checks) {
	if m := s.EmailConfiguration; m != nil {
		c.oneOf(m.EmailSendingAccount, "EmailConfiguration.EmailSendingAccount", "COGNITO_DEFAULT", "DEVELOPER")
		c.notYet(m.EmailSendingAccount, "EmailConfiguration.EmailSendingAccount", "COGNITO_DEFAULT")
		address := func(field, value string) {
			_, err := mail.ParseAddress(value)
			c.need(value == "" || err == nil, field, "must be an e-mail address")
		}
		address("EmailConfiguration.From", m.From)
		address("EmailConfiguration.ReplyToEmailAddress", m.ReplyToEmailAddress)
	}
	text := func(field, value, must string, limit int) {
		c.need(value == "" || strings.Contains(value, must), field, "must contain "+must)
		c.need(len(value) <= limit && !strings.Contains(value, "\x00"), field, fmt.Sprintf("must have at most %d characters", limit))
	}
	line := func(field, value string) {
		c.need(len(value) <= 140 && !strings.ContainsAny(value, "\r\n\x00"), field, "must be one line of at most 140 characters")
	}
	text("EmailVerificationMessage", s.EmailVerificationMessage, "{####}", 20000)
	line("EmailVerificationSubject", s.EmailVerificationSubject)
	if a := s.AdminCreateUserConfig; a != nil && a.InviteMessageTemplate != nil {
		const at = "AdminCreateUserConfig.InviteMessageTemplate."
		text(at+"EmailMessage", a.InviteMessageTemplate.EmailMessage, "{####}", 20000)
		line(at+"EmailSubject", a.InviteMessageTemplate.EmailSubject)
	}
	if t := s.VerificationMessageTemplate; t != nil {
		const at = "VerificationMessageTemplate."
		c.oneOf(t.DefaultEmailOption, at+"DefaultEmailOption", "CONFIRM_WITH_CODE", "CONFIRM_WITH_LINK")
		text(at+"EmailMessage", t.EmailMessage, "{####}", 20000)
		text(at+"EmailMessageByLink", t.EmailMessageByLink, "##}", 20000)
		c.need(t.EmailMessageByLink == "" || strings.Contains(t.EmailMessageByLink, "{##"), at+"EmailMessageByLink", "must contain {##text##}")
		line(at+"EmailSubject", t.EmailSubject)
		line(at+"EmailSubjectByLink", t.EmailSubjectByLink)
	}
}

func (s Settings) checkRecovery(c *checks) {
	if s.AccountRecoverySetting == nil {
		return
	}
	const field = "AccountRecoverySetting.RecoveryMechanisms"
	ways := s.AccountRecoverySetting.RecoveryMechanisms
	for _, m := range ways {
		c.oneOf(m.Name, field, "verified_email", "verified_phone_number", "admin_only")
		c.need(m.Name != "", field, "Name must not be empty")
		c.need(m.Priority == 1 || m.Priority == 2, field, "Priority must be 1 or 2")
		c.need(m.Name != "admin_only" || len(ways) == 1, field, "admin_only must stand alone")
		c.notYet(m.Name, field, "verified_email", "admin_only")
	}
}

// Immutable returns the first member that may not change after creation and
// does, or "" (Cognito: UpdateUserPool). The schema may grow by custom
// attributes (Cognito: AddCustomAttributes).
func (s Settings) Immutable(next Settings) string {
	before, after := Pool{Settings: s}, Pool{Settings: next}
	switch {
	case !sameNames(s.UsernameAttributes, next.UsernameAttributes):
		return "UsernameAttributes"
	case !sameNames(s.AliasAttributes, next.AliasAttributes):
		return "AliasAttributes"
	case !onlyGrew(before.Attributes(), after.Attributes()):
		return "Schema"
	case before.CaseSensitive() != after.CaseSensitive():
		return "UsernameConfiguration.CaseSensitive"
	}
	return ""
}

// sameNames compares two lists whose order means nothing.
func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

var explicitFlows = []string{
	"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH",
	"ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH",
}

// Check refuses a client of pool p that Cognito does not allow or whose settings
// have no effect here yet; the Error's Field is the member's name. The servers
// are those of the pool that [ClientSettings.ResourceServers] names.
func (cl Client) Check(p Pool, servers ...ResourceServer) error {
	var c checks
	c.need(namePattern.MatchString(cl.ClientName), "ClientName", "must be 1 to 128 letters, digits, spaces or +=,.@-_")
	c.need(clientIDPattern.MatchString(cl.ID), "ClientId", "must be 1 to 128 letters, digits, _ or +")
	c.need(cl.Public() || secretPattern.MatchString(cl.Secret.Reveal()), "ClientSecret", secretRule)
	cl.checkFlows(&c, p)
	c.need(cl.AuthSessionValidity == nil || *cl.AuthSessionValidity >= 3 && *cl.AuthSessionValidity <= 15, "AuthSessionValidity", "must be 3 to 15")
	c.oneOf(cl.PreventUserExistenceErrors, "PreventUserExistenceErrors", "ENABLED", "LEGACY")
	cl.checkURLs(&c)
	cl.checkOAuth(&c, servers)
	cl.checkLives(&c)
	cl.checkAttributes(&c, p)
	return c.err
}

func (cl Client) checkFlows(c *checks, p Pool) {
	for _, f := range cl.ExplicitAuthFlows {
		c.oneOf(f, "ExplicitAuthFlows", explicitFlows...)
	}
	c.need(!cl.namesFlows() || !slices.ContainsFunc(cl.ExplicitAuthFlows, func(f string) bool { return !strings.HasPrefix(f, "ALLOW_") }),
		"ExplicitAuthFlows", "flows with and without the prefix ALLOW_ cannot be mixed")
	if p.UserPoolTier == "LITE" && slices.Contains(cl.ExplicitAuthFlows, "ALLOW_USER_AUTH") {
		c.refuse(refuse(FeatureUnavailableInTier, "", "ExplicitAuthFlows", "ALLOW_USER_AUTH needs the tier ESSENTIALS or PLUS"))
	}
}

// checkAttributes holds the lists of attributes against the pool's schema. A
// person must be able to give what the schema requires.
func (cl Client) checkAttributes(c *checks, p Pool) {
	wrong := func(reason, field, detail string) {
		e := refuse(InvalidParameter, reason, field, detail)
		e.Args["doing"] = "creating"
		c.refuse(e)
	}
	for _, name := range cl.ReadAttributes {
		if a, ok := p.Attribute(name); !ok || !cl.MayRead(a) {
			wrong("read_attributes", "ReadAttributes", fmt.Sprintf("%q is not an attribute that a client can read", name))
		}
	}
	for _, name := range cl.WriteAttributes {
		if a, ok := p.Attribute(name); !ok || !cl.MayWrite(a) {
			wrong("write_attributes", "WriteAttributes", fmt.Sprintf("%q is not an attribute that a client can write", name))
		}
	}
	for _, a := range p.Attributes() {
		if a.IsRequired() && a.IsMutable() && !cl.MayWrite(a) && a.Name != "sub" && !slices.Contains(verifiedFlags, a.Name) {
			wrong("write_attributes", "WriteAttributes", fmt.Sprintf("%q is required by the schema and must be among them", a.Name))
		}
	}
}

func (cl Client) checkURLs(c *checks) {
	list := func(field string, urls []string) {
		c.need(len(urls) <= 100, field, "at most 100 URLs")
		for _, u := range urls {
			if err := CheckRedirectURI(u); err != nil {
				c.need(false, field, fmt.Sprintf("%q %s", u, AsError(err).Args["detail"]))
			}
		}
	}
	list("CallbackURLs", cl.CallbackURLs)
	list("LogoutURLs", cl.LogoutURLs)
	c.need(cl.DefaultRedirectURI == "" || slices.Contains(cl.CallbackURLs, cl.DefaultRedirectURI), "DefaultRedirectURI", "must be among CallbackURLs")
}

func (cl Client) checkOAuth(c *checks, servers []ResourceServer) {
	machine := slices.Contains(cl.AllowedOAuthFlows, "client_credentials")
	if machine && len(cl.AllowedOAuthFlows) > 1 {
		c.refuse(refuse(InvalidOAuthFlow, "client_credentials", "AllowedOAuthFlows", "client_credentials goes with no other flow"))
	} else if machine && cl.Public() {
		c.refuse(refuse(InvalidOAuthFlow, "secret", "AllowedOAuthFlows", "client_credentials needs a client secret"))
	}
	for _, f := range cl.AllowedOAuthFlows {
		c.oneOf(f, "AllowedOAuthFlows", "code", "implicit", "client_credentials")
	}
	c.need(len(cl.AllowedOAuthScopes) <= 50, "AllowedOAuthScopes", "at most 50 scopes")
	for _, s := range cl.AllowedOAuthScopes {
		c.need(len(s) <= 256, "AllowedOAuthScopes", "a scope must have at most 256 characters")
		if custom(s) && !slices.ContainsFunc(servers, func(r ResourceServer) bool { return r.Has(s) }) {
			e := refuse(ScopeDoesNotExist, "", "AllowedOAuthScopes", fmt.Sprintf("%q is not a scope of this pool", s))
			e.Args["scope"] = s
			c.refuse(e)
		}
	}
	if cl.AllowedOAuthFlowsUserPoolClient != nil && *cl.AllowedOAuthFlowsUserPoolClient {
		if len(cl.AllowedOAuthFlows) == 0 || len(cl.AllowedOAuthScopes) == 0 {
			c.refuse(refuse(InvalidParameter, "oauth_incomplete", "AllowedOAuthFlows",
				"AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows"))
		}
		c.need(machine || len(cl.CallbackURLs) > 0, "CallbackURLs", "the code and implicit flows need a callback URL")
		c.need(machine || cl.SupportedIdentityProviders == nil || len(cl.SupportedIdentityProviders) > 0, "SupportedIdentityProviders",
			"an empty list leaves nobody a way to sign in on the pages: name COGNITO, or leave the member out")
	}
}

func (cl Client) checkLives(c *checks) {
	lives := []struct {
		token, unit       string
		life, least, most time.Duration
	}{
		{"AccessToken", cl.units().AccessToken, cl.AccessTokenLife(), 5 * time.Minute, 24 * time.Hour},
		{"IdToken", cl.units().IdToken, cl.IDTokenLife(), 5 * time.Minute, 24 * time.Hour},
		{"RefreshToken", cl.units().RefreshToken, cl.RefreshTokenLife(), time.Hour, 3650 * 24 * time.Hour},
	}
	for _, l := range lives {
		c.oneOf(l.unit, "TokenValidityUnits."+l.token, "seconds", "minutes", "hours", "days")
	}
	for _, l := range lives {
		if l.life < l.least || l.life > l.most {
			c.refuse(refuse(InvalidParameter, "token_validity", l.token+"Validity", "invalid range for token validity"))
		}
	}
	if r := cl.RefreshTokenRotation; r != nil {
		c.need(r.Feature == "ENABLED" || r.Feature == "DISABLED", "RefreshTokenRotation.Feature", "must be ENABLED or DISABLED")
		c.need(r.RetryGracePeriodSeconds >= 0 && r.RetryGracePeriodSeconds <= 60, "RefreshTokenRotation.RetryGracePeriodSeconds", "must be 0 to 60")
	}
}
