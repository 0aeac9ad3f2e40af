package message

import (
	"html"
	"regexp"
	"strings"
)

var (
	// placeholder finds all three in one pass, so that a username that looks like
	// a placeholder stays what it is. {####} comes first: it would also begin {##text##}.
	placeholder = regexp.MustCompile(`(?s)\{username\}|\{####\}|\{##.+?##\}`)
	linkMark    = regexp.MustCompile(`(?s)\{##[^#].*?##\}`)

	// anyTag wants the name of an element, so that `<ann@example.com>` is none.
	anyTag = regexp.MustCompile(`(?is)<!doctype\b|</?[a-z][a-z0-9]*(\s[^<>]*|/)?>`)

	unseen    = regexp.MustCompile(`(?is)<!--.*?-->|<!doctype[^>]*>|<style\b.*?</style\s*>|<script\b.*?</script\s*>|<head\b.*?</head\s*>`)
	anchor    = regexp.MustCompile(`(?is)<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a\s*>`)
	paragraph = regexp.MustCompile(`(?i)</(p|h[1-6]|table|ul|ol|blockquote)\s*>`)
	lineEnd   = regexp.MustCompile(`(?i)<br\s*/?>|</(div|tr|li)\s*>`)
	listItem  = regexp.MustCompile(`(?i)<li(\s[^<>]*)?>`)
	space     = regexp.MustCompile(`\s+`)
	emptyRows = regexp.MustCompile(`\n{3,}`)
)

// fillText fills the placeholders of plain text: {##text##} becomes "text: URL".
func fillText(text string, in Letter) string {
	return strings.TrimSpace(placeholder.ReplaceAllStringFunc(text, func(mark string) string {
		switch {
		case mark == "{username}":
			return in.Username
		case mark == "{####}":
			return in.Code.Reveal()
		case in.Link == "":
			return mark
		}
		return linkWords(mark) + ": " + in.Link.Reveal()
	}))
}

// fillHTML fills the placeholders of HTML: {##text##} becomes an anchor, whose
// text is the template's own HTML.
func fillHTML(markup string, in Letter) string {
	return strings.TrimSpace(placeholder.ReplaceAllStringFunc(markup, func(mark string) string {
		switch {
		case mark == "{username}":
			return html.EscapeString(in.Username)
		case mark == "{####}":
			return html.EscapeString(in.Code.Reveal())
		case in.Link == "":
			return mark
		}
		return `<a href="` + html.EscapeString(in.Link.Reveal()) + `">` + linkWords(mark) + `</a>`
	}))
}

func linkWords(mark string) string {
	return strings.TrimSuffix(strings.TrimPrefix(mark, "{##"), "##}")
}

// plainText renders the HTML of a template for those who read mail as text. It
// knows what mail templates use, blocks, breaks, lists and links, and drops the rest.
// It works on the template, before anything that people typed is filled in.
func plainText(markup string) string {
	text := unseen.ReplaceAllString(markup, "")
	text = space.ReplaceAllString(text, " ")
	text = anchor.ReplaceAllStringFunc(text, anchorText)
	text = paragraph.ReplaceAllString(text, "\n\n")
	text = lineEnd.ReplaceAllString(text, "\n")
	text = listItem.ReplaceAllString(text, "- ")
	text = anyTag.ReplaceAllString(text, "")
	text = strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " ")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(emptyRows.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}

// anchorText keeps the target of a link beside its words, unless they are the same.
func anchorText(link string) string {
	parts := anchor.FindStringSubmatch(link)
	target, words := parts[1]+parts[2], strings.TrimSpace(parts[3])
	if words == target || words == "" {
		return target
	}
	return words + " (" + target + ")"
}
