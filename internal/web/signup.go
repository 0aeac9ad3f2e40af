package web

import (
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/account"
)

// attributeField is the form field of an attribute.
func attributeField(name string) string { return "requiredAttributes[" + name + "]" }

// typedAttributes reads the fields that a page asked for; no other attribute
// may be set from here, whatever the form holds.
func typedAttributes(v *visit, asked []string) map[string]string {
	given := map[string]string{}
	for _, name := range asked {
		given[name] = strings.TrimSpace(v.r.PostForm.Get(attributeField(name)))
	}
	return given
}

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
	p := s.page(v, "signup")
	p.Username = strings.TrimSpace(form.Get("username"))
	p.Given = typedAttributes(v, p.Asked)
	if p.EmailIsUsername && p.Username == "" { // Cognito's own page may have the address there alone
		p.Username = strings.TrimSpace(form.Get(attributeField("email")))
	}
	in := account.NewUser{Username: p.Username, Password: form.Get("password"), Attributes: p.Given, OnPage: true}
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
