package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrMalformed says that a text is no argon2id PHC string within this package's
// bounds.
var ErrMalformed = errors.New("password: malformed argon2id hash")

// Bounds on what a stored hash may ask for: a damaged or planted row must not be
// able to exhaust the machine.
const (
	maxMemoryKiB = 1 << 20
	maxPasses    = 64
	maxLanes     = 16
	minSaltBytes = 8
	minHashBytes = 16
	maxBlobBytes = 64
	maxPHCBytes  = 256

	saltBytes = 16
	hashBytes = 32
	version   = 19 // argon2 1.3, the only version of RFC 9106
)

// Params are argon2id's costs (RFC 9106, section 3.1).
type Params struct {
	MemoryKiB uint32 // m, at least 8 per lane and at most 1 GiB
	Passes    uint32 // t, 1 to 64
	Lanes     uint8  // p, 1 to 16
}

// Production returns the costs for real use: 19 MiB, two passes, one lane.
func Production() Params { return Params{MemoryKiB: 19456, Passes: 2, Lanes: 1} }

// Light returns costs that protect nothing: 256 KiB and one pass. They are for
// demonstrations and tests only.
func Light() Params { return Params{MemoryKiB: 256, Passes: 1, Lanes: 1} }

func (p Params) valid() bool {
	return p.Lanes >= 1 && p.Lanes <= maxLanes &&
		p.Passes >= 1 && p.Passes <= maxPasses &&
		p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB
}

// phc is one parsed PHC string.
type phc struct {
	params Params
	salt   []byte
	hash   []byte
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", version,
		h.params.MemoryKiB, h.params.Passes, h.params.Lanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.hash))
}

// maxForeign is how many times the work of [Production] a hash from elsewhere may
// take: everybody who types a wrong password makes the server do it.
const maxForeign = 8

// IsHash says whether text is a hash that a Hasher can check, at a cost that a
// server bears and no less than [Light]'s.
func IsHash(text string) bool {
	h, err := parse(text)
	work := func(p Params) uint64 { return uint64(p.MemoryKiB) * uint64(p.Passes) }
	return err == nil && work(h.params) <= maxForeign*work(Production()) && work(h.params) >= work(Light())
}

// parse reads the one canonical spelling that String writes. The errors never
// quote the text: it is nearly a password.
func parse(text string) (phc, error) {
	if len(text) > maxPHCBytes {
		return phc{}, ErrMalformed
	}
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return phc{}, ErrMalformed
	}
	params, err := parseParams(parts[3])
	if err != nil {
		return phc{}, err
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	hash, errHash := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errHash != nil {
		return phc{}, ErrMalformed
	}
	if len(salt) < minSaltBytes || len(salt) > maxBlobBytes || len(hash) < minHashBytes || len(hash) > maxBlobBytes {
		return phc{}, ErrMalformed
	}
	h := phc{params: params, salt: salt, hash: hash}
	// Writing it again catches every other spelling at once: another algorithm or
	// version, signs, leading zeros, line breaks and stray bits in the base64.
	if h.String() != text {
		return phc{}, ErrMalformed
	}
	return h, nil
}

func parseParams(text string) (Params, error) {
	fields := strings.Split(text, ",")
	if len(fields) != 3 {
		return Params{}, ErrMalformed
	}
	var values [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, found := strings.CutPrefix(fields[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil {
			return Params{}, ErrMalformed
		}
		values[i] = n
	}
	if values[2] > maxLanes {
		return Params{}, ErrMalformed
	}
	p := Params{MemoryKiB: uint32(values[0]), Passes: uint32(values[1]), Lanes: uint8(values[2])}
	if !p.valid() {
		return Params{}, ErrMalformed
	}
	return p, nil
}
