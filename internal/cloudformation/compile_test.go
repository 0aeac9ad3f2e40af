package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/cloudformation"
)

func stack() cloudformation.Stack {
	return cloudformation.Stack{Name: "shop", Region: "eu-west-1", Account: "123456789012", URL: "https://id.example.com"}
}

// pool is a template with one pool and more.
func pool(more string) string {
	return "Resources:\n  Pool: {Type: AWS::Cognito::UserPool}\n" + more
}

// said are the problems of a template, each as "line path: reason".
func said(err error) []string {
	problems, _ := err.(cloudformation.Problems)
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d %s: %s", p.Line, p.Path, p.Reason))
	}
	return out
}

// value compiles a template whose output V has the value, and returns it.
func value(t *testing.T, s cloudformation.Stack, expression, more string) (string, error) {
	t.Helper()
	c, err := cloudformation.Compile([]byte(pool(more)+"Outputs:\n  V:\n    Value: "+expression+"\n"), s)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, part := range c.Outputs[0].Parts {
		out.WriteString(part.Text)
		if part.ClientID != "" {
			out.WriteString("secret of " + part.ClientID)
		}
	}
	return out.String(), nil
}

const around = `  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ClientName: web}}
  Books: {Type: AWS::Cognito::UserPoolResourceServer, Properties: {UserPoolId: !Ref Pool, Identifier: !Sub 'books-${Word}', Name: Books}}
  Host: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: shop}}
  Staff: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: staff}}
  Ann: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: ann}}
Parameters:
  Word: {Type: String, Default: 'a "${AWS::Region}" word'}
  List: {Type: CommaDelimitedList, Default: 'a, b,c'}
  None: {Type: CommaDelimitedList, Default: ''}
  Six: {Type: Number, Default: 6}
Mappings:
  Sizes: {eu-west-1: {Small: s, All: [x, y]}}
Conditions:
  Yes: !Equals [!Ref Six, '6']
  No: !Not [!Condition Yes]
  Both: !And [!Condition Yes, !Condition No]
  Either: !Or [!Condition Yes, !Condition No]
`

