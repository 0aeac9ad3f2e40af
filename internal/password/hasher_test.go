package password_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/poolhouse/poolhouse/internal/password"
)

func hash(t *testing.T, h *password.Hasher, text string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func TestHashIsChecked(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Light(), 2)
	for _, text := range []string{"", "P@ssw0rd!", "pässwörd 🏊", strings.Repeat("x", 256), "nul\x00inside"} {
		phc := hash(t, h, text)
		if ok, outdated, err := h.Check(t.Context(), phc, text); !ok || outdated || err != nil {
			t.Errorf("right password %q: ok=%v outdated=%v err=%v", text, ok, outdated, err)
		}
		if ok, _, err := h.Check(t.Context(), phc, text+"x"); ok || err != nil {
			t.Errorf("wrong password for %q: ok=%v err=%v", text, ok, err)
		}
		if hash(t, h, text) == phc {
			t.Errorf("two hashes of %q are the same: the salt does not change", text)
		}
	}
}

func TestHashFormat(t *testing.T) {
	t.Parallel()
	for prefix, params := range map[string]password.Params{
		`^\$argon2id\$v=19\$m=19456,t=2,p=1\$`: password.Production(),
		`^\$argon2id\$v=19\$m=256,t=1,p=1\$`:   password.Light(),
	} {
		want := regexp.MustCompile(prefix + `[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
		if phc := hash(t, password.NewHasher(params, 1), "secret"); !want.MatchString(phc) {
			t.Errorf("hash %s does not match %s", phc, want)
		}
	}
}

func TestOutdated(t *testing.T) {
	t.Parallel()
	light := password.NewHasher(password.Light(), 1)
	other := password.NewHasher(password.Params{MemoryKiB: 64, Passes: 2, Lanes: 2}, 1)
	phc := hash(t, light, "secret")
	if ok, outdated, err := other.Check(t.Context(), phc, "secret"); !ok || !outdated || err != nil {
		t.Errorf("ok=%v outdated=%v err=%v, want a right but outdated hash", ok, outdated, err)
	}
	if ok, _, err := other.Check(t.Context(), phc, "Secret"); ok || err != nil {
		t.Errorf("wrong password: ok=%v err=%v", ok, err)
	}
}

func TestWasteCostsOneCheck(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Light(), 1)
	phc := hash(t, h, "secret")
	before := h.Count()
	if _, _, err := h.Check(t.Context(), phc, "wrong"); err != nil {
		t.Fatal(err)
	}
	check := h.Count() - before
	if err := h.Waste(t.Context(), "wrong"); err != nil {
		t.Fatal(err)
	}
	if waste := h.Count() - before - check; check != 1 || waste != check {
		t.Errorf("a check makes %d computations, a waste %d; want 1 and 1", check, waste)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Light(), 2)
	phc := hash(t, h, "secret")
	var all sync.WaitGroup
	for range 18 { // two in the slots, eight in line for each
		all.Go(func() {
			if ok, _, err := h.Check(t.Context(), phc, "secret"); !ok || err != nil {
				t.Errorf("ok=%v err=%v", ok, err)
			}
		})
	}
	all.Wait()
	if h.Count() != 19 {
		t.Errorf("Count() = %d, want 19", h.Count())
	}
}

func TestEndedContext(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Light(), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "secret"); !errors.Is(err, password.ErrBusy) || !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want ErrBusy because of context.Canceled", err)
	}
	if h.Count() != 0 {
		t.Errorf("%d computations for a caller who had gone", h.Count())
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	const salt, sum = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	h := password.NewHasher(password.Light(), 1)
	good := "$argon2id$v=19$m=256,t=1,p=1$" + salt + "$" + sum
	if _, _, err := h.Check(t.Context(), good, "x"); err != nil {
		t.Fatalf("the pattern that the others break: %v", err)
	}
	for name, phc := range map[string]string{
		"empty":             "",
		"plain text":        "secret",
		"bcrypt":            "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":           strings.Replace(good, "argon2id", "argon2i", 1),
		"old version":       strings.Replace(good, "v=19", "v=16", 1),
		"too much memory":   strings.Replace(good, "m=256", "m=1048577", 1),
		"overflow":          strings.Replace(good, "m=256", "m=4294967552", 1),
		"too little memory": strings.Replace(good, "m=256", "m=7", 1),
		"no passes":         strings.Replace(good, "t=1", "t=0", 1),
		"too many passes":   strings.Replace(good, "t=1", "t=65", 1),
		"no lanes":          strings.Replace(good, "p=1", "p=0", 1),
		"too many lanes":    strings.Replace(good, "p=1", "p=17", 1),
		"lanes wrap":        strings.Replace(good, "p=1", "p=257", 1),
		"sign":              strings.Replace(good, "t=1", "t=+1", 1),
		"leading zero":      strings.Replace(good, "t=1", "t=01", 1),
		"other order":       strings.Replace(good, "m=256,t=1", "t=1,m=256", 1),
		"extra parameter":   strings.Replace(good, "p=1", "p=1,data=AAAA", 1),
		"short salt":        strings.Replace(good, salt, "AAAA", 1),
		"short hash":        strings.Replace(good, sum, "AAAA", 1),
		"empty hash":        strings.TrimSuffix(good, sum),
		"padding":           good + "=",
		"stray bits":        strings.TrimSuffix(good, "A") + "B",
		"line break":        good + "\n",
		"trailing part":     good + "$",
		"huge":              good + strings.Repeat("A", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, _, err := h.Check(t.Context(), phc, "x")
			if ok || !errors.Is(err, password.ErrMalformed) {
				t.Errorf("ok=%v err=%v, want ErrMalformed", ok, err)
			}
		})
	}
}

func TestNewHasherRefusesNonsense(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic for zero parameters")
		}
	}()
	password.NewHasher(password.Params{}, 1)
}
