package pool_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestParseUserFilter(t *testing.T) {
	t.Parallel()
	everybody := pool.UserFilter{Attribute: "sub", Prefix: true}
	for text, want := range map[string]pool.UserFilter{
		"":                                             everybody,
		"   ":                                          everybody,
		`email = "ann@example.com"`:                    {Attribute: "email", Value: "ann@example.com"},
		`email="ann@example.com"`:                      {Attribute: "email", Value: "ann@example.com"},
		`email^="Ann"`:                                 {Attribute: "email", Value: "ann", Prefix: true},
		`  email   ^=   "ANN"  `:                       {Attribute: "email", Value: "ann", Prefix: true},
		`username = "Ann"`:                             {Attribute: "username", Value: "Ann"},
		`sub ^= "AB"`:                                  {Attribute: "sub", Value: "AB", Prefix: true},
		`status = "enabled"`:                           {Attribute: "status", Value: "enabled"},
		`cognito:user_status = "Confirmed"`:            {Attribute: "cognito:user_status", Value: "confirmed"},
		`phone_number ^= "+49"`:                        {Attribute: "phone_number", Value: "+49", Prefix: true},
		`name = "Ann \"the\" Smith"`:                   {Attribute: "name", Value: `ann "the" smith`},
		`given_name = "a\\b\"c\d\\"`:                   {Attribute: "given_name", Value: `a\b"c\d\`},
		`family_name = "Ångström = \"^=\" 李"`:          {Attribute: "family_name", Value: `ångström = "^=" 李`},
		`preferred_username = ""`:                      {Attribute: "preferred_username"},
		`name ^= "` + strings.Repeat("é", 246):         {}, // 256 characters without the last quote
		`name ^= "` + strings.Repeat("é", 246) + `"`:   {Attribute: "name", Value: strings.Repeat("é", 246), Prefix: true},
		`name ^= "` + strings.Repeat("é", 247) + `"`:   {},
		`name = "tab` + "\t" + `and line` + "\n" + `"`: {Attribute: "name", Value: "tab\tand line\n"},
	} {
		got, err := pool.ParseUserFilter(text)
		if want == (pool.UserFilter{}) {
			refusedAs(t, text, err, "InvalidParameter.filter")
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q is %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func refusedAs(t *testing.T, text string, err error, key string) {
	t.Helper()
	if e := pool.AsError(err); e == nil || e.Key() != key {
		t.Errorf("%q: %v, want %s", text, err, key)
	}
}

func TestBadUserFilters(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`email`, `email =`, `email = ann`, `email = 'ann'`, `= "ann"`, `^= "ann"`, `"ann"`, `email "ann"`, `email == "ann"`, `email ^ = "ann"`, `email ^^= "ann"`,
		`email != "ann"`, `email > "ann"`, `email = "ann`, `email = ann"`, `email = "ann"x`, `email = "ann" "bob"`, `email = "ann" and name = "x"`, `email = "a" = "b"`,
		`email = "ann\"`, `email = "a` + "\x00" + `b"`, `email = "a` + "\x1b" + `b"`, "email = \"\xff\"", `email = "' OR 1=1 --`,
		strings.Repeat(" ", 257), "email\x00 = \"a\"", `email = "a"` + "\x00",
	} {
		_, err := pool.ParseUserFilter(text)
		refusedAs(t, text, err, "InvalidParameter.filter")
	}
	for _, name := range []string{"custom:role", "dev:custom:role", "Email", "email_verified", "password", "Password.Hash", "Attributes", "address", "nickname", "enabled", "identities", "email;", "email'", "em\"ail"} {
		_, err := pool.ParseUserFilter(name + ` = "x"`)
		key := "InvalidParameter.search_attribute"
		if strings.Contains(name, `"`) {
			key = "InvalidParameter.filter"
		}
		refusedAs(t, name, err, key)
		if e := pool.AsError(err); e != nil && key != "InvalidParameter.filter" && e.Field != name {
			t.Errorf("%s is called %s", name, e.Field)
		}
	}
}

// finds says whether a list with the filter shows the user, by its rules alone.
func finds(f pool.UserFilter, u pool.User) bool {
	least, greatest := f.Bounds()
	for _, v := range append(u.Searched(), pool.SearchedValue{Attribute: "sub", Value: u.Sub}) {
		if v.Attribute == f.Attribute && v.Value >= least && v.Value <= greatest {
			return true
		}
	}
	return false
}

func TestUserFilterFinds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	u := pool.User{Sub: "7c9e6679-aaaa", Username: "Ann", Status: pool.ForceChangePassword, Attributes: map[string]string{
		"email": "Ann@Example.com", "phone_number": "+4930123", "name": "Ångström", "given_name": long, "family_name": "\U0010ffff\U0010ffff", "nickname": "annie", "custom:role": "admin",
	}}
	disabled := u
	disabled.Disabled = true
	for text, want := range map[string][2]bool{ // the user, and the disabled one
		``:                                              {true, true},
		`sub = "7c9e6679-aaaa"`:                         {true, true},
		`sub = "7C9E6679-AAAA"`:                         {false, false},
		`sub ^= "7c9e"`:                                 {true, true},
		`sub ^= "7c9f"`:                                 {false, false},
		`username = "Ann"`:                              {true, true},
		`username = "ann"`:                              {false, false},
		`username ^= "An"`:                              {true, true},
		`email = "ANN@EXAMPLE.COM"`:                     {true, true},
		`email ^= "ann@example.com"`:                    {true, true},
		`email ^= "ann@example.com."`:                   {false, false},
		`email = "ann"`:                                 {false, false},
		`email = ""`:                                    {false, false},
		`email ^= ""`:                                   {true, true},
		`preferred_username ^= ""`:                      {false, false},
		`phone_number ^= "+49"`:                         {true, true},
		`name = "åNGSTRÖM"`:                             {true, true},
		`name ^= "Ang"`:                                 {false, false},
		`given_name = "` + long[:200] + `"`:             {false, false},
		`given_name ^= "` + long[:200] + `"`:            {true, true},
		"family_name ^= \"\U0010ffff\"":                 {true, true},
		"family_name = \"\U0010ffff\U0010ffff\"":        {true, true},
		"family_name = \"\U0010ffff\"":                  {false, false},
		`cognito:user_status = "force_change_password"`: {true, true},
		`cognito:user_status ^= "FORCE"`:                {true, true},
		`cognito:user_status = "CONFIRMED"`:             {false, false},
		`status = "Enabled"`:                            {true, false},
		`status = "Disabled"`:                           {false, true},
		`status = "enabled"`:                            {false, false},
		`status ^= "Dis"`:                               {false, true},
		`name = "_ngstr%"`:                              {false, false},
	} {
		f, err := pool.ParseUserFilter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := [2]bool{finds(f, u), finds(f, disabled)}; got != want {
			t.Errorf("%s finds %v, want %v", text, got, want)
		}
	}
	for _, v := range u.Searched() {
		if v.Attribute == "nickname" || v.Attribute == "custom:role" || utf8.RuneCountInString(v.Value) > 256 {
			t.Errorf("%s is searched by %d characters", v.Attribute, utf8.RuneCountInString(v.Value))
		}
	}
}

func TestCheckAttributesToGet(t *testing.T) {
	t.Parallel()
	p := pool.Pool{Settings: pool.Settings{Schema: []pool.SchemaAttribute{{Name: "role"}}}}
	for _, good := range [][]string{nil, {"email"}, {"custom:role", "email_verified", "name", "name"}} {
		if err := p.CheckAttributesToGet(good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range [][]string{{"sub"}, {"email", "custom:none"}, {"username"}, {"Password"}, {""}, {"role"}, {"cognito:user_status"}} {
		refusedAs(t, strings.Join(bad, " "), p.CheckAttributesToGet(bad), "InvalidParameter.attributes_to_get")
	}
}

// FuzzFilter: whatever is read finds a user who has just that value, and what
// is not read is refused as such.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{`email = "ann"`, `name^="a\"b\\"`, `status="Enabled"`, `custom:x = "1"`, `sub = ""`, "name = \"\U0010ffff\"", `name = "İ"`, "", `email = "a" b`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := pool.ParseUserFilter(text)
		if err != nil {
			if e := pool.AsError(err); e == nil || e.Key() != "InvalidParameter.filter" && e.Key() != "InvalidParameter.search_attribute" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if !utf8.ValidString(filter.Value) || strings.Contains(filter.Value, "\x00") || utf8.RuneCountInString(filter.Value) > 256 {
			t.Fatalf("%q looks for %q", text, filter.Value)
		}
		u := pool.User{Sub: filter.Value, Username: filter.Value, Status: pool.UserStatus(filter.Value), Attributes: map[string]string{}}
		if filter.Attribute != "status" && filter.Value != "" {
			u.Attributes[filter.Attribute] = filter.Value
			if !finds(filter, u) {
				t.Fatalf("%q does not find %+v", text, u)
			}
		}
	})
}
