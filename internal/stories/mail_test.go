package stories_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// signsUp fills the sign-up page and returns the page that it leads to.
func signsUp(h *housetest.House, b *housetest.Browser, address string) *housetest.Page {
	return b.Follow(b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", address, "password", secret))
}

// outbox is the one mail of the ledger to the address.
func outbox(t *testing.T, h *housetest.House, address string) pool.Mail {
	t.Helper()
	mails, err := h.DB.Mails.Newest(t.Context(), address, 2)
	must(t, err)
	if len(mails) != 1 {
		t.Fatalf("the outbox holds %d mails to %s, want 1", len(mails), address)
	}
	return mails[0]
}

// isOver waits until the mail is in the state, and demands that nothing secret
// is kept of it.
func isOver(t *testing.T, h *housetest.House, address string, state pool.MailState) pool.Mail {
	t.Helper()
	eventually(t, string(state), func() bool { return outbox(t, h, address).State == state })
	m := outbox(t, h, address)
	if m.Code != "" || m.Text != "" || m.HTML != "" {
		t.Errorf("a mail that is %s still holds the code %q in %q %q", state, m.Code.Reveal(), m.Text.Reveal(), m.HTML.Reveal())
	}
	return m
}

func TestMailIsDelivered(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		b := h.Browser()
		p := signsUp(h, b, ann)
		p.Shows("We sent a code to a***@e***. It works for 24 hours.")
		got := office.waits(t, ann, 1)[0]
		m := isOver(t, h, ann, pool.MailDelivered)
		if got.from != "pool@example.com" || got.subject != "Your verification code" || got.id != "<"+m.ID+"@example.com>" || m.Attempts != 1 {
			t.Errorf("the mail is %+v after %d attempts, want Message-ID %s", got, m.Attempts, m.ID)
		}
		b.Submit(p, "confirmform", "code", got.code()).Back()

		p = b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", ann)
		reset := office.waits(t, ann, 2)[1]
		if reset.id == got.id {
			t.Error("two mails share one Message-ID")
		}
		b.Submit(b.Follow(p), "confirmforgotpasswordform", "code", reset.code(), "password", "another horse").Back()
	})
}

// TestMailServerIsAway: the account is kept, the page says so, others are not
// held up, and the mail arrives when the server is back.
func TestMailServerIsAway(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		office.turns(isAway)
		b := h.Browser()
		p := signsUp(h, b, ann)
		p.Shows("A code is on its way to a***@e***. It works for 24 hours.")
		signsUp(h, h.Browser(), "bea@example.com").Shows("A code is on its way to b***@e***.")
		eventually(t, "several attempts", func() bool { h.Advance(time.Second); return outbox(t, h, ann).Attempts >= 3 })
		if m := outbox(t, h, ann); m.State != pool.MailWaiting || m.LastError == "" || m.DueAt <= m.CreatedAt {
			t.Errorf("the mail is %s, due %d, %q", m.State, m.DueAt, m.LastError)
		}
		// Who comes back later is led to the confirm page and told the same.
		later := h.Browser()
		later.Follow(later.Submit(later.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", ann, "password", secret)).Form("confirmform")

		office.turns(takes)
		h.Advance(10 * time.Minute) // beyond the longest back-off
		got := office.waits(t, ann, 1)[0]
		b.Submit(p, "confirmform", "code", got.code()).Back()
		office.waits(t, "bea@example.com", 1)
		isOver(t, h, ann, pool.MailDelivered)
		if n := len(office.got(ann)); n != 1 {
			t.Errorf("%d mails came, want 1", n)
		}
	})
}

