package stories_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
)

// The stories of this file bring CloudFormation templates to a server, as
// `poolhouse apply` does.

// site is a server with the flags of those who apply templates to its ledger.
type site struct {
	*housetest.House
	ledger server.Ledger
}

func newSite(t *testing.T, database string) site {
	t.Helper()
	keys := filepath.Join(t.TempDir(), "master.key")
	h := housetest.Start(t, housetest.Config{Database: database, KeyFile: keys})
	return site{h, server.Ledger{Database: database, MasterKeyFile: keys, Region: "us-east-1", URL: "https://id.example.com"}}
}

// stackOf is a stack with parameters, NAME=VALUE.
func stackOf(name string, parameters ...string) server.Stack {
	s := server.Stack{Name: name, Region: "us-east-1", Account: "123456789012", URL: "https://id.example.com", Parameters: map[string]string{}}
	for _, p := range parameters {
		key, value, _ := strings.Cut(p, "=")
		s.Parameters[key] = value
	}
	return s
}

// apply applies a template and returns what it did, in short, and its outputs.
func (s site) apply(t *testing.T, text string, stack server.Stack) (did []string, outputs map[string]string, err error) {
	t.Helper()
	template, err := server.ReadTemplate([]byte(text), stack)
	if err != nil {
		return nil, nil, err
	}
	changes, given, err := server.ApplyTemplate(t.Context(), s.ledger, template, false)
	for _, c := range changes {
		did = append(did, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Action, c.Kind, c.Name, strings.Join(c.Members, ","))))
	}
	outputs = map[string]string{}
	for _, o := range given {
		outputs[o.Name] = o.Value
	}
	return did, outputs, err
}

// wanted is what somebody who reads the template expects of the API.
type wanted struct {
	Pool, Client                   map[string]any
	ResourceServers, Groups, Users []map[string]any
	Outputs                        map[string]string
	Notices                        []string
}

// styles are templates as three kinds of tools write them.
func styles() map[string]server.Stack {
	return map[string]server.Stack{
		"export.yaml": stackOf("bookshop"),
		"sam.yaml":    stackOf("orders", "AdminEmail=root@example.com", "AppUrls=https://a.example.com/cb, https://b.example.com/cb"),
		"cdk.json":    stackOf("Accounts"),
	}
}

func templateFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "templates", name))
	must(t, err)
	return string(text)
}

// Each template applies, applies again without a change, and is what an operator
// then sees of it; two machines come to the same ids.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for file, stack := range styles() {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text := templateFile(t, file)
			var want wanted
			must(t, json.Unmarshal([]byte(templateFile(t, strings.TrimSuffix(strings.TrimSuffix(file, ".yaml"), ".json")+".want.json")), &want))
			template, err := server.ReadTemplate([]byte(text), stack)
			must(t, err)
			var notices []string
			for _, n := range template.Notices {
				_, words, _ := strings.Cut(n.Error(), ", ")
				notices = append(notices, words)
			}
			if diff := cmp.Diff(want.Notices, append([]string{}, notices...)); diff != "" {
				t.Error(diff)
			}
			ids := make(chan string, 2)
			t.Run("on", func(t *testing.T) {
				housetest.Databases(t, func(t *testing.T, database string) { ids <- applied(t, newSite(t, database), text, stack, want) })
			})
			if one, other := <-ids, <-ids; one != other {
				t.Errorf("two machines made %s and %s", one, other)
			}
		})
	}
}

// applied tells the story on one machine, and returns the ids.
func applied(t *testing.T, s site, text string, stack server.Stack, want wanted) string {
	t.Helper()
	did, outputs, err := s.apply(t, text, stack)
	must(t, err)
	for _, line := range did {
		if !strings.HasPrefix(line, "created ") {
			t.Errorf("at first: %s", line)
		}
	}
	described(t, s, outputs, want)
	again, same, err := s.apply(t, text, stack)
	must(t, err)
	for _, line := range again {
		if !strings.HasPrefix(line, "unchanged ") {
			t.Errorf("the second time: %s", line)
		}
	}
	if diff := cmp.Diff(outputs, same); diff != "" || len(again) != len(did) {
		t.Errorf("the second time: %v %s", again, diff)
	}
	described(t, s, same, want)
	return outputs["PoolId"] + " " + outputs["ClientId"]
}

