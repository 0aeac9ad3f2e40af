package cloudformation

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of a template. AWS takes 1 MB from S3 and fewer levels; evaluating
// may not make more than maxSpent bytes and values of it.
const (
	maxSize   = 1 << 20
	maxDepth  = 64
	maxValues = 100_000
	maxName   = 256
	maxSpent  = 8 << 20
)

// kind says what a value is.
type kind int

const (
	text kind = iota
	number
	truth
	list
	object
	nothing // AWS::NoValue
)

// node is one value of a template, or what a function made of one.
type node struct {
	kind  kind
	text  string   // of a text, number or truth, as it is written
	names []string // of an object, beside items
	items []*node
	line  int
}

func (n *node) scalar() bool { return n.kind == text || n.kind == number || n.kind == truth }

// empty says whether the value asks for nothing.
func (n *node) empty() bool { return n.scalar() && n.text == "" || !n.scalar() && len(n.items) == 0 }

// get returns a member of an object, or nil.
func (n *node) get(name string) *node {
	if n == nil || n.kind != object {
		return nil
	}
	if i := slices.Index(n.names, name); i >= 0 {
		return n.items[i]
	}
	return nil
}

// place is where a value stands in the template.
type place struct {
	up   *place
	name string
	line int
}

func (p *place) down(name string, n *node) *place { return &place{p, name, n.line} }

// path is "Resources.Pool.Properties.Policies"; items of lists are numbered
// from 0.
func (p *place) path() string {
	var names []string
	for ; p != nil && p.up != nil; p = p.up {
		names = append(names, p.name)
	}
	slices.Reverse(names)
	return strings.Join(names, ".")
}

// Problem says what of a template cannot be had, and where it stands.
type Problem struct {
	Line   int    // 0 where it is no line's
	Path   string // "" for the template itself
	Reason string
}

// Error gives the line, the path and the reason.
func (p Problem) Error() string {
	out := p.Reason
	if p.Path != "" {
		out = p.Path + ": " + out
	}
	if p.Line > 0 {
		out = fmt.Sprintf("line %d, %s", p.Line, out)
	}
	return out
}

// Problems are all that is wrong with a template, in the order of their lines.
type Problems []Problem

// Error gives one line for each.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns each of them.
func (p Problems) Unwrap() []error {
	out := make([]error, len(p))
	for i, one := range p {
		out[i] = one
	}
	return out
}

// read turns the text of a template into a tree. A text that begins with a brace
// is JSON, any other YAML.
func read(template []byte) (*node, error) {
	switch {
	case len(template) > maxSize:
		return nil, Problems{{Reason: fmt.Sprintf("the template has more than %d bytes", maxSize)}}
	case !utf8.Valid(template):
		return nil, Problems{{Reason: "the template is not UTF-8"}}
	}
	r := &reader{}
	if isJSON(template) {
		return r.json(template)
	}
	return r.yaml(template)
}

func isJSON(template []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(template, " \t\r\n"), []byte("{"))
}

// reader counts what it reads.
type reader struct{ values int }

// more counts one value at a depth.
func (r *reader) more(line, depth int) error {
	r.values++
	switch {
	case depth > maxDepth:
		return Problems{{Line: line, Reason: fmt.Sprintf("more than %d levels", maxDepth)}}
	case r.values > maxValues:
		return Problems{{Line: line, Reason: fmt.Sprintf("more than %d values", maxValues)}}
	}
	return nil
}

// add puts a member into an object.
func (n *node) add(name string, line int, item *node) error {
	switch {
	case len(name) > maxName:
		return Problems{{Line: line, Reason: fmt.Sprintf("a name has more than %d bytes", maxName)}}
	case strings.ContainsRune(name, 0):
		return Problems{{Line: line, Reason: "a name with a NUL"}}
	}
	n.names, n.items = append(n.names, name), append(n.items, item)
	return nil
}

// twice is the refusal of a name that an object has already.
func twice(line int, name string) error {
	return Problems{{Line: line, Reason: fmt.Sprintf("%q is there twice", name)}}
}

// scalarOf is a value that is written as one word.
func scalarOf(k kind, written string, line int) (*node, error) {
	if strings.ContainsRune(written, 0) {
		return nil, Problems{{Line: line, Reason: "a value with a NUL"}}
	}
	return &node{kind: k, text: written, line: line}, nil
}