// TestMailIsSentAgain: a server that took the message and did not say so gets
// it again, recognisable as the same.
func TestMailIsSentAgain(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		for i, m := range []mood{isBusy, forgets} {
			address := []string{ann, "bea@example.com"}[i]
			office.turns(m)
			signsUp(h, h.Browser(), address).Shows("A code is on its way to")
			eventually(t, "the first attempt", func() bool { return outbox(t, h, address).Attempts >= 1 })
			office.turns(takes)
			h.Advance(time.Minute)
			isOver(t, h, address, pool.MailDelivered)
		}
		if got := office.got(ann); len(got) != 1 {
			t.Errorf("%d mails came, want 1", len(got))
		}
		got := office.got("bea@example.com")
		if len(got) < 2 || got[0].id == "" || len(slices.Compact(got)) != 1 {
			t.Errorf("the mails %+v, want the same again and again", got)
		}
	})
}

// TestMailServerDawdles: while the server keeps one message waiting, other
// people get theirs, and nobody's pages wait for it.
func TestMailServerDawdles(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		office.turns(dawdles)
		b := h.Browser()
		p := signsUp(h, b, ann)
		p.Shows("A code is on its way to a***@e***.")
		code := office.waits(t, ann, 1)[0].code()
		signsUp(h, h.Browser(), "bea@example.com").Shows("We sent a code to b***@e***.")
		isOver(t, h, "bea@example.com", pool.MailDelivered)
		if m := outbox(t, h, ann); m.State != pool.MailWaiting {
			t.Fatalf("ann's mail is %s: the server did not dawdle", m.State)
		}
		b.Submit(p, "confirmform", "code", code).Back()
		h.SignIn(h.Browser(), housetest.Ask(), ann, secret)
		office.goesOn()
		isOver(t, h, ann, pool.MailDelivered)
		if got := office.got(ann); len(got) != 1 {
			t.Errorf("%d mails came, want 1", len(got))
		}
	})
}

// TestMailIsRefused: what the server refuses for good is not tried again. The
// account waits for a new code.
func TestMailIsRefused(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		office.turns(refuses)
		b := h.Browser()
		p := signsUp(h, b, ann)
		m := isOver(t, h, ann, pool.MailFailed)
		if !strings.Contains(m.LastError, "550") || strings.Contains(m.LastError, ann) {
			t.Errorf("the reason kept is %q", m.LastError)
		}
		office.turns(takes)
		for range 3 {
			h.Advance(10 * time.Minute)
			signsUp(h, h.Browser(), "other-"+h.Now().Format("150405")+"@example.com").Shows("We sent a code to") // the pump went round
		}
		if got := office.got(ann); len(got) != 0 {
			t.Errorf("%d mails came all the same", len(got))
		}
		p = b.Follow(b.Submit(p, "resendform"))
		p.Shows("We sent a new code.")
		b.Submit(p, "confirmform", "code", office.waits(t, ann, 1)[0].code()).Back()
	})
}

// TestMailIsGivenUp: a code that no longer works is not sent any more.
func TestMailIsGivenUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		h := housetest.Start(t, housetest.Config{Database: database, Mail: office.url})
		office.turns(isAway)
		signsUp(h, h.Browser(), ann)
		h.Advance(25 * time.Hour)
		isOver(t, h, ann, pool.MailFailed)
	})
}

// TestMailFromTwoNodes: two servers share a ledger and its outbox; each message
// goes out once, and people do not care which of the two answers.
func TestMailFromTwoNodes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		office := openPostOffice(t)
		config := housetest.Config{Database: database, KeyFile: filepath.Join(t.TempDir(), "master.key"), Mail: office.url, URL: "http://localhost"}
		nodes := []*housetest.House{housetest.Start(t, config), housetest.Start(t, config)}
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				address := fmt.Sprintf("p%d@example.com", i)
				b := nodes[i%2].Browser()
				p := signsUp(nodes[i%2], b, address)
				b.Submit(p, "confirmform", "code", office.waits(t, address, 1)[0].code()).Back()
				other := nodes[(i+1)%2]
				other.SignIn(other.Browser(), housetest.Ask(), address, secret)
				if n := len(office.got(address)); n != 1 {
					t.Errorf("%d mails came to %s, want 1", n, address)
				}
			})
		}
		wg.Wait()
	})
}
