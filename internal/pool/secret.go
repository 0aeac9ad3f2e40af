package pool

import "log/slog"

// Secret is a value that the ledger seals under the master key before it is
// written, field by field: SRP verifiers, private keys, client secrets, mail
// that carries a code. In memory it is the plain bytes; it prints and logs as
// "[secret]".
type Secret string

// String hides the value from fmt.
func (Secret) String() string { return "[secret]" }

// GoString hides the value from %#v.
func (Secret) GoString() string { return "[secret]" }

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("[secret]") }

// Reveal returns the plain value.
func (s Secret) Reveal() string { return string(s) }
