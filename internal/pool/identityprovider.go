package pool

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// IdentityProvider is another provider that a pool's people can have their
// account at (Cognito: IdentityProviderType). Its name and type stay what they
// were made with. Times are ms.
type IdentityProvider struct {
	UserPoolID   string `json:"UserPoolId"`
	ProviderName string
	ProviderType string
	ProviderSettings
	CreationDate     int64
	LastModifiedDate int64
}

// ProviderSettings are the members that an update may change.
type ProviderSettings struct {
	ProviderDetails  ProviderDetails
	AttributeMapping map[string]string `json:",omitempty"` // attribute of the pool → what the provider calls it
	IdpIdentifiers   []string          `json:",omitempty"` // other names, for links that lead to the provider
}

// ProviderKey leads from a name or identifier of a provider to the provider:
// each is there once in a pool.
type ProviderKey struct{ ProviderName string }

// The kinds of ProviderKey.
const (
	ProviderByName       = "name" // as FoldedName gives it
	ProviderByIdentifier = "identifier"
)

const (
	// MaxProviders is how many identity providers a pool has (Cognito: Quotas).
	MaxProviders = 300

	maxIdentifiers   = 50
	maxDetail        = 131072 // characters, of a value (Cognito: StringType)
	maxMappedName    = 2048   // characters, of what a provider calls an attribute
	noProvider       = "COGNITO"
	usernameMapping  = "username"
	ownersDetail     = "ActiveEncryptionCertificate" // Cognito's to say, not to be set
	metadataFile     = "MetadataFile"
	signOnBinding    = "SSORedirectBindingURI"
	signOutBinding   = "SLORedirectBindingURI"
	versionOfMethods = "api_version"
)

