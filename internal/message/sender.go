package message

import (
	"context"
	"errors"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Deliverer hands one mail to the outside. SMTP is one; a provider's API can be
// another. A failure that it returns should be a *DeliveryError.
type Deliverer interface {
	Deliver(ctx context.Context, m pool.Mail) error
}

// Sender delivers mail, one message a call. It is safe for concurrent use if its
// Deliverer is.
type Sender struct {
	// Out takes the mail outside. Nil stands for a mailbox that is read where the
	// mails are kept: nothing has to go anywhere, and every delivery succeeds.
	Out Deliverer
}

// Deliver hands m to the outside. Every error is a *DeliveryError. Delivering the
// same mail twice sends the same Message-ID twice.
func (s *Sender) Deliver(ctx context.Context, m pool.Mail) error {
	if s.Out == nil {
		return nil
	}
	if err := checkHeaders(m); err != nil {
		return &DeliveryError{Permanent: true, Text: err.Error()}
	}
	err := s.Out.Deliver(ctx, m)
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*DeliveryError](err); ok {
		return known
	}
	return &DeliveryError{Text: err.Error(), cause: ctx.Err()}
}

// DeliveryError says why a mail was not delivered. It wraps the error of the
// context when that ended the attempt.
type DeliveryError struct {
	// Permanent says that trying again cannot help: the server refused this
	// recipient or this message with a 5xx reply (RFC 5321, section 4.2.1). All
	// else may pass or be mended: a server that is down, credentials, a sender
	// that is not allowed yet.
	Permanent bool
	Code      int    // the SMTP reply code, 0 if the server did not get to reply
	Text      string // for logs: one line without credentials, the address masked

	cause error
}

// Error tells whether trying again can help, and why the delivery failed.
func (e *DeliveryError) Error() string {
	if e.Permanent {
		return fmt.Sprintf("mail refused for good: %s", e.Text)
	}
	return fmt.Sprintf("mail not delivered: %s", e.Text)
}

// Unwrap returns context.Canceled, context.DeadlineExceeded or nil.
func (e *DeliveryError) Unwrap() error { return e.cause }
