package web

import (
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

// getAuthorize begins a sign-in (RFC 6749 §4.1.1; Cognito: The redirect and
// authorization endpoint): straight to the app for a browser with a session,
// else to the sign-in page with the same request.
func (s *Web) getAuthorize(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if done, err := s.carryOn(v); done || err != nil {
		return err
	}
	s.csrfToken(v)
	return &detour{v.to("/login")}
}

// getLogin takes the same request directly, as many apps send it.
func (s *Web) getLogin(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if done, err := s.carryOn(v); done || err != nil {
		return err
	}
	return s.show(v, s.page(v, "login"))
}

// carryOn leads somebody whose browser session will do on to the app, and
// refuses prompt=none without one (OpenID Connect Core §3.1.2.6).
func (s *Web) carryOn(v *visit) (done bool, err error) {
	who, known, err := s.Signin.Resume(v.r.Context(), v.app, v.session(), v.ask)
	switch {
	case err != nil:
		return false, err
	case known:
		who.From = v.device()
		return true, s.toApp(v, who)
	case v.ask.Prompts("none"):
		return false, &detour{errorURL(v.ask, &pool.RedirectError{Code: "login_required"})}
	}
	return false, nil
}

func (s *Web) postLogin(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	form := v.r.PostForm
	username := strings.TrimSpace(form.Get("username"))
	attempt := signin.Attempt{Username: username, Factor: signin.Password(form.Get("password")), From: v.device()}
	step, err := s.Signin.Begin(v.r.Context(), v.app, attempt)
	if err == nil {
		return s.follow(v, step, username)
	}
	if kept := s.keepName(v, username); kept != nil {
		return kept
	}
	p := s.page(v, "login")
	p.Username = username
	return s.again(v, p, err)
}

// follow does what signin says comes next.
func (s *Web) follow(v *visit, step signin.Step, username string) error {
	if step.Done != nil {
		return s.finish(v, *step.Done)
	}
	if step.NewPassword != nil {
		return s.askNewPassword(v, *step.NewPassword, username)
	}
	if step.Second != nil {
		return s.askSecond(v, *step.Second, username)
	}
	if step.SetUp != nil {
		return s.askSetUp(v, *step.SetUp, username)
	}
	if step.Waiting != nil {
		return s.tell(v, http.StatusOK, "message.waiting", v.to("/login"))
	}
	d := pageData{
		Username: username, For: toConfirm, SessionID: step.Confirm.SessionID, Query: v.query.Encode(),
		Delivery: &step.Confirm.SentTo, Earlier: true,
	}
	if err := s.keep(v, d); err != nil {
		return err
	}
	return &detour{v.to("/confirm")}
}

// finish remembers an interactive sign-in and leads on to the app. Session and
// form token are new each time, so that neither can be planted beforehand.
func (s *Web) finish(v *visit, who pool.SignedIn) error {
	cookie, err := s.Signin.Remember(v.r.Context(), v.app, &who, v.session())
	if err != nil {
		return err
	}
	s.setCookie(v, &http.Cookie{Name: sessionCookie, Value: cookie, MaxAge: int(v.app.Pool.BrowserSessionLife().Seconds())})
	s.renewCSRF(v)
	s.dropPageData(v)
	return s.toApp(v, who)
}

// backToLogin ends a page of the flow on the sign-in page, with a notice.
func (s *Web) backToLogin(v *visit, username, notice, login string) error {
	if err := s.keep(v, pageData{Username: username, Notice: notice}); err != nil {
		return err
	}
	return &detour{login}
}
