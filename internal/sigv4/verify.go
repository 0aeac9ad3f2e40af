package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxSkew is how far the time of signing may lie from ours, either way.
const MaxSkew = 5 * time.Minute

// Verify returns nil if r, with this body, was signed with secret within
// MaxSkew of now. It fails with an *Error: BadSignature, Expired or
// NotYetCurrent. The signature is looked at first, so that the clock's answer is
// for those only who hold the secret; it is compared in constant time.
func (s Signature) Verify(r *http.Request, body []byte, secret string, now time.Time) error {
	date := s.at.Format(dateForm)
	scope := strings.Join([]string{date, s.Region, s.service, terminator}, "/")
	canonical := sha256.Sum256([]byte(s.canonical(r, body)))
	key := []byte("AWS4" + secret)
	for _, part := range []string{date, s.Region, s.service, terminator} {
		key = sum(key, part)
	}
	want := sum(key, strings.Join([]string{algorithm, s.at.Format(timeForm), scope, hex.EncodeToString(canonical[:])}, "\n"))
	if !hmac.Equal(want, s.sum) || secret == "" {
		return errMismatch()
	}
	return s.current(now)
}

func (s Signature) current(now time.Time) error {
	at, limit := s.at.Format(timeForm), MaxSkew/time.Minute
	if edge := now.Add(-MaxSkew); s.at.Before(edge) {
		return &Error{Expired, fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %d min.)", at, edge.UTC().Format(timeForm), now.UTC().Format(timeForm), limit)}
	}
	if edge := now.Add(MaxSkew); s.at.After(edge) {
		return &Error{NotYetCurrent, fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %d min.)", at, edge.UTC().Format(timeForm), now.UTC().Format(timeForm), limit)}
	}
	return nil
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// canonical writes the request in the one form that both sides hash (AWS:
// Create a canonical request).
func (s Signature) canonical(r *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, canonicalPath(r.URL), canonicalQuery(r.URL))
	for _, name := range s.headers {
		fmt.Fprintf(&b, "%s:%s\n", name, headerValue(r, name))
	}
	payload := sha256.Sum256(body)
	fmt.Fprintf(&b, "\n%s\n%x", strings.Join(s.headers, ";"), payload)
	return b.String()
}

// headerValue joins the values of one header, inner runs of spaces made one.
// Go's server keeps Host, and may keep Content-Length, apart from the others.
func headerValue(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}

// canonicalPath escapes each segment a second time, as every service but S3 has
// it.
func canonicalPath(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		return "/"
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}
	return strings.Join(segments, "/")
}

func canonicalQuery(u *url.URL) string {
	var pairs []string
	for name, values := range u.Query() {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape leaves the unreserved characters of RFC 3986 alone and nothing else.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
