package brandcss

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// Error says what stands in a sheet that may not, and where.
type Error struct {
	Line int // from 1
	Text string
}

// Error names the line.
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Clean reads a sheet and returns it written anew, one rule a line. A sheet that
// holds anything but what the package describes is refused with an *Error.
// What it returns it would return again.
func Clean(sheet string) (string, error) {
	r := &reader{line: 1}
	if !utf8.ValidString(sheet) || strings.ContainsFunc(sheet, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune("\t\n\r\f", c) }) {
		return "", r.wrong("control characters, or bytes that are no text")
	}
	r.lexer = css.NewLexer(parse.NewInputString(strings.TrimPrefix(sheet, "\ufeff")))
	var out strings.Builder
	r.next()
	for r.skip(); r.kind != css.ErrorToken; r.skip() {
		rule, err := r.rule()
		if err != nil {
			return "", err
		}
		out.WriteString(rule)
	}
	return out.String(), nil
}

// reader walks through the tokens of a sheet; kind and text are those of the
// token that it stands on.
type reader struct {
	lexer *css.Lexer
	kind  css.TokenType
	text  string
	line  int
}

// next goes one token on. Comments are white space: nothing of them is kept.
func (r *reader) next() {
	r.line += strings.Count(r.text, "\n")
	kind, text := r.lexer.Next()
	r.kind, r.text = kind, string(text)
	if kind == css.CommentToken || kind == css.CDOToken || kind == css.CDCToken {
		r.kind = css.WhitespaceToken
	}
}

// skip goes on to the next token that is no white space.
func (r *reader) skip() {
	for r.kind == css.WhitespaceToken {
		r.next()
	}
}

func (r *reader) wrong(format string, args ...any) error {
	return &Error{Line: r.line, Text: fmt.Sprintf(format, args...)}
}

// unexpected refuses the token that the reader stands on.
func (r *reader) unexpected(want string) error {
	if r.kind == css.ErrorToken {
		return r.wrong("the sheet ends where %s should be", want)
	}
	return r.wrong("%s where %s should be", quoted(r.text), want)
}

// quoted shows a piece of the sheet, cut to a length that fits in a message.
func quoted(text string) string {
	if cut := []rune(text); len(cut) > 40 {
		text = string(cut[:40]) + "…"
	}
	return strconv.Quote(text)
}

func (r *reader) rule() (string, error) {
	var selectors []string
	for {
		selector, err := r.selector()
		if err != nil {
			return "", err
		}
		selectors = append(selectors, selector)
		if r.skip(); r.kind != css.CommaToken {
			break
		}
		r.next()
		r.skip()
	}
	if r.kind != css.LeftBraceToken {
		return "", r.unexpected("{")
	}
	r.next()
	var declarations []string
	for r.skip(); r.kind != css.RightBraceToken; r.skip() {
		if r.kind == css.SemicolonToken {
			r.next()
			continue
		}
		declaration, err := r.declaration()
		if err != nil {
			return "", err
		}
		declarations = append(declarations, declaration)
	}
	r.next()
	if len(declarations) == 0 {
		return "", nil
	}
	return strings.Join(selectors, ",") + "{" + strings.Join(declarations, ";") + "}\n", nil
}

func (r *reader) selector() (string, error) {
	if r.kind != css.DelimToken || r.text != "." {
		if r.kind == css.AtKeywordToken {
			return "", r.wrong("%s is not allowed", quoted(r.text))
		}
		return "", r.unexpected("a class that ends in " + suffix)
	}
	r.next()
	name, ends := strings.CutSuffix(r.text, suffix)
	if r.kind != css.IdentToken || !ends || !classes[name] {
		return "", r.wrong("the class %s is none that can be customised", quoted(r.text))
	}
	selector := "." + r.text
	r.next()
	if r.kind != css.ColonToken {
		return selector, nil
	}
	r.next()
	if state := strings.ToLower(r.text); r.kind == css.IdentToken && states[state] {
		r.next()
		return selector + ":" + state, nil
	}
	return "", r.wrong("the state %s is not allowed", quoted(r.text))
}

func (r *reader) declaration() (string, error) {
	property := strings.ToLower(r.text)
	if r.kind != css.IdentToken || !properties[property] {
		return "", r.wrong("the property %s is not allowed", quoted(r.text))
	}
	r.next()
	if r.skip(); r.kind != css.ColonToken {
		return "", r.unexpected(":")
	}
	r.next()
	value, err := r.value(property)
	if err == nil && value == "" {
		err = r.wrong("%s has no value", property)
	}
	if err == nil && property == "display" && !displays[strings.TrimSuffix(value, "!important")] {
		err = r.wrong("display may be block, inline or inline-block")
	}
	return property + ":" + value, err
}

