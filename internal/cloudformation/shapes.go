package cloudformation

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// shape is the form that a property's value has in the document. CloudFormation
// takes a number or a truth in quotes for the same without.
type shape struct {
	form    form
	of      *shape   // of an item of a list
	members []member // of an object
}

type form int

const (
	words  form = iota // text
	whole              // a whole number
	yesNo              // true or false
	listOf             // a list
	record             // an object with the members that are listed
	free               // an object with any members, all of them text
)

// member is one property: its name in the template and, where it differs, in the
// document.
type member struct {
	name, as string
	shape
	required bool
	later    bool // the document has no such member yet: without a value it is left out
}

func (m member) documentName() string {
	if m.as != "" {
		return m.as
	}
	return m.name
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]{1,15}$`)

// convert brings an evaluated value into a shape. doc is where it goes in the
// document.
func (c *compiler) convert(n *node, s shape, at *place, doc string) (out any, ok bool) {
	c.places[doc] = at
	if s.form <= yesNo && !n.scalar() {
		c.fail(at, "must be one value, not a list or an object")
		return nil, false
	}
	if (s.form == record || s.form == free) && n.kind != object {
		c.fail(at, "must be an object")
		return nil, false
	}
	switch s.form {
	case whole:
		if !wholeNumber.MatchString(n.text) {
			c.fail(at, "must be a whole number")
			return nil, false
		}
		v, err := strconv.ParseInt(n.text, 10, 64)
		return v, err == nil
	case yesNo:
		return c.yesNo(n, at)
	case listOf:
		return c.list(n, *s.of, at, doc)
	case record:
		return c.record(n, s.members, at, doc)
	case free:
		return c.free(n, at, doc)
	}
	return n.text, true
}

func (c *compiler) yesNo(n *node, at *place) (any, bool) {
	switch n.text {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	c.fail(at, "must be true or false")
	return nil, false
}

// list takes one value for a list of one, as CloudFormation does.
func (c *compiler) list(n *node, of shape, at *place, doc string) (any, bool) {
	if n.kind != list {
		n = &node{kind: list, items: []*node{n}, line: n.line}
	}
	out, ok := make([]any, 0, len(n.items)), true
	for i, item := range n.items {
		name := strconv.Itoa(i)
		v, fine := c.convert(item, of, &place{at, name, item.line}, doc+"."+name)
		if ok = ok && fine; !fine && of.form != record {
			v = nil
		}
		out = append(out, v)
	}
	return out, ok
}

// record converts the members of an object, and says which are not known and
// which are missing. One that came to nothing has been said.
func (c *compiler) record(n *node, members []member, at *place, doc string) (map[string]any, bool) {
	out, ok := map[string]any{}, true
	for i, name := range n.names {
		item := n.items[i]
		here := &place{at, name, item.line}
		known := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if known < 0 {
			c.fail(here, "there is no such property")
			ok = false
			continue
		}
		m := members[known]
		if item.kind == nothing || m.later && item.empty() {
			continue
		}
		v, fine := c.convert(item, m.shape, here, doc+"."+m.documentName())
		if ok = ok && fine; fine || m.form == record {
			out[m.documentName()] = v // what is right of it, for the reader of the document to look at
		}
	}
	for _, m := range members {
		if m.required && n.get(m.name) == nil {
			c.fail(at, fmt.Sprintf("the property %s is missing", m.name))
			ok = false
		}
	}
	return out, ok
}

func (c *compiler) free(n *node, at *place, doc string) (any, bool) {
	out, ok := map[string]any{}, true
	for i, name := range n.names {
		v, fine := c.convert(n.items[i], shape{}, &place{at, name, n.items[i].line}, doc+"."+name)
		out[name], ok = v, ok && fine
	}
	return out, ok
}
