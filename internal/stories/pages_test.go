package stories_test

import (
	_ "embed"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

//go:embed testdata/axe.min.js
var axe string

// maxPage bounds a page with its style sheet, in bytes.
const maxPage = 15 << 10

// TestEveryPage looks at each page of the pool and of the sample app as people
// with all kinds of eyes, ears, hands and screens do.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	s := startSample(t, "", func(d *setup.Document) {
		d.UserPools[0].Policies = nil // every rule there is
	})
	w := openWindow(t)
	ask := housetest.Ask("redirect_uri", s.url+"/oauth/cognito")
	path := func(name string) string { return s.house.URL() + name + ask }

	w.open("data:text/html,<img src=x>")
	if len(w.violations()) == 0 {
		t.Error("axe-core finds nothing wrong with a page that is wrong")
	}
	w.open(s.url)
	w.inspect("app-front")
	w.open(s.url + "/nowhere")
	w.inspect("app-notice")
	w.open(s.house.URL() + "/mailbox")
	w.inspect("mailbox-empty")
	w.open(s.house.URL() + "/login?client_id=" + housetest.ClientID + "&response_type=code&redirect_uri=https%3A%2F%2Felsewhere.example.com")
	w.inspect("error")
	w.open(path("/confirm"))
	w.inspect("message")
	w.open(path("/login"))
	w.inspect("login")
	w.fill("signInFormUsername", "nobody@example.com")
	w.fill("signInFormPassword", "Wrong-pass-1")
	w.enter()
	w.inspect("login-wrong")
	w.press("a[href^='/signup']")
	w.inspect("signup")
	w.fill("signUpUsername", "not an address")
	w.fill("signUpPassword", "short")
	w.enter()
	w.inspect("signup-wrong")
	w.fill("signUpUsername", "bea@example.com")
	w.fill("signUpPassword", "Pebble-12")
	w.enter()
	w.inspect("confirm")
	w.fill("verification_code", "000000")
	w.enter()
	w.inspect("confirm-wrong")
	w.press("[name=resend]")
	w.inspect("confirm-resent")
	w.open(s.house.URL() + "/confirmUser?" + url.Values{"client_id": {housetest.ClientID}, "user_name": {"x"}, "confirmation_code": {"1"}}.Encode())
	w.inspect("confirmUser")
	w.press("[name=confirm]")
	w.inspect("message-link")
	inspectRecovery(w, path)
	w.inspectFirstPassword(s.house, path)
	w.inspectSecond(s.house, path)
	w.open(s.house.URL() + "/mailbox")
	w.inspect("mailbox")
	w.inspectCustomised(s.house, path)
	p := person{window: w, sample: s, email: "ann.lee@example.com"}
	p.signsUp("Pebble-12")
	w.inspect("app-profile")
	w.do("opening the details", clicks("summary"))
	w.inspect("app-profile-open")
}

// inspectRecovery looks at the pages of a forgotten password.
func inspectRecovery(w *window, path func(string) string) {
	w.t.Helper()
	w.open(path("/forgotPassword"))
	w.inspect("forgot")
	if at := w.focused(); at != "forgotUsername" {
		w.t.Errorf("the focus is on %q, want the address", at)
	}
	w.fill("forgotUsername", "bea@example.com")
	w.enter()
	w.inspect("reset")
	w.fill("verification_code", "000000")
	w.fill("new_password", "short")
	w.enter()
	w.inspect("reset-wrong")
}

// inspectFirstPassword looks at the page that asks for a password in place of a
// temporary one.
func (w *window) inspectFirstPassword(h *housetest.House, path func(string) string) {
	w.t.Helper()
	invited := "cleo@example.com"
	_, err := sdk(h).AdminCreateUser(w.t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &invited, TemporaryPassword: aws.String("Pebble-12"), MessageAction: types.MessageActionTypeSuppress})
	must(w.t, err)
	w.open(path("/login"))
	w.fill("signInFormUsername", invited)
	w.fill("signInFormPassword", "Pebble-12")
	w.enter()
	w.inspect("change")
}

// inspectCustomised looks at pages with an operator's own sheet and logo, and
// takes them away again.
func (w *window) inspectCustomised(h *housetest.House, path func(string) string) {
	w.t.Helper()
	_, err := customises(w.t, h, "", greenSheet, logo(w.t, false, green))
	must(w.t, err)
	w.open(path("/login") + "&prompt=login")
	shown := eval[struct {
		Button string
		Logo   int
	}](w, `({
		Button: getComputedStyle(document.querySelector("[name=signInSubmitButton]")).backgroundColor,
		Logo: document.querySelector(".logo-customizable").naturalWidth,
	})`)
	if shown.Button != "rgb(20, 110, 70)" || shown.Logo != 350 {
		w.t.Errorf("the customised page shows %+v", shown)
	}
	w.inspect("customised")
	w.fill("signInFormUsername", "nobody@example.com")
	w.fill("signInFormPassword", "Wrong-pass-1")
	w.enter()
	w.inspect("customised-wrong")
	_, err = customises(w.t, h, "", "", nil)
	must(w.t, err)
}

