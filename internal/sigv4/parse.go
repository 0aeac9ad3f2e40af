package sigv4

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeForm   = "20060102T150405Z"
	dateForm   = "20060102"

	maxAuthorization = 4096
)

// Scope is what a request must be signed for.
type Scope struct {
	Service string   // "cognito-idp"
	Region  string   // "" takes any
	Headers []string // lower-case; to be signed if present, beside host and x-amz-date
}

// Signature is what a request says of its own signing. Nothing of it is true
// until Verify has said so.
type Signature struct {
	AccessKeyID  string
	Region       string
	SessionToken string // X-Amz-Security-Token, "" as a rule

	service string
	at      time.Time
	headers []string // signed, lower-case, sorted
	sum     []byte
}

// Parse reads the Authorization header of r and holds it against scope. It
// fails with an *Error: Missing, Incomplete or BadSignature.
func Parse(r *http.Request, scope Scope) (Signature, error) {
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return Signature{}, errMissing()
	}
	stamp := r.Header.Values("X-Amz-Date")
	parts, missing := split(given[0])
	if len(stamp) == 0 {
		missing = append(missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if len(missing) > 0 {
		return Signature{}, &Error{Incomplete, strings.Join(missing, " ")}
	}
	at, err := time.Parse(timeForm, stamp[0])
	if err != nil || len(stamp) > 1 || len(given) > 1 {
		return Signature{}, &Error{Incomplete, "Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601."}
	}
	sum, err := hex.DecodeString(parts["Signature"])
	if err != nil {
		return Signature{}, errMismatch()
	}
	s := Signature{
		SessionToken: r.Header.Get("X-Amz-Security-Token"), service: scope.Service, at: at, sum: sum,
		headers: strings.Split(parts["SignedHeaders"], ";"),
	}
	if err := s.readCredential(parts["Credential"], scope.Region); err != nil {
		return Signature{}, err
	}
	return s, s.covers(r, scope.Headers)
}

// split takes the header apart and says which parameters it lacks, in AWS's
// words and order.
func split(header string) (parts map[string]string, missing []string) {
	parts = map[string]string{}
	if rest, ok := strings.CutPrefix(header, algorithm+" "); ok && len(header) <= maxAuthorization {
		for pair := range strings.SplitSeq(rest, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			parts[name] = value
		}
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			missing = append(missing, "Authorization header requires '"+name+"' parameter.")
		}
	}
	return parts, missing
}

// readCredential reads keyid/date/region/service/aws4_request.
func (s *Signature) readCredential(text, region string) error {
	p := strings.Split(text, "/")
	if len(p) != 5 || p[0] == "" {
		return &Error{Incomplete, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term"}
	}
	s.AccessKeyID, s.Region = p[0], p[2]
	var wrong []string
	if region != "" && s.Region != region {
		wrong = append(wrong, "Credential should be scoped to a valid region.")
	}
	if p[3] != s.service {
		wrong = append(wrong, fmt.Sprintf("Credential should be scoped to correct service: '%s'.", s.service))
	}
	if p[4] != terminator {
		wrong = append(wrong, fmt.Sprintf("Credential should be scoped with a valid terminator: '%s'.", terminator))
	}
	if p[1] != s.at.Format(dateForm) {
		wrong = append(wrong, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
	}
	if len(wrong) > 0 {
		return &Error{BadSignature, strings.Join(wrong, " ")}
	}
	return nil
}

// covers refuses a signature that leaves out what the request's meaning hangs
// on: somebody else could change it. A header is signed once; one named a
// thousand times would be written out as often.
func (s *Signature) covers(r *http.Request, headers []string) error {
	if !slices.IsSorted(s.headers) || len(slices.Compact(slices.Clone(s.headers))) != len(s.headers) {
		return errMismatch()
	}
	must := []string{"host", "x-amz-date"}
	for _, h := range append([]string{"x-amz-security-token"}, headers...) {
		if len(r.Header.Values(h)) > 0 {
			must = append(must, h)
		}
	}
	for _, h := range must {
		if !slices.Contains(s.headers, h) {
			return &Error{BadSignature, fmt.Sprintf("'%s' must be a 'SignedHeader' in the AWS Authorization.", h)}
		}
	}
	return nil
}
