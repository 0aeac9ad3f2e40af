package message

import (
	"embed"
	"sync"

	"github.com/poolhouse/poolhouse/internal/locale"
)

// The texts of a pool that has none of its own. The English ones are Cognito's
// (VerificationMessageTemplateType).
//
//go:embed locale/*.json
var localeFiles embed.FS

var catalogue = sync.OnceValues(func() (*locale.Catalogue, error) { return locale.Load(localeFiles, "locale") })

// Language is the tag of the language that the first of the wishes with one
// leads to, "" for none. A wish is a BCP 47 tag, as in the attribute locale.
func Language(wishes ...string) string {
	c, err := catalogue()
	if err != nil {
		return "" // Compose tells
	}
	for _, wish := range wishes {
		if l := c.Match(wish); l != nil {
			return l.Tag
		}
	}
	return ""
}

func words(tag string) (*locale.Language, error) {
	c, err := catalogue()
	if err != nil {
		return nil, err
	}
	if l := c.Named(tag); l != nil {
		return l, nil
	}
	return c.All[0], nil
}
