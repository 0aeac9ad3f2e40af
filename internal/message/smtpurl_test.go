package message_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/message"
)

func TestParseSMTP(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]message.SMTP{
		"smtp://mail.example.com?from=a@example.com": {
			Host: "mail.example.com", Port: 587, From: "a@example.com", TLS: message.TLSStart},
		"smtp://ann:s%40cret@mail.example.com/?tls=tls&from=Demo+%3Ca%40example.com%3E": {
			Host: "mail.example.com", Port: 465, User: "ann", Password: "s@cret", From: "Demo <a@example.com>", TLS: message.TLSImplicit},
		"smtp://mail.example.com:2525?tls=starttls&from=a@example.com": {
			Host: "mail.example.com", Port: 2525, From: "a@example.com", TLS: message.TLSStart},
		"smtp://mail.internal?tls=none&from=a@example.com": {
			Host: "mail.internal", Port: 25, From: "a@example.com", TLS: message.TLSNone},
		"smtp://ann:secret@[::1]:1025?tls=none&from=a@example.com": {
			Host: "::1", Port: 1025, User: "ann", Password: "secret", From: "a@example.com", TLS: message.TLSNone},
		"smtp://ann:secret@localhost:1025?tls=none&from=a@example.com": {
			Host: "localhost", Port: 1025, User: "ann", Password: "secret", From: "a@example.com", TLS: message.TLSNone},
	} {
		got, err := message.ParseSMTP(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseSMTPRefuses(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                       "want smtp://",
		"mail.example.com:25?from=a@example.com": "want smtp://",
		"smtps://mail.example.com?from=a@example.com":                "want smtp://",
		"smtp://?from=a@example.com":                                 "want smtp://",
		"smtp://mail.example.com":                                    "from is missing",
		"smtp://mail.example.com?from=":                              "from is missing",
		"smtp://mail.example.com?from=nobody":                        "from is not an address",
		"smtp://mail.example.com?from=a@example.com%0d%0aBcc:b@c.de": "from is not an address",
		"smtp://mail.example.com?from=a@example.com&tls=maybe":       "starttls, tls or none",
		"smtp://mail.example.com?from=a@example.com&tls=tls&tls=":    "once each",
		"smtp://mail.example.com?from=a@example.com&TLS=none":        "once each",
		"smtp://mail.example.com:0?from=a@example.com":               "port",
		"smtp://mail.example.com:65536?from=a@example.com":           "port",
		"smtp://ann@mail.example.com?from=a@example.com":             "together",
		"smtp://:hunter2@mail.example.com?from=a@example.com":        "together",
		"smtp://ann:hunter2@mail.example.com?from=a@b.de&tls=none":   "clear connection",
		"smtp://ann:hunter2@localhost.evil.de?from=a@b.de&tls=none":  "clear connection",
		"smtp://ann:12#hunter2@mail.example.com?from=a@example.com":  "percent-encoded",
		"smtp://ann:12/hunter2@mail.example.com?from=a@example.com":  "percent-encoded",
		"smtp://ann:12?hunter2@mail.example.com&from=a@example.com":  "once each",
		"smtp://ann:x#hunter2@mail.example.com?from=a@example.com":   "percent-encoded",
		"smtp://ann:%hunter2@mail.example.com?from=a@example.com":    "percent-encoded",
	} {
		got, err := message.ParseSMTP(text)
		if err == nil {
			t.Errorf("%s: no error, but %v", text, got)
			continue
		}
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error %q does not say %q", text, err, says)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", text, err)
		}
	}
}

func TestSMTPHidesCredentials(t *testing.T) {
	t.Parallel()
	s, err := message.ParseSMTP("smtp://ann:hunter2@mail.example.com?from=a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("mail", "server", s)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s", s, s, s, s)
	if strings.Contains(shown, "hunter2") || strings.Count(shown, "smtp://mail.example.com:587?tls=starttls") != 5 {
		t.Errorf("shown: %s", shown)
	}
}

func FuzzParseSMTP(f *testing.F) {
	f.Add("smtp://ann:secret@mail.example.com:587?from=a@example.com&tls=starttls")
	f.Add("smtp://[::1%25lo]:25?from=%22a%22@b&tls=none")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := message.ParseSMTP(text)
		if err == nil && (s.Host == "" || s.Port < 1 || s.Port > 65535 || s.From == "" || s.TLS == "" || (s.User == "") != (s.Password == "")) {
			t.Errorf("%q gives %+v", text, s)
		}
	})
}
