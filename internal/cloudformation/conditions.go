package cloudformation

import "fmt"

// verdict is a condition's value: as long as it is not known, it is being found
// out, or could not be.
type verdict struct{ known, broken, holds bool }

// condition evaluates a condition of the template, once.
func (e *evaluator) condition(name string, at *place) (holds, ok bool) {
	if v, seen := e.verdicts[name]; seen {
		if !v.known && !v.broken {
			e.fail(at, fmt.Sprintf("the condition %s asks for itself", name))
		}
		return v.holds, v.known
	}
	all := e.section("Conditions")
	body := all.get(name)
	if body == nil {
		e.fail(at, fmt.Sprintf("there is no condition %q", name))
		return false, false
	}
	e.verdicts[name] = verdict{}
	before := e.within
	e.within = inConditions
	holds, ok = e.holds(body, e.root.down("Conditions", all).down(name, body))
	e.within = before
	e.verdicts[name] = verdict{known: ok, broken: !ok, holds: holds}
	return holds, ok
}

// holds evaluates what stands in a condition.
func (e *evaluator) holds(n *node, at *place) (holds, ok bool) {
	if !e.spend(1, at) {
		return false, false
	}
	if n.kind != object || len(n.names) != 1 {
		e.fail(at, "a condition is Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition")
		return false, false
	}
	name, inner := n.names[0], n.items[0]
	at = at.down(name, inner)
	switch name {
	case "Condition":
		return e.condition(inner.text, at)
	case "Fn::Equals":
		if !e.count(inner, at, 2, 2) {
			return false, false
		}
		a, b := e.text(inner.items[0], at), e.text(inner.items[1], at)
		return a != nil && b != nil && a.text == b.text, a != nil && b != nil
	case "Fn::Not":
		if !e.count(inner, at, 1, 1) {
			return false, false
		}
		holds, ok = e.holds(inner.items[0], at)
		return !holds, ok
	case "Fn::And", "Fn::Or":
		if !e.count(inner, at, 2, 10) {
			return false, false
		}
		return e.several(name == "Fn::And", inner, at)
	}
	e.fail(at, name+" is no condition")
	return false, false
}

// several is whether all, or any, of the conditions hold.
func (e *evaluator) several(all bool, n *node, at *place) (holds, ok bool) {
	holds, ok = all, true
	for _, item := range n.items {
		one, known := e.holds(item, at)
		ok = ok && known
		if one != all {
			holds = one
		}
	}
	return holds, ok
}
