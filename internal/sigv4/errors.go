package sigv4

// Reason tells the refusals apart.
type Reason int

// The reasons, in the order in which they are looked for.
const (
	Missing       Reason = iota + 1 // nothing is signed
	Incomplete                      // the Authorization header cannot be read
	UnknownKey                      // for callers: nobody has this access key
	BadSignature                    // the scope or the signature is wrong
	Expired                         // signed more than MaxSkew ago
	NotYetCurrent                   // signed more than MaxSkew ahead
)

// Error is a refusal. Text is AWS's own, in English, and may be shown to
// whoever sent the request.
type Error struct {
	Reason Reason
	Text   string
}

func (e *Error) Error() string { return e.Text }

// Is reports whether target is an *Error with the same Reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Reason == e.Reason
}

// ErrUnknownKey is for callers who find no secret for an access key.
func ErrUnknownKey() error {
	return &Error{UnknownKey, "The security token included in the request is invalid."}
}

func errMissing() error { return &Error{Missing, "Missing Authentication Token"} }

func errMismatch() error {
	return &Error{BadSignature, "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
}
