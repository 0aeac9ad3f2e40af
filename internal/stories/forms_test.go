package stories_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// The stories of this file hold the pages to the names that scripts and
// password managers know from Cognito's hosted UI.

var (
	anyTag    = regexp.MustCompile(`<(form|input|button|a|h1|p|title)\b([^>]*)>`)
	anyMember = regexp.MustCompile(`([\w-]+)(?:="([^"]*)")?`)
)

// tag finds the one tag of a page that has all the attributes; pairs are names
// and values.
func tag(t *testing.T, p *housetest.Page, element string, pairs ...string) map[string]string {
	t.Helper()
	var found []map[string]string
	for _, m := range anyTag.FindAllStringSubmatch(p.Body, -1) {
		attributes := map[string]string{}
		for _, a := range anyMember.FindAllStringSubmatch(m[2], -1) {
			attributes[a[1]] = a[2]
		}
		matches := m[1] == element
		for i := 0; i < len(pairs); i += 2 {
			matches = matches && attributes[pairs[i]] == pairs[i+1]
		}
		if matches {
			found = append(found, attributes)
		}
	}
	if len(found) != 1 {
		t.Errorf("%s has %d <%s> with %v, want one:\n%s", p.URL, len(found), element, pairs, p.Body)
		return map[string]string{}
	}
	return found[0]
}

// holds demands that attributes have the values; a class is one of several.
func holds(t *testing.T, what string, attributes map[string]string, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		got := attributes[pairs[i]]
		if got != pairs[i+1] && (pairs[i] != "class" || !strings.Contains(" "+got+" ", " "+pairs[i+1]+" ")) {
			t.Errorf("%s: %s is %q, want %q", what, pairs[i], got, pairs[i+1])
		}
	}
}

// inMarkup is a query as pages write it: no escape but &amp;, for that is the
// one that scripts undo.
func inMarkup(query string) string {
	return strings.NewReplacer("+", "%20", "&", "&amp;").Replace(query)
}

// sameQuery is a query as a form of the page leads on with it.
func sameQuery(query string) string { return strings.ReplaceAll(query, "+", "%20") }

// form checks what every form has: its name, the way back to the same request,
// its class and, first, the hidden fields.
func form(t *testing.T, p *housetest.Page, name, path string) {
	t.Helper()
	attributes := tag(t, p, "form", "name", name)
	holds(t, name, attributes, "action", path+inMarkup(housetest.Ask()), "method", "post", "class", "cognito-asf")
	first := regexp.MustCompile(`(?s)<form name="` + name + `"[^>]*>\s*<input type="hidden" name="_csrf"\s+value="([^"]+)">\s*<input type="hidden" name="cognitoAsfData" value="">`).FindStringSubmatch(p.Body)
	if first == nil {
		t.Errorf("%s does not begin with its hidden fields:\n%s", name, p.Body)
	} else if _, err := uuid.Parse(first[1]); err != nil {
		t.Errorf("%s: _csrf is %q", name, first[1])
	}
}

func TestSignInForm(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	p := b.Get("/login" + housetest.Ask())
	form(t, p, "cognitoSignInForm", "/login")
	user := tag(t, p, "input", "id", "signInFormUsername")
	holds(t, "username", user, "name", "username", "type", "text", "class", "inputField-customizable", "autocapitalize", "none", "autocomplete", "username")
	pass := tag(t, p, "input", "id", "signInFormPassword")
	holds(t, "password", pass, "name", "password", "type", "password", "class", "inputField-customizable", "autocomplete", "current-password")
	for _, field := range []map[string]string{user, pass} {
		if _, required := field["required"]; !required {
			t.Errorf("%s is not required", field["name"])
		}
	}
	holds(t, "submit", tag(t, p, "input", "name", "signInSubmitButton"), "type", "submit", "value", "Sign in", "class", "submitButton-customizable")
	holds(t, "forgot", tag(t, p, "a", "class", "redirect-customizable"), "href", "/forgotPassword"+inMarkup(housetest.Ask()))
	p.Shows(">Forgot your password?</a>")
	p.Shows(`href="/signup` + inMarkup(housetest.Ask()))
	tag(t, p, "p", "class", "lead textDescription-customizable")

	p = b.Submit(p, "cognitoSignInForm", "username", ann, "password", "wrong")
	if p.Status != http.StatusOK || p.Location() != nil {
		t.Errorf("a wrong password: %d %v", p.Status, p.Location())
	}
	holds(t, "error", tag(t, p, "p", "id", "loginErrorMessage"), "class", "errorMessage-customizable")
	p.Shows(">Incorrect username or password.</p>")
	form(t, p, "cognitoSignInForm", "/login")
}

