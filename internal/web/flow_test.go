package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// leadsToApp says that res goes back to the app with a code.
func leadsToApp(t *testing.T, res answer) {
	t.Helper()
	if res.StatusCode != http.StatusFound || !strings.HasPrefix(res.location(), callback+"?code=") {
		t.Errorf("%s answered %d, Location %q, want the app with a code\n%s", res.Request.URL.Path, res.StatusCode, res.location(), res.body)
	}
}

func shows(t *testing.T, res answer, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(res.body, text) {
			t.Errorf("%s (%d, Location %q) does not show %q:\n%s", res.Request.URL, res.StatusCode, res.location(), text, res.body)
		}
	}
}

func cookie(res answer, name string) *http.Cookie {
	var last *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == name {
			last = c
		}
	}
	return last
}

func TestSignUpLeadsToTheApp(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	back := b.signUp("ann@example.com")
	if got := back.Query().Get("state"); got != "s 1" {
		t.Errorf("state came back as %q", got)
	}
	for _, path := range []string{"/oauth2/authorize", "/AUTHORIZE", "/login"} {
		leadsToApp(t, b.get(path+ask()))
	}
	leadsToApp(t, b.get("/oauth2/authorize"+ask("prompt", "none")))
	if res := b.get("/oauth2/authorize" + ask("prompt", "login")); res.location() != "/login"+ask("prompt", "login") {
		t.Errorf("prompt=login led to %q", res.location())
	}
	shows(t, b.get("/login"+ask("prompt", "login")), "signInFormPassword")
	d.skew.Add(int64(10 * time.Second))
	shows(t, b.get("/login"+ask("max_age", "5")), "signInFormPassword")
	leadsToApp(t, b.get("/login"+ask("max_age", "60")))
	d.skew.Add(int64(time.Hour))
	shows(t, b.get("/login"+ask()), "signInFormPassword")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.browser(t).signUp("ann@example.com")
	b := d.browser(t)
	q := ask()
	first := b.get("/oauth2/authorize" + q)
	if first.location() != "/login"+q {
		t.Fatalf("authorize led to %q", first.location())
	}
	page := b.get(first.location())
	wrong := b.post("/login"+q, page, "username", "ANN@example.com ", "password", "not this one")
	shows(t, wrong, `id="loginErrorMessage"`, "Incorrect username or password.", `value="ANN@example.com"`, "<title>Error: Sign in · The App</title>")
	if strings.Contains(wrong.body, "not this one") {
		t.Error("the page repeats the password")
	}
	unknown := b.post("/login"+q, page, "username", "bob@example.com", "password", "not this one")
	if a, b := strings.ReplaceAll(wrong.body, "ANN@", "bob@"), unknown.body; a != b {
		t.Errorf("an unknown name gets another page:\n%s\n%s", a, b)
	}
	shows(t, b.post("/login"+q, page, "username", "", "password", "x"), "Enter your e-mail.", `aria-describedby="signInFormUsername-wrong"`)
	// The name typed travels along.
	b.post("/login"+q, page, "username", "ann@example.com", "password", "x")
	shows(t, b.get("/forgotPassword"+q), `value="ann@example.com"`)
	leadsToApp(t, b.post("/login"+q, page, "username", "Ann@Example.com", "password", word))
}

func TestSessionAndFormTokenAreNewAtEverySignIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.browser(t).signUp("ann@example.com")
	b := d.browser(t)
	u := &url.URL{Scheme: "http", Host: ownHost} // Go's client keeps cookies by the Host header
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: "planted", Path: "/"}})
	page := b.get("/login" + ask())
	before := cookie(page, csrfCookie)
	res := b.post("/login"+ask(), page, "username", "ann@example.com", "password", word)
	leadsToApp(t, res)
	session, form := cookie(res, sessionCookie), cookie(res, csrfCookie)
	if session == nil || session.Value == "planted" || session.MaxAge != 3600 {
		t.Errorf("the session cookie is %v", session)
	}
	if form == nil || before == nil || form.Value == before.Value {
		t.Errorf("the form token was %v and is %v", before, form)
	}
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || c.Path != "/" || c.Secure {
			t.Errorf("cookie %s: %s", c.Name, c.Raw)
		}
	}
	leadsToApp(t, b.get("/login"+ask()))
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: sessionCookie, Value: "planted", Path: "/"}})
	shows(t, b.get("/login"+ask()), "signInFormPassword")
}

func TestACodeAloneDoesNotSignIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann, other := d.browser(t), d.browser(t)
	q := ask()
	ann.post("/signup"+q, ann.get("/signup"+q), "username", "ann@example.com", "password", word)
	shows(t, other.get("/confirm"+q), "Sign in to go on", `href="/login`+"?")
	page := other.get("/login" + q)
	res := other.post("/confirm"+q, page, "username", "ann@example.com", "code", d.mailed(t, "ann@example.com"))
	if res.location() != "/login"+q {
		t.Fatalf("a code in another browser led to %d %q", res.StatusCode, res.location())
	}
	shows(t, other.get(res.location()), "Your account is confirmed. Sign in to continue.", `value="ann@example.com"`)
	if again := other.get(res.location()); strings.Contains(again.body, "role=\"status\"") {
		t.Error("the notice is shown twice")
	}
	// The browser that signed up finds the work done.
	late := ann.post("/confirm"+q, ann.get("/confirm"+q), "username", "ann@example.com", "code", "123456")
	shows(t, ann.get(late.location()), "This account is confirmed already.")
}

func TestUnconfirmedPeopleAreLedOn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	q := ask()
	first := d.browser(t)
	first.post("/signup"+q, first.get("/signup"+q), "username", "ann@example.com", "password", word)
	b := d.browser(t)
	res := b.post("/login"+q, b.get("/login"+q), "username", "ann@example.com", "password", word)
	if res.location() != "/confirm"+q {
		t.Fatalf("an unconfirmed account led to %d %q", res.StatusCode, res.location())
	}
	page := b.get(res.location())
	shows(t, page, "not confirmed yet", "a***@e***", `name="code"`, `autocomplete="one-time-code"`)
	if strings.Contains(res.location()+page.Request.URL.String(), "ann") {
		t.Error("the name is in the address")
	}
	shows(t, b.post("/confirm"+q, page, "username", "ann@example.com", "code", "000000"), "That code isn&#39;t right.")
	old := d.mailed(t, "ann@example.com")
	sent := b.post("/resendcode"+q, page, "username", "ann@example.com")
	if sent.location() != "/confirm"+q {
		t.Fatalf("resend led to %d %q", sent.StatusCode, sent.location())
	}
	page = b.get(sent.location())
	shows(t, page, "We sent a new code.")
	code := d.mailed(t, "ann@example.com")
	if old == code {
		t.Fatal("the new code is the old one")
	}
	shows(t, b.post("/confirm"+q, page, "username", "ann@example.com", "code", ""), "Enter the code.")
	leadsToApp(t, b.post("/confirm"+q, page, "username", "ann@example.com", "code", code[:3]+" "+code[3:]))
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.browser(t).signUp("ann@example.com")
	b := d.browser(t)
	q := ask()
	shows(t, b.get("/confirmForgotPassword"+q), "Start again", `href="/forgotPassword?`)
	res := b.post("/forgotpassword"+q, b.get("/forgotPassword"+q), "username", "ann@example.com")
	if res.location() != "/confirmForgotPassword"+q {
		t.Fatalf("forgot led to %d %q", res.StatusCode, res.location())
	}
	page := b.get(res.location())
	shows(t, page, "We sent a code to a***@e***. It works for 1 hour.", "At least 8 characters", "A lower-case letter", `name="reset_password"`)
	again := b.post("/resendcode"+q, page, "username", "ann@example.com", "purpose", "reset")
	if again.location() != "/confirmForgotPassword"+q {
		t.Fatalf("resend led to %d %q", again.StatusCode, again.location())
	}
	code := d.mailed(t, "ann@example.com")
	reset := func(fields ...string) answer {
		return b.post("/confirmForgotPassword"+q, page, append([]string{"username", "ann@example.com", "code", code}, fields...)...)
	}
	shows(t, reset("password", "SHOUTING1"), "Add a lower-case letter.")
	shows(t, reset("password", "a new password", "confirmPassword", "another"), "The two passwords are not the same.")
	shows(t, reset("password", "a new password", "code", "000000"), "That code isn&#39;t right.")
	leadsToApp(t, reset("password", "a new password"))
	fresh := d.browser(t)
	login := fresh.get("/login" + q)
	shows(t, fresh.post("/login"+q, login, "username", "ann@example.com", "password", word), "Incorrect username or password.")
	leadsToApp(t, fresh.post("/login"+q, login, "username", "ann@example.com", "password", "a new password"))

	stranger := d.browser(t)
	res = stranger.post("/forgotpassword"+q, stranger.get("/forgotPassword"+q), "username", "zoe@example.com")
	shows(t, stranger.get(res.location()), "We sent a code to z***@e***.")
}

