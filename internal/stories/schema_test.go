package stories_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file are about what an account holds and what it is
// called: the schema, aliases, and addresses and numbers as usernames. Each setting comes with its opposite.

// easy is a password that the API takes too: it has no space.
const easy = "secret1"

func required(name string) pool.SchemaAttribute {
	return pool.SchemaAttribute{Name: name, Required: yes()}
}

// everyName lists the names of the pool's attributes.
func everyName(p *setup.PoolEntry) (out []string) {
	for _, a := range p.Attributes() {
		if !a.IsDeveloperOnly() {
			out = append(out, a.Name)
		}
	}
	return out
}

func pairsOf(pairs ...string) (out []types.AttributeType) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, types.AttributeType{Name: &pairs[i], Value: &pairs[i+1]})
	}
	return out
}

// signsUp is a program that makes an account for somebody.
func enlists(t *testing.T, h *housetest.House, name string, pairs ...string) error {
	t.Helper()
	_, err := sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: aws.String(easy), UserAttributes: pairsOf(pairs...)})
	return err
}

// confirms brings the newest code that went to address.
func confirms(t *testing.T, h *housetest.House, name, address string) error {
	t.Helper()
	_, err := sdk(h).ConfirmSignUp(t.Context(), &cip.ConfirmSignUpInput{ClientId: clientID(), Username: &name, ConfirmationCode: aws.String(h.Code(address))})
	return err
}

// invited is an account that an operator made, with a password for good.
func invited(t *testing.T, h *housetest.House, name string, pairs ...string) {
	t.Helper()
	_, err := sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &name, UserAttributes: pairsOf(pairs...), MessageAction: types.MessageActionTypeSuppress})
	must(t, err)
	_, err = sdk(h).AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &name, Password: aws.String(easy), Permanent: true})
	must(t, err)
}

// has are an account's attributes as an operator sees them.
func has(t *testing.T, h *housetest.House, name string) map[string]string {
	t.Helper()
	u, err := sdk(h).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID(), Username: &name})
	must(t, err)
	out := map[string]string{"Username": *u.Username}
	for _, a := range u.UserAttributes {
		out[*a.Name] = aws.ToString(a.Value)
	}
	return out
}

// getsIn says whether the sign-in page takes the name.
func getsIn(h *housetest.House, name string) bool {
	b := h.Browser()
	p := b.Submit(b.Get("/login"+housetest.Ask("scope", "openid")), "cognitoSignInForm", "username", name, "password", easy)
	to := p.Location()
	return to != nil && to.Host != p.URL.Host
}

func byName(p *setup.PoolEntry, aliases ...string) {
	p.UsernameAttributes, p.AliasAttributes = nil, aliases
}

func TestRequiredAttributesSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.Schema = []pool.SchemaAttribute{required("given_name"), required("birthdate")}
		})
		b := h.Browser()
		p := b.Get("/signup" + housetest.Ask())
		p.Shows(`name="requiredAttributes[birthdate]" type="date"`)
		p.Shows(`<label class="label-customizable" for="signUp-given_name">First name</label>`)
		p = b.Submit(p, "signupform", "username", ann, "password", easy, "requiredAttributes[nickname]", "eve")
		if p.Location() != nil || strings.Count(p.Body, "Fill this in.") != 2 {
			t.Errorf("an account without what is required: %d, %v\n%s", p.Status, p.Location(), p.Body)
		}
		p = b.Submit(p, "signupform", "password", easy, "requiredAttributes[given_name]", "Ann <b>", "requiredAttributes[birthdate]", "1999")
		p.Shows("Enter a date like 1999-12-31.")
		p.Shows(`value="Ann &lt;b&gt;"`)
		p = b.Submit(p, "signupform", "password", easy, "requiredAttributes[birthdate]", "1999-12-31")
		id := claims(t, works(t, "sign-up", redeemed(t, h, b.Submit(b.Follow(p), "confirmform", "code", h.Code(ann)).Back())).text("id_token"))
		if id["email"] != ann || id["given_name"] != nil { // the scope asks for the e-mail alone
			t.Errorf("the ID token says %v", id)
		}
		if got := has(t, h, ann); got["given_name"] != "Ann <b>" || got["birthdate"] != "1999-12-31" || got["nickname"] != "" {
			t.Errorf("the account has %v", got)
		}
		refused(t, enlists(t, h, "bob@example.com", "given_name", "Bob"), "InvalidParameterException", "Attributes did not conform to the schema: birthdate: The attribute is required\n")
		refused(t, enlists(t, h, "bob@example.com"), "InvalidParameterException", "Attributes did not conform to the schema: given_name: The attribute is required\nbirthdate: The attribute is required\n")

		free := housetest.Start(t, housetest.Config{})
		if p := free.Browser().Get("/signup" + housetest.Ask()); strings.Contains(p.Body, "requiredAttributes") {
			t.Error("a pool that requires nothing asks for attributes")
		}
	})
}

func TestCustomAttributesSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.Schema = []pool.SchemaAttribute{
				{Name: "team", StringAttributeConstraints: &pool.StringConstraints{MaxLength: "5"}},
				{Name: "level", AttributeDataType: "Number", NumberAttributeConstraints: &pool.NumberConstraints{MinValue: "1", MaxValue: "9"}, Mutable: no()},
				{Name: "note", DeveloperOnlyAttribute: yes()},
			}
			c.AllowedOAuthScopes = []string{"openid", "email", "profile"}
			c.ReadAttributes, c.WriteAttributes = everyName(p), []string{"custom:team", "custom:level"}
		})
		for _, wrong := range []struct{ name, value, exception, message string }{
			{"custom:shoe", "9", "InvalidParameterException", "Attributes did not conform to the schema: custom:shoe: Attribute does not exist in the schema.\n"},
			{"dev:custom:note", "x", "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
			{"email_verified", "true", "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		} {
			refused(t, enlists(t, h, ann, wrong.name, wrong.value), wrong.exception, wrong.message)
		}
		for name, value := range map[string]string{"custom:team": "yellow", "custom:level": "10"} {
			if err := enlists(t, h, ann, name, value); err == nil || !strings.Contains(err.Error(), "InvalidParameterException") {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
		must(t, enlists(t, h, ann, "custom:team", "blue", "custom:level", "3"))
		must(t, confirms(t, h, ann, ann))
		id := func(scope string) map[string]any {
			b := h.Browser()
			back := b.Submit(b.Get("/login"+housetest.Ask("scope", scope)), "cognitoSignInForm", "username", ann, "password", easy).Back()
			return claims(t, works(t, scope, redeemed(t, h, back)).text("id_token"))
		}
		if got := id("openid profile"); got["custom:team"] != "blue" || got["custom:level"] != "3" || got["dev:custom:note"] != nil {
			t.Errorf("with profile the ID token says %v", got)
		}
		if got := id("openid email"); got["custom:team"] != nil {
			t.Errorf("with email alone the ID token says %v", got)
		}
		in, err := byPassword(h, ann, easy)
		must(t, err)
		change := func(pairs ...string) error {
			_, err := sdk(h).UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: in.AuthenticationResult.AccessToken, UserAttributes: pairsOf(pairs...)})
			return err
		}
		refused(t, change("custom:level", "4"), "InvalidParameterException", "user.custom:level: Attribute cannot be updated. (changing an immutable attribute)\n")
		must(t, change("custom:team", "red"))
		if got := has(t, h, ann); got["custom:team"] != "red" || got["custom:level"] != "3" {
			t.Errorf("after a change the account has %v", got)
		}
		plain := apiHouse(t, "", nil)
		refused(t, enlists(t, plain, ann, "custom:team", "blue"), "InvalidParameterException", "Attributes did not conform to the schema: custom:team: Attribute does not exist in the schema.\n")
	})
}

