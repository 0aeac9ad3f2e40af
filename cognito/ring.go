package cognito

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// minKey is the least length of a session key in bytes.
const minKey = 32

// ring seals what the browser or a SessionStore keeps: AES-256-GCM under keys
// derived by HKDF-SHA256 (RFC 5869). The first key seals, all keys open, so that
// a new key can be put in front while the old one dies out.
type ring []cipher.AEAD

func newRing(keys [][]byte) (ring, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: Keys is empty: sessions need a key of %d random bytes or more", ErrConfig, minKey)
	}
	var out ring
	for i, key := range keys {
		if len(key) < minKey {
			return nil, fmt.Errorf("%w: Keys[%d] has %d bytes, a key needs %d or more", ErrConfig, i, len(key), minKey)
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "cognito session, AES-256-GCM, 1", 32)
		if err != nil {
			return nil, fmt.Errorf("%w: Keys[%d]: %w", ErrConfig, i, err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, fmt.Errorf("%w: Keys[%d]: %w", ErrConfig, i, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("%w: Keys[%d]: %w", ErrConfig, i, err)
		}
		out = append(out, aead)
	}
	return out, nil
}

// seal binds plain to a place — the purpose and name of a cookie or row, and the
// app that it belongs to — so that it opens nowhere else.
func (r ring) seal(place string, plain []byte) []byte {
	return r[0].Seal(nil, nil, plain, []byte(place))
}

func (r ring) open(place string, sealed []byte) ([]byte, error) {
	for _, aead := range r {
		if plain, err := aead.Open(nil, nil, sealed, []byte(place)); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%w: it cannot be opened", ErrNoSession)
}

func (r ring) sealText(place string, plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(r.seal(place, plain))
}

func (r ring) openText(place, text string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be opened", ErrNoSession)
	}
	return r.open(place, sealed)
}
