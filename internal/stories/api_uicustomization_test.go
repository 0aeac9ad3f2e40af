package stories_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// logo is a picture of one colour, with a mark in its middle.
func logo(t testing.TB, jpg bool, c color.Color) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 350, 120))
	for x := range 350 {
		for y := range 120 {
			if dx, dy := x-60, y-60; dx*dx+dy*dy < 50*50 || x > 140 && y > 40 && y < 80 {
				m.Set(x, y, c)
			}
		}
	}
	var out bytes.Buffer
	err := png.Encode(&out, m)
	if jpg {
		out.Reset()
		err = jpeg.Encode(&out, m, nil)
	}
	must(t, err)
	return out.Bytes()
}

var green = color.NRGBA{20, 110, 70, 255}

const greenSheet = `/* the shop's own */
.background-customizable { background-color: #f3faf6; }
.submitButton-customizable { background-color: #146e46; color: #fff; border-radius: 2px; }
.submitButton-customizable:hover { background-color: #0d5535; }
.inputField-customizable { border: 1px solid #146e46; border-radius: 2px; }
.label-customizable { font-weight: 400; }
.redirect-customizable { color: #146e46; }
`

// customises sets how the pages of a client look; "" is all clients.
func customises(t *testing.T, h *housetest.House, client, css string, image []byte) (*types.UICustomizationType, error) {
	t.Helper()
	in := &cip.SetUICustomizationInput{UserPoolId: poolID(), ImageFile: image}
	if client != "" {
		in.ClientId = &client
	}
	if css != "" {
		in.CSS = &css
	}
	out, err := sdk(h).SetUICustomization(t.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.UICustomization, nil
}

func customised(t *testing.T, h *housetest.House, client string) *types.UICustomizationType {
	t.Helper()
	in := &cip.GetUICustomizationInput{UserPoolId: poolID()}
	if client != "" {
		in.ClientId = &client
	}
	out, err := sdk(h).GetUICustomization(t.Context(), in)
	must(t, err)
	return out.UICustomization
}

var (
	styleOnPage = regexp.MustCompile(`<link rel="stylesheet" href="(/branding/[^"]+)">`)
	logoOnPage  = regexp.MustCompile(`<img class="logo logo-customizable" src="(/branding/[^"]+)" alt="">`)
)

// dressed are the paths of the style sheet and the logo that the sign-in page of
// a client uses, "" where it uses none.
func dressed(b *housetest.Browser, client string) (style, logo string) {
	page := b.Get("/login" + housetest.Ask("client_id", client)).Body
	if found := styleOnPage.FindStringSubmatch(page); found != nil {
		style = found[1]
	}
	if found := logoOnPage.FindStringSubmatch(page); found != nil {
		logo = found[1]
	}
	return style, logo
}

// An operator gives the pages of all clients a sheet and a logo, and those of one
// client others. Each is what its pages show, and none is left when it goes.
func TestAPIUICustomization(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		b := h.Browser()
		other, err := sdk(h).CreateUserPoolClient(t.Context(), &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("other"), CallbackURLs: []string{housetest.Callback},
			AllowedOAuthFlows: []types.OAuthFlowType{"code"}, AllowedOAuthScopes: []string{"openid", "email"}, AllowedOAuthFlowsUserPoolClient: true, SupportedIdentityProviders: []string{"COGNITO"}})
		must(t, err)
		second := *other.UserPoolClient.ClientId
		if got := customised(t, h, ""); got.CSS != nil || got.ImageUrl != nil || got.ClientId != nil {
			t.Errorf("at first %+v", got)
		}
		if style, logo := dressed(b, housetest.ClientID); style != "" || logo != "" {
			t.Errorf("at first the page has %q, %q", style, logo)
		}

		all, err := customises(t, h, "", greenSheet, logo(t, false, green))
		must(t, err)
		if *all.CSS != greenSheet || *all.ClientId != "ALL" || *all.UserPoolId != housetest.PoolID || !regexp.MustCompile(`^\d{14}$`).MatchString(*all.CSSVersion) ||
			!strings.HasPrefix(*all.ImageUrl, "http://") || all.CreationDate == nil || all.LastModifiedDate == nil {
			t.Errorf("answered %+v", all)
		}
		style, mark := dressed(b, housetest.ClientID)
		otherStyle, otherMark := dressed(b, second)
		if style == "" || mark == "" || style != otherStyle || mark != otherMark {
			t.Errorf("the pages have %q %q and %q %q", style, mark, otherStyle, otherMark)
		}
		sheet := b.Get(style)
		if sheet.Status != http.StatusOK || sheet.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(sheet.Header.Get("Cache-Control"), "immutable") ||
			!strings.Contains(sheet.Body, ".submitButton-customizable{background-color:#146e46;color:#fff;border-radius:2px}") || strings.Contains(sheet.Body, "/*") {
			t.Errorf("the sheet: %d %v %s", sheet.Status, sheet.Header, sheet.Body)
		}
		picture := b.Get(mark)
		if _, kind, err := image.Decode(strings.NewReader(picture.Body)); err != nil || kind != "png" || picture.Header.Get("Content-Type") != "image/png" || !strings.HasSuffix(*all.ImageUrl, mark) {
			t.Errorf("the logo: %v %s %s, ImageUrl %s", err, kind, picture.Header.Get("Content-Type"), *all.ImageUrl)
		}

		// One client's own, by a photograph, and no sheet.
		h.Advance(time.Minute)
		own, err := customises(t, h, second, "", logo(t, true, green))
		must(t, err)
		if own.CSS != nil || own.CSSVersion != nil || *own.ClientId != second || !strings.HasSuffix(*own.ImageUrl, ".jpg") {
			t.Errorf("answered %+v", own)
		}
		if style, logo := dressed(b, second); style != "" || !strings.HasSuffix(*own.ImageUrl, logo) || b.Get(logo).Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("the page has %q, %q", style, logo)
		}
		if again, _ := dressed(b, housetest.ClientID); again != style {
			t.Errorf("the other's page has %q", again)
		}
		if got := customised(t, h, housetest.ClientID); *got.ClientId != "ALL" || *got.CSS != greenSheet {
			t.Errorf("a client without its own reads %+v", got)
		}

		// Changed, the old names lead nowhere; the same again changes nothing.
		changed, err := customises(t, h, "ALL", ".label-customizable{color:#333}", logo(t, false, green))
		must(t, err)
		if !changed.CreationDate.Equal(*all.CreationDate) || !changed.LastModifiedDate.After(*all.LastModifiedDate) || *changed.CSSVersion == *all.CSSVersion || *changed.ImageUrl != *all.ImageUrl {
			t.Errorf("changed: %+v, was %+v", changed, all)
		}
		if old := b.Get(style); old.Status != http.StatusNotFound {
			t.Errorf("the old sheet answers %d", old.Status)
		}
		h.Advance(time.Minute)
		same, err := customises(t, h, "ALL", ".label-customizable{color:#333}", logo(t, false, green))
		must(t, err)
		if !same.LastModifiedDate.Equal(*changed.LastModifiedDate) {
			t.Errorf("the same again: %+v, was %+v", same, changed)
		}

		// Without anything it is gone; and with its client.
		gone, err := customises(t, h, "ALL", "", nil)
		must(t, err)
		if gone.CSS != nil || gone.ImageUrl != nil {
			t.Errorf("taken away: %+v", gone)
		}
		if style, logo := dressed(b, housetest.ClientID); style != "" || logo != "" {
			t.Errorf("taken away, the page has %q, %q", style, logo)
		}
		_, mark = dressed(b, second)
		must(t, only(sdk(h).DeleteUserPoolClient(t.Context(), &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: &second})))
		if old := b.Get(mark); old.Status != http.StatusNotFound {
			t.Errorf("the deleted client's logo answers %d", old.Status)
		}
	})
}

