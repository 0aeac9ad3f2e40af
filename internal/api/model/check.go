package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Check holds what Read returned against the model's constraints and words all
// that is wrong, in the model's order, as Cognito's InvalidParameterException
// does; it returns "" if nothing is. Values of sensitive shapes are never in the
// text. However much is wrong, and however long, the text stays short.
func (s *Shape) Check(o Object) string {
	var c checker
	c.structure(s, "", o)
	if len(c.clauses) == 0 {
		return ""
	}
	plural := "s"
	if len(c.clauses) == 1 {
		plural = ""
	}
	return fmt.Sprintf("%d validation error%s detected: %s", len(c.clauses), plural, strings.Join(c.clauses, "; "))
}

const notNull = "Member must not be null"

// Bounds on what a refusal says: how many clauses it has, and how many bytes of a
// value it quotes.
const (
	maxClauses = 10
	maxQuoted  = 256
)

// maxMatched is how many bytes of a text that is too long anyway are held against
// a pattern.
const maxMatched = 8 << 10

type checker struct{ clauses []string }

func (c *checker) full() bool { return len(c.clauses) >= maxClauses }

// fail notes one clause about the value of a member.
func (c *checker) fail(s *Shape, path string, v any, constraint string) {
	if c.full() {
		return
	}
	subject := "Value"
	if text, ok := printable(s, v); ok {
		subject += " " + text
	}
	c.clauses = append(c.clauses, fmt.Sprintf("%s at '%s' failed to satisfy constraint: %s", subject, path, constraint))
}

func (c *checker) structure(s *Shape, path string, o Object) {
	for _, m := range s.Members {
		at := path + lowerFirst(m.Name)
		if v := o[m.Name]; v != nil {
			c.value(m.Shape, at, v)
		} else if m.Required {
			c.fail(m.Shape, at, nil, notNull)
		}
	}
}

func (c *checker) value(s *Shape, path string, v any) {
	if s.Document || c.full() {
		return
	}
	for _, broken := range broken(s, v) {
		c.fail(s, path, v, broken)
	}
	switch v := v.(type) {
	case Object:
		c.structure(s, path+".", v)
	case []any:
		c.list(s, path, v)
	case map[string]any:
		c.entries(s, path, v)
	}
}

// list checks structures one by one, each under its number; of plain values
// one clause says what all of them must satisfy.
func (c *checker) list(s *Shape, path string, list []any) {
	if s.Element.Type == Structure {
		for i, v := range list {
			at := fmt.Sprintf("%s.%d.member", path, i+1)
			if v == nil {
				c.fail(s.Element, at, nil, notNull)
			} else {
				c.value(s.Element, at, v)
			}
		}
		return
	}
	if rules := unmet(s.Element, list); rules != "" {
		c.fail(s, path, list, "Member must satisfy constraint: "+rules)
	}
}

func (c *checker) entries(s *Shape, path string, m map[string]any) {
	keys := slices.Sorted(maps.Keys(m))
	names, values := make([]any, len(keys)), make([]any, len(keys))
	for i, key := range keys {
		names[i], values[i] = key, m[key]
	}
	if rules := unmet(s.Key, names); rules != "" {
		c.fail(s, path, m, "Map keys must satisfy constraint: "+rules)
	}
	if s.Element.Type == Structure {
		for i, key := range keys {
			if values[i] != nil {
				c.value(s.Element, path+"."+cut(key)+".member", values[i])
			}
		}
	}
	if rules := unmet(s.Element, values); rules != "" {
		c.fail(s, path, m, "Map value must satisfy constraint: "+rules)
	}
}

// unmet returns all the rules of a shape, if one of the values breaks one.
func unmet(s *Shape, values []any) string {
	bad, null := false, false
	for _, v := range values {
		null = null || v == nil
		bad = bad || v != nil && len(broken(s, v)) > 0
	}
	if !bad && !null {
		return ""
	}
	all := rules(s)
	if null {
		all = append(all, notNull)
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// broken returns the constraints of the shape itself that v breaks: a pattern
// stands before lengths, as Cognito has it.
func broken(s *Shape, v any) []string {
	var out []string
	text, isText := v.(string)
	if isText && s.Enum != nil && !slices.Contains(s.Enum, text) {
		out = append(out, s.enumRule())
	}
	size := sizeOf(v)
	long := s.Max != nil && size > *s.Max
	if isText && !(long && len(text) > maxMatched) && !s.Matches(text) {
		out = append(out, s.patternRule())
	}
	if s.Min != nil && size < *s.Min {
		out = append(out, s.minRule())
	}
	if long {
		out = append(out, s.maxRule())
	}
	return out
}

// rules returns all constraints of a shape, in the order in which AWS lists
// them for the entries of lists and maps.
func rules(s *Shape) []string {
	var out []string
	if s.Max != nil {
		out = append(out, s.maxRule())
	}
	if s.Min != nil {
		out = append(out, s.minRule())
	}
	if s.Pattern != "" {
		out = append(out, s.patternRule())
	}
	if s.Enum != nil {
		out = append(out, s.enumRule())
	}
	return out
}

func (s *Shape) enumRule() string {
	return "Member must satisfy enum value set: [" + strings.Join(s.Enum, ", ") + "]"
}

func (s *Shape) patternRule() string {
	return "Member must satisfy regular expression pattern: " + s.Pattern
}

func (s *Shape) minRule() string {
	return fmt.Sprintf("Member must have %s greater than or equal to %d", s.measure(), *s.Min)
}

func (s *Shape) maxRule() string {
	return fmt.Sprintf("Member must have %s less than or equal to %d", s.measure(), *s.Max)
}

func (s *Shape) measure() string {
	if s.Type == Integer || s.Type == Long {
		return "value"
	}
	return "length"
}

// sizeOf is what Min and Max speak of.
func sizeOf(v any) int64 {
	switch v := v.(type) {
	case string:
		return int64(utf8.RuneCountInString(v))
	case []byte:
		return int64(len(v))
	case []any:
		return int64(len(v))
	case map[string]any:
		return int64(len(v))
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return 0 // a time; those have no bounds
		}
		return n
	}
	return 0
}

// printable writes a value as Cognito quotes it: 'x', '[a, b]', '{k=v}', null.
// Sensitive values, structures and blobs are not shown.
func printable(s *Shape, v any) (string, bool) {
	if v == nil && !s.Sensitive {
		return "null", true
	}
	if s.hidden() {
		return "", false
	}
	return "'" + cut(plain(v)) + "'", true
}

// cut leaves of a long value its beginning.
func cut(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuoted], "") + "..."
}

// hidden says whether values of the shape, or anything in them, must not or
// cannot be shown.
func (s *Shape) hidden() bool {
	switch {
	case s.Sensitive, s.Type == Blob, s.Type == Structure && len(s.Members) > 0:
		return true
	case s.Element != nil:
		return s.Element.hidden() || s.Key != nil && s.Key.hidden()
	}
	return false
}

func plain(v any) string {
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			parts = append(parts, plain(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+"="+plain(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case nil:
		return "null"
	}
	return fmt.Sprint(v)
}

// lowerFirst turns a member's name into its path: UserPoolId into userPoolId.
func lowerFirst(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
