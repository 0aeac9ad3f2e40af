package srp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
)

// The refusals. A caller shows the same answer for each of them; they are told
// apart for tests and logs only.
var (
	ErrClientValue = errors.New("srp: the client's public value is not acceptable")
	ErrProof       = errors.New("srp: the proof is wrong")
)

const (
	privateBytes = 32 // b: RFC 5054 §2.5.3 asks for at least 256 bits
	keyBytes     = 16 // K
	keyInfo      = "Caldera Derived Key"
)

// Account names whose password is to be proven.
type Account struct {
	PoolName string // the part of the pool id after "_"
	Username string // USER_ID_FOR_SRP: the stored username, not an alias
}

// Challenge is the server's state between the two requests of an exchange. It
// is plain data, so that it can be kept in a row or sent along; b and the
// verifier are secret, so seal it. A challenge is good for one Check: whoever
// keeps it takes it away on first use.
type Challenge struct {
	Account  Account
	Verifier Verifier
	A        []byte // the client's public value, big-endian
	B        []byte // ours: (k·v + g^b) mod N
	Private  []byte // b: 32 random bytes
}

// LogValue hides the challenge from logs.
func (Challenge) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// SaltHex is SALT as Cognito sends it: lower-case hexadecimal, without padding.
func (c Challenge) SaltHex() string { return fmt.Sprintf("%x", new(big.Int).SetBytes(c.Verifier.Salt)) }

// BHex is SRP_B in the same form.
func (c Challenge) BHex() string { return fmt.Sprintf("%x", new(big.Int).SetBytes(c.B)) }

// NewChallenge answers the client's SRP_A (hexadecimal, see [ParseA]) for the
// account whose verifier is given; for an account that does not exist, take
// [FakeVerifier]: it costs the same. It fails with ErrClientValue.
func NewChallenge(v Verifier, who Account, srpA string) (Challenge, error) {
	a, err := ParseA(srpA)
	if err != nil {
		return Challenge{}, err
	}
	n, g := group()
	verifier := new(big.Int).SetBytes(v.V)
	if len(v.Salt) == 0 || verifier.Sign() == 0 || verifier.Cmp(n) >= 0 {
		return Challenge{}, errors.New("srp: the verifier is not one of NewVerifier's")
	}
	private := make([]byte, privateBytes)
	rand.Read(private)  // never fails: crypto/rand ends the program instead
	b := hashPair(n, g) // k; PAD(g) is one byte, not as long as N
	b.Mul(b, verifier).Add(b, powerOfG(private)).Mod(b, n)
	return Challenge{Account: who, Verifier: v, A: pad(a), B: pad(b), Private: private}, nil
}

// Proof is what the client answers.
type Proof struct {
	SecretBlock []byte // the bytes that the client was sent and gave back
	Timestamp   string // as received; see [ParseProof] for its shape
	Signature   []byte // HMAC-SHA256 under K, 32 bytes
}

// Check returns nil if the proof was made with the password of the account, for
// this very exchange. It fails with ErrClientValue or ErrProof. The comparison
// takes the same time wherever the signatures differ.
func (c Challenge) Check(p Proof) error {
	n, _ := group()
	a, b := new(big.Int).SetBytes(c.A), new(big.Int).SetBytes(c.B)
	// RFC 5054 §2.5.4: with A a multiple of N anybody knows S, which is zero.
	if new(big.Int).Mod(a, n).Sign() == 0 || len(c.Private) < privateBytes {
		return ErrClientValue
	}
	u := hashPair(a, b)
	if u.Sign() == 0 {
		return ErrClientValue
	}
	s := power(new(big.Int).SetBytes(c.Verifier.V), u, n)
	s.Mul(s, a).Mod(s, n)
	s = power(s, new(big.Int).SetBytes(c.Private), n)
	if s.Sign() == 0 {
		return ErrClientValue
	}
	key, err := sessionKey(u, s)
	if err != nil {
		return err
	}
	if !hmac.Equal(sign(key, c.Account, p), p.Signature) {
		return ErrProof
	}
	return nil
}

// hashPair returns H(PAD(x) ‖ PAD(y)) as an integer.
func hashPair(x, y *big.Int) *big.Int {
	h := sha256.New()
	h.Write(pad(x))
	h.Write(pad(y))
	return new(big.Int).SetBytes(h.Sum(nil))
}

// sessionKey returns K. Cognito derives it by HKDF (RFC 5869) with PAD(u) for a
// salt.
func sessionKey(u, s *big.Int) ([]byte, error) {
	return hkdf.Key(sha256.New, pad(s), pad(u), keyInfo, keyBytes)
}

// sign returns the signature of an exchange under its key: pool, user, secret
// block and time, with nothing between them.
func sign(key []byte, who Account, p Proof) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(who.PoolName + who.Username))
	mac.Write(p.SecretBlock)
	mac.Write([]byte(p.Timestamp))
	return mac.Sum(nil)
}

// FakeVerifier stands for an account that does not exist (RFC 5054 §2.5.1.3):
// its salt is always the same for one key and account, and no password fits.
// The key is the server's own; keep it, or the salts of unknown names change
// where those of people do not.
func FakeVerifier(key []byte, who Account) (Verifier, error) {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "srp fake\x00%s\x00%s", who.PoolName, who.Username)
	n, _ := group()
	raw, err := hkdf.Expand(sha256.New, mac.Sum(nil), "verifier", saltBytes+len(n.Bytes()))
	if err != nil {
		return Verifier{}, fmt.Errorf("srp: %w", err)
	}
	v := new(big.Int).SetBytes(raw[saltBytes:])
	return Verifier{Salt: raw[:saltBytes], V: pad(v.Mod(v, n))}, nil
}
