package setup_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/cloudformation"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

func stackNamed(name string) cloudformation.Stack {
	return cloudformation.Stack{Name: name, Region: "us-east-1", Account: "000000000000", URL: "https://id.example.com", Parameters: map[string]string{}}
}

func template(t *testing.T, stack, text string) *setup.Template {
	t.Helper()
	made, err := setup.ReadTemplate([]byte(text), stackNamed(stack))
	must(t, err)
	return made
}

const shop = `Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: shop}
  Web:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, ClientName: web, AllowedOAuthScopes: [!Sub '${Books}/read']}
  Books:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties: {UserPoolId: !Ref Pool, Identifier: books, Name: Books, Scopes: [{ScopeName: read, ScopeDescription: Read}]}
  Host:
    Type: AWS::Cognito::UserPoolDomain
    Properties: {UserPoolId: !Ref Pool, Domain: shop}
  Staff:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {UserPoolId: !Ref Pool, GroupName: staff}
`

// An SQLite ledger's files, byte for byte.
func files(t *testing.T, folder string) string {
	t.Helper()
	var all bytes.Buffer
	for _, name := range []string{"s.db", "s.db-wal"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		must(t, err)
		all.Write(content)
	}
	return all.String()
}

// The same template again writes nothing at all.
func TestAgainWritesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := desk(t, "sqlite:"+filepath.Join(folder, "s.db"))
	must(t, second(s.Apply(t.Context(), template(t, "shop", shop).Document, false)))
	before := files(t, folder)
	changes, err := s.Apply(t.Context(), template(t, "shop", shop).Document, false)
	must(t, err)
	want := []string{"unchanged user pool shop", "unchanged resource server books", "unchanged app client web", "unchanged domain shop", "unchanged group staff"}
	if diff := cmp.Diff(want, did(changes)); diff != "" {
		t.Error(diff)
	}
	if files(t, folder) != before {
		t.Error("the ledger's files are not what they were")
	}
	must(t, second(s.Apply(t.Context(), template(t, "shop", strings.Replace(shop, "Name: Books", "Name: Tomes", 1)).Document, false)))
	if files(t, folder) == before {
		t.Error("a change left the ledger's files as they were: nothing was looked at")
	}
}

// What the template no longer has is said, not deleted; what it has anew is
// made, and both know their stack.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		must(t, second(s.Apply(t.Context(), template(t, "shop", shop).Document, false)))
		must(t, second(s.Apply(t.Context(), template(t, "other", strings.ReplaceAll(shop, "Domain: shop", "Domain: other")).Document, false)))
		const renamed = `Resources:
  Customers: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: customers}}
`
		changes, err := s.Apply(t.Context(), template(t, "shop", renamed).Document, false)
		must(t, err)
		got := did(changes)
		slices.Sort(got)
		want := []string{"created user pool customers", "left app client web", "left domain shop", "left group staff", "left resource server Books", "left user pool shop"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, err := s.DB.Domain(t.Context(), "shop"); err != nil {
			t.Errorf("the domain: %v", err)
		}
		changes, err = s.Apply(t.Context(), template(t, "shop", renamed+strings.TrimPrefix(shop, "Resources:\n")).Document, false)
		must(t, err)
		if got := did(changes); len(got) != 6 || slices.ContainsFunc(got, func(line string) bool { return !strings.HasPrefix(line, "unchanged ") }) {
			t.Errorf("once all are there again: %v", got)
		}
	})
}

