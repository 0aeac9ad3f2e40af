package pool_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
)

func withMetadata(t testing.TB, document string) pool.IdentityProvider {
	t.Helper()
	return pool.IdentityProvider{ProviderName: "Corp", ProviderType: "SAML", ProviderSettings: pool.ProviderSettings{ProviderDetails: details(t, map[string]string{"MetadataFile": document})}}
}

// Metadata is one document of one identity provider, and asks the reader for
// nothing.
func TestSAMLMetadata(t *testing.T) {
	t.Parallel()
	change := func(old, next string) string {
		if !strings.Contains(metadata, old) {
			t.Fatalf("%q is not in it", old)
		}
		return strings.Replace(metadata, old, next, 1)
	}
	body := metadata[strings.Index(metadata, "<md:Entity"):]
	const external = `<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]>`
	const laughs = `<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>`
	for what, c := range map[string]struct {
		document string
		good     bool
	}{
		"as it should be":          {metadata, true},
		"without a declaration":    {body, true},
		"with a byte order mark":   {"\ufeff" + metadata, true},
		"with another prefix":      {strings.NewReplacer("md:", "x:", ":md", ":x").Replace(metadata), true},
		"with no prefix":           {strings.NewReplacer("md:", "", ":md", "").Replace(metadata), true},
		"with a comment":           {change("<md:IDP", "<!-- & < --><md:IDP"), true},
		"an external entity":       {external + strings.Replace(body, "https://idp.example.com/in", "https://&e;/in", 1), false},
		"an external entity alone": {external + body, false},
		"a million laughs":         {laughs + strings.Replace(body, "idp.example.com/in", "&c;", 1), false},
		"an external DTD":          {`<!DOCTYPE m SYSTEM "http://127.0.0.1:1/x.dtd">` + body, false},
		"an unknown entity":        {change("idp.example.com/in", "&e;"), false},
		"a deep tree":              {change("</md:IDP", strings.Repeat("<a>", 5000)+strings.Repeat("</a>", 5000)+"</md:IDP"), false},
		"a tree that does not end": {strings.Repeat("<a>", 40000), false},
		"another encoding":         {change("UTF-8", "UTF-16"), false},
		"an end too few":           {strings.TrimSuffix(metadata, "</md:EntityDescriptor>"), false},
		"an end too many":          {metadata + "</md:EntityDescriptor>", false},
		"two documents":            {body + body, false},
		"text behind":              {metadata + "x", false},
		"text before":              {"x" + body, false},
		"another namespace":        {change("SAML:2.0:metadata", "SAML:1.0:metadata"), false},
		"a service provider":       {strings.ReplaceAll(metadata, "IDPSSODescriptor", "SPSSODescriptor"), false},
		"no entityID":              {change("entityID", "id"), false},
		"a page":                   {"<html><body>Sign in</body></html>", false},
		"another wrapped around":   {"<a>" + body + "</a>", false},
		"a location that is code":  {change("https://idp.example.com/in", "javascript:alert(1)//"), false},
		"a location twice":         {change(`Location="https://idp.example.com/in`, `Location="https://evil.example.com" Location="https://idp.example.com/in`), false},
	} {
		p := withMetadata(t, c.document).Filled()
		if err := p.Check(pool.Pool{}); (err == nil) != c.good {
			t.Errorf("%s: %v", what, err)
		}
		if on := p.ProviderDetails.Plain["SSORedirectBindingURI"]; (on == "https://idp.example.com/in?a=1&b=2") != c.good || on != "" && !c.good {
			t.Errorf("%s leads to %q", what, on)
		}
	}
}

// Whatever comes as metadata, where it leads is an address that a browser may be
// sent to, or it is refused.
func FuzzSAMLMetadata(f *testing.F) {
	f.Add(metadata)
	f.Add(`<!DOCTYPE m [<!ENTITY e SYSTEM "file:///etc/passwd">]><m>&e;</m>`)
	f.Add(strings.Repeat("<a>", 100))
	f.Fuzz(func(t *testing.T, document string) {
		p := withMetadata(t, document).Filled()
		if p.Check(pool.Pool{}) != nil {
			return
		}
		u, err := url.Parse(p.ProviderDetails.Plain["SSORedirectBindingURI"])
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			t.Errorf("%q leads to %v, %v", document, u, err)
		}
	})
}
