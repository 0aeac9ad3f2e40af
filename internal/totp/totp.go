package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"
)

const (
	stepSeconds = 30
	seedBytes   = 32 // Cognito's seeds are as long: 52 characters of base32
	skew        = 1  // steps before and after, for clocks that differ (RFC 6238 §5.2)
)

var alphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSeed makes a seed in base32, as it is typed into an app.
func NewSeed() string {
	seed := make([]byte, seedBytes)
	rand.Read(seed)
	return alphabet.EncodeToString(seed)
}

// Step is the number of the step that t falls into (RFC 6238 §4.2).
func Step(t time.Time) int64 { return t.Unix() / stepSeconds }

// Code computes the six digits of a step.
func Code(seed string, step int64) (string, error) {
	return hotp.GenerateCodeCustom(seed, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// Match returns the step whose code it is: that of now, or one beside it. All
// three are computed and compared whichever fits.
func Match(seed, code string, now time.Time) (step int64, ok bool) {
	for at := Step(now) - skew; at <= Step(now)+skew; at++ {
		want, err := Code(seed, at)
		if err != nil {
			return 0, false
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

// Spaced is the seed in groups of four, as it is easily read and typed.
func Spaced(seed string) string {
	var groups []string
	for ; len(seed) > 4; seed = seed[4:] {
		groups = append(groups, seed[:4])
	}
	return strings.Join(append(groups, seed), " ")
}

// URI is what an app reads from a QR code (Google Authenticator: Key URI
// Format).
func URI(issuer, account, seed string) string {
	label := url.PathEscape(issuer + ":" + account)
	query := url.Values{"secret": {seed}, "issuer": {issuer}}
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}

// Picture is a QR code: Size modules a side, and the dark ones as one SVG path of
// lines along the upper edges of modules, to be drawn one module thick.
type Picture struct {
	Size int
	Path string
}

// QR draws a text. It fails when the text is too long for a QR code.
func QR(text string) (Picture, error) {
	code, err := qr.Encode(text, qr.L) // a screen is clean
	if err != nil {
		return Picture{}, fmt.Errorf("totp: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		at := -1 // where the last run of dark modules in this row has ended
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			switch {
			case x == from:
				continue
			case at < 0:
				fmt.Fprintf(&path, "M%d %dh%d", from, y, x-from)
			default:
				fmt.Fprintf(&path, "m%d 0h%d", from-at, x-from)
			}
			at = x
		}
	}
	return Picture{Size: code.Size, Path: path.String()}, nil
}
