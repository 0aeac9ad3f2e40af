package stories_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// atOnce runs n of f beside each other, and waits for all.
func atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// TestRaceForOneAddress: many sign up with one address at once. One gets the
// account and its mail, the others hear that it exists.
func TestRaceForOneAddress(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		var made, refused atomic.Int64
		atOnce(10, func(i int) {
			b := h.Browser()
			p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", fmt.Sprint("password", i))
			if to := p.Location(); to != nil && to.Path == "/confirm" {
				made.Add(1)
				return
			}
			p.Shows("An account with this e-mail already exists.")
			refused.Add(1)
		})
		if made.Load() != 1 || refused.Load() != 9 || h.Mails(ann) != 1 {
			t.Errorf("%d accounts, %d refusals, %d mails, want 1, 9, 1", made.Load(), refused.Load(), h.Mails(ann))
		}
	})
}

// TestRaceSignIn: one person signs in with several browsers at once, again and
// again, redeems every code and asks who they are. Five browsers would look like
// a guesser, whose attempts count before they are known to be right.
func TestRaceSignIn(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		atOnce(4, func(int) {
			for range 5 {
				got := works(t, "the code", redeemed(t, h, h.SignIn(h.Browser(), housetest.Ask(), ann, secret)))
				if who := userInfo(t, h, got.text("access_token")); who.text("email") != ann {
					t.Errorf("userInfo says %d %s", who.status, who.body)
				}
			}
		})
	})
}

// TestRaceApply: documents are applied while people sign in; nobody notices,
// and the last word is one of theirs.
func TestRaceApply(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		names := []string{"House app", "House app, renamed"}
		atOnce(8, func(i int) {
			if i%2 == 0 {
				h.SignIn(h.Browser(), housetest.Ask(), ann, secret)
				return
			}
			h.Apply(housetest.Document(t, func(d *setup.Document) { d.UserPoolClients[0].ClientName = names[i/2%2] }))
		})
		if got := h.App(housetest.ClientID).Client.ClientName; got != names[0] && got != names[1] {
			t.Errorf("the client's name is %q", got)
		}
		h.SignIn(h.Browser(), housetest.Ask(), ann, secret)
	})
}
