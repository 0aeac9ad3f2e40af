package housetest

import (
	"context"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Browser walks pages as a person's browser does. Every host name leads to the
// house; redirects are answers, and [Browser.Follow] goes after them.
type Browser struct {
	t    testing.TB
	base *url.URL
	http *http.Client
}

// Page is one answer.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Body   string

	t testing.TB
}

// Browser opens a new browser, with no cookies, on the house's own host.
func (h *House) Browser() *Browser { return h.BrowserAt(h.URL()) }

// BrowserAt opens a new browser on another of the house's names.
func (h *House) BrowserAt(base string) *Browser {
	h.t.Helper()
	return NewBrowser(h.t, base, h.Address)
}

// NewBrowser opens a browser on the server that listens at address, under the
// name that base gives it.
func NewBrowser(t testing.TB, base, address string) *Browser {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := clientFor(t, address)
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{t: t, base: u, http: client}
}

// Through is the house as another server on the same ledger shows it, one that
// listens at address (127.0.0.1:port).
func (h *House) Through(address string) *House {
	return &House{Server: h.Server, Address: address, t: h.t, clock: h.clock}
}

// HTTP is a client for which every host name leads to the house.
func (h *House) HTTP() *http.Client { return clientFor(h.t, h.Address) }

func clientFor(t testing.TB, address string) *http.Client {
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// At resolves a path of the browser's host.
func (b *Browser) At(path string) *url.URL {
	b.t.Helper()
	u, err := b.base.Parse(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// Cookie returns a cookie's value, "" if there is none.
func (b *Browser) Cookie(name string) string {
	for _, c := range b.http.Jar.Cookies(b.base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// SetCookie plants a cookie.
func (b *Browser) SetCookie(name, value string) {
	b.http.Jar.SetCookies(b.base, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// Get opens a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.Do(b.Request(http.MethodGet, path, nil))
}

// Post sends a form as a page of the same origin does.
func (b *Browser) Post(path string, form url.Values) *Page {
	b.t.Helper()
	return b.Do(b.FormPost(path, form))
}

// FormPost is the request that [Browser.Post] sends.
func (b *Browser) FormPost(path string, form url.Values) *http.Request {
	b.t.Helper()
	r := b.Request(http.MethodPost, path, form)
	r.Header.Set("Origin", b.base.Scheme+"://"+b.base.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// Request makes a request that [Browser.Do] sends; form may be nil.
func (b *Browser) Request(method, path string, form url.Values) *http.Request {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.At(path).String(), body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// Do sends a request with the browser's cookies.
func (b *Browser) Do(r *http.Request) *Page {
	b.t.Helper()
	p, err := b.Try(r)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// Try is Do where the server may go away in the middle.
func (b *Browser) Try(r *http.Request) (*Page, error) {
	response, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &Page{URL: r.URL, Status: response.StatusCode, Header: response.Header, Body: string(body), t: b.t}, err
}

// Follow goes after redirects while they stay on the browser's host.
func (b *Browser) Follow(p *Page) *Page {
	b.t.Helper()
	for range 10 {
		to := p.Location()
		if to == nil || to.Host != b.base.Host {
			return p
		}
		p = b.Get(to.String())
	}
	b.t.Fatal("ten redirects in a row")
	return nil
}

// Submit fills the named form of a page and sends it; pairs are names and
// values, a name beginning with "-" takes that field away.
func (b *Browser) Submit(p *Page, name string, pairs ...string) *Page {
	b.t.Helper()
	action, fields := p.Form(name)
	change(fields, pairs)
	return b.Post(action, fields)
}

func change(values url.Values, pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if taken, found := strings.CutPrefix(pairs[i], "-"); found {
			values.Del(taken)
			continue
		}
		values.Set(pairs[i], pairs[i+1])
	}
}

// Location is where a redirect leads, nil for other answers.
func (p *Page) Location() *url.URL {
	p.t.Helper()
	location := p.Header.Get("Location")
	if location == "" {
		return nil
	}
	u, err := p.URL.Parse(location)
	if err != nil {
		p.t.Fatalf("the Location %q is no URL", location)
	}
	return u
}

var (
	formTag  = regexp.MustCompile(`(?s)<form ([^>]*)>(.*?)</form>`)
	inputTag = regexp.MustCompile(`<input ([^>]*)>`)
	attr     = regexp.MustCompile(`([\w-]+)="([^"]*)"`)
)

func attributes(tag string) map[string]string {
	out := map[string]string{}
	for _, m := range attr.FindAllStringSubmatch(tag, -1) {
		out[m[1]] = html.UnescapeString(m[2])
	}
	return out
}

// Form reads the action and the fields, hidden ones too, of a form.
func (p *Page) Form(name string) (action string, fields url.Values) {
	p.t.Helper()
	for _, form := range formTag.FindAllStringSubmatch(p.Body, -1) {
		a := attributes(form[1])
		if a["name"] != name {
			continue
		}
		fields = url.Values{}
		for _, input := range inputTag.FindAllStringSubmatch(form[2], -1) {
			if i := attributes(input[1]); i["name"] != "" {
				fields.Set(i["name"], i["value"])
			}
		}
		return a["action"], fields
	}
	p.t.Fatalf("%s (%d, Location %q) has no form %q:\n%s", p.URL, p.Status, p.Header.Get("Location"), name, p.Body)
	return "", nil
}

// Shows fails the test unless the page has the text, in HTML or as it reads.
func (p *Page) Shows(text string) {
	p.t.Helper()
	if !strings.Contains(p.Body, text) && !strings.Contains(html.UnescapeString(p.Body), text) {
		p.t.Errorf("%s (%d, Location %q) does not show %q:\n%s", p.URL, p.Status, p.Header.Get("Location"), text, p.Body)
	}
}