var (
	providerNamePattern  = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{3,32}$`)
	idpIdentifierPattern = regexp.MustCompile(`^[\w\s+=.@-]{1,40}$`)
	versionPattern       = regexp.MustCompile(`^v[0-9]{1,3}(\.[0-9]{1,3})?$`)
)

// FoldedName is the name as it is compared: two providers that differ in the
// case of letters alone would give people the same usernames.
func (p IdentityProvider) FoldedName() string { return strings.ToLower(p.ProviderName) }

// providerRules say what a type of provider asks for.
type providerRules struct {
	needed   []string          // details that must be there, in Cognito's order
	taken    []string          // details that may be
	filled   map[string]string // details that Cognito fills in; {version} is the api_version
	username string            // what the username is where the mapping says nothing; "" for SAML's NameID
	social   bool              // there is one of the kind, named by its type
}

// rules are those of the provider's type (Cognito: CreateIdentityProvider,
// ProviderDetails).
func (p IdentityProvider) rules() (providerRules, bool) {
	oauth := []string{"authorize_url", "token_url", "attributes_url", "attributes_url_add_attributes", "oidc_issuer", "jwks_uri", "token_request_method"}
	social := providerRules{needed: []string{"client_id", "client_secret", "authorize_scopes"}, taken: oauth, social: true}
	switch p.ProviderType {
	case "SAML":
		return providerRules{taken: []string{
			"MetadataURL", metadataFile, "IDPSignout", "IDPInit", "EncryptedResponses", "RequestSigningAlgorithm", signOnBinding, signOutBinding,
		}}, true
	case "OIDC":
		return providerRules{
			needed: []string{"client_id", "attributes_request_method", "oidc_issuer", "authorize_scopes"}, taken: append(oauth, "client_secret"),
			filled: map[string]string{"attributes_url_add_attributes": "false"}, username: "sub",
		}, true
	case "Google":
		social.username, social.filled = "sub", map[string]string{
			"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com",
			"token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
		}
	case "LoginWithAmazon":
		social.username, social.filled = "user_id", map[string]string{
			"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
			"authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST", "token_url": "https://api.amazon.com/auth/o2/token",
		}
	case "Facebook":
		social.taken = append(social.taken, versionOfMethods)
		social.username, social.filled = "id", map[string]string{
			versionOfMethods: "v17.0", "attributes_url": "https://graph.facebook.com/{version}/me?fields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://www.facebook.com/{version}/dialog/oauth", "token_request_method": "GET",
			"token_url": "https://graph.facebook.com/{version}/oauth/access_token",
		}
	case "SignInWithApple":
		social.needed = []string{"client_id", "team_id", "key_id", "private_key", "authorize_scopes"}
		social.username, social.filled = "sub", map[string]string{
			"attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize",
			"oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
		}
	default:
		return providerRules{}, false
	}
	return social, true
}

// Updated is the provider as an update asks for it: members that it leaves out
// stay (Cognito: UpdateIdentityProvider). So does a private key that the details
// leave out, for nobody is shown it.
func (p IdentityProvider) Updated(ask ProviderSettings) IdentityProvider {
	if ask.ProviderDetails.empty() {
		ask.ProviderDetails = p.ProviderDetails
	}
	if ask.ProviderDetails.PrivateKey == "" {
		ask.ProviderDetails.PrivateKey = p.ProviderDetails.PrivateKey
	}
	if ask.AttributeMapping == nil {
		ask.AttributeMapping = p.AttributeMapping
	}
	if ask.IdpIdentifiers == nil {
		ask.IdpIdentifiers = p.IdpIdentifiers
	}
	p.ProviderSettings = ask
	return p
}

// Filled is the provider with what Cognito fills in: the addresses of the social
// providers, where SAML metadata leads, and what becomes the username. What was
// said stays, but for what the metadata decides.
func (p IdentityProvider) Filled() IdentityProvider {
	rules, known := p.rules()
	if !known {
		return p
	}
	plain := maps.Clone(p.ProviderDetails.Plain)
	if plain == nil {
		plain = map[string]string{}
	}
	delete(plain, ownersDetail)
	for name, value := range rules.filled {
		if plain[name] == "" {
			version := plain[versionOfMethods]
			if version == "" {
				version = rules.filled[versionOfMethods]
			}
			plain[name] = strings.ReplaceAll(value, "{version}", version)
		}
	}
	if metadata, err := readSAMLMetadata(plain[metadataFile]); err == nil {
		plain[signOnBinding] = metadata.signOn
		if metadata.signOut != "" {
			plain[signOutBinding] = metadata.signOut
		}
	}
	p.ProviderDetails.Plain = plain
	if rules.username != "" && p.AttributeMapping[usernameMapping] == "" {
		mapping := maps.Clone(p.AttributeMapping)
		if mapping == nil {
			mapping = map[string]string{}
		}
		mapping[usernameMapping] = rules.username
		p.AttributeMapping = mapping
	}
	return p
}

// Check refuses a provider that Cognito does not allow in the pool; the Error's
// Field is the member's path.
func (p IdentityProvider) Check(owner Pool) error {
	var c checks
	rules, known := p.rules()
	c.need(known, "ProviderType", "must be one of SAML, Facebook, Google, LoginWithAmazon, SignInWithApple, OIDC")
	p.checkName(&c, rules)
	p.checkDetails(&c, rules)
	p.checkMapping(&c, owner)
	c.need(len(p.IdpIdentifiers) <= maxIdentifiers, "IdpIdentifiers", fmt.Sprintf("at most %d identifiers", maxIdentifiers))
	seen := map[string]bool{}
	for _, identifier := range p.IdpIdentifiers {
		c.need(idpIdentifierPattern.MatchString(identifier), "IdpIdentifiers", "an identifier is 1 to 40 letters, digits, spaces or +=.@-_")
		c.need(!seen[identifier], "IdpIdentifiers", fmt.Sprintf("the identifier %q is there twice", identifier))
		seen[identifier] = true
	}
	return c.err
}

// checkName holds the name against Cognito's ProviderNameTypeV2, which has an
// underscore in second place alone. The social providers are there once, under
// their type's name, which no other provider has; COGNITO is the pool itself.
func (p IdentityProvider) checkName(c *checks, rules providerRules) {
	runes := []rune(p.ProviderName)
	c.need(utf8.ValidString(p.ProviderName) && providerNamePattern.MatchString(p.ProviderName) && runes[0] != '_' && !slices.Contains(runes[2:], '_'),
		"ProviderName", "must be 3 to 32 letters, marks, symbols, digits or punctuation, without spaces, and without _ but in second place")
	reserved := slices.ContainsFunc([]string{noProvider, "Facebook", "Google", "LoginWithAmazon", "SignInWithApple"}, func(s string) bool { return strings.EqualFold(s, p.ProviderName) })
	if rules.social && p.ProviderName != p.ProviderType || !rules.social && reserved {
		e := refuse(InvalidParameter, "provider_type", "ProviderName", p.ProviderName+" cannot be the name of a provider of type "+p.ProviderType)
		e.Args["provider"], e.Args["type"] = p.ProviderName, p.ProviderType
		c.refuse(e)
	}
}

func (p IdentityProvider) checkDetails(c *checks, rules providerRules) {
	const at = "ProviderDetails."
	d := p.ProviderDetails
	if slices.ContainsFunc(rules.needed, func(name string) bool { return d.get(name) == "" }) {
		last := len(rules.needed) - 1
		names := strings.Join(rules.needed[:last], ", ") + " and " + rules.needed[last]
		e := refuse(InvalidParameter, "provider_details", "ProviderDetails", names+" are all required")
		e.Args["names"] = names
		c.refuse(e)
	}
	if p.ProviderType == "SAML" && d.Plain["MetadataURL"] == "" && d.Plain[metadataFile] == "" {
		c.refuse(refuse(InvalidParameter, "metadata_missing", "ProviderDetails", "one of MetadataURL and MetadataFile is required"))
	}
	for _, name := range d.names() {
		c.need(slices.Contains(rules.needed, name) || slices.Contains(rules.taken, name), at+name, "is no detail of a provider of type "+p.ProviderType)
		c.need(d.textFits(name), at+name, fmt.Sprintf("must be text of at most %d characters", maxDetail))
		if wrong := wrongDetail(name, d.Plain[name]); wrong != "" && d.Plain[name] != "" {
			c.need(false, at+name, wrong)
		}
	}
	if d.Plain[metadataFile] == "" {
		return
	}
	if _, err := readSAMLMetadata(d.Plain[metadataFile]); err != nil {
		reason := "setting"
		if errors.Is(err, errNoBinding) {
			reason = "metadata_binding"
		}
		c.refuse(refuse(InvalidParameter, reason, at+metadataFile, err.Error()))
	}
}

// wrongDetail says what is wrong with the value of a detail, or "".
func wrongDetail(name, value string) string {
	switch name {
	case "authorize_url", "token_url", "attributes_url", "jwks_uri", "MetadataURL", signOnBinding, signOutBinding:
		if !providerURL(value) {
			return "must be an https URL, or one of http on this machine"
		}
	case "oidc_issuer": // OpenID Connect Discovery §2
		if !providerURL(value) || strings.Contains(value, "?") {
			return "must be an https URL, or one of http on this machine, without a query"
		}
	case "attributes_request_method", "token_request_method":
		if value != "GET" && value != "POST" {
			return "must be GET or POST"
		}
	case "attributes_url_add_attributes", "IDPSignout", "IDPInit", "EncryptedResponses":
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return "must be true or false"
		}
	case "RequestSigningAlgorithm":
		if value != "rsa-sha256" {
			return "must be rsa-sha256"
		}
	case versionOfMethods:
		if !versionPattern.MatchString(value) {
			return "must look like v17.0"
		}
	}
	return ""
}

// providerURL says whether a browser or this server may be led to the address of
// a provider.
func providerURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' || r == '\\' }) {
		return false
	}
	return u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http" && IsLoopback(u.Hostname()))
}

// checkMapping allows the attributes of the pool's schema, but for the sub, which
// is the pool's own.
func (p IdentityProvider) checkMapping(c *checks, owner Pool) {
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(p.AttributeMapping)) {
		if _, there := owner.Attribute(name); name == "sub" || !there && name != usernameMapping {
			unknown = append(unknown, name)
		}
		value := p.AttributeMapping[name]
		c.need(value != "" && utf8.RuneCountInString(value) <= maxMappedName && utf8.ValidString(value) && !strings.ContainsFunc(value, unicode.IsControl),
			"AttributeMapping", fmt.Sprintf("what the provider calls %q must have 1 to %d characters", name, maxMappedName))
	}
	if len(unknown) > 0 {
		names := strings.Join(unknown, ", ")
		e := refuse(InvalidParameter, "mapping", "AttributeMapping", "no attributes that can be mapped: "+names)
		e.Args["names"] = names
		c.refuse(e)
	}
}

// Providers names the identity providers beside the pool itself that people may
// come to the client by.
func (c ClientSettings) Providers() []string {
	return slices.DeleteFunc(slices.Clone(c.SupportedIdentityProviders), func(name string) bool { return name == noProvider })
}

// CheckProviders refuses a client that names a provider which is not among those
// of its pool.
func (cl Client) CheckProviders(there []string) error {
	for _, name := range cl.Providers() {
		if !slices.Contains(there, name) {
			e := refuse(InvalidParameter, "provider", "SupportedIdentityProviders", fmt.Sprintf("there is no provider %q", name))
			e.Args["provider"], e.Args["pool"] = name, cl.UserPoolID
			return e
		}
	}
	return nil
}

// WithoutProvider is the list of the client's providers when one of them is
// deleted. A client that has no other keeps the name, for without a list its
// pages would open to passwords.
func (c ClientSettings) WithoutProvider(name string) []string {
	rest := slices.DeleteFunc(slices.Clone(c.SupportedIdentityProviders), func(s string) bool { return s == name })
	if len(rest) == 0 {
		return c.SupportedIdentityProviders
	}
	return rest
}

// TakesPasswords says whether people may sign in to the client with an account
// of the pool itself on its pages. By the API they always may (Cognito:
// SupportedIdentityProviders).
func (c ClientSettings) TakesPasswords() bool {
	return len(c.SupportedIdentityProviders) == 0 || slices.Contains(c.SupportedIdentityProviders, noProvider)
}
