package cloudformation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

// yaml reads a template in YAML, with the short forms of functions (!Ref, !Sub
// …). As in CloudFormation there are no aliases, no merges and no types beyond
// those of JSON (CloudFormation: Template formats).
func (r *reader) yaml(template []byte) (*node, error) {
	from := yaml.NewDecoder(bytes.NewReader(template))
	var document, more yaml.Node
	if err := from.Decode(&document); errors.Is(err, io.EOF) {
		return nil, Problems{{Reason: "the template is empty"}}
	} else if err != nil {
		return nil, yamlProblem(err)
	}
	root, err := r.fromYAML(document.Content[0], 1)
	if err != nil {
		return nil, err
	}
	if err := from.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, Problems{{Line: more.Line, Reason: "something follows the template"}}
	}
	return root, nil
}

// yamlProblem takes the line out of the library's words.
func yamlProblem(err error) error {
	words := err.Error()
	found := yamlLine.FindStringSubmatch(words)
	if found == nil {
		return Problems{{Reason: words}}
	}
	line, _ := strconv.Atoi(found[1]) // none is 0
	return Problems{{Line: line, Reason: strings.TrimPrefix(words, found[0])}}
}

// shortForms are the functions that have a tag.
func shortForms() []string {
	return []string{"Ref", "Condition", "GetAtt", "Sub", "Join", "Select", "Split", "FindInMap", "If", "Equals", "And", "Or", "Not",
		"Base64", "Cidr", "GetAZs", "ImportValue", "Transform", "Length", "ToJsonString"}
}

func (r *reader) fromYAML(y *yaml.Node, depth int) (*node, error) {
	if err := r.more(y.Line, depth); err != nil {
		return nil, err
	}
	wrong := func(reason string) (*node, error) { return nil, Problems{{Line: y.Line, Reason: reason}} }
	if y.Kind == yaml.AliasNode || y.Anchor != "" {
		return wrong("aliases (& and *) are not allowed in a template")
	}
	tag := y.ShortTag()
	name, function := strings.CutPrefix(tag, "!")
	if function && !strings.HasPrefix(name, "!") {
		if !slices.Contains(shortForms(), name) {
			return wrong(fmt.Sprintf("there is no tag %s", tag))
		}
		inner, err := r.plainYAML(y, depth+1)
		if err != nil {
			return nil, err
		}
		return short(name, inner), nil
	}
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!seq", "!!map":
	case "!!timestamp":
		if y.Style&yaml.TaggedStyle != 0 {
			return wrong("there is no tag " + tag)
		}
	case "!!null":
		return wrong("null is not allowed in a template: leave the member out")
	case "!!merge":
		return wrong("merges (<<) are not allowed in a template")
	default:
		return wrong(fmt.Sprintf("there is no tag %s", tag))
	}
	return r.plainYAML(y, depth)
}

// short is a function as its long form writes it.
func short(name string, inner *node) *node {
	line := inner.line
	if name == "GetAtt" && inner.kind == text {
		resource, attribute, _ := strings.Cut(inner.text, ".")
		inner = &node{kind: list, line: line, items: []*node{{kind: text, text: resource, line: line}, {kind: text, text: attribute, line: line}}}
	}
	if name != "Ref" && name != "Condition" {
		name = "Fn::" + name
	}
	return &node{kind: object, names: []string{name}, items: []*node{inner}, line: line}
}

func (r *reader) plainYAML(y *yaml.Node, depth int) (*node, error) {
	switch y.Kind {
	case yaml.SequenceNode:
		n := &node{kind: list, line: y.Line}
		for _, item := range y.Content {
			v, err := r.fromYAML(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
		}
		return n, nil
	case yaml.MappingNode:
		return r.mapping(y, depth)
	}
	k := text
	switch y.ShortTag() {
	case "!!int", "!!float":
		k = number
	case "!!bool":
		k = truth
	}
	return scalarOf(k, y.Value, y.Line)
}

func (r *reader) mapping(y *yaml.Node, depth int) (*node, error) {
	n := &node{kind: object, line: y.Line}
	seen := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		name, err := r.fromYAML(key, depth+1)
		if err != nil {
			return nil, err
		}
		if !name.scalar() {
			return nil, Problems{{Line: key.Line, Reason: "a name must be one word"}}
		}
		if seen[name.text] {
			return nil, twice(key.Line, name.text)
		}
		seen[name.text] = true
		item, err := r.fromYAML(y.Content[i+1], depth+1)
		if err == nil {
			err = n.add(name.text, key.Line, item)
		}
		if err != nil {
			return nil, err
		}
		item.line = key.Line
	}
	return n, nil
}
