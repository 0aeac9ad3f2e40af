package pool_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	plain := pool.Pool{ID: "us-east-1_Here00001", Settings: pool.Settings{AliasAttributes: []string{"email"}}}
	byAddress := pool.Pool{ID: plain.ID, Settings: pool.Settings{UsernameAttributes: []string{"email"}}}
	const sub = "0a1b2c3d-0000-4000-8000-000000000001"
	many := make([]string, pool.MaxGroupsOfUser+1)
	for i := range many {
		many[i] = fmt.Sprintf("%03d", i)
	}
	for name, c := range map[string]struct {
		pool   pool.Pool
		change func(*pool.User)
		groups []string
		want   string // the line; "" takes the account in
	}{
		"as it is":                  {pool: plain},
		"in groups":                 {pool: plain, groups: []string{"a", "b"}},
		"without a password":        {pool: plain, change: func(u *pool.User) { u.Password = pool.Password{} }},
		"a hash without a verifier": {pool: plain, change: func(u *pool.User) { u.Password = pool.Password{Hash: "h"} }},
		"a verifier without a hash": {pool: plain, change: func(u *pool.User) { u.Password.Hash = "" }, want: "Password: has a verifier, but no hash"},
		"a salt alone":              {pool: plain, change: func(u *pool.User) { u.Password.SRPVerifier = "" }, want: "Password: its SRP salt and verifier are none"},
		"a verifier that is long":   {pool: plain, change: func(u *pool.User) { u.Password.SRPVerifier = pool.Secret(strings.Repeat("v", 386)) }, want: "Password: its SRP salt and verifier are none"},
		"no UUID":                   {pool: plain, change: func(u *pool.User) { u.Sub = "ann" }, want: "Sub: must be a UUID in lower case"},
		"no such status":            {pool: plain, change: func(u *pool.User) { u.Status = "ARCHIVED" }, want: "Status: is none that an account can have here"},
		"before time began":         {pool: plain, change: func(u *pool.User) { u.CreateDate = -1 }, want: "CreateDate: and LastModifiedDate must be milliseconds since 1970, before the year 10000"},
		"after time ends":           {pool: plain, change: func(u *pool.User) { u.Password.SetAt = 1 << 62 }, want: "Password: SetAt is no date"},
		"groups in disorder":        {pool: plain, groups: []string{"b", "a"}, want: "Groups: must be in order, each once"},
		"a group twice":             {pool: plain, groups: []string{"a", "a"}, want: "Groups: must be in order, each once"},
		"too many groups":           {pool: plain, groups: many, want: "GroupName: A user can be in at most 100 groups."},
		"no username":               {pool: plain, change: func(u *pool.User) { u.Username = "" }, want: "username: is missing"},
		"an address as username":    {pool: plain, change: func(u *pool.User) { u.Username = "ann@example.com" }, want: "username: cannot be an e-mail address in this pool"},
		"no such attribute":         {pool: plain, change: func(u *pool.User) { u.Attributes["custom:shoe"] = "7" }, want: "custom:shoe: is no attribute of the pool"},
		"the sub as attribute":      {pool: plain, change: func(u *pool.User) { u.Attributes["sub"] = sub }, want: "sub: is no attribute of the pool"},
		"a blank attribute":         {pool: plain, change: func(u *pool.User) { u.Attributes["name"] = "" }, want: "name: is blank: leave it out"},
		"a control character":       {pool: plain, change: func(u *pool.User) { u.Attributes["name"] = "\x00" }, want: "name: is too long, or has characters that no value can have"},
		"no address":                {pool: plain, change: func(u *pool.User) { u.Attributes["email"] = "ann" }, want: "email: is no e-mail address"},
		"verified but not there":    {pool: plain, change: func(u *pool.User) { delete(u.Attributes, "email") }, want: "email_verified: there is no e-mail address to verify"},
		"by address":                {pool: byAddress, change: func(u *pool.User) { u.Username = sub }},
		"by address, a name":        {pool: byAddress, want: "Username: must be the sub in a pool whose people sign in with their address or number"},
		"by address, without one":   {pool: byAddress, change: func(u *pool.User) { u.Username, u.Attributes = sub, nil }, want: "email: is missing"},
	} {
		u := pool.User{
			Sub: sub, Username: "ann", Status: pool.Confirmed, Attributes: map[string]string{"email": "ann@example.com", "email_verified": "true"},
			Password: pool.Password{Hash: "h", SRPName: "ann", SRPSalt: "s", SRPVerifier: "v"}, CreateDate: 1, LastModifiedDate: 1,
		}
		if c.change != nil {
			c.change(&u)
		}
		got := ""
		if err := c.pool.ArrivalsFrom("eu-west-1_Elsewhere").Check(u, c.groups); err != nil {
			got = pool.PlainLine(err)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A verifier is of the pool's short name: it comes along where that is the same.
func TestSettle(t *testing.T) {
	t.Parallel()
	u := pool.User{UserPoolID: "eu-west-1_Here00001", Password: pool.Password{Hash: "h", SRPName: "ann", SRPSalt: "s", SRPVerifier: "v", SetAt: 7}}
	p := pool.Pool{ID: "us-east-1_Here00001"}
	if got := p.ArrivalsFrom(u.UserPoolID).Settle(u); got.UserPoolID != p.ID || got.Password != u.Password {
		t.Errorf("from a pool of the same name: %+v", got)
	}
	if got := p.ArrivalsFrom("us-east-1_Other0001").Settle(u); got.UserPoolID != p.ID || got.Password != (pool.Password{Hash: "h", SetAt: 7}) {
		t.Errorf("from another pool: %+v", got)
	}
}

func TestWithoutPassword(t *testing.T) {
	t.Parallel()
	for before, after := range map[pool.UserStatus]pool.UserStatus{
		pool.Confirmed: pool.ResetRequired, pool.ResetRequired: pool.ResetRequired, pool.Unconfirmed: pool.Unconfirmed, pool.ForceChangePassword: pool.ForceChangePassword,
	} {
		if got := (pool.User{Status: before, Password: pool.Password{Hash: "h"}}).WithoutPassword(); got.Status != after || got.Password != (pool.Password{}) {
			t.Errorf("%s: %+v", before, got)
		}
	}
}
