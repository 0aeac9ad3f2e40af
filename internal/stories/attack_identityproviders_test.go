package stories_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
)

// aimed is a call at the usual pool, by whoever c is.
type aimed map[string]func(c *cip.Client) error

// A key that only reads changes nothing; one that is bound to a pool sees and
// changes no other's, however it names it.
func TestAttackProvidersByBoundKeys(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		url, ledger := strict(t, database)
		ctx := t.Context()
		with := func(ask server.Key) *cip.Client {
			t.Helper()
			k, err := server.AddKey(ctx, ledger, ask)
			must(t, err)
			return signer(url, k.ID, k.Secret.Reveal())
		}
		operator := with(server.Key{})
		other := newPool(t, operator, cip.CreateUserPoolInput{PoolName: aws.String("other")})
		provider(t, operator, google(housetest.PoolID))
		arn := pool.ARN(housetest.PoolID, "123456789012")
		name := aws.String("Google")
		changes := aimed{
			"CreateIdentityProvider": func(c *cip.Client) error {
				return only(c.CreateIdentityProvider(ctx, partner(housetest.PoolID, "Mine")))
			},
			"UpdateIdentityProvider": func(c *cip.Client) error {
				return only(c.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: name, IdpIdentifiers: []string{"mine"}}))
			},
			"DeleteIdentityProvider": func(c *cip.Client) error {
				return only(c.DeleteIdentityProvider(ctx, &cip.DeleteIdentityProviderInput{UserPoolId: poolID(), ProviderName: name}))
			},
			"AddCustomAttributes": func(c *cip.Client) error { return addAttributes(t, c, housetest.PoolID, custom("mine")) },
			"TagResource": func(c *cip.Client) error {
				return only(c.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"mine": "v"}}))
			},
			"UntagResource": func(c *cip.Client) error {
				return only(c.UntagResource(ctx, &cip.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"mine"}}))
			},
		}
		reads := aimed{
			"DescribeIdentityProvider": func(c *cip.Client) error {
				return only(c.DescribeIdentityProvider(ctx, &cip.DescribeIdentityProviderInput{UserPoolId: poolID(), ProviderName: name}))
			},
			"ListIdentityProviders": func(c *cip.Client) error {
				return only(c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID()}))
			},
			"GetIdentityProviderByIdentifier": func(c *cip.Client) error {
				return only(c.GetIdentityProviderByIdentifier(ctx, &cip.GetIdentityProviderByIdentifierInput{UserPoolId: poolID(), IdpIdentifier: aws.String("accounts")}))
			},
			"GetSigningCertificate": func(c *cip.Client) error {
				return only(c.GetSigningCertificate(ctx, &cip.GetSigningCertificateInput{UserPoolId: poolID()}))
			},
			"ListTagsForResource": func(c *cip.Client) error {
				return only(c.ListTagsForResource(ctx, &cip.ListTagsForResourceInput{ResourceArn: &arn}))
			},
		}
		_, err := operator.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: name, IdpIdentifiers: []string{"accounts"}})
		must(t, err)
		reader, bound := with(server.Key{ReadOnly: true}), with(server.Key{Pools: []string{other}})
		for operation, do := range changes {
			throws(t, do(reader), "AccessDeniedException", "cognito-idp:"+operation)
			throws(t, do(bound), "AccessDeniedException", "cognito-idp:"+operation)
		}
		for operation, do := range reads {
			must(t, do(reader))
			throws(t, do(bound), "AccessDeniedException", "cognito-idp:"+operation)
		}
		// The bound key names its own pool, and another's provider; an ARN that ends
		// or begins as its own does names nothing.
		_, err = describeProvider(t, bound, other, "Google")
		refused(t, err, "ResourceNotFoundException", noProvider("Google"))
		own := pool.ARN(other, "123456789012")
		must(t, only(bound.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &own, Tags: map[string]string{"own": "v"}})))
		for _, arn := range []string{arn + ":userpool/" + other, strings.Replace(arn, housetest.PoolID, other+":userpool/"+housetest.PoolID, 1)} {
			_, err := bound.TagResource(ctx, &cip.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"mine": "v"}})
			if err == nil {
				t.Errorf("%s was tagged", arn)
			}
		}
		for _, arn := range []string{strings.Replace(own, "123456789012", "999999999999", 1), strings.Replace(own, "us-east-1:", "eu-west-1:", 1)} {
			_, err := bound.ListTagsForResource(ctx, &cip.ListTagsForResourceInput{ResourceArn: &arn})
			throws(t, err, "InvalidParameterException", "ResourceArn")
		}
		p, err := describeProvider(t, operator, housetest.PoolID, "Google")
		if err != nil || len(p.IdpIdentifiers) != 1 || len(tagsOf(t, operator, arn)) != 0 || len(customOf(t, operator, housetest.PoolID)) != 0 {
			t.Errorf("refused calls left %+v, %v", p, err)
		}
	})
}

