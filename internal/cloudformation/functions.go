package cloudformation

import (
	"fmt"
	"strconv"
	"strings"
)

// call does a function (CloudFormation: Intrinsic function reference).
func (e *evaluator) call(name string, n *node, at *place) *node {
	switch name {
	case "Ref":
		if n.kind != text {
			return e.fail(at, "must be a name")
		}
		return e.ref(n.text, at)
	case "Fn::GetAtt":
		return e.getAtt(n, at)
	case "Fn::Sub":
		return e.sub(n, at)
	case "Fn::Join":
		return e.join(n, at)
	case "Fn::Split":
		return e.split(n, at)
	case "Fn::Select":
		return e.choose(n, at)
	case "Fn::FindInMap":
		return e.findInMap(n, at)
	case "Fn::If":
		return e.either(n, at)
	}
	return e.fail(at, "is not supported here")
}

func (e *evaluator) getAtt(n *node, at *place) *node {
	if n.kind == text { // YAML's long form may be one word
		resource, attribute, _ := strings.Cut(n.text, ".")
		return e.attribute(resource, attribute, at)
	}
	if !e.count(n, at, 2, 2) {
		return nil
	}
	if n.items[0].kind != text {
		return e.fail(at, "must begin with a resource's name")
	}
	attribute := e.text(n.items[1], at)
	if attribute == nil {
		return nil
	}
	return e.attribute(n.items[0].text, attribute.text, at)
}

func (e *evaluator) join(n *node, at *place) *node {
	if !e.count(n, at, 2, 2) {
		return nil
	}
	if n.items[0].kind != text {
		return e.fail(at, "must begin with the text between the others")
	}
	items := e.texts(n.items[1], at)
	if items == nil {
		return nil
	}
	size := 0
	words := make([]string, len(items.items))
	for i, item := range items.items {
		words[i] = item.text
		size += len(item.text) + len(n.items[0].text)
	}
	if !e.spend(size, at) { // before it is made
		return nil
	}
	return e.make(strings.Join(words, n.items[0].text), at)
}

func (e *evaluator) split(n *node, at *place) *node {
	if !e.count(n, at, 2, 2) {
		return nil
	}
	if n.items[0].kind != text || n.items[0].text == "" {
		return e.fail(at, "must begin with the text to split at")
	}
	whole := e.text(n.items[1], at)
	switch {
	case whole == nil:
		return nil
	case hasSecret(whole.text):
		return e.fail(at, "a client secret cannot be split")
	}
	words := strings.Split(whole.text, n.items[0].text)
	if !e.spend(len(whole.text)+64*len(words), at) {
		return nil
	}
	out := &node{kind: list, line: at.line}
	for _, word := range words {
		out.items = append(out.items, &node{kind: text, text: word, line: at.line})
	}
	return out
}

// choose is Fn::Select.
func (e *evaluator) choose(n *node, at *place) *node {
	if !e.count(n, at, 2, 2) {
		return nil
	}
	index, items := e.text(n.items[0], at), e.texts(n.items[1], at)
	if index == nil || items == nil {
		return nil
	}
	i, err := strconv.Atoi(index.text)
	if err != nil || i < 0 || i >= len(items.items) {
		return e.fail(at, fmt.Sprintf("the list has %d items, numbered from 0", len(items.items)))
	}
	return e.make(items.items[i].text, at)
}

func (e *evaluator) findInMap(n *node, at *place) *node {
	if !e.count(n, at, 3, 3) {
		return nil
	}
	all := e.section("Mappings")
	found := all
	for _, item := range n.items {
		key := e.text(item, at)
		if key == nil {
			return nil
		}
		if found = found.get(key.text); found == nil {
			return e.fail(at, "Mappings has nothing there")
		}
	}
	return e.literal(found, at)
}

// literal is a value of a mapping: a text or a list of texts, without functions.
func (e *evaluator) literal(n *node, at *place) *node {
	if n.scalar() {
		return e.make(n.text, at)
	}
	if n.kind != list {
		return e.fail(at, "a mapping holds texts and lists of texts")
	}
	out := &node{kind: list, line: at.line}
	for _, item := range n.items {
		if !item.scalar() {
			return e.fail(at, "a mapping holds texts and lists of texts")
		}
		v := e.make(item.text, at)
		if v == nil {
			return nil
		}
		out.items = append(out.items, v)
	}
	return out
}

// either is Fn::If.
func (e *evaluator) either(n *node, at *place) *node {
	if !e.count(n, at, 3, 3) {
		return nil
	}
	holds, ok := e.condition(n.items[0].text, at)
	if !ok {
		return nil
	}
	if holds {
		return e.eval(n.items[1], at)
	}
	return e.eval(n.items[2], at)
}
