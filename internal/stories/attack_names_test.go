package stories_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// mask finds where a page says that a code went.
var mask = regexp.MustCompile(`[^\s<>]\*\*\*@[^\s<>]\*\*\*`)

// asked lets one browser forget its password and another ask for a new code.
func asked(h *housetest.House, name string) (forgot, resend *housetest.Page) {
	b := h.Browser()
	forgot = b.Follow(b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", name))
	b = h.Browser()
	return forgot, b.Follow(post(b, "/resendcode", name))
}

// The case in which an address is typed does not tell whether it is known.
func TestAttackMaskByCase(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		h.SignUp(h.Browser(), housetest.Ask(), "amy@example.com", secret)
		knownForgot, knownResend := asked(h, "AMY@EXAMPLE.COM")
		forgot, resend := asked(h, "ABE@EXAMPLE.COM")
		for what, pages := range map[string][2]*housetest.Page{"forgot": {knownForgot, forgot}, "resend": {knownResend, resend}} {
			pages[0].Shows("A***@E***")
			if diff := cmp.Diff(plain(pages[0], "AMY@EXAMPLE.COM"), plain(pages[1], "ABE@EXAMPLE.COM")); diff != "" {
				t.Errorf("%s tells them apart: %s", what, diff)
			}
		}
	})
}

// Where people have usernames, a forgotten password and a new code name the
// same address, whether the account is confirmed, waits, or is not there.
func TestAttackMaskByWay(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) { d.UserPools[0].UsernameAttributes = nil })})
		for _, name := range []string{"amy", "zoe"} {
			b := h.Browser()
			p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", name, "requiredAttributes[email]", name+"@example.com", "password", secret)
			if code := h.Code(name + "@example.com"); name == "amy" {
				b.Submit(b.Follow(p), "confirmform", "code", code).Back()
			}
		}
		for name, want := range map[string]string{"amy": "a***@e***", "zoe": "z***@e***", "nobody1": "", "nobody2": ""} {
			forgot, resend := asked(h, name)
			said, again := mask.FindString(forgot.Body), mask.FindString(resend.Body)
			if said == "" || said != again || want != "" && said != want {
				t.Errorf("%s: forgot says %q and resend %q", name, said, again)
			}
		}
	})
}

// Nobody takes a name that folds or reads as another's, or an address that
// leads our mail to a machine near by.
func TestAttackLookAlikes(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		for _, squat := range []string{"\u212aate@example.com", "kate@e\uff58ample.com", "\u0130an@example.com", "kate@localhost", "kate@mail", "kate@127.0.0.1", "kate@[127.0.0.1]"} {
			b := h.Browser()
			p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", squat, "password", secret)
			if p.Location() != nil || p.Status != http.StatusOK || h.Mails(squat) != 0 {
				t.Errorf("%q signs up: %d %v", squat, p.Status, p.Location())
			}
		}
		h.SignUp(h.Browser(), housetest.Ask(), "kate@example.com", secret)
	})
}

// A pool may put the code into the subject: it is not in the clear in the
// database, and the mail still carries it.
func TestCodeInTheSubjectIsSealed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "house.db")
	h := housetest.Start(t, housetest.Config{Database: "sqlite:" + file, Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPools[0].EmailVerificationSubject, d.UserPools[0].EmailVerificationMessage = "{####} lets you in", "Your code: {####}"
	})})
	b := h.Browser()
	b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", ann, "password", secret)
	m := h.Mail(ann)
	subject := m.Code.Reveal() + " lets you in"
	if m.Subject.Reveal() != subject {
		t.Errorf("the subject is %q, want %q", m.Subject.Reveal(), subject)
	}
	h.Browser().Get("/mailbox").Shows(subject)
	files, err := filepath.Glob(file + "*")
	must(t, err)
	found := false
	for _, name := range files {
		content, err := os.ReadFile(name)
		must(t, err)
		if bytes.Contains(content, []byte(subject)) {
			t.Errorf("%s holds the subject in the clear", filepath.Base(name))
		}
		found = found || bytes.Contains(content, []byte(ann))
	}
	if !found {
		t.Error("what is no secret was not found either: the files were not read")
	}
}

// A client id that no client can have, in a token that anybody can write, is
// refused before it reaches the database.
func TestAttackClientIDInAToken(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		book := &logBook{}
		h := housetest.Start(t, housetest.Config{Database: database, Log: book})
		for _, claims := range []string{
			`{"token_use":"access","client_id":"a\u0000b"}`, `{"token_use":"access","client_id":""}`, `{"token_use":"access","client_id":"\ud800"}`, `{"token_use":"id","aud":"a\u0000b"}`,
		} {
			token := "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".AAAA"
			if a := userInfo(t, h, token); a.status != http.StatusUnauthorized {
				t.Errorf("userInfo with %s: %d %s", claims, a.status, a.body)
			}
			if p := h.Browser().Get("/logout?id_token_hint=" + token + "&post_logout_redirect_uri=x"); p.Status != http.StatusBadRequest {
				t.Errorf("logout with %s: %d", claims, p.Status)
			}
		}
		if log := book.String(); regexp.MustCompile(`level=ERROR`).MatchString(log) {
			t.Errorf("the log has an error:\n%s", log)
		}
	})
}
