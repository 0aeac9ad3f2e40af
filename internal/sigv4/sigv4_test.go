package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	target = "AWSCognitoIdentityProviderService.ListUserPools"
)

var (
	idp  = Scope{Service: "cognito-idp", Headers: []string{"x-amz-target"}}
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
)

// signed is a call as the AWS SDK sends it, as a server sees it.
func signed(t *testing.T, body string, edit func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:9229/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	if edit != nil {
		edit(r)
	}
	digest := sha256.Sum256([]byte(body))
	creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hex.EncodeToString(digest[:]), "cognito-idp", "us-east-1", noon); err != nil {
		t.Fatal(err)
	}
	return r
}

func check(r *http.Request, body, secret string, now time.Time) error {
	s, err := Parse(r, idp)
	if err != nil {
		return err
	}
	return s.Verify(r, []byte(body), secret, now)
}

func reason(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return 0
}

// The example of AWS's documentation (Create a signed AWS API request).
func TestDocumentedVector(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "+
		"Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
	s, err := Parse(r, Scope{Service: "iam"})
	if err != nil {
		t.Fatal(err)
	}
	if s.AccessKeyID != "AKIDEXAMPLE" || s.Region != "us-east-1" {
		t.Errorf("read %+v", s)
	}
	if err := s.Verify(r, nil, secret, time.Date(2015, 8, 30, 12, 40, 0, 0, time.UTC)); err != nil {
		t.Error(err)
	}
}

