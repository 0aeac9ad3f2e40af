package webapp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets/app.css
var styleFile []byte

//go:embed assets/mark.svg
var iconFile []byte

// pages are the templates and the one style sheet, whose address changes with
// its content so that browsers may keep it for ever.
type pages struct {
	templates map[string]*template.Template
	stylePath string
}

func loadPages() (*pages, error) {
	sum := sha256.Sum256(styleFile)
	p := &pages{templates: map[string]*template.Template{}, stylePath: "/app." + hex.EncodeToString(sum[:6]) + ".css"}
	funcs := template.FuncMap{
		"style":   func() string { return p.stylePath },
		"instant": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"moment":  func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 MST") },
	}
	for _, name := range []string{"front", "profile", "notice"} {
		t, err := template.New("layout.html").Funcs(funcs).ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html")
		if err != nil {
			return nil, err
		}
		p.templates[name] = t
	}
	return p, nil
}

// view is a page about to be shown.
type view struct {
	status int
	name   string
	data   any
}

// show writes nothing before the whole page is made.
func (a *app) show(w http.ResponseWriter, r *http.Request, v view) {
	var page bytes.Buffer
	if err := a.pages.templates[v.name].Execute(&page, v.data); err != nil {
		a.broken(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept, Cookie")
	w.WriteHeader(v.status)
	// Nobody to tell when the browser has gone away.
	_, _ = page.WriteTo(w)
}

func (p *pages) style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(styleFile))
}

func (p *pages) icon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("Content-Type", "image/svg+xml")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(iconFile))
}
