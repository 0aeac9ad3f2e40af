package srp

import (
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"time"
)

const (
	maxHexA      = 2 * 768 // N has 768 digits; some clients write zeros in front
	maxBlock     = 4096    // base64 characters
	maxTimestamp = 40
	// Mon Jan 2 15:04:05 UTC 2006; the day may have a zero or a space in front.
	timestampForm = "Mon Jan _2 15:04:05 MST 2006"
)

// ParseA reads SRP_A: hexadecimal of either case, with or without zeros in
// front. The value must lie between 1 and N-1, as every honest client's does
// (RFC 5054 §2.5.4 forbids the multiples of N). It fails with ErrClientValue.
func ParseA(text string) (*big.Int, error) {
	// SetString would also take a sign.
	if text == "" || len(text) > maxHexA || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return nil, ErrClientValue
	}
	a, ok := new(big.Int).SetString(text, 16)
	if n, _ := group(); !ok || a.Sign() == 0 || a.Cmp(n) >= 0 {
		return nil, ErrClientValue
	}
	return a, nil
}

// ParseProof reads PASSWORD_CLAIM_SIGNATURE and PASSWORD_CLAIM_SECRET_BLOCK
// (base64, the common or the URL alphabet, padded or not) and TIMESTAMP, which
// goes into the signature as it is. Clients' clocks are wrong and one known
// client writes hours by twelve, so the time is only checked to be one. It
// fails with ErrProof.
func ParseProof(signature, secretBlock, timestamp string) (Proof, error) {
	sig, ok := decode(signature, base64.StdEncoding.EncodedLen(sha256.Size))
	block, blockOK := decode(secretBlock, maxBlock)
	if !ok || !blockOK || len(sig) != sha256.Size || len(block) == 0 || !isTimestamp(timestamp) {
		return Proof{}, ErrProof
	}
	return Proof{SecretBlock: block, Timestamp: timestamp, Signature: sig}, nil
}

func decode(text string, limit int) ([]byte, bool) {
	if len(text) > limit || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawStdEncoding.DecodeString(text)
	return b, err == nil
}

func isTimestamp(text string) bool {
	if len(text) > maxTimestamp {
		return false
	}
	_, err := time.Parse(timestampForm, text)
	return err == nil
}
