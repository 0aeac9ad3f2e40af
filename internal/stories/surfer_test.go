package stories_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// surfer is a browser without a screen that follows redirects from one site to
// the other, as they are.
type surfer struct {
	t    *testing.T
	http *http.Client
	at   *url.URL
	body string
}

func newSurfer(t *testing.T) *surfer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &surfer{t: t, http: &http.Client{Jar: jar}}
}

func (s *surfer) path() string { return s.at.Path }

func (s *surfer) get(address string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	must(s.t, err)
	s.goes(r)
}

// send posts a form to an address.
func (s *surfer) send(address string, form url.Values) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	must(s.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.goes(r)
}

func (s *surfer) goes(r *http.Request) {
	s.t.Helper()
	r.Header.Set("Accept", "text/html")
	response, err := s.http.Do(r)
	must(s.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(s.t, err)
	s.at, s.body = response.Request.URL, string(body)
}

// submit fills the first form of the page, whose hidden fields go along.
func (s *surfer) submit(pairs ...string) {
	s.t.Helper()
	form := regexp.MustCompile(`(?s)<form [^>]*action="([^"]*)".*?</form>`).FindStringSubmatch(s.body)
	if form == nil {
		s.t.Fatalf("%s has no form:\n%s", s.at, s.body)
	}
	action, err := s.at.Parse(html.UnescapeString(form[1]))
	must(s.t, err)
	fields := url.Values{}
	for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(form[0], -1) {
		fields.Set(hidden[1], html.UnescapeString(hidden[2]))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		fields.Set(pairs[i], pairs[i+1])
	}
	s.send(action.String(), fields)
}

func (s *surfer) reads(text string) {
	s.t.Helper()
	if !strings.Contains(s.body, text) {
		s.t.Fatalf("%s does not read %q:\n%s", s.at, text, s.body)
	}
}
