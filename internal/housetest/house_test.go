package housetest_test

import (
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

func TestHouse(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		back := h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")
		if back.Query().Get("code") == "" || back.Query().Get("state") != "s-1" {
			t.Errorf("the app was called at %s", back)
		}
		b := h.Browser()
		h.SignIn(b, housetest.Ask(), "Ann@example.com", "secret1")
		if p := b.Get("/login" + housetest.Ask()); p.Back().Query().Get("code") == "" {
			t.Error("the browser session was not taken")
		}
		h.Advance(time.Hour)
		b.Get("/login" + housetest.Ask()).Form("cognitoSignInForm")
		if n := h.Mails("ann@example.com"); n != 1 {
			t.Errorf("%d mails, want 1", n)
		}
	})
}
