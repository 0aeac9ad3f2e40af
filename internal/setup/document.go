package setup

import (
	"fmt"

	"github.com/poolhouse/poolhouse/internal/manifest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// Document is what `poolhouse apply` reads: several of each, in the shapes of
// CreateUserPool, CreateResourceServer, CreateIdentityProvider,
// CreateUserPoolClient, CreateUserPoolDomain and CreateGroup, with ids that may
// be chosen.
type Document struct {
	UserPools         []PoolEntry
	ResourceServers   []pool.ResourceServer
	IdentityProviders []ProviderEntry
	UserPoolClients   []ClientEntry
	UserPoolDomains   []pool.Domain
	Groups            []GroupEntry
}

// PoolEntry is one pool. Without an Id the pool of that PoolName is meant, and
// made if there is none.
type PoolEntry struct {
	ID string `json:"Id,omitempty"`
	pool.Settings
}

// ClientEntry is one app client. UserPoolId may be left out where the document
// has one pool; without a ClientId the client of that ClientName is meant.
type ClientEntry struct {
	UserPoolID     string      `json:"UserPoolId,omitempty"`
	ID             string      `json:"ClientId,omitempty"`
	GenerateSecret bool        `json:",omitempty"`
	Secret         pool.Secret `json:"ClientSecret,omitempty"`
	pool.ClientSettings
}

// GroupEntry is one group. UserPoolId may be left out where the document has
// one pool.
type GroupEntry struct {
	UserPoolID string `json:"UserPoolId,omitempty"`
	GroupName  string
	pool.GroupSettings
}

func (e GroupEntry) group() pool.Group {
	return pool.Group{UserPoolID: e.UserPoolID, GroupName: e.GroupName, GroupSettings: e.GroupSettings}
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
	if len(d.UserPools)+len(d.ResourceServers)+len(d.IdentityProviders)+len(d.UserPoolClients)+len(d.UserPoolDomains)+len(d.Groups) == 0 {
		return d, fmt.Errorf("the document has no UserPools, ResourceServers, IdentityProviders, UserPoolClients, UserPoolDomains or Groups")
	}
	return d, nil
}
