package server

import (
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one source may POST, in requests a second, and at once after a pause:
// Cognito's quota for a source address at a domain (Cognito: Quotas), and a
// tighter one where a request costs a password hash or a mail. Behind one address
// there may be a whole office.
const (
	postRate, postBurst     = 300, 300
	costlyRate, costlyBurst = 20, 60
)

// Buckets that nobody used for generationLife are full again, so they can be
// forgotten. A generation that has become too large is put aside early: whoever
// has so many addresses to spray from gains nothing by being forgotten.
const (
	generationLife = time.Minute
	generationSize = 50_000
)

// limiter keeps a token bucket for each source. Two generations of at most
// generationSize buckets each bound its memory without a search: what is used
// moves to the young one, and the old one is dropped as a whole. It counts on
// this node alone.
type limiter struct {
	now   func() time.Time
	local bool // requests from this machine count too; not so in development

	mu         sync.Mutex
	young, old map[bucketKey]*rate.Limiter
	turned     time.Time // when young began
}

// bucketKey: a source is an IPv4 address or an IPv6 /64, which one subscriber has
// as a rule.
type bucketKey struct {
	source netip.Prefix
	costly bool
}

// limit answers 429 for a source that asks too often. The API, which is "/",
// asks for itself: it alone knows what a call costs, and how to say no.
func (l *limiter) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path != "/" && !(l.admits(r.RemoteAddr, false) && (!isCostly(r.URL.Path) || l.admits(r.RemoteAddr, true))) {
			refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// admits counts a request of the client, which forwarded has put into
// RemoteAddr, in its bucket of all requests or in that of the costly ones.
func (l *limiter) admits(remoteAddr string, costly bool) bool {
	peer, _ := netip.ParseAddrPort(remoteAddr) // who has no address shares a bucket
	ip := peer.Addr().Unmap()
	if ip.IsLoopback() && !l.local {
		return true
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	source, _ := ip.Prefix(bits) // fails for no address only
	return l.take(bucketKey{source, costly})
}

// isCostly says whether a POST to the path hashes a password or sends a mail.
// Paths of the pages have no case.
func isCostly(path string) bool {
	switch strings.ToLower(path) {
	case "/login", "/signup", "/confirm", "/resendcode", "/forgotpassword", "/confirmforgotpassword", "/changepassword":
		return true
	}
	return false
}

// take takes a token out of a bucket, if there is one.
func (l *limiter) take(key bucketKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	bucket := l.young[key]
	if bucket == nil {
		bucket = l.old[key]
	}
	if bucket == nil {
		bucket = rate.NewLimiter(postRate, postBurst)
		if key.costly {
			bucket = rate.NewLimiter(costlyRate, costlyBurst)
		}
	}
	if l.young == nil || len(l.young) >= generationSize || now.Sub(l.turned) > generationLife {
		l.old, l.young, l.turned = l.young, map[bucketKey]*rate.Limiter{}, now
	}
	l.young[key] = bucket
	return bucket.AllowN(now, 1)
}

// refuse answers as RFC 6585 §4 says, in the shape that the asker reads. It does
// no work worth limiting.
func refuse(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Retry-After", "1")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	contentType, body := "text/html; charset=utf-8", `<!doctype html><html lang="en"><title>Too many requests</title>
<p>Too many requests come from your network at this moment. Go back and try again in a few seconds.</p></html>
`
	if strings.HasPrefix(strings.ToLower(r.URL.Path), "/oauth2/") {
		h.Set("Access-Control-Allow-Origin", "*") // as the endpoints do: scripts may read the reason
		contentType, body = "application/json;charset=UTF-8", `{"error":"too_many_requests"}`
	} else {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
	h.Set("Content-Type", contentType)
	w.WriteHeader(http.StatusTooManyRequests)
	io.WriteString(w, body)
}