func TestSDKSignature(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*http.Request){
		"plain":          nil,
		"several values": func(r *http.Request) { r.Header["X-Amz-Meta"] = []string{" a  b ", "c"} },
		"session token":  func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "t") },
		"content hash": func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
		},
		"path and query":  func(r *http.Request) { r.URL.Path = "/a b/ü"; r.URL.RawQuery = "z=1&a=%2B+x&a=" },
		"default port":    func(r *http.Request) { r.Host = "idp.example.com" },
		"not their agent": func(r *http.Request) { r.Header.Set("User-Agent", "aws-sdk-go-v2") },
	} {
		if err := check(signed(t, `{}`, edit), `{}`, secret, noon.Add(time.Minute)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A real server's view of a request, with the length that Go's client adds.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	got := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- check(r, string(body), secret, noon)
	}))
	defer server.Close()
	body := `{"MaxResults":1}`
	r, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	digest := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "A", SecretAccessKey: secret}, r, hex.EncodeToString(digest[:]), "cognito-idp", "us-east-1", noon); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Header.Get("Authorization"), "content-length") {
		t.Fatal("the client no longer signs the length: this test proves nothing")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestTampering(t *testing.T) {
	t.Parallel()
	drop := func(header string) func(*http.Request) {
		return func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", strings.NewReplacer(";"+header, "", header+";", "").Replace(a))
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, edit := range map[string]func(*http.Request){
		"target": set("X-Amz-Target", "AWSCognitoIdentityProviderService.DeleteUserPool"),
		"second target": func(r *http.Request) {
			r.Header.Add("X-Amz-Target", "AWSCognitoIdentityProviderService.DeleteUserPool")
		},
		"host":          func(r *http.Request) { r.Host = "elsewhere" },
		"method":        func(r *http.Request) { r.Method = http.MethodPut },
		"path":          func(r *http.Request) { r.URL.Path = "/x" },
		"query":         func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"date":          set("X-Amz-Date", "20261102T120001Z"),
		"unsigned host": drop("host"), "unsigned date": drop("x-amz-date"), "unsigned target": drop("x-amz-target"),
		"added token":  set("X-Amz-Security-Token", "t"),
		"no signature": func(r *http.Request) { cut(r, "Signature=", 0) }, "half a signature": func(r *http.Request) { cut(r, "Signature=", 32) },
	} {
		r := signed(t, `{}`, nil)
		edit(r)
		if err := check(r, `{}`, secret, noon); reason(err) != BadSignature && reason(err) != Incomplete {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := signed(t, `{}`, nil)
	for name, err := range map[string]error{
		"body": check(r, `{ }`, secret, noon), "no body": check(r, ``, secret, noon),
		"secret": check(r, `{}`, secret+"x", noon), "no secret": check(r, `{}`, "", noon),
	} {
		if reason(err) != BadSignature {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// cut shortens what follows mark in the Authorization header to n characters.
func cut(r *http.Request, mark string, n int) {
	head, tail, _ := strings.Cut(r.Header.Get("Authorization"), mark)
	r.Header.Set("Authorization", head+mark+tail[:n])
}

func TestRegion(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"": "", "us-east-1": "", "eu-west-1": "Credential should be scoped to a valid region.", "US-EAST-1": "Credential should be scoped to a valid region."} {
		_, err := Parse(signed(t, `{}`, nil), Scope{Service: "cognito-idp", Region: region})
		if want == "" && err != nil || want != "" && (reason(err) != BadSignature || err.Error() != want) {
			t.Errorf("signed for us-east-1, wanted for %q: %v", region, err)
		}
	}
}

// A header that is signed many times is not written out as often: whoever knows
// a key's id, which is no secret, could have a megabyte made of each of 2,000.
func TestHeaderSignedTwice(t *testing.T) {
	t.Parallel()
	r := signed(t, `{}`, nil)
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), ";host;", ";host;host;", 1))
	if _, err := Parse(r, idp); reason(err) != BadSignature {
		t.Errorf("got %v", err)
	}
}

// Only a hash of this very body passes, whatever the client calls it.
func TestUnsignedPayload(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(`{}`))
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, "UNSIGNED-PAYLOAD", "cognito-idp", "us-east-1", noon); err != nil {
		t.Fatal(err)
	}
	if err := check(r, `{}`, secret, noon); reason(err) != BadSignature {
		t.Errorf("got %v", err)
	}
}

// A signature made with an empty secret is nobody's, even where one is stored.
func TestEmptySecret(t *testing.T) {
	t.Parallel()
	r := signed(t, `{}`, nil)
	s, err := Parse(r, idp)
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("AWS4")
	for _, part := range []string{"20261102", "us-east-1", "cognito-idp", "aws4_request"} {
		key = sum(key, part)
	}
	digest := sha256.Sum256([]byte(s.canonical(r, []byte(`{}`))))
	s.sum = sum(key, "AWS4-HMAC-SHA256\n20261102T120000Z\n20261102/us-east-1/cognito-idp/aws4_request\n"+hex.EncodeToString(digest[:]))
	if err := s.Verify(r, []byte(`{}`), "", noon); reason(err) != BadSignature {
		t.Errorf("got %v", err)
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		now  time.Time
		want Reason
		text string
	}{
		{noon, 0, ""}, {noon.Add(MaxSkew), 0, ""}, {noon.Add(-MaxSkew), 0, ""},
		{noon.Add(MaxSkew + time.Second), Expired, "Signature expired: 20261102T120000Z is now earlier than 20261102T120001Z (20261102T120501Z - 5 min.)"},
		{noon.Add(-MaxSkew - time.Second), NotYetCurrent, "Signature not yet current: 20261102T120000Z is still later than 20261102T115959Z (20261102T115459Z + 5 min.)"},
	} {
		err := check(signed(t, `{}`, nil), `{}`, secret, c.now)
		if reason(err) != c.want || err != nil && err.Error() != c.text {
			t.Errorf("at %s: %v", c.now, err)
		}
	}
	// Somebody without the secret learns nothing of our clock.
	if err := check(signed(t, `{}`, nil), `{}`, "guess", noon.Add(time.Hour)); reason(err) != BadSignature {
		t.Errorf("wrong secret and old: %v", err)
	}
}

func TestHeaderForms(t *testing.T) {
	t.Parallel()
	good := signed(t, `{}`, nil).Header.Get("Authorization")
	for name, c := range map[string]struct {
		header string
		want   Reason
	}{
		"as sent":         {good, 0},
		"no spaces":       {strings.ReplaceAll(good, ", ", ","), 0},
		"none":            {"", Incomplete},
		"bearer":          {"Bearer abc", Incomplete},
		"basic":           {"Basic Og==", Incomplete},
		"algorithm":       {strings.Replace(good, "SHA256", "SHA1", 1), Incomplete},
		"only algorithm":  {"AWS4-HMAC-SHA256 ", Incomplete},
		"no credential":   {strings.Replace(good, "Credential", "Credentials", 1), Incomplete},
		"short scope":     {strings.Replace(good, "/aws4_request", "", 1), Incomplete},
		"no key":          {strings.Replace(good, "AKIDEXAMPLE", "", 1), Incomplete},
		"service":         {strings.Replace(good, "cognito-idp/", "dynamodb/", 1), BadSignature},
		"terminator":      {strings.Replace(good, "aws4_request", "aws5_request", 1), BadSignature},
		"day":             {strings.Replace(good, "20261102", "20261101", 1), BadSignature},
		"region":          {strings.Replace(good, "us-east-1", "us-east-2", 1), BadSignature},
		"not hexadecimal": {good[:len(good)-2] + "zz", BadSignature},
		"endless":         {good + "," + strings.Repeat("a", maxAuthorization), Incomplete},
	} {
		r := signed(t, `{}`, nil)
		r.Header.Set("Authorization", c.header)
		if err := check(r, `{}`, secret, noon); reason(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := signed(t, `{}`, nil)
	r.Header.Del("Authorization")
	if err := check(r, `{}`, secret, noon); reason(err) != Missing || err.Error() != "Missing Authentication Token" {
		t.Errorf("unsigned: %v", err)
	}
	for _, bad := range [][]string{nil, {""}, {"2026-11-02T12:00:00Z"}, {"20261102T120000Z", "20261102T120000Z"}} {
		r := signed(t, `{}`, nil)
		r.Header["X-Amz-Date"] = bad
		if err := check(r, `{}`, secret, noon); reason(err) != Incomplete {
			t.Errorf("date %q: %v", bad, err)
		}
	}
	r = signed(t, `{}`, nil)
	r.Header.Add("Authorization", good)
	if err := check(r, `{}`, secret, noon); reason(err) != Incomplete {
		t.Errorf("two headers: %v", err)
	}
}

func TestErrorsForCallers(t *testing.T) {
	t.Parallel()
	if !errors.Is(ErrUnknownKey(), &Error{Reason: UnknownKey}) {
		t.Error("errors.Is does not see the reason")
	}
	if errors.Is(ErrUnknownKey(), &Error{Reason: BadSignature}) {
		t.Error("errors.Is sees the wrong reason")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20261102/us-east-1/cognito-idp/aws4_request, SignedHeaders=host;x-amz-date, Signature=00ff", "20261102T120000Z")
	f.Add("Bearer x", "")
	f.Add("AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;,Signature=,", "20261102T120000Z")
	f.Fuzz(func(t *testing.T, authorization, date string) {
		r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Amz-Date", date)
		s, err := Parse(r, idp)
		if err != nil {
			if reason(err) == 0 {
				t.Fatalf("%q: an error without a reason: %v", authorization, err)
			}
			return
		}
		if s.AccessKeyID == "" || bytes.ContainsAny([]byte(s.AccessKeyID), "/,") {
			t.Fatalf("%q: read the key %q", authorization, s.AccessKeyID)
		}
		if s.Verify(r, nil, secret, s.at) == nil {
			t.Fatalf("%q: a signature made without the secret was accepted", authorization)
		}
	})
}
