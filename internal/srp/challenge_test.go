package srp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

const (
	testPool  = "ABCDEFGHI"
	testUser  = "testuser"
	testWord  = "P@ssw0rd!"
	testStamp = "Mon Nov 2 09:08:07 UTC 2026"
)

// client is the other half of the protocol, written from its description with
// none of the server's functions, so that a mistake shows as a disagreement.
type client struct {
	n, g, a, k    *big.Int
	poolName, who string
}

func newClient(t *testing.T, who Account, a string) client {
	t.Helper()
	n, _ := new(big.Int).SetString(primeHex, 16)
	c := client{n: n, g: big.NewInt(2), poolName: who.PoolName, who: who.Username}
	c.a, _ = new(big.Int).SetString(a, 16)
	c.k, _ = new(big.Int).SetString("538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6", 16)
	return c
}

func (c client) publicA() *big.Int { return new(big.Int).Exp(c.g, c.a, c.n) }

// twos is PAD by way of text, as JavaScript clients do it.
func twos(i *big.Int) []byte {
	h := i.Text(16)
	if len(h)%2 == 1 {
		h = "0" + h
	}
	if strings.ContainsRune("89abcdef", rune(h[0])) {
		h = "00" + h
	}
	b := make([]byte, len(h)/2)
	fmt.Sscanf(h, "%x", &b)
	return b
}

func hash(parts ...[]byte) *big.Int {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return new(big.Int).SetBytes(sum[:])
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(bytes.Join(parts, nil))
	return m.Sum(nil)
}

// prove answers a challenge: salt and B as hexadecimal, the password as typed.
func (c client) prove(saltHex, bHex, password string, block []byte) (signature []byte) {
	salt, _ := new(big.Int).SetString(saltHex, 16)
	b, _ := new(big.Int).SetString(bHex, 16)
	u := hash(twos(c.publicA()), twos(b))
	inner := sha256.Sum256([]byte(c.poolName + c.who + ":" + password))
	x := hash(twos(salt), inner[:])
	base := new(big.Int).Exp(c.g, x, c.n)
	base.Mul(base, c.k).Sub(b, base).Mod(base, c.n)
	s := new(big.Int).Exp(base, new(big.Int).Add(c.a, new(big.Int).Mul(u, x)), c.n)
	prk := mac(twos(u), twos(s))
	key := mac(prk, []byte("Caldera Derived Key"), []byte{1})[:16]
	return mac(key, []byte(c.poolName), []byte(c.who), block, []byte(testStamp))
}

// begin is one exchange up to the challenge.
func begin(t *testing.T) (client, Challenge) {
	t.Helper()
	who := Account{testPool, testUser}
	v, err := NewVerifier(testPool, testUser, testWord)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, who, strings.Repeat("0123456789abcdef", 16))
	ch, err := NewChallenge(v, who, c.publicA().Text(16))
	if err != nil {
		t.Fatal(err)
	}
	return c, ch
}