// A member that an operation does not have opens no other pool to a bound key.
func TestAttackARNBesidePoolID(t *testing.T) {
	t.Parallel()
	url, ledger := strict(t, "sqlite:"+t.TempDir()+"/house.db")
	ctx := t.Context()
	key, err := server.AddKey(ctx, ledger, server.Key{})
	must(t, err)
	other := newPool(t, signer(url, key.ID, key.Secret.Reveal()), cip.CreateUserPoolInput{PoolName: aws.String("other")})
	bound, err := server.AddKey(ctx, ledger, server.Key{Pools: []string{other}})
	must(t, err)
	for _, members := range []map[string]any{
		{"UserPoolId": housetest.PoolID, "ResourceArn": pool.ARN(other, "123456789012")},
		{"UserPoolId": other, "ResourceArn": pool.ARN(housetest.PoolID, "123456789012"), "Tags": map[string]string{"mine": "v"}},
	} {
		name := "DescribeUserPool"
		if members["Tags"] != nil {
			name = "TagResource"
		}
		response, err := http.DefaultClient.Do(signedBy(t, url, bound, name, members))
		must(t, err)
		var said struct {
			Type string `json:"__type"`
		}
		must(t, json.NewDecoder(response.Body).Decode(&said))
		response.Body.Close()
		if said.Type != "AccessDeniedException" {
			t.Errorf("%s with both is answered %d %s", name, response.StatusCode, said.Type)
		}
	}
}

// signedBy is a call of an operation, with members of all kinds, that a key signs.
func signedBy(t *testing.T, url string, key server.Key, operation string, members map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(members)
	must(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/", bytes.NewReader(body))
	must(t, err)
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	digest := sha256.Sum256(body)
	must(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret.Reveal()}, r, hex.EncodeToString(digest[:]), "cognito-idp", "us-east-1", time.Now()))
	return r
}

// rowsOfProviders is what the ledger's table holds, read beside the server.
func rowsOfProviders(t *testing.T, database string) (docs []string) {
	t.Helper()
	driver, name := "pgx", database
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, name = "sqlite", path
	}
	db, err := sql.Open(driver, name)
	must(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT doc FROM identity_providers")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var doc string
		must(t, rows.Scan(&doc))
		docs = append(docs, doc)
	}
	must(t, rows.Err())
	if len(docs) != 2 || !strings.Contains(strings.Join(docs, ""), "client_id") {
		t.Fatalf("the rows are %q", docs)
	}
	return docs
}

