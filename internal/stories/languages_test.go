package stories_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cip "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// wordsOf are words that a person expects in their language: the title of the
// sign-in page, its answer to a wrong password, the subject of the mail with a
// code, the heading of the error page.
var wordsOf = map[string]struct{ signIn, wrong, subject, fault string }{
	"en":    {"Sign in", "Incorrect username or password.", "Your verification code", "An error was encountered with the requested page."},
	"de":    {"Anmelden", "Benutzername oder Passwort ist falsch.", "Ihr Bestätigungscode", "Beim Aufruf der Seite ist ein Fehler aufgetreten."},
	"es":    {"Iniciar sesión", "El nombre de usuario o la contraseña no son correctos.", "Su código de verificación", "Se ha producido un error con la página solicitada."},
	"fr":    {"Connexion", "Nom d’utilisateur ou mot de passe incorrect.", "Votre code de vérification", "Une erreur est survenue avec la page demandée."},
	"id":    {"Masuk", "Nama pengguna atau kata sandi salah.", "Kode verifikasi Anda", "Terjadi kesalahan pada halaman yang diminta."},
	"it":    {"Accedi", "Nome utente o password non corretti.", "Il Suo codice di verifica", "Si è verificato un errore con la pagina richiesta."},
	"ja":    {"サインイン", "ユーザー名またはパスワードが正しくありません。", "確認コードのお知らせ", "要求されたページでエラーが発生しました。"},
	"ko":    {"로그인", "사용자 이름 또는 비밀번호가 올바르지 않습니다.", "인증 코드 안내", "요청한 페이지에서 오류가 발생했습니다."},
	"pt-BR": {"Entrar", "Nome de usuário ou senha incorretos.", "Seu código de verificação", "Ocorreu um erro com a página solicitada."},
	"zh-CN": {"登录", "用户名或密码不正确。", "您的验证码", "请求的页面出现错误。"},
	"zh-TW": {"登入", "使用者名稱或密碼不正確。", "您的驗證碼", "要求的頁面發生錯誤。"},
}

// speaks fails the test unless the page says that it is in the language.
func speaks(t *testing.T, p *housetest.Page, tag string) {
	t.Helper()
	if !strings.Contains(p.Body, `<html lang="`+tag+`" dir="ltr">`) || p.Header.Get("Content-Language") != tag {
		t.Errorf("%s (%d) is not in %s: Content-Language %q\n%.200s", p.URL, p.Status, tag, p.Header.Get("Content-Language"), p.Body)
	}
}

// wrongRedirect changes an authorization request so that it ends on /error.
func wrongRedirect(pairs ...string) string {
	return housetest.Ask(append(pairs, "redirect_uri", "https://elsewhere.example.com/")...)
}

// In each language somebody signs up, gets their mail, forgets the password,
// signs in, and meets the errors on the way.
func TestLanguages(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		if len(wordsOf) != len(locale.Tags()) {
			t.Errorf("the stories speak %d languages, the pages %d", len(wordsOf), len(locale.Tags()))
		}
		for tag, words := range wordsOf {
			email := "p-" + strings.ToLower(tag) + "@example.com"
			ask := housetest.Ask("ui_locales", "tlh "+tag)
			b := h.Browser()
			p := b.Follow(b.Get("/oauth2/authorize" + ask))
			speaks(t, p, tag)
			p.Shows(words.signIn)
			p = b.Submit(p, "cognitoSignInForm", "username", email, "password", "wrong")
			speaks(t, p, tag)
			p.Shows(words.wrong)
			p = b.Follow(b.Submit(b.Get("/signup"+ask), "signupform", "username", email, "password", secret))
			speaks(t, p, tag)
			m := h.Mail(email)
			if m.Subject.Reveal() != words.subject {
				t.Errorf("the mail in %s is about %q, want %q", tag, m.Subject.Reveal(), words.subject)
			}
			p = b.Submit(p, "confirmform", "code", "000000")
			speaks(t, p, tag)
			p = b.Follow(b.Submit(p, "resendform"))
			speaks(t, p, tag)
			b.Submit(p, "confirmform", "code", h.Code(email)).Back()

			b = h.Browser() // another one, which remembers the choice
			p = b.Get("/forgotPassword" + housetest.Ask("lang", tag))
			p = b.Follow(b.Submit(p, "forgotpasswordform", "username", email))
			speaks(t, p, tag)
			m = h.Mail(email)
			if m.Subject.Reveal() != words.subject {
				t.Errorf("the mail of a reset in %s is about %q", tag, m.Subject.Reveal())
			}
			b.Submit(p, "confirmforgotpasswordform", "code", m.Code.Reveal(), "password", "another horse").Back()
			p = b.Get("/login" + housetest.Ask("prompt", "login"))
			speaks(t, p, tag)
			b.Submit(p, "cognitoSignInForm", "username", email, "password", "another horse").Back()
			p = b.Follow(b.Get("/login" + wrongRedirect()))
			speaks(t, p, tag)
			p.Shows(words.fault)
			speaks(t, b.Get("/nowhere"), tag)
		}
	})
}

