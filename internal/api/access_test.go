package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// signWith signs a request as an SDK does.
func (h *house) signWith(t *testing.T, key, secret string) func(*http.Request) {
	t.Helper()
	return signedFor(t, "us-east-1", key, secret)
}

func signedFor(t *testing.T, region, key, secret string) func(*http.Request) {
	return func(r *http.Request) {
		t.Helper()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		digest := sha256.Sum256(body)
		if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}, r, hex.EncodeToString(digest[:]), "cognito-idp", region, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOperatorSignatures(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	body := `{"UserPoolId":"us-east-1_a"}`
	with := func(key, secret string, then func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			h.signWith(t, key, secret)(r)
			if then != nil {
				then(r)
			}
		}
	}
	for _, c := range []struct {
		name string
		edit func(*http.Request)
		want string // in the body; "" for success
	}{
		{"good", with("AKALL", keySecret, nil), ""},
		{"unsigned", nil, `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`},
		{"bearer", func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, `"IncompleteSignatureException","message":"Authorization header requires 'Credential' parameter.`},
		{"unknown key", with("AKNOBODY", keySecret, nil), `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`},
		{"wrong secret", with("AKALL", "guess", nil), `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided. Check your`},
		{"another body", with("AKALL", keySecret, func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"UserPoolId":"us-east-1_b"}`)) }), `"InvalidSignatureException"`},
		{"another operation", with("AKALL", keySecret, func(r *http.Request) { r.Header.Set("X-Amz-Target", service+"DeleteUserPool") }), `"InvalidSignatureException"`},
		{"another region", signedFor(t, "eu-west-1", "AKALL", keySecret), `{"__type":"InvalidSignatureException","message":"Credential should be scoped to a valid region."}`},
		{"temporary credentials", func(r *http.Request) {
			r.Header.Set("X-Amz-Security-Token", "t")
			h.signWith(t, "AKALL", keySecret)(r)
		}, `"UnrecognizedClientException"`},
		{"a fault of ours", with("AKFAULT", keySecret, nil), `"InternalErrorException"`},
	} {
		got := h.post(t, service+"DescribeUserPool", body, c.edit)
		if c.want == "" && got.status != 200 || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{time.Hour: "Signature expired: ", -time.Hour: "Signature not yet current: "} {
		h := start(t, nil)
		h.now = h.now.Add(ahead)
		got := h.post(t, service+"DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, h.signWith(t, "AKALL", keySecret))
		if !strings.Contains(got.body, `"InvalidSignatureException","message":"`+want) || got.header.Get("Date") == "" {
			t.Errorf("%s: %s", ahead, got.body)
		}
	}
}

// A key does what it was made for; a refusal comes before anything is said of
// the body.
func TestKeyRights(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	for _, c := range []struct {
		key, operation, body string
		allowed              bool
	}{
		{"AKREAD", "DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, true},
		{"AKREAD", "DeleteUserPool", `{"UserPoolId":"us-east-1_a"}`, false},
		{"AKREAD", "DeleteUserPool", `{"UserPoolId":" invalid "}`, false},
		{"AKBOUND", "DeleteUserPool", `{"UserPoolId":"us-east-1_mine"}`, true},
		{"AKBOUND", "DeleteUserPool", `{"UserPoolId":"us-east-1_yours"}`, false},
		{"AKBOUND", "DeleteUserPool", `{"UserPoolId":"us-east-1_mine","UserPoolId":"us-east-1_yours"}`, false},
		{"AKBOUND", "DeleteUserPool", `{"userPoolId":"us-east-1_mine"}`, false},
		{"AKBOUND", "TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_mine","Tags":{}}`, true},
		{"AKBOUND", "TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_yours","Tags":{}}`, false},
		{"AKBOUND", "TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_yours","UserPoolId":"us-east-1_mine","Tags":{}}`, false},
	} {
		got := h.post(t, service+c.operation, c.body, h.signWith(t, c.key, keySecret))
		if (got.status == 200) != c.allowed || !c.allowed && !strings.Contains(got.body, `"AccessDeniedException","message":"User: `) {
			t.Errorf("%s %s %s: %d %s", c.key, c.operation, c.body, got.status, got.body)
		}
	}
}

// In demo and --dev any key will do, but not for pages of other hosts.
func TestAnyKey(t *testing.T) {
	t.Parallel()
	h := start(t, func(a *API) { a.AnyKey, a.Host, a.Operators = true, "pool.localhost", nil })
	if _, err := h.sdk("local", "local").DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: aws.String("us-east-1_a")}); err != nil {
		t.Error(err)
	}
	for origin, allowed := range map[string]bool{
		"http://localhost:9229": true, "http://127.0.0.1:8080": true, "http://[::1]:3000": true, "https://app.localhost": true,
		"https://evil.example": false, "null": false, "http://localhost.evil.example": false, "http://127.0.0.1.evil.example": false, "file://": false, "http://10.0.0.1": false,
		"": false, "http://evil.example@localhost": false, "http://localhost/": false, "http://localhost?": false, "localhost": false,
	} {
		got := h.post(t, service+"DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, func(r *http.Request) {
			r.Header.Set("Origin", origin)
			h.signWith(t, "any", "any")(r)
		})
		if (got.status == 200) != allowed {
			t.Errorf("%s: %d %s", origin, got.status, got.body)
		}
	}
	for host, allowed := range map[string]bool{
		"localhost:9229": true, "127.0.0.1:9229": true, "[::1]:9229": true, "pool.localhost": true,
		"evil.example": false, "evil.example:9229": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.1": false,
	} {
		got := h.post(t, service+"DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, func(r *http.Request) {
			r.Host = host
			signedFor(t, "eu-west-1", "any", "any")(r)
		})
		if (got.status == 200) != allowed || !allowed && !strings.Contains(got.body, `"AccessDeniedException"`) {
			t.Errorf("Host %s: %d %s", host, got.status, got.body)
		}
	}
	if got := h.post(t, service+"DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, nil); !strings.Contains(got.body, "MissingAuthenticationToken") {
		t.Errorf("unsigned: %s", got.body)
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"DescribeUserPool": true, "ListUsers": true, "GetGroup": true, "AdminGetUser": true, "AdminListDevices": true,
		"AdminCreateUser": false, "DeleteUserPool": false, "SetUICustomization": false, "AdminInitiateAuth": false, "TagResource": false,
	} {
		if reads(name) != want {
			t.Errorf("reads(%s) = %v", name, !want)
		}
	}
}
