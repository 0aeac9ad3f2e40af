package cloudformation

import "strings"

// Output is one output of a stack: texts, and between them secrets of app
// clients, which whoever reads the ledger puts in.
type Output struct {
	Name  string
	Parts []Part
}

// Part is a text, or where ClientID is not empty the secret of that app client.
type Part struct{ Text, ClientID string }

// outputs evaluates what the template gives back. One that names what is not
// made here is left out, and that is said.
func (e *evaluator) outputs() (out []Output) {
	all := e.section("Outputs")
	e.within = inOutputs
	for i, name := range all.namesOf() {
		body := all.items[i]
		at := e.root.down("Outputs", all).down(name, body)
		if !e.only(body, at, "Value", "Description", "Export", "Condition") {
			continue
		}
		if c := body.get("Condition"); c != nil {
			if holds, _ := e.condition(c.text, at.down("Condition", c)); !holds {
				continue
			}
		}
		if export := body.get("Export"); export != nil {
			e.notice(at.down("Export", export), "nothing is exported to other stacks here")
		}
		value := body.get("Value")
		if value == nil {
			e.fail(at, "the Value is missing")
			continue
		}
		e.unmade = ""
		v := e.text(value, at.down("Value", value))
		switch {
		case e.unmade != "":
			e.notice(at, "left out: it names "+e.unmade+", which is not made here")
		case v != nil:
			out = append(out, Output{name, parts(v.text)})
		}
	}
	return out
}

// parts takes the marks of secrets out of a text.
func parts(words string) (out []Part) {
	for i, part := range strings.Split(words, secretMark) {
		switch {
		case i%2 == 1:
			out = append(out, Part{ClientID: part})
		case part != "":
			out = append(out, Part{Text: part})
		}
	}
	return out
}