// The values were made by amazon-cognito-identity-js.
func TestChallengeVector(t *testing.T) {
	t.Parallel()
	v, err := VerifierWithSalt(unhex(t, "8f1a2b3c4d5e6f708192a3b4c5d6e7f8"), testPool, testUser, testWord)
	if err != nil {
		t.Fatal(err)
	}
	who := Account{testPool, testUser}
	a := newClient(t, who, strings.Repeat("0123456789abcdef", 16)).publicA()
	if got := fmt.Sprintf("%x", sha256.Sum256(pad(a))); got != "14d555a4aa95d61565f0f136b94b3d7193eec499c432a5dd246c46f1991217e1" {
		t.Errorf("H(A) = %s", got)
	}
	// The published b is longer than ours, so B and the rest are computed from it here.
	n, g := group()
	b, _ := new(big.Int).SetString(strings.Repeat("fedcba9876543210", 16), 16)
	public := hashPair(n, g)
	public.Mul(public, new(big.Int).SetBytes(v.V)).Add(public, new(big.Int).Exp(g, b, n)).Mod(public, n)
	if got := fmt.Sprintf("%x", sha256.Sum256(pad(public))); got != "23130148bfeb70463918bd923fe0373b1b5bb050e9ca6a4e93c8ddce03d802cb" {
		t.Errorf("H(B) = %s", got)
	}
	u := hashPair(a, public)
	if got := u.Text(16); got != "b15dcc97db98e7793597c464fe0b3651476415648f7b64cebfed7b9553215655" {
		t.Errorf("u = %s", got)
	}
	ch := Challenge{Account: who, Verifier: v, A: pad(a), B: pad(public), Private: b.Bytes()}
	block := base64.StdEncoding.EncodeToString([]byte("server secret block"))
	p, err := ParseProof("TEnS195nQT3zqP/vSI3WeDl0l2sb4g4jtIcdDvb4xas=", block, testStamp)
	if err != nil {
		t.Fatal(err)
	}
	if err := ch.Check(p); err != nil {
		t.Errorf("the published proof is refused: %v", err)
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	block := []byte("0123456789abcdef0123456789abcdef")
	// Many exchanges, so that numbers with and without a padding byte come by.
	for range 12 {
		c, ch := begin(t)
		stored, err := json.Marshal(ch)
		if err != nil {
			t.Fatal(err)
		}
		var later Challenge
		if err := json.Unmarshal(stored, &later); err != nil {
			t.Fatal(err)
		}
		if err := later.Check(Proof{block, testStamp, c.prove(ch.SaltHex(), ch.BHex(), testWord, block)}); err != nil {
			t.Fatalf("the right password is refused: %v", err)
		}
	}
}

func TestProofIsBound(t *testing.T) {
	t.Parallel()
	block := []byte("a block")
	c, ch := begin(t)
	good := c.prove(ch.SaltHex(), ch.BHex(), testWord, block)
	flipped := bytes.Clone(good)
	flipped[31] ^= 1
	_, another := begin(t)
	otherUser, otherPool := ch, ch
	otherUser.Account.Username = "testusel"
	otherPool.Account.PoolName = "ABCDEFGHJ"
	for name, try := range map[string]struct {
		ch Challenge
		p  Proof
	}{
		"wrong password":      {ch, Proof{block, testStamp, c.prove(ch.SaltHex(), ch.BHex(), "P@ssw0rd?", block)}},
		"empty password":      {ch, Proof{block, testStamp, c.prove(ch.SaltHex(), ch.BHex(), "", block)}},
		"flipped bit":         {ch, Proof{block, testStamp, flipped}},
		"short":               {ch, Proof{block, testStamp, good[:31]}},
		"none":                {ch, Proof{block, testStamp, nil}},
		"another block":       {ch, Proof{[]byte("b block"), testStamp, good}},
		"another time":        {ch, Proof{block, "Mon Nov 2 09:08:08 UTC 2026", good}},
		"another exchange":    {another, Proof{block, testStamp, good}},
		"another user's row":  {otherUser, Proof{block, testStamp, good}},
		"another pool's row":  {otherPool, Proof{block, testStamp, good}},
		"signed with no key":  {ch, Proof{block, testStamp, mac(nil, []byte(testPool+testUser), block, []byte(testStamp))}},
		"signed with u, no S": {ch, Proof{block, testStamp, zeroKeyProof(ch, block)}},
	} {
		if err := try.ch.Check(try.p); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", name, err)
		}
	}
	if err := ch.Check(Proof{block, testStamp, good}); err != nil {
		t.Errorf("the good proof is refused: %v", err)
	}
}

// zeroKeyProof is what somebody would send who hopes that S is zero.
func zeroKeyProof(ch Challenge, block []byte) []byte {
	u := hash(ch.A, ch.B)
	key := mac(mac(twos(u), []byte{0}), []byte("Caldera Derived Key"), []byte{1})[:16]
	return mac(key, []byte(ch.Account.PoolName+ch.Account.Username), block, []byte(testStamp))
}

