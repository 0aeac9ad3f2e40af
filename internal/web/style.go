package web

import (
	"crypto/sha256"
	_ "embed" // the style sheet
	"encoding/hex"
	"net/http"
)

//go:embed assets/pool.css
var styleSheet []byte

// StylePath is where the one style sheet is served, on every host. Its name
// holds its hash, so browsers may keep it for good. The operators' pages use it
// too.
func StylePath() string {
	sum := sha256.Sum256(styleSheet)
	return "/assets/pool-" + hex.EncodeToString(sum[:6]) + ".css"
}

// serveStyle answers with the style sheet.
func (l *look) serveStyle(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Del("Pragma")
	h.Del("Expires")
	w.Write(styleSheet)
}
