package api

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
)

const hidden = "[secret]"

// Sensitive is a string that the API model calls sensitive: a password, a
// token, a username. It travels as it is and prints as [secret].
type Sensitive string

// String hides the value from fmt.
func (Sensitive) String() string { return hidden }

// GoString hides the value from %#v.
func (Sensitive) GoString() string { return hidden }

// LogValue hides the value from slog.
func (Sensitive) LogValue() slog.Value { return slog.StringValue(hidden) }

// SensitiveMap is a map whose keys and values are sensitive: AuthParameters
// and ChallengeResponses.
type SensitiveMap map[string]string

// String hides the map from fmt.
func (SensitiveMap) String() string { return hidden }

// GoString hides the map from %#v.
func (SensitiveMap) GoString() string { return hidden }

// LogValue hides the map from slog.
func (SensitiveMap) LogValue() slog.Value { return slog.StringValue(hidden) }

// Time is a moment in milliseconds since 1970, as the ledger keeps it. On the
// wire it is a number of seconds, with a fraction of as many digits as needed;
// zero is absent.
type Time int64

// MarshalJSON writes seconds: 1689030181.63.
func (t Time) MarshalJSON() ([]byte, error) {
	sign, ms := "", int64(t)
	if ms < 0 {
		sign, ms = "-", -ms
	}
	text := sign + strconv.FormatInt(ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		fraction := strconv.FormatInt(rest+1000, 10)[1:]
		text += "." + strings.TrimRight(fraction, "0")
	}
	return []byte(text), nil
}

// UnmarshalJSON reads seconds; what is finer than a millisecond is rounded.
func (t *Time) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	if seconds < 0 {
		*t = Time(seconds*1000 - 0.5)
		return nil
	}
	*t = Time(seconds*1000 + 0.5)
	return nil
}