// Metadata makes the server read no file, ask no other server, and work no
// longer than its size: what could is refused before it is looked at.
func TestAttackMetadata(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		defer listener.Close()
		asked := make(chan struct{}, 100)
		go http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
		outside := "http://" + listener.Addr().String() + "/x"
		ctx, c := t.Context(), sdk(housetest.Start(t, housetest.Config{Database: database}))
		create := func(name string, details map[string]string) error {
			in := partner(housetest.PoolID, name)
			in.ProviderDetails = details
			return only(c.CreateIdentityProvider(ctx, in))
		}
		laughs := `<!DOCTYPE m [<!ENTITY a "ha">`
		for i := range 20 {
			laughs += `<!ENTITY ` + string(rune('b'+i)) + ` "` + strings.Repeat("&"+string(rune('a'+i))+";", 10) + `">`
		}
		for what, document := range map[string]string{
			"a file":                 `<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + strings.Replace(samlMetadata, "https://idp.example.com", "&e;", 1),
			"an entity elsewhere":    `<!DOCTYPE m [<!ENTITY e SYSTEM "` + outside + `">]>` + strings.Replace(samlMetadata, "https://idp.example.com", "&e;", 1),
			"a DTD elsewhere":        `<!DOCTYPE m SYSTEM "` + outside + `">` + samlMetadata,
			"a parameter entity":     `<!DOCTYPE m [<!ENTITY % p SYSTEM "` + outside + `"> %p;]>` + samlMetadata,
			"a billion laughs":       laughs + `]>` + strings.Replace(samlMetadata, "https://idp.example.com", "&u;", 1),
			"a deep tree":            strings.Repeat("<a>", 40000),
			"a tree of attributes":   `<a ` + strings.Repeat(`x="" `, 20000),
			"an include":             strings.Replace(samlMetadata, "<IDPSSO", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="`+outside+`"/><OTHER`, 1),
			"more than is looked at": strings.Replace(samlMetadata, "</Entity", "<!--"+strings.Repeat("x", 131072)+"--></Entity", 1),
			"script instead":         strings.Replace(samlMetadata, "https://idp.example.com/in", "javascript:alert(1)", 1),
			"a page":                 "<html><script>alert(1)</script></html>",
		} {
			before := time.Now()
			err := create("Corp", map[string]string{"MetadataFile": document})
			if took := time.Since(before); took > 20*time.Second {
				t.Errorf("%s took %v", what, took)
			}
			throws(t, err, "InvalidParameterException", "")
			if err != nil && (strings.Contains(err.Error(), "root:") || strings.Contains(err.Error(), "hahaha")) {
				t.Errorf("%s is told: %v", what, err)
			}
		}
		must(t, create("ByURL", map[string]string{"MetadataURL": outside}))
		in := partner(housetest.PoolID, "Discovered")
		in.ProviderType, in.ProviderDetails = types.IdentityProviderTypeTypeOidc, map[string]string{"client_id": "c", "attributes_request_method": "GET", "oidc_issuer": strings.TrimSuffix(outside, "/x"), "authorize_scopes": "openid"}
		must(t, only(c.CreateIdentityProvider(ctx, in)))
		if len(asked) != 0 {
			t.Errorf("the server asked elsewhere %d times", len(asked))
		}
	})
}

