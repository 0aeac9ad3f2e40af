package totp

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
)

// The vectors of RFC 6238, appendix B, for SHA-1, cut to six digits.
func TestVectors(t *testing.T) {
	seed := alphabet.EncodeToString([]byte("12345678901234567890"))
	for unix, want := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		got, err := Code(seed, Step(time.Unix(unix, 0)))
		if err != nil || got != want {
			t.Errorf("at %d: %s, %v, want %s", unix, got, err, want)
		}
	}
}

func TestMatch(t *testing.T) {
	seed, now := NewSeed(), time.Unix(1_800_000_015, 0)
	for away, want := range map[int64]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		code, err := Code(seed, Step(now)+away)
		if err != nil {
			t.Fatal(err)
		}
		step, ok := Match(seed, code, now)
		if ok != want || ok && step != Step(now)+away {
			t.Errorf("%d steps away: step %d, %v", away, step-Step(now), ok)
		}
	}
	for _, code := range []string{"", "12345", "1234567", "abcdef", "１２３４５６"} {
		if _, ok := Match(seed, code, now); ok {
			t.Errorf("%q fits", code)
		}
	}
	if _, ok := Match("not base32!", "000000", now); ok {
		t.Error("a seed that is none has a code")
	}
}

func TestSeeds(t *testing.T) {
	a, b := NewSeed(), NewSeed()
	if a == b || !regexp.MustCompile(`^[A-Z2-7]{52}$`).MatchString(a) {
		t.Errorf("seeds %s and %s", a, b)
	}
	if strings.ReplaceAll(Spaced(a), " ", "") != a || !regexp.MustCompile(`^([A-Z2-7]{4} ){12}[A-Z2-7]{4}$`).MatchString(Spaced(a)) {
		t.Errorf("spaced %q", Spaced(a))
	}
}

// What we write an app reads: here the one that another library has.
func TestURI(t *testing.T) {
	seed := NewSeed()
	text := URI("Books & Co: shop", "ann+1@example.com", seed)
	key, err := otp.NewKeyFromURL(text)
	if err != nil || key.Secret() != seed || key.Issuer() != "Books & Co: shop" || key.Type() != "totp" {
		t.Errorf("%s reads %q %q %v", text, key.Secret(), key.Issuer(), err)
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Path != "/Books & Co: shop:ann+1@example.com" || strings.Contains(text, "+shop") {
		t.Errorf("%s: path %q, %v", text, parsed.Path, err)
	}
}

func TestQR(t *testing.T) {
	p, err := QR(URI("Pool", "ann@example.com", NewSeed()))
	if err != nil || p.Size < 21 || !strings.HasPrefix(p.Path, "M0 0h7m") { // the finder's upper edge
		t.Errorf("%+v, %v", p, err)
	}
	if !regexp.MustCompile(`^(M\d+ \d+h\d+(m\d+ 0h\d+)*)+$`).MatchString(p.Path) {
		t.Error("the path is not plain")
	}
	if _, err := QR(strings.Repeat("x", 5000)); err == nil {
		t.Error("a text of any length is drawn")
	}
}