// value reads up to the end of a declaration.
func (r *reader) value(property string) (string, error) {
	var out strings.Builder
	for {
		if r.skip(); r.kind == css.SemicolonToken || r.kind == css.RightBraceToken {
			return out.String(), nil
		}
		piece, tight, err := r.piece(property)
		if err != nil {
			return "", err
		}
		if !tight && out.Len() > 0 && !strings.HasSuffix(out.String(), ",") && !strings.HasSuffix(out.String(), "/") {
			out.WriteByte(' ')
		}
		out.WriteString(piece)
	}
}

// piece is one part of a value; tight says that no space belongs before it.
func (r *reader) piece(property string) (text string, tight bool, err error) {
	switch r.kind {
	case css.CommaToken:
		text, tight = ",", true
	case css.DelimToken:
		switch r.text {
		case "/":
			text, tight = "/", true
		case "!":
			return r.important()
		default:
			return "", false, r.wrong("%s is not allowed in a value", quoted(r.text))
		}
	case css.IdentToken:
		if text = r.text; !plainWord(text) || property == "cursor" && strings.EqualFold(text, "none") || property == "color" && strings.EqualFold(text, "transparent") {
			return "", false, r.wrong("the word %s is not allowed", quoted(r.text))
		}
	case css.HashToken:
		if text = strings.ToLower(r.text); !colour(text) {
			return "", false, r.wrong("%s is no colour", quoted(r.text))
		}
	case css.NumberToken, css.PercentageToken, css.DimensionToken:
		text, err = r.number(property)
	case css.StringToken:
		if text, err = r.family(property); err != nil {
			return "", false, err
		}
	case css.FunctionToken:
		text, err = r.function()
		return text, false, err
	default:
		return "", false, r.wrong("%s is not allowed in a value", quoted(r.text))
	}
	if err == nil {
		r.next()
	}
	return text, tight, err
}

func (r *reader) important() (string, bool, error) {
	r.next()
	if r.skip(); r.kind != css.IdentToken || !strings.EqualFold(r.text, "important") {
		return "", false, r.unexpected("important")
	}
	r.next()
	if r.skip(); r.kind != css.SemicolonToken && r.kind != css.RightBraceToken {
		return "", false, r.unexpected("the end of the declaration")
	}
	return "!important", true, nil
}

// plainWord says whether a word is written in letters, digits and hyphens alone,
// without escapes.
func plainWord(word string) bool {
	return strings.Trim(strings.ToLower(word), "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && !strings.HasPrefix(word, "--")
}

func colour(text string) bool {
	digits := strings.TrimPrefix(text, "#")
	return (len(digits) == 3 || len(digits) == 4 || len(digits) == 6 || len(digits) == 8) && strings.Trim(digits, "0123456789abcdef") == ""
}

// number reads a number with its unit, and writes it without exponents or
// needless digits.
func (r *reader) number(property string) (string, error) {
	text := strings.ToLower(r.text)
	end := len(strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz%"))
	least, most, known := bounds(property, text[end:])
	if !known {
		return "", r.wrong("the unit of %s is not allowed in %s", quoted(r.text), property)
	}
	value, err := strconv.ParseFloat(text[:end], 64)
	if err != nil || value < least || value > most {
		return "", r.wrong("%s is not from %v to %v, as %s must be", quoted(r.text), least, most, property)
	}
	return strconv.FormatFloat(value, 'f', -1, 32) + text[end:], nil
}

// family is the name of a font, in quotes: the one place for a text.
func (r *reader) family(property string) (string, error) {
	name := strings.Trim(r.text, `"'`)
	ok := property == "font-family" || property == "font"
	if !ok || len(r.text) != len(name)+2 || name == "" || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789 -") != "" {
		return "", r.wrong("the text %s is not allowed", quoted(r.text))
	}
	return `"` + name + `"`, nil
}

// function is a colour by its numbers.
func (r *reader) function() (string, error) {
	name := strings.ToLower(strings.TrimSuffix(r.text, "("))
	if !functions[name] {
		return "", r.wrong("%s) is not allowed", quoted(r.text))
	}
	r.next()
	var parts []string
	for r.skip(); r.kind != css.RightParenthesisToken; r.skip() {
		switch {
		case r.kind == css.NumberToken, r.kind == css.PercentageToken, r.kind == css.DimensionToken && strings.HasSuffix(strings.ToLower(r.text), "deg"):
			text := r.text
			if r.kind == css.DimensionToken {
				r.text = text[:len(text)-len("deg")]
			}
			number, err := r.number("color")
			if err != nil {
				return "", err
			}
			parts = append(parts, number)
		case r.kind == css.CommaToken, r.kind == css.DelimToken && r.text == "/": // both ways to write it
		default:
			return "", r.unexpected("a number")
		}
		r.next()
	}
	r.next()
	if len(parts) != 3 && len(parts) != 4 {
		return "", r.wrong("%s() takes three numbers or four", name)
	}
	if len(parts) == 4 && !strings.HasSuffix(name, "a") {
		name += "a"
	}
	return name + "(" + strings.Join(parts, ",") + ")", nil
}