// inspectSecond looks at the pages of second factors, and leaves the pool without.
func (w *window) inspectSecond(h *housetest.House, path func(string) string) {
	w.t.Helper()
	must(w.t, setMFA(h, types.UserPoolMfaTypeOn, "token", "email"))
	name, password := "dora@example.com", "Pebble-12"
	must(w.t, only(sdk(h).AdminCreateUser(w.t.Context(), &cip.AdminCreateUserInput{UserPoolId: poolID(), Username: &name, MessageAction: types.MessageActionTypeSuppress})))
	must(w.t, only(sdk(h).AdminSetUserPassword(w.t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID(), Username: &name, Password: &password, Permanent: true})))
	signIn := func() {
		w.open(path("/login") + "&prompt=login") // though the browser is remembered
		w.fill("signInFormUsername", name)
		w.fill("signInFormPassword", password)
		w.enter()
	}
	signIn()
	w.do("opening the key", clicks("summary"))
	w.inspect("setup")
	app := authenticator{h, strings.ReplaceAll(eval[string](w, `document.querySelector(".seed").textContent`), " ", "")}
	w.fill("setup-code", notThis(app.shows(w.t, 0)))
	w.enter()
	w.inspect("setup-wrong")
	w.fill("setup-code", app.shows(w.t, 0))
	w.fill("setup-name", "Dora's phone")
	w.enter()
	signIn()
	w.inspect("second")
	operation(w.t, h, "AdminUpdateUserAttributes", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": name, "UserAttributes": []map[string]string{{"Name": "email_verified", "Value": "true"}}}).ok(w.t)
	operation(w.t, h, "AdminSetUserMFAPreference", true, map[string]any{"UserPoolId": housetest.PoolID, "Username": name, "EmailMfaSettings": map[string]bool{"Enabled": true}}).ok(w.t)
	signIn()
	w.inspect("second-choose")
	w.press("[value=EMAIL_OTP]")
	w.inspect("second-email")
	must(w.t, setMFA(h, types.UserPoolMfaTypeOff))
}

// inspect holds the page against everything that every page promises.
func (w *window) inspect(name string) {
	w.t.Helper()
	w.inspectWithin(name, maxPage)
}

// inspectWithin is inspect for a page of which more is asked than of others: it
// may have so many bytes.
func (w *window) inspectWithin(name string, most int) {
	w.t.Helper()
	facts := eval[struct {
		Scripts, Mains, Headings int
		Lang, Title              string
		Size                     int
	}](w, `({
		Scripts: document.scripts.length,
		Mains: document.querySelectorAll("main").length,
		Headings: document.querySelectorAll("h1").length,
		Lang: document.documentElement.lang,
		Title: document.title,
		Size: performance.getEntriesByType("navigation")[0].decodedBodySize +
			performance.getEntriesByType("resource").reduce((sum, r) => sum + r.decodedBodySize, 0),
	})`)
	if facts.Scripts != 0 || facts.Mains != 1 || facts.Headings != 1 || facts.Lang != "en" || facts.Title == "" {
		w.t.Errorf("%s: %+v, want no script, one main, one h1, a language and a title", name, facts)
	}
	if facts.Size == 0 || facts.Size > most {
		w.t.Errorf("%s weighs %d bytes with its style sheet, want at most %d", name, facts.Size, most)
	}
	w.narrow()
	if wide := eval[int](w, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		w.t.Errorf("%s is %d px too wide for a narrow screen", name, wide)
	}
	for _, scheme := range []string{"light", "dark"} {
		w.scheme(scheme)
		w.phone()
		w.picture(name + "-phone-" + scheme)
		w.desktop()
		w.picture(name + "-desktop-" + scheme)
		for _, violation := range w.violations() {
			w.t.Errorf("%s, %s: %s", name, scheme, violation)
		}
	}
	w.scheme("light")
}

// violations is what axe-core finds, one line each.
func (w *window) violations() []string {
	w.t.Helper()
	eval[bool](w, strings.TrimRight(axe, ";\n")+`; true`)
	return eval[[]string](w, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html + " " + (n.any[0]?.message ?? ""))))`)
}