// A stack changes nothing that it did not make, by whatever way the template
// comes to name it; nor does who applies a document lose the stack's mark.
func TestStacksKeepApart(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := desk(t, database)
		ctx := t.Context()
		mine := template(t, "shop", shop).Document
		poolID, clientID := mine.UserPools[0].ID, mine.UserPoolClients[0].ID
		// Somebody has made, with ids of their choice, what the stack would make.
		there := mine
		there.Stack = ""
		must(t, second(s.Apply(ctx, there, false)))
		_, err := s.Apply(ctx, mine, false)
		refused, _ := errors.AsType[setup.Refused](err)
		var got []string
		for _, r := range refused {
			got = append(got, r.Error())
		}
		want := []string{
			"UserPools.0: Stack: is there already, and the stack shop did not make it", "ResourceServers.0: Stack: is there already, and the stack shop did not make it",
			"UserPoolClients.0: Stack: is there already, and the stack shop did not make it", "UserPoolDomains.0: Stack: is there already, and the stack shop did not make it",
			"Groups.0: Stack: is there already, and the stack shop did not make it",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		// A template that names somebody's pool takes over neither its domain nor
		// what else has a name there; it may add to it.
		foreign := strings.NewReplacer("!Ref Pool", poolID, "UserPoolName: shop", "UserPoolName: thief").Replace(shop)
		_, err = s.Apply(ctx, template(t, "thief", foreign).Document, false)
		if refused, _ := errors.AsType[setup.Refused](err); len(refused) != 3 {
			t.Errorf("a thief heard %v", err)
		}
		// A client's id that is in another pool already.
		moved := mine
		moved.UserPools = []setup.PoolEntry{{ID: "us-east-1_Elsewhere", Settings: pool.Settings{PoolName: "elsewhere"}}}
		moved.ResourceServers, moved.UserPoolDomains, moved.Groups = nil, nil, nil
		moved.UserPoolClients = []setup.ClientEntry{{UserPoolID: "us-east-1_Elsewhere", ID: clientID, ClientSettings: pool.ClientSettings{ClientName: "web"}}}
		if _, err := s.Apply(ctx, moved, false); err == nil || !strings.Contains(err.Error(), "belongs to user pool "+poolID) {
			t.Errorf("a client's id of another pool: %v", err)
		}
		// The mark of a stack cannot be written by hand.
		if _, err := s.Apply(ctx, read(t, `{"UserPoolDomains": [{"UserPoolId": "`+poolID+`", "Domain": "shop", "Stack": "shop"}]}`), false); err == nil {
			t.Error("a domain said by itself whose it is")
		}
	})
}

// Updates by the API and by documents leave the mark.
func TestMarkStays(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	ctx := t.Context()
	d := template(t, "shop", shop).Document
	must(t, second(s.Apply(ctx, d, false)))
	poolID, clientID := d.UserPools[0].ID, d.UserPoolClients[0].ID
	must(t, second(s.UpdatePool(ctx, poolID, pool.Settings{PoolName: "renamed"})))
	must(t, second(s.UpdateClient(ctx, setup.ClientEntry{UserPoolID: poolID, ID: clientID, ClientSettings: pool.ClientSettings{ClientName: "renamed"}})))
	must(t, s.UpdateDomain(ctx, pool.Domain{UserPoolID: poolID, Domain: "shop", ManagedLoginVersion: 2}))
	must(t, s.UpdateResourceServer(ctx, pool.ResourceServer{UserPoolID: poolID, Identifier: "books", Name: "renamed"}))
	must(t, second(s.UpdateGroup(ctx, setup.GroupEntry{UserPoolID: poolID, GroupName: "staff", GroupSettings: pool.GroupSettings{RoleArn: "arn:aws:iam::000000000000:role/x"}})))
	d.Stack = ""
	must(t, second(s.Apply(ctx, d, false)))
	changes, err := s.Apply(ctx, template(t, "shop", shop).Document, false)
	must(t, err)
	for _, c := range changes {
		if c.Action != setup.Unchanged {
			t.Errorf("%+v", c)
		}
	}
}

