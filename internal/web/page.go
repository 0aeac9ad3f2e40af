package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/totp"
)

//go:embed templates/*.html
var templateFiles embed.FS

// page is all that a template may show. One type serves every page, so that a
// field shown on two of them means the same on both.
type page struct {
	*locale.Language
	Name      string // of the template, and the first part of its catalogue keys
	Title     string
	Heading   string
	CSS       string
	Style     string // the client's own style sheet, "" without one
	Logo      string // the client's own logo
	Languages []languageLink

	App     string // the client's name
	Back    string // the app's origin, "" if it is not a web app or not known
	Query   template.URL
	CSRF    string
	Notice  string
	Problem string            // what is wrong with the form as a whole
	Wrong   map[string]string // what is wrong with one field, by its name

	EmailIsUsername, PhoneIsUsername, SelfSignUp, Recovers, ByLink bool

	Username string
	Asked    []string          // the attributes that the page asks for
	Given    map[string]string // what was typed into their fields
	Delivery pool.Delivery
	Earlier  bool // the mail went out on another visit
	Rules    []string

	Factor pool.Factor   // the second factor whose code is asked for, "" to ask which
	Others []pool.Factor // those that would do as well
	Device string        // what the person calls their authenticator app
	Seed   string        // of one that is to be set up, in groups
	QR     totp.Picture

	Sentence   string // of the pages "message" and "error"
	Button     *button
	Code       string
	RequestID  string
	Registered []string
}

// button is the one way on from a page without a form.
type button struct {
	Text string
	Href template.URL
}

type languageLink struct {
	Tag, Name string
	Href      template.URL
	Current   bool
}

// Lang is the page's language, for <html lang>.
func (p *page) Lang() string { return p.Tag }

// ByName returns the key's twin for pools where an e-mail address, a phone
// number or either is the username, if this is one and the catalogue has it.
func (p *page) ByName(key string) string {
	twin := key
	switch {
	case p.EmailIsUsername && p.PhoneIsUsername:
		twin += ".either"
	case p.EmailIsUsername:
		twin += ".email"
	case p.PhoneIsUsername:
		twin += ".phone"
	}
	if p.Has(twin) {
		return twin
	}
	return key
}

// Sent says where the code or link went.
func (p *page) Sent() string {
	key := "sent"
	switch {
	case p.Delivery.Destination == "":
		key = "somewhere"
	case p.Earlier:
		key = "earlier"
	case p.Delivery.OnItsWay:
		key = "on_its_way"
	}
	if p.ByLink {
		key = "link_" + key
	}
	return p.T(p.Name+"."+key, "address", p.Delivery.Destination)
}

// SecondLead says what the page of a second factor waits for.
func (p *page) SecondLead() string {
	switch {
	case p.Factor == "":
		return p.T("second.choose", "app", p.App)
	case p.Factor == pool.FactorEmail:
		return p.T("second.email", "address", p.Delivery.Destination)
	case p.Device != "":
		return p.T("second.device", "device", p.Device)
	}
	return p.T("second.token")
}

// FactorName is what people call a second factor.
func (p *page) FactorName(f pool.Factor) string { return p.T("factor." + string(f)) }

// QRSide is the length of a QR code's side with the quiet zone around it, in
// modules (ISO 18004: four on each side).
func (p *page) QRSide() int { return p.QR.Size + 8 }

// ResendKey is the catalogue key of the button that sends another mail.
func (p *page) ResendKey() string {
	if p.ByLink {
		return "code.resend_link"
	}
	return "code.resend"
}

// input is one form field as the template draws it.
type input struct {
	ID         string
	Wrong      string
	Attributes template.HTMLAttr
}

// Input describes the field: its id, what is wrong with it, and the attributes
// that tell assistive technology about both. described are ids of hints.
func (p *page) Input(field, id string, described ...string) input {
	in := input{ID: id, Wrong: p.Wrong[field]}
	var attributes []string
	if in.Wrong != "" {
		attributes = append(attributes, `aria-invalid="true"`)
		described = append([]string{id + "-wrong"}, described...)
	}
	if len(described) > 0 {
		attributes = append(attributes, `aria-describedby="`+strings.Join(described, " ")+`"`)
	}
	if field == p.focus() {
		attributes = append(attributes, "autofocus")
	}
	in.Attributes = template.HTMLAttr(strings.Join(attributes, " "))
	return in
}

// focus is the field where the person goes on: the first at fault, else the
// first that is still empty.
func (p *page) focus() string {
	fields := append([]string{"username"}, p.Asked...)
	if p.Name == "change" { // there the password stands above what is asked
		fields = append([]string{"password"}, p.Asked...)
	}
	fields = append(fields, "code", "password")
	for _, field := range fields {
		if p.Wrong[field] != "" {
			return field
		}
	}
	switch {
	case p.Name == "confirm" || p.Name == "reset" || p.Name == "second" || p.Name == "setup":
		return "code"
	case p.Name == "change":
		return "password"
	case p.Username == "" || p.Name == "forgot": // its one field
		return "username"
	}
	for _, name := range p.Asked {
		if p.Given[name] == "" {
			return name
		}
	}
	return "password"
}

