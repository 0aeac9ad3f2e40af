package srp

import (
	"math/big"
	"strings"
	"testing"
)

func FuzzParseA(f *testing.F) {
	for _, seed := range []string{"", "0", "2", "abcDEF", strings.Repeat("f", 768), strings.ToLower(primeHex), "-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseA(text)
		if err != nil {
			return
		}
		n, _ := group()
		if a.Sign() <= 0 || a.Cmp(n) >= 0 {
			t.Fatalf("accepted %q, which is not between 1 and N-1", text)
		}
		if back := strings.TrimLeft(strings.ToLower(text), "0"); back != a.Text(16) {
			t.Fatalf("%q was read as %s", text, a.Text(16))
		}
	})
}

func FuzzParseProof(f *testing.F) {
	f.Add("TEnS195nQT3zqP/vSI3WeDl0l2sb4g4jtIcdDvb4xas=", "c2VydmVyIHNlY3JldCBibG9jaw==", testStamp)
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, signature, block, stamp string) {
		p, err := ParseProof(signature, block, stamp)
		if err != nil {
			return
		}
		if len(p.Signature) != 32 || len(p.SecretBlock) == 0 || p.Timestamp != stamp || len(stamp) > maxTimestamp {
			t.Fatalf("accepted %q, %q, %q", signature, block, stamp)
		}
		// Nothing that a stranger sends is ever a proof.
		ch := Challenge{Account: Account{testPool, testUser}, Verifier: Verifier{[]byte{1}, []byte{4}}, A: pad(big.NewInt(8)), B: []byte{5}, Private: []byte(strings.Repeat("b", 32))}
		if ch.Check(p) == nil {
			t.Fatal("a proof made without a key was accepted")
		}
	})
}