// described holds what the API shows against what is wanted.
func described(t *testing.T, s site, outputs map[string]string, want wanted) {
	t.Helper()
	c, ctx := sdk(s.House), t.Context()
	poolID, clientID := aws.String(outputs["PoolId"]), aws.String(outputs["ClientId"])
	p, err := c.DescribeUserPool(ctx, &cip.DescribeUserPoolInput{UserPoolId: poolID})
	must(t, err)
	hasAll(t, "the pool", want.Pool, p.UserPool)
	client, err := c.DescribeUserPoolClient(ctx, &cip.DescribeUserPoolClientInput{UserPoolId: poolID, ClientId: clientID})
	must(t, err)
	hasAll(t, "the app client", want.Client, client.UserPoolClient)
	servers, err := c.ListResourceServers(ctx, &cip.ListResourceServersInput{UserPoolId: poolID, MaxResults: aws.Int32(50)})
	must(t, err)
	groups, err := c.ListGroups(ctx, &cip.ListGroupsInput{UserPoolId: poolID})
	must(t, err)
	users, err := c.ListUsers(ctx, &cip.ListUsersInput{UserPoolId: poolID})
	must(t, err)
	if len(servers.ResourceServers) != len(want.ResourceServers) || len(groups.Groups) != len(want.Groups) || len(users.Users) != len(want.Users) {
		t.Fatalf("there are %d resource servers, %d groups, %d users", len(servers.ResourceServers), len(groups.Groups), len(users.Users))
	}
	for i := range want.ResourceServers {
		hasAll(t, "a resource server", want.ResourceServers[i], servers.ResourceServers[i])
	}
	for i := range want.Groups {
		hasAll(t, "a group", want.Groups[i], groups.Groups[i])
	}
	for i := range want.Users {
		hasAll(t, "a user", want.Users[i], memberOf(t, s, poolID, want.Users[i]["Username"].(string)))
	}
	fill := strings.NewReplacer("{PoolId}", *poolID, "{ClientId}", *clientID, "{Secret}", aws.ToString(client.UserPoolClient.ClientSecret))
	for name, value := range want.Outputs {
		if outputs[name] != fill.Replace(value) {
			t.Errorf("the output %s is %q", name, outputs[name])
		}
	}
}

// memberOf is somebody with its attributes and groups by name.
func memberOf(t *testing.T, s site, poolID *string, username string) map[string]any {
	t.Helper()
	u, err := sdk(s.House).AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID, Username: &username})
	must(t, err)
	g, err := sdk(s.House).AdminListGroupsForUser(t.Context(), &cip.AdminListGroupsForUserInput{UserPoolId: poolID, Username: &username})
	must(t, err)
	attributes, groups := map[string]string{}, []string{}
	for _, a := range u.UserAttributes {
		attributes[*a.Name] = *a.Value
	}
	for _, one := range g.Groups {
		groups = append(groups, *one.GroupName)
	}
	return map[string]any{"Username": username, "Attributes": attributes, "Groups": groups}
}

// hasAll demands all that is wanted of what there is; items of lists that have a
// Name are looked for by it.
func hasAll(t *testing.T, what string, want, got any) {
	t.Helper()
	var seen any
	text, err := json.Marshal(got)
	must(t, err)
	must(t, json.Unmarshal(text, &seen))
	if wrong := lacks(want, seen, what); len(wrong) > 0 {
		t.Errorf("%s\nin %s", strings.Join(wrong, "\n"), text)
	}
}

func lacks(want, got any, at string) (wrong []string) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name, inner := range w {
			wrong = append(wrong, lacks(inner, g[name], at+"."+name)...)
		}
		return wrong
	case []any:
		g, _ := got.([]any)
		for i, inner := range w {
			var found any
			if i < len(g) {
				found = g[i]
			}
			if m, ok := inner.(map[string]any); ok && m["Name"] != nil {
				if j := slices.IndexFunc(g, func(v any) bool { return v.(map[string]any)["Name"] == m["Name"] }); j >= 0 {
					found = g[j]
				}
			}
			wrong = append(wrong, lacks(inner, found, fmt.Sprint(at, ".", i))...)
		}
		if named := strings.HasSuffix(at, "SchemaAttributes"); len(w) != len(g) && !named {
			wrong = append(wrong, fmt.Sprintf("%s has %d items, want %d", at, len(g), len(w)))
		}
		return wrong
	}
	if !reflect.DeepEqual(want, got) {
		return []string{fmt.Sprintf("%s is %v, want %v", at, got, want)}
	}
	return nil
}