// The parameter lang comes before its cookie, that before ui_locales, that
// before Accept-Language; what names no language leaves the choice to the next.
func TestLanguagePrecedence(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	long := strings.Repeat("tlh;q=0.9,", 1024) // 10 KB
	for _, c := range []struct{ lang, cookie, locales, accept, want string }{
		{"", "", "", "", "en"},
		{"de", "it", "fr", "ja", "de"}, {"", "it", "fr", "ja", "it"}, {"", "", "fr", "ja", "fr"}, {"", "", "", "ja", "ja"},
		{"tlh", "it", "fr", "ja", "it"}, {"tlh", "tlh", "fr", "ja", "fr"}, {"tlh", "tlh", "tlh", "ja", "ja"}, {"tlh", "tlh", "tlh", "tlh", "en"},
		{"<script>", "", "", "ko", "ko"}, {"../../", "", "", "ko", "ko"}, {"de/../en", "", "", "ko", "ko"}, {"de\r\nX: y", "", "", "ko", "ko"},
		{"DE", "", "", "", "de"}, {"pt", "", "", "", "pt-BR"}, {"zh-HK", "", "", "", "zh-TW"}, {strings.Repeat("de-", 900), "", "", "ko", "ko"},
		{"", "<script>", "", "ko", "ko"}, {"", strings.Repeat("de", 1000), "", "ko", "ko"},
		{"", "", "<script> ../../ id", "ko", "id"}, {"", "", strings.Repeat("tlh ", 1000), "ko", "ko"},
		{"", "", "", "en;q=0.4, zh;q=0.5, pt-PT;q=0.8", "pt-BR"}, {"", "", "", "zh-Hant-HK,en;q=0.5", "zh-TW"}, {"", "", "", "zh", "zh-CN"},
		{"", "", "", "de;q=0, es;q=0.1", "es"}, {"", "", "", "*", "en"}, {"", "", "", "de, " + long, "de"}, {"", "", "", long + "de", "en"},
		{"", "", "", strings.Repeat("a-", 5000), "en"}, {"", "", "", strings.Repeat(",", 10_000), "en"},
	} {
		b := h.Browser()
		if c.cookie != "" {
			b.SetCookie("lang", c.cookie)
		}
		pairs := []string{"lang", c.lang, "ui_locales", c.locales}
		r := b.Request(http.MethodGet, "/login"+housetest.Ask(pairs...), nil)
		r.Header.Set("Accept-Language", c.accept)
		p := b.Do(r)
		if p.Status != http.StatusOK {
			t.Errorf("%.120q: %d", c, p.Status)
			continue
		}
		speaks(t, p, c.want)
		if strings.Contains(p.Body, "<script") || p.Header.Get("X") != "" {
			t.Errorf("%.120q: the page repeats what it was given", c)
		}
		if p.Header.Get("Vary") != "Accept-Language, Cookie" || !strings.Contains(p.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%.120q: Vary %q, Cache-Control %q", c, p.Header.Get("Vary"), p.Header.Get("Cache-Control"))
		}
		if set := b.Cookie("lang"); c.want == "ko" && set != c.cookie {
			t.Errorf("%.120q: the cookie is %q", c, set)
		}
	}
}

