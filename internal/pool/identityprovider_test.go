package pool_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// metadata is the least that describes a SAML identity provider.
const metadata = `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/out"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/post"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/in?a=1&amp;b=2"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`

func details(t testing.TB, of map[string]string) pool.ProviderDetails {
	t.Helper()
	doc, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	var d pool.ProviderDetails
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// written is what details are as one object.
func written(t testing.TB, d pool.ProviderDetails) map[string]string {
	t.Helper()
	doc, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(doc, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// asked is what is needed of each type of provider, and its name.
func asked(t testing.TB, kind string) pool.IdentityProvider {
	t.Helper()
	p := pool.IdentityProvider{UserPoolID: "us-east-1_Pool", ProviderName: kind, ProviderType: kind}
	least := map[string]string{"client_id": "id", "client_secret": "hush", "authorize_scopes": "email openid"}
	switch kind {
	case "SAML":
		least, p.ProviderName = map[string]string{"MetadataFile": metadata}, "Corp"
	case "OIDC":
		least = map[string]string{"client_id": "id", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid"}
		p.ProviderName = "Partner"
	case "SignInWithApple":
		least = map[string]string{"client_id": "id", "team_id": "T", "key_id": "K", "private_key": "-----BEGIN\nhush\n-----END", "authorize_scopes": "email"}
	}
	p.ProviderDetails = details(t, least)
	return p
}

func schooled() pool.Pool {
	return pool.Pool{ID: "us-east-1_Pool", Settings: pool.Settings{Schema: []pool.SchemaAttribute{{Name: "team"}}}}
}

// What Cognito fills in, as its API reference shows it for each type.
func TestFilledProviders(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]map[string]string{
		"SAML": {"SSORedirectBindingURI": "https://idp.example.com/in?a=1&b=2", "SLORedirectBindingURI": "https://idp.example.com/out"},
		"OIDC": {"attributes_url_add_attributes": "false"},
		"Google": {"attributes_url": "https://people.googleapis.com/v1/people/me?personFields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://accounts.google.com/o/oauth2/v2/auth", "oidc_issuer": "https://accounts.google.com", "token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token"},
		"LoginWithAmazon": {"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false", "authorize_url": "https://www.amazon.com/ap/oa",
			"token_request_method": "POST", "token_url": "https://api.amazon.com/auth/o2/token"},
		"SignInWithApple": {"attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize", "oidc_issuer": "https://appleid.apple.com",
			"token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token"},
		"Facebook": {"api_version": "v17.0", "attributes_url": "https://graph.facebook.com/v17.0/me?fields=", "attributes_url_add_attributes": "true",
			"authorize_url": "https://www.facebook.com/v17.0/dialog/oauth", "token_request_method": "GET", "token_url": "https://graph.facebook.com/v17.0/oauth/access_token"},
	} {
		given := asked(t, kind)
		all := written(t, given.ProviderDetails)
		maps.Copy(all, want)
		filled := given.Filled()
		if err := filled.Check(schooled()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if diff := cmp.Diff(all, written(t, filled.ProviderDetails)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		username := map[string]string{"SAML": "", "Facebook": "id", "LoginWithAmazon": "user_id"}
		if want, special := username[kind]; filled.AttributeMapping["username"] != want && special || !special && filled.AttributeMapping["username"] != "sub" {
			t.Errorf("%s: the username is %q", kind, filled.AttributeMapping["username"])
		}
		if diff := cmp.Diff(filled, filled.Filled()); diff != "" {
			t.Errorf("%s, filled twice: %s", kind, diff)
		}
	}
	// What was said stays, and addresses follow the version.
	said := asked(t, "Facebook")
	said.ProviderDetails.Plain["api_version"], said.ProviderDetails.Plain["token_request_method"] = "v19.0", "POST"
	said.ProviderDetails.Plain["ActiveEncryptionCertificate"] = "MII"
	said.AttributeMapping = map[string]string{"username": "email", "custom:team": "team"}
	got := said.Filled()
	d := written(t, got.ProviderDetails)
	if d["token_url"] != "https://graph.facebook.com/v19.0/oauth/access_token" || d["token_request_method"] != "POST" || d["ActiveEncryptionCertificate"] != "" || got.AttributeMapping["username"] != "email" {
		t.Errorf("filled: %v, %v", d, got.AttributeMapping)
	}
	if err := got.Check(schooled()); err != nil {
		t.Error(err)
	}
}

func TestProviderRefusals(t *testing.T) {
	t.Parallel()
	type provider = pool.IdentityProvider
	name := func(name string) func(*provider) { return func(p *provider) { p.ProviderName = name } }
	detail := func(name, value string) func(*provider) {
		return func(p *provider) {
			all := written(t, p.ProviderDetails)
			all[name] = value
			p.ProviderDetails = details(t, all)
		}
	}
	mapped := func(name, to string) func(*provider) {
		return func(p *provider) { p.AttributeMapping = map[string]string{name: to} }
	}
	known := func(identifiers ...string) func(*provider) {
		return func(p *provider) { p.IdpIdentifiers = identifiers }
	}
	const setting = "InvalidParameter.setting at "
	for _, c := range []struct {
		what, kind string
		change     func(*provider)
		want       string
	}{
		{"an unknown type", "OIDC", func(p *provider) { p.ProviderType = "Twitter" }, setting + "ProviderType"},
		{"COGNITO", "OIDC", name("COGNITO"), "InvalidParameter.provider_type at ProviderName"},
		{"a social name", "SAML", name("google"), "InvalidParameter.provider_type at ProviderName"},
		{"a social one by another name", "Google", name("Google2"), "InvalidParameter.provider_type at ProviderName"},
		{"an underscore first", "OIDC", name("_corp"), setting + "ProviderName"},
		{"an underscore later", "OIDC", name("my_corp"), setting + "ProviderName"},
		{"two characters", "OIDC", name("ab"), setting + "ProviderName"},
		{"a long name", "OIDC", name(strings.Repeat("a", 33)), setting + "ProviderName"},
		{"a space", "OIDC", name("my corp"), setting + "ProviderName"},
		{"a NUL", "OIDC", name("corp\x00"), setting + "ProviderName"},
		{"a mark that turns the direction", "OIDC", name("corp\u202e"), setting + "ProviderName"},
		{"no UTF-8", "OIDC", name("corp\xff"), setting + "ProviderName"},
		{"no name", "OIDC", name(""), setting + "ProviderName"},
		{"no client", "Google", detail("client_id", ""), "InvalidParameter.provider_details at ProviderDetails"},
		{"no secret", "Facebook", detail("client_secret", ""), "InvalidParameter.provider_details at ProviderDetails"},
		{"no scopes", "LoginWithAmazon", detail("authorize_scopes", ""), "InvalidParameter.provider_details at ProviderDetails"},
		{"no key", "SignInWithApple", detail("private_key", ""), "InvalidParameter.provider_details at ProviderDetails"},
		{"no issuer", "OIDC", detail("oidc_issuer", ""), "InvalidParameter.provider_details at ProviderDetails"},
		{"no metadata", "SAML", detail("MetadataFile", ""), "InvalidParameter.metadata_missing at ProviderDetails"},
		{"another type's detail", "SAML", detail("client_id", "id"), setting + "ProviderDetails.client_id"},
		{"another type's secret", "OIDC", detail("private_key", "k"), setting + "ProviderDetails.private_key"},
		{"an unknown detail", "Google", detail("colour", "red"), setting + "ProviderDetails.colour"},
		{"a method", "OIDC", detail("attributes_request_method", "PUT"), setting + "ProviderDetails.attributes_request_method"},
		{"an issuer by http", "OIDC", detail("oidc_issuer", "http://idp.example.com"), setting + "ProviderDetails.oidc_issuer"},
		{"an issuer with a query", "OIDC", detail("oidc_issuer", "https://idp.example.com?a"), setting + "ProviderDetails.oidc_issuer"},
		{"a script", "OIDC", detail("authorize_url", "javascript:alert(1)"), setting + "ProviderDetails.authorize_url"},
		{"a file", "SAML", detail("MetadataURL", "file:///etc/passwd"), setting + "ProviderDetails.MetadataURL"},
		{"user information", "OIDC", detail("token_url", "https://me:pw@idp.example.com"), setting + "ProviderDetails.token_url"},
		{"a fragment", "OIDC", detail("jwks_uri", "https://idp.example.com/#a"), setting + "ProviderDetails.jwks_uri"},
		{"no host", "OIDC", detail("jwks_uri", "https:///keys"), setting + "ProviderDetails.jwks_uri"},
		{"no truth", "SAML", detail("IDPSignout", "yes"), setting + "ProviderDetails.IDPSignout"},
		{"an algorithm", "SAML", detail("RequestSigningAlgorithm", "rsa-sha1"), setting + "ProviderDetails.RequestSigningAlgorithm"},
		{"a version", "Facebook", detail("api_version", "../v1"), setting + "ProviderDetails.api_version"},
		{"two lines", "Google", detail("client_id", "a\nb"), setting + "ProviderDetails.client_id"},
		{"a NUL in a key", "SignInWithApple", detail("private_key", "a\x00"), setting + "ProviderDetails.private_key"},
		{"a long value", "Google", detail("client_id", strings.Repeat("a", 131073)), setting + "ProviderDetails.client_id"},
		{"no XML", "SAML", detail("MetadataFile", "not XML"), setting + "ProviderDetails.MetadataFile"},
		{"no way to sign in", "SAML", detail("MetadataFile", strings.Replace(metadata, "HTTP-Redirect\" Location=\"https://idp.example.com/in", "HTTP-Artifact\" Location=\"https://idp.example.com/in", 1)),
			"InvalidParameter.metadata_binding at ProviderDetails.MetadataFile"},
		{"an attribute that is not", "OIDC", mapped("custom:shoe", "shoe"), "InvalidParameter.mapping at AttributeMapping"},
		{"the sub", "OIDC", mapped("sub", "sub"), "InvalidParameter.mapping at AttributeMapping"},
		{"mapped to nothing", "OIDC", mapped("email", ""), setting + "AttributeMapping"},
		{"mapped to a control character", "OIDC", mapped("email", "a\x1b"), setting + "AttributeMapping"},
		{"51 identifiers", "OIDC", func(p *provider) {
			for i := range 51 {
				p.IdpIdentifiers = append(p.IdpIdentifiers, fmt.Sprint(i))
			}
		}, setting + "IdpIdentifiers"},
		{"an identifier twice", "OIDC", known("a", "a"), setting + "IdpIdentifiers"},
		{"a long identifier", "OIDC", known(strings.Repeat("a", 41)), setting + "IdpIdentifiers"},
		{"an identifier of markup", "OIDC", known("<b>"), setting + "IdpIdentifiers"},
		{"no identifier", "OIDC", known(""), setting + "IdpIdentifiers"},

		{"an underscore in second place", "OIDC", name("a_corp"), ""},
		{"a name in other letters", "SAML", name("会社-1"), ""},
		{"a public client", "OIDC", detail("client_secret", ""), ""},
		{"an issuer on this machine", "OIDC", detail("oidc_issuer", "http://localhost:8080/realms/a"), ""},
		{"metadata by address", "SAML", func(p *provider) {
			p.ProviderDetails = details(t, map[string]string{"MetadataURL": "https://idp.example.com/m", "IDPSignout": "True", "IDPInit": "false", "EncryptedResponses": "true", "RequestSigningAlgorithm": "rsa-sha256"})
		}, ""},
		{"attributes", "Google", func(p *provider) {
			p.AttributeMapping = map[string]string{"email": "email", "email_verified": "email_verified", "custom:team": "hd"}
		}, ""},
		{"identifiers", "SAML", known("corp.example.com", "My Corp"), ""},
	} {
		p := asked(t, c.kind)
		c.change(&p)
		got, _, _ := strings.Cut(said(p.Filled().Check(schooled())), ": ")
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// An update keeps what it leaves out, and a private key that nobody was shown.
func TestUpdatedProvider(t *testing.T) {
	t.Parallel()
	before := asked(t, "SignInWithApple")
	before.AttributeMapping, before.IdpIdentifiers = map[string]string{"email": "email"}, []string{"apple"}
	if diff := cmp.Diff(before, before.Updated(pool.ProviderSettings{})); diff != "" {
		t.Error(diff)
	}
	shown := written(t, before.ProviderDetails)
	delete(shown, "private_key")
	shown["team_id"] = "U"
	after := before.Updated(pool.ProviderSettings{ProviderDetails: details(t, shown), AttributeMapping: map[string]string{}, IdpIdentifiers: []string{}})
	if d := written(t, after.ProviderDetails); d["private_key"] != before.ProviderDetails.PrivateKey.Reveal() || d["team_id"] != "U" || len(after.AttributeMapping)+len(after.IdpIdentifiers) != 0 {
		t.Errorf("updated: %v, %v, %v", d, after.AttributeMapping, after.IdpIdentifiers)
	}
	other := asked(t, "SignInWithApple")
	other.ProviderDetails.PrivateKey = "new"
	if got := before.Updated(other.ProviderSettings); got.ProviderDetails.PrivateKey != "new" {
		t.Error("a new key is not taken")
	}
}

// Whatever prints a provider prints no secret.
func TestProvidersHideSecrets(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Google", "SignInWithApple"} {
		if text := fmt.Sprintf("%v %+v %#v", asked(t, kind), asked(t, kind), asked(t, kind)); strings.Contains(text, "hush") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestClientsProviders(t *testing.T) {
	t.Parallel()
	client := func(names ...string) pool.Client {
		return pool.Client{UserPoolID: "us-east-1_Pool", ClientSettings: pool.ClientSettings{SupportedIdentityProviders: names}}
	}
	for _, c := range []struct {
		names, there []string
		want         string
		passwords    bool
		without      []string // Google
	}{
		{nil, nil, "", true, nil},
		{[]string{"COGNITO"}, nil, "", true, []string{"COGNITO"}},
		{[]string{"COGNITO", "Google"}, []string{"Google"}, "", true, []string{"COGNITO"}},
		{[]string{"Google", "Corp"}, []string{"Corp", "Google"}, "", false, []string{"Corp"}},
		{[]string{"Google"}, []string{"Google"}, "", false, []string{"Google"}},
		{[]string{"COGNITO", "Google"}, nil, "InvalidParameter.provider at SupportedIdentityProviders", true, []string{"COGNITO"}},
		{[]string{"corp"}, []string{"Corp"}, "InvalidParameter.provider at SupportedIdentityProviders", false, []string{"corp"}},
	} {
		got, _, _ := strings.Cut(said(client(c.names...).CheckProviders(c.there)), ": ")
		if got != c.want {
			t.Errorf("%v of %v: %q, want %q", c.names, c.there, got, c.want)
		}
		if client(c.names...).TakesPasswords() != c.passwords {
			t.Errorf("%v takes passwords: %v", c.names, !c.passwords)
		}
		if rest := client(c.names...).WithoutProvider("Google"); !slices.Equal(rest, c.without) {
			t.Errorf("%v without Google: %v", c.names, rest)
		}
	}
}
