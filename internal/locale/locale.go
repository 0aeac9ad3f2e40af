package locale

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Source is the language that holds every key and stands in where nothing else
// was asked for.
const Source = "en"

// Tags are the languages of Poolhouse (Cognito: Managed login localization),
// as BCP 47 tags, the source first.
func Tags() []string {
	return []string{Source, "de", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW"}
}

// Bounds on what is read of a wish: headers and parameters may be of any length.
const (
	maxWish   = 1024 // bytes
	maxRanges = 32
)

// Language is one language of a catalogue.
type Language struct {
	Tag  string // BCP 47
	Dir  string // "ltr" or "rtl"
	Text map[string]string
}

// T returns the sentence for key, its placeholders filled from pairs of name
// and value. A key that is missing shows as itself.
func (l *Language) T(key string, pairs ...string) string {
	text, ok := l.Text[key]
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

// Has says whether the catalogue has the key.
func (l *Language) Has(key string) bool { _, ok := l.Text[key]; return ok }

// Catalogue is a folder of languages, the source language first, the others by
// their tags.
type Catalogue struct {
	All     []*Language
	matcher language.Matcher
}

// Load reads {folder}/{tag}.json for every language in the folder.
func Load(files fs.FS, folder string) (*Catalogue, error) {
	names, err := fs.Glob(files, folder+"/*.json")
	if err != nil {
		return nil, err
	}
	var c Catalogue
	for _, name := range names {
		l, err := load(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if l.Tag == Source {
			c.All = append([]*Language{l}, c.All...)
		} else {
			c.All = append(c.All, l)
		}
	}
	if len(c.All) == 0 || c.All[0].Tag != Source {
		return nil, fmt.Errorf("%s: no file for the source language %s", folder, Source)
	}
	var tags []language.Tag
	for _, l := range c.All {
		tags = append(tags, language.MustParse(l.Tag))
	}
	c.matcher = language.NewMatcher(tags)
	return &c, nil
}

func load(files fs.FS, name string) (*Language, error) {
	tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".json"))
	if err != nil {
		return nil, err
	}
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	l := &Language{Tag: tag.String(), Dir: "ltr"}
	if script, _ := tag.Script(); strings.Contains("Arab Hebr Syrc Thaa Nkoo", script.String()) {
		l.Dir = "rtl"
	}
	return l, json.Unmarshal(b, &l.Text)
}

// Named returns the language whose tag this is, in letters of any case, or nil.
func (c *Catalogue) Named(tag string) *Language {
	for _, l := range c.All {
		if strings.EqualFold(l.Tag, tag) {
			return l
		}
	}
	return nil
}

// Match returns the language that serves a wish best, nil where none does. A
// wish is written like Accept-Language (RFC 9110 §12.5.4), a list of language
// ranges with weights: "pt, zh-HK;q=0.8". What is no language range in it is
// passed over, and only its first kilobyte is read.
func (c *Catalogue) Match(wish string) *Language {
	if len(wish) > maxWish {
		wish = wish[:strings.LastIndexByte(wish[:maxWish], ',')+1]
	}
	var ranges []string
	for part := range strings.SplitSeq(wish, ",") {
		if tags, _, err := language.ParseAcceptLanguage(part); err == nil && len(tags) == 1 {
			ranges = append(ranges, part)
		}
		if len(ranges) == maxRanges {
			break
		}
	}
	tags, _, err := language.ParseAcceptLanguage(strings.Join(ranges, ","))
	// The star and "und" stand for any language, and so for none.
	tags = slices.DeleteFunc(tags, func(t language.Tag) bool { return t == language.Und || t.String() == "mul" })
	if err != nil || len(tags) == 0 {
		return nil
	}
	_, i, confidence := c.matcher.Match(tags...)
	if confidence == language.No {
		return nil
	}
	// CLDR leads many a language to English for want of a nearer one. English
	// comes last anyhow, and another wish may be served better.
	if c.All[i].Tag == Source && !slices.ContainsFunc(tags, isSource) {
		return nil
	}
	return c.All[i]
}

func isSource(t language.Tag) bool {
	base, _ := t.Base()
	return base.String() == Source
}