// The page of each language leads to each other one, with the request whole.
func TestLanguageLinks(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	state := `a b+c&d="e"%25`
	p := b.Get("/login" + housetest.Ask("state", state, "lang", "de"))
	for tag, words := range wordsOf {
		if tag == "de" {
			continue
		}
		_, after, found := strings.Cut(p.Body, `<li><a href="/login?`)
		for found && !strings.HasPrefix(between(after, `lang="`, `"`), tag) {
			_, after, found = strings.Cut(after, `<li><a href="/login?`)
		}
		if !found {
			t.Fatalf("no link to %s:\n%s", tag, p.Body)
		}
		next := b.Get("/login?" + unescaped(between(`"`+after, `"`, `"`)))
		speaks(t, next, tag)
		next.Shows(words.signIn)
		if got := next.URL.Query().Get("state"); got != state {
			t.Errorf("the state became %q", got)
		}
	}
	// A request of some kilobytes is not repeated for each language.
	long := b.Get("/login" + housetest.Ask("state", strings.Repeat("x", 3<<10), "lang", "de"))
	speaks(t, long, "de")
	if most := maxPage + 4*(3<<10); len(long.Body) > most || strings.Contains(long.Body, "hreflang") {
		t.Errorf("the page of a long request has %d bytes, want at most %d", len(long.Body), most)
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func unescaped(href string) string {
	return strings.ReplaceAll(strings.ReplaceAll(href, "&amp;", "&"), "&#43;", "+")
}

// What leads away from the pages and back keeps the language: a link in a mail
// in whatever browser, a request that is wrong, a choice on the way.
func TestLanguageStays(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, byLink)})
		b := h.Browser()
		r := b.Request(http.MethodGet, "/signup"+housetest.Ask(), nil)
		r.Header.Set("Accept-Language", "ja")
		_, fields := b.Do(r).Form("signupform")
		fields.Set("username", ann)
		fields.Set("password", secret)
		r = b.FormPost("/signup"+housetest.Ask(), fields)
		r.Header.Set("Accept-Language", "ja")
		b.Do(r)
		link := mailedLink(t, h, ann)
		if link.Query().Get("ui_locales") != "ja" {
			t.Errorf("the mail in Japanese leads to %s", link)
		}
		phone := h.Browser()
		p := phone.Get(link.RequestURI())
		speaks(t, p, "ja")
		p = phone.Submit(p, "confirmlinkform")
		speaks(t, p, "ja")
		if phone.Cookie("lang") != "" {
			t.Error("a mail decided for good which language a browser speaks")
		}
		own := h.Browser() // that has a choice of its own
		own.SetCookie("lang", "fr")
		speaks(t, own.Get(link.RequestURI()), "fr")

		for _, name := range []string{"ui_locales", "lang"} {
			b := h.Browser()
			p := b.Follow(b.Get("/oauth2/authorize" + wrongRedirect(name, "ko")))
			speaks(t, p, "ko")
			p.Shows(wordsOf["ko"].fault)
		}

		// Who began in English and went over to German on the way stays there.
		b = h.Browser()
		b.Follow(b.Submit(b.Get("/signup"+housetest.Ask("lang", "en")), "signupform", "username", bob, "password", secret))
		link = mailedLink(t, h, bob)
		speaks(t, b.Get("/confirm"+housetest.Ask("lang", "de")), "de")
		query := link.Query()
		query.Set("confirmation_code", "1")
		p = b.Get("/confirmUser?" + query.Encode())
		speaks(t, p, "de")
		p = b.Submit(p, "confirmlinkform")
		speaks(t, p, "de")
		speaks(t, b.Get(unescaped(between(p.Body, `class="main" href="`, `"`))), "de")
	})
}

