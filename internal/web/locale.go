package web

import (
	"embed"
	"net/http"
	"net/url"
	"strings"

	"github.com/poolhouse/poolhouse/internal/locale"
)

//go:embed locale/*.json
var localeFiles embed.FS

const langCookie = "lang"

// loadLocales reads the sentences of the pages.
func loadLocales() (*locale.Catalogue, error) { return locale.Load(localeFiles, "locale") }

// choose picks the language of a page: the lang parameter or the cookie that
// remembers it (Cognito: Managed login localization), then ui_locales (OpenID
// Connect Core §3.1.2.1), then Accept-Language. asked is false where none of
// them names a language that there is, and the source language stands in.
func choose(c *locale.Catalogue, r *http.Request) (l *locale.Language, asked bool) {
	query := r.URL.Query()
	if l := named(c, query.Get("lang")); l != nil {
		return l, true
	}
	if cookie, err := r.Cookie(langCookie); err == nil {
		if l := c.Named(cookie.Value); l != nil {
			return l, true
		}
	}
	locales := strings.ReplaceAll(query.Get("ui_locales"), " ", ",")
	for _, wish := range []string{locales, strings.Join(r.Header.Values("Accept-Language"), ",")} {
		if l := c.Match(wish); l != nil {
			return l, true
		}
	}
	return c.All[0], false
}

// named is the language of the lang parameter, nil if it names none: one of
// Cognito's codes, or one language tag that is near to one of them.
func named(c *locale.Catalogue, lang string) *locale.Language {
	if l := c.Named(lang); l != nil {
		return l
	}
	if strings.ContainsAny(lang, ",;") { // one tag, not a list of wishes
		return nil
	}
	return c.Match(lang)
}

// wishesOf are the parameters of a query that name a language, for a page whose
// address keeps nothing else of it.
func wishesOf(query url.Values) url.Values {
	kept := url.Values{}
	for _, name := range []string{"lang", "ui_locales"} {
		if value := query.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	return kept
}
