package web

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// The cookies' names are Cognito's (User pool managed login), what they hold is
// our own; all are host-only. The one for the language is in locale.go.
const (
	sessionCookie = "cognito"
	csrfCookie    = "XSRF-TOKEN"
	dataCookie    = "page-data"
)

// setCookie adds the attributes that every cookie here has.
func (s *Web) setCookie(v *visit, c *http.Cookie) {
	c.Path, c.HttpOnly, c.SameSite, c.Secure = "/", true, http.SameSiteLaxMode, s.isSecure(v.r)
	http.SetCookie(v.w, c)
}

// session returns the browser's session cookie, "" if there is none.
func (v *visit) session() string {
	if value := v.onlyCookie(sessionCookie); len(value) <= 128 {
		return value
	}
	return ""
}

// onlyCookie returns a cookie's value, "" where there is none or more than one:
// a neighbouring host can plant a second one beside ours, for a longer path,
// and browsers send that first (RFC 6265 §5.4).
func (v *visit) onlyCookie(name string) string {
	if cookies := v.r.CookiesNamed(name); len(cookies) == 1 {
		return cookies[0].Value
	}
	return ""
}

// csrfToken returns the token that this browser's forms must carry, and sets
// one if it has none yet: the cookie and the hidden field are one value.
func (s *Web) csrfToken(v *visit) string {
	if v.csrf == "" {
		for _, c := range v.r.CookiesNamed(csrfCookie) {
			if id, err := uuid.Parse(c.Value); err == nil && id.String() == c.Value {
				v.csrf = c.Value
			}
		}
	}
	if v.csrf == "" {
		s.renewCSRF(v)
	}
	return v.csrf
}

func (s *Web) renewCSRF(v *visit) {
	v.csrf = pool.NewUUID()
	s.setCookie(v, &http.Cookie{Name: csrfCookie, Value: v.csrf})
}

// checkForm lets a POST pass that comes from a page of ours in this browser:
// same origin by what the browser says, and the token of its cookie. Either
// alone has a gap, old browsers here, a neighbouring subdomain that plants
// cookies there.
func (s *Web) checkForm(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if s.guard.Check(v.r) != nil {
		return stale{}
	}
	field := form.Get("_csrf")
	if _, err := uuid.Parse(field); err != nil {
		return stale{}
	}
	for _, c := range v.r.CookiesNamed(csrfCookie) {
		if subtle.ConstantTimeCompare([]byte(c.Value), []byte(field)) == 1 {
			v.csrf = c.Value
			return nil
		}
	}
	return stale{}
}

// pageData is what one page hands to the next, in a sealed cookie of its own
// pool. It lives as long as the code that a person may be waiting for.
type pageData struct {
	Username  string         `json:",omitempty"` // as typed
	For       purpose        `json:",omitempty"` // what Delivery brings
	SessionID string         `json:",omitempty"` // of the sign-in under way, which leads on to the app
	Delivery  *pool.Delivery `json:",omitempty"`
	Earlier   bool           `json:",omitempty"` // the code was sent on another visit
	Missing   []string       `json:",omitempty"` // attributes to ask for with the new password
	Factor    pool.Factor    `json:",omitempty"` // the second factor that is asked for
	Others    []pool.Factor  `json:",omitempty"` // those that would do as well
	Device    string         `json:",omitempty"` // what the person calls their authenticator app
	Notice    string         `json:",omitempty"` // catalogue key, shown once
	Query     string         `json:",omitempty"` // the way to the app, for a link opened from the mail
	ExpiresAt int64          // ms
}

// purpose is the page that goes on: with a code, or with a new password.
type purpose string

const (
	toConfirm purpose = "confirm"
	toReset   purpose = "reset"
	toChange  purpose = "change"
	toSecond  purpose = "second"
	toSetUp   purpose = "set_up"
)

// maxCookie bounds the sealed value, under the 4,096 bytes with name and
// attributes that browsers keep (RFC 6265 §6.1).
const maxCookie = 3800

func pageDataBinding(app pool.App) []byte { return []byte(dataCookie + "|" + app.Pool.ID) }

// loadPageData opens the cookie. One that is missing, old, tampered with or
// another pool's is as if there was none.
func (s *Web) loadPageData(v *visit) {
	sealed, err := base64.RawURLEncoding.DecodeString(v.onlyCookie(dataCookie))
	if err != nil || len(sealed) == 0 {
		return
	}
	plain, err := s.state.Open(nil, nil, sealed, pageDataBinding(v.app))
	if err != nil {
		return
	}
	var d pageData
	if json.Unmarshal(plain, &d) == nil && s.Now().UnixMilli() < d.ExpiresAt {
		v.data = d
	}
}

// keep hands data to the next page. What is too long for a cookie is left out:
// first the way to the app, which only a link from a mail needs.
func (s *Web) keep(v *visit, d pageData) error {
	d.ExpiresAt = s.Now().Add(pool.ConfirmSessionLife).UnixMilli()
	if pool.CheckTyped(d.Username) != nil {
		d.Username = ""
	}
	v.data = d
	plain, err := json.Marshal(d)
	if err != nil {
		return err
	}
	value := base64.RawURLEncoding.EncodeToString(s.state.Seal(nil, nil, plain, pageDataBinding(v.app)))
	if len(value) > maxCookie && d.Query != "" {
		d.Query = ""
		return s.keep(v, d)
	}
	s.setCookie(v, &http.Cookie{Name: dataCookie, Value: value, MaxAge: int(pool.ConfirmSessionLife.Seconds())})
	return nil
}

// keepName hands the name that was typed to the next page; what else was kept
// stays only if it was for the same name.
func (s *Web) keepName(v *visit, username string) error {
	if username != v.data.Username {
		v.data = pageData{Username: username}
	}
	return s.keep(v, v.data)
}

func (s *Web) dropPageData(v *visit) {
	v.data = pageData{}
	if _, err := v.r.Cookie(dataCookie); err == nil {
		s.setCookie(v, &http.Cookie{Name: dataCookie, MaxAge: -1})
	}
}

// typed is what a page with a username shows in it: what was typed before, else
// the app's login_hint.
func (v *visit) typed() string {
	if v.data.Username != "" {
		return v.data.Username
	}
	return v.ask.LoginHint
}

// withLang is this page's address in another language.
func (v *visit) withLang(tag string) string {
	query := url.Values{}
	for name, values := range v.query {
		query[name] = values
	}
	query.Set("lang", tag)
	return v.r.URL.Path + "?" + query.Encode()
}
