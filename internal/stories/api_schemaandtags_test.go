package stories_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

func addAttributes(t *testing.T, c *cip.Client, pool string, added ...types.SchemaAttributeType) error {
	t.Helper()
	_, err := c.AddCustomAttributes(t.Context(), &cip.AddCustomAttributesInput{UserPoolId: &pool, CustomAttributes: added})
	return err
}

func custom(name string) types.SchemaAttributeType {
	return types.SchemaAttributeType{Name: &name, AttributeDataType: types.AttributeDataTypeString}
}

// customOf lists the names of a pool's own attributes, in their order.
func customOf(t *testing.T, c *cip.Client, pool string) (names []string) {
	t.Helper()
	for _, a := range describe(t, c, pool).SchemaAttributes {
		if strings.Contains(*a.Name, "custom:") {
			names = append(names, *a.Name)
		}
	}
	return names
}

// An attribute that is added can be used at once, by operators and by whoever
// signs up at a client that may write it. It stays through updates of the pool.
func TestAPIAddCustomAttributes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		ctx, c := t.Context(), sdk(h)
		team, rank, level := custom("team"), custom("rank"), custom("level")
		team.StringAttributeConstraints = &types.StringAttributeConstraintsType{MaxLength: aws.String("4")}
		rank.DeveloperOnlyAttribute = aws.Bool(true)
		level.AttributeDataType, level.Mutable = types.AttributeDataTypeNumber, aws.Bool(false)
		join(t, h, ann, rightOne)
		must(t, addAttributes(t, c, housetest.PoolID, team, rank))
		must(t, addAttributes(t, c, housetest.PoolID, level, custom("email"))) // of a standard name, and yet the pool's own
		want := []string{"custom:team", "dev:custom:rank", "custom:level", "custom:email"}
		if diff := cmp.Diff(want, customOf(t, c, housetest.PoolID)); diff != "" {
			t.Error(diff)
		}
		must(t, update(h, ann, attribute("custom:team", "blue"), attribute("dev:custom:rank", "chief"), attribute("custom:email", "x")))
		if got := attributeOf(t, h, ann, "custom:team") + attributeOf(t, h, ann, "dev:custom:rank"); got != "bluechief" {
			t.Errorf("ann has %q", got)
		}
		throws(t, update(h, ann, attribute("custom:team", "yellow")), "InvalidParameterException", "custom:team")
		throws(t, update(h, ann, attribute("custom:level", "7")), "InvalidParameterException", "custom:level")

		signUp := func(name string, attributes ...types.AttributeType) error {
			_, err := c.SignUp(ctx, &cip.SignUpInput{ClientId: clientID(), Username: &name, Password: aws.String(rightOne), UserAttributes: attributes})
			return err
		}
		const unauthorized = "A client attempted to write unauthorized attribute"
		refused(t, signUp(bob, attribute("custom:team", "red")), "NotAuthorizedException", unauthorized) // a client without a list has the standard ones
		before := describeClient(t, c, housetest.ClientID)
		_, err := c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID(), ExplicitAuthFlows: before.ExplicitAuthFlows, WriteAttributes: []string{"email", "custom:team", "custom:level"}})
		must(t, err)
		must(t, signUp(bob, attribute("custom:team", "red"), attribute("custom:level", "7")))
		refused(t, signUp("cat@example.com", attribute("dev:custom:rank", "chief")), "NotAuthorizedException", unauthorized)
		if got := attributeOf(t, h, bob, "custom:team") + attributeOf(t, h, bob, "custom:level"); got != "red7" {
			t.Errorf("bob has %q", got)
		}
		_, err = c.UpdateUserPoolClient(ctx, &cip.UpdateUserPoolClientInput{UserPoolId: poolID(), ClientId: clientID(), WriteAttributes: []string{"email", "dev:custom:rank"}})
		refused(t, err, "InvalidParameterException", "Invalid write attributes specified while updating a client")

		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: poolID(), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}})
		must(t, err)
		if diff := cmp.Diff(want, customOf(t, c, housetest.PoolID)); diff != "" {
			t.Errorf("after an update of the pool: %s", diff)
		}
	})
}

