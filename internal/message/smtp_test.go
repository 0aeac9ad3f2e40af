package message_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/message"
	"github.com/poolhouse/poolhouse/internal/pool"
)

func aMail() pool.Mail {
	return pool.Mail{
		ID: "5b6d3f0e-0000-4000-8000-000000000001", UserPoolID: "us-east-1_demo00001", Kind: pool.MailConfirm,
		To: "ann@example.com", Subject: "Your verification code",
		Text: "Your verification code is 123456.", CreatedAt: time.Date(2026, 11, 2, 9, 8, 7, 0, time.UTC).UnixMilli(),
	}
}

// deliver sends m and returns the failure, nil if there is none.
func deliver(t *testing.T, s message.SMTP, m pool.Mail) *message.DeliveryError {
	t.Helper()
	err := (&message.Sender{Out: s}).Deliver(t.Context(), m)
	if err == nil {
		return nil
	}
	failed, ok := errors.AsType[*message.DeliveryError](err)
	if !ok {
		t.Fatalf("not a *DeliveryError: %v", err)
	}
	for _, secret := range []string{"hunter2", "aHVudGVyM", "123456", "ann@example.com"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, err)
		}
	}
	return failed
}

// only returns the one message that the server took.
func (ms *mailServer) only(t *testing.T) envelope {
	t.Helper()
	got := ms.taken()
	if len(got) != 1 {
		t.Fatalf("the server took %d messages, want 1", len(got))
	}
	return got[0]
}

func TestDeliverModes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		secure     message.TLSMode
		mechanisms []string
	}{
		{"clear", message.TLSNone, nil},
		{"clear with PLAIN on this machine", message.TLSNone, []string{"PLAIN"}},
		{"STARTTLS", message.TLSStart, nil},
		{"STARTTLS with PLAIN", message.TLSStart, []string{"LOGIN", "PLAIN"}},
		{"STARTTLS with LOGIN", message.TLSStart, []string{"LOGIN"}},
		{"TLS", message.TLSImplicit, nil},
		{"TLS with PLAIN", message.TLSImplicit, []string{"PLAIN"}},
		{"TLS with LOGIN", message.TLSImplicit, []string{"CRAM-MD5", "LOGIN"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ms := &mailServer{secure: test.secure, mechanisms: test.mechanisms}
			s := ms.start(t)
			want := envelope{from: "pool@example.com", to: "ann@example.com", encrypted: test.secure != message.TLSNone}
			if test.mechanisms != nil {
				s.User, s.Password, want.user = "ann", "hunter2", "ann"
			}
			if failed := deliver(t, s, aMail()); failed != nil {
				t.Fatal(failed)
			}
			got := ms.only(t)
			got.data = ""
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

func TestWireFormat(t *testing.T) {
	t.Parallel()
	alternative := aMail()
	alternative.From, alternative.ReplyTo = "Schwimmbad Zürich <bad@example.org>", "help@example.org"
	alternative.Subject = "Ihr Bestätigungscode für 🏊"
	alternative.Text = "Grüezi\n\nIhr Code = 123456"
	alternative.HTML = "<p>Grüezi</p>\n<p>Ihr Code = <b>123456</b></p>"
	for name, m := range map[string]pool.Mail{"wire-text": aMail(), "wire-alternative": alternative} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ms := &mailServer{secure: message.TLSNone}
			if failed := deliver(t, ms.start(t), m); failed != nil {
				t.Fatal(failed)
			}
			data := ms.only(t).data
			data = boundary.ReplaceAllString(strings.ReplaceAll(data, "\r\n", "\n"), "BOUNDARY")
			golden(t, name, data)
		})
	}
}

// body decodes the first part of what the server took.
func body(t *testing.T, data string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	part, encoding := m.Body, m.Header.Get("Content-Transfer-Encoding")
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		first, err := multipart.NewReader(m.Body, parameters["boundary"]).NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		part, encoding = first, first.Header.Get("Content-Transfer-Encoding")
	}
	if encoding != "quoted-printable" {
		t.Fatalf("encoding %q", encoding)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

func TestBodyArrivesUnchanged(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"dots":           "first\n.\n..\n.hidden\nlast",
		"long line":      strings.Repeat("long ", 1000) + "line",
		"not ASCII":      "Grüezi, 世界 🏊",
		"like a command": "QUIT\nFrom nobody\n--boundary--",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ms := &mailServer{secure: message.TLSNone}
			m := aMail()
			m.Text = pool.Secret(text)
			if failed := deliver(t, ms.start(t), m); failed != nil {
				t.Fatal(failed)
			}
			if got := body(t, ms.only(t).data); strings.TrimSuffix(got, "\n") != text {
				t.Errorf("got %q, want %q", got, text)
			}
		})
	}
}

