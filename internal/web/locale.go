package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"golang.org/x/text/language"
)

//go:embed locale/*.json
var localeFiles embed.FS

// sourceLanguage holds every key and stands in for what nobody asked for.
const sourceLanguage = "en"

const langCookie = "lang"

// tongue is one language of the pages: a flat file of sentences by key, in
// which {name} is a placeholder.
type tongue struct {
	Tag  string // BCP 47
	Dir  string // "ltr" or "rtl"
	text map[string]string
}

// T returns the sentence for key, its placeholders filled from pairs of name
// and value. A key that is missing shows as itself.
func (t *tongue) T(key string, pairs ...string) string {
	text, ok := t.text[key]
	if !ok {
		return key
	}
	if len(pairs) == 0 {
		return text
	}
	filled := make([]string, len(pairs))
	for i := range pairs {
		filled[i] = pairs[i]
		if i%2 == 0 {
			filled[i] = "{" + pairs[i] + "}"
		}
	}
	return strings.NewReplacer(filled...).Replace(text)
}

func (t *tongue) has(key string) bool { _, ok := t.text[key]; return ok }

// tongues are the languages of the pages, the source language first.
type tongues struct {
	all     []*tongue
	matcher language.Matcher
}

func loadTongues(files fs.FS) (*tongues, error) {
	names, err := fs.Glob(files, "locale/*.json")
	if err != nil {
		return nil, err
	}
	var ts tongues
	for _, name := range names {
		t, err := loadTongue(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if t.Tag == sourceLanguage {
			ts.all = append([]*tongue{t}, ts.all...)
		} else {
			ts.all = append(ts.all, t)
		}
	}
	var tags []language.Tag
	for _, t := range ts.all {
		tags = append(tags, language.MustParse(t.Tag))
	}
	ts.matcher = language.NewMatcher(tags)
	return &ts, nil
}

func loadTongue(files fs.FS, name string) (*tongue, error) {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	t := &tongue{Tag: tag.String(), Dir: "ltr"}
	if script, _ := tag.Script(); strings.Contains("Arab Hebr Syrc Thaa Nkoo", script.String()) {
		t.Dir = "rtl"
	}
	return t, json.Unmarshal(b, &t.text)
}

// named returns the language that tag names, or nil.
func (ts *tongues) named(tag string) *tongue {
	for _, t := range ts.all {
		if strings.EqualFold(t.Tag, tag) {
			return t
		}
	}
	return nil
}

// choose picks the language of a page: the lang parameter or the cookie that
// remembers it (Cognito: Managed login localization), then ui_locales (OpenID
// Connect Core §3.1.2.1), then Accept-Language.
func (ts *tongues) choose(r *http.Request) *tongue {
	query := r.URL.Query()
	if t := ts.named(query.Get("lang")); t != nil {
		return t
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if t := ts.named(c.Value); t != nil {
			return t
		}
	}
	locales := strings.Join(strings.Fields(query.Get("ui_locales")), ",")
	for _, wish := range []string{locales, r.Header.Get("Accept-Language")} {
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := ts.matcher.Match(tags...); confidence != language.No {
			return ts.all[i]
		}
	}
	return ts.all[0]
}