func TestSignUpRefusals(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	d.browser(t).signUp("ann@example.com")
	b := d.browser(t)
	page := b.get("/signup" + ask())
	for _, c := range []struct{ name, password, want string }{
		{"ann@example.com", word, "An account with this e-mail already exists."},
		{"ann", word, "Enter an e-mail address like name@example.com."},
		{"", word, "Enter your e-mail."},
		{"bob@example.com", "short", "Use at least 8 characters."},
		{"bob@example.com", "", "Enter a password."},
	} {
		res := b.post("/signup"+ask(), page, "username", c.name, "password", c.password)
		shows(t, res, c.want, `value="`+c.name+`"`, `aria-invalid="true"`)
	}
}

func TestAttributesCannotBeSmuggledIn(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	b.post("/signup"+ask(), b.get("/signup"+ask()), "username", "ann@example.com", "password", word,
		"requiredAttributes[email_verified]", "true", "requiredAttributes[custom:role]", "admin", "requiredAttributes[email]", "eve@example.com")
	user, err := d.db.Users.ByName(context.Background(), poolA, pool.Name{Kind: pool.NameEmail, Folded: "ann@example.com"})
	must(t, err)
	if len(user.Attributes) != 2 || user.Email() != "ann@example.com" || user.EmailVerified() {
		t.Errorf("the account has %v", user.Attributes)
	}
}

func TestPoolsWithUsernames(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(p *pool.Pool, _ *pool.Client) { p.UsernameAttributes = nil })
	b := d.browser(t)
	q := ask()
	page := b.get("/signup" + q)
	shows(t, page, `name="requiredAttributes[email]"`, "Username")
	shows(t, b.post("/signup"+q, page, "username", "ann", "password", word, "requiredAttributes[email]", "nonsense"), `id="signUpEmail-wrong"`, `value="ann"`, `value="nonsense"`)
	res := b.post("/signup"+q, page, "username", "ann", "password", word, "requiredAttributes[email]", "ann@example.com")
	leadsToApp(t, b.post("/confirm"+q, b.get(res.location()), "code", d.mailed(t, "ann@example.com")))
	shows(t, b.post("/signup"+q, b.get("/signup"+q), "username", "ann", "password", word, "requiredAttributes[email]", "x@example.com"), "An account with this username already exists.")
}