func TestInternationalAddress(t *testing.T) {
	t.Parallel()
	ms := &mailServer{secure: message.TLSNone, utf8: true}
	m := aMail()
	m.To = "jürgen@bücher.example"
	if failed := deliver(t, ms.start(t), m); failed != nil {
		t.Fatal(failed)
	}
	if got := ms.only(t); got.to != m.To {
		t.Errorf("delivered to %q", got.to)
	}
}

func TestSameMessageIDEachTime(t *testing.T) {
	t.Parallel()
	ms := &mailServer{secure: message.TLSNone}
	s := ms.start(t)
	for range 2 {
		if failed := deliver(t, s, aMail()); failed != nil {
			t.Fatal(failed)
		}
	}
	for _, got := range ms.taken() {
		if !strings.Contains(got.data, "Message-ID: <"+aMail().ID+"@example.com>\r\n") {
			t.Errorf("another Message-ID in:\n%s", got.data)
		}
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		server    *mailServer
		code      int
		permanent bool
	}{
		{"unknown recipient", &mailServer{onRcpt: replying(550, "no such user ann@example.com")}, 550, true},
		{"full mailbox", &mailServer{onRcpt: replying(452, "mailbox full")}, 452, false},
		{"greylisted", &mailServer{onRcpt: replying(451, "come back later")}, 451, false},
		{"login wanted", &mailServer{onRcpt: replying(530, "log in first")}, 530, false},
		{"sender not allowed", &mailServer{onMail: replying(553, "not your address")}, 553, false},
		{"sender put off", &mailServer{onMail: replying(421, "too many")}, 421, false},
		{"content refused", &mailServer{onData: replying(554, "looks like spam\nvery much so")}, 554, true},
		{"content put off", &mailServer{onData: replying(452, "no space")}, 452, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.server.secure = message.TLSNone
			failed := deliver(t, test.server.start(t), aMail())
			if failed == nil {
				t.Fatal("delivered")
			}
			if failed.Code != test.code || failed.Permanent != test.permanent {
				t.Errorf("code %d, permanent %v; want %d, %v (%v)", failed.Code, failed.Permanent, test.code, test.permanent, failed)
			}
			if strings.ContainsAny(failed.Error(), "\r\n") {
				t.Errorf("more than one line: %q", failed)
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			ms := &mailServer{secure: message.TLSStart, mechanisms: []string{mechanism}}
			ms.onLogin = func(user, password string) string { // as talkative as a server can be
				encode := base64.StdEncoding.EncodeToString
				return "no, not " + password + " or " + encode([]byte(password)) + " or " + encode([]byte("\x00"+user+"\x00"+password))
			}
			s := ms.start(t)
			s.User, s.Password = "ann", `hunter2-"wrong"`
			failed := deliver(t, s, aMail())
			if failed == nil || failed.Permanent || !strings.Contains(failed.Text, "535") || !strings.Contains(failed.Text, "no, not [secret] or [secret] or [secret]") {
				t.Errorf("failed = %v, want one that may be mended and hides the password", failed)
			}
			if commands := ms.heard(); !slices.Equal(commands, []string{"AUTH " + mechanism}) {
				t.Errorf("the server heard %v", commands)
			}
		})
	}
}

