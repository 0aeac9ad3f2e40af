package pool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var (
	poolIDPattern   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+_[0-9a-zA-Z]+$`)
	clientIDPattern = regexp.MustCompile(`^[\w+]{1,128}$`)
	secretPattern   = regexp.MustCompile(`^[\w+]{24,64}$`)
)

// secretRule words secretPattern.
const secretRule = "must be 24 to 64 letters, digits, _ or +"

// NewPoolID makes a pool id in Cognito's shape, "{region}_" and nine letters
// or digits. Clients parse the region out of it.
func NewPoolID(region string) string { return region + "_" + randomText(alphanumeric, 9) }

// NewClientID makes a client id in Cognito's shape: a random 128-bit integer
// in radix 32, at most 26 characters.
func NewClientID() string { return randomRadix32(128) }

// NewClientSecret makes a client secret in Cognito's shape: a random 256-bit
// integer in radix 32.
func NewClientSecret() Secret { return Secret(randomRadix32(256)) }

// NewSub makes a user's immutable id, a UUID (version 4).
func NewSub() string { return uuid.NewString() }

// NewUUID makes a random UUID: authorization codes (122 random bits), token
// and event ids.
func NewUUID() string { return uuid.NewString() }

// NewToken makes an unguessable identifier of 256 random bits, base64url.
func NewToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// opaqueMark begins what clients hand back: AWS's CLI takes a value that begins
// with a hyphen for an option, and base64url may.
const opaqueMark = "A"

// Opaque is the text of bytes that clients hand back without looking inside:
// base64url behind a letter.
func Opaque(b []byte) string { return opaqueMark + base64.RawURLEncoding.EncodeToString(b) }

// ReadOpaque reads such a text; ok is false for any other.
func ReadOpaque(text string) (b []byte, ok bool) {
	encoded, ok := strings.CutPrefix(text, opaqueMark)
	if !ok {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	return b, err == nil
}

// NewDigits makes a code of n decimal digits, each value equally likely.
func NewDigits(n int) string { return randomText("0123456789", n) }

// HashToken is how a long random token is kept: the base64url of its SHA-256.
// Such tokens need no key, for nobody can guess what was hashed.
func HashToken(token string) string {
	digest := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// OwnerOf names the rows that count tries for a name without an account. It is
// keyed, so that the ledger does not list the addresses that strangers typed.
func OwnerOf(key []byte, poolID string, name Name) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s|%s|%s", poolID, name.Kind, name.Folded)
	return "?" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// PretendedSub is a UUID for a name without an account: always the same for its
// owner (see [OwnerOf]).
func PretendedSub(owner string) string {
	digest := sha256.Sum256([]byte(owner))
	id := uuid.UUID(digest[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // version 4, as real ones are
	return id.String()
}

// LikeSub says whether a name could be somebody's sub.
func LikeSub(name string) bool {
	id, err := uuid.Parse(name)
	return err == nil && id.String() == name
}

// ValidPoolID says whether id is "{region}_{letters and digits}", at most 55
// characters (Cognito: UserPoolIdType).
func ValidPoolID(id string) bool { return len(id) <= 55 && poolIDPattern.MatchString(id) }

// ValidClientID says whether id is 1 to 128 letters, digits, "_" or "+"
// (Cognito: ClientIdType).
func ValidClientID(id string) bool { return clientIDPattern.MatchString(id) }

// ShortName is the part of a pool id after the underscore. It is baked into
// every SRP verifier of the pool.
func ShortName(poolID string) string {
	_, name, _ := strings.Cut(poolID, "_")
	return name
}

// Region is the part of a pool id before the underscore.
func Region(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return region
}

// ARN is the name of a pool among all of AWS's resources.
func ARN(poolID, account string) string {
	return "arn:aws:cognito-idp:" + Region(poolID) + ":" + account + ":userpool/" + poolID
}

func randomText(alphabet string, n int) string {
	limit := big.NewInt(int64(len(alphabet)))
	b := make([]byte, n)
	for i := range b {
		k, _ := rand.Int(rand.Reader, limit) // crypto/rand never fails: it aborts the program instead
		b[i] = alphabet[k.Int64()]
	}
	return string(b)
}

func randomRadix32(bits uint) string {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), bits))
	return n.Text(32)
}
