package web

import "slices"

// nameInput is the field of the name that people sign in with.
type nameInput struct {
	input
	Label, Hint, Mode, Value string
}

// NameInput describes the field: its words and its keyboard are those of what
// the pool takes for a username.
func (p *page) NameInput(id string) nameInput {
	in := nameInput{Label: p.T(p.ByName("field.username")), Value: p.Username}
	switch {
	case p.EmailIsUsername && p.PhoneIsUsername:
		in.Hint = p.T("hint.either")
	case p.EmailIsUsername:
		in.Mode = "email"
	case p.PhoneIsUsername:
		in.Mode, in.Hint = "tel", p.T("hint.phone_number")
	}
	in.input = p.Input("username", id, hintIDs(id, in.Hint)...)
	return in
}

func hintIDs(id, hint string) []string {
	if hint == "" {
		return nil
	}
	return []string{id + "-hint"}
}

// askedInput is the field of an attribute that the sign-up page asks for.
type askedInput struct {
	input
	Name, Label, Hint, Value string
	traits
}

// traits are what a browser should know about a field: its type and keyboard,
// what may fill it in (HTML: Autofill), and whether to leave its letters alone.
type traits struct {
	Type, Mode, Autocomplete string
	Exact                    bool
	Longest                  int // characters; 0: as long as any attribute
}

// AskedInputs describes the fields of the attributes that sign-up asks for.
func (p *page) AskedInputs() []askedInput {
	var out []askedInput
	for _, name := range p.Asked {
		in := askedInput{Name: name, Label: p.T("field." + name), Value: p.Given[name], traits: traitsOf(name)}
		if name == "phone_number" {
			in.Hint = p.T("hint.phone_number")
		}
		id := "signUp-" + name
		if name == "email" {
			id = "signUpEmail"
		}
		in.input = p.Input(name, id, hintIDs(id, in.Hint)...)
		out = append(out, in)
	}
	return out
}

func traitsOf(name string) traits {
	t := traits{Type: "text"}
	switch name {
	case "email":
		t.Mode, t.Exact, t.Longest = "email", true, 256
	case "phone_number":
		t.Type, t.Exact, t.Longest = "tel", true, 32
	case "birthdate":
		t.Type = "date" // sends YYYY-MM-DD, as the attribute is kept
	case "profile", "picture", "website":
		t.Mode, t.Exact = "url", true
	case "updated_at":
		t.Mode, t.Exact = "numeric", true
	case "preferred_username", "zoneinfo", "locale":
		t.Exact = true
	}
	fill := []string{
		"email", "email", "phone_number", "tel", "birthdate", "bday", "website", "url", "picture", "photo", "name", "name", "given_name", "given-name",
		"family_name", "family-name", "middle_name", "additional-name", "nickname", "nickname", "gender", "sex", "locale", "language",
	}
	if i := slices.Index(fill, name); i >= 0 && i%2 == 0 {
		t.Autocomplete = fill[i+1]
	}
	return t
}

// newPassword is the field of a password that somebody chooses.
type newPassword struct {
	input
	Label string
	Rules []string
}

// NewPassword describes the field, with what the policy asks.
func (p *page) NewPassword(id string) newPassword {
	label := p.T("field.new_password")
	if p.Name == "signup" { // their first
		label = p.T("field.password")
	}
	return newPassword{p.Input("password", id, "password-rules"), label, p.Rules}
}
