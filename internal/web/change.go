package web

import (
	"net/http"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

// askNewPassword leads somebody who signed in with a temporary password to the
// page where they choose their own (Cognito: NEW_PASSWORD_REQUIRED).
func (s *Web) askNewPassword(v *visit, next signin.NewPassword, username string) error {
	d := pageData{Username: username, For: toChange, SessionID: next.SessionID, Missing: v.app.Pool.MissingAttributes(next.User)}
	if err := s.keep(v, d); err != nil {
		return err
	}
	return &detour{v.to(toChange.path())}
}

func (s *Web) changePage(v *visit) *page {
	p := s.page(v, "change")
	p.Username, p.Asked = v.data.Username, v.data.Missing
	return p
}

func (s *Web) getChange(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toChange {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	return s.show(v, s.changePage(v))
}

// postChange sets the password and goes on to the app. It needs the session
// that the temporary password opened in this browser.
func (s *Web) postChange(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toChange {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	form, session := v.r.PostForm, v.data.SessionID
	p := s.changePage(v)
	p.Given = typedAttributes(v, p.Asked)
	in := account.Choice{SessionID: session, Password: form.Get("password"), Attributes: p.Given}
	if form.Has("confirmPassword") && form.Get("confirmPassword") != in.Password {
		return s.again(v, p, &pool.Error{Kind: pool.InvalidParameter, Reason: "differ", Field: "password"})
	}
	if err := s.Accounts.Choose(v.r.Context(), v.app, in); err != nil {
		return s.again(v, p, err)
	}
	step, err := s.Signin.Begin(v.r.Context(), v.app, signin.Attempt{Factor: signin.Proven{SessionID: session}, From: v.device()})
	if err != nil {
		return s.again(v, p, err)
	}
	return s.follow(v, step, v.data.Username)
}
