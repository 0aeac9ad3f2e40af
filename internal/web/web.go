package web

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/store"
	"github.com/poolhouse/poolhouse/internal/token"
)

// Web answers for every pool on the server's own host, and for one pool on
// each of its domains.
type Web struct {
	DB       *store.DB
	Accounts *account.Accounts
	Signin   *signin.Signin
	Tokens   *token.Tokens
	URL      *url.URL // the own host; its scheme and port are those of the domains too
	StateKey []byte   // 32 bytes; seals what is kept between two pages
	Dev      bool     // the error page names what the client has registered
	Log      *slog.Logger
	Now      func() time.Time

	look  *look
	state cipher.AEAD
	guard *http.CrossOriginProtection
	mux   *http.ServeMux
}

// action answers one request, or returns what stands in the way: fail turns
// that into a page, a redirect or an OAuth error.
type action func(*visit) error

// route is one path, in lower case, with what answers GET (and HEAD) and POST.
type route struct {
	path string
	get  action
	post action
}

// pages are for people in browsers; their POSTs come from our own forms.
func (s *Web) pages() []route {
	return []route{
		{"/oauth2/authorize", s.getAuthorize, nil},
		{"/authorize", s.getAuthorize, nil},
		{"/login", s.getLogin, s.postLogin},
		{"/signup", s.getSignUp, s.postSignUp},
		{"/confirm", s.getConfirm, s.postConfirm},
		{"/confirmuser", s.getConfirmUser, s.postConfirmUser},
		{"/resendcode", nil, s.postResend},
		{"/forgotpassword", s.getForgot, s.postForgot},
		{"/confirmforgotpassword", s.getReset, s.postReset},
		{"/changepassword", s.getChange, s.postChange},
		{"/mfa", s.getSecond, s.postSecond},
		{"/mfasetup", s.getSetUp, s.postSetUp},
		{"/error", s.getError, nil},
	}
}

// endpoints are for programs, from any origin.
func (s *Web) endpoints() []route {
	return []route{
		{"/oauth2/token", nil, s.postToken},
		{"/oauth2/revoke", nil, s.postRevoke},
		{"/oauth2/userinfo", s.userInfo, s.userInfo},
		{"/.well-known/openid-configuration", s.getDiscovery, nil},
		{"/.well-known/openid-configuration/{pool}", s.getDiscovery, nil},
		{"/.well-known/oauth-authorization-server", s.getDiscovery, nil},
		{"/.well-known/oauth-authorization-server/{pool}", s.getDiscovery, nil},
		{"/.well-known/jwks.json", s.getJWKS, nil},
		{"/{pool}/.well-known/openid-configuration", s.getDiscovery, nil},
		{"/{pool}/.well-known/oauth-authorization-server", s.getDiscovery, nil},
		{"/{pool}/.well-known/jwks.json", s.getJWKS, nil},
	}
}

// Handler builds the door. It is called once, when all fields are set; a
// StateKey of the wrong length is a fault of the program and panics.
func (s *Web) Handler() http.Handler {
	block, err := aes.NewCipher(s.StateKey)
	if err == nil {
		s.state, err = cipher.NewGCMWithRandomNonce(block)
	}
	if err == nil {
		s.look, err = newLook()
	}
	if err != nil {
		panic(fmt.Errorf("web: %w", err))
	}
	s.guard = http.NewCrossOriginProtection()
	s.mux = http.NewServeMux()
	for _, r := range s.pages() {
		s.mux.Handle(r.path, s.handle(r.page(s), false))
	}
	for _, r := range s.endpoints() {
		s.mux.Handle(r.path, s.handle(r.endpoint(), true))
	}
	// Signing out must work from anywhere, as it does by a plain link.
	s.mux.Handle("/logout", s.handle(byMethod(s.getLogout, s.postLogout), false))
	s.mux.HandleFunc("GET "+s.look.cssPath, s.look.serveStyle)
	s.mux.Handle(brandingRoot+"{pool}/{client}/{file}", s.handle(byMethod(s.getBranding, nil), false))
	s.mux.Handle("/", s.handle(func(*visit) error { return &refusal{http.StatusNotFound, "not_found"} }, false))
	return http.HandlerFunc(s.serve)
}

// page guards a route's POST against forms of other sites.
func (r route) page(s *Web) action {
	if r.post == nil {
		return byMethod(r.get, nil)
	}
	return byMethod(r.get, func(v *visit) error {
		if err := s.checkForm(v); err != nil {
			return err
		}
		return r.post(v)
	})
}

// endpoint opens a route to scripts of every origin: it trusts no cookie.
func (r route) endpoint() action {
	methods := []string{http.MethodOptions}
	if r.get != nil {
		methods = append(methods, http.MethodGet, http.MethodHead)
	}
	if r.post != nil {
		methods = append(methods, http.MethodPost)
	}
	answer := byMethod(r.get, r.post)
	return func(v *visit) error {
		h := v.w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", requestIDHeader+", WWW-Authenticate")
		if v.r.Method != http.MethodOptions {
			return answer(v)
		}
		h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
		h.Set("Access-Control-Allow-Headers", "Authorization, *") // the star does not cover Authorization (Fetch §3.3.2)
		h.Set("Access-Control-Max-Age", "3600")
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

func byMethod(get, post action) action {
	return func(v *visit) error {
		switch {
		case get != nil && (v.r.Method == http.MethodGet || v.r.Method == http.MethodHead):
			return get(v)
		case post != nil && v.r.Method == http.MethodPost:
			return post(v)
		}
		var allowed []string
		if get != nil {
			allowed = append(allowed, "GET, HEAD")
		}
		if post != nil {
			allowed = append(allowed, "POST")
		}
		v.w.Header().Set("Allow", strings.Join(allowed, ", "))
		return &refusal{http.StatusMethodNotAllowed, "method_not_allowed"}
	}
}

// brandingRoot is where pool's paths of style sheets and logos begin.
const brandingRoot = "/branding/"

// normalise folds the case of a path, but for the pool ids in it: Cognito
// serves /oauth2/userInfo and writes /confirmforgotPassword in two ways.
func normalise(path string) string {
	if strings.HasPrefix(path, brandingRoot) { // whose names are exact
		return path
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if !pool.ValidPoolID(segment) {
			segments[i] = strings.ToLower(segment)
		}
	}
	return strings.Join(segments, "/")
}