// What scripts post is enough, and what they post beside it does no harm; the
// answer is the way to the app.
func TestSignInPost(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		for _, extra := range [][]string{{}, {"signInSubmitButton", "Sign in", "cognitoAsfData", "e30="}, {"-signInSubmitButton", "", "-cognitoAsfData", ""}} {
			b := h.Browser()
			p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", append([]string{"username", ann, "password", secret}, extra...)...)
			if back := p.Back(); p.Status != http.StatusFound || back.Query().Get("code") == "" || back.Query().Get("state") != "s-1" {
				t.Errorf("%v: %d %s", extra, p.Status, back)
			}
			b = h.Browser()
			p = b.Submit(b.Get("/login"+housetest.Ask("response_type", "token")), "cognitoSignInForm", append([]string{"username", ann, "password", secret}, extra...)...)
			if back := p.Back(); !strings.HasPrefix(back.Fragment, "id_token=") {
				t.Errorf("%v: %s", extra, back)
			}
		}
	})
}

// Nobody is hurried: the page works as long as the browser keeps its cookie.
func TestSignInTakesItsTime(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
	b := h.Browser()
	p := b.Get("/login" + housetest.Ask())
	h.Advance(3 * time.Hour)
	b.Submit(p, "cognitoSignInForm", "username", ann, "password", secret).Back()
}

func TestSignUpForm(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, with(t, "", func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UsernameAttributes = nil }))
	b := h.Browser()
	p := b.Get("/signup" + housetest.Ask())
	form(t, p, "signupform", "/signup")
	holds(t, "username", tag(t, p, "input", "name", "username"), "type", "text", "class", "inputField-customizable")
	tag(t, p, "input", "name", "requiredAttributes[email]")
	holds(t, "password", tag(t, p, "input", "type", "password"), "name", "password", "autocomplete", "new-password")
	holds(t, "submit", tag(t, p, "button", "name", "signUpButton"), "type", "submit", "class", "signUpButton", "class", "submitButton-customizable")
	p.Shows("Already have an account?")
	p.Shows(`<a href="/login` + inMarkup(housetest.Ask()) + `">Sign in</a>`)
	p.Shows("At least 6 characters")
}

// Sign-up, its code and the way back to the app, as scripts walk it.
func TestSignUpAndConfirmPosts(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UsernameAttributes = nil }))
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "ann", "password", secret, "requiredAttributes[email]", ann, "-cognitoAsfData", "")
		if to := p.Location(); p.Status != http.StatusFound || to == nil || to.String() != h.URL()+"/confirm"+sameQuery(housetest.Ask()) {
			t.Fatalf("sign-up leads to %v", to)
		}
		p = b.Follow(p)
		form(t, p, "confirmform", "/confirm")
		holds(t, "code", tag(t, p, "input", "id", "verification_code"), "name", "code", "inputmode", "numeric", "autocomplete", "one-time-code")
		for name, value := range map[string]string{"destination": "a***@e***", "deliveryMedium": "EMAIL"} {
			holds(t, name, tag(t, p, "input", "name", name), "type", "hidden", "value", value)
		}
		holds(t, "confirm", tag(t, p, "button", "name", "confirm"), "type", "submit")
		p.Shows(">Confirm account</button>")
		mail := h.Mail(ann)
		if want := "Your verification code is " + mail.Code.Reveal() + "."; mail.Text.Reveal() != want || mail.Subject != "Your verification code" {
			t.Errorf("the mail says %q: %q", mail.Subject, mail.Text.Reveal())
		}
		if p = b.Submit(p, "confirmform", "code", "000000"); p.Location() != nil {
			t.Errorf("a wrong code leads to %v", p.Location())
		}
		p = b.Submit(p, "resendform", "resend", "")
		if to := p.Location(); to == nil || to.Path != "/confirm" {
			t.Fatalf("another code leads to %v", to)
		}
		back := b.Submit(b.Follow(p), "confirmform", "code", h.Code(ann), "sub", uuid.NewString(), "confirm", "").Back()
		redeem(t, h, back).ok(t)
	})
}

// Where an operator must confirm accounts, the person hears so.
func TestSignUpThatWaits(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.AutoVerifiedAttributes = nil }))
		b := h.Browser()
		p := b.Follow(b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret))
		p.Shows("Your account is created. You can sign in once the people who run House app have confirmed it.")
		if p.URL.Path != "/login" {
			t.Errorf("sign-up leads to %s", p.URL)
		}
	})
}

