package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
)

func (s *Web) confirmPage(v *visit, username string) *page {
	p := s.page(v, "confirm")
	p.Username, p.ByLink = username, v.app.Pool.ConfirmsByLink()
	return p
}

func (s *Web) getConfirm(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toConfirm {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	return s.show(v, s.confirmPage(v, v.data.Username))
}

// postConfirm takes the code. With the session of this browser's own sign-up
// or sign-in it leads on to the app; a code alone only confirms.
func (s *Web) postConfirm(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	in := account.Confirmation{Username: s.username(v), Code: typedCode(v)}
	if in.Username == "" {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	if in.Username == v.data.Username {
		in.SessionID = v.data.SessionID
	}
	err := s.Accounts.Confirm(v.r.Context(), v.app, in)
	if errors.Is(err, &pool.Error{Kind: pool.NotAuthorized, Reason: "confirmed"}) {
		return s.backToLogin(v, in.Username, "already_confirmed", v.to("/login"))
	}
	if err != nil {
		return s.again(v, s.confirmPage(v, in.Username), err)
	}
	return s.proceed(v, in, v.to("/login"))
}

// proceed signs in whoever holds the session that the code proved, and leads
// everybody else to login.
func (s *Web) proceed(v *visit, in account.Confirmation, login string) error {
	if in.SessionID != "" {
		step, err := s.Signin.Begin(v.r.Context(), v.app, signin.Attempt{Username: in.Username, Factor: signin.Proven{SessionID: in.SessionID}, From: v.device()})
		onPage := login == v.to("/login") // a link from a mail has another query, which our pages cannot carry
		if err == nil && (step.Done != nil || onPage && step.Confirm == nil) {
			return s.follow(v, step, in.Username)
		}
		if err != nil && pool.AsError(err) == nil {
			return err
		}
	}
	return s.backToLogin(v, in.Username, "confirmed", login)
}

// username is the account that a form is for: its hidden field, which lasts as
// long as the page is open, else what this browser began with.
func (s *Web) username(v *visit) string {
	if name := strings.TrimSpace(v.r.PostForm.Get("username")); name != "" {
		return name
	}
	return v.data.Username
}

// typedCode is the code without the spaces that people and mail programs add.
func typedCode(v *visit) string { return strings.Join(strings.Fields(v.r.PostForm.Get("code")), "") }

// getConfirmUser answers a link from a mail (Cognito: /confirmUser). Mail
// scanners open links, so it only shows a button.
func (s *Web) getConfirmUser(v *visit) error {
	if err := s.arriveByLink(v); err != nil {
		return err
	}
	if v.query.Get("user_name") == "" || v.query.Get("confirmation_code") == "" {
		return s.deadLink(v)
	}
	return s.show(v, s.page(v, "link"))
}

// arriveByLink is arrive for a link that names the client alone: the way to
// the app is the one that this browser began with, if it is still good.
func (s *Web) arriveByLink(v *visit) error {
	if err := s.findApp(v, v.query["client_id"]); err != nil {
		return err
	}
	s.loadPageData(v)
	query, err := url.ParseQuery(v.data.Query)
	if err != nil || query.Get("client_id") != v.app.Client.ID || s.readAsk(v, query) != nil {
		v.data.Query, v.ask = "", pool.AuthRequest{}
	}
	return nil
}

func (s *Web) postConfirmUser(v *visit) error {
	if err := s.arriveByLink(v); err != nil {
		return err
	}
	in := account.Confirmation{Username: v.query.Get("user_name"), Code: v.query.Get("confirmation_code")}
	if v.data.Query != "" {
		in.SessionID = v.data.SessionID
	}
	err := s.Accounts.Confirm(v.r.Context(), v.app, in)
	if err != nil && pool.AsError(err) == nil {
		return err
	}
	if err != nil {
		return s.deadLink(v)
	}
	in.Username = v.data.Username
	if login := v.loginURL(); login != "" {
		return s.proceed(v, in, login)
	}
	return s.tell(v, http.StatusOK, "message.done", "")
}

// deadLink answers a link that was used, replaced, or cut short by a mail
// program.
func (s *Web) deadLink(v *visit) error {
	login := v.loginURL()
	p := s.page(v, "message")
	p.Heading, p.Sentence = p.T("message.link.title"), p.T("message.link_noway", "app", p.App)
	if login != "" {
		p.Sentence, p.Button = p.T("message.link"), &button{p.T("login.submit"), template.URL(login)}
	}
	return s.send(v, http.StatusOK, p)
}
