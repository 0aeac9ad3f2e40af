package web

import (
	"net/http"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// postResend sends another code, for the confirm page or the reset page, and
// goes back to it.
func (s *Web) postResend(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	name := s.username(v)
	d := pageData{Username: name, For: toConfirm, Query: v.query.Encode()}
	if v.r.PostForm.Get("purpose") == string(toReset) {
		d.For = toReset
	}
	if name == "" {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	if d.For == toConfirm && name == v.data.Username {
		d.SessionID = v.data.SessionID
	}
	delivery, err := s.resend(v, d)
	if err != nil {
		return s.notResent(v, d, err)
	}
	d.Delivery, d.Notice = &delivery, "sent"
	switch {
	case delivery.OnItsWay:
		d.Notice = "on_its_way"
	case d.For == toConfirm && v.app.Pool.ConfirmsByLink():
		d.Notice = "sent_link"
	}
	if err := s.keep(v, d); err != nil {
		return err
	}
	return &detour{v.to(d.For.path())}
}

// resend tells more to the holder of a session, who has shown who they are,
// than to somebody who only typed a name.
func (s *Web) resend(v *visit, d pageData) (pool.Delivery, error) {
	ctx := v.r.Context()
	if d.For == toReset {
		return s.Accounts.Forgot(ctx, v.app, d.Username)
	}
	return s.Accounts.ResendTo(ctx, v.app, d.Username, d.SessionID)
}

func (s *Web) notResent(v *visit, d pageData, err error) error {
	if e := pool.AsError(err); e != nil && e.Reason == "confirmed" {
		return s.backToLogin(v, d.Username, "already_confirmed", v.to("/login"))
	}
	v.r.URL.Path = d.For.path() // the page that is shown, and its links, are that one's
	p := s.confirmPage(v, d.Username)
	if d.For == toReset {
		p = s.resetPage(v, d.Username)
	}
	return s.again(v, p, err)
}

func (p purpose) path() string {
	switch p {
	case toReset:
		return "/confirmForgotPassword"
	case toChange:
		return "/changePassword"
	case toSecond:
		return "/mfa"
	case toSetUp:
		return "/mfaSetup"
	}
	return "/confirm"
}