func TestAPIAddCustomAttributesRefusals(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		c := sdk(housetest.Start(t, housetest.Config{Database: database}))
		const invalid = "InvalidParameterException"
		must(t, addAttributes(t, c, housetest.PoolID, custom("team")))
		refused(t, addAttributes(t, c, housetest.PoolID, custom("new"), custom("team")), invalid, "custom:team: Existing attribute already has name custom:team.")
		refused(t, addAttributes(t, c, housetest.PoolID, custom("new"), custom("new")), invalid, "custom:new: Existing attribute already has name custom:new.")
		required := custom("needed")
		required.Required = aws.Bool(true)
		refused(t, addAttributes(t, c, housetest.PoolID, required), invalid, "Required custom attributes are not supported currently.")
		throws(t, addAttributes(t, c, housetest.PoolID, custom("has spaces")), invalid, "name")
		throws(t, addAttributes(t, c, housetest.PoolID, custom(strings.Repeat("a", 21))), invalid, "length less than or equal to 20")
		throws(t, addAttributes(t, c, housetest.PoolID, types.SchemaAttributeType{Name: aws.String("a"), AttributeDataType: "Text"}), invalid, "attributeDataType")
		bounds := custom("bounds")
		bounds.StringAttributeConstraints = &types.StringAttributeConstraintsType{MinLength: aws.String("5"), MaxLength: aws.String("4")}
		throws(t, addAttributes(t, c, housetest.PoolID, bounds), invalid, "constraints")
		many := func(n int) (out []types.SchemaAttributeType) {
			for i := range n {
				out = append(out, custom(fmt.Sprint("a", i, "of", n)))
			}
			return out
		}
		throws(t, addAttributes(t, c, housetest.PoolID, many(26)...), invalid, "less than or equal to 25")
		must(t, addAttributes(t, c, housetest.PoolID, many(25)...))
		must(t, addAttributes(t, c, housetest.PoolID, many(24)...))
		throws(t, addAttributes(t, c, housetest.PoolID, custom("last")), invalid, "at most 50 custom attributes")
		if n := len(customOf(t, c, housetest.PoolID)); n != 50 {
			t.Errorf("of refused calls something is there: %d attributes", n)
		}
	})
}

func tagsOf(t *testing.T, c *cip.Client, arn string) map[string]string {
	t.Helper()
	out, err := c.ListTagsForResource(t.Context(), &cip.ListTagsForResourceInput{ResourceArn: &arn})
	must(t, err)
	return out.Tags
}