// Mail that no page caused is in the language that the person's attribute
// names; the pool's own words come before any language.
func TestLanguageOfMail(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := apiHouse(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.AutoVerifiedAttributes = []string{"email"}
		})
		subject := func(address string) string { return h.Mail(address).Subject.Reveal() }
		for locale, want := range map[string]string{
			"de_AT": "Ihr Bestätigungscode", "pt-PT": "Seu código de verificação", "": "Your verification code", "tlh": "Your verification code",
			"<script>": "Your verification code", strings.Repeat("de,", 600): "Ihr Bestätigungscode", "zh-Hant": "您的驗證碼",
		} {
			email := "l" + pool.NewUUID() + "@example.com"
			attributes := pairsOf("email", email)
			if locale != "" {
				attributes = pairsOf("email", email, "locale", locale)
			}
			_, err := sdk(h).SignUp(t.Context(), &cip.SignUpInput{ClientId: clientID(), Username: &email, Password: aws.String(easy), UserAttributes: attributes})
			must(t, err)
			if got := subject(email); got != want {
				t.Errorf("locale %.20q: the mail is about %q, want %q", locale, got, want)
			}
			if locale != "de_AT" {
				continue
			}
			b := h.Browser() // a page speaks its own language, whatever the attribute says
			b.Submit(b.Get("/forgotPassword"+housetest.Ask("lang", "it")), "forgotpasswordform", "username", email)
		}
		for locale, want := range map[string]string{"ja": "一時パスワードのお知らせ", "en-GB": "Your temporary password", "fr": "Votre mot de passe provisoire"} {
			email := "i" + pool.NewUUID() + "@example.com"
			_, err := invite(t, h, email, func(in *cip.AdminCreateUserInput) { in.UserAttributes = pairsOf("email", email, "locale", locale) })
			must(t, err)
			if got := subject(email); got != want {
				t.Errorf("locale %s: the invitation is about %q, want %q", locale, got, want)
			}
		}

		own := apiHouse(t, "", func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.AutoVerifiedAttributes = []string{"email"}
			p.VerificationMessageTemplate = &pool.VerificationMessageTemplate{EmailSubject: "Welcome", EmailMessage: "Type {####}"}
		})
		b := own.Browser()
		b.Submit(b.Get("/signup"+housetest.Ask("lang", "de")), "signupform", "username", ann, "password", secret)
		if m := own.Mail(ann); m.Subject != "Welcome" || !strings.HasPrefix(m.Text.Reveal(), "Type ") {
			t.Errorf("the pool's own words became %q, %q", m.Subject.Reveal(), m.Text.Reveal())
		}
	})
}

// TestEveryLanguageOnEveryScreen looks at the pages in each language, on
// narrow screens and through axe-core.
func TestEveryLanguageOnEveryScreen(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{Document: housetest.Document(t, func(d *setup.Document) { d.UserPools[0].Policies = nil })})
	w := openWindow(t)
	for _, tag := range slices.Backward(locale.Tags()) {
		path := func(name string) string { return h.URL() + name + housetest.Ask("lang", tag) }
		w.open(path("/login"))
		w.inspectWords(tag, "login")
		w.fill("signInFormUsername", "nobody@example.com")
		w.fill("signInFormPassword", "Wrong-pass-1")
		w.enter()
		w.inspectWords(tag, "login-wrong")
		w.open(path("/signup"))
		w.fill("signUpUsername", "no address")
		w.fill("signUpPassword", "x")
		w.enter()
		w.inspectWords(tag, "signup")
		w.fill("signUpUsername", "p-"+strings.ToLower(tag)+"@example.com")
		w.fill("signUpPassword", "Pebble-12")
		w.enter()
		w.inspectWords(tag, "confirm")
		w.open(path("/forgotPassword"))
		w.fill("forgotUsername", "bea@example.com")
		w.enter()
		w.inspectWords(tag, "reset")
		w.open(h.URL() + "/confirmUser?" + url.Values{"client_id": {housetest.ClientID}, "lang": {tag}}.Encode())
		w.inspectWords(tag, "message")
		w.open(h.URL() + "/login" + wrongRedirect("lang", tag))
		w.inspectWords(tag, "error")
	}
}

// inspectWords holds the page against what depends on the length and the script
// of its words.
func (w *window) inspectWords(tag, name string) {
	w.t.Helper()
	name = "lang-" + name + "-" + tag
	if lang := eval[string](w, `document.documentElement.lang`); lang != tag {
		w.t.Errorf("%s is in %q", name, lang)
	}
	if size := eval[int](w, `performance.getEntriesByType("navigation")[0].decodedBodySize +
		performance.getEntriesByType("resource").reduce((sum, r) => sum + r.decodedBodySize, 0)`); size == 0 || size > maxPage {
		w.t.Errorf("%s weighs %d bytes with its style sheet, want at most %d", name, size, maxPage)
	}
	w.narrow()
	if wide := eval[int](w, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		w.t.Errorf("%s is %d px too wide for a narrow screen", name, wide)
	}
	for _, cut := range eval[[]string](w, `[...document.querySelectorAll("h1, p, li, label, button, a, input[type=submit], dd")]
		.filter(e => getComputedStyle(e).display != "inline" && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML)`) {
		w.t.Errorf("%s: cut on a narrow screen: %s", name, cut)
	}
	w.phone()
	w.picture(name + "-phone")
	w.desktop()
	w.picture(name + "-desktop")
	for _, violation := range w.violations() {
		w.t.Errorf("%s: %s", name, violation)
	}
}
