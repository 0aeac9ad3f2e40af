package cloudformation

import (
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxParameter = 4096 // bytes of one value (CloudFormation: Quotas)

// parameters checks what the stack brings against what the template declares,
// and keeps the values. A value is text for good: nothing in it is expanded.
func (e *evaluator) parameters() {
	declared := e.section("Parameters")
	for i, name := range declared.namesOf() {
		at := e.root.down("Parameters", declared).down(name, declared.items[i])
		if !logicalID.MatchString(name) {
			e.fail(at, "a parameter's name is letters and digits")
			continue
		}
		if value := e.parameter(name, declared.items[i], at); value != nil {
			e.values[name] = value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.stack.Parameters)) {
		if declared.get(name) == nil {
			e.fail(e.root, fmt.Sprintf("there is no parameter %q in the template", name))
		}
	}
}

// parameter is one parameter's value, or nil where it has none that can be used.
func (e *evaluator) parameter(name string, declared *node, at *place) *node {
	known := []string{"Type", "Default", "Description", "AllowedValues", "AllowedPattern", "ConstraintDescription", "MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho"}
	if !e.only(declared, at, known...) {
		return nil
	}
	kind := "String"
	if t := declared.get("Type"); t != nil {
		kind = t.text
	}
	value, given := e.stack.Parameters[name]
	fallback := declared.get("Default")
	switch {
	case given:
	case strings.HasPrefix(kind, "AWS::SSM::Parameter::Value<"):
		e.unset[name] = "its value is in AWS's parameter store: give it with --parameter"
		return nil
	case fallback != nil && fallback.scalar():
		value = fallback.text
	case fallback != nil:
		return e.fail(at, "Default must be one value")
	default:
		return e.fail(at, "the parameter has no default: give it with --parameter")
	}
	if strings.ContainsRune(value, 0) || !utf8.ValidString(value) || len(value) > maxParameter {
		return e.fail(at, fmt.Sprintf("the value is not text of at most %d bytes", maxParameter))
	}
	if hasDynamic(value) {
		return e.fail(at, noDynamic)
	}
	return e.typed(value, kind, declared, at)
}

// typed makes a value of a parameter's type, and holds it against the
// constraints. The words say nothing of the value: it may be a secret.
func (e *evaluator) typed(value, kind string, declared *node, at *place) *node {
	if stored, is := strings.CutPrefix(kind, "AWS::SSM::Parameter::Value<"); is {
		kind = strings.TrimSuffix(stored, ">")
	}
	one := func(v string) *node { return &node{kind: text, text: v, line: declared.line} }
	isNumber := kind == "Number" || kind == "List<Number>"
	switch {
	case kind == "String", kind == "Number", strings.HasPrefix(kind, "AWS::"):
		if reason := fits(value, isNumber, declared); reason != "" {
			return e.fail(at, reason)
		}
		return one(value)
	case kind == "CommaDelimitedList", strings.HasPrefix(kind, "List<"):
		all := &node{kind: list, line: declared.line}
		if value == "" {
			return all
		}
		for v := range strings.SplitSeq(value, ",") {
			v = strings.TrimSpace(v)
			if reason := fits(v, isNumber, declared); reason != "" {
				return e.fail(at, reason)
			}
			all.items = append(all.items, one(v))
		}
		return all
	}
	return e.fail(at, fmt.Sprintf("there is no parameter of the type %q", kind))
}

// fits says why a value breaks the constraints of its parameter, or "".
func fits(value string, isNumber bool, declared *node) string {
	reason := broken(value, isNumber, declared)
	if words := declared.get("ConstraintDescription"); reason != "" && words != nil && words.kind == text {
		reason += " (" + words.text + ")"
	}
	return reason
}

// The bounds of a pattern: its length, and the steps of the program that it comes
// to, each of which may be tried at each byte of a value.
const (
	maxPattern = 256
	maxSteps   = 1000
)

// pattern reads an AllowedPattern, which stands for all of a value.
func pattern(text string) (*regexp.Regexp, bool) {
	if len(text) > maxPattern {
		return nil, false
	}
	whole := `^(?:` + text + `)$`
	parsed, err := syntax.Parse(whole, syntax.Perl)
	if err != nil {
		return nil, false
	}
	steps, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(steps.Inst) > maxSteps {
		return nil, false
	}
	compiled, err := regexp.Compile(whole)
	return compiled, err == nil
}

func broken(value string, isNumber bool, declared *node) string {
	if allowed := declared.get("AllowedValues"); allowed != nil && !slices.ContainsFunc(allowed.items, func(n *node) bool { return n.scalar() && n.text == value }) {
		return "the value is none of AllowedValues"
	}
	if p := declared.get("AllowedPattern"); p != nil {
		pattern, ok := pattern(p.text)
		switch {
		case !ok:
			return "AllowedPattern cannot be checked here (it is no RE2 expression, or a large one)"
		case !pattern.MatchString(value):
			return "the value does not match AllowedPattern"
		}
	}
	n, err := strconv.ParseFloat(value, 64)
	if isNumber && err != nil {
		return "the value is no number"
	}
	for _, bound := range []struct {
		name   string
		is     float64
		counts bool
		least  bool
	}{
		{"MinLength", float64(utf8.RuneCountInString(value)), true, true}, {"MaxLength", float64(utf8.RuneCountInString(value)), true, false},
		{"MinValue", n, isNumber, true}, {"MaxValue", n, isNumber, false},
	} {
		limit := declared.get(bound.name)
		if limit == nil || !bound.counts {
			continue
		}
		b, err := strconv.ParseFloat(limit.text, 64)
		if err != nil {
			return bound.name + " is no number"
		}
		if bound.least && bound.is < b || !bound.least && bound.is > b {
			return fmt.Sprintf("the value breaks %s %s", bound.name, limit.text)
		}
	}
	return ""
}