// With A a multiple of N the session key would be known to everybody.
func TestHostileA(t *testing.T) {
	t.Parallel()
	n, _ := group()
	who := Account{testPool, testUser}
	v, err := NewVerifier(testPool, testUser, testWord)
	if err != nil {
		t.Fatal(err)
	}
	twice := new(big.Int).Lsh(n, 1)
	for name, a := range map[string]string{
		"zero": "0", "zeros": strings.Repeat("0", 768), "N": n.Text(16), "2N": twice.Text(16), "N+1": new(big.Int).Add(n, big.NewInt(1)).Text(16),
		"over-long": strings.Repeat("f", 769), "endless": strings.Repeat("0", 5000) + "1", "empty": "", "sign": "-1", "plus": "+1", "space": " 1",
		"prefix": "0x1", "underscore": "1_1", "not hexadecimal": "xyz", "fullwidth digit": "１",
	} {
		if _, err := NewChallenge(v, who, a); !errors.Is(err, ErrClientValue) {
			t.Errorf("%s: %v, want ErrClientValue", name, err)
		}
	}
	// A row that came by a zero all the same is refused at the second request too.
	_, ch := begin(t)
	block := []byte("block")
	for _, a := range []*big.Int{new(big.Int), n, twice} {
		ch.A = pad(a)
		if err := ch.Check(Proof{block, testStamp, zeroKeyProof(ch, block)}); !errors.Is(err, ErrClientValue) {
			t.Errorf("Check with A a multiple of N: %v", err)
		}
	}
}

func TestAIsReadAsClientsWriteIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"abc123", "ABC123", "00abc123", "0" + strings.Repeat("0", 762) + "abc123"} {
		if a, err := ParseA(text); err != nil || a.Text(16) != "abc123" {
			t.Errorf("ParseA(%.20q…) = %v, %v", text, a, err)
		}
	}
}

func TestDamagedChallenge(t *testing.T) {
	t.Parallel()
	if _, err := NewChallenge(Verifier{}, Account{testPool, testUser}, "2"); err == nil {
		t.Error("an empty verifier was taken")
	}
	n, _ := group()
	if _, err := NewChallenge(Verifier{Salt: []byte{1}, V: pad(n)}, Account{testPool, testUser}, "2"); err == nil {
		t.Error("a verifier as large as N was taken")
	}
	if err := (Challenge{}).Check(Proof{}); !errors.Is(err, ErrClientValue) {
		t.Errorf("an empty challenge: %v", err)
	}
	c, ch := begin(t)
	block := []byte("block")
	unkept := ch
	unkept.Verifier.V = nil
	if err := unkept.Check(Proof{block, testStamp, zeroKeyProof(ch, block)}); !errors.Is(err, ErrClientValue) {
		t.Errorf("a challenge without a verifier: %v", err)
	}
	ch.Private = nil
	if err := ch.Check(Proof{block, testStamp, c.prove(ch.SaltHex(), ch.BHex(), testWord, block)}); err == nil {
		t.Error("a challenge without b was answered")
	}
}

