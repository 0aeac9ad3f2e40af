package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// begun is a browser that made an account and stands on the confirm page, and
// the id of the session that it keeps.
func begun(t *testing.T, d *door, email string) (b *browser, page answer, sessionID string) {
	t.Helper()
	b = d.browser(t)
	res := b.post("/signup"+ask(), b.get("/signup"+ask()), "username", email, "password", word)
	kept := cookie(res, dataCookie)
	if kept == nil {
		t.Fatalf("sign-up led to %d %q and keeps nothing", res.StatusCode, res.location())
	}
	sealed, err := base64.RawURLEncoding.DecodeString(kept.Value)
	must(t, err)
	plain, err := d.web.state.Open(nil, nil, sealed, pageDataBinding(d.app(t)))
	must(t, err)
	var data pageData
	must(t, json.Unmarshal(plain, &data))
	return b, b.get(res.location()), data.SessionID
}

// The session that a browser keeps belongs to the name that it began with: what
// a form says about another name does not go on from it, not even from one that
// is proven already and was not used, as when the browser went away meanwhile.
func TestTheKeptSessionIsForItsOwnName(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann, page, session := begun(t, d, "ann@example.com")
	begun(t, d, "bob@example.com")
	ctx := context.Background()
	err := d.web.Accounts.Confirm(ctx, d.app(t), account.Confirmation{Username: "ann@example.com", Code: d.mailed(t, "ann@example.com"), SessionID: session})
	must(t, err)
	res := ann.post("/confirm"+ask(), page, "username", "bob@example.com", "code", d.mailed(t, "bob@example.com"))
	if res.location() != "/login"+ask() || cookie(res, sessionCookie) != nil {
		t.Errorf("Bob's code in Ann's browser led to %d %q", res.StatusCode, res.location())
	}
	shows(t, ann.get("/login"+ask()), "Your account is confirmed.", `value="bob@example.com"`)
}

// Another code goes to the account that the form names, whoever's session the
// browser keeps.
func TestResendGoesToTheNameOfTheForm(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	ann, page, _ := begun(t, d, "ann@example.com")
	begun(t, d, "bob@example.com")
	annsCode, bobs := d.mailed(t, "ann@example.com"), d.letters(t, "bob@example.com")
	res := ann.post("/resendcode"+ask(), page, "username", "bob@example.com")
	if res.location() != "/confirm"+ask() {
		t.Fatalf("resend led to %d %q", res.StatusCode, res.location())
	}
	if d.letters(t, "bob@example.com") != bobs+1 || d.letters(t, "ann@example.com") != 1 {
		t.Errorf("Bob has %d mails and Ann %d, want one more for Bob", d.letters(t, "bob@example.com"), d.letters(t, "ann@example.com"))
	}
	// Ann's code still works, in a browser that is Bob's now and not hers.
	res = ann.post("/confirm"+ask(), page, "username", "ann@example.com", "code", annsCode)
	if res.location() != "/login"+ask() {
		t.Errorf("Ann's code led to %d %q", res.StatusCode, res.location())
	}
}

// A link signs in only where the browser still knows a way to the app that is
// good: without one there is nowhere that a code may be sent.
func TestALinkWithoutAWayToTheApp(t *testing.T) {
	t.Parallel()
	d := newDoor(t, func(p *pool.Pool, c *pool.Client) {
		p.VerificationMessageTemplate = &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"}
		c.DefaultRedirectURI = callback
	})
	q := ask("redirect_uri", callback+"?tenant=1")
	b := d.browser(t)
	b.post("/signup"+q, b.get("/signup"+q), "username", "ann@example.com", "password", word)
	_, err := d.db.Clients.Update(context.Background(), func(c *pool.Client) error { c.CallbackURLs = []string{callback}; return nil }, poolA, clientA)
	must(t, err)
	user, err := d.db.Users.ByName(context.Background(), poolA, pool.Name{Kind: pool.NameEmail, Folded: "ann@example.com"})
	must(t, err)
	link := "/confirmUser?" + url.Values{"client_id": {clientA}, "user_name": {user.Username}, "confirmation_code": {d.mailed(t, "ann@example.com")}}.Encode()
	res := b.post(link, b.get(link))
	to, err := url.Parse(res.location())
	if err != nil || to.Path != "/login" || to.Query().Get("redirect_uri") != callback || to.Query().Has("code") || cookie(res, sessionCookie) != nil {
		t.Errorf("the link led to %d %q", res.StatusCode, res.location())
	}
}

// On a pool's domain an ID token of another pool leads nowhere, though its own
// client knows the address.
func TestAnotherPoolsHintOnADomain(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	b, hint := idTokenOf(t, d, "ann@example.com")
	query := "/logout?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {goodbye}}.Encode()
	for host, want := range map[string]string{"auth.example.com": "", "prefixa." + ownHost: goodbye, ownHost: goodbye} {
		b.host = host
		if res := b.get(query); res.location() != want || (want == "") != (res.StatusCode == 400) {
			t.Errorf("at %s: %d %q, want %q", host, res.StatusCode, res.location(), want)
		}
	}
}

func (d *door) app(t *testing.T) pool.App {
	t.Helper()
	app, err := d.db.App(context.Background(), clientA)
	must(t, err)
	return app
}

func (d *door) letters(t *testing.T, to string) int {
	t.Helper()
	mails, err := d.db.Mails.Newest(context.Background(), to, 100)
	must(t, err)
	n := 0
	for _, m := range mails {
		if strings.EqualFold(m.To, to) {
			n++
		}
	}
	return n
}
