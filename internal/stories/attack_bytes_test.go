package stories_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The attacks of this file are made of bytes: those that end a line, those that
// are read in two ways, and too many of them.

// Bytes that end a header line do not get into one, raw or escaped.
func TestAttackHeaderInjection(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	h.SignUp(b, housetest.Ask(), ann, secret)
	inject := "x\r\nSet-Cookie: planted=1\r\nLocation: " + evil + "\r\n\r\n<script>alert(1)</script>"
	for what, query := range map[string]string{
		"state": housetest.Ask("state", inject), "state of an error": housetest.Ask("state", inject, "scope", "nope"), "nonce": housetest.Ask("nonce", inject),
		"redirect_uri": housetest.Ask("redirect_uri", housetest.Callback+inject), "client_id": housetest.Ask("client_id", inject), "lang": housetest.Ask("lang", inject), "login_hint": housetest.Ask("login_hint", inject),
		"a name": housetest.Ask(inject, "x"), "prompt": housetest.Ask("prompt", inject), "ui_locales": housetest.Ask("ui_locales", inject),
	} {
		for _, path := range []string{"/oauth2/authorize", "/login", "/logout", "/error", "/signup"} {
			p := b.Get(path + query)
			away(t, what+" at "+path, p)
			for _, cookie := range p.Header.Values("Set-Cookie") {
				if strings.Contains(cookie, "planted") {
					t.Errorf("%s at %s: %q", what, path, cookie)
				}
			}
			if strings.Contains(p.Body, "<script") {
				t.Errorf("%s at %s: a script is on the page", what, path)
			}
		}
	}
	// A state that a header could not hold still comes back as it was.
	if back := h.SignIn(b, housetest.Ask("state", inject, "prompt", "login"), ann, secret); back.Query().Get("state") != inject {
		t.Errorf("the state came back as %q", back.Query().Get("state"))
	}
}

// A request that two servers could read in two ways is refused, or read in one
// way and the connection closed (RFC 9112 §6.1): nothing that rides behind it is
// answered.
func TestAttackMalformedRequests(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	for what, raw := range map[string]string{
		"a bare line feed":      "GET /login?state=a\nX-Evil:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"two hosts":             "GET /login HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.net\r\n\r\n",
		"a space in the header": "GET /login HTTP/1.1\r\nHost : localhost\r\n\r\n",
		"two lengths":           "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
		"another encoding":      "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	} {
		if got := statuses(t, h.Address, raw); len(got) != 1 || got[0] != 400 && got[0] != 501 {
			t.Errorf("%s: %v, want one refusal", what, got)
		}
	}
	rider := "GET /mailbox.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
	smuggled := fmt.Sprintf("POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s", 5+len(rider), rider)
	if got := statuses(t, h.Address, smuggled); len(got) != 1 || got[0] != 400 {
		t.Errorf("a smuggled request: %v, want one answer", got)
	}
	if got := statuses(t, h.Address, rider+rider); len(got) != 2 {
		t.Errorf("two honest requests: %v, want two answers", got)
	}
}

// statuses are those of all answers to what is written on one connection.
func statuses(t *testing.T, address, requests string) []int {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(requests))
	must(t, err)
	must(t, conn.(*net.TCPConn).CloseWrite()) // so that the server has nothing to wait for
	var out []int
	for answers := bufio.NewReader(conn); ; {
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			return out
		}
		_, err = io.Copy(io.Discard, response.Body)
		must(t, err)
		out = append(out, response.StatusCode)
	}
}

func TestAttackOversized(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	page := b.Get("/login" + housetest.Ask())
	huge := strings.Repeat("a", 1<<20)
	for what, p := range map[string]*housetest.Page{
		"a password":  b.Submit(page, "cognitoSignInForm", "username", ann, "password", huge),
		"a username":  b.Submit(page, "cognitoSignInForm", "username", huge, "password", "x"),
		"a code":      b.Post("/confirm"+housetest.Ask(), url.Values{"code": {huge}}),
		"a token":     b.Post("/oauth2/token", url.Values{"grant_type": {huge}}),
		"to revoke":   b.Post("/oauth2/revoke", url.Values{"token": {huge}}),
		"to sign out": b.Post("/logout", url.Values{"logout_uri": {huge}}),
		"userInfo":    b.Post("/oauth2/userInfo", url.Values{"access_token": {huge}}),
	} {
		if p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s of a megabyte: %d", what, p.Status)
		}
	}
	for _, name := range []string{"state", "nonce", "scope", "login_hint", "redirect_uri", "client_id", "code_challenge", "prompt", "lang"} {
		for _, size := range []int{5000, 30_000} {
			p := b.Get("/oauth2/authorize" + housetest.Ask(name, strings.Repeat("a", size)))
			away(t, name, p)
			if to := p.Location(); p.Status >= 500 || to != nil && (to.Query().Has("code") || len(to.String()) > 8000) || p.Status == 200 {
				t.Errorf("%s of %d bytes: %d, Location of %d bytes", name, size, p.Status, len(p.Header.Get("Location")))
			}
		}
	}
	r := b.Request(http.MethodGet, "/login"+housetest.Ask(), nil)
	r.Header.Set("X-Filler", huge)
	if p, err := b.Try(r); err == nil && p.Status < 400 {
		t.Errorf("a header of a megabyte: %d", p.Status)
	}
}