func TestUnknownAccountLooksReal(t *testing.T) {
	t.Parallel()
	key, who := []byte("a key of the server"), Account{testPool, "nobody"}
	fake, err := FakeVerifier(key, who)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := FakeVerifier(key, who)
	if len(fake.Salt) != saltBytes || !bytes.Equal(fake.Salt, again.Salt) {
		t.Error("the salt of an unknown account must be 16 bytes and stay")
	}
	for name, other := range map[string]Account{"user": {testPool, "nobodi"}, "pool": {"XBCDEFGHI", "nobody"}, "split": {testPool + "n", "obody"}} {
		if v, _ := FakeVerifier(key, other); bytes.Equal(v.Salt, fake.Salt) {
			t.Errorf("another %s has the same salt", name)
		}
	}
	if v, _ := FakeVerifier([]byte("another key"), who); bytes.Equal(v.Salt, fake.Salt) {
		t.Error("another key gives the same salt")
	}
	c := newClient(t, who, "1234567890abcdef")
	first, err := NewChallenge(fake, who, c.publicA().Text(16))
	if err != nil {
		t.Fatal(err)
	}
	second, _ := NewChallenge(fake, who, c.publicA().Text(16))
	if bytes.Equal(first.B, second.B) {
		t.Error("B of an unknown account does not change")
	}
	block := []byte("block")
	if err := first.Check(Proof{block, testStamp, c.prove(first.SaltHex(), first.BHex(), testWord, block)}); !errors.Is(err, ErrProof) {
		t.Errorf("an unknown account: %v, want ErrProof", err)
	}
}

func TestParseProof(t *testing.T) {
	t.Parallel()
	sig, block := base64.StdEncoding.EncodeToString(make([]byte, 32)), "++//"
	for _, ok := range []struct{ sig, block, stamp string }{
		{sig, block, testStamp}, {sig, "--__", testStamp}, {strings.TrimRight(sig, "="), block, testStamp},
		{sig, block, "Mon Nov 02 09:08:07 UTC 2026"}, {sig, block, "Mon Nov  2 09:08:07 UTC 2026"}, {sig, block, "Sat Dec 31 23:59:59 UTC 2050"},
	} {
		if p, err := ParseProof(ok.sig, ok.block, ok.stamp); err != nil || p.Timestamp != ok.stamp || !bytes.Equal(p.SecretBlock, []byte{0xfb, 0xef, 0xff}) {
			t.Errorf("ParseProof(%q, %q, %q) = %v, %v", ok.sig, ok.block, ok.stamp, p, err)
		}
	}
	for name, bad := range map[string]struct{ sig, block, stamp string }{
		"short signature": {"AAAA", block, testStamp}, "long signature": {sig + "AAAA", block, testStamp}, "no signature": {"", block, testStamp},
		"not base64": {strings.Repeat("!", 44), block, testStamp}, "no block": {sig, "", testStamp}, "huge block": {sig, strings.Repeat("A", 8192), testStamp},
		"no time": {sig, block, ""}, "ISO time": {sig, block, "2026-11-02T09:08:07Z"}, "trailing text": {sig, block, testStamp + "x"},
		"endless time": {sig, block, strings.Repeat("Mon ", 4000)}, "line break": {sig, "++\n//", testStamp},
	} {
		if _, err := ParseProof(bad.sig, bad.block, bad.stamp); !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v, want ErrProof", name, err)
		}
	}
}

func TestPowerOfG(t *testing.T) {
	t.Parallel()
	n, g := group()
	for _, e := range [][]byte{make([]byte, 32), append(make([]byte, 31), 1), bytes.Repeat([]byte{0xff}, 32), bytes.Repeat([]byte{0xf0}, 32), unhex(t, strings.Repeat("0123456789abcdef", 4))} {
		if got, want := powerOfG(e), new(big.Int).Exp(g, new(big.Int).SetBytes(e), n); got.Cmp(want) != 0 {
			t.Errorf("g^%x is wrong", e)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	if got := (Challenge{Private: []byte("b")}).LogValue().String(); got != "[hidden]" {
		t.Errorf("a challenge logs as %s", got)
	}
}

func BenchmarkPowerOfG(b *testing.B) {
	e := bytes.Repeat([]byte{0xa7}, privateBytes)
	powerOfG(e)
	b.Run("table", func(b *testing.B) {
		for b.Loop() {
			powerOfG(e)
		}
	})
	b.Run("plain", func(b *testing.B) {
		n, g := group()
		for b.Loop() {
			new(big.Int).Exp(g, new(big.Int).SetBytes(e), n)
		}
	})
}
