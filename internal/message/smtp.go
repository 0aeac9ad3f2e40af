package message

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const (
	stepLimit  = 10 * time.Second // for the connection, and for each read and write after it
	wholeLimit = 30 * time.Second // for one delivery
	textLimit  = 500              // bytes of a server's reply that are kept
)

// Deliver sends m over a connection of its own, within 30 seconds. Its errors are
// *DeliveryError.
func (s SMTP) Deliver(ctx context.Context, m pool.Mail) error {
	ctx, cancel := context.WithTimeout(ctx, wholeLimit)
	defer cancel()
	msg, err := s.message(m)
	if err != nil {
		return &DeliveryError{Permanent: true, Text: s.hide(err.Error(), m.To)}
	}
	client, err := s.client(ctx)
	if err == nil {
		err = client.DialAndSendWithContext(ctx, msg)
	}
	// What goes wrong after the server took the message, such as a failing QUIT, is
	// no reason to send it again.
	if err == nil || msg.IsDelivered() {
		return nil
	}
	failed := &DeliveryError{Text: s.hide(err.Error(), m.To), cause: ctx.Err()}
	if reply, ok := errors.AsType[*mail.SendError](err); ok {
		failed.Code = reply.ErrorCode()
		failed.Permanent = refusedForGood(reply)
	}
	return failed
}

// refusedForGood tells a 5xx reply about this recipient or this message from one
// about us: a sender or credentials that the server does not accept can be mended,
// and then the mail should still go out.
func refusedForGood(reply *mail.SendError) bool {
	const authenticationRequired = 530 // RFC 4954, section 6
	if reply.ErrorCode() < 500 || reply.ErrorCode() == authenticationRequired {
		return false
	}
	return reply.Reason == mail.ErrSMTPRcptTo || reply.Reason == mail.ErrSMTPData || reply.Reason == mail.ErrSMTPDataClose
}

// message writes m in the Internet Message Format. Message-ID and Date come from m
// and so are the same each time it is tried.
func (s SMTP) message(m pool.Mail) (*mail.Msg, error) {
	from, err := s.sender(m.From)
	if err != nil {
		return nil, err
	}
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, err
		}
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(time.UnixMilli(m.CreatedAt).UTC())
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: asks for no out-of-office replies
	msg.Subject(m.Subject.Reveal())
	msg.SetBodyString(mail.TypeTextPlain, m.Text.Reveal())
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML.Reveal())
	}
	return msg, nil
}

func (s SMTP) client(ctx context.Context) (*mail.Client, error) {
	config := s.tlsConfig()
	options := []mail.Option{
		mail.WithPort(s.Port),
		mail.WithTimeout(stepLimit),
		mail.WithTLSConfig(config),
		mail.WithDialContextFunc(s.dialer(ctx, config)),
		mail.WithoutNoop(),
		mail.WithoutRset(),
	}
	switch s.TLS {
	case TLSImplicit:
		options = append(options, mail.WithSSL())
	case TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if s.User != "" {
		options = append(options, mail.WithSMTPAuthCustom(&credentials{server: s}))
	}
	return mail.NewClient(s.Host, options...)
}

func (s SMTP) tlsConfig() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLSConfig != nil {
		config = s.TLSConfig.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = s.Host
	}
	return config
}

// dialer returns a function that connects, with TLS where it is implicit. The end
// of delivery, the context of the whole delivery, closes the connection whatever
// happens to it: the mail library watches a context only while connecting, and
// leaves a connection open when the greeting fails.
func (s SMTP) dialer(delivery context.Context, config *tls.Config) mail.DialContextFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		// Not the library's address: it does not bracket IPv6.
		raw, err := d.DialContext(ctx, network, net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
		if err != nil {
			return nil, err
		}
		context.AfterFunc(delivery, func() { raw.Close() })
		conn := stepConn{raw}
		if s.TLS != TLSImplicit {
			return conn, nil
		}
		secured := tls.Client(conn, config)
		return secured, secured.HandshakeContext(ctx)
	}
}

// hide makes one line for logs of what the library or the server said. A server
// may quote the command that it did not like, so the credentials are blotted out in
// the forms in which PLAIN and LOGIN send them too.
func (s SMTP) hide(text, to string) string {
	var blots []string
	if s.Password != "" {
		password, b64 := s.Password.Reveal(), base64.StdEncoding
		quoted := strconv.Quote(password) // as net/textproto quotes a reply
		for _, form := range []string{
			b64.EncodeToString([]byte("\x00" + s.User + "\x00" + password)), b64.EncodeToString([]byte(password)),
			quoted[1 : len(quoted)-1], password,
		} {
			blots = append(blots, form, "[secret]")
		}
	}
	if to != "" {
		blots = append(blots, to, pool.MaskEmail(to))
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.NewReplacer(blots...).Replace(text))
	if len(text) > textLimit {
		text = strings.ToValidUTF8(text[:textLimit], "") + "…"
	}
	return text
}
