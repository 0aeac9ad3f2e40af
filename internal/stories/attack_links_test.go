package stories_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

var anyLink = regexp.MustCompile(`https?://[^\s<>"]+`)

// mailedLink is the one link in the newest mail to address.
func mailedLink(t *testing.T, h *housetest.House, address string) *url.URL {
	t.Helper()
	text := h.Mail(address).Text.Reveal()
	found := anyLink.FindAllString(text, -1)
	if len(found) != 1 || strings.Contains(text, "evil") {
		t.Fatalf("the mail has %d links, want one of ours: %q", len(found), text)
	}
	u, err := url.Parse(found[0])
	must(t, err)
	return u
}

func byLink(d *setup.Document) {
	for i := range d.UserPools {
		d.UserPools[i].VerificationMessageTemplate = &pool.VerificationMessageTemplate{DefaultEmailOption: "CONFIRM_WITH_LINK"}
	}
}

// signUpAt sends the sign-up form to a house that is called by any name, with
// headers of one's choice, and then asks for another mail.
func signUpAt(t *testing.T, h *housetest.House, base, email string, headers ...string) {
	t.Helper()
	b := h.BrowserAt(base)
	send := func(path string, fields url.Values) *housetest.Page {
		r := b.FormPost(path, fields)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		return b.Do(r)
	}
	_, fields := b.Get("/signup" + housetest.Ask()).Form("signupform")
	fields.Set("username", email)
	fields.Set("password", secret)
	if p := send("/signup"+housetest.Ask(), fields); p.Status != http.StatusFound {
		t.Fatalf("sign-up at %s: %d", base, p.Status)
	}
	first := mailedLink(t, h, email)
	if p := send("/resendcode"+housetest.Ask(), fields); p.Status != http.StatusFound {
		t.Fatalf("resend at %s: %d", base, p.Status)
	}
	if again := mailedLink(t, h, email); again.Host != first.Host {
		t.Errorf("at %s the first mail leads to %s, the second to %s", base, first, again)
	}
}

// newestHost is where the newest mail leads.
func newestHost(t *testing.T, h *housetest.House, email string) string {
	t.Helper()
	mails, err := h.DB.Mails.Newest(t.Context(), email, 1)
	must(t, err)
	u, err := url.Parse(anyLink.FindString(mails[0].Text.Reveal()))
	must(t, err)
	return u.Scheme + "://" + u.Host
}

// A mailed link names a host that is configured, whatever name the request that
// asked for it claims: else whoever types a stranger's address would have the
// stranger's code sent to a host of their own.
func TestAttackLinkToAnotherHost(t *testing.T) {
	t.Parallel()
	for what, proxies := range map[string][]netip.Prefix{"asked directly": nil, "behind a proxy": {netip.MustParsePrefix("127.0.0.0/8")}} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) {
				h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, byLink), Proxies: proxies})
				for i, host := range []string{
					"evil.example.net", "house.evil.example.net", "house.localhost.evil.example.net", "localhost.evil.example.net", "evil.house.localhost", "nobody.localhost", "127.0.0.1", "house", "[::1]",
				} {
					email := string(rune('a'+i)) + "@example.com"
					signUpAt(t, h, at(h, host), email)
					if got := newestHost(t, h, email); got != h.URL() {
						t.Errorf("as %s the link leads to %s", host, got)
					}
					email = "x" + email
					signUpAt(t, h, h.URL(), email, "X-Forwarded-Host", host, "Forwarded", "host="+host, "X-Host", host)
					if got := newestHost(t, h, email); got != h.URL() {
						t.Errorf("with %s forwarded the link leads to %s", host, got)
					}
				}
				client := cip.New(cip.Options{Region: "us-east-1", BaseEndpoint: aws.String(at(h, "evil.example.net")), HTTPClient: h.HTTP(), RetryMaxAttempts: 1})
				_, err := client.SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: aws.String("api@example.com"), Password: aws.String("secret1")})
				must(t, err)
				if got := mailedLink(t, h, "api@example.com"); got.Scheme+"://"+got.Host != h.URL() {
					t.Errorf("by the API the link leads to %s", got)
				}
			})
		})
	}
}

// On a pool's own domain the link leads back to it, and from there the browser
// that signed up goes on to the app.
func TestLinkLeadsToThePoolsDomain(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, byLink)})
		for email, base := range map[string]string{"own@example.com": h.URL(), "prefix@example.com": at(h, "house.localhost"), "shouting@example.com": at(h, "HOUSE.localhost")} {
			b := h.BrowserAt(base)
			b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", email, "password", secret)
			link := mailedLink(t, h, email)
			if got := link.Scheme + "://" + link.Host; got != strings.ToLower(base) || link.Path != "/confirmUser" {
				t.Fatalf("at %s the link leads to %s", base, link)
			}
			if back := b.Submit(b.Get(link.RequestURI()), "confirmlinkform").Back(); back.Query().Get("code") == "" {
				t.Errorf("the link leads to %s", back)
			}
		}
	})
}

// A custom domain is the pool's name for people: mail names it wherever it was
// asked for, and a neighbour's domain gets nothing sent.
func TestLinkNamesTheCustomDomain(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		document := neighbours(t)
		byLink(document)
		h := housetest.Start(t, housetest.Config{Database: database, Document: document})
		want := at(h, "auth.example.com")
		for i, host := range []string{"localhost", "house.localhost", "auth.example.com", "evil.example.net"} {
			email := string(rune('a'+i)) + "@example.com"
			signUpAt(t, h, at(h, host), email)
			if got := newestHost(t, h, email); got != want {
				t.Errorf("at %s the link leads to %s, want %s", host, got, want)
			}
		}
		b := h.BrowserAt(want)
		b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret)
		link := mailedLink(t, h, ann)
		h.Browser().Get("/mailbox").Shows(`<a href="` + strings.ReplaceAll(link.String(), "&", "&amp;") + `">Open the link</a>`)
		redeem(t, h, b.Submit(b.Get(link.RequestURI()), "confirmlinkform").Back()).ok(t)
		if p := h.BrowserAt(at(h, "other.localhost")).Get("/signup" + housetest.Ask()); p.Status != http.StatusBadRequest {
			t.Errorf("a neighbour's domain answers %d", p.Status)
		}
	})
}
