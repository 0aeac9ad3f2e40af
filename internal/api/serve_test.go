package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/seal"
	"github.com/poolhouse/poolhouse/internal/store"
)

// house is the door alone, with handlers that do what a test says.
type house struct {
	url  string
	logs *lockedBuffer
	now  time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const keySecret = "the secret of a key"

// echoes are handlers that answer with what they were told.
func echoes() map[string]operation {
	return map[string]operation{
		"SignUp": does(byClient, func(_ context.Context, _ *call, in *SignUpRequest) (*SignUpResponse, error) {
			if in.Username == "taken" {
				return nil, fmt.Errorf("wrapped: %w", &pool.Error{Kind: pool.UsernameExists, Reason: "username"})
			}
			if in.Username == "broken" {
				return nil, errors.New("the disk is full of s3cret things")
			}
			return &SignUpResponse{UserSub: string(in.Username), CodeDeliveryDetails: &CodeDeliveryDetailsType{AttributeName: "email"}}, nil
		}),
		"DescribeUserPool": does(byOperator, func(_ context.Context, c *call, in *DescribeUserPoolRequest) (*DescribeUserPoolResponse, error) {
			return &DescribeUserPoolResponse{UserPool: &UserPoolType{Id: in.UserPoolId, Name: "pool", Arn: "arn:" + c.Operator.ARN, EstimatedNumberOfUsers: new(0), CreationDate: 1689721665239}}, nil
		}),
		"DeleteUserPool": doesQuietly(byOperator, func(context.Context, *call, *DeleteUserPoolRequest) error { return nil }),
		"TagResource": does(byOperator, func(context.Context, *call, *TagResourceRequest) (*TagResourceResponse, error) {
			return &TagResourceResponse{}, nil
		}),
		"DeleteUser": doesQuietly(byToken, func(context.Context, *call, *DeleteUserRequest) error { return nil }),
	}
}

// ledger is an empty one, for the audit trail.
func ledger(t *testing.T) *store.DB {
	t.Helper()
	folder := t.TempDir()
	ring, err := seal.CreateFile(filepath.Join(folder, "key"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(folder, "db"), ring)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func start(t *testing.T, edit func(*API)) *house {
	t.Helper()
	h := &house{logs: &lockedBuffer{}, now: time.Now()}
	a := &API{
		DB: ledger(t), Region: "us-east-1", Admits: func(string, bool) bool { return true },
		Log: slog.New(slog.NewTextHandler(h.logs, nil)), Now: func() time.Time { return h.now },
		Operators: func(_ context.Context, id string) (Operator, bool, error) {
			switch id {
			case "AKALL":
				return Operator{ARN: "all", Secret: keySecret}, true, nil
			case "AKREAD":
				return Operator{ARN: "reader", Secret: keySecret, May: func(reads bool, _ string) bool { return reads }}, true, nil
			case "AKBOUND":
				return Operator{ARN: "bound", Secret: keySecret, May: func(_ bool, id string) bool { return id == "us-east-1_mine" }}, true, nil
			case "AKFAULT":
				return Operator{}, false, errors.New("no ledger")
			}
			return Operator{}, false, nil
		},
	}
	if edit != nil {
		edit(a)
	}
	server := httptest.NewServer(a.handler(echoes()))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// sdk is the official Go client; it asks once and does not mend its clock.
func (h *house) sdk(key, secret string) *idp.Client {
	return idp.New(idp.Options{
		Region: "us-east-1", BaseEndpoint: &h.url, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (h *house) post(t *testing.T, target, body string, edit func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, h.url+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	if edit != nil {
		edit(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(got)}
}

const service = "AWSCognitoIdentityProviderService."

func TestSDKCalls(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	out, err := h.sdk("", "").SignUp(t.Context(), &idp.SignUpInput{ClientId: aws.String("c"), Username: aws.String("ann"), Password: aws.String("p-p-p")})
	if err != nil {
		t.Fatal(err)
	}
	if *out.UserSub != "ann" || out.UserConfirmed || *out.CodeDeliveryDetails.AttributeName != "email" {
		t.Errorf("SignUp: %+v", out)
	}
	described, err := h.sdk("AKALL", keySecret).DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: aws.String("us-east-1_a")})
	if err != nil {
		t.Fatal(err)
	}
	if p := described.UserPool; *p.Id != "us-east-1_a" || *p.Arn != "arn:all" || p.CreationDate.UnixMilli() != 1689721665239 {
		t.Errorf("DescribeUserPool: %+v", p)
	}
	if _, err := h.sdk("AKALL", keySecret).DeleteUserPool(t.Context(), &idp.DeleteUserPoolInput{UserPoolId: aws.String("us-east-1_a")}); err != nil {
		t.Errorf("an answer without a body: %v", err)
	}
	// A signed call of an operation that needs none is taken, its key unseen.
	signed := h.sdk("AKNOBODY", "x")
	if _, err := signed.SignUp(t.Context(), &idp.SignUpInput{ClientId: aws.String("c"), Username: aws.String("ann")}, func(o *idp.Options) {}); err != nil {
		t.Errorf("a signed public call: %v", err)
	}
}

func TestSDKErrors(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	_, err := h.sdk("", "").SignUp(t.Context(), &idp.SignUpInput{ClientId: aws.String("c"), Username: aws.String("taken")})
	exists, ok := errors.AsType[*types.UsernameExistsException](err)
	if !ok || exists.ErrorMessage() != "User already exists" {
		t.Errorf("a refusal of a verb: %v", err)
	}
	_, err = h.sdk("", "").SignUp(t.Context(), &idp.SignUpInput{ClientId: aws.String("c"), Username: aws.String(" ")})
	invalid, ok := errors.AsType[*types.InvalidParameterException](err)
	if !ok || !strings.HasPrefix(invalid.ErrorMessage(), "1 validation error detected: Value at 'username' failed") {
		t.Errorf("the model's check: %v", err)
	}
	_, err = h.sdk("", "").SignUp(t.Context(), &idp.SignUpInput{ClientId: aws.String("c"), Username: aws.String("broken")})
	if internal, ok := errors.AsType[*types.InternalErrorException](err); !ok || strings.Contains(internal.Error(), "s3cret") {
		t.Errorf("our own fault: %v", err)
	}
	_, err = h.sdk("AKALL", keySecret).AdminListDevices(t.Context(), &idp.AdminListDevicesInput{UserPoolId: aws.String("us-east-1_a"), Username: aws.String("ann")})
	if unsupported, ok := errors.AsType[*types.UnsupportedOperationException](err); !ok && codeOf(err) != "UnsupportedOperationException" || ok && !strings.Contains(unsupported.ErrorMessage(), "AdminListDevices") {
		t.Errorf("an operation that is not offered: %v", err)
	}
	if n := strings.Count(h.logs.String(), "internal error"); n != 1 || !strings.Contains(h.logs.String(), "operation=SignUp") || !strings.Contains(h.logs.String(), "disk is full") {
		t.Errorf("logged %d times: %s", n, h.logs)
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

func TestErrorsOnTheWire(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	signUp := service + "SignUp"
	for _, c := range []struct {
		name, target, body, want string
		status                   int
	}{
		{"unknown operation", service + "DoMagic", `{}`, `{"__type":"UnknownOperationException"}`, 400},
		{"another service", "DynamoDB_20120810.SignUp", `{}`, `{"__type":"UnknownOperationException"}`, 400},
		{"no target", "", `{}`, `{"__type":"UnknownOperationException"}`, 400},
		{"not offered", service + "AdminListDevices", `nonsense`, `{"__type":"UnsupportedOperationException","message":"The operation AdminListDevices is not supported by this server."}`, 400},
		{"no JSON", signUp, `{`, `{"__type":"SerializationException"}`, 400},
		{"no body", signUp, ``, `{"__type":"SerializationException"}`, 400},
		{"wrong type", signUp, `{"Username":1}`, `{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to a String"}`, 400},
		{"invalid", signUp, `{"ClientId":"c"}`, `{"__type":"InvalidParameterException","message":"1 validation error detected: Value at 'username' failed to satisfy constraint: Member must not be null"}`, 400},
		{"refused", signUp, `{"ClientId":"c","Username":"taken"}`, `{"__type":"UsernameExistsException","message":"User already exists"}`, 400},
		{"our fault", signUp, `{"ClientId":"c","Username":"broken"}`, `{"__type":"InternalErrorException","message":"Something went wrong on our side. Please try again."}`, 500},
		{"unsigned", service + "DescribeUserPool", `{"UserPoolId":"us-east-1_a"}`, `{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}`, 400},
	} {
		got := h.post(t, c.target, c.body, nil)
		var body struct {
			Type    string `json:"__type"`
			Message string
		}
		if got.status != c.status || got.body != c.want || json.Unmarshal([]byte(got.body), &body) != nil {
			t.Errorf("%s: %d %s\nwant %d %s", c.name, got.status, got.body, c.status, c.want)
		}
		if got.header.Get("Content-Type") != contentType || got.header.Get("x-amzn-ErrorType") != body.Type+":" || got.header.Get("x-amzn-ErrorMessage") != body.Message {
			t.Errorf("%s: headers %v", c.name, got.header)
		}
		if id := got.header.Get("x-amzn-RequestId"); len(id) != 36 {
			t.Errorf("%s: request id %q", c.name, id)
		}
	}
}

func TestMessagesThatAreNoHeader(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	long := strings.Repeat("x", 2000)
	for _, c := range []struct{ operation, body string }{
		{"DeleteUserPool", `{"UserPoolId":"ü"}`}, {"DeleteUserPool", `{"UserPoolId":"a\nb"}`},
		{"TagResource", `{"ResourceArn":"` + long + `","Tags":{"` + long + `":"` + long + `"}}`},
	} {
		got := h.post(t, service+c.operation, c.body, h.signWith(t, "AKALL", keySecret))
		if got.status != 400 || got.header.Get("x-amzn-ErrorMessage") != "" || !strings.Contains(got.body, "Member must satisfy") {
			t.Errorf("%.40s: %d %v %.200s", c.body, got.status, got.header, got.body)
		}
	}
}

// A call that would cost a hash or a mail is counted before it is held against
// the model: what is wrong with it costs something too.
func TestCostlyCallsAreCountedFirst(t *testing.T) {
	t.Parallel()
	a := &API{Admits: func(_ string, costly bool) bool { return !costly }}
	handler := a.handler(map[string]operation{"SignUp": costly(echoes()["SignUp"])})
	r, w := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"UserAttributes":[{}]}`)), httptest.NewRecorder()
	r.Header.Set("X-Amz-Target", service+"SignUp")
	handler.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), "TooManyRequestsException") {
		t.Errorf("answered %s", w.Body)
	}
}

func TestLargeBody(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	got := h.post(t, service+"SignUp", `{"ClientId":"`+strings.Repeat("c", maxBody)+`"}`, nil)
	if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, "RequestEntityTooLargeException") {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = h.post(t, service+"SignUp", `{"ClientId":"`+strings.Repeat("c", maxBody-20)+`"}`, nil)
	if got.status != 400 || !strings.Contains(got.body, "InvalidParameterException") {
		t.Errorf("just small enough: %d %.200s", got.status, got.body)
	}
}

func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	got := h.post(t, service+"DeleteUser", `{"AccessToken":"a"}`, nil)
	if got.status != 200 || got.body != "" || got.header.Get("Content-Length") != "0" {
		t.Errorf("no output in the model: %d %q %v", got.status, got.body, got.header)
	}
	got = h.post(t, service+"TagResource", `{"ResourceArn":"arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_a","Tags":{}}`, h.signWith(t, "AKALL", keySecret))
	if got.status != 200 || got.body != "{}" {
		t.Errorf("an empty output: %d %q", got.status, got.body)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	h := start(t, nil)
	r, _ := http.NewRequest(http.MethodOptions, h.url+"/", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "cache-control,content-type,x-amz-target,x-amz-user-agent")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	const expose = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "POST", "Access-Control-Max-Age": "172800", "Access-Control-Expose-Headers": expose,
		"Access-Control-Allow-Headers": "cache-control,content-type,x-amz-target,x-amz-user-agent", "Access-Control-Allow-Credentials": "",
	} {
		if got := response.Header.Get(name); got != want || response.StatusCode != 200 {
			t.Errorf("preflight %d: %s is %q, want %q", response.StatusCode, name, got, want)
		}
	}
	got := h.post(t, service+"SignUp", `{}`, nil)
	if got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Expose-Headers") != expose || got.header.Get("Access-Control-Max-Age") != "" {
		t.Errorf("call: %v", got.header)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		r, _ := http.NewRequest(method, h.url+"/", nil)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, response.StatusCode)
		}
	}
}

// A handler under the wrong name, or open where the model wants a signature,
// stops the program at its start.
func TestMisfitsAreFoundAtStart(t *testing.T) {
	t.Parallel()
	list := func(who auth) operation {
		return does(who, func(context.Context, *call, *ListUsersRequest) (*ListUsersResponse, error) { return nil, nil })
	}
	quiet := doesQuietly(byOperator, func(context.Context, *call, *ListUsersRequest) error { return nil })
	for name, offered := range map[string]map[string]operation{
		"no such operation": {"ListPeople": list(byOperator)}, "another's input": {"ListGroups": list(byOperator)},
		"unsigned": {"ListUsers": list(byClient)}, "no output": {"ListUsers": quiet},
		"another's output": {"ListUsers": does(byOperator, func(context.Context, *call, *ListUsersRequest) (*ListGroupsResponse, error) { return nil, nil })},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was taken", name)
				}
			}()
			(&API{}).handler(offered)
		}()
	}
	(&API{}).handler(map[string]operation{"ListUsers": list(byOperator)})
	(&API{}).Handler()
}
