package pool

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// UserFilter is which users a list shows: those whose attribute is a value, or
// begins with it (Cognito: ListUsers, Filter).
type UserFilter struct {
	Attribute string
	Value     string // as it is compared
	Prefix    bool
}

// SearchedValue is an attribute of a user by which a list can be filtered, and
// its value as it is compared.
type SearchedValue struct{ Attribute, Value string }

// The attributes that are no attributes of the schema.
const (
	searchUsername = "username"
	searchSub      = "sub"
	searchStatus   = "cognito:user_status"
	searchEnabled  = "status"
)

const (
	maxFilter = 256
	// maxSearched is how many characters of a value are searched. A filter is
	// shorter with its attribute and its quotes, so a value that was cut equals
	// none; and an index row has an end (PostgreSQL: 2,704 bytes).
	maxSearched = 256
)

// searchedAttributes are those of the schema that a filter may name.
func searchedAttributes() []string {
	return []string{"email", "phone_number", "name", "given_name", "family_name", "preferred_username"}
}

// ParseUserFilter reads a filter: an attribute, = or ^=, and a value in double
// quotes, in which \" stands for a quote and \\ for a backslash. A blank filter
// is every user.
func ParseUserFilter(text string) (UserFilter, error) {
	unread := refuse(InvalidParameter, "filter", "", "")
	if utf8.RuneCountInString(text) > maxFilter || CheckAttributeValue("", text) != nil { // PostgreSQL takes no NUL
		return UserFilter{}, unread
	}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return UserFilter{Attribute: searchSub, Prefix: true}, nil
	}
	end := strings.IndexAny(rest, "=^\" ")
	if end <= 0 {
		return UserFilter{}, unread
	}
	f := UserFilter{Attribute: rest[:end]}
	rest, f.Prefix = strings.CutPrefix(strings.TrimLeft(rest[end:], " "), "^")
	rest, equals := strings.CutPrefix(rest, "=")
	value, quoted := unquote(strings.TrimLeft(rest, " "))
	if !equals || !quoted {
		return UserFilter{}, unread
	}
	if !searchable(f.Attribute) {
		return UserFilter{}, refuse(InvalidParameter, "search_attribute", f.Attribute, "")
	}
	f.Value = compared(f.Attribute, value)
	return f, nil
}

// unquote reads a value in double quotes that nothing follows.
func unquote(s string) (value string, ok bool) {
	s, ok = strings.CutPrefix(s, `"`)
	if !ok {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i == len(s)-1
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", false
}

func searchable(attribute string) bool {
	return exact(attribute) || attribute == searchStatus || slices.Contains(searchedAttributes(), attribute)
}

// exact says whether an attribute is compared letter by letter; the others are
// without regard to case (Cognito: ListUsers, Filter).
func exact(attribute string) bool {
	return attribute == searchUsername || attribute == searchSub || attribute == searchEnabled
}

// compared is the form of a value that is searched.
func compared(attribute, value string) string {
	if !exact(attribute) {
		value = strings.ToLower(value)
	}
	n := 0
	for i := range value {
		if n == maxSearched {
			return value[:i]
		}
		n++
	}
	return value
}

// Bounds are the least and the greatest value that the filter lets through,
// compared byte by byte: no other value lies between them.
func (f UserFilter) Bounds() (least, greatest string) {
	if !f.Prefix {
		return f.Value, f.Value
	}
	return f.Value, f.Value + strings.Repeat(string(utf8.MaxRune), maxSearched)
}

// Searched lists what a filter may find the user by, beside the sub.
func (u User) Searched() []SearchedValue {
	enabled := "Enabled"
	if u.Disabled {
		enabled = "Disabled"
	}
	out := []SearchedValue{{searchUsername, compared(searchUsername, u.Username)}, {searchEnabled, enabled}, {searchStatus, compared(searchStatus, string(u.Status))}}
	for _, name := range searchedAttributes() {
		if value := u.Attributes[name]; value != "" {
			out = append(out, SearchedValue{name, compared(name, value)})
		}
	}
	return out
}

// CheckAttributesToGet refuses a list of attributes to show that names one
// which the schema does not have, or the sub (Cognito: ListUsers).
func (p Pool) CheckAttributesToGet(names []string) error {
	all := p.Attributes()
	for _, name := range names {
		if name == searchSub || !slices.ContainsFunc(all, func(a SchemaAttribute) bool { return a.Name == name }) {
			return refuse(InvalidParameter, "attributes_to_get", name, "")
		}
	}
	return nil
}
