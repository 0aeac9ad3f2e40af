package cloudformation

import (
	"fmt"
	"net/url"
	"strings"
)

// resource is one resource of the template.
type resource struct {
	name, kind string
	at         *place
	whole      *node // all that stands under its name
	properties *node
	wanted     bool  // its condition holds
	spec       *spec // nil: not made here

	state  state
	id     string
	naming bool // an attribute is being found out
}

// state says how far a resource's id is known.
type state int

const (
	unasked state = iota
	finding
	found
	unfound
)

func (r *resource) conditionName() string {
	if c := r.whole.get("Condition"); c != nil {
		return c.text
	}
	return ""
}

// spec is a kind of resource that is made here.
type spec struct {
	list       string // of the document
	idMember   string // of the entry that holds an id which the stack derives
	properties func() []member
	id         func(e *evaluator, r *resource) (string, bool)                          // what Ref gives
	attribute  func(e *evaluator, r *resource, id, name string) (words, reason string) // what Fn::GetAtt gives
}

// specOf finds the kind of resource, or nil.
func specOf(kind string) *spec {
	named := func(property string, generated bool) func(*evaluator, *resource) (string, bool) {
		return func(e *evaluator, r *resource) (string, bool) {
			if generated {
				return e.property(r, property, e.stack.nameOf(r.name))
			}
			return e.property(r, property, "")
		}
	}
	switch kind {
	case "AWS::Cognito::UserPool":
		return &spec{"UserPools", "Id", poolProperties, func(e *evaluator, r *resource) (string, bool) { return e.stack.poolID(r.name), true }, poolAttribute}
	case "AWS::Cognito::UserPoolClient":
		return &spec{"UserPoolClients", "ClientId", clientProperties, func(e *evaluator, r *resource) (string, bool) { return e.stack.clientID(r.name), true }, clientAttribute}
	case "AWS::Cognito::UserPoolDomain":
		return &spec{"UserPoolDomains", "", domainProperties, named("Domain", false), noAttribute}
	case "AWS::Cognito::UserPoolUICustomizationAttachment":
		return &spec{"UICustomizations", "", customizationProperties, func(e *evaluator, r *resource) (string, bool) { return e.stack.nameOf(r.name), true }, noAttribute}
	case "AWS::Cognito::UserPoolResourceServer":
		return &spec{"ResourceServers", "", serverProperties, named("Identifier", false), noAttribute}
	case "AWS::Cognito::UserPoolGroup":
		return &spec{"Groups", "", groupProperties, named("GroupName", true), noAttribute}
	case "AWS::Cognito::UserPoolUser":
		return &spec{"Users", "", userProperties, named("Username", false), noAttribute}
	case "AWS::Cognito::UserPoolUserToGroupAttachment":
		return &spec{"GroupMembers", "", memberProperties, func(e *evaluator, r *resource) (string, bool) { return e.stack.nameOf(r.name), true }, noAttribute}
	}
	return nil
}

func noAttribute(_ *evaluator, _ *resource, _, name string) (string, string) {
	return "", fmt.Sprintf("has no attribute %q here", name)
}

// poolAttribute gives as provider the issuer of the pool's tokens, which AWS's
// names stand for.
func poolAttribute(e *evaluator, r *resource, id, name string) (string, string) {
	s := e.stack
	switch name {
	case "UserPoolId":
		return id, ""
	case "Arn":
		return fmt.Sprintf("arn:aws:cognito-idp:%s:%s:userpool/%s", s.Region, s.Account, id), ""
	case "ProviderURL", "ProviderName":
		own, err := url.Parse(s.URL)
		if s.URL == "" || err != nil {
			return "", name + " is the server's own URL with the pool's id: say --url"
		}
		issuer := strings.TrimSuffix(s.URL, "/") + "/" + id
		if name == "ProviderName" {
			return strings.TrimPrefix(issuer, own.Scheme+"://"), ""
		}
		return issuer, ""
	}
	return noAttribute(e, r, id, name)
}

func clientAttribute(e *evaluator, r *resource, id, name string) (string, string) {
	switch name {
	case "ClientId":
		return id, ""
	case "ClientSecret":
		return secretOf(id), ""
	case "Name":
		if name, ok := e.property(r, "ClientName", e.stack.nameOf(r.name)); ok {
			return name, ""
		}
		return "", "has no Name"
	}
	return noAttribute(e, r, id, name)
}

// another says that a kind of resource is another service's, which a stack can
// do without here: identity pools are not user pools.
func another(kind string) bool {
	return !strings.HasPrefix(kind, "AWS::Cognito::") || strings.HasPrefix(kind, "AWS::Cognito::IdentityPool")
}

// find lists the resources of the template, and says which are not made here.
func (e *evaluator) find() (order []*resource) {
	all := e.template.get("Resources")
	at := e.root.down("Resources", all)
	for i, name := range all.names {
		body := all.items[i]
		r := &resource{name: name, whole: body, at: at.down(name, body), properties: body.get("Properties"), wanted: true}
		if !e.describes(r) {
			continue
		}
		r.spec = specOf(r.kind)
		if r.properties == nil {
			r.properties = &node{kind: object, line: body.line}
		}
		e.resources[name] = r
		order = append(order, r)
	}
	for _, r := range order {
		e.look(r)
	}
	return order
}

// describes reads what every resource has.
func (e *evaluator) describes(r *resource) bool {
	switch kind := r.whole.get("Type"); {
	case !logicalID.MatchString(r.name):
		e.fail(r.at, "a resource's name is letters and digits")
		return false
	case e.section("Parameters").get(r.name) != nil:
		e.fail(r.at, "a parameter has the same name")
		return false
	case kind == nil || kind.kind != text:
		e.fail(r.at, "the Type is missing")
		return false
	case r.properties != nil && r.properties.kind != object:
		e.fail(r.at.down("Properties", r.properties), "must be an object")
		return false
	default:
		r.kind = kind.text
		return true
	}
}

// look finds out whether a resource is wanted, and says what is not made here.
// What a resource may have beside its properties is about how AWS makes and
// deletes it.
func (e *evaluator) look(r *resource) {
	if r.spec == nil {
		if another(r.kind) {
			e.notice(r.at, r.kind+" is not made here")
		} else {
			e.fail(r.at, r.kind+" is not supported yet")
		}
		return
	}
	e.only(r.whole, r.at, "Type", "Properties", "Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
	if c := r.whole.get("Condition"); c != nil {
		r.wanted, _ = e.condition(c.text, r.at.down("Condition", c))
	}
	depends := r.whole.get("DependsOn")
	if depends == nil {
		return
	}
	at := r.at.down("DependsOn", depends)
	if depends.kind != list {
		depends = &node{kind: list, items: []*node{depends}}
	}
	for _, other := range depends.items {
		if _, known := e.resources[other.text]; !known {
			e.fail(at, fmt.Sprintf("there is no resource %q", other.text))
		}
	}
}