// shows says whether the page has the field, so that a refusal can stand
// beside it.
func (p *page) shows(field string) bool {
	switch p.Name {
	case "login":
		return field == "username" || field == "password"
	case "signup":
		return field == "username" || field == "password" || slices.Contains(p.Asked, field)
	case "confirm":
		return field == "code" && !p.ByLink
	case "second":
		return field == "code" && p.Factor != ""
	case "setup":
		return field == "code"
	case "forgot":
		return field == "username"
	case "change":
		return field == "password" || slices.Contains(p.Asked, field)
	case "reset":
		return field == "code" || field == "password"
	}
	return false
}

// refuse places a refusal on the page, beside its field if the page has it; one
// that is about several fields, beside each.
func (p *page) refuse(e *pool.Error, policy pool.PasswordPolicy) {
	fields := strings.Fields(strings.ReplaceAll(e.Args["names"], " and ", " "))
	if len(fields) == 0 {
		fields = []string{e.Field}
	}
	for _, field := range fields {
		about := *e
		about.Field = field
		sentence := p.sentence(&about, policy)
		if isContact(field) && !p.shows(field) && p.ByName("field.username") != "field.username" {
			field = "username"
		}
		if !p.shows(field) {
			p.Problem = sentence
			continue
		}
		if p.Wrong == nil {
			p.Wrong = map[string]string{}
		}
		p.Wrong[field] = sentence
	}
}

func isContact(field string) bool { return field == "email" || field == "phone_number" }

// sentence finds the words for a refusal: for this field, then for this cause,
// then for any.
func (p *page) sentence(e *pool.Error, policy pool.PasswordPolicy) string {
	pairs := []string{}
	for name, value := range e.Args {
		pairs = append(pairs, name, value)
	}
	if e.Kind == pool.InvalidPassword && e.Reason == "length" {
		pairs = append(pairs, "count", strconv.Itoa(policy.Rules()[0].Count))
	}
	for _, key := range []string{"error." + e.Key() + "." + e.Field, "error." + e.Key()} {
		if e.Field == "" || e.Field == "username" { // elsewhere an ending is a field's name
			key = p.ByName(key)
		}
		if p.Has(key) {
			return p.T(key, pairs...)
		}
	}
	return p.T("error.other")
}

func (p *page) listRules(policy pool.PasswordPolicy) {
	for _, rule := range policy.Rules() {
		p.Rules = append(p.Rules, p.T("rule."+rule.Reason, "count", strconv.Itoa(rule.Count)))
	}
}

// look draws pages: the parsed templates and the one style sheet.
type look struct {
	templates map[string]*template.Template
	cssPath   string
	locales   *locale.Catalogue
}

func newLook() (*look, error) {
	l := &look{templates: map[string]*template.Template{}, cssPath: StylePath()}
	for _, name := range []string{"login", "signup", "confirm", "forgot", "reset", "change", "second", "setup", "link", "message", "error"} {
		t, err := template.ParseFS(templateFiles, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		l.templates[name] = t
	}
	var err error
	l.locales, err = loadLocales()
	return l, err
}

// draw renders p whole before a byte is sent, so that a fault in a template
// cannot leave half a page behind.
func (l *look) draw(p *page) ([]byte, error) {
	p.CSS = l.cssPath
	if p.Heading == "" {
		key := p.Name
		if key == "error" {
			key = "error_page"
		}
		p.Heading = p.T(key + ".title")
	}
	p.Title = p.Heading
	if p.App != "" {
		p.Title += " · " + p.App
	}
	if p.Problem != "" || len(p.Wrong) > 0 {
		p.Title = p.T("layout.error_title", "title", p.Title)
	}
	var out bytes.Buffer
	if err := l.templates[p.Name].ExecuteTemplate(&out, "layout", p); err != nil {
		return nil, fmt.Errorf("drawing page %s: %w", p.Name, err)
	}
	return out.Bytes(), nil
}

// languageLinks lists the languages at the foot of the page, once there is a
// choice. here is the page's path and query.
func (l *look) languageLinks(current *locale.Language, here func(lang string) string) []languageLink {
	if len(l.locales.All) < 2 {
		return nil
	}
	var out []languageLink
	for _, t := range l.locales.All {
		out = append(out, languageLink{Tag: t.Tag, Name: t.T("layout.language"), Href: template.URL(here(t.Tag)), Current: t == current})
	}
	return out
}
