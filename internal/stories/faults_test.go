package stories_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// Whoever fills in a form badly in several places is told so once, beside each
// field and in a way that is read out; the first field at fault has the focus.
func TestFormsTellEverythingAtOnce(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, with(t, "", func(p *setup.PoolEntry, _ *setup.ClientEntry) {
		p.UsernameAttributes = nil
		p.Schema = []pool.SchemaAttribute{{Name: "family_name", Required: yes()}, {Name: "birthdate", Required: yes()}}
	}))
	b := h.Browser()
	p := b.Get("/signup" + housetest.Ask())
	told := func(p *housetest.Page, field, id, sentence string) {
		t.Helper()
		input := tag(t, p, "input", "id", id)
		holds(t, field, input, "aria-invalid", "true", "name", field)
		if !strings.Contains(" "+input["aria-describedby"]+" ", " "+id+"-wrong ") {
			t.Errorf("%s is described by %q", field, input["aria-describedby"])
		}
		holds(t, field, tag(t, p, "p", "id", id+"-wrong"), "role", "alert")
		p.Shows(`id="` + id + `-wrong" role="alert">` + sentence + "</p>")
	}
	focused := func(p *housetest.Page, id string) {
		t.Helper()
		if _, has := tag(t, p, "input", "id", id)["autofocus"]; !has || strings.Count(p.Body, " autofocus") != 1 {
			t.Errorf("%s has not the only focus of %s:\n%s", id, p.URL, p.Body)
		}
	}
	p = b.Submit(p, "signupform", "username", "ann lee", "password", "short", "requiredAttributes[email]", "nonsense", "requiredAttributes[birthdate]", "in May")
	told(p, "username", "signUpUsername", "Use up to 128 letters, numbers or signs, without spaces.")
	told(p, "requiredAttributes[email]", "signUpEmail", "Enter an e-mail address like name@example.com.")
	told(p, "requiredAttributes[birthdate]", "signUp-birthdate", "Enter a date like 1999-12-31.")
	told(p, "requiredAttributes[family_name]", "signUp-family_name", "Fill this in.")
	told(p, "password", "signUpPassword", "Use at least 6 characters.")
	focused(p, "signUpUsername")
	p.Shows("<title>Error: Create an account")
	if strings.Contains(p.Body, "loginErrorMessage") {
		t.Errorf("a fault of a field is told of the form:\n%s", p.Body)
	}
	p = b.Submit(p, "signupform", "username", "", "password", "", "requiredAttributes[email]", "", "requiredAttributes[birthdate]", "")
	for _, id := range []string{"signUpUsername", "signUpEmail", "signUp-birthdate", "signUp-family_name", "signUpPassword"} {
		holds(t, id, tag(t, p, "input", "id", id), "aria-invalid", "true")
	}
	p = b.Submit(p, "signupform", "username", "ann", "password", "short", "requiredAttributes[email]", ann, "requiredAttributes[birthdate]", "1999-12-31", "requiredAttributes[family_name]", "Lee")
	told(p, "password", "signUpPassword", "Use at least 6 characters.")
	focused(p, "signUpPassword")
	if n := strings.Count(p.Body, `role="alert"`); n != 1 {
		t.Errorf("%d faults are told, want one", n)
	}

	p = b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", " ", "password", "")
	told(p, "username", "signInFormUsername", "Enter your username.")
	told(p, "password", "signInFormPassword", "Enter a password.")
	p = b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "ann"))
	p = b.Submit(p, "confirmforgotpasswordform", "code", "", "password", "short")
	told(p, "code", "verification_code", "Enter the code.")
	told(p, "password", "new_password", "Use at least 6 characters.")
	focused(p, "verification_code")
}

