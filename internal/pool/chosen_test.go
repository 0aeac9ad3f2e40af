package pool_test

import (
	"fmt"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Cognito: NEW_PASSWORD_REQUIRED.
func TestCheckChosen(t *testing.T) {
	t.Parallel()
	byName, byEmail := member(byUsername("email", "preferred_username"), require("name")), member(byContact("email"), nil)
	for what, c := range map[string]struct {
		app        pool.App
		has, given string
		want       string
	}{
		"what is missing":               {byName, "", "name=Ann", ""},
		"nothing of it":                 {byName, "", "", "InvalidParameter.attributes_missing"},
		"what is required and there":    {byName, "name=Ann", "name=Eve", "NotAuthorized.already_provided"},
		"an immutable one, not yet set": {byName, "name=Ann", "custom:badge=7", ""},
		"an immutable one that is set":  {byName, "name=Ann; custom:badge=7", "custom:badge=8", "InvalidParameter.immutable"},
		"taking it away":                {byName, "name=Ann; custom:badge=7", "custom:badge=", "InvalidParameter.immutable"},
		"an alias like a username":      {byName, "name=Ann", "preferred_username=annie", ""},
		"an alias like an address":      {byName, "name=Ann", "preferred_username=kim@example.com", "InvalidParameter.alias_email"},
		"an operator's":                 {byName, "name=Ann", "dev:custom:note=x", "NotAuthorized.write_attribute"},
		"not in the schema":             {byName, "name=Ann", "custom:x=1", "InvalidParameter.schema"},
		"the last address taken away":   {byEmail, "email=ann@example.com", "email=", "InvalidParameter.required_deleted"},
		"another address":               {byEmail, "email=ann@example.com", "email=eve@example.com", ""},
	} {
		u := pool.User{Sub: "sub", Username: "ann", Attributes: attrs(c.has)}
		if got := refusal(c.app.Pool.CheckChosen(c.app.Client, u, attrs(c.given))); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

// However many attributes somebody makes up, one is refused and the rest not
// looked at.
func TestMadeUpAttributes(t *testing.T) {
	t.Parallel()
	app := member(byUsername(), nil)
	given := map[string]string{"birthdate": "x"}
	for i := range 1000 {
		given[fmt.Sprint("made up ", i)] = "1"
	}
	_, err := app.NewAttributes("ann", given, nil)
	for what, err := range map[string]error{"a new account": err, "a first password": app.Pool.CheckChosen(app.Client, pool.User{}, given)} {
		all := pool.Refusals(err)
		if len(all) != 2 || all[0].Key() != "InvalidParameter.attribute_value" || all[1].Key() != "InvalidParameter.schema" || all[1].Field != "made up 0" {
			t.Errorf("%s: %d refusals: %.200v", what, len(all), err)
		}
	}
}

func TestRecovers(t *testing.T) {
	t.Parallel()
	code := pool.MailedCode{Attribute: "email", Value: "a@b.c"}
	for has, want := range map[string]bool{
		"email=a@b.c; email_verified=true":  true,
		"email=a@b.c; email_verified=false": false,
		"email=z@b.c; email_verified=true":  false,
		"":                                  false,
	} {
		if got := byUsername().Recovers(pool.User{Attributes: attrs(has), Status: pool.Confirmed}, code); got != want {
			t.Errorf("%q: %v, want %v", has, got, want)
		}
	}
}
