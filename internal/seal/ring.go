package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

var (
	// ErrUnknownKey says that the value was sealed with a key that the ring lacks.
	ErrUnknownKey = errors.New("seal: sealed with a key that is not in the key ring")
	// ErrTampered says that the value, or the additional data given with it, is not
	// what was sealed.
	ErrTampered = errors.New("seal: sealed value is damaged or belongs elsewhere")
)

const (
	keyBytes = 32

	// A master key is never used itself: each use has a key of its own, told apart
	// by HKDF's info (RFC 5869, section 3.2).
	infoSeal   = "poolhouse seal v1"
	infoDerive = "poolhouse derive v1 "
)

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Ring holds master keys. It is immutable and safe for concurrent use.
type Ring struct {
	keys []key
}

type key struct {
	id     string
	secret []byte
	aead   cipher.AEAD
}

// ParseRing reads a key file: a line `keyid:base64` for each key, 32 bytes in
// standard base64, with empty lines and lines that begin with '#' between them.
// An id is 1 to 64 letters, digits, '_' or '-'. The errors name the line, never
// its content.
func ParseRing(text []byte) (*Ring, error) {
	ring := &Ring{}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		entry := strings.TrimSpace(string(line))
		if entry == "" || strings.HasPrefix(entry, "#") {
			continue
		}
		k, err := parseKey(entry)
		if err != nil {
			return nil, fmt.Errorf("seal: line %d: %w", number, err)
		}
		if ring.find(k.id) != nil {
			return nil, fmt.Errorf("seal: line %d: the key id is used twice", number)
		}
		ring.keys = append(ring.keys, k)
	}
	if len(ring.keys) == 0 {
		return nil, errors.New("seal: no key found")
	}
	return ring, nil
}

func parseKey(entry string) (key, error) {
	id, encoded, found := strings.Cut(entry, ":")
	if !found || !keyID.MatchString(id) {
		return key{}, errors.New("want keyid:base64, the id of letters, digits, '_' and '-'")
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(secret) != keyBytes {
		return key{}, fmt.Errorf("the key must be %d bytes in base64", keyBytes)
	}
	aead, err := newAEAD(secret)
	if err != nil {
		return key{}, err
	}
	return key{id: id, secret: secret, aead: aead}, nil
}

func newAEAD(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(subkey(secret, infoSeal))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// NewKeyLine makes a random key and returns its line for a key file, without a
// line break. The error is kept for sources of randomness that can fail; today's
// cannot.
func NewKeyLine() (string, error) {
	secret := make([]byte, keyBytes)
	if _, err := rand.Read(secret); err != nil {
		return "", fmt.Errorf("seal: making a key: %w", err)
	}
	id := strings.ToLower(rand.Text()[:10])
	return id + ":" + base64.StdEncoding.EncodeToString(secret), nil
}

// Seal encrypts plain with the first key and binds it to aad, which is not stored:
// Open needs the same again. The result is one byte with the length of the key
// id, the id, 12 bytes of nonce, and the ciphertext with its 16-byte tag.
//
// The nonces are random, so one key should seal no more than 2^32 values
// (NIST SP 800-38D, section 8.3).
func (r *Ring) Seal(plain, aad []byte) ([]byte, error) {
	k := r.keys[0]
	head := append([]byte{byte(len(k.id))}, k.id...)
	return k.aead.Seal(head, nil, plain, aad), nil
}

// Open decrypts what Seal returned. It fails with ErrUnknownKey or ErrTampered.
func (r *Ring) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) == 0 || len(sealed) < 1+int(sealed[0]) {
		return nil, ErrTampered
	}
	idEnd := 1 + int(sealed[0])
	k := r.find(string(sealed[1:idEnd]))
	if k == nil {
		return nil, ErrUnknownKey
	}
	plain, err := k.aead.Open(nil, nil, sealed[idEnd:], aad)
	if err != nil {
		return nil, ErrTampered
	}
	return plain, nil
}

// Derive returns a 32-byte key for the purpose that label names (HKDF-SHA256,
// RFC 5869). It comes from the oldest key, the last line of the file, and so stays
// the same when a new key is put at the top.
func (r *Ring) Derive(label string) []byte {
	return subkey(r.keys[len(r.keys)-1].secret, infoDerive+label)
}

// LogValue hides the ring from logs.
func (r *Ring) LogValue() slog.Value { return slog.StringValue("[key ring]") }

// Format hides the ring from every verb of package fmt.
func (r *Ring) Format(f fmt.State, _ rune) { io.WriteString(f, "[key ring]") }

func (r *Ring) find(id string) *key {
	for i := range r.keys {
		if r.keys[i].id == id {
			return &r.keys[i]
		}
	}
	return nil
}

func subkey(secret []byte, info string) []byte {
	out, err := hkdf.Key(sha256.New, secret, nil, info, keyBytes)
	if err != nil {
		panic("seal: " + err.Error()) // only for lengths over 255 hashes, or a short key in FIPS mode
	}
	return out
}