// People of a template are made once: invited by mail unless it says otherwise,
// brought to their attributes and groups, and never given another password.
func TestTemplatePeople(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := newSite(t, database)
		text := templateFile(t, "sam.yaml")
		stack := styles()["sam.yaml"]
		_, outputs, err := s.apply(t, text, stack)
		must(t, err)
		mail := s.Mail("root@example.com")
		if mail.Kind != pool.MailInvite || mail.Code == "" {
			t.Fatalf("the mail is %+v", mail)
		}
		poolID := aws.String(outputs["PoolId"])
		_, _, err = s.apply(t, text, stack)
		must(t, err)
		if n := s.Mails("root@example.com"); n != 1 {
			t.Errorf("%d mails", n)
		}
		c := sdk(s.House)
		_, err = c.AdminSetUserPassword(t.Context(), &cip.AdminSetUserPasswordInput{UserPoolId: poolID, Username: aws.String("root@example.com"), Password: aws.String("Agood1Password!"), Permanent: true})
		must(t, err)
		did, _, err := s.apply(t, strings.Replace(text, "Value: acme", "Value: ajax", 1), stack)
		must(t, err)
		if !slices.Contains(did, "updated user root@example.com custom:tenant") || !slices.Contains(did, "unchanged group member root@example.com in admins") {
			t.Errorf("it did %v", did)
		}
		u, err := c.AdminGetUser(t.Context(), &cip.AdminGetUserInput{UserPoolId: poolID, Username: aws.String("root@example.com")})
		must(t, err)
		if u.UserStatus != types.UserStatusTypeConfirmed {
			t.Errorf("the status is %s", u.UserStatus)
		}
		_, err = c.AdminRemoveUserFromGroup(t.Context(), &cip.AdminRemoveUserFromGroupInput{UserPoolId: poolID, Username: aws.String("root@example.com"), GroupName: aws.String("admins")})
		must(t, err)
		did, _, err = s.apply(t, text, stack)
		must(t, err)
		if !slices.Contains(did, "created group member root@example.com in admins") {
			t.Errorf("it did %v", did)
		}
		_, outputs, err = s.apply(t, templateFile(t, "cdk.json"), styles()["cdk.json"])
		must(t, err)
		if got := memberOf(t, s, aws.String(outputs["PoolId"]), "olive"); got["Attributes"].(map[string]string)["given_name"] != "Olive" {
			t.Errorf("she is %v", got)
		}
	})
}

// An account that a template cannot have leaves everything as it was.
func TestTemplateOfRefusedPeople(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := newSite(t, database)
		const before = `Resources:
  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: club, AliasAttributes: [preferred_username]}}
  Ann: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: ann, UserAttributes: [{Name: preferred_username, Value: annie}]}}
`
		_, _, err := s.apply(t, before, stackOf("club"))
		must(t, err)
		for _, c := range []struct{ properties, want string }{
			{"Username: annie", "Username: another account has the same preferred_username"},
			{"Username: 'a b'", "Username: is no username"},
			{"Username: bob, UserAttributes: [{Name: colour, Value: red}]", "UserAttributes: colour is no attribute of the pool"},
			{"Username: bob, UserAttributes: [{Name: email, Value: x}]", "UserAttributes: email is no e-mail address"},
			{"Username: bob, UserAttributes: [{Name: preferred_username, Value: ann}]", "Username: another account has the same preferred_username"},
			{"Username: bob, UserAttributes: [{Name: name, Value: a}, {Name: name, Value: b}]", `UserAttributes: "name" is there twice`},
			{"Username: ann, UserAttributes: [{Name: colour, Value: red}]", "UserAttributes: colour is no attribute of the pool"},
			{"Username: bob, MessageAction: RESEND", "MessageAction: must be SUPPRESS, or left out to send an invitation"},
		} {
			more := "  Web: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}\n  Bob: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, " + c.properties + "}}\n"
			_, _, err := s.apply(t, before+more, stackOf("club"))
			path := "line 5, Resources.Bob.Properties."
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("%s: %v", c.properties, err)
			}
		}
		stranger := "  In: {Type: AWS::Cognito::UserPoolUserToGroupAttachment, Properties: {UserPoolId: !Ref Pool, Username: nobody, GroupName: none}}\n" +
			"  Out: {Type: AWS::Cognito::UserPoolUserToGroupAttachment, Properties: {UserPoolId: !Ref Pool, Username: !Ref Ann, GroupName: none}}\n"
		_, _, err = s.apply(t, before+stranger, stackOf("club"))
		if want := "line 4, Resources.In.Properties.Username: there is no such user\nline 5, Resources.Out.Properties.GroupName: there is no such group"; err == nil || err.Error() != want {
			t.Errorf("strangers: %v", err)
		}
		did, _, err := s.apply(t, before, stackOf("club"))
		if want := []string{"unchanged user pool club", "unchanged user ann"}; err != nil || !slices.Equal(did, want) {
			t.Errorf("it did %v, %v", did, err)
		}
	})
}
