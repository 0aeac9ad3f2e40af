package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/seal"
)

// Made with other implementations of HKDF and AES-GCM, from a key of 32 bytes 1.
const (
	pinnedDerived = "43b2c715951b691435c7e7ef057376d4cced29a6ddeebe8abb7347c249a4ecaa"
	pinnedSealed  = "026b31000102030405060708090a0b580f23d39ea85b68bb8e444ba3432282598f763937e6"
)

// line returns a key line whose 32 bytes are all b.
func line(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) + "\n"
}

func ring(t testing.TB, text string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustSeal(t testing.TB, r *seal.Ring, plain, aad string) []byte {
	t.Helper()
	sealed, err := r.Seal([]byte(plain), []byte(aad))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	r := ring(t, line("k1", 1))
	for _, plain := range []string{"", "x", strings.Repeat("long ", 10_000)} {
		sealed := mustSeal(t, r, plain, "users|1|verifier")
		if len(plain) > 8 && bytes.Contains(sealed, []byte(plain[:8])) {
			t.Error("the sealed value shows the plain text")
		}
		if bytes.Equal(sealed, mustSeal(t, r, plain, "users|1|verifier")) {
			t.Error("sealing twice gives the same bytes")
		}
		got, err := r.Open(sealed, []byte("users|1|verifier"))
		if err != nil || string(got) != plain {
			t.Errorf("Open: %d bytes, err %v; want %d bytes", len(got), err, len(plain))
		}
		if _, err := r.Open(sealed, []byte("users|2|verifier")); !errors.Is(err, seal.ErrTampered) {
			t.Errorf("moved to another row: err = %v, want ErrTampered", err)
		}
	}
}

func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	r := ring(t, line("k1", 1)+line("k2", 2))
	sealed := mustSeal(t, r, "secret", "aad")
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if plain, err := r.Open(changed, []byte("aad")); err == nil {
			t.Errorf("byte %d changed: opened as %q", i, plain)
		}
		if plain, err := r.Open(sealed[:i], []byte("aad")); err == nil {
			t.Errorf("cut to %d bytes: opened as %q", i, plain)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before := ring(t, line("old", 1))
	after := ring(t, line("new", 2)+line("old", 1))
	if _, err := ring(t, line("new", 2)).Open(mustSeal(t, after, "secret", ""), nil); err != nil {
		t.Errorf("the first key is not the one that seals: %v", err)
	}
	got, err := after.Open(mustSeal(t, before, "secret", ""), nil)
	if err != nil || string(got) != "secret" {
		t.Errorf("after a rotation: %q, %v", got, err)
	}
	if _, err := before.Open(mustSeal(t, after, "secret", ""), nil); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("without the new key: err = %v, want ErrUnknownKey", err)
	}
	if !bytes.Equal(before.Derive("codes"), after.Derive("codes")) {
		t.Error("a rotation changes the derived keys")
	}
}

func TestSameIDOtherKey(t *testing.T) {
	t.Parallel()
	sealed := mustSeal(t, ring(t, line("k1", 1)), "secret", "")
	if _, err := ring(t, line("k1", 2)).Open(sealed, nil); !errors.Is(err, seal.ErrTampered) {
		t.Errorf("err = %v, want ErrTampered", err)
	}
}

// A change of either derivation would make existing databases unreadable, so
// their results are pinned here.
func TestStableFormats(t *testing.T) {
	t.Parallel()
	r := ring(t, line("k1", 1))
	if got := hex.EncodeToString(r.Derive("codes")); got != pinnedDerived {
		t.Errorf("Derive = %s, want %s", got, pinnedDerived)
	}
	sealed, err := hex.DecodeString(pinnedSealed)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Open(sealed, []byte("aad")); err != nil || string(plain) != "secret" {
		t.Errorf("Open = %q, %v", plain, err)
	}
}

func TestDerive(t *testing.T) {
	t.Parallel()
	r := ring(t, line("k1", 1))
	a, b := r.Derive("a"), r.Derive("b")
	if len(a) != 32 || bytes.Equal(a, b) || bytes.Equal(a, bytes.Repeat([]byte{1}, 32)) {
		t.Errorf("Derive(a) = %x, Derive(b) = %x", a, b)
	}
}

func TestParseRing(t *testing.T) {
	t.Parallel()
	commented := ring(t, "# keys\r\n\r\n  "+strings.TrimSpace(line("k-1_A", 1))+"  \r\n#"+line("k2", 2))
	if _, err := ring(t, line("k-1_A", 1)).Open(mustSeal(t, commented, "secret", ""), nil); err != nil {
		t.Errorf("a key among comments and blanks: %v", err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"no key":      "# nothing\n\n",
		"no colon":    "k1",
		"no id":       line("", 1),
		"bad id":      line("k 1", 1),
		"long id":     line(strings.Repeat("k", 65), 1),
		"no base64":   "k1:!!!!",
		"short key":   "k1:AAAA",
		"url base64":  "k1:" + strings.Repeat("_", 43) + "=",
		"same id":     line("k1", 1) + line("k1", 2),
		"second line": line("k1", 1) + "rubbish",
	} {
		if _, err := seal.ParseRing([]byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), "rubbish") || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: the error shows the file's content: %v", name, err)
		}
	}
}

func TestNewKeyLine(t *testing.T) {
	t.Parallel()
	one, err := seal.NewKeyLine()
	if err != nil {
		t.Fatal(err)
	}
	two, _ := seal.NewKeyLine()
	if _, err := ring(t, two).Open(mustSeal(t, ring(t, one), "secret", ""), nil); err == nil {
		t.Errorf("two new keys are alike: %s, %s", one, two)
	}
}

func TestRingHidesItself(t *testing.T) {
	t.Parallel()
	r := ring(t, line("k1", 'S'))
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("ring", "ring", r)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s %x %d", r, r, r, r, r, r)
	if strings.Contains(shown, "SSSS") || strings.Contains(shown, "5353") || strings.Contains(shown, "83 83") {
		t.Errorf("the key is shown: %s", shown)
	}
	if got := strings.Count(shown, "[key ring]"); got != 7 {
		t.Errorf("hidden %d times of 7: %s", got, shown)
	}
}

func FuzzParseRing(f *testing.F) {
	f.Add([]byte(line("k1", 1) + "# comment\n\n" + line("k2", 2)))
	f.Add([]byte(":\n"))
	f.Add([]byte("k1:AAAA"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := seal.ParseRing(text)
		if err != nil {
			return
		}
		plain, err := r.Open(mustSeal(t, r, "secret", "aad"), []byte("aad"))
		if err != nil || string(plain) != "secret" {
			t.Errorf("a ring that was accepted opens %q, %v", plain, err)
		}
	})
}

// Nobody can make a sealed value without the key, however the bytes are chosen.
func FuzzOpen(f *testing.F) {
	r := ring(f, line("k1", 1))
	genuine, err := hex.DecodeString(pinnedSealed) // fixed: fuzzing runs in several processes
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine)
	f.Add([]byte{})
	f.Add([]byte{255})
	f.Add([]byte("\x02k1"))
	f.Add(append(bytes.Clone(genuine), 0))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := r.Open(sealed, []byte("aad"))
		switch {
		case err == nil && !bytes.Equal(sealed, genuine):
			t.Errorf("opened %x as %q", sealed, plain)
		case err != nil && !errors.Is(err, seal.ErrTampered) && !errors.Is(err, seal.ErrUnknownKey):
			t.Errorf("err = %v", err)
		}
	})
}
