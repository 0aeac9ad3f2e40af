package console

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

//go:embed mailbox.html
var files embed.FS

var mailboxPage = template.Must(template.ParseFS(files, "mailbox.html"))

// shown bounds a page of the mailbox.
const shown = 100

// Mailbox shows the mail that was sent.
type Mailbox struct {
	DB         *store.DB
	Own        *url.URL // the server's own host
	Stylesheet string   // path of the pages' style sheet
	Log        *slog.Logger
}

// letter is one message as the page and the JSON show it.
type letter struct {
	ID        string    `json:"id"`
	To        string    `json:"to"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html,omitempty"`
	Code      string    `json:"code,omitempty"`
	Link      string    `json:"link,omitempty"`
	Pool      string    `json:"userPoolId"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"createdAt"`
}

// Handler answers GET /mailbox, a page, and GET /mailbox.json; ?to=ADDRESS
// picks the mail to one address, newest first.
func (b *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mailbox", b.page)
	mux.HandleFunc("GET /mailbox.json", b.json)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		// A name that somebody else's DNS points at this machine reaches the
		// listener too: only our own names may read the mail.
		if !pool.IsOurName(b.Own.Hostname(), r.Host) {
			http.Error(w, "the mailbox answers on "+b.Own.String()+" only", http.StatusMisdirectedRequest)
			return
		}
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			http.Error(w, "not for other sites", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (b *Mailbox) json(w http.ResponseWriter, r *http.Request) {
	letters, err := b.letters(r)
	if err != nil {
		b.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(letters)
}

func (b *Mailbox) page(w http.ResponseWriter, r *http.Request) {
	letters, err := b.letters(r)
	var out bytes.Buffer
	if err == nil {
		err = mailboxPage.Execute(&out, map[string]any{"Letters": letters, "To": r.URL.Query().Get("to"), "Stylesheet": b.Stylesheet})
	}
	if err != nil {
		b.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(out.Bytes())
}

func (b *Mailbox) fail(w http.ResponseWriter, err error) {
	b.Log.Error("the mailbox cannot be read", "error", err)
	http.Error(w, "the mailbox cannot be read", http.StatusInternalServerError)
}

func (b *Mailbox) letters(r *http.Request) ([]letter, error) {
	to := r.URL.Query().Get("to")
	if pool.CheckAttributeValue("to", to) != nil {
		return []letter{}, nil
	}
	mails, err := b.DB.Mails.Newest(r.Context(), to, shown)
	if err != nil {
		return nil, err
	}
	links, err := b.links(r.Context(), mails)
	out := make([]letter, 0, len(mails))
	for _, m := range mails {
		out = append(out, letter{
			ID: m.ID, To: m.To, Subject: m.Subject.Reveal(), Text: m.Text.Reveal(), HTML: m.HTML.Reveal(), Code: m.Code.Reveal(),
			Link: links[m.UserPoolID].FindString(m.Text.Reveal()), Pool: m.UserPoolID, State: string(m.State), CreatedAt: time.UnixMilli(m.CreatedAt).UTC(),
		})
	}
	return out, err
}

// links finds, for each pool that wrote one of the mails, what a link looks like
// that leads back to this server: to its own host or to a domain of the pool.
func (b *Mailbox) links(ctx context.Context, mails []pool.Mail) (map[string]*regexp.Regexp, error) {
	out := map[string]*regexp.Regexp{}
	for _, m := range mails {
		if out[m.UserPoolID] != nil {
			continue
		}
		domains, err := b.DB.DomainsOf(ctx, m.UserPoolID)
		if err != nil {
			return nil, err
		}
		bases := []string{regexp.QuoteMeta(b.Own.String())}
		for _, d := range domains {
			bases = append(bases, regexp.QuoteMeta(d.Base(b.Own)))
		}
		out[m.UserPoolID] = regexp.MustCompile(`(?:` + strings.Join(bases, "|") + `)/confirmUser\?[^\s<>"]+`)
	}
	return out, nil
}
