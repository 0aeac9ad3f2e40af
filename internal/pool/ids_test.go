package pool_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/google/uuid"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func TestIDsHaveCognitosShape(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		for pattern, made := range map[string]string{
			`^us-east-1_[0-9A-Za-z]{9}$`: pool.NewPoolID("us-east-1"),
			`^[0-9a-v]{1,26}$`:           pool.NewClientID(),
			`^[0-9a-v]{45,52}$`:          pool.NewClientSecret().Reveal(),
			`^[A-Za-z0-9_-]{43}$`:        pool.NewToken(),
		} {
			if !regexp.MustCompile(pattern).MatchString(made) {
				t.Errorf("%q does not match %s", made, pattern)
			}
			if seen[made] {
				t.Errorf("%q was made twice", made)
			}
			seen[made] = true
		}
		if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(pool.NewDigits(6)) {
			t.Error("NewDigits")
		}
		if _, err := uuid.Parse(pool.NewSub()); err != nil {
			t.Error(err)
		}
	}
	if !pool.ValidPoolID("us-east-1_demo00001") || !pool.ValidPoolID(pool.NewPoolID("ap-southeast-2")) {
		t.Error("a good pool id is refused")
	}
	for _, bad := range []string{"", "demo", "us-east-1", "us-east-1_", "us-east-1_a b", "us-east-1_a/b", "US-EAST-1_a", "us-east-1_a\n", "../us-east-1_a"} {
		if pool.ValidPoolID(bad) {
			t.Errorf("the pool id %q passes", bad)
		}
	}
	if pool.ShortName("us-east-1_demo00001") != "demo00001" || pool.Region("us-east-1_demo00001") != "us-east-1" {
		t.Error("the parts of a pool id")
	}
}

// The row of a name without an account: the same for the same name, different
// for another, not to be made without the key, and never a user's sub.
func TestOwnerOf(t *testing.T) {
	t.Parallel()
	name := pool.Name{Kind: pool.NameEmail, Folded: "a@b"}
	owner := pool.OwnerOf([]byte("key"), "p", name)
	if owner != pool.OwnerOf([]byte("key"), "p", name) || owner[0] != '?' {
		t.Errorf("got %q", owner)
	}
	for _, other := range []string{
		pool.OwnerOf([]byte("other"), "p", name), pool.OwnerOf([]byte("key"), "q", name), pool.OwnerOf([]byte("key"), "p", pool.Name{Kind: pool.NameUsername, Folded: "a@b"}), pool.OwnerOf([]byte("key"), "p", pool.Name{Kind: pool.NameEmail, Folded: "a@c"}),
	} {
		if other == owner {
			t.Errorf("%q stands for two", owner)
		}
	}
}

// What a client hands back never begins with a hyphen, whatever is inside, and
// is read as it was made alone.
func TestOpaque(t *testing.T) {
	t.Parallel()
	for first := range 256 {
		b := []byte{byte(first), 0xff, 0x00}
		text := pool.Opaque(b)
		if read, ok := pool.ReadOpaque(text); !ok || !bytes.Equal(read, b) || text[0] == '-' {
			t.Errorf("%x is %q and reads %x, %v", b, text, read, ok)
		}
		if _, ok := pool.ReadOpaque(text[1:]); ok && text[1] != 'A' {
			t.Errorf("%q is read without its mark", text[1:])
		}
	}
	for _, text := range []string{"", "-", "AA", "A+++", "A_w=="} {
		if b, ok := pool.ReadOpaque(text); ok {
			t.Errorf("%q reads %x", text, b)
		}
	}
}
