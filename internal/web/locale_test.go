package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func english(t *testing.T) (*locale.Catalogue, *locale.Language) {
	t.Helper()
	ts, err := loadLocales()
	must(t, err)
	return ts, ts.All[0]
}

func TestEveryLanguageHasEveryKey(t *testing.T) {
	t.Parallel()
	ts, source := english(t)
	for _, l := range ts.All {
		for key, text := range source.Text {
			got, ok := l.Text[key]
			if !ok || strings.TrimSpace(got) == "" {
				t.Errorf("%s lacks %s", l.Tag, key)
				continue
			}
			want, have := placeholder.FindAllString(text, -1), placeholder.FindAllString(got, -1)
			slices.Sort(want)
			slices.Sort(have)
			if !slices.Equal(want, have) {
				t.Errorf("%s: %s has the placeholders %v, want %v", l.Tag, key, have, want)
			}
			if l != source && got == text && !slices.Contains(cognates, l.Tag+" "+key) {
				t.Errorf("%s: %s is in English: %q", l.Tag, key, got)
			}
		}
		for key := range l.Text {
			if !source.Has(key) {
				t.Errorf("%s has %s, which %s lacks", l.Tag, key, source.Tag)
			}
		}
	}
}

// cognates are what another language writes as English does.
var cognates = []string{
	"de field.code", "de field.website", "es layout.error_title", "it field.password",
	"pt-BR field.email", "pt-BR field.username.email",
}

// TestTheCatalogueIsWhatThePagesUse holds the keys in templates and code
// against the catalogue, both ways.
func TestTheCatalogueIsWhatThePagesUse(t *testing.T) {
	t.Parallel()
	_, source := english(t)
	used := map[string]bool{}
	templateKey := regexp.MustCompile(`(?:\.T|\.ByName) "([a-z_.]+)"`)
	files, err := fs.Glob(templateFiles, "templates/*.html")
	must(t, err)
	for _, name := range files {
		text, err := fs.ReadFile(templateFiles, name)
		must(t, err)
		for _, found := range templateKey.FindAllStringSubmatch(string(text), -1) {
			used[found[1]] = true
			if !source.Has(found[1]) {
				t.Errorf("%s uses %s, which is not in the catalogue", name, found[1])
			}
		}
	}
	var code strings.Builder
	sources, err := filepath.Glob("*.go")
	must(t, err)
	for _, name := range sources {
		if !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			must(t, err)
			code.Write(text)
		}
	}
	composed := regexp.MustCompile(`^(error|rule|notice|problem|message)\.|\.(title|email|phone|either)$|^(confirm|reset)\.[a-z_]+$`)
	for _, a := range (pool.Settings{}).Attributes() { // each may be asked for at sign-up
		used["field."+a.Name] = true
		if a.IsMutable() && !strings.HasSuffix(a.Name, "_verified") && !source.Has("field."+a.Name) {
			t.Errorf("the catalogue lacks field.%s", a.Name)
		}
	}
	for _, f := range pool.EveryFactor() {
		key := "factor." + string(f)
		if used[key] = true; !source.Has(key) {
			t.Errorf("the catalogue lacks %s", key)
		}
	}
	for key := range source.Text {
		if !used[key] && !composed.MatchString(key) && !strings.Contains(code.String(), strconv.Quote(key)) {
			t.Errorf("nothing uses %s", key)
		}
	}
	for _, found := range regexp.MustCompile(`"((?:message|layout|code|login)\.[a-z_.]+)"`).FindAllStringSubmatch(code.String(), -1) {
		if !source.Has(found[1]) {
			t.Errorf("the code uses %s, which is not in the catalogue", found[1])
		}
	}
	for _, found := range regexp.MustCompile(`(?:refusal\{[^}]*|no = &refusal\{[^}]*)"([a-z_]+)"\}`).FindAllStringSubmatch(code.String(), -1) {
		if !source.Has("problem." + found[1]) {
			t.Errorf("the code refuses with %s, which is not in the catalogue", found[1])
		}
	}
	for _, reason := range []string{"redirect_missing", "redirect_repeated", "redirect_mismatch"} {
		if !source.Has("problem." + reason) {
			t.Errorf("problem.%s is not in the catalogue", reason)
		}
	}
}

// refusals finds the keys of all pool.Errors that a package's source can make:
// literals, and calls of pool's own refuse.
func refusals(t *testing.T, kinds map[string]string, files ...string) []string {
	t.Helper()
	var keys []string
	add := func(kind, reason string) {
		if reason != "" {
			kind += "." + reason
		}
		keys = append(keys, kind)
	}
	word := func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.SelectorExpr:
			return kinds[e.Sel.Name]
		case *ast.Ident:
			return kinds[e.Name]
		case *ast.BasicLit:
			s, _ := strconv.Unquote(e.Value)
			return s
		}
		return ""
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		must(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Error" {
					member := map[string]string{}
					for _, e := range n.Elts {
						if kv, ok := e.(*ast.KeyValueExpr); ok {
							member[kv.Key.(*ast.Ident).Name] = word(kv.Value)
						}
					}
					add(member["Kind"], member["Reason"])
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "refuse" {
					add(word(n.Args[0]), word(n.Args[1]))
				}
			}
			return true
		})
	}
	return keys
}

