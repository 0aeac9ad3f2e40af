package stories_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// office is a house as in production whose operators' door is tried as a whole:
// each operation that works, with bodies that the API's model makes.
type office struct {
	t     testing.TB
	house *housetest.House
	chief pool.OperatorKey // may do everything
	calls atomic.Uint32
}

func openOffice(t testing.TB, database string) *office {
	t.Helper()
	off := false
	o := &office{t: t, house: housetest.Start(t, housetest.Config{Database: database, Dev: &off})}
	o.chief = o.key(pool.OperatorKey{Name: "chief"})
	return o
}

func (o *office) key(ask pool.OperatorKey) pool.OperatorKey {
	o.t.Helper()
	k, err := addKey(o.house, ask)
	must(o.t, err)
	return k
}

// letter is a call before it is sent: who signs it, for where, and what an
// attacker changes after that.
type letter struct {
	key             pool.OperatorKey
	operation       string
	body            []byte
	service, region string // "" is the right one
	token           string // of a session, signed
	at              time.Time
	unsigned        bool
	then            func(*http.Request)
}

// send delivers a call without the network, each from an address of its own.
func (o *office) send(l letter) answer {
	o.t.Helper()
	r := httptest.NewRequest(http.MethodPost, o.house.URL()+"/", bytes.NewReader(l.body))
	n := o.calls.Add(1)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", byte(n>>16), byte(n>>8), byte(n))
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+l.operation)
	if !l.unsigned {
		digest := sha256.Sum256(l.body)
		service, region, at := l.service, l.region, l.at
		if service == "" {
			service = "cognito-idp"
		}
		if region == "" {
			region = "us-east-1"
		}
		if at.IsZero() {
			at = o.house.Now()
		}
		must(o.t, v4.NewSigner().SignHTTP(o.t.Context(), aws.Credentials{AccessKeyID: l.key.ID, SecretAccessKey: l.key.Secret.Reveal(), SessionToken: l.token}, r, hex.EncodeToString(digest[:]), service, region, at))
	}
	if l.then != nil {
		l.then(r)
	}
	w := httptest.NewRecorder()
	o.house.Handler().ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if strings.HasPrefix(a.body, "{") {
		must(o.t, json.Unmarshal([]byte(a.body), &a.json))
	}
	return a
}

// ask makes a call with a key.
func (o *office) ask(k pool.OperatorKey, operation string, members map[string]any) answer {
	o.t.Helper()
	body, err := json.Marshal(members)
	must(o.t, err)
	return o.send(letter{key: k, operation: operation, body: body})
}

// does makes a call of the chief, which succeeds.
func (o *office) does(operation string, members map[string]any) answer {
	o.t.Helper()
	a := o.ask(o.chief, operation, members)
	if a.status != http.StatusOK {
		o.t.Fatalf("%s answered %d %s", operation, a.status, a.body)
	}
	return a
}

// rows is how many rows are written while f runs, but for the audit trail.
func (o *office) rows(f func()) uint64 {
	before := o.house.DB.Cost()
	f()
	cost := o.house.DB.Cost().Since(before)
	return cost.Rows - cost.Events
}

// scene is a pool and one thing of each kind in it, by the names that the
// members of calls have.
type scene map[string]any

