package srp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// k is fixed by the group and by the way of padding, and known from Cognito's
// clients: a wrong digit anywhere in N shows here.
func TestGroup(t *testing.T) {
	t.Parallel()
	n, g := group()
	if n.BitLen() != 3072 || !n.ProbablyPrime(8) || !new(big.Int).Rsh(n, 1).ProbablyPrime(8) {
		t.Error("N is not a safe prime of 3072 bits")
	}
	k := sha256.Sum256(append(pad(n), pad(g)...))
	if got := hex.EncodeToString(k[:]); got != "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6" {
		t.Errorf("k = %s", got)
	}
}

// The expected values were made by amazon-cognito-identity-js.
func TestVector(t *testing.T) {
	t.Parallel()
	salt := unhex(t, "8f1a2b3c4d5e6f708192a3b4c5d6e7f8")
	x := privateKey(salt, "ABCDEFGHI", "testuser", "P@ssw0rd!")
	if got := fmt.Sprintf("%x", x); got != "f1645e6beccb48efc10d205b3ab6984c5837b238743daf8a683194652b2fc6b2" {
		t.Errorf("x = %s", got)
	}
	v, err := VerifierWithSalt(salt, "ABCDEFGHI", "testuser", "P@ssw0rd!")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(v.V)); got != "b791740c579f0221360002976c1a90ef77627591d616c2487b12df0f95527236" {
		t.Errorf("H(v) = %s", got)
	}
	if !bytes.Equal(v.Salt, salt) {
		t.Errorf("salt = %x", v.Salt)
	}
}

func TestPad(t *testing.T) {
	t.Parallel()
	for in, want := range map[int64]string{0: "00", 1: "01", 0x7f: "7f", 0x80: "0080", 0x100: "0100", 0xffff: "00ffff"} {
		if got := hex.EncodeToString(pad(big.NewInt(in))); got != want {
			t.Errorf("pad(%#x) = %s, want %s", in, got, want)
		}
	}
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	before := Count()
	first, err := NewVerifier("ABCDEFGHI", "testuser", "P@ssw0rd!")
	if err != nil {
		t.Fatal(err)
	}
	if Count() == before {
		t.Error("the power was not counted")
	}
	second, err := NewVerifier("ABCDEFGHI", "testuser", "P@ssw0rd!")
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Salt) != 16 || bytes.Equal(first.Salt, second.Salt) || bytes.Equal(first.V, second.V) {
		t.Error("two verifiers of one password must have salts of 16 bytes of their own")
	}
	again, err := VerifierWithSalt(first.Salt, "ABCDEFGHI", "testuser", "P@ssw0rd!")
	if err != nil || !bytes.Equal(again.V, first.V) {
		t.Errorf("the same salt gives another verifier (err %v)", err)
	}
	for name, in := range map[string][3]string{
		"pool":     {"XBCDEFGHI", "testuser", "P@ssw0rd!"},
		"username": {"ABCDEFGHI", "Testuser", "P@ssw0rd!"},
		"password": {"ABCDEFGHI", "testuser", "p@ssw0rd!"},
	} {
		other, err := VerifierWithSalt(first.Salt, in[0], in[1], in[2])
		if err != nil || bytes.Equal(other.V, first.V) {
			t.Errorf("another %s gives the same verifier (err %v)", name, err)
		}
	}
}

// A salt is an integer on the wire, so its leading zeros must not count.
func TestSaltIsAnInteger(t *testing.T) {
	t.Parallel()
	long, _ := VerifierWithSalt(unhex(t, "00000000000000000000000000007f01"), "A", "u", "p")
	short, _ := VerifierWithSalt(unhex(t, "7f01"), "A", "u", "p")
	if len(long.V) == 0 || !bytes.Equal(long.V, short.V) {
		t.Error("leading zeros of the salt change the verifier")
	}
}

func TestVerifierNeedsAll(t *testing.T) {
	t.Parallel()
	if _, err := NewVerifier("", "testuser", "p"); err == nil {
		t.Error("no error without a pool name")
	}
	if _, err := NewVerifier("A", "", "p"); err == nil {
		t.Error("no error without a username")
	}
	if _, err := VerifierWithSalt(nil, "A", "testuser", "p"); err == nil {
		t.Error("no error without a salt")
	}
}