// A server, or whoever sits in between, must not talk us out of TLS.
func TestNoWayBackToClear(t *testing.T) {
	t.Parallel()
	clear := &mailServer{secure: message.TLSNone, mechanisms: []string{"PLAIN"}}
	withoutStartTLS := clear.start(t)
	withoutStartTLS.TLS, withoutStartTLS.User, withoutStartTLS.Password = message.TLSStart, "ann", "hunter2"
	withoutTLS := withoutStartTLS
	withoutTLS.TLS = message.TLSImplicit
	for name, s := range map[string]message.SMTP{"no STARTTLS": withoutStartTLS, "no TLS": withoutTLS} {
		if failed := deliver(t, s, aMail()); failed == nil || failed.Permanent {
			t.Errorf("%s: failed = %v, want one that may be mended", name, failed)
		}
	}
	if commands := clear.heard(); len(commands) != 0 {
		t.Errorf("the clear server heard %v", commands)
	}
}

func TestUnknownAuthority(t *testing.T) {
	t.Parallel()
	for _, secure := range []message.TLSMode{message.TLSStart, message.TLSImplicit} {
		ms := &mailServer{secure: secure, mechanisms: []string{"PLAIN"}}
		trusting := ms.start(t)
		for name, config := range map[string]*tls.Config{
			"system authorities": nil,
			"another host":       {RootCAs: trusting.TLSConfig.RootCAs, ServerName: "mail.example.org"},
		} {
			s := trusting
			s.TLSConfig, s.User, s.Password = config, "ann", "hunter2"
			failed := deliver(t, s, aMail())
			if failed == nil || failed.Permanent || !strings.Contains(failed.Text, "certificate") {
				t.Errorf("%s, %s: failed = %v, want one about the certificate", secure, name, failed)
			}
		}
		if commands := ms.heard(); len(commands) != 0 {
			t.Errorf("%s: the server heard %v", secure, commands)
		}
	}
}

func TestNoLoginOffered(t *testing.T) {
	t.Parallel()
	ms := &mailServer{secure: message.TLSStart}
	s := ms.start(t)
	s.User, s.Password = "ann", "hunter2"
	if failed := deliver(t, s, aMail()); failed == nil || failed.Permanent || len(ms.taken()) != 0 {
		t.Errorf("failed = %v, %d messages taken", failed, len(ms.taken()))
	}
}

func TestServerDown(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	s := message.SMTP{Host: "127.0.0.1", Port: port, From: "a@example.com", TLS: message.TLSNone}
	if failed := deliver(t, s, aMail()); failed == nil || failed.Permanent || failed.Code != 0 {
		t.Errorf("failed = %v, want one to be tried again", failed)
	}
}

func TestBrokenMailsStayHere(t *testing.T) {
	t.Parallel()
	ms := &mailServer{secure: message.TLSNone}
	s := ms.start(t)
	for name, change := range map[string]func(*pool.Mail){
		"subject":   func(m *pool.Mail) { m.Subject = "Code\r\nBcc: eve@example.com" },
		"recipient": func(m *pool.Mail) { m.To = "ann@example.com>\r\nRCPT TO:<eve@example.com" },
		"empty":     func(m *pool.Mail) { m.To = "" },
		"sender":    func(m *pool.Mail) { m.From = "Pool\r\nBcc: eve@example.com <a@example.com>" },
		"reply":     func(m *pool.Mail) { m.ReplyTo = "a@example.com\nBcc: eve@example.com" },
	} {
		m := aMail()
		change(&m)
		if failed := deliver(t, s, m); failed == nil || !failed.Permanent {
			t.Errorf("%s: failed = %v, want one for good", name, failed)
		}
	}
	if commands := ms.heard(); len(commands) != 0 {
		t.Errorf("the server heard %v", commands)
	}
}

type failingDeliverer struct{ err error }

func (f failingDeliverer) Deliver(context.Context, pool.Mail) error { return f.err }

func TestSenderOfOtherKinds(t *testing.T) {
	t.Parallel()
	if err := (&message.Sender{}).Deliver(t.Context(), aMail()); err != nil {
		t.Errorf("a mailbox needs no delivery: %v", err)
	}
	if err := (&message.Sender{Out: failingDeliverer{}}).Deliver(t.Context(), aMail()); err != nil {
		t.Errorf("err = %v", err)
	}
	err := (&message.Sender{Out: failingDeliverer{errors.New("no route")}}).Deliver(t.Context(), aMail())
	if failed, ok := errors.AsType[*message.DeliveryError](err); !ok || failed.Permanent || failed.Text != "no route" {
		t.Errorf("err = %v, want one to be tried again", err)
	}
}
