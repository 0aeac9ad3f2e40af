package web

import (
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/account"
)

// emailField is the form field of an e-mail address that is not the username.
const emailField = "requiredAttributes[email]"

func (s *Web) getSignUp(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if !v.app.Pool.SelfSignUp() {
		return s.tell(v, http.StatusOK, "message.closed", v.to("/login"))
	}
	return s.show(v, s.page(v, "signup"))
}

// postSignUp makes an account and leads to the confirm page; where nothing is
// verified, to the sign-in page with word that an operator must confirm it.
func (s *Web) postSignUp(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	form := v.r.PostForm
	username, email := strings.TrimSpace(form.Get("username")), strings.TrimSpace(form.Get(emailField))
	in := account.NewUser{Username: username, Password: form.Get("password"), Attributes: map[string]string{}}
	p := s.page(v, "signup")
	p.Username, p.Email = username, email
	if p.AsksEmail { // no other attribute may be set from here, whatever the form holds
		in.Attributes["email"] = email
	}
	if p.EmailIsUsername && username == "" {
		in.Username, p.Username = email, email
	}
	made, err := s.Accounts.SignUp(v.r.Context(), v.app, in)
	if err != nil {
		if kept := s.keepName(v, p.Username); kept != nil {
			return kept
		}
		return s.again(v, p, err)
	}
	if made.Delivery == nil {
		return s.backToLogin(v, p.Username, "waiting", v.to("/login"))
	}
	d := pageData{Username: p.Username, For: toConfirm, SessionID: made.SessionID, Delivery: made.Delivery, Query: v.query.Encode()}
	if err := s.keep(v, d); err != nil {
		return err
	}
	return &detour{v.to("/confirm")}
}
