package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

const sdkModule = "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

func loadModel(t testing.TB) *model.Model {
	t.Helper()
	m, err := model.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// vector returns the sample body that the SDK has of an operation's request or
// response, and false where it has none.
func vector(t *testing.T, folder, operation, kind string) ([]byte, bool) {
	t.Helper()
	whole, err := os.ReadFile(filepath.Join(folder, kind+"_snapshot", operation+"."+kind+".snap"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	_, body, found := bytes.Cut(whole, []byte("\n\n{"))
	if !found {
		t.Fatalf("%s %s: no body in the sample", operation, kind)
	}
	return append([]byte("{"), body...), true
}

func sdkFolder(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", sdkModule).Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		t.Fatalf("the SDK's module is not in the module cache (%v)", err)
	}
	return folder
}

// The samples of the AWS SDK pass through our structs and come out the same.
func TestSDKVectors(t *testing.T) {
	t.Parallel()
	m, folder, types := loadModel(t), sdkFolder(t), wireTypes()
	seen := 0
	for name, op := range m.Operations {
		if body, found := vector(t, folder, name, "request"); found {
			seen++
			roundTrip(t, op.Input, types[op.Input.Name](), body)
		}
		if op.Output == nil {
			continue // whose sample is {}
		}
		if body, found := vector(t, folder, name, "response"); found {
			roundTrip(t, op.Output, types[op.Output.Name](), body)
		}
	}
	if seen != 132 {
		t.Errorf("%d operations had a sample, want 132", seen)
	}
}

func roundTrip(t *testing.T, shape *model.Shape, wire any, body []byte) {
	t.Helper()
	o, err := shape.Read(body)
	if err == nil {
		err = fill(o, wire)
	}
	if err != nil {
		t.Errorf("%s: %v", shape.Name, err)
		return
	}
	out, err := encode(wire)
	if err != nil {
		t.Errorf("%s: %v", shape.Name, err)
		return
	}
	if diff := cmp.Diff(anyOf(t, body), anyOf(t, out)); diff != "" {
		t.Errorf("%s (-sample +ours):\n%s", shape.Name, diff)
	}
}

func anyOf(t *testing.T, body []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return v
}

// Absence is kept apart from false, 0, "", [] and {} both ways.
func TestAbsence(t *testing.T) {
	t.Parallel()
	m := loadModel(t)
	for _, c := range []struct{ shape, body string }{
		{"CreateUserPoolRequest", `{"PoolName":"n"}`},
		{"CreateUserPoolRequest", `{"PoolName":"n","Policies":{"PasswordPolicy":{"MinimumLength":8,"RequireNumbers":false,"TemporaryPasswordValidityDays":0}}}`},
		{"CreateUserPoolRequest", `{"PoolName":"n","AliasAttributes":[],"UserPoolTags":{},"LambdaConfig":{}}`},
		{"AdminUpdateUserAttributesRequest", `{"UserPoolId":"p","Username":"u","UserAttributes":[{"Name":"email"},{"Name":"name","Value":""}]}`},
		{"InitiateAuthResponse", `{"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"a","ExpiresIn":0}}`},
		{"DescribeUserPoolResponse", `{"UserPool":{"Id":"p","EstimatedNumberOfUsers":0,"CreationDate":1689030181.63,"SchemaAttributes":[{"Name":"sub","Mutable":false,"StringAttributeConstraints":{}}]}}`},
		{"CompleteWebAuthnRegistrationRequest", `{"AccessToken":"t","Credential":{"n":null,"a":[1.50,{}],"<":">"}}`},
	} {
		roundTrip(t, m.Shapes[c.shape], wireTypes()[c.shape](), []byte(c.body))
	}
}

// AWS's names are case-sensitive; encoding/json's are not.
func TestNamesInAnotherCase(t *testing.T) {
	t.Parallel()
	m := loadModel(t)
	o, err := m.Shapes["SignUpRequest"].Read([]byte(`{"ClientId":"c","Username":"ann","username":"bob","USERNAME":"eve","password":"p","UserAttributes":[{"Name":"n","name":"m"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var in SignUpRequest
	if err := fill(o, &in); err != nil {
		t.Fatal(err)
	}
	if in.Username != "ann" || in.Password != "" || in.UserAttributes[0].Name != "n" {
		t.Errorf("read %s %s %s", string(in.Username), string(in.Password), in.UserAttributes[0].Name)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for ms, want := range map[Time]string{1689721665239: "1689721665.239", 1689030181630: "1689030181.63", 946684800000: "946684800", 946684800001: "946684800.001", 5: "0.005", -1500: "-1.5"} {
		got, err := json.Marshal(ms)
		if err != nil || string(got) != want {
			t.Errorf("%d is written %s (%v), want %s", int64(ms), got, err, want)
		}
		var back Time
		if err := json.Unmarshal(got, &back); err != nil || back != ms {
			t.Errorf("%s is read %d (%v)", got, int64(back), err)
		}
	}
	if err := new(Time).UnmarshalJSON([]byte(`"2026"`)); err == nil {
		t.Error("a text was read as a time")
	}
}

func TestAnswersAreNotEscaped(t *testing.T) {
	t.Parallel()
	got, err := encode(map[string]string{"a": "<b>&"})
	if err != nil || string(got) != `{"a":"<b>&"}` {
		t.Errorf("%s, %v", got, err)
	}
}

// However a struct is printed or logged, what is sensitive is not in it.
func TestSensitiveIsHidden(t *testing.T) {
	t.Parallel()
	in := InitiateAuthRequest{AuthFlow: "USER_PASSWORD_AUTH", ClientId: "s3cret", AuthParameters: SensitiveMap{"PASSWORD": "s3cret"}, Session: "s3cret",
		UserContextData: &UserContextDataType{EncodedData: new("s3cret")}}
	user := UserType{Username: "s3cret", Attributes: []AttributeType{{Name: "email", Value: new(Sensitive("s3cret"))}}}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "in", in, "user", user, "context", *in.UserContextData, "one", in.Session, "map", in.AuthParameters)
	}
	printed := log.String() + fmt.Sprintf("%v %+v %#v %v %+v %v", in, in, in, user, user, *in.UserContextData)
	if strings.Contains(printed, "s3cret") {
		t.Errorf("a secret was printed: %s", printed)
	}
	if !strings.Contains(printed, hidden) {
		t.Error("nothing was hidden: this test proves nothing")
	}
}

// Whatever passes reading and checking becomes a struct, and what the struct
// becomes reads as the same again.
func FuzzCodec(f *testing.F) {
	m, types := loadModel(f), wireTypes()
	f.Add("SignUp", []byte(`{"ClientId":"c","Username":"ann","Password":"a-b-c","UserAttributes":[{"Name":"email","Value":""}],"ClientMetadata":{}}`))
	f.Add("CreateUserPool", []byte(`{"PoolName":"n","Policies":{"PasswordPolicy":{"MinimumLength":1e1,"RequireNumbers":false}}}`))
	f.Add("SetUICustomization", []byte(`{"UserPoolId":"us-east-1_a","ImageFile":"AAAA"}`))
	f.Add("CreateManagedLoginBranding", []byte(`{"UserPoolId":"us-east-1_a","ClientId":"c","Settings":{"a":[1,null]}}`))
	f.Fuzz(func(t *testing.T, operation string, body []byte) {
		op := m.Operations[operation]
		if op == nil {
			return
		}
		o, err := op.Input.Read(body)
		if err != nil || op.Input.Check(o) != "" {
			return
		}
		in := types[op.Input.Name]()
		if err := fill(o, in); err != nil {
			t.Fatalf("%s %s: %v", operation, body, err)
		}
		out, err := encode(in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := op.Input.Read(out)
		if err != nil {
			t.Fatalf("%s: our own %s: %v", operation, out, err)
		}
		second := types[op.Input.Name]()
		if err := fill(again, second); err != nil || !reflect.DeepEqual(normal(t, in), normal(t, second)) {
			t.Fatalf("%s %s came back as %s (%v)", operation, body, out, err)
		}
	})
}

// normal irons out how documents are spaced.
func normal(t *testing.T, v any) any {
	t.Helper()
	b, err := encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return anyOf(t, b)
}
