package cloudformation

import (
	"fmt"
	"strings"
)

// ref is what Ref gives for a name: a pseudo parameter, a parameter, or a
// resource's id.
func (e *evaluator) ref(name string, at *place) *node {
	if strings.HasPrefix(name, "AWS::") {
		return e.pseudo(name, at)
	}
	if value, ok := e.values[name]; ok {
		if !e.spend(1+weight(value), at) {
			return nil
		}
		return e.plain(value, at)
	}
	if reason, ok := e.unset[name]; ok {
		return e.fail(at, fmt.Sprintf("the parameter %s cannot be used: %s", name, reason))
	}
	if e.section("Parameters").get(name) != nil {
		return nil // what is wrong with it has been said
	}
	return e.attribute(name, "", at)
}

func weight(n *node) int {
	size := len(n.text)
	for _, item := range n.items {
		size += 64 + len(item.text)
	}
	return size
}

// pseudo are the parameters that every stack has. Nobody overrides them.
func (e *evaluator) pseudo(name string, at *place) *node {
	switch name {
	case "AWS::Region":
		return e.make(e.stack.Region, at)
	case "AWS::AccountId":
		return e.make(e.stack.Account, at)
	case "AWS::StackName":
		return e.make(e.stack.Name, at)
	case "AWS::StackId":
		return e.make(e.stack.id(), at)
	case "AWS::Partition":
		return e.make("aws", at)
	case "AWS::URLSuffix":
		return e.make("amazonaws.com", at)
	case "AWS::NoValue":
		return &node{kind: nothing, line: at.line}
	}
	return e.fail(at, name+" is not supported here")
}

// attribute is what Fn::GetAtt gives for a resource, or with "" what Ref gives.
func (e *evaluator) attribute(name, attribute string, at *place) *node {
	r, known := e.resources[name]
	switch {
	case e.within == inConditions:
		return e.fail(at, fmt.Sprintf("a condition can ask for parameters only, not for %s", name))
	case !known && e.within == inOutputs && e.serverless():
		e.unmade = name
		return nil
	case !known:
		return e.fail(at, fmt.Sprintf("there is no parameter or resource %q", name))
	case !r.wanted:
		return e.fail(at, fmt.Sprintf("%s is not made: its condition %s does not hold", name, r.conditionName()))
	case r.spec == nil && e.within == inOutputs:
		e.unmade = fmt.Sprintf("%s (%s)", name, r.kind)
		return nil
	case r.spec == nil:
		return e.fail(at, fmt.Sprintf("refers to %s (%s), which is not made here", name, r.kind))
	}
	id := e.idOf(r, at)
	if id == nil || attribute == "" {
		return id
	}
	if r.naming {
		return e.fail(at, fmt.Sprintf("%s and what it refers to go in a circle", name))
	}
	r.naming = true
	before := len(e.problems)
	words, reason := r.spec.attribute(e, r, id.text, attribute)
	r.naming = false
	if reason != "" && len(e.problems) > before { // why has been said
		return nil
	}
	if reason != "" {
		return e.fail(at, fmt.Sprintf("%s (%s) %s", name, r.kind, reason))
	}
	if hasSecret(words) && e.within != inOutputs {
		return e.fail(at, "ClientSecret can be asked for in Outputs alone")
	}
	return e.make(words, at)
}

// idOf is what Ref gives for a resource that is made here.
func (e *evaluator) idOf(r *resource, at *place) *node {
	switch r.state {
	case finding:
		return e.fail(at, fmt.Sprintf("%s and what it refers to go in a circle", r.name))
	case unfound:
		return nil
	case found:
		return e.make(r.id, at)
	}
	r.state = finding
	before := e.within
	e.within = inResources
	id, ok := r.spec.id(e, r)
	e.within = before
	if r.state = unfound; !ok {
		return nil
	}
	r.state, r.id = found, id
	return e.make(id, at)
}

// property is a property of a resource as one word, for its id; otherwise stands
// in where there is none.
func (e *evaluator) property(r *resource, name, otherwise string) (string, bool) {
	n := r.properties.get(name)
	if n == nil {
		if otherwise == "" { // the property is missing, which is said where it is looked for
			return "", false
		}
		return otherwise, true
	}
	v := e.eval(n, r.at.down("Properties", r.properties).down(name, n))
	switch {
	case v != nil && v.kind == nothing && otherwise != "":
		return otherwise, true
	case v == nil, !v.scalar():
		return "", false
	}
	return v.text, true
}

// secretMark stands in a text for the secret of an app client, which is not
// known while a template is read. No text of a template can have a NUL.
const secretMark = "\x00"

func secretOf(clientID string) string { return secretMark + clientID + secretMark }

func hasSecret(words string) bool { return strings.Contains(words, secretMark) }
