package pool

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// WithoutPassword is the account as it leaves for where its password and its
// second factors must not go: an own password is to be set anew, a temporary one to be sent again.
func (u User) WithoutPassword() User {
	u.Password, u.MFA = Password{}, UserMFA{}
	if u.Status == Confirmed {
		u.Status = ResetRequired
	}
	return u
}

// Arrivals are the accounts that come into a pool as they were elsewhere, with
// what is kept of their passwords.
type Arrivals struct {
	pool   Pool
	schema map[string]SchemaAttribute
	binds  bool // whether SRP verifiers of where they come from fit here
}

// ArrivalsFrom are those that come from the pool with the id.
func (p Pool) ArrivalsFrom(poolID string) Arrivals {
	a := Arrivals{pool: p, schema: map[string]SchemaAttribute{}, binds: ShortName(poolID) == ShortName(p.ID)}
	for _, attribute := range p.Attributes() {
		a.schema[attribute.Name] = attribute
	}
	return a
}

// Settle makes the account one of this pool. An SRP verifier holds the pool's
// name; one of another pool is left behind, and made again at the next sign-in
// with the password.
func (a Arrivals) Settle(u User) User {
	u.UserPoolID = a.pool.ID
	if !a.binds {
		u.Password.SRPName, u.Password.SRPSalt, u.Password.SRPVerifier = "", "", ""
	}
	return u
}

// Check refuses an account that this pool could not have made itself. That the
// schema requires more than it has is no reason: it may have come to do so
// later. Groups are the names of those that the account is in.
func (a Arrivals) Check(u User, groups []string) error {
	statuses := []UserStatus{Unconfirmed, Confirmed, ResetRequired, ForceChangePassword}
	var c checks
	c.need(LikeSub(u.Sub), "Sub", "must be a UUID in lower case")
	c.need(slices.Contains(statuses, u.Status), "Status", "is none that an account can have here")
	c.need(isDate(u.CreateDate) && isDate(u.LastModifiedDate), "CreateDate", "and LastModifiedDate must be milliseconds since 1970, before the year 10000")
	c.need(slices.IsSorted(groups) && len(slices.Compact(slices.Clone(groups))) == len(groups), "Groups", "must be in order, each once")
	return cmp.Or(c.err, CheckGroupsOfUser(len(groups)), a.checkName(u), a.checkAttributes(u.Attributes), u.Password.check(), u.MFA.check())
}

func (a Arrivals) checkName(u User) error {
	switch {
	case !a.pool.SubIsUsername():
		return a.pool.CheckUsername(u.Username)
	case u.Username != u.Sub:
		return refuse(InvalidParameter, "setting", "Username", "must be the sub in a pool whose people sign in with their address or number")
	}
	return a.pool.checkReachable(u)
}

func (a Arrivals) checkAttributes(attributes map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		attribute, known := a.schema[name]
		if !known || name == "sub" {
			return refuse(InvalidParameter, "schema", name, "is no attribute of the pool")
		}
		if attributes[name] == "" {
			return refuse(InvalidParameter, "setting", name, "is blank: leave it out")
		}
		if err := a.pool.checkAttribute(attribute, attributes[name]); err != nil {
			return err
		}
	}
	return checkFlags(attributes)
}

// check refuses what no verifier can be; whether the hash is one is for the
// package that checks it.
func (p Password) check() error {
	salt, verifier := len(p.SRPSalt), len(p.SRPVerifier)
	var c checks
	c.need(salt <= 64 && verifier <= 385 && (salt == 0) == (verifier == 0), "Password", "its SRP salt and verifier are none")
	c.need(p.Hash != "" || verifier == 0, "Password", "has a verifier, but no hash")
	c.need(len(p.SRPName) <= 4*MaxName && CheckAttributeValue("", p.SRPName) == nil, "Password", "its SRP name is none")
	c.need(p.SetAt == 0 || isDate(p.SetAt), "Password", "SetAt is no date")
	return c.err
}

// check refuses second factors that nobody can have.
func (m UserMFA) check() error {
	var c checks
	seed := m.Token.Seed.Reveal()
	c.need(len(seed) <= 256 && strings.Trim(seed, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == "", "MFA", "its seed is none")
	c.need(len(m.Token.Name) <= 4*maxDeviceName && CheckAttributeValue("", m.Token.Name) == nil, "MFA", "the name of its app is none")
	for _, f := range m.Enabled {
		c.need(slices.Contains(EveryFactor(), f), "MFA", "has a factor that there is not")
	}
	c.need(len(slices.Compact(slices.Sorted(slices.Values(m.Enabled)))) == len(m.Enabled), "MFA", "has a factor twice")
	c.need(m.Preferred == "" || slices.Contains(m.Enabled, m.Preferred), "MFA", "prefers a factor that is off")
	return c.err
}

func isDate(ms int64) bool { return ms >= 0 && time.UnixMilli(ms).UTC().Year() < 10_000 }
