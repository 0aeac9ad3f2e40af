package srp

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log/slog"
	"math/big"
	"sync/atomic"
)

const saltBytes = 16

// powers counts the modular powers of this process, for Count alone. It decides
// nothing.
var powers atomic.Uint64

// Verifier is what a server keeps in order to check a password by SRP.
type Verifier struct {
	Salt []byte // 16 random bytes: a big-endian integer, sent in hexadecimal
	V    []byte // PAD(v): v = g^x mod N, big-endian, at most 385 bytes
}

// LogValue hides the verifier from logs.
func (Verifier) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// NewVerifier makes the verifier of password for username under a fresh random
// salt. PoolName is the part of the pool id after "_"; username is what Cognito
// calls USER_ID_FOR_SRP, the stored username and not an alias. It fails when
// poolName or username is empty.
func NewVerifier(poolName, username, password string) (Verifier, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: crypto/rand ends the program instead
	return VerifierWithSalt(salt, poolName, username, password)
}

// VerifierWithSalt is NewVerifier with the salt given: the same input always makes
// the same verifier. It also fails when salt is empty.
func VerifierWithSalt(salt []byte, poolName, username, password string) (Verifier, error) {
	if len(salt) == 0 || poolName == "" || username == "" {
		return Verifier{}, errors.New("srp: a verifier needs a salt, a pool name and a username")
	}
	n, g := group()
	v := power(g, privateKey(salt, poolName, username, password), n)
	return Verifier{Salt: salt, V: pad(v)}, nil
}

// Count returns how many modular powers this process has computed. Tests compare
// it between routes that must cost the same.
func Count() uint64 { return powers.Load() }

// privateKey returns x.
func privateKey(salt []byte, poolName, username, password string) *big.Int {
	inner := sha256.Sum256([]byte(poolName + username + ":" + password))
	outer := sha256.New()
	outer.Write(pad(new(big.Int).SetBytes(salt)))
	outer.Write(inner[:])
	return new(big.Int).SetBytes(outer.Sum(nil))
}

func power(base, exponent, modulus *big.Int) *big.Int {
	powers.Add(1)
	return new(big.Int).Exp(base, exponent, modulus)
}

// pad returns i, which is not negative, as the shortest two's-complement
// big-endian bytes; zero is one zero byte. Cognito's clients do the same.
func pad(i *big.Int) []byte {
	b := i.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}
