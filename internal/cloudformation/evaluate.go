package cloudformation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// part is the part of a template that is being evaluated: what may stand in it
// differs.
type part int

const (
	inResources part = iota
	inConditions
	inOutputs
)

// evaluator turns what a template says into plain values. Where that cannot be,
// the reason is kept and nil is returned: nil has been said.
type evaluator struct {
	stack    Stack
	template *node
	root     *place
	problems Problems
	notices  Problems

	values    map[string]*node   // of the parameters
	unset     map[string]string  // parameters that have none: why
	verdicts  map[string]verdict // of the conditions
	resources map[string]*resource
	spent     int
	within    part
	unmade    string // in an output: what it names that is not made here
}

// maxProblems bounds what is said of one template.
const maxProblems = 500

// fail keeps a reason.
func (e *evaluator) fail(at *place, reason string) *node {
	if len(e.problems) < maxProblems {
		e.problems = append(e.problems, Problem{at.line, at.path(), reason})
	}
	return nil
}

func (e *evaluator) notice(at *place, reason string) {
	if len(e.notices) < maxProblems {
		e.notices = append(e.notices, Problem{at.line, at.path(), reason})
	}
}

// sorted brings what was said into the order of the lines, each once.
func sorted(all Problems) Problems {
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(all)
}

// spend counts what evaluating makes: a short template can ask for a long text.
func (e *evaluator) spend(n int, at *place) bool {
	if e.spent > maxSpent {
		return false
	}
	if e.spent += n; e.spent > maxSpent {
		e.fail(at, "the template asks for more text than fits")
		return false
	}
	return true
}

// section returns a part of the template that is an object; nil is an empty one.
func (e *evaluator) section(name string) *node {
	n := e.template.get(name)
	if n == nil || n.kind != object {
		return nil
	}
	return n
}

func (n *node) namesOf() []string {
	if n == nil {
		return nil
	}
	return n.names
}

// only demands an object with no members but those that are known.
func (e *evaluator) only(n *node, at *place, known ...string) bool {
	if n.kind != object {
		e.fail(at, "must be an object")
		return false
	}
	ok := true
	for i, name := range n.names {
		if !slices.Contains(known, name) {
			e.fail(at.down(name, n.items[i]), "there is no such member")
			ok = false
		}
	}
	return ok
}

// count demands a list of so many items.
func (e *evaluator) count(n *node, at *place, least, most int) bool {
	if n.kind == list && len(n.items) >= least && len(n.items) <= most {
		return true
	}
	want := strconv.Itoa(least)
	if least != most {
		want = fmt.Sprintf("%d to %d", least, most)
	}
	e.fail(at, "must be a list of "+want)
	return false
}

// eval is the value with all functions in it done.
func (e *evaluator) eval(n *node, at *place) *node {
	if !e.spend(1+len(n.text), at) {
		return nil
	}
	switch n.kind {
	case list:
		return e.all(n, at, strconv.Itoa)
	case object:
		if name, is := function(n); is {
			return e.call(name, n.items[0], at.down(name, n.items[0]))
		}
		for i, name := range n.names {
			if isFunction(name) {
				return e.fail(at.down(name, n.items[i]), "a function stands alone")
			}
		}
		return e.all(n, at, func(i int) string { return n.names[i] })
	case text:
		return e.plain(n, at)
	}
	return n
}

// plain is a text as it stands.
func (e *evaluator) plain(n *node, at *place) *node {
	if n != nil && hasDynamic(n.text) {
		return e.fail(at, noDynamic)
	}
	return n
}

const noDynamic = "dynamic references ({{resolve:…}}) are not supported: use a parameter"

func hasDynamic(words string) bool { return strings.Contains(words, "{{resolve:") }

// all evaluates the items of a list or an object, and leaves out those that
// came to nothing.
func (e *evaluator) all(n *node, at *place, name func(int) string) *node {
	out, ok := &node{kind: n.kind, line: n.line}, true
	for i, item := range n.items {
		v := e.eval(item, at.down(name(i), item))
		switch {
		case v == nil:
			ok = false
		case v.kind == nothing:
		case n.kind == object:
			out.names, out.items = append(out.names, n.names[i]), append(out.items, v)
		default:
			out.items = append(out.items, v)
		}
	}
	if !ok {
		return nil
	}
	return out
}

// text is a value that must come to one word.
func (e *evaluator) text(n *node, at *place) *node {
	v := e.eval(n, at)
	if v != nil && !v.scalar() {
		return e.fail(at, "must be text")
	}
	return v
}

// texts is a value that must come to a list of words.
func (e *evaluator) texts(n *node, at *place) *node {
	v := e.eval(n, at)
	if v == nil {
		return nil
	}
	if v.kind != list || slices.ContainsFunc(v.items, func(item *node) bool { return !item.scalar() }) {
		return e.fail(at, "must be a list of texts")
	}
	return v
}

// make is a text that a function made, where there is room for it.
func (e *evaluator) make(words string, at *place) *node {
	if !e.spend(len(words), at) {
		return nil
	}
	return e.plain(&node{kind: text, text: words, line: at.line}, at)
}

func function(n *node) (name string, is bool) {
	if n.kind != object || len(n.names) != 1 || !isFunction(n.names[0]) {
		return "", false
	}
	return n.names[0], true
}

func isFunction(name string) bool { return name == "Ref" || strings.HasPrefix(name, "Fn::") }