// Where CloudFormation would replace a resource, the change is refused, with the
// line; the rest of the template too.
func TestReplacementsAreRefused(t *testing.T) {
	t.Parallel()
	const born = `Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: shop
      Schema: [{Name: a, AttributeDataType: String}]
  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ClientName: web, GenerateSecret: false}}
  Machine: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ClientName: machine, GenerateSecret: true}}
  Host: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: shop}}
`
	s := onSQLite(t)
	must(t, second(s.Apply(t.Context(), template(t, "shop", born).Document, false)))
	for _, c := range []struct{ from, to, want string }{
		{"UserPoolName: shop", "UsernameAttributes: [email]", "line 5, Resources.Pool.Properties.UsernameAttributes: cannot be changed once the pool has been created"},
		{"UserPoolName: shop", "AliasAttributes: [email]", "line 5, Resources.Pool.Properties.AliasAttributes: cannot be changed once the pool has been created"},
		{"UserPoolName: shop", "UsernameConfiguration: {CaseSensitive: false}", "line 5, Resources.Pool.Properties.UsernameConfiguration.CaseSensitive: cannot be changed once the pool has been created"},
		{"Name: a,", "Name: b,", "line 6, Resources.Pool.Properties.Schema: cannot be changed once the pool has been created"},
		{"AttributeDataType: String", "AttributeDataType: Number", "line 6, Resources.Pool.Properties.Schema: cannot be changed once the pool has been created"},
		{"GenerateSecret: false", "GenerateSecret: true", "line 7, Resources.Web.Properties.GenerateSecret: cannot be changed once the app client has been created"},
		{"GenerateSecret: true", "GenerateSecret: false", "line 8, Resources.Machine.Properties.GenerateSecret: cannot be changed once the app client has been created"},
		{"Domain: shop", "Domain: shops", `line 9, Resources.Host.Properties.Domain: the user pool has the domain "shop" already`},
	} {
		changed := template(t, "shop", strings.Replace(born, c.from, c.to, 1))
		_, err := s.Apply(t.Context(), changed.Document, false)
		if err = changed.Explain(err); err == nil || err.Error() != c.want {
			t.Errorf("%s → %s: %v, want %s", c.from, c.to, err, c.want)
		}
	}
	grown := strings.Replace(born, "AttributeDataType: String}", "AttributeDataType: String}, {Name: b}", 1)
	changes, err := s.Apply(t.Context(), template(t, "shop", grown).Document, false)
	if err != nil || did(changes)[0] != "updated user pool shop Schema" {
		t.Errorf("one more attribute: %v, %v", did(changes), err)
	}
}

// What cannot be read, what is not supported and what a rule refuses is said at
// once, each with its line; a pool that is refused does not make its clients
// wrong.
func TestTemplateRefusals(t *testing.T) {
	t.Parallel()
	_, err := setup.ReadTemplate([]byte(`Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      UserPoolName: a/b
      MfaConfiguration: ON
      EnabledMfas: [SMS_MFA]
      LambdaConfig: {PreSignUp: 'arn:aws:lambda:us-east-1:000000000000:function:x'}
      SmsConfiguration: {SnsCallerArn: x}
      Polices: {}
      Policies: {PasswordPolicy: {MinimumLength: 2, RequireSymbols: maybe}}
  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, AccessTokenValidity: 9000, CallbackURLs: ['http://evil.example']}}
  Host: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: My}}
  Staff: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: a b}}
  Ann: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: ann, ValidationData: [{Name: a, Value: b}]}}
`), stackNamed("shop"))
	want := `line 5, Resources.Pool.Properties.UserPoolName: must be 1 to 128 letters, digits, spaces or +=,.@-_
line 7, Resources.Pool.Properties.EnabledMfas: "SMS_MFA" is not supported yet
line 8, Resources.Pool.Properties.LambdaConfig: is not supported yet
line 9, Resources.Pool.Properties.SmsConfiguration: is not supported yet
line 10, Resources.Pool.Properties.Polices: there is no such property
line 11, Resources.Pool.Properties.Policies.PasswordPolicy.RequireSymbols: must be true or false
line 11, Resources.Pool.Properties.Policies.PasswordPolicy.MinimumLength: must be 6 to 99
line 12, Resources.Web.Properties.CallbackURLs: "http://evil.example" must be https, or http on localhost, 127.0.0.1 or [::1]
line 12, Resources.Web.Properties.AccessTokenValidity: invalid range for token validity
line 13, Resources.Host.Properties.Domain: must be a prefix of lower-case letters, digits and hyphens, or a host name
line 14, Resources.Staff.Properties.GroupName: must be 1 to 128 letters, marks, symbols, digits or punctuation, without spaces
line 15, Resources.Ann.Properties.ValidationData: is not supported yet`
	if err == nil {
		t.Fatal("the template passed")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"", "1a", "a b", "a_b", strings.Repeat("a", 129)} {
		if _, err := setup.ReadTemplate([]byte(shop), stackNamed(name)); err == nil {
			t.Errorf("a stack can be called %q", name)
		}
	}
}

