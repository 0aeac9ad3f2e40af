package pool

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// MissingAttributes lists the attributes that the schema requires and u does
// not have, in the schema's order. An operator may leave them out; the person
// gives them with their first own password.
func (p Pool) MissingAttributes(u User) []string {
	var out []string
	for _, a := range p.Attributes() {
		if a.IsRequired() && a.Name != "sub" && u.Attributes[a.Name] == "" {
			out = append(out, a.Name)
		}
	}
	return out
}

// CheckChosen holds the attributes that come with a first own password against
// the schema, the client's rights and what u has: everything missing must be
// there, and what is set already stays where it is required or immutable
// (Cognito: NEW_PASSWORD_REQUIRED). All that is wrong is told at once, joined,
// up to the first name that the schema does not have.
func (p Pool) CheckChosen(c Client, u User, given map[string]string) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(given)) {
		err := p.checkChosen(c, u, name, given[name])
		wrong = append(wrong, err)
		if errors.Is(err, errSchema) {
			break
		}
	}
	missing := slices.DeleteFunc(p.MissingAttributes(u), func(name string) bool { return given[name] != "" })
	if len(missing) > 0 {
		e := refuse(InvalidParameter, "attributes_missing", missing[0], "")
		e.Args = map[string]string{"names": strings.Join(missing, " and ")}
		wrong = append(wrong, e)
	}
	after := u
	after.SetAttributes(given)
	return errors.Join(append(wrong, p.checkReachable(after))...)
}

func (p Pool) checkChosen(c Client, u User, name, value string) error {
	a, ok := p.Attribute(name)
	switch {
	case !ok:
		return refuse(InvalidParameter, "schema", name, "")
	case !c.MayWrite(a):
		return refuse(NotAuthorized, "write_attribute", name, "")
	case a.IsRequired() && u.Attributes[name] != "":
		return refuse(NotAuthorized, "already_provided", name, "")
	case !a.IsMutable() && u.Attributes[name] != "":
		return refuse(InvalidParameter, "immutable", name, "")
	}
	return p.checkAttribute(a, value)
}