func TestClosedPools(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(p *pool.Pool, _ *pool.Client) {
		p.AdminCreateUserConfig = &pool.AdminCreateUserConfig{AllowAdminCreateUserOnly: yes()}
		p.AccountRecoverySetting = &pool.AccountRecoverySetting{RecoveryMechanisms: []pool.RecoveryMechanism{{Name: "admin_only", Priority: 1}}}
	})
	b := d.browser(t)
	page := b.get("/login" + ask())
	if strings.Contains(page.body, "/signup") || strings.Contains(page.body, "/forgotPassword") {
		t.Error("the page offers what the pool forbids")
	}
	shows(t, b.get("/signup"+ask()), "Accounts are by invitation", `class="main" href="/login?`)
	shows(t, b.get("/forgotPassword"+ask()), "Ask for a new password", `class="main" href="/login?`)
	shows(t, b.post("/signup"+ask(), page, "username", "ann@example.com", "password", word), "You cannot create an account here yourself.")
	shows(t, b.post("/forgotPassword"+ask(), page, "username", "ann@example.com"), "Passwords are reset by the people who run the app.")
}

func TestPoolsThatVerifyNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(p *pool.Pool, _ *pool.Client) { p.AutoVerifiedAttributes = nil })
	b := d.browser(t)
	q := ask()
	res := b.post("/signup"+q, b.get("/signup"+q), "username", "ann@example.com", "password", word)
	if res.location() != "/login"+q {
		t.Fatalf("sign-up led to %d %q", res.StatusCode, res.location())
	}
	page := b.get(res.location())
	shows(t, page, "You can sign in once the people who run The App have confirmed it.")
	shows(t, b.post("/login"+q, page, "username", "ann@example.com", "password", word), "Not confirmed yet", `class="main" href="/login?`)
}

func TestConfirmingByLink(t *testing.T) {
	t.Parallel()
	byLink := func(p *pool.Pool, c *pool.Client) {
		p.VerificationMessageTemplate = &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"}
		c.DefaultRedirectURI = callback
	}
	d := newDoor(t, byLink)
	q := ask()
	link := func(email string) string {
		user, err := d.db.Users.ByName(context.Background(), poolA, pool.Name{Kind: pool.NameEmail, Folded: email})
		must(t, err)
		return "/confirmUser?" + url.Values{"client_id": {clientA}, "user_name": {user.Username}, "confirmation_code": {d.mailed(t, email)}}.Encode()
	}
	ann := d.browser(t)
	res := ann.post("/signup"+q, ann.get("/signup"+q), "username", "ann@example.com", "password", word)
	page := ann.get(res.location())
	shows(t, page, "We sent a link to a***@e***.", "send a new link")
	if strings.Contains(page.body, `name="code"`) {
		t.Error("the page asks for a code")
	}
	address := link("ann@example.com")
	shows(t, d.browser(t).get(address), "Press the button") // a mail scanner changes nothing
	leadsToApp(t, ann.post(address, ann.get(address)))
	shows(t, ann.post(address, ann.get(address)), "This link does not work", `class="main" href="/login?`)

	bob, phone := d.browser(t), d.browser(t)
	bob.post("/signup"+q, bob.get("/signup"+q), "username", "bob@example.com", "password", word)
	address = link("bob@example.com")
	res = phone.post(address, phone.get(address))
	if u, err := url.Parse(res.location()); err != nil || u.Path != "/login" || u.Query().Get("redirect_uri") != callback || u.Query().Get("client_id") != clientA {
		t.Fatalf("a link in another browser led to %d %q", res.StatusCode, res.location())
	}
	shows(t, phone.get(res.location()), "Your account is confirmed.")
	shows(t, phone.get("/confirmUser?client_id="+clientA), "This link does not work")
}

func TestImplicitFlow(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b := d.browser(t)
	b.signUp("ann@example.com")
	res := b.get("/oauth2/authorize" + ask("response_type", "token"))
	rest, found := strings.CutPrefix(res.location(), callback+"#id_token=")
	if !found || !strings.HasSuffix(rest, "&expires_in=3600&token_type=Bearer&state=s%201") || !strings.Contains(rest, "&access_token=") {
		t.Errorf("the implicit flow led to %q", res.location())
	}
	if res := b.get("/oauth2/authorize" + ask("response_type", "token", "scope", "email")); strings.Contains(res.location(), "id_token") {
		t.Errorf("an ID token without openid: %q", res.location())
	}
}
