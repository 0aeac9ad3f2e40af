package web

import (
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

func (s *Web) getForgot(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.app.Pool.RecoversByOperatorOnly() {
		return s.tell(v, http.StatusOK, "message.operator", v.to("/login"))
	}
	return s.show(v, s.page(v, "forgot"))
}

// postForgot mails a code. Known and unknown names go the same way.
func (s *Web) postForgot(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	username := strings.TrimSpace(v.r.PostForm.Get("username"))
	delivery, err := s.Accounts.Forgot(v.r.Context(), v.app, username)
	if err != nil {
		if kept := s.keepName(v, username); kept != nil {
			return kept
		}
		p := s.page(v, "forgot")
		p.Username = username
		return s.again(v, p, err)
	}
	if err := s.keep(v, pageData{Username: username, For: toReset, Delivery: &delivery}); err != nil {
		return err
	}
	return &detour{v.to(toReset.path())}
}

func (s *Web) resetPage(v *visit, username string) *page {
	p := s.page(v, "reset")
	p.Username = username
	return p
}

func (s *Web) getReset(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toReset {
		return s.tell(v, http.StatusOK, "message.lost_reset", v.to("/forgotPassword"))
	}
	return s.show(v, s.resetPage(v, v.data.Username))
}

// postReset sets the new password and signs in with it.
func (s *Web) postReset(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	form := v.r.PostForm
	in := account.NewPassword{Username: s.username(v), Code: typedCode(v), Password: form.Get("password")}
	if in.Username == "" {
		return s.tell(v, http.StatusOK, "message.lost_reset", v.to("/forgotPassword"))
	}
	if form.Has("confirmPassword") && form.Get("confirmPassword") != in.Password {
		return s.again(v, s.resetPage(v, in.Username), &pool.Error{Kind: pool.InvalidParameter, Reason: "differ", Field: "password"})
	}
	if err := s.Accounts.Reset(v.r.Context(), v.app, in); err != nil {
		return s.again(v, s.resetPage(v, in.Username), err)
	}
	step, err := s.Signin.Begin(v.r.Context(), v.app, signin.Attempt{Username: in.Username, Factor: signin.Password(in.Password), From: v.device()})
	if err == nil {
		return s.follow(v, step, in.Username)
	}
	if pool.AsError(err) == nil {
		return err
	}
	return s.backToLogin(v, in.Username, "password_changed", v.to("/login"))
}