// What the ledger holds of a provider tells no secret, and neither does a list or
// a refusal; whoever may read the provider is shown its client secret, as by
// Cognito, and nobody its private key.
func TestAttackProviderSecrets(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		var log logBuffer
		h := housetest.Start(t, housetest.Config{Database: database, Log: &log})
		ctx := t.Context()
		c, w := listened(h)
		const hush = "hush-hush-4c1d"
		in := google(housetest.PoolID)
		in.ProviderDetails["client_secret"] = hush
		provider(t, c, in)
		provider(t, c, &cip.CreateIdentityProviderInput{UserPoolId: poolID(), ProviderName: aws.String("SignInWithApple"), ProviderType: "SignInWithApple",
			ProviderDetails: map[string]string{"client_id": "a", "team_id": "t", "key_id": "k", "private_key": hush, "authorize_scopes": "email"}})
		quiet := func(what string) {
			t.Helper()
			if strings.Contains(string(w.last), hush) {
				t.Errorf("%s tells: %s", what, w.last)
			}
		}
		quiet("making one with a private key")
		_, err := describeProvider(t, c, housetest.PoolID, "SignInWithApple")
		must(t, err)
		quiet("describing one with a private key")
		_, err = c.UpdateIdentityProvider(ctx, &cip.UpdateIdentityProviderInput{UserPoolId: poolID(), ProviderName: aws.String("SignInWithApple"), IdpIdentifiers: []string{"apple"}})
		must(t, err)
		quiet("updating it")
		_, err = c.GetIdentityProviderByIdentifier(ctx, &cip.GetIdentityProviderByIdentifierInput{UserPoolId: poolID(), IdpIdentifier: aws.String("apple")})
		must(t, err)
		quiet("finding it")
		_, err = c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID()})
		must(t, err)
		quiet("the list")
		_, err = c.CreateIdentityProvider(ctx, in)
		throws(t, err, "DuplicateProviderException", "Google")
		quiet("a refusal")
		in.ProviderDetails["colour"] = hush
		_, err = c.CreateIdentityProvider(ctx, in)
		throws(t, err, "InvalidParameterException", "ProviderDetails.colour")
		quiet("the refusal of a detail")
		p, err := describeProvider(t, c, housetest.PoolID, "Google")
		if err != nil || p.ProviderDetails["client_secret"] != hush {
			t.Errorf("the client secret is not shown: %v", err)
		}
		for _, doc := range rowsOfProviders(t, database) {
			if strings.Contains(doc, hush) {
				t.Errorf("the ledger tells: %s", doc)
			}
		}
		if strings.Contains(log.String(), hush) {
			t.Error("the log tells")
		}
	})
}

// Whatever a provider is called, it is itself: in the ledger, in lists, in app
// clients. What could pass for another is refused.
func TestAttackProviderNames(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		ctx, c := t.Context(), sdk(h)
		names := []string{
			`';--`, `"""`, `\\\`, `%%%`, `a|b`, "<b>", "{{.}}", "$1$", "???", "💥💥💥", "../..", "null", "ｃｏｒｐ", "é-1", "e\u0301-1", strings.Repeat("𐍈", 32), "c_x",
		}
		for _, name := range names {
			provider(t, c, partner(housetest.PoolID, name))
		}
		out, err := c.ListIdentityProviders(ctx, &cip.ListIdentityProvidersInput{UserPoolId: poolID()})
		if err != nil || len(out.Providers) != len(names) {
			t.Errorf("listed %d of %d, %v", len(out.Providers), len(names), err)
		}
		made := makeClient(t, c, cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("c"), SupportedIdentityProviders: append([]string{"COGNITO"}, names...)})
		for i, name := range names {
			p, err := describeProvider(t, c, housetest.PoolID, name)
			if err != nil || *p.ProviderName != name {
				t.Errorf("%q is %+v, %v", name, p, err)
			}
			_, err = c.DeleteIdentityProvider(ctx, &cip.DeleteIdentityProviderInput{UserPoolId: poolID(), ProviderName: &name})
			must(t, err)
			if rest := describeClient(t, c, *made.ClientId).SupportedIdentityProviders; len(rest) != len(names)-i {
				t.Errorf("without %q the client has %q", name, rest)
			}
		}
		provider(t, c, partner(housetest.PoolID, "Corp"))
		for name, exception := range map[string]string{
			"corp": "DuplicateProviderException", "CORP": "DuplicateProviderException", "cognito": "InvalidParameterException", "COGNITO": "InvalidParameterException", "facebook": "InvalidParameterException",
			"_corp": "InvalidParameterException", "co_": "InvalidParameterException", "a b": "InvalidParameterException", "ab": "InvalidParameterException", "abc\x00": "InvalidParameterException",
			"ab\u200b": "InvalidParameterException", "\u202eproc": "InvalidParameterException", strings.Repeat("a", 33): "InvalidParameterException",
		} {
			_, err := c.CreateIdentityProvider(ctx, partner(housetest.PoolID, name))
			throws(t, err, exception, "")
		}
	})
}
