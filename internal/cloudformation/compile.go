package cloudformation

import (
	"strconv"
	"strings"
)

// Stack is what a template is compiled for. The ids of what it makes follow from
// the name, the region and the template alone.
type Stack struct {
	Name, Region, Account string
	URL                   string // of the server's own host; "" where it is not known
	Parameters            map[string]string
}

// Compiled is a template as a document.
type Compiled struct {
	Document map[string]any // as encoding/json takes it
	Outputs  []Output
	Notices  Problems // what is not made here and harms nothing

	places map[string]*place
}

// Place finds where in the template a member of the document comes from, or the
// nearest member above it: "UserPools.0.Policies" is
// "Resources.Pool.Properties.Policies".
func (c *Compiled) Place(member string) (line int, path string) {
	for {
		if at, ok := c.places[member]; ok {
			return at.line, at.path()
		}
		i := strings.LastIndexByte(member, '.')
		if i < 0 {
			return 0, ""
		}
		member = member[:i]
	}
}

// IsTemplate tells a template from a document in JSON: anything that is no JSON,
// and JSON with Resources or a version of CloudFormation's.
func IsTemplate(text []byte) bool {
	if !isJSON(text) {
		return true
	}
	for _, name := range outerNames(text) {
		if name == "Resources" || name == "AWSTemplateFormatVersion" {
			return true
		}
	}
	return false
}

// Compile reads a template, in YAML or JSON, for a stack. The error is Problems,
// all that there are. Beside it there may be what could be read.
func Compile(template []byte, s Stack) (*Compiled, error) {
	root, err := read(template)
	if err != nil {
		return nil, err
	}
	e := &evaluator{
		stack: s, template: root, root: &place{line: 1},
		values: map[string]*node{}, unset: map[string]string{}, verdicts: map[string]verdict{}, resources: map[string]*resource{},
	}
	c := &compiler{evaluator: e, Compiled: &Compiled{Document: map[string]any{"Stack": s.Name}, places: map[string]*place{}}}
	if c.outline() {
		c.parameters()
		order := c.find()
		for _, r := range order {
			if r.spec != nil && r.wanted {
				c.resource(r)
			}
		}
		c.Outputs = c.outputs()
		if len(e.problems) == 0 && len(c.places) == 0 {
			c.fail(e.root, "the template makes nothing here")
		}
	}
	c.Notices = sorted(e.notices)
	if len(e.problems) > 0 {
		return c.Compiled, sorted(e.problems)
	}
	return c.Compiled, nil
}

// compiler writes the document.
type compiler struct {
	*evaluator
	*Compiled
}

const serverless = "AWS::Serverless-2016-10-31"

// serverless says whether the template is one of the Serverless Application
// Model, which adds resources of its own.
func (e *evaluator) serverless() bool {
	t := e.template.get("Transform")
	return t != nil && (t.text == serverless || len(t.items) == 1 && t.items[0].text == serverless)
}

// outline checks the sections of the template.
func (e *evaluator) outline() bool {
	if e.template.kind != object {
		e.fail(e.root, "a template is an object with Resources")
		return false
	}
	for i, name := range e.template.names {
		n := e.template.items[i]
		at := e.root.down(name, n)
		switch name {
		case "AWSTemplateFormatVersion":
			if n.text != "2010-09-09" {
				e.fail(at, "must be 2010-09-09")
			}
		case "Description", "Metadata":
		case "Resources", "Parameters", "Mappings", "Conditions", "Outputs":
			if n.kind != object {
				e.fail(at, "must be an object")
			}
		case "Transform":
			if !e.serverless() {
				e.fail(at, "macros are not supported here, but for "+serverless)
			}
		case "Rules":
			e.notice(at, "rules are not checked here")
		case "Globals":
			if !e.serverless() {
				e.fail(at, "there is no such section without Transform: "+serverless)
			}
		default:
			e.fail(at, "there is no such section")
		}
	}
	if e.template.get("Resources") == nil {
		e.fail(e.root, "a template has Resources")
	}
	return len(e.problems) == 0
}

// resource writes one resource's entry.
func (c *compiler) resource(r *resource) {
	id := c.idOf(r, r.at)
	entries, _ := c.Document[r.spec.list].([]any)
	doc := r.spec.list + "." + strconv.Itoa(len(entries))
	at := r.at.down("Properties", r.properties)
	c.places[doc] = r.at
	properties := &node{kind: object, line: r.properties.line}
	for i, name := range r.properties.names {
		n := r.properties.items[i]
		v := c.eval(n, at.down(name, n))
		switch {
		case v == nil:
			v = &node{kind: nothing, line: n.line}
		case v.kind == nothing: // as if it were not there
			continue
		default:
			v = &node{v.kind, v.text, v.names, v.items, n.line}
		}
		properties.names, properties.items = append(properties.names, name), append(properties.items, v)
	}
	entry, _ := c.record(properties, r.spec.properties(), at, doc)
	c.Document[r.spec.list] = append(entries, c.complete(r, entry, id))
}

// complete adds the id and, where the template gives none, the name.
func (c *compiler) complete(r *resource, entry map[string]any, id *node) map[string]any {
	if id != nil && r.spec.idMember != "" {
		entry[r.spec.idMember] = id.text
	}
	if name := map[string]string{"UserPools": "PoolName", "UserPoolClients": "ClientName", "Groups": "GroupName"}[r.spec.list]; name != "" && entry[name] == nil {
		entry[name] = c.stack.nameOf(r.name)
	}
	return entry
}
