package stories_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/totp"
)

// signsIn shows a password on the sign-in page and follows to the page after.
func signsIn(h *housetest.House, b *housetest.Browser, name, password string) *housetest.Page {
	p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", name, "password", password)
	return b.Follow(p)
}

var (
	seedOnPage = regexp.MustCompile(`class="seed" translate="no">([A-Z2-7 ]+)<`)
	qrOnPage   = regexp.MustCompile(`<path d="([^"]+)" stroke="#000"`)
)

// seedOf reads the seed on the page that sets an app up, and holds the picture
// against it.
func seedOf(t *testing.T, p *housetest.Page, account string) string {
	t.Helper()
	found, picture := seedOnPage.FindStringSubmatch(p.Body), qrOnPage.FindStringSubmatch(p.Body)
	if found == nil || picture == nil {
		t.Fatalf("no seed on the page:\n%s", p.Body)
	}
	seed := strings.ReplaceAll(found[1], " ", "")
	want, err := totp.QR(totp.URI("Bookshop", account, seed))
	must(t, err)
	if picture[1] != want.Path {
		t.Error("the picture is not that of the seed")
	}
	return seed
}

// Where a second factor is ON, somebody sets an authenticator app up on the way
// to the app, and is asked for a code of it from then on.
func TestPagesSetUp(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOn, "token")
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret)
		p = b.Follow(b.Submit(b.Follow(p), "confirmform", "code", h.Code(ann)))
		p.Shows("Set up an authenticator app")
		app := authenticator{h, seedOf(t, p, ann)}
		if again := seedOf(t, b.Get("/mfaSetup"+housetest.Ask()), ann); again != app.seed {
			t.Error("the page shows another seed when it is opened again")
		}
		b.Submit(p, "mfasetupform", "code", "").Shows("Enter the code.")
		b.Submit(p, "mfasetupform", "code", notThis(app.shows(t, 0))).Shows("That code isn&#39;t right.")
		spaced := app.shows(t, 0)[:3] + " " + app.shows(t, 0)[3:]
		back := b.Submit(p, "mfasetupform", "code", spaced, "name", `Ann's <b>phone</b>`).Back()
		redeem(t, h, back).ok(t)

		b = h.Browser()
		p = signsIn(h, b, ann, secret)
		p.Shows("Enter the code that the authenticator app on Ann&#39;s &lt;b&gt;phone&lt;/b&gt; shows.")
		b.Submit(p, "mfaform", "code", app.shows(t, 0)).Shows("That code was used already. Wait for the next one.")
		redeem(t, h, b.Submit(p, "mfaform", "code", app.next(t)).Back()).ok(t)
		if !b.Get("/oauth2/authorize" + housetest.Ask()).Location().Query().Has("code") {
			t.Error("the browser is not remembered after the second factor")
		}
	})
}

// With two factors the page asks which, lets go back to the other, and sends
// another code.
func TestPagesChoice(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := mfaHouse(t, database, types.UserPoolMfaTypeOptional, "token", "email")
		access := *signedIn(t, h, ann, easy).AccessToken
		app := enrols(t, h, access)
		must(t, only(sdk(h).SetUserMFAPreference(t.Context(), &cip.SetUserMFAPreferenceInput{AccessToken: &access,
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true}, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}})))
		b := h.Browser()
		p := signsIn(h, b, ann, easy)
		p.Shows("Choose your second step")
		p.Shows("Authenticator app")
		p.Shows("Code by e-mail")
		p = b.Follow(b.Submit(p, "mfaform", "factor", "EMAIL_OTP"))
		p.Shows("Enter the code that we sent to a***@e***.")
		first := h.Code(ann)
		p = b.Follow(b.Submit(p, "resendform", "factor", "EMAIL_OTP"))
		p.Shows("We sent a new code. Only the newest one works.")
		second := h.Code(ann)
		if first == second { // one in a million
			second = first
		} else {
			b.Submit(p, "mfaform", "code", first).Shows("That code isn&#39;t right.")
		}
		p = b.Follow(b.Submit(p, "otherform", "factor", "SOFTWARE_TOKEN_MFA"))
		p.Shows("the authenticator app on Ann&#39;s phone")
		b.Submit(p, "mfaform", "code", second).Shows("That code isn&#39;t right. Enter the one that the app shows now.")
		p = b.Follow(b.Submit(p, "otherform", "factor", "EMAIL_OTP"))
		redeem(t, h, b.Submit(p, "mfaform", "code", h.Code(ann)).Back()).ok(t)
		b = h.Browser()
		p = b.Follow(b.Submit(signsIn(h, b, ann, easy), "mfaform", "factor", "SOFTWARE_TOKEN_MFA"))
		redeem(t, h, b.Submit(p, "mfaform", "code", app.next(t)).Back()).ok(t)
	})
}

// The pages of second factors are no way in for who has not come through the
// password, and say so.
func TestPagesSecondLost(t *testing.T) {
	t.Parallel()
	h := mfaHouse(t, "", types.UserPoolMfaTypeOn, "token")
	for _, path := range []string{"/mfa", "/mfaSetup"} {
		b := h.Browser()
		b.Get(path + housetest.Ask()).Shows("This page does not know which account it is for.")
		b.Get("/login" + housetest.Ask())
		b.Post(path+housetest.Ask(), url.Values{"_csrf": {b.Cookie("XSRF-TOKEN")}, "code": {"123456"}}).Shows(html.EscapeString("This page does not know which account it is for."))
	}
	if _, err := sdk(h).SetUserPoolMfaConfig(t.Context(), &cip.SetUserPoolMfaConfigInput{UserPoolId: aws.String(housetest.PoolID), MfaConfiguration: types.UserPoolMfaTypeOff}); err != nil {
		t.Error(err)
	}
}
