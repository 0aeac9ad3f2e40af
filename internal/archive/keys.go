package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"hash"

	"golang.org/x/crypto/argon2"
)

// Costs are argon2id's (RFC 9106, section 3.1).
type Costs struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// Production is the second choice that RFC 9106 recommends (section 4): 64 MiB,
// three passes, four lanes.
func Production() Costs { return Costs{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4} }

// Light protects nothing; it is for tests.
func Light() Costs { return Costs{MemoryKiB: 64, Passes: 1, Lanes: 1} }

// Bounds on what a header may ask of the machine before anything is known of it.
const (
	maxMemoryKiB = 256 << 10
	maxPasses    = 4
	maxLanes     = 16
	saltBytes    = 16
	keyBytes     = 32
)

const argon2id = "argon2id"

// kdf is how a file's key is derived. Check tells a wrong passphrase from a
// changed file.
type kdf struct {
	Name string
	Costs
	Salt  []byte
	Check []byte
}

func (k kdf) valid() bool {
	return k.Name == argon2id && len(k.Salt) == saltBytes && len(k.Check) == keyBytes &&
		k.Lanes >= 1 && k.Lanes <= maxLanes && k.Passes >= 1 && k.Passes <= maxPasses && k.MemoryKiB >= 8*uint32(k.Lanes) && k.MemoryKiB <= maxMemoryKiB
}

// keys are those of one file.
type keys struct {
	box           cipher.AEAD
	digest, check []byte
}

// newKeys derives the keys of a new file, and says how.
func newKeys(passphrase []byte, c Costs) (*keys, *kdf, error) {
	k := kdf{Name: argon2id, Costs: c, Salt: make([]byte, saltBytes)}
	rand.Read(k.Salt) // never fails: crypto/rand ends the program instead
	derived, err := k.derive(passphrase)
	if err != nil {
		return nil, nil, err
	}
	k.Check = derived.check
	return derived, &k, nil
}

// open derives the keys of a file that is there, or returns ErrPassphrase.
func (k kdf) open(passphrase []byte) (*keys, error) {
	if !k.valid() {
		return nil, ErrKDF
	}
	derived, err := k.derive(passphrase)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(derived.check, k.Check) != 1 {
		return nil, ErrPassphrase
	}
	return derived, nil
}

func (k kdf) derive(passphrase []byte) (*keys, error) {
	root := argon2.IDKey(passphrase, k.Salt, k.Passes, k.MemoryKiB, k.Lanes, keyBytes)
	var each [3][]byte
	for i, use := range []string{"box", "digest", "check"} {
		var err error
		if each[i], err = hkdf.Expand(sha256.New, root, "poolhouse archive "+use, keyBytes); err != nil {
			return nil, err
		}
	}
	block, err := aes.NewCipher(each[0])
	if err != nil {
		return nil, err
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	return &keys{box: box, digest: each[1], check: each[2]}, err
}

// running is the digest of the lines so far.
func (k *keys) running() hash.Hash {
	if k == nil {
		return sha256.New()
	}
	return hmac.New(sha256.New, k.digest)
}

// binding is what a box is bound to: the header's line, and a label.
func binding(header []byte, label string) []byte {
	digest := sha256.Sum256(header)
	return append(digest[:], label...)
}