func TestFunctions(t *testing.T) {
	t.Parallel()
	const poolID, clientID = "eu-west-1_aY7X9AYjq", "gi3hq09eh47z0mh3frm46g4rjy"
	for _, c := range []struct{ expression, want string }{
		{"plain", "plain"},
		{"42", "42"},
		{"true", "true"},
		{"2010-09-09", "2010-09-09"},
		{"!Ref Word", `a "${AWS::Region}" word`},
		{"{Ref: Word}", `a "${AWS::Region}" word`},
		{"!Ref AWS::Region", "eu-west-1"},
		{"!Ref AWS::AccountId", "123456789012"},
		{"!Ref AWS::Partition", "aws"},
		{"!Ref AWS::URLSuffix", "amazonaws.com"},
		{"!Ref AWS::StackName", "shop"},
		{"!Ref Pool", poolID},
		{"!GetAtt Pool.UserPoolId", poolID},
		{"!GetAtt Pool.Arn", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/" + poolID},
		{"!GetAtt [Pool, ProviderURL]", "https://id.example.com/" + poolID},
		{"{'Fn::GetAtt': Pool.ProviderName}", "id.example.com/" + poolID},
		{"!Ref Client", clientID},
		{"!GetAtt Client.ClientId", clientID},
		{"!GetAtt Client.Name", "web"},
		{"!GetAtt Client.ClientSecret", "secret of " + clientID},
		{"!Sub 'x ${Client.ClientSecret} y'", "x secret of " + clientID + " y"},
		{"!Ref Books", `books-a "${AWS::Region}" word`},
		{"!Ref Host", "shop"},
		{"!Ref Staff", "staff"},
		{"!Ref Ann", "ann"},
		{"!Sub '${Pool}/${Pool.UserPoolId} ${!Pool} ${ Six } $ $$ }'", poolID + "/" + poolID + " ${Pool} 6 $ $$ }"},
		{"!Sub ['${Six}${Own}${Own}', {Own: !Ref Word, Six: seven}]", `seven` + `a "${AWS::Region}" word` + `a "${AWS::Region}" word`},
		{"!Join ['-', [a, !Ref Six, !Sub '${Host}']]", "a-6-shop"},
		{"!Join ['', !Ref List]", "abc"},
		{"!Join ['+', !Ref None]", ""},
		{"!Join ['/', [a, !Ref AWS::NoValue, b]]", "a/b"},
		{"!Select [1, !Ref List]", "b"},
		{"!Select ['0', !Split ['|', 'p|q']]", "p"},
		{"!FindInMap [Sizes, !Ref AWS::Region, Small]", "s"},
		{"!Join [',', !FindInMap [Sizes, eu-west-1, All]]", "x,y"},
		{"!If [Yes, a, b]", "a"},
		{"!If [No, a, !If [Either, !If [Both, c, d], e]]", "d"},
	} {
		got, err := value(t, stack(), c.expression, around)
		if err != nil || got != c.want {
			t.Errorf("%s gave %q, %v, want %q", c.expression, got, err, c.want)
		}
	}
}

func TestWhatCannotBe(t *testing.T) {
	t.Parallel()
	const outputs, at = "V.Value", "22 Outputs."
	for _, c := range []struct{ expression, want string }{
		{"!Ref Nope", ".Ref: there is no parameter or resource \"Nope\""},
		{"!Ref AWS::Nope", ".Ref: AWS::Nope is not supported here"},
		{"!Ref AWS::NotificationARNs", ".Ref: AWS::NotificationARNs is not supported here"},
		{"!GetAtt Host.CloudFrontDistribution", ".Fn::GetAtt: Host (AWS::Cognito::UserPoolDomain) has no attribute \"CloudFrontDistribution\" here"},
		{"!GetAtt Pool.Nope", ".Fn::GetAtt: Pool (AWS::Cognito::UserPool) has no attribute \"Nope\" here"},
		{"!ImportValue x", ".Fn::ImportValue: is not supported here"},
		{"{'Fn::Base64': x}", ".Fn::Base64: is not supported here"},
		{"{'Fn::GetAtt': [Pool]}", ".Fn::GetAtt: must be a list of 2"},
		{"{Ref: Word, Other: x}", ".Ref: a function stands alone"},
		{"!Ref List", ": must be text"},
		{"!Ref AWS::NoValue", ": must be text"},
		{"!Sub '${List}'", ".Fn::Sub: ${List} is no text"},
		{"!Sub 'a ${Word'", ".Fn::Sub: ${ without }"},
		{"!Sub '${}'", ".Fn::Sub: there is no parameter or resource \"\""},
		{"!Sub [a]", ".Fn::Sub: must be a list of 2"},
		{"!Join [',', Word]", ".Fn::Join: must be a list of texts"},
		{"!Select [3, !Ref List]", ".Fn::Select: the list has 3 items, numbered from 0"},
		{"!Select [-1, !Ref List]", ".Fn::Select: the list has 3 items, numbered from 0"},
		{"!Split ['', a]", ".Fn::Split: must begin with the text to split at"},
		{"!Split [a, !GetAtt Client.ClientSecret]", ".Fn::Split: a client secret cannot be split"},
		{"!FindInMap [Sizes, us-east-1, Small]", ".Fn::FindInMap: Mappings has nothing there"},
		{"!If [Nope, a, b]", ".Fn::If: there is no condition \"Nope\""},
		{"'{{resolve:ssm:/x}}'", ": dynamic references ({{resolve:…}}) are not supported: use a parameter"},
		{"!Join ['', ['{{res', 'olve:ssm:/x}}']]", ".Fn::Join: dynamic references ({{resolve:…}}) are not supported: use a parameter"},
	} {
		_, err := value(t, stack(), c.expression, around)
		if diff := cmp.Diff([]string{at + outputs + c.want}, said(err)); diff != "" {
			t.Errorf("%s: %s", c.expression, diff)
		}
	}
	here := stack()
	here.URL = ""
	if _, err := value(t, here, "!GetAtt Pool.ProviderURL", ""); err == nil || !strings.Contains(err.Error(), "say --url") {
		t.Errorf("a provider's URL on a server whose URL is not known: %v", err)
	}
}

// Values of parameters are never expanded, and are held against what the
// template demands of them.
func TestParameters(t *testing.T) {
	t.Parallel()
	const evil = `${AWS::AccountId} !Ref Pool "quoted" {"Ref": "Pool"}`
	for _, c := range []struct{ declared, given, want string }{
		{"{Type: String}", evil, evil},
		{"{Type: String, Default: x}", "", ""},
		{"{Type: String, AllowedValues: [a, b]}", "b", "b"},
		{"{Type: String, AllowedValues: [a, b]}", "c", "4 Parameters.P: the value is none of AllowedValues"},
		{"{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small letters}", "aB", "4 Parameters.P: the value does not match AllowedPattern (small letters)"},
		{"{Type: String, AllowedPattern: '(?=a)b'}", "a", "4 Parameters.P: AllowedPattern cannot be checked here (it is no RE2 expression, or a large one)"},
		{"{Type: String, AllowedPattern: '.{0,1000}.{0,1000}b'}", "a", "4 Parameters.P: AllowedPattern cannot be checked here (it is no RE2 expression, or a large one)"},
		{"{Type: String, MinLength: 3}", "äö", "4 Parameters.P: the value breaks MinLength 3"},
		{"{Type: String, MaxLength: '3', NoEcho: true}", "secret", "4 Parameters.P: the value breaks MaxLength 3"},
		{"{Type: Number, MinValue: 1, MaxValue: 5}", "5", "5"},
		{"{Type: Number, MaxValue: 5}", "5.5", "4 Parameters.P: the value breaks MaxValue 5"},
		{"{Type: Number}", "five", "4 Parameters.P: the value is no number"},
		{"{Type: List<Number>}", "1,x", "4 Parameters.P: the value is no number"},
		{"{Type: AWS::SSM::Parameter::Value<String>, Default: /a/b}", "7", "7"},
		{"{Type: AWS::EC2::VPC::Id}", "vpc-1", "vpc-1"},
		{"{Type: Text}", "x", "4 Parameters.P: there is no parameter of the type \"Text\""},
		{"{Type: String, Colour: red}", "x", "4 Parameters.P.Colour: there is no such member"},
		{"{Type: String}", "a\x00b", "4 Parameters.P: the value is not text of at most 4096 bytes"},
		{"{Type: String}", strings.Repeat("x", 4097), "4 Parameters.P: the value is not text of at most 4096 bytes"},
		{"{Type: String}", "{{resolve:ssm:/x}}", "4 Parameters.P: dynamic references ({{resolve:…}}) are not supported: use a parameter"},
	} {
		s := stack()
		s.Parameters = map[string]string{"P": c.given}
		got, err := value(t, s, "!Ref P", "Parameters:\n  P: "+c.declared+"\n")
		if err != nil {
			got = strings.Join(said(err), "\n")
		}
		if got != c.want {
			t.Errorf("%s of %s gave %q, want %q", c.given, c.declared, got, c.want)
		}
		if strings.Contains(got, "secret") {
			t.Errorf("%q tells the value of a parameter", got)
		}
	}
	for _, c := range []struct{ declared, want string }{
		{"{Type: String}", "4 Parameters.P: the parameter has no default: give it with --parameter"},
		{"{Type: AWS::SSM::Parameter::Value<String>, Default: /a/b}", "7 Outputs.V.Value.Ref: the parameter P cannot be used: its value is in AWS's parameter store: give it with --parameter"},
	} {
		_, err := value(t, stack(), "!Ref P", "Parameters:\n  P: "+c.declared+"\n")
		if diff := cmp.Diff([]string{c.want}, said(err)); diff != "" {
			t.Error(diff)
		}
	}
}

// A pseudo parameter belongs to the stack: neither the template nor who applies
// it gives it another value.
func TestPseudoParametersStay(t *testing.T) {
	t.Parallel()
	s := stack()
	s.Parameters = map[string]string{"AWS::AccountId": "999999999999"}
	_, err := value(t, s, "!Ref AWS::AccountId", "")
	if diff := cmp.Diff([]string{`1 : there is no parameter "AWS::AccountId" in the template`}, said(err)); diff != "" {
		t.Error(diff)
	}
	_, err = value(t, s, "!Ref AWS::AccountId", "Parameters:\n  AWS::AccountId: {Type: String, Default: x}\n")
	if diff := cmp.Diff([]string{"4 Parameters.AWS::AccountId: a parameter's name is letters and digits"}, said(err)); diff != "" {
		t.Error(diff)
	}
	got, err := value(t, stack(), "!Sub ['${AWS::AccountId}', {Other: x}]", "")
	if err != nil || got != "123456789012" {
		t.Errorf("%q, %v", got, err)
	}
}

// All that is wrong is said at once, in the order of the lines.
func TestProblems(t *testing.T) {
	t.Parallel()
	_, err := cloudformation.Compile([]byte(`AWSTemplateFormatVersion: 2010-09-09
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties:
      Polices: {}
      AdminCreateUserConfig:
        AllowAdminCreateUserOnly: maybe
      Policies: {PasswordPolicy: {MinimumLength: eight}}
      LambdaConfig:
        PreSignUp: !GetAtt Hook.Arn
      AliasAttributes: {a: b}
  Hook:
    Type: AWS::Lambda::Function
    Properties: {Code: !Ref Whatever}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Condition: Off
    Properties: {UserPoolId: !Ref Pool}
  Domain:
    Type: AWS::Cognito::UserPoolDomain
    DependsOn: [Pool, Nowhere]
    Properties: {Domain: !Ref Client}
  Provider: {Type: AWS::Cognito::UserPoolIdentityProvider}
  Identities: {Type: AWS::Cognito::IdentityPool}
  not-a-name: {Type: AWS::Cognito::UserPool}
  Nothing: {Properties: {}}
  Strange: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool}, Colour: red}
  One: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: !Ref Two}}
  Two: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: !Ref One}}
  Named: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ClientName: !GetAtt Named.Name}}
  Leaky: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, ClientName: !GetAtt Named.ClientSecret}}
Conditions:
  Off: !Equals [a, b]
  Round: !Not [!Condition About]
  About: !Not [!Condition Round]
  Looks: !Equals [!Ref Pool, x]
Outputs:
  A: {Value: x, Condition: Round}
  B: {Value: x, Condition: Looks}
  C: {Value: x, Colour: red}
  D: {Description: x}
`), stack())
	want := []string{
		`6 Resources.Pool.Properties.Polices: there is no such property`,
		`8 Resources.Pool.Properties.AdminCreateUserConfig.AllowAdminCreateUserOnly: must be true or false`,
		`9 Resources.Pool.Properties.Policies.PasswordPolicy.MinimumLength: must be a whole number`,
		`11 Resources.Pool.Properties.LambdaConfig.PreSignUp.Fn::GetAtt: refers to Hook (AWS::Lambda::Function), which is not made here`,
		`12 Resources.Pool.Properties.AliasAttributes.0: must be one value, not a list or an object`,
		`22 Resources.Domain.DependsOn: there is no resource "Nowhere"`,
		`23 Resources.Domain.Properties: the property UserPoolId is missing`,
		`23 Resources.Domain.Properties.Domain.Ref: Client is not made: its condition Off does not hold`,
		`24 Resources.Provider: AWS::Cognito::UserPoolIdentityProvider is not supported yet`,
		`26 Resources.not-a-name: a resource's name is letters and digits`,
		`27 Resources.Nothing: the Type is missing`,
		`28 Resources.Strange.Colour: there is no such member`,
		`30 Resources.Two.Properties.GroupName.Ref: One and what it refers to go in a circle`,
		`31 Resources.Named.Properties.ClientName.Fn::GetAtt: Named and what it refers to go in a circle`,
		`32 Resources.Leaky.Properties.ClientName.Fn::GetAtt: ClientSecret can be asked for in Outputs alone`,
		`36 Conditions.About.Fn::Not.Condition: the condition Round asks for itself`,
		`37 Conditions.Looks.Fn::Equals.Ref: a condition can ask for parameters only, not for Pool`,
		`41 Outputs.C.Colour: there is no such member`,
		`42 Outputs.D: the Value is missing`,
	}
	got := said(err)
	for _, w := range want {
		if i := indexOf(got, w); i >= 0 {
			got = append(got[:i], got[i+1:]...)
		} else {
			t.Errorf("not said: %s", w)
		}
	}
	if len(got) > 0 {
		t.Errorf("also said:\n%s", strings.Join(got, "\n"))
	}
}

func indexOf(all []string, one string) int {
	for i, s := range all {
		if s == one {
			return i
		}
	}
	return -1
}

// What a template is made of beside resources.
func TestSections(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, want string }{
		{"Resources: {}", "1 : the template makes nothing here"},
		{"Resources: []", "1 Resources: must be an object"},
		{"[1]", "1 : a template is an object with Resources"},
		{"Description: x", "1 : a template has Resources"},
		{pool("AWSTemplateFormatVersion: 2011-01-01"), "3 AWSTemplateFormatVersion: must be 2010-09-09"},
		{pool("Transform: AWS::LanguageExtensions"), "3 Transform: macros are not supported here, but for AWS::Serverless-2016-10-31"},
		{pool("Transform: [AWS::Serverless-2016-10-31, Mine]"), "3 Transform: macros are not supported here, but for AWS::Serverless-2016-10-31"},
		{pool("Globals: {}"), "3 Globals: there is no such section without Transform: AWS::Serverless-2016-10-31"},
		{pool("Hooks: {}"), "3 Hooks: there is no such section"},
		{pool("Parameters: {Pool: {Type: String, Default: x}}"), "2 Resources.Pool: a parameter has the same name"},
	} {
		_, err := cloudformation.Compile([]byte(c.template), stack())
		if diff := cmp.Diff([]string{c.want}, said(err)); diff != "" {
			t.Errorf("%s: %s", c.template, diff)
		}
	}
}

