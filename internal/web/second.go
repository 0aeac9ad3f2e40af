package web

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/signin"
	"github.com/poolhouse/poolhouse/internal/totp"
)

// askSecond leads somebody to the page that takes the code of a second factor,
// or asks which.
func (s *Web) askSecond(v *visit, f signin.SecondFactor, username string) error {
	d := pageData{Username: username, For: toSecond, SessionID: f.SessionID, Factor: f.Factor, Others: f.Others(v.app.Pool), Device: f.Device}
	if f.Factor == pool.FactorEmail {
		d.Delivery = &f.SentTo
		if v.data.For == toSecond && v.data.Factor == f.Factor { // they asked for another code
			d.Notice = "sent"
		}
	}
	if err := s.keep(v, d); err != nil {
		return err
	}
	return &detour{v.to(toSecond.path())}
}

func (s *Web) secondPage(v *visit) *page {
	p := s.page(v, "second")
	if v.data.Factor == "" {
		p.Heading = p.T("second.choose.title")
	}
	p.Factor, p.Others, p.Device = v.data.Factor, v.data.Others, v.data.Device
	return p
}

func (s *Web) getSecond(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toSecond {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	return s.show(v, s.secondPage(v))
}

// postSecond takes a code or, from one of the other buttons, the factor that
// the person would rather show; the same one again sends another code.
func (s *Web) postSecond(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toSecond {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	var show signin.Factor = signin.Code{SessionID: v.data.SessionID, Factor: v.data.Factor, Digits: typedCode(v)}
	if picked := v.r.PostForm.Get("factor"); picked != "" {
		show = signin.Pick{SessionID: v.data.SessionID, Factor: pool.Factor(picked)}
	} else if err := pool.CheckRequired("code", typedCode(v)); err != nil {
		return s.again(v, s.secondPage(v), err)
	}
	step, err := s.Signin.Begin(v.r.Context(), v.app, signin.Attempt{Factor: show, From: v.device()})
	if err != nil {
		return s.again(v, s.secondPage(v), err)
	}
	return s.follow(v, step, v.data.Username)
}

// askSetUp leads somebody who must have a second factor to the page where they
// set up an authenticator app.
func (s *Web) askSetUp(v *visit, next signin.SetUp, username string) error {
	_, id, err := s.Accounts.AskTokenBySession(v.r.Context(), v.app, next.SessionID)
	if err != nil {
		return err
	}
	if err := s.keep(v, pageData{Username: username, For: toSetUp, SessionID: id}); err != nil {
		return err
	}
	return &detour{v.to(toSetUp.path())}
}

// setUpPage shows the seed that the session waits to see, as a picture and as
// text. It stays the same when the page is opened again.
func (s *Web) setUpPage(v *visit) (*page, error) {
	p := s.page(v, "setup")
	seed, user, err := s.Accounts.AskedToken(v.r.Context(), v.app, v.data.SessionID)
	if err != nil {
		return p, err
	}
	name := cmp.Or(user.Email(), v.data.Username, user.Username)
	uri := totp.URI(cmp.Or(v.app.Client.ClientName, v.app.Pool.PoolName), name, seed.Reveal())
	p.Seed = totp.Spaced(seed.Reveal())
	p.QR, err = totp.QR(uri)
	return p, err
}

func (s *Web) getSetUp(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toSetUp {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	p, err := s.setUpPage(v)
	if err != nil {
		return s.lost(v, err)
	}
	return s.show(v, p)
}

func (s *Web) postSetUp(v *visit) error {
	if err := s.arrive(v); err != nil {
		return err
	}
	if v.data.For != toSetUp {
		return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
	}
	p, err := s.setUpPage(v)
	if err != nil {
		return s.lost(v, err)
	}
	ctx, code := v.r.Context(), typedCode(v)
	p.Device = strings.TrimSpace(v.r.PostForm.Get("name"))
	if err := pool.CheckRequired("code", code); err != nil {
		return s.again(v, p, err)
	}
	id, err := s.Accounts.ProveTokenBySession(ctx, v.app, v.data.SessionID, code, p.Device)
	if err != nil {
		return s.again(v, p, err)
	}
	step, err := s.Signin.Begin(ctx, v.app, signin.Attempt{Factor: signin.Proven{SessionID: id}, From: v.device()})
	if err != nil {
		return s.again(v, p, err)
	}
	return s.follow(v, step, v.data.Username)
}

// lost tells somebody whose session has ended to begin again.
func (s *Web) lost(v *visit, err error) error {
	if pool.AsError(err) == nil {
		return err
	}
	return s.tell(v, http.StatusOK, "message.lost", v.to("/login"))
}