// The page where a temporary password is replaced does too; there the password
// stands first.
func TestChangeTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.Schema = []pool.SchemaAttribute{{Name: "family_name", Required: yes()}, {Name: "birthdate", Required: yes()}}
		}))
		_, err := sdk(h).AdminCreateUser(t.Context(), &cip.AdminCreateUserInput{UserPoolId: aws.String(housetest.PoolID), Username: aws.String(ann), TemporaryPassword: aws.String("Temporary-1")})
		must(t, err)
		b := h.Browser()
		p := b.Follow(b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", "Temporary-1"))
		p = b.Submit(p, "changepasswordform", "password", "short", "requiredAttributes[birthdate]", "in May")
		for id, sentence := range map[string]string{
			"new_password": "Use at least 6 characters.", "signUp-birthdate": "Enter a date like 1999-12-31.", "signUp-family_name": "Fill this in.",
		} {
			p.Shows(`id="` + id + `-wrong" role="alert">` + sentence + "</p>")
		}
		if _, has := tag(t, p, "input", "id", "new_password")["autofocus"]; !has {
			t.Errorf("the password has not the focus:\n%s", p.Body)
		}
		p = b.Submit(p, "changepasswordform", "password", "My-own-pass-1", "requiredAttributes[birthdate]", "1999-12-31", "requiredAttributes[family_name]", "Lee")
		if p.Back().Query().Get("code") == "" {
			t.Error("the password that was mended does not lead to the app")
		}
	})
}

// A program is told the first of several faults alone, in the order in which it
// always was.
func TestAPITellsTheFirstFault(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", func(p *setup.PoolEntry, _ *setup.ClientEntry) {
		p.UsernameAttributes, p.AliasAttributes = nil, []string{"email"}
		p.Schema = []pool.SchemaAttribute{{Name: "family_name", Required: yes()}, {Name: "birthdate", Required: yes()}}
	})
	try := func(username, password string, attributes ...types.AttributeType) error {
		_, err := sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: &username, Password: &password, UserAttributes: attributes})
		return err
	}
	bad := types.AttributeType{Name: aws.String("email"), Value: aws.String("nonsense")}
	unknown := types.AttributeType{Name: aws.String("custom:nothing"), Value: aws.String("x")}
	const invalid = "InvalidParameterException"
	refused(t, try(ann, "short", bad, unknown), invalid, "Username cannot be of email format, since user pool is configured for email alias.")
	refused(t, try("ann", "short", bad, unknown), invalid, "Attributes did not conform to the schema: custom:nothing: Attribute does not exist in the schema.\n")
	refused(t, try("ann", "short", bad), invalid, "Invalid email address format.")
	refused(t, try("ann", "short"), invalid, "Attributes did not conform to the schema: family_name: The attribute is required\nbirthdate: The attribute is required\n")
	complete := []types.AttributeType{{Name: aws.String("family_name"), Value: aws.String("Lee")}, {Name: aws.String("birthdate"), Value: aws.String("1999-12-31")}}
	refused(t, try("ann", "short", complete...), "InvalidPasswordException", "Password did not conform with policy: Password not long enough")
	must(t, try("ann", "secret1", complete...))
}

// Where nothing is verified nobody is sent a code, and both doors say why.
func TestResendWhereNothingIsVerified(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.AutoVerifiedAttributes = nil }))
		b := h.Browser()
		b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret)
		for _, name := range []string{ann, "nobody@example.com"} {
			_, err := sdk(h).ResendConfirmationCode(t.Context(), &cip.ResendConfirmationCodeInput{ClientId: clientID(), Username: aws.String(name)})
			refused(t, err, "InvalidParameterException", "Cannot resend codes. Auto verification not turned on.")
			p := post(b, "/resendcode", name)
			if p.Status != http.StatusOK {
				t.Errorf("%s: %d %v", name, p.Status, p.Location())
			}
			holds(t, name, tag(t, p, "p", "id", "loginErrorMessage"), "role", "alert")
			p.Shows(">Accounts are confirmed by the people who run the app. Ask them.</p>")
		}
		if n := h.Mails(ann); n != 0 {
			t.Errorf("%d mails, want none", n)
		}
	})
}