func TestEveryRefusalHasASentence(t *testing.T) {
	t.Parallel()
	_, source := english(t)
	kinds := map[string]string{}
	parsed, err := parser.ParseFile(token.NewFileSet(), "../pool/errors.go", nil, 0)
	must(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			kinds[v.Names[0].Name], _ = strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	var files []string
	for _, dir := range []string{"../pool", "../account", "../signin"} {
		found, err := filepath.Glob(dir + "/*.go")
		must(t, err)
		for _, f := range found {
			if !strings.HasSuffix(f, "_test.go") && !slices.Contains(notOfPeople, filepath.Base(f)) {
				files = append(files, f)
			}
		}
	}
	keys := slices.DeleteFunc(refusals(t, kinds, files...), func(key string) bool { return slices.Contains(noPageMeets, key) })
	for _, rule := range pool.DefaultPasswordPolicy().Rules() {
		keys = append(keys, "InvalidPassword."+rule.Reason)
		if !source.Has("rule." + rule.Reason) {
			t.Errorf("the catalogue lacks rule.%s", rule.Reason)
		}
	}
	for _, kind := range []pool.NameKind{pool.NameUsername, pool.NameEmail, pool.NamePhone} {
		keys = append(keys, "UsernameExists."+string(kind))
	}
	if len(keys) < 20 {
		t.Fatalf("only %d refusals found: %v", len(keys), keys)
	}
	for _, key := range keys {
		if !source.Has("error." + key) {
			t.Errorf("the catalogue lacks error.%s", key)
		}
	}
}

// notOfPeople are pool's files whose refusals are of settings, or of requests
// that apps make: operators and programs meet those.
var notOfPeople = []string{
	"authrequest.go", "clientsecret.go", "domain.go", "event.go", "feedback.go", "flow.go", "group.go", "identityprovider.go",
	"importjob.go", "importrun.go", "imports.go", "importupload.go", "mfa.go", "operatorkey.go", "redirect.go", "resourceserver.go",
	"scope.go", "settings_check.go", "tags.go", "tracking.go", "userfilter.go", "userimport.go",
}

// noPageMeets are refusals of what only programs and operators do, and the
// calls whose reason is not a literal.
var noPageMeets = []string{
	"InvalidPassword", "UsernameExists",
	"InvalidParameter.attribute_exists", "InvalidParameter.custom_required", "InvalidParameter.schema_update", "InvalidParameter.immutable", "InvalidParameter.required_deleted",
	"InvalidParameter.email_verify", "InvalidParameter.phone_verify", "InvalidParameter.verifiable", "InvalidParameter.no_phone", "InvalidParameter.no_email",
	"InvalidParameter.setting", "InvalidParameter.srp_a", "NotAuthorized.already_provided", "UsernameExists.admin", "UnsupportedUserState",
}

func TestLanguageIsChosen(t *testing.T) {
	t.Parallel()
	c, _ := english(t)
	var tags []string
	for _, l := range c.All {
		tags = append(tags, l.Tag)
	}
	if diff := cmp.Diff(locale.Tags(), tags); diff != "" {
		t.Errorf("the languages of the pages (-want +got):\n%s", diff)
	}
	long := strings.Repeat("tlh,", 2500)
	for _, w := range []struct{ query, cookie, accept, want string }{
		{"", "", "", ""},
		{"lang=de", "it", "en", "de"}, {"lang=PT-br", "it", "en", "pt-BR"}, {"lang=zh-HK", "it", "en", "zh-TW"}, {"lang=pt", "", "", "pt-BR"},
		{"lang=tlh", "it", "en", "it"}, {"lang=%3Cscript%3E", "it", "", "it"}, {"lang=..%2F..%2F&ui_locales=ja", "", "fr", "ja"},
		{"lang=de,fr", "", "fr", "fr"}, {"lang=" + long, "", "ko", "ko"}, {"lang=", "", "ko", "ko"},
		{"ui_locales=tlh+de-CH", "", "en", "de"}, {"ui_locales=fr", "es", "en", "es"}, {"ui_locales=tlh", "", "de;q=0.5, xx", "de"},
		{"ui_locales=" + strings.ReplaceAll(long, ",", "+"), "", "ko", "ko"},
		{"", "nonsense", "de-AT,de;q=0.9", "de"}, {"", "", "en;q=0.3, fr;q=0.8", "fr"}, {"", "", "zh-Hant-HK, en", "zh-TW"},
		{"", "", "tlh", ""}, {"ui_locales=%00", "", "***", ""}, {"", "", long + "de", ""},
	} {
		r := httptest.NewRequest("GET", "/login?"+w.query, nil)
		r.Header.Set("Accept-Language", w.accept)
		r.Header.Set("Cookie", langCookie+"="+w.cookie)
		got, asked := choose(c, r)
		if asked != (w.want != "") || asked && got.Tag != w.want || !asked && got.Tag != locale.Source {
			t.Errorf("%.80v chose %s, asked %v", w, got.Tag, asked)
		}
	}
	two := &look{locales: &locale.Catalogue{All: c.All[:2]}}
	links := two.languageLinks(c.All[0], func(tag string) string { return "/login?lang=" + tag })
	want := []languageLink{{"en", "English", "/login?lang=en", true}, {"de", "Deutsch", "/login?lang=de", false}}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Error(diff)
	}
}

func TestLangIsRemembered(t *testing.T) {
	t.Parallel()
	b := newDoor(t).browser(t)
	if c := cookie(b.get("/login"+ask("lang", "en")), langCookie); c == nil || c.Value != "en" {
		t.Errorf("lang set the cookie %v", c)
	}
	if c := cookie(b.get("/login"+ask("lang", "tlh")), langCookie); c != nil {
		t.Errorf("an unknown language set the cookie %v", c)
	}
}
