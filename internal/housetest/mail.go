package housetest

import (
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// patience bounds how long a test waits for what happens beside it.
const patience = 30 * time.Second

// Mail waits for a mail to address that was not asked for before, and returns
// it.
func (h *House) Mail(address string) pool.Mail {
	h.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		mails, err := h.DB.Mails.Newest(h.t.Context(), address, 1)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(mails) == 1 && h.fresh(mails[0].ID) {
			return mails[0]
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("no new mail to %s", address)
		}
	}
}

func (h *House) fresh(id string) bool {
	_, seen := h.seen.LoadOrStore(id, true)
	return !seen
}

// Code waits for a new mail to address and returns the code in it.
func (h *House) Code(address string) string {
	h.t.Helper()
	m := h.Mail(address)
	if m.Code == "" {
		h.t.Fatalf("the mail to %s holds no code: %q", address, m.Subject)
	}
	return m.Code.Reveal()
}

// Mails counts the mails to address.
func (h *House) Mails(address string) int {
	h.t.Helper()
	mails, err := h.DB.Mails.Newest(h.t.Context(), address, 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	return len(mails)
}