// Cognito: Customizing sign-in attributes. A verified address signs in beside
// the username, and who proves one that another has is told.
func TestAliasAttributesSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { byName(p, "email") })
		b := h.Browser()
		join := func(name string) *housetest.Page {
			return b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", name, "requiredAttributes[email]", ann, "password", easy)
		}
		join("bob@example.com").Shows("Choose a username that is not an e-mail address.")
		must(t, enlists(t, h, "ann", "email", ann))
		if getsIn(h, ann) {
			t.Error("an address that nobody proved signs in")
		}
		must(t, confirms(t, h, "ann", ann))
		for name, want := range map[string]bool{"ann": true, "ANN": true, ann: true, "Ann@Example.com": true, "annie": false} {
			if got := getsIn(h, name); got != want {
				t.Errorf("%s gets in: %v, want %v", name, got, want)
			}
		}
		p := b.Follow(join("second"))
		code := h.Code(ann)
		b.Submit(p, "confirmform", "code", code).Shows("Another account has confirmed this e-mail already.")
		if getsIn(h, "second") {
			t.Error("an account whose address is another's got in")
		}
		proof := &cip.ConfirmSignUpInput{ClientId: clientID(), Username: aws.String("second"), ConfirmationCode: &code}
		_, err := sdk(h).ConfirmSignUp(t.Context(), proof)
		refused(t, err, "AliasExistsException", "An account with the email already exists.")
		proof.ForceAliasCreation = true
		_, err = sdk(h).ConfirmSignUp(t.Context(), proof)
		must(t, err)
		if got := has(t, h, ann); got["Username"] != "second" || got["email_verified"] != "true" {
			t.Errorf("with force the address leads to %v", got)
		}
		if got := has(t, h, "ann"); got["email_verified"] != "false" || got["email"] != ann || !getsIn(h, "ann") {
			t.Errorf("who had it has %v", got)
		}
	})

	plain := apiHouse(t, "", func(p *setup.PoolEntry, _ *setup.ClientEntry) { byName(p) })
	for _, name := range []string{"first", "second", "eve@example.com"} { // no alias: an address belongs to nobody
		must(t, enlists(t, plain, name, "email", ann))
		must(t, confirms(t, plain, name, ann))
	}
	if getsIn(plain, ann) || !getsIn(plain, "second") {
		t.Error("without aliases the address signs in, or the username does not")
	}
}

func TestPreferredUsernameAlias(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		story := func(database string, aliases ...string) (*housetest.House, func(name, preferred string) error) {
			h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { byName(p, aliases...) })
			return h, func(name, preferred string) error {
				in, err := byPassword(h, name, easy)
				must(t, err)
				_, err = sdk(h).UpdateUserAttributes(t.Context(), &cip.UpdateUserAttributesInput{AccessToken: in.AuthenticationResult.AccessToken, UserAttributes: pairsOf("preferred_username", preferred)})
				return err
			}
		}
		h, prefer := story(database, "preferred_username")
		if err := enlists(t, h, "ann", "preferred_username", "annie"); err == nil || !strings.Contains(err.Error(), "InvalidParameterException") {
			t.Errorf("an alias that no code proves, at sign-up: %v", err)
		}
		invited(t, h, "ann")
		invited(t, h, "bob")
		must(t, prefer("ann", "annie"))
		refused(t, prefer("bob", "Annie"), "AliasExistsException", "An account with the given preferred_username already exists.")
		if !getsIn(h, "annie") || !getsIn(h, "ann") || has(t, h, "annie")["Username"] != "ann" {
			t.Error("the alias does not lead to ann")
		}
		must(t, prefer("ann", "anna"))
		if getsIn(h, "annie") || !getsIn(h, "anna") {
			t.Error("the old alias stays, or the new one does not work")
		}
		must(t, prefer("bob", "annie"))

		plain, prefer := story("")
		must(t, enlists(t, plain, "carl", "preferred_username", "boss"))
		invited(t, plain, "ann")
		must(t, prefer("ann", "boss")) // an attribute like any other
		if getsIn(plain, "boss") {
			t.Error("without the alias the preferred username signs in")
		}
	})
}