// CloudFormation takes a truth and a number in quotes, a number for text, and
// one value for a list of one; three names differ.
func TestShapes(t *testing.T) {
	t.Parallel()
	c, err := cloudformation.Compile([]byte(`{"Resources": {"Pool": {"Type": "AWS::Cognito::UserPool", "Properties": {
		"UserPoolName": "customers", "EnabledMfas": [], "WebAuthnUserVerification": "",
		"UsernameConfiguration": {"CaseSensitive": "false"}, "AutoVerifiedAttributes": "email",
		"Policies": {"PasswordPolicy": {"MinimumLength": "12", "TemporaryPasswordValidityDays": 3, "RequireSymbols": true}},
		"Schema": [{"Name": "n", "NumberAttributeConstraints": {"MinValue": 1, "MaxValue": "2.5"}}],
		"UserPoolTags": {"a.b/c": 7}, "DeletionProtection": {"Ref": "AWS::NoValue"}}},
		"Bare": {"Type": "AWS::Cognito::UserPoolGroup", "Properties": {"UserPoolId": "us-east-1_x", "Precedence": "0"}}}}`), stack())
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(c.Document)
	want := `{"Groups":[{"GroupName":"Bare-r5YipUQiEbey","Precedence":0,"UserPoolId":"us-east-1_x"}],"Stack":"shop","UserPools":[{` +
		`"AutoVerifiedAttributes":["email"],"EnabledMfas":[],"Id":"eu-west-1_aY7X9AYjq","Policies":{"PasswordPolicy":{"MinimumLength":12,"RequireSymbols":true,"TemporaryPasswordValidityDays":3}},` +
		`"PoolName":"customers","Schema":[{"Name":"n","NumberAttributeConstraints":{"MaxValue":"2.5","MinValue":"1"}}],"UserPoolTags":{"a.b/c":"7"},"UsernameConfiguration":{"CaseSensitive":false}}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if line, path := c.Place("UserPools.0.Schema.0.NumberAttributeConstraints.MinValue.more"); line != 5 || path != "Resources.Pool.Properties.Schema.0.NumberAttributeConstraints.MinValue" {
		t.Errorf("it leads to line %d, %s", line, path)
	}
}