func TestForgotAndResetForms(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		b := h.Browser()
		p := b.Get("/forgotPassword" + housetest.Ask())
		p.Shows("<h1>Forgot your password?</h1>")
		form(t, p, "forgotpasswordform", "/forgotPassword")
		tag(t, p, "input", "name", "username")
		tag(t, p, "button", "name", "reset_my_password")
		p = b.Submit(p, "forgotpasswordform", "username", ann)
		if to := p.Location(); p.Status != http.StatusFound || to == nil || to.String() != h.URL()+"/confirmForgotPassword"+sameQuery(housetest.Ask()) {
			t.Fatalf("leads to %v", to)
		}
		p = b.Follow(p)
		form(t, p, "confirmforgotpasswordform", "/confirmForgotPassword")
		p.Shows("We sent a code to a***@e***.")
		holds(t, "code", tag(t, p, "input", "name", "code"), "id", "verification_code")
		holds(t, "password", tag(t, p, "input", "type", "password"), "name", "password", "autocomplete", "new-password")
		tag(t, p, "button", "name", "reset_password")

		stranger := h.Browser()
		unknown := stranger.Follow(stranger.Submit(stranger.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "zoe@example.org"))
		unknown.Shows("We sent a code to z***@e***.")
		form(t, unknown, "confirmforgotpasswordform", "/confirmForgotPassword")

		wrong := b.Submit(p, "confirmforgotpasswordform", "code", h.Code(ann), "password", "another horse", "confirmPassword", "yet another")
		wrong.Shows("The two passwords are not the same.")
		h.Advance(time.Hour) // the code works that long
		if late := b.Submit(b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", ann)), "confirmforgotpasswordform", "code", h.Code(ann), "password", "another horse"); late.Status != http.StatusFound {
			t.Errorf("a fresh code: %d", late.Status)
		}
	})
}

// A code to reset a password works for an hour, one to confirm for a day.
func TestCodesExpire(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		type late struct {
			wait  time.Duration
			works bool
		}
		h := housetest.Start(t, housetest.Config{Database: database})
		for i, at := range []late{{time.Hour - time.Minute, true}, {time.Hour, false}} {
			who := fmt.Sprintf("reset%d@example.com", i)
			h.SignUp(h.Browser(), housetest.Ask(), who, secret)
			b := h.Browser()
			p := b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", who))
			code := h.Code(who)
			h.Advance(at.wait)
			if p = b.Submit(p, "confirmforgotpasswordform", "code", code, "password", "another horse"); (p.Location() != nil) != at.works {
				t.Errorf("after %v the code leads to %v", at.wait, p.Location())
			}
		}
		for i, at := range []late{{24*time.Hour - time.Minute, true}, {24 * time.Hour, false}} {
			who, b := fmt.Sprintf("new%d@example.com", i), h.Browser()
			p := b.Follow(b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", who, "password", secret))
			code := h.Code(who)
			h.Advance(at.wait)
			if p = b.Submit(p, "confirmform", "code", code); (p.Location() != nil) != at.works {
				t.Errorf("after %v the code leads to %v", at.wait, p.Location())
			}
		}
	})
}

// From the fifth failure n on, the account is locked for 2^(n-5) seconds, at
// most fifteen minutes; tries during a lock do not count, and fifteen minutes
// without one begin afresh.
func TestSignInLockout(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		b := h.Browser()
		try := func(password string) *housetest.Page {
			return b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", password)
		}
		lock := time.Duration(0)
		for n := 1; lock < 15*time.Minute; n++ {
			try("wrong").Shows("Incorrect username or password.")
			if n < 5 {
				continue
			}
			lock = min(time.Second<<(n-5), 15*time.Minute)
			if lock > time.Minute { // a shorter one could be over before it is looked at
				h.Advance(lock - 30*time.Second)
				try(secret).Shows("Password attempts exceeded")
				try("wrong").Shows("Password attempts exceeded")
				h.Advance(30 * time.Second)
				continue
			}
			h.Advance(lock)
		}
		for range 4 {
			try("wrong").Shows("Incorrect username or password.")
		}
		try(secret).Back()
	})
}

// Every page of the flow answers GET at the paths that Cognito serves, in any
// case of letters.
func TestPagePaths(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	for path, want := range map[string]string{
		"/login": "200", "/signup": "200", "/confirm": "200", "/forgotPassword": "200", "/confirmForgotPassword": "200", "/confirmforgotPassword": "200",
		"/oauth2/authorize": "302", "/authorize": "302", "/confirmUser": "200", "/error": "400", "/logout": "302", "/resendcode": "405",
		"/oauth2/token": "405", "/oauth2/revoke": "405", "/oauth2/userInfo": "400",
	} {
		for _, written := range []string{path, strings.ToLower(path), strings.ToUpper(path)} {
			if got := fmt.Sprint(h.Browser().Get(written + housetest.Ask()).Status); got != want {
				t.Errorf("GET %s answers %s, want %s", written, got, want)
			}
		}
	}
	for path, want := range map[string]int{ // 403: there is no token, but the path takes forms
		"/login": 403, "/signup": 403, "/confirm": 403, "/forgotPassword": 403, "/confirmForgotPassword": 403, "/confirmUser": 403, "/resendcode": 403,
		"/oauth2/authorize": 405, "/authorize": 405, "/error": 405,
	} {
		if p := h.Browser().Post(path+housetest.Ask(), map[string][]string{}); p.Status != want {
			t.Errorf("POST %s answers %d, want %d", path, p.Status, want)
		}
	}
}