// Numbers as usernames: the code goes by e-mail, for nothing sends text
// messages yet.
func TestPhoneNumberIsUsername(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const number = "+14155550100"
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.UsernameAttributes, c.AllowedOAuthScopes = []string{"phone_number"}, []string{"openid", "phone"}
		})
		b := h.Browser()
		p := b.Get("/signup" + housetest.Ask("scope", "openid phone"))
		p.Shows(`<label class="label-customizable" for="signUpUsername">Phone number</label>`)
		p.Shows(`inputmode="tel"`)
		b.Submit(p, "signupform", "username", ann, "password", easy, "requiredAttributes[email]", ann).Shows("Enter a phone number with its country code")
		p = b.Submit(p, "signupform", "username", number, "password", easy, "requiredAttributes[email]", ann)
		id := claims(t, works(t, "a number", redeemed(t, h, b.Submit(b.Follow(p), "confirmform", "code", h.Code(ann)).Back())).text("id_token"))
		if id["phone_number"] != number || id["phone_number_verified"] != false || id["cognito:username"] != id["sub"] {
			t.Errorf("the ID token says %v", id)
		}
		if b := h.Browser(); h.SignIn(b, housetest.Ask("scope", "openid phone"), number, easy).Query().Get("code") == "" || getsIn(h, ann) {
			t.Error("the number does not sign in, or the address does")
		}
		refused(t, enlists(t, h, number), "UsernameExistsException", "An account with the given phone_number already exists.")
		refused(t, enlists(t, h, ann), "InvalidParameterException", "Username should be a phone number.")
		p = b.Submit(b.Get("/forgotPassword"+housetest.Ask("scope", "openid phone")), "forgotpasswordform", "username", number)
		b.Follow(p).Shows("a***@e***")

		mail := apiHouse(t, "", nil)
		refused(t, enlists(t, mail, number), "InvalidParameterException", "Username should be an email.")
	})
}

func TestEitherIsUsername(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const number = "+14155550100"
		h := apiHouse(t, database, func(p *setup.PoolEntry, c *setup.ClientEntry) {
			p.UsernameAttributes = []string{"email", "phone_number"}
		})
		h.Browser().Get("/login" + housetest.Ask()).Shows(`<label class="label-customizable" for="signInFormUsername">E-mail or phone number</label>`)
		must(t, enlists(t, h, number, "email", ann))
		must(t, confirms(t, h, number, ann))
		if !getsIn(h, number) || !getsIn(h, ann) || has(t, h, ann)["phone_number"] != number {
			t.Error("one account does not answer to both")
		}
		refused(t, enlists(t, h, ann), "UsernameExistsException", "An account with the given email already exists.")
		refused(t, enlists(t, h, "ann"), "InvalidParameterException", "Username should be either an email or a phone number.")
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "+14155550101", "password", easy)
		b.Follow(p).Shows("You can sign in once the people who run House app have confirmed it.") // nowhere to send a code to
	})
}

// A sign-up page that asks for everything there is keeps what every page
// promises, and tells which fields are wrong.
func TestSignUpPageThatAsksForEverything(t *testing.T) {
	t.Parallel()
	s := startSample(t, "", func(d *setup.Document) {
		p := &d.UserPools[0]
		p.UsernameAttributes, p.Policies = []string{"email", "phone_number"}, nil
		for _, a := range p.Attributes() {
			if a.AttributeDataType != "Boolean" && a.Name != "sub" {
				p.Schema = append(p.Schema, required(a.Name))
			}
		}
	})
	w := openWindow(t)
	w.open(s.house.URL() + "/signup" + housetest.Ask("redirect_uri", s.url+"/oauth/cognito"))
	w.inspectWithin("signup-asked", 2*maxPage) // twenty fields
	w.fill("signUpUsername", "+14155550100")
	w.fill("signUpPassword", "Pebble-12")
	w.enter()
	w.inspectWithin("signup-asked-wrong", 2*maxPage)
	if at := w.focused(); at != "signUp-name" {
		t.Errorf("the focus is on %q, want the first field at fault", at)
	}
}
