package stories_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// intruder knows a password and signs in with it again and again.
type intruder struct {
	mu      sync.Mutex
	cookies []string
	codes   []*url.URL
	inside  chan struct{} // closed at the first sign-in
	once    sync.Once
}

// storm signs in with n browsers until stop is closed.
func (i *intruder) storm(h *housetest.House, password string, n int, stop <-chan struct{}) *sync.WaitGroup {
	var wg sync.WaitGroup
	for range n {
		b := h.Browser()
		action, fields := b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
		fields.Set("username", ann)
		fields.Set("password", password)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				p, err := b.Try(b.FormPost(action, fields))
				if err != nil {
					return
				}
				i.keep(p, fields)
			}
		})
	}
	return &wg
}

// keep writes down what an answer gave.
func (i *intruder) keep(p *housetest.Page, fields url.Values) {
	for _, c := range (&http.Response{Header: p.Header}).Cookies() {
		switch c.Name {
		case "XSRF-TOKEN":
			fields.Set("_csrf", c.Value)
		case "cognito":
			i.mu.Lock()
			i.cookies, i.codes = append(i.cookies, c.Value), append(i.codes, p.Location())
			i.mu.Unlock()
			i.once.Do(func() { close(i.inside) })
		}
	}
}

// Who knows the old password and signs in with it all the while is out when the
// owner's reset is done: no session and no code of theirs outlives it, not even
// those that were under way. The owner's new sign-in does.
func TestAttackResetEndsSignInsUnderWay(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, "password 0")
		for round := range 3 {
			eve, stop := &intruder{inside: make(chan struct{})}, make(chan struct{})
			storm := eve.storm(h, fmt.Sprint("password ", round), 3, stop)
			select {
			case <-eve.inside:
			case <-time.After(30 * time.Second):
				t.Fatal("the intruder does not get in while the password is right")
			}
			owner, next := h.Browser(), fmt.Sprint("password ", round+1)
			page := owner.Follow(owner.Submit(owner.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", ann))
			if p := owner.Submit(page, "confirmforgotpasswordform", "code", h.Code(ann), "password", next); p.Location() == nil {
				t.Fatalf("the reset: %d %s", p.Status, p.Body)
			}
			close(stop)
			storm.Wait()
			for i, cookie := range eve.cookies {
				thief := h.Browser()
				thief.SetCookie("cognito", cookie)
				visits(t, thief, "a session by the old password", map[string]string{housetest.Ask(): "login"})
				says(t, "a code by the old password", redeemed(t, h, eve.codes[i]), http.StatusBadRequest, "invalid_grant")
			}
			h.Advance(time.Hour)
			tokens := works(t, "the owner", redeemed(t, h, h.SignIn(owner, housetest.Ask(), ann, next)))
			works(t, "the owner's refresh", refresh(t, h, tokens.text("refresh_token")))
			userInfo(t, h, tokens.text("access_token")).ok(t)
			visits(t, owner, "the owner", map[string]string{housetest.Ask(): "app"})
		}
	})
}

// A cookie that a neighbouring host planted beside the person's own signs
// nobody in as somebody else, wherever it stands, and does not keep the person
// signed in who signs out.
func TestAttackTossedCookie(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		eve, victim := h.Browser(), h.Browser()
		h.SignUp(eve, housetest.Ask(), "eve@example.com", secret)
		h.SignUp(victim, housetest.Ask(), ann, secret)
		planted, own := "cognito="+eve.Cookie("cognito"), "cognito="+victim.Cookie("cognito")
		send := func(path, cookies string) *housetest.Page {
			b := h.Browser()
			r := b.Request(http.MethodGet, path, nil)
			r.Header.Set("Cookie", cookies)
			return b.Do(r)
		}
		send("/oauth2/authorize"+housetest.Ask(), own).Back()
		for _, both := range []string{planted + "; " + own, own + "; " + planted} {
			if p := send("/oauth2/authorize"+housetest.Ask(), both); p.Location() == nil || !strings.HasPrefix(p.Location().Path, "/login") {
				t.Errorf("two session cookies lead to %v", p.Location())
			}
		}
		send("/logout?client_id="+housetest.ClientID+"&logout_uri="+url.QueryEscape(housetest.Goodbye), planted+"; "+own)
		if p := send("/oauth2/authorize"+housetest.Ask(), own); p.Location() == nil || !strings.HasPrefix(p.Location().Path, "/login") {
			t.Errorf("after signing out the person's own cookie leads to %v", p.Location())
		}
	})
}

// Signing out without naming an app ends what the cookie opened, in every pool,
// and not the cookie alone.
func TestLogoutWithoutAClient(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b, elsewhere := h.Browser(), h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		h.SignIn(elsewhere, housetest.Ask(), ann, secret)
		h.SignUp(b, housetest.Ask("client_id", otherApp), ann, secret)
		stolen := b.Cookie("cognito")
		both := func(want string) map[string]string {
			return map[string]string{housetest.Ask(): want, housetest.Ask("client_id", otherApp): want}
		}
		visits(t, b, "before", both("app"))
		if b.Get("/logout"); b.Cookie("cognito") != "" {
			t.Error("the browser keeps its cookie")
		}
		thief := h.Browser()
		thief.SetCookie("cognito", stolen)
		visits(t, thief, "the old cookie", both("login"))
		visits(t, elsewhere, "another browser", map[string]string{housetest.Ask(): "app"})
	})
}
