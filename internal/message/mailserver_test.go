package message_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/poolhouse/poolhouse/internal/message"
)

// mailServer is an SMTP server on 127.0.0.1. Its fields are set before start.
type mailServer struct {
	secure     message.TLSMode
	mechanisms []string // with user ann, password hunter2
	utf8       bool

	onLogin func(user, password string) string // the text that refuses a wrong password

	onMail func() error
	onRcpt func() error
	onData func() error

	mu        sync.Mutex
	envelopes []envelope
	commands  []string
}

// envelope is one message that the server took.
type envelope struct {
	from, to, user string
	encrypted      bool
	data           string
}

// start runs the server until the test ends, and returns what delivers to it.
func (ms *mailServer) start(t *testing.T) message.SMTP {
	t.Helper()
	certificate, roots := selfSigned(t)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &mailSession{server: ms, conn: c}, nil
	}))
	server.Domain = "mail.example.com"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = ms.utf8
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	switch ms.secure {
	case message.TLSStart:
		server.TLSConfig = config
	case message.TLSImplicit:
		listener = tls.NewListener(listener, config)
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return message.SMTP{
		Host: "127.0.0.1", Port: port, From: "Pool <pool@example.com>", TLS: ms.secure,
		TLSConfig: &tls.Config{RootCAs: roots},
	}
}

func (ms *mailServer) taken() []envelope {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return slices.Clone(ms.envelopes)
}

func (ms *mailServer) heard() []string {
	ms.mu.Lock()
	defer ms.mu.Unlock()
	return slices.Clone(ms.commands)
}

type mailSession struct {
	server *mailServer
	conn   *smtp.Conn
	now    envelope
}

func (s *mailSession) note(command string, hook func() error) error {
	s.server.mu.Lock()
	s.server.commands = append(s.server.commands, command)
	s.server.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook()
}

func (s *mailSession) AuthMechanisms() []string { return s.server.mechanisms }

func (s *mailSession) Auth(mechanism string) (sasl.Server, error) {
	if err := s.note("AUTH "+mechanism, nil); err != nil {
		return nil, err
	}
	check := func(user, password string) error {
		if user != "ann" || password != "hunter2" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCodeNotSet, Message: s.server.onLogin(user, password)}
		}
		s.now.user = user
		return nil
	}
	if mechanism == "LOGIN" {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

func (s *mailSession) Mail(from string, _ *smtp.MailOptions) error {
	s.now.from = from
	return s.note("MAIL", s.server.onMail)
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.now.to = to
	return s.note("RCPT", s.server.onRcpt)
}

func (s *mailSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.note("DATA", s.server.onData); err != nil {
		return err
	}
	_, s.now.encrypted = s.conn.TLSConnectionState()
	s.now.data = string(data)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.envelopes = append(s.server.envelopes, s.now)
	return nil
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

// loginServer is the server's side of LOGIN, which go-sasl does not have.
type loginServer struct {
	check func(user, password string) error
	user  *string
	asked bool
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case !l.asked:
		l.asked = true
		return []byte("Username:"), false, nil
	case l.user == nil:
		user := string(response)
		l.user = &user
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(*l.user, string(response))
}

// selfSigned makes a certificate for 127.0.0.1 and the pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// replying answers a command with an SMTP reply.
func replying(code int, text string) func() error {
	return func() error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCodeNotSet, Message: text}
	}
}

var errNoReply = errors.New("the test is over")
