package server

import (
	"net/netip"
	"testing"
	"time"
)

// spray asks once from each of n IPv6 networks, numbered from first.
func spray(l *limiter, first, n int) {
	for i := first; i < first+n; i++ {
		ip := netip.AddrFrom16([16]byte{0x20, 1, 0x0d, 0xb8, byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)})
		l.take(bucketKey{netip.PrefixFrom(ip, 64), true})
	}
}

// TestLimitMemory: addresses cost bounded memory, whoever keeps asking is not
// forgotten among many others, and whoever stopped is.
func TestLimitMemory(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := &limiter{now: func() time.Time { return now }}
	flood := bucketKey{netip.MustParsePrefix("203.0.113.9/32"), true}
	for range costlyBurst {
		if !l.take(flood) {
			t.Fatal("refused within the burst")
		}
	}
	for round := range 5 {
		spray(l, round*generationSize, generationSize)
		if l.take(flood) {
			t.Fatalf("round %d: forgotten among others", round)
		}
		if n := len(l.young) + len(l.old); n > 100_000 {
			t.Fatalf("round %d: %d buckets", round, n)
		}
	}
	spray(l, 0, 3*generationSize)
	if n := len(l.young) + len(l.old); n > 100_000 {
		t.Fatalf("%d buckets", n)
	}
	for range 2 {
		now = now.Add(generationLife + time.Second)
		l.take(flood)
	}
	if n := len(l.young) + len(l.old); n != 2 { // its own, in both generations
		t.Errorf("%d buckets are left of sources that went away", n)
	}
}
