package web

import (
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/hex"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

//go:embed assets/pool.css
var styleSource string

// styleSheet is the style sheet as it is served: without comments and the white
// space that is for its readers.
var styleSheet = squeeze(styleSource)

func squeeze(css string) []byte {
	css = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(css, "")
	css = regexp.MustCompile(`\s+`).ReplaceAllString(css, " ")
	return []byte(regexp.MustCompile(` ?([{};,]) ?|(:) `).ReplaceAllString(strings.TrimSpace(css), "$1$2"))
}

// StylePath is where the one style sheet is served, on every host. Its name
// holds its hash, so browsers may keep it for good. The operators' pages use it
// too.
func StylePath() string {
	sum := sha256.Sum256(styleSheet)
	return "/assets/pool-" + hex.EncodeToString(sum[:6]) + ".css"
}

// serveStyle answers with the style sheet.
func (l *look) serveStyle(w http.ResponseWriter, _ *http.Request) {
	serveForGood(w, "text/css; charset=utf-8", styleSheet)
}

// serveForGood answers with what never changes under its name.
func serveForGood(w http.ResponseWriter, kind string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Del("Pragma")
	h.Del("Expires")
	w.Write(content)
}

// getBranding serves an app client's own style sheet or logo, under the name that
// its content has now.
func (s *Web) getBranding(v *visit) error {
	ctx, poolID, clientID := v.r.Context(), v.r.PathValue("pool"), v.r.PathValue("client")
	if !pool.ValidPoolID(poolID) || !cleanText(clientID) || v.domain.UserPoolID != "" && v.domain.UserPoolID != poolID {
		return &refusal{http.StatusNotFound, "not_found"}
	}
	c, err := s.DB.Brandings.Get(ctx, poolID, clientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	switch v.r.URL.Path {
	case c.StylePath():
		serveForGood(v.w, "text/css; charset=utf-8", []byte(c.Style))
		return nil
	case c.LogoPath():
		logo, err := s.DB.Logos.Get(ctx, poolID, clientID)
		if err == nil {
			serveForGood(v.w, logo.Type, logo.Data)
		}
		return err
	}
	return &refusal{http.StatusNotFound, "not_found"}
}
