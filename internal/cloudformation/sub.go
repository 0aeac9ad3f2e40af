package cloudformation

import (
	"fmt"
	"strings"
)

// sub is Fn::Sub: a text, or a text and values of its own for it. What is put
// in is not looked at again.
func (e *evaluator) sub(n *node, at *place) *node {
	pattern, own := n, (*node)(nil)
	if n.kind == list {
		if !e.count(n, at, 2, 2) {
			return nil
		}
		pattern, own = n.items[0], n.items[1]
		if own.kind != object {
			return e.fail(at, "must be a text and an object with values for it")
		}
	}
	if pattern.kind != text {
		return e.fail(at, "must be a text")
	}
	values := map[string]string{}
	for i, name := range own.namesOf() {
		v := e.text(own.items[i], at.down(name, own.items[i]))
		if v == nil {
			return nil
		}
		values[name] = v.text
	}
	return e.fill(pattern.text, values, at)
}

// fill puts values into a pattern, from left to right, once.
func (e *evaluator) fill(pattern string, values map[string]string, at *place) *node {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "${")
		if !e.spend(len(before), at) {
			return nil
		}
		out.WriteString(before)
		if !found {
			return e.make(out.String(), at)
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return e.fail(at, "${ without }")
		}
		pattern = after
		if literal, is := strings.CutPrefix(name, "!"); is {
			out.WriteString("${" + literal + "}")
			continue
		}
		v, ok := values[name]
		if !ok {
			filled := e.named(name, at)
			if filled == nil {
				return nil
			}
			v = filled.text
		}
		if !e.spend(len(v), at) {
			return nil
		}
		out.WriteString(v)
	}
}

// named is what ${name} or ${name.attribute} stands for.
func (e *evaluator) named(name string, at *place) *node {
	name = strings.TrimSpace(name)
	var v *node
	if resource, attribute, dotted := strings.Cut(name, "."); dotted {
		v = e.attribute(resource, attribute, at)
	} else {
		v = e.ref(name, at)
	}
	if v != nil && !v.scalar() {
		return e.fail(at, fmt.Sprintf("${%s} is no text", name))
	}
	return v
}