// The pages of a pool are customised where they have an address.
func TestAPIUICustomizationOfNoDomain(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Document: housetest.Document(t, func(d *setup.Document) { d.UserPoolDomains = nil })})
	_, err := customises(t, h, "", greenSheet, nil)
	refused(t, err, "InvalidParameterException", "There has to be an existing domain associated with this user pool")
}

// A document and a template customise too, and a second time change nothing.
func TestApplyUICustomization(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		s := &setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}
		d := setup.Document{UICustomizations: []setup.CustomizationEntry{{UserPoolID: housetest.PoolID, CSS: greenSheet, ImageFile: logo(t, false, green)}, {UserPoolID: housetest.PoolID, ClientID: housetest.ClientID, CSS: ".label-customizable{color:#333}"}}}
		for i, want := range []setup.Action{setup.Created, setup.Unchanged} {
			changes, err := s.Apply(t.Context(), d, false)
			must(t, err)
			if len(changes) != 2 || changes[0].Action != want || changes[1].Action != want {
				t.Errorf("run %d: %+v", i+1, changes)
			}
		}
		if got := customised(t, h, ""); *got.CSS != greenSheet || got.ImageUrl == nil {
			t.Errorf("all clients have %+v", got)
		}
		if style, logo := dressed(h.Browser(), housetest.ClientID); style == "" || logo != "" {
			t.Errorf("the client's page has %q, %q", style, logo)
		}
		d.UICustomizations[1].CSS = "@import 'x';"
		_, err := s.Apply(t.Context(), d, false)
		refusedAt(t, err, "InvalidParameter", "CSS")
		if got := customised(t, h, housetest.ClientID); *got.CSS != ".label-customizable{color:#333}" {
			t.Errorf("after a refusal the client has %+v", got)
		}
	})
}
