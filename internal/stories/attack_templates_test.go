package stories_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/server"
)

// What is handed to a template stays a value: quotes close nothing, and nothing
// in it is expanded, in the ledger no less than in the outputs.
func TestAttackTemplateInjection(t *testing.T) {
	t.Parallel()
	const open = `Parameters: {Words: {Type: String}}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: injected, VerificationMessageTemplate: {EmailSubject: !Ref Words, EmailMessage: !Sub '${Words} {####}'}}
Outputs:
  PoolId: {Value: !Ref Pool}
  Words: {Value: !Join ['', [!Sub '${Words}', '']]}
`
	housetest.Databases(t, func(t *testing.T, database string) {
		s := newSite(t, database)
		for _, words := range []string{
			`"}, "DeletionProtection": "ACTIVE", "x": {"`, `${AWS::AccountId} ${Pool} ${Words} ${!x}`, `{"Ref": "Pool"}`, `!Ref Pool`,
			`'; DROP TABLE pools; --`, `*x`, `<<: &a`, `{{resolve}}`, `UserPools.0.Id`, `</script>`, "\\u0022\\n",
		} {
			_, outputs, err := s.apply(t, open, stackOf("injected", "Words="+words))
			must(t, err)
			if outputs["Words"] != words {
				t.Errorf("%q came out as %q", words, outputs["Words"])
			}
			p, err := sdk(s.House).DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: aws.String(outputs["PoolId"])})
			must(t, err)
			if m := p.UserPool.VerificationMessageTemplate; aws.ToString(m.EmailSubject) != words || aws.ToString(m.EmailMessage) != words+" {####}" || p.UserPool.DeletionProtection != "INACTIVE" {
				t.Errorf("%q was kept as %+v", words, m)
			}
		}
		_, _, err := s.apply(t, open, stackOf("injected", "Words=x", "AWS::Region=eu-west-1"))
		if err == nil || !strings.Contains(err.Error(), `there is no parameter "AWS::Region" in the template`) {
			t.Errorf("a pseudo parameter from outside: %v", err)
		}
	})
}

// A template that names the pool of others cannot take what they have there,
// nor can one of a stack that others called the same before it was known.
func TestAttackTemplateTakeover(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		s := newSite(t, database)
		group(t, s.House, "admins")
		before := snapshot(t, s)
		for what, c := range map[string]struct{ resource, want string }{
			"their domain, for their pool": {
				"AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: " + housetest.PoolID + ", Domain: " + housetest.Prefix + ", ManagedLoginVersion: 2}",
				"is there already, and the stack thief did not make it"},
			"their domain, for another pool": {
				"AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Mine, Domain: " + housetest.Prefix + "}",
				"already associated with another user pool"},
			"their group": {
				"AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: " + housetest.PoolID + ", GroupName: admins, RoleArn: 'arn:aws:iam::000000000000:role/thief'}",
				"is there already, and the stack thief did not make it"},
			"an app client by its id": {
				"AWS::Cognito::UserPoolClient, Properties: {UserPoolId: " + housetest.PoolID + ", ClientId: " + housetest.ClientID + ", CallbackURLs: ['" + evil + "']}",
				"there is no such property"},
			"a pool by its id": {
				"AWS::Cognito::UserPool, Properties: {Id: " + housetest.PoolID + "}",
				"there is no such property"},
		} {
			text := "Resources:\n  Mine: {Type: AWS::Cognito::UserPool}\n  Theirs: {Type: " + c.resource + "}\n"
			_, _, err := s.apply(t, text, stackOf("thief"))
			if err == nil || !strings.HasPrefix(err.Error(), "line 3, Resources.Theirs") || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		// Under the same logical ids and the same stack's name: the ids are the
		// same, and one that an operator has made by hand is not taken.
		const shop = "Resources:\n  Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: shop}}\n"
		template, err := server.ReadTemplate([]byte(shop), stackOf("shop"))
		must(t, err)
		byHand := template.Document
		byHand.Stack = ""
		_, err = server.Apply(t.Context(), s.ledger, byHand, false)
		must(t, err)
		_, _, err = s.apply(t, strings.Replace(shop, "UserPoolName: shop", "UserPoolName: taken", 1), stackOf("shop"))
		if err == nil || !strings.HasSuffix(err.Error(), "is there already, and the stack shop did not make it") {
			t.Errorf("a pool that was there: %v", err)
		}
		p, err := sdk(s.House).DescribeUserPool(t.Context(), &cip.DescribeUserPoolInput{UserPoolId: aws.String(byHand.UserPools[0].ID)})
		if err != nil || *p.UserPool.Name != "shop" {
			t.Errorf("it is %+v, %v", p, err)
		}
		if diff := cmp.Diff(before, snapshot(t, s)); diff != "" {
			t.Errorf("what others had has changed: %s", diff)
		}
	})
}

// snapshot is what the house has of its own, as the API shows it.
func snapshot(t *testing.T, s site) []any {
	t.Helper()
	c := sdk(s.House)
	d, err := c.DescribeUserPoolDomain(t.Context(), &cip.DescribeUserPoolDomainInput{Domain: aws.String(housetest.Prefix)})
	must(t, err)
	g, err := c.GetGroup(t.Context(), &cip.GetGroupInput{UserPoolId: poolID(), GroupName: aws.String("admins")})
	must(t, err)
	client, err := c.DescribeUserPoolClient(t.Context(), &cip.DescribeUserPoolClientInput{UserPoolId: poolID(), ClientId: aws.String(housetest.ClientID)})
	must(t, err)
	return []any{*d.DomainDescription.UserPoolId, d.DomainDescription.ManagedLoginVersion, aws.ToString(g.Group.RoleArn), client.UserPoolClient.CallbackURLs}
}

// Bombs are refused before anything is opened, and the ledger hears nothing.
func TestAttackTemplateBombs(t *testing.T) {
	t.Parallel()
	billion := "a: &a [lol, lol]\n"
	for i := 'b'; i < 'k'; i++ {
		billion += string(i) + ": &" + string(i) + " [" + strings.Repeat("*"+string(i-1)+", ", 9) + "x]\n"
	}
	nested := "x"
	for range 14 {
		nested = "!Sub ['${a}${a}${a}${a}${a}${a}', {a: " + nested + "}]"
	}
	for what, text := range map[string]string{
		"aliases":    billion + "Resources: {}\n",
		"depth":      "Resources: " + strings.Repeat("{a: ", 5000),
		"size":       "Description: " + strings.Repeat("x", 2<<20),
		"values":     "Resources: [" + strings.Repeat("[],", 200_000) + "]",
		"growth":     "Resources: {Pool: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: " + nested + "}}}",
		"properties": "Resources: {Pool: {Type: AWS::Cognito::UserPool, Properties: {" + properties(20_000) + "}}}",
	} {
		_, err := server.ReadTemplate([]byte(text), stackOf("bomb"))
		if err == nil || len(err.Error()) > 100_000 {
			t.Errorf("%s: %.100v", what, err)
		}
	}
}

func properties(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("p" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/182) + ": x, ")
	}
	return b.String()
}
