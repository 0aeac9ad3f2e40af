package stories_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// TestBrowserStory is what a person does, in a real browser: from the sample
// app through the pool's pages and the mailbox to their profile, out, and back
// in by every way there is.
func TestBrowserStory(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := startSample(t, database, nil)
		p := person{window: openWindow(t), sample: s, email: "ann.lee@example.com"}
		p.signsUp("pebble-1")
		p.isSignedIn()
		p.signsOut()
		p.signsInByKeyboard("pebble-1")
		p.isSignedIn()
		p.signsOut()
		p.mistypes("pebble-2")
		p.forgets("pebble-3")
		p.isSignedIn()
		p.signsOut()
		p.phone()
		p.signsIn("pebble-3")
		p.isSignedIn()
	})
}

// person walks through the sample app and the pool.
type person struct {
	*window
	sample sample
	email  string
}

func (p person) signsUp(password string) {
	p.t.Helper()
	p.open(p.sample.url)
	p.press("a[href='/signup']")
	p.fill("signUpUsername", p.email)
	p.fill("signUpPassword", password)
	p.press("[name=signUpButton]")
	p.shows("We sent a code to a***@e***.")
	confirm := p.at()
	code := p.readsMail()
	p.open(confirm)
	if at := p.focused(); at != "verification_code" {
		p.t.Errorf("the focus is on %q, want the code", at)
	}
	p.fill("verification_code", code)
	p.press("[name=confirm]")
}

// readsMail opens the mailbox and reads the newest code for this person.
func (p person) readsMail() string {
	p.t.Helper()
	p.open(p.sample.house.URL() + "/mailbox")
	p.fill("to", p.email)
	p.enter()
	code := strings.TrimSpace(p.text(".digits"))
	if len(code) != 6 {
		p.t.Fatalf("the mailbox shows the code %q:\n%s", code, p.text("body"))
	}
	return code
}

func (p person) isSignedIn() {
	p.t.Helper()
	if at := p.at(); !strings.HasPrefix(at, p.sample.url+"/users/") {
		p.t.Fatalf("the person is at %s, want their profile:\n%s", at, p.text("body"))
	}
	p.shows("Hello, ann.lee")
	p.shows(p.email)
	p.shows("Verified")
}

func (p person) signsOut() {
	p.t.Helper()
	p.press("form[action='/logout'] button")
	if at := p.at(); at != p.sample.url+"/" {
		p.t.Fatalf("signing out led to %s", at)
	}
	p.shows("Welcome")
}

// leaves the app for the pool's sign-in page: the pool, too, has forgotten them.
func (p person) leavesForPool() {
	p.t.Helper()
	p.open(p.sample.url)
	p.press("a[href='/login']")
	if at := p.at(); !strings.HasPrefix(at, p.sample.house.URL()+"/login?") {
		p.t.Fatalf("signing in led to %s", at)
	}
}

func (p person) signsIn(password string) {
	p.t.Helper()
	p.leavesForPool()
	p.fill("signInFormUsername", strings.ToUpper(p.email))
	p.fill("signInFormPassword", password)
	p.press("[name=signInSubmitButton]")
}

// signsInByKeyboard never says which field: the focus is where it is needed,
// Tab leads on in reading order, Enter sends.
func (p person) signsInByKeyboard(password string) {
	p.t.Helper()
	p.leavesForPool()
	if at := p.focused(); at != "signInFormUsername" {
		p.t.Errorf("the focus is on %q, want the address", at)
	}
	p.types(p.email + kb.Tab + password)
	p.enter()
}

func (p person) mistypes(password string) {
	p.t.Helper()
	p.signsIn(password)
	if said := p.text("main [role=alert]"); said != "Incorrect username or password." {
		p.t.Errorf("announced is %q", said)
	}
	if title := eval[string](p.window, `document.title`); !strings.HasPrefix(title, "Error: ") {
		p.t.Errorf("the title is %q, want it to begin with the error", title)
	}
	if at := p.focused(); at != "signInFormPassword" {
		p.t.Errorf("the focus is on %q, want the password", at)
	}
	if kept := eval[string](p.window, `signInFormUsername.value`); kept != strings.ToUpper(p.email) {
		p.t.Errorf("the page kept the address %q", kept)
	}
	if kept := eval[string](p.window, `signInFormPassword.value`); kept != "" {
		p.t.Errorf("the page kept the password %q", kept)
	}
}

// forgets begins on the sign-in page that has just refused them.
func (p person) forgets(password string) {
	p.t.Helper()
	p.press("a[href^='/forgotPassword']")
	if kept := eval[string](p.window, `forgotUsername.value`); kept != strings.ToUpper(p.email) {
		p.t.Errorf("the address did not travel along: %q", kept)
	}
	p.press("[name=reset_my_password]")
	p.shows("We sent a code to A***@E***.") // as it was typed
	reset, err := url.Parse(p.at())
	if err != nil || reset.Path != "/confirmForgotPassword" {
		p.t.Fatalf("forgot password led to %s", reset)
	}
	code := p.readsMail()
	p.open(reset.String())
	p.fill("verification_code", code)
	p.fill("new_password", password)
	p.enter()
}
