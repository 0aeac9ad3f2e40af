package account

import (
	"encoding/json"

	"github.com/poolhouse/poolhouse/internal/archive"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// A file of users: an [archive] with a line for each, in the order of their
// subs (docs/users-file.md).

// usersFile is what the file says that it is. A member more in traveller or in
// its password is another version.
var usersFile = archive.Header{Format: "poolhouse-users", Version: 1}

// traveller is an account as it stands in a file: everything of it but what is
// bound to where it is. NotBefore stays: whatever was open ends with the move.
type traveller struct {
	Sub              string
	Username         string
	Attributes       map[string]string `json:",omitzero"`
	Status           pool.UserStatus
	Disabled         bool     `json:",omitzero"`
	Groups           []string `json:",omitzero"`
	CreateDate       int64
	LastModifiedDate int64
	Password         []byte `json:",omitzero"` // a box with a travellerPassword, labelled with the sub
}

// travellerPassword is what is kept of a password, hashes too: who has them can
// try passwords in peace; and of second factors.
type travellerPassword struct {
	Hash        string `json:",omitempty"`
	SRPName     string `json:",omitempty"`
	SRPSalt     []byte `json:",omitempty"`
	SRPVerifier []byte `json:",omitempty"`
	SetAt       int64  `json:",omitempty"`

	MFA *travellerMFA `json:",omitempty"`
}

// travellerMFA is what somebody has for a second factor. An authenticator app
// that is asked for and not proven stays.
type travellerMFA struct {
	Seed      string        `json:",omitempty"`
	Name      string        `json:",omitempty"`
	Step      int64         `json:",omitempty"`
	Enabled   []pool.Factor `json:",omitempty"`
	Preferred pool.Factor   `json:",omitempty"`
}

// travellingMFA is nil where somebody has nothing.
func travellingMFA(m pool.UserMFA) *travellerMFA {
	if m.Token.Seed == "" && len(m.Enabled) == 0 {
		return nil
	}
	return &travellerMFA{m.Token.Seed.Reveal(), m.Token.Name, m.Token.Step, m.Enabled, m.Preferred}
}

func (t *travellerMFA) mfa() pool.UserMFA {
	if t == nil {
		return pool.UserMFA{}
	}
	return pool.UserMFA{Token: pool.SoftwareToken{Seed: pool.Secret(t.Seed), Name: t.Name, Step: t.Step}, Enabled: t.Enabled, Preferred: t.Preferred}
}

// travelling is the account without its password.
func travelling(u pool.User, groups []string) traveller {
	t := traveller{
		Sub: u.Sub, Username: u.Username, Attributes: u.Attributes, Status: u.Status, Disabled: u.Disabled, Groups: groups,
		CreateDate: u.CreateDate, LastModifiedDate: u.LastModifiedDate,
	}
	if len(t.Attributes) == 0 {
		t.Attributes = nil
	}
	if len(t.Groups) == 0 {
		t.Groups = nil
	}
	return t
}

// user is the account, without its password.
func (t traveller) user() pool.User {
	return pool.User{
		Sub: t.Sub, Username: t.Username, Attributes: t.Attributes, Status: t.Status, Disabled: t.Disabled, Grouped: len(t.Groups) > 0,
		CreateDate: t.CreateDate, LastModifiedDate: t.LastModifiedDate,
	}
}

// passwordLabel is what a password's box is bound to, beside its file.
func passwordLabel(sub string) string { return sub + "|Password" }

func sealPassword(w *archive.Writer, u pool.User) ([]byte, error) {
	p, mfa := u.Password, travellingMFA(u.MFA)
	if p == (pool.Password{}) && mfa == nil {
		return nil, nil
	}
	plain, err := json.Marshal(travellerPassword{p.Hash, p.SRPName, []byte(p.SRPSalt), []byte(p.SRPVerifier), p.SetAt, mfa})
	if err != nil {
		return nil, err
	}
	return w.Seal(passwordLabel(u.Sub), plain)
}

func openPassword(r *archive.Reader, t traveller) (pool.Password, pool.UserMFA, error) {
	if len(t.Password) == 0 {
		return pool.Password{}, pool.UserMFA{}, nil
	}
	plain, err := r.Open(passwordLabel(t.Sub), t.Password)
	if err != nil {
		return pool.Password{}, pool.UserMFA{}, err
	}
	var p travellerPassword
	if err := archive.Decode(plain, &p); err != nil { // only who knows the passphrase can have made it
		return pool.Password{}, pool.UserMFA{}, &archive.LineError{Line: r.Line(), Err: wrongMember("Password", err.Error())}
	}
	return pool.Password{Hash: p.Hash, SRPName: p.SRPName, SRPSalt: pool.Secret(p.SRPSalt), SRPVerifier: pool.Secret(p.SRPVerifier), SetAt: p.SetAt}, p.MFA.mfa(), nil
}
