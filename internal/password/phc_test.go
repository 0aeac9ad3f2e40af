package password

import "testing"

// What parse accepts, it accepts in one spelling only and within the bounds.
func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=1048576,t=64,p=16$c29tZXNhbHQ$RdescudvJCsgt3ub+b6RZQ")
	f.Add("$argon2id$v=19$m=4294967295,t=0,p=256$$")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parse(text)
		if err != nil {
			return
		}
		if h.String() != text {
			t.Errorf("%q is read as %q", text, h)
		}
		if !h.params.valid() || len(h.salt) < minSaltBytes || len(h.hash) < minHashBytes {
			t.Errorf("%q is out of bounds: %+v", text, h)
		}
	})
}

// A hash from elsewhere costs no more than a server bears, and no less than what
// is only for tests.
func TestIsHash(t *testing.T) {
	t.Parallel()
	for costs, want := range map[string]bool{
		"m=19456,t=2,p=1": true, "m=256,t=1,p=1": true, "m=65536,t=3,p=4": true, "m=311296,t=1,p=1": true,
		"m=1048576,t=64,p=1": false, "m=311297,t=1,p=1": false, "m=19456,t=17,p=1": false, "m=8,t=1,p=1": false, "m=128,t=1,p=1": false,
	} {
		text := "$argon2id$v=19$" + costs + "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		if got := IsHash(text); got != want {
			t.Errorf("%s: %v, want %v", costs, got, want)
		}
	}
}
