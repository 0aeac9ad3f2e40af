package setup

import (
	"fmt"

	"github.com/poolhouse/poolhouse/internal/manifest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// Document is what `poolhouse apply` reads: several of each, in the shapes of
// CreateUserPool, CreateResourceServer, CreateIdentityProvider,
// CreateUserPoolClient, CreateUserPoolDomain, SetUICustomization, CreateGroup, AdminCreateUser and
// AdminAddUserToGroup, with ids that may be chosen. Stack is that of the
// template which the document comes from, if it comes from one.
type Document struct {
	Stack             string `json:",omitempty"`
	UserPools         []PoolEntry
	ResourceServers   []pool.ResourceServer
	IdentityProviders []ProviderEntry
	UserPoolClients   []ClientEntry
	UserPoolDomains   []pool.Domain
	UICustomizations  []CustomizationEntry
	Groups            []GroupEntry
	Users             []UserEntry
	GroupMembers      []MemberEntry
}

// PoolEntry is one pool. Without an Id the pool of that PoolName is meant, and
// made if there is none.
type PoolEntry struct {
	ID string `json:"Id,omitempty"`
	pool.Settings

	// What SetUserPoolMfaConfig says, in CloudFormation's members. Where EnabledMfas
	// is not named, second factors stay as they are.
	EnabledMfas                []string `json:",omitempty"` // SOFTWARE_TOKEN_MFA, EMAIL_OTP
	EmailAuthenticationMessage string   `json:",omitempty"`
	EmailAuthenticationSubject string   `json:",omitempty"`

	stack string // that makes it
}

// factors are the second factors that the entry names, nil where it names none.
func (e PoolEntry) factors() (*pool.MFA, error) {
	if e.EnabledMfas == nil {
		return nil, nil
	}
	ask := &pool.MFA{}
	for _, f := range e.EnabledMfas {
		switch pool.Factor(f) {
		case pool.FactorToken:
			ask.SoftwareTokenMfaConfiguration = &pool.SoftwareTokenMFA{Enabled: true}
		case pool.FactorEmail:
			ask.EmailMfaConfiguration = &pool.EmailMFA{Message: e.EmailAuthenticationMessage, Subject: e.EmailAuthenticationSubject}
		default:
			return nil, refuse("EnabledMfas", fmt.Sprintf("%q is not supported yet", f))
		}
	}
	return ask, nil
}

// ClientEntry is one app client. UserPoolId may be left out where the document
// has one pool; without a ClientId the client of that ClientName is meant.
type ClientEntry struct {
	UserPoolID     string      `json:"UserPoolId,omitempty"`
	ID             string      `json:"ClientId,omitempty"`
	GenerateSecret bool        `json:",omitempty"`
	Secret         pool.Secret `json:"ClientSecret,omitempty"`
	pool.ClientSettings
	stack string // that makes it
}

// GroupEntry is one group. UserPoolId may be left out where the document has
// one pool.
type GroupEntry struct {
	UserPoolID string `json:"UserPoolId,omitempty"`
	GroupName  string
	pool.GroupSettings
	stack string // that makes it
}

// UserEntry is one account. It is made, with a temporary password and, unless
// MessageAction is SUPPRESS, an invitation, where nobody has the Username.
type UserEntry struct {
	UserPoolID             string `json:"UserPoolId,omitempty"`
	Username               string
	UserAttributes         []UserAttribute `json:",omitempty"`
	MessageAction          string          `json:",omitempty"`
	DesiredDeliveryMediums []string        `json:",omitempty"`
	ForceAliasCreation     bool            `json:",omitempty"`
	ClientMetadata         pool.NotYet     `json:",omitzero"`
	ValidationData         pool.NotYet     `json:",omitzero"`
}

// UserAttribute is one attribute of an account.
type UserAttribute struct{ Name, Value string }

// attributes are the attributes by name.
func (e UserEntry) attributes() (map[string]string, error) {
	out := map[string]string{}
	for _, a := range e.UserAttributes {
		if _, twice := out[a.Name]; twice {
			return nil, refuse("UserAttributes", fmt.Sprintf("%q is there twice", a.Name))
		}
		out[a.Name] = a.Value
	}
	return out, nil
}

// Attributes are the attributes by name, of an entry that was found good.
func (e UserEntry) Attributes() map[string]string {
	out, _ := e.attributes()
	return out
}

// MemberEntry puts an account in a group.
type MemberEntry struct {
	UserPoolID string `json:"UserPoolId,omitempty"`
	GroupName  string
	Username   string
}

func (e GroupEntry) group() pool.Group {
	return pool.Group{UserPoolID: e.UserPoolID, GroupName: e.GroupName, GroupSettings: e.GroupSettings, Stack: e.stack}
}

// ProviderEntry is one identity provider. UserPoolId may be left out where the
// document has one pool.
type ProviderEntry struct {
	UserPoolID   string `json:"UserPoolId,omitempty"`
	ProviderName string
	ProviderType string
	pool.ProviderSettings
}

// Provider is the identity provider that the entry describes.
func (e ProviderEntry) Provider() pool.IdentityProvider {
	return pool.IdentityProvider{UserPoolID: e.UserPoolID, ProviderName: e.ProviderName, ProviderType: e.ProviderType, ProviderSettings: e.ProviderSettings}
}

// ReadDocument reads a document in JSON. The error leads to the member.
func ReadDocument(doc []byte) (Document, error) {
	var d Document
	if err := manifest.Read(doc, &d); err != nil {
		return d, err
	}
	if len(d.UserPools)+len(d.ResourceServers)+len(d.IdentityProviders)+len(d.UserPoolClients)+len(d.UserPoolDomains)+len(d.UICustomizations)+len(d.Groups)+len(d.Users)+len(d.GroupMembers) == 0 {
		return d, fmt.Errorf("the document has no UserPools, ResourceServers, IdentityProviders, UserPoolClients, UserPoolDomains, UICustomizations, Groups, Users or GroupMembers")
	}
	return d, nil
}