// There is one set of tags, whichever operation reads and writes it.
func TestAPITags(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		ctx := t.Context()
		c, w := listened(housetest.Start(t, housetest.Config{Database: database}))
		made, err := c.CreateUserPool(ctx, &cip.CreateUserPoolInput{PoolName: aws.String("tagged"), UserPoolTags: map[string]string{"env": "test", "team": "blue"}})
		must(t, err)
		id, arn := *made.UserPool.Id, *made.UserPool.Arn
		has := func(want map[string]string) {
			t.Helper()
			if diff := cmp.Diff(want, tagsOf(t, c, arn)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(want, describe(t, c, id).UserPoolTags); diff != "" {
				t.Errorf("described: %s", diff)
			}
		}
		has(map[string]string{"env": "test", "team": "blue"})
		_, err = c.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"env": "live", "cost": ""}})
		must(t, err)
		if got := strings.TrimSpace(string(w.last)); got != "{}" {
			t.Errorf("the answer is %s", got)
		}
		has(map[string]string{"env": "live", "team": "blue", "cost": ""})
		_, err = c.UntagResource(ctx, &cip.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"team", "none"}})
		must(t, err)
		has(map[string]string{"env": "live", "cost": ""})
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &id, UserPoolTags: map[string]string{"env": "next"}})
		must(t, err)
		has(map[string]string{"env": "next"})
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &id}) // which leaves tags alone that it does not name
		must(t, err)
		has(map[string]string{"env": "next"})
		_, err = c.UpdateUserPool(ctx, &cip.UpdateUserPoolInput{UserPoolId: &id, UserPoolTags: map[string]string{}})
		must(t, err)
		has(map[string]string{})
		if got := tagsOf(t, c, *describe(t, c, housetest.PoolID).Arn); len(got) != 0 {
			t.Errorf("another pool has %v", got)
		}
		if got := strings.TrimSpace(string(w.last)); got != `{"Tags":{}}` {
			t.Errorf("no tags are %s", got)
		}

		tags := map[string]string{}
		for i := range 50 {
			tags[fmt.Sprint("t", i)] = "v"
		}
		_, err = c.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: tags})
		must(t, err)
		tag := func(key, value string) error {
			_, err := c.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{key: value}})
			return err
		}
		must(t, tag("t0", "other"))
		const invalid = "InvalidParameterException"
		refused(t, tag("one more", "v"), invalid, "Tags: a user pool has at most 50 tags")
		refused(t, tag("aws:x", "v"), invalid, "Tags: the tag aws:x begins with aws:, which is kept for AWS")
		throws(t, tag("<script>", "v"), invalid, "a tag's key must be")
		throws(t, tag("t0", strings.Repeat("v", 257)), invalid, "length less than or equal to 256")
		tags["t0"] = "other"
		has(tags)
	})
}

// certificateOf is the pool's certificate as GetSigningCertificate gives it.
func certificateOf(t *testing.T, c *cip.Client, pool string) string {
	t.Helper()
	out, err := c.GetSigningCertificate(t.Context(), &cip.GetSigningCertificateInput{UserPoolId: &pool})
	must(t, err)
	return aws.ToString(out.Certificate)
}

// A pool has one certificate, in its own name, for ten years: base64 without
// PEM's lines. It is the same from every process and after a restart.
func TestAPISigningCertificate(t *testing.T) {
	t.Parallel()
	program := buildProgram(t, t.TempDir())
	housetest.Databases(t, func(t *testing.T, database string) {
		keyFile := filepath.Join(t.TempDir(), "master.key")
		h := housetest.Start(t, housetest.Config{Database: database, KeyFile: keyFile})
		other := newPool(t, sdk(h), cip.CreateUserPoolInput{PoolName: aws.String("other")})
		text := certificateOf(t, sdk(h), housetest.PoolID)
		der, err := base64.StdEncoding.Strict().DecodeString(text)
		must(t, err)
		got, err := x509.ParseCertificate(der)
		must(t, err)
		must(t, got.CheckSignature(got.SignatureAlgorithm, got.RawTBSCertificate, got.Signature))
		if got.Subject.CommonName != housetest.PoolID || got.SignatureAlgorithm != x509.SHA256WithRSA || got.IsCA || got.NotBefore.After(h.Now()) || got.NotAfter.Before(h.Now().AddDate(9, 11, 0)) {
			t.Errorf("the certificate is of %s, by %v, from %v to %v", got.Subject, got.SignatureAlgorithm, got.NotBefore, got.NotAfter)
		}
		if certificateOf(t, sdk(h), other) == text {
			t.Error("another pool has the same certificate")
		}
		h.Advance(48 * time.Hour)
		if certificateOf(t, sdk(h), housetest.PoolID) != text {
			t.Error("the certificate has changed with time")
		}

		for range 2 {
			s := launch(t, program, t.TempDir(), "--db", database, "--master-key-file", keyFile)
			if certificateOf(t, signer(s.url, "AKIAIOSFODNN7EXAMPLE", "anything"), housetest.PoolID) != text {
				t.Error("another process has another certificate")
			}
			s.kill(t)
		}
	})
}