// A new account's password is bound to its pool's id, which a document with
// people must choose.
func TestPeopleNeedAChosenPool(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	_, err := s.Apply(t.Context(), read(t, `{"UserPools": [{"PoolName": "one"}], "Users": [{"Username": "ann"}]}`), true)
	if want := "Users.0: UserPoolId: choose the pool's Id: the password of a new account is bound to it"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// The id of a pool that was deleted is not given again: that is said once, and
// not again of all that would be in the pool.
func TestDeletedPoolOfAStack(t *testing.T) {
	t.Parallel()
	s := onSQLite(t)
	made := template(t, "shop", strings.Replace(shop, "Domain: shop", "Domain: other", 1))
	must(t, second(s.Apply(t.Context(), made.Document, false)))
	must(t, s.DeleteDomain(t.Context(), made.Document.UserPools[0].ID, "other"))
	must(t, s.DeletePool(t.Context(), made.Document.UserPools[0].ID))
	_, err := s.Apply(t.Context(), made.Document, false)
	if err == nil || !strings.HasSuffix(err.Error(), "has been deleted: its id is not given again") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// FuzzTemplate: whatever the text is, it is read in bounded time and memory or
// refused, and what is taken is a document that the reader of documents takes.
func FuzzTemplate(f *testing.F) {
	// Short ones: a fuzzer makes every text that it likes as short as it can first.
	for _, text := range []string{
		`{"Resources":{"A":{"Type":"AWS::Cognito::UserPool","Properties":{"UserPoolTags":{"a/b":1},"Schema":[{"Name":"x"}],"SmsVerificationMessage":"x"}}}}`,
		"Resources: {A: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Sub '${P}', Precedence: !If [B, '1', !Ref AWS::NoValue]}}}\nConditions: {B: !Not [!Condition B]}\nParameters: {P: {Type: String}}",
		"Resources: {A: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref P, Domain: !Join ['', [a, !Ref P]]}}}\nParameters: {P: {Type: String, AllowedPattern: '.*'}}",
		"Resources: {A: {Type: AWS::Cognito::UserPool}}\nOutputs: {V: {Value: !Sub ['${X}${A.Arn}', {X: !Select [0, !Split ['-', !Ref AWS::Region]]}]}}",
		"Resources: {A: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: x, Username: !FindInMap [M, a, b], UserAttributes: [{Name: a, Value: b}]}}}\nMappings: {M: {a: {b: c}}}",
		"{",
	} {
		f.Add([]byte(text), "${Pool}")
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		s := stackNamed("fuzz")
		if bytes.Contains(text, []byte("Parameters")) {
			s.Parameters["P"] = value
		}
		made, err := setup.ReadTemplate(text, s)
		if err != nil {
			return
		}
		again, err := json.Marshal(made.Document)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := setup.ReadDocument(again); err != nil {
			t.Errorf("the document of a template is refused: %v\n%s", err, again)
		}
	})
}
