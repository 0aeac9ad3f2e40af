package pool

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strconv"
)

// ClientSecret is one secret of an app client; CreatedAt is ms.
type ClientSecret struct {
	Value     Secret `json:",omitempty"`
	CreatedAt int64
}

// maxSecretID bounds the id of a secret (Cognito: ClientSecretIdType).
const maxSecretID = 128

// SecretID is what a secret of the client is named and deleted by: the client's
// id, "--", and when it was made (Cognito: ClientSecretDescriptorType).
func (c Client) SecretID(s ClientSecret) string {
	since := "--" + strconv.FormatInt(s.CreatedAt, 10)
	return c.ID[:min(len(c.ID), maxSecretID-len(since))] + since
}

// Secrets are the client's: none of a public client, and two while they rotate,
// the oldest first.
func (c Client) Secrets() []ClientSecret {
	if c.Public() {
		return nil
	}
	first := ClientSecret{c.Secret, c.SecretSince}
	if first.CreatedAt == 0 {
		first.CreatedAt = c.CreationDate
	}
	if c.Second.Value == "" {
		return []ClientSecret{first}
	}
	return []ClientSecret{first, c.Second}
}

// AddSecret gives the client a second secret that works beside the first: the
// value that was chosen or, for "", a new one (Cognito: AddUserPoolClientSecret).
// now is ms.
func (c *Client) AddSecret(chosen Secret, now int64) (ClientSecret, error) {
	have := c.Secrets()
	switch {
	case len(have) == 0:
		return ClientSecret{}, refuse(InvalidParameter, "public_client", "ClientSecret", "")
	case len(have) == 2:
		return ClientSecret{}, refuse(LimitExceeded, "secrets", "ClientSecret", "")
	case chosen == "":
		chosen = NewClientSecret()
	case !secretPattern.MatchString(chosen.Reveal()):
		return ClientSecret{}, refuse(InvalidParameter, "setting", "ClientSecret", secretRule)
	case chosen == c.Secret: // deleting one would not end it
		return ClientSecret{}, refuse(InvalidParameter, "setting", "ClientSecret", "is the client's secret already")
	}
	c.Second = ClientSecret{chosen, max(now, have[0].CreatedAt+1)} // two made at once have two ids
	c.LastModifiedDate = now
	return c.Second, nil
}

// DeleteSecret ends a secret, but never the last: without one the client would
// be public (Cognito: DeleteUserPoolClientSecret). now is ms.
func (c *Client) DeleteSecret(id string, now int64) error {
	have := c.Secrets()
	gone := -1
	for i, s := range have {
		if c.SecretID(s) == id {
			gone = i
		}
	}
	switch {
	case gone < 0:
		e := refuse(ResourceNotFound, "client_secret", "ClientSecretId", "")
		e.Args = map[string]string{"secret": id}
		return e
	case len(have) == 1:
		return refuse(InvalidParameter, "only_secret", "ClientSecretId", "")
	}
	c.only(have[1-gone])
	c.LastModifiedDate = now
	return nil
}

// NameSecret brings the client to the secret that a document names: a value, or
// any, or none. One that it has stays, with the other while they rotate; another
// takes the place of all. It returns a secret that was made for it. now is ms.
func (c *Client) NameSecret(value Secret, generate bool, now int64) (made Secret) {
	switch {
	case value != "" && (value == c.Secret || value == c.Second.Value), value == "" && generate && !c.Public():
		return ""
	case value == "" && generate:
		made = NewClientSecret()
		value = made
	}
	if value == "" {
		now = 0
	}
	c.only(ClientSecret{value, now})
	return made
}

// only makes s the client's one secret.
func (c *Client) only(s ClientSecret) {
	c.Secret, c.SecretSince, c.Second = s.Value, s.CreatedAt, ClientSecret{}
}

// Public says whether the client has no secret (RFC 6749 §2.1).
func (c Client) Public() bool { return c.Secret == "" }

// CheckSecret says whether presented is a secret of this client, in a time that
// tells neither how much of it is right nor which one it is. An empty secret
// from a public client counts as none.
func (c Client) CheckSecret(presented string) bool {
	got, right := sha256.Sum256([]byte(presented)), 0
	for _, s := range c.presentable() {
		want := sha256.Sum256([]byte(s.Value.Reveal()))
		right |= subtle.ConstantTimeCompare(want[:], got[:])
	}
	return right == 1
}

// presentable is what a client may show that it knows: its secrets or, without
// any, nothing.
func (c Client) presentable() []ClientSecret {
	if c.Public() {
		return []ClientSecret{{}}
	}
	return c.Secrets()
}

// CheckSecretHash says whether hash proves knowledge of a secret of the client
// for one of the usernames: base64 of HMAC-SHA256 over username and client id
// under the secret (Cognito: Computing secret hash values).
func (c Client) CheckSecretHash(hash string, usernames ...string) bool {
	got, err := base64.StdEncoding.DecodeString(hash)
	if err != nil {
		return false
	}
	right := false
	for _, s := range c.presentable() {
		for _, username := range usernames {
			mac := hmac.New(sha256.New, []byte(s.Value.Reveal()))
			mac.Write([]byte(username + c.ID))
			right = hmac.Equal(mac.Sum(nil), got) || right
		}
	}
	return right
}
