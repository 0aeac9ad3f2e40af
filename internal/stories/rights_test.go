package stories_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about which attributes an app may read and
// which a person may change through it.

func TestReadAttributesSetting(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		read       []string
		name, mail bool
	}{"the name": {[]string{"name"}, true, false}, "the address": {[]string{"email", "email_verified"}, false, true}, "no list": {nil, true, true}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) { reads(t, database, c.read, c.name, c.mail) })
		})
	}
}

// reads signs ann in at an app client that may read the attributes of the list:
// name and mail say whether it is shown these.
func reads(t *testing.T, database string, list []string, name, mail bool) {
	t.Helper()
	h := apiHouse(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
		c.ReadAttributes, c.AllowedOAuthScopes = list, []string{"openid", "email", "aws.cognito.signin.user.admin"}
	})
	invited(t, h, ann, "email_verified", "true", "name", "Ann")
	enter := func(scope string) answer {
		b := h.Browser()
		return redeemed(t, h, b.Submit(b.Get("/login"+housetest.Ask("scope", scope)), "cognitoSignInForm", "username", ann, "password", easy).Back())
	}
	tokens := works(t, "openid", enter("openid aws.cognito.signin.user.admin"))
	id, info := claims(t, tokens.text("id_token")), userInfo(t, h, tokens.text("access_token")).ok(t)
	me, err := sdk(h).GetUser(t.Context(), &cip.GetUserInput{AccessToken: aws.String(tokens.text("access_token"))})
	must(t, err)
	seen := map[string]bool{}
	for _, a := range me.UserAttributes {
		seen[*a.Name] = true
	}
	for member, want := range map[string]bool{"name": name, "email": mail, "email_verified": mail, "sub": true} {
		if (id[member] != nil) != want || (info.text(member) != "") != want || seen[member] != want {
			t.Errorf("%s: in the ID token %v, in userInfo %q, in GetUser %v, want %v", member, id[member], info.text(member), seen[member], want)
		}
	}
	if mail {
		works(t, "openid email", enter("openid email"))
	} else {
		says(t, "openid email", enter("openid email"), http.StatusBadRequest, "invalid_grant")
	}
}

func TestWriteAttributesSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.Schema = []pool.SchemaAttribute{required("name")}
			c.WriteAttributes = []string{"name"}
		})
		const denied = "A client attempted to write unauthorized attribute"
		refused(t, enlists(t, h, ann, "name", "Ann", "nickname", "annie"), "NotAuthorizedException", denied)
		must(t, enlists(t, h, ann, "name", "Ann"))
		must(t, confirms(t, h, ann, ann))
		in, err := byPassword(h, ann, easy)
		must(t, err)
		change := func(pairs ...string) error {
			_, err := sdk(h).UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: in.AuthenticationResult.AccessToken, UserAttributes: pairsOf(pairs...)})
			return err
		}
		must(t, change("name", "Anna"))
		refused(t, change("nickname", "annie"), "NotAuthorizedException", denied)
		_, err = sdk(h).DeleteUserAttributes(t.Context(), &cip.DeleteUserAttributesInput{AccessToken: in.AuthenticationResult.AccessToken, UserAttributeNames: []string{"name"}})
		refused(t, err, "InvalidParameterException", "Invalid user attributes: name: Required attribute cannot be deleted.\n")
		if got := has(t, h, ann); got["name"] != "Anna" || got["nickname"] != "" {
			t.Errorf("the account has %v", got)
		}

		open := apiHouse(t, "", nil)
		must(t, enlists(t, open, ann, "nickname", "annie"))
		if got := has(t, open, ann); got["nickname"] != "annie" {
			t.Errorf("the account has %v", got)
		}
	})
}

// Where an app client has no list, or an empty one, people see and change the
// standard attributes; a custom one, which may say what somebody may do, is the
// operator's alone (Cognito: UserPoolClientType, ReadAttributes and
// WriteAttributes).
func TestCustomAttributesWantAList(t *testing.T) {
	t.Parallel()
	for what, lists := range map[string]struct {
		list []string
		open bool
	}{"no list": {nil, false}, "an empty list": {[]string{}, false}, "named": {[]string{"name", "email", "email_verified", "custom:role"}, true}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) { customs(t, database, lists.list, lists.open) })
		})
	}
}

// customs shows a custom attribute to an app client whose lists are these; open
// says whether it may read and change it.
func customs(t *testing.T, database string, list []string, open bool) {
	t.Helper()
	h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
		p.Schema = []pool.SchemaAttribute{{Name: "role"}}
		c.ReadAttributes = list
		if open {
			c.WriteAttributes = []string{"name", "email", "custom:role"}
		} else {
			c.WriteAttributes = list
		}
	})
	ctx := t.Context()
	invited(t, h, ann, "custom:role", "reader", "name", "Ann")
	in, err := byPassword(h, ann, easy)
	must(t, err)
	tokens := in.AuthenticationResult
	me, err := sdk(h).GetUser(ctx, &cip.GetUserInput{AccessToken: tokens.AccessToken})
	must(t, err)
	seen := map[string]bool{}
	for _, a := range me.UserAttributes {
		seen[*a.Name] = true
	}
	id := claims(t, *tokens.IdToken)
	if !seen["name"] || id["name"] != "Ann" || seen["custom:role"] != open || (id["custom:role"] == "reader") != open {
		t.Errorf("GetUser shows %v, the ID token %v", seen, id)
	}
	change := func(name, value string) error {
		_, err := sdk(h).UpdateUserAttributes(ctx, &cip.UpdateUserAttributesInput{AccessToken: tokens.AccessToken, UserAttributes: pairsOf(name, value)})
		return err
	}
	must(t, change("name", "Anna"))
	if open {
		must(t, change("custom:role", "admin"))
		must(t, enlists(t, h, "bob@example.com", "custom:role", "admin"))
		return
	}
	const denied = "A client attempted to write unauthorized attribute"
	refused(t, change("custom:role", "admin"), "NotAuthorizedException", denied)
	refused(t, enlists(t, h, "bob@example.com", "custom:role", "admin"), "NotAuthorizedException", denied)
	if got := has(t, h, ann); got["custom:role"] != "reader" || got["name"] != "Anna" {
		t.Errorf("the account has %v", got)
	}
}