// furnish makes a pool with two things of each kind; its scene has the first.
// What name is in the names of all of them.
func (o *office) furnish(name string) scene {
	o.t.Helper()
	id := o.does("CreateUserPool", map[string]any{"PoolName": name, "UserPoolAddOns": map[string]any{"AdvancedSecurityMode": "AUDIT"}}).json["UserPool"].(map[string]any)["Id"].(string)
	s := scene{"UserPoolId": id, "Domain": name + "-domain", "GroupName": name + "-group-1", "Identifier": name + "-server-1", "Username": name + "-user-1"}
	in := func(members map[string]any) map[string]any { members["UserPoolId"] = id; return members }
	for i := range 2 {
		n := fmt.Sprint(i + 1)
		client := o.does("CreateUserPoolClient", in(map[string]any{"ClientName": name + "-client-" + n, "ExplicitAuthFlows": []string{"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}))
		s["ClientId"] = client.json["UserPoolClient"].(map[string]any)["ClientId"]
		o.does("CreateGroup", in(map[string]any{"GroupName": name + "-group-" + n}))
		o.does("CreateResourceServer", in(map[string]any{"Identifier": name + "-server-" + n, "Name": name}))
		o.does("AdminCreateUser", in(map[string]any{"Username": name + "-user-" + n, "MessageAction": "SUPPRESS"}))
		o.does("AdminSetUserPassword", in(map[string]any{"Username": name + "-user-" + n, "Password": strongOne, "Permanent": true}))
		o.does("AdminAddUserToGroup", in(map[string]any{"Username": name + "-user-" + n, "GroupName": name + "-group-1"}))
	}
	o.does("AdminAddUserToGroup", in(map[string]any{"Username": s["Username"], "GroupName": name + "-group-2"}))
	o.does("CreateUserPoolDomain", in(map[string]any{"Domain": s["Domain"]}))
	s.signsIn()
	o.does("AdminInitiateAuth", s.body(o.t, workingOperations(o.t)["AdminInitiateAuth"]))
	sessions := o.does("AdminListUserSessions", in(map[string]any{"Username": s["Username"]})).json["Sessions"].([]any)
	s["SessionId"] = sessions[0].(map[string]any)["SessionId"]
	return s
}

const strongOne = "Correct-h0rse"

// nowhere is a scene in which nothing exists.
func nowhere() scene {
	s := scene{"UserPoolId": noPool, "ClientId": noApp, "Domain": "invented-domain", "GroupName": "invented-group", "Identifier": "invented-server", "Username": "invented-user", "SessionId": anySession}
	s.signsIn()
	return s
}

// signsIn sets what the calls that sign in carry beside the user's name, and
// what names a pool in another way.
func (s scene) signsIn() {
	s["AuthFlow"], s["AuthParameters"] = "ADMIN_USER_PASSWORD_AUTH", map[string]any{"USERNAME": s["Username"], "PASSWORD": strongOne}
	s["ChallengeName"], s["ChallengeResponses"], s["Session"] = "NEW_PASSWORD_REQUIRED", map[string]any{"USERNAME": s["Username"], "NEW_PASSWORD": strongOne}, noSession
	s["Password"] = strongOne
	s["ResourceArn"] = fmt.Sprint("arn:aws:cognito-idp:us-east-1:000000000000:userpool/", s["UserPoolId"])
}

// body is what an operation requires, by the model or in fact: things of the
// scene, and samples of all else.
func (s scene) body(t testing.TB, op *model.Operation) map[string]any {
	t.Helper()
	members := map[string]any{}
	for _, m := range op.Input.Members {
		if !m.Required && !slices.Contains([]string{"AuthParameters", "ChallengeResponses", "Session"}, m.Name) {
			continue
		}
		if known, there := s[m.Name]; there {
			members[m.Name] = known
		} else {
			members[m.Name] = sampleOf(t, m.Shape)
		}
	}
	return members
}

// sampleOf is a value of a shape that its constraints allow.
func sampleOf(t testing.TB, s *model.Shape) any {
	t.Helper()
	switch s.Type {
	case model.Structure:
		members := map[string]any{}
		for _, m := range s.Members {
			if m.Required {
				members[m.Name] = sampleOf(t, m.Shape)
			}
		}
		return members
	case model.List:
		return []any{sampleOf(t, s.Element)}
	case model.Map:
		return map[string]any{"name": sampleOf(t, s.Element)}
	case model.Boolean:
		return true
	case model.Integer, model.Long:
		if s.Min != nil {
			return max(1, *s.Min)
		}
		return 1
	case model.Timestamp:
		return 1_700_000_000
	case model.Blob:
		return "AAAA"
	}
	return sampleText(t, s)
}

func sampleText(t testing.TB, s *model.Shape) string {
	t.Helper()
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	for _, text := range []string{
		"name", "a-name-of-24-letters-or-more", strings.Repeat("a", 24), "123456", "us-east-1_0a1b2c3d", "import-0a1b", "https://name.example.com/", "name@example.com", "It is {####}.", "{##here##}",
		"arn:aws:iam::123456789012:role/name", "arn:aws:s3:::name", "6f9619ff-8b86-4011-b42d-00c04fc964ff", "terms-of-use", "cognito:english",
	} {
		n := int64(len(text))
		if s.Matches(text) && (s.Min == nil || n >= *s.Min) && (s.Max == nil || n <= *s.Max) {
			return text
		}
	}
	t.Fatalf("there is no sample of %s: add one", s.Name)
	return ""
}
