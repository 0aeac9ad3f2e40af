package locale_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/poolhouse/poolhouse/internal/locale"
)

func catalogue(t testing.TB, tags ...string) *locale.Catalogue {
	t.Helper()
	files := fstest.MapFS{}
	for _, tag := range tags {
		files["words/"+tag+".json"] = &fstest.MapFile{Data: []byte(`{"hello":"` + tag + ` {a} and {b}"}`)}
	}
	c, err := locale.Load(files, "words")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMatch(t *testing.T) {
	t.Parallel()
	c := catalogue(t, locale.Tags()...)
	for wish, want := range map[string]string{
		"de": "de", "DE_at": "de", "de-CH-1996": "de",
		"pt": "pt-BR", "pt-PT": "pt-BR",
		"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-SG": "zh-CN",
		"zh-Hant": "zh-TW", "zh-HK": "zh-TW", "zh-MO,en;q=0.1": "zh-TW", "zh-Hant-HK": "zh-TW",
		"in": "id", "fr-CA,en;q=0.5": "fr", "es-419": "es", "en-GB": "en",
		"de;q=0.5, ja": "ja", "tlh, ko;q=0.2": "ko", "de;q=0, it": "it",
		"ja-JP, *;q=0.5": "ja", "***, de": "de", "<script>, it": "it", "../../, fr": "fr", "de;q=x, it": "it",
		"": "", "*": "", "und": "", "mul": "", "tlh": "", "<script>": "", "../../": "", "de;q=0": "", "\x00": "", "\xff": "",
	} {
		got := ""
		if l := c.Match(wish); l != nil {
			got = l.Tag
		}
		if got != want {
			t.Errorf("%q leads to %q, want %q", wish, got, want)
		}
	}
}

// TestMatchIsBounded holds wishes of any length to the first that are read.
func TestMatchIsBounded(t *testing.T) {
	t.Parallel()
	c := catalogue(t, locale.Tags()...)
	began := time.Now()
	for _, wish := range []string{
		strings.Repeat("tlh,", 2500) + "de", strings.Repeat("a-", 5000), strings.Repeat("tlh;q=0.1", 1100), strings.Repeat(",", 10_000) + "de",
		"de-u" + strings.Repeat("-co-phonebk", 900),
	} {
		if l := c.Match(wish); l != nil {
			t.Errorf("%.20q… of %d bytes leads to %s", wish, len(wish), l.Tag)
		}
	}
	if l := c.Match("de," + strings.Repeat("tlh,", 2500)); l == nil || l.Tag != "de" {
		t.Error("what stands first in a long wish is not read")
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("long wishes took %v", took)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	c := catalogue(t, "en", "ar", "de")
	if c.All[0].Tag != "en" || c.Named("AR").Dir != "rtl" || c.Named("de").Dir != "ltr" || c.Named("fr") != nil {
		t.Errorf("languages %+v", c.All)
	}
	if got := c.Named("de").T("hello", "a", "{b}", "b", "2"); got != "de {b} and 2" {
		t.Errorf("placeholders gave %q", got)
	}
	if got := c.All[0].T("missing"); got != "missing" || c.All[0].Has("missing") || !c.All[0].Has("hello") {
		t.Errorf("a missing key shows as %q", got)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]fstest.MapFS{
		"no source": {"words/de.json": {Data: []byte(`{}`)}},
		"not JSON":  {"words/en.json": {Data: []byte(`{`)}},
		"not a tag": {"words/en.json": {Data: []byte(`{}`)}, "words/no language.json": {Data: []byte(`{}`)}},
		"no folder": {},
	} {
		if _, err := locale.Load(files, "words"); err == nil {
			t.Errorf("%s: loaded", name)
		}
	}
}
