package pool

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SchemaAttribute is one attribute of a pool's schema (Cognito:
// SchemaAttributeType). Bounds are decimal numbers in strings, as on the wire.
type SchemaAttribute struct {
	Name                       string
	AttributeDataType          string             `json:",omitempty"` // String, Number, DateTime or Boolean
	DeveloperOnlyAttribute     *bool              `json:",omitempty"`
	Mutable                    *bool              `json:",omitempty"`
	Required                   *bool              `json:",omitempty"`
	NumberAttributeConstraints *NumberConstraints `json:",omitempty"`
	StringAttributeConstraints *StringConstraints `json:",omitempty"`
}

// NumberConstraints bounds a number.
type NumberConstraints struct {
	MinValue string `json:",omitempty"`
	MaxValue string `json:",omitempty"`
}

// StringConstraints bounds the length of a string, in characters.
type StringConstraints struct {
	MinLength string `json:",omitempty"`
	MaxLength string `json:",omitempty"`
}

const (
	maxCustomAttributes = 50
	maxAttributeValue   = 2048
)

var (
	customNamePattern = regexp.MustCompile(`^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,20}$`)
	numberPattern     = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

// standardSchema is what every pool has, in Cognito's order.
func standardSchema() []SchemaAttribute {
	yes, no := true, false
	text := func(name, least, most string) SchemaAttribute {
		return SchemaAttribute{Name: name, AttributeDataType: "String", DeveloperOnlyAttribute: &no, Mutable: &yes, Required: &no,
			StringAttributeConstraints: &StringConstraints{least, most}}
	}
	flag := func(name string) SchemaAttribute {
		return SchemaAttribute{Name: name, AttributeDataType: "Boolean", DeveloperOnlyAttribute: &no, Mutable: &yes, Required: &no}
	}
	sub := text("sub", "1", "2048")
	sub.Mutable, sub.Required = &no, &yes
	out := []SchemaAttribute{sub}
	for _, name := range []string{"name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture", "website", "email"} {
		out = append(out, text(name, "0", "2048"))
	}
	out = append(out, flag("email_verified"), text("gender", "0", "2048"), text("birthdate", "10", "10"),
		text("zoneinfo", "0", "2048"), text("locale", "0", "2048"), text("phone_number", "0", "2048"), flag("phone_number_verified"), text("address", "0", "2048"))
	return append(out, SchemaAttribute{Name: "updated_at", AttributeDataType: "Number", DeveloperOnlyAttribute: &no, Mutable: &yes, Required: &no,
		NumberAttributeConstraints: &NumberConstraints{MinValue: "0"}})
}

// Attributes is the schema in force: the standard attributes as the pool
// changed them, then its own, named "custom:…" or "dev:custom:…".
func (s Settings) Attributes() []SchemaAttribute {
	out := standardSchema()
	for _, given := range s.Schema {
		if i := slices.IndexFunc(out, func(a SchemaAttribute) bool { return a.Name == given.Name }); i >= 0 {
			out[i] = out[i].changedBy(given)
			continue
		}
		out = append(out, given.custom())
	}
	return out
}

// Attribute finds an attribute of the schema by its full name.
func (s Settings) Attribute(name string) (SchemaAttribute, bool) {
	all := s.Attributes()
	i := slices.IndexFunc(all, func(a SchemaAttribute) bool { return a.Name == name })
	if i < 0 {
		return SchemaAttribute{}, false
	}
	return all[i], true
}

// Extended returns the settings with custom attributes beside those that they
// have (Cognito: AddCustomAttributes). Here every name is a custom attribute's,
// that of a standard one too.
func (s Settings) Extended(added []SchemaAttribute) (Settings, error) {
	s.Schema = slices.Clone(s.Schema)
	for _, a := range added {
		a.Name = a.custom().Name
		s.Schema = append(s.Schema, a)
	}
	var c checks
	s.checkSchema(&c)
	return s, c.err
}

// changedBy is a standard attribute with the members that a pool may change;
// the sub stays what it is.
func (a SchemaAttribute) changedBy(given SchemaAttribute) SchemaAttribute {
	if a.Name == "sub" {
		return a
	}
	if given.Mutable != nil {
		a.Mutable = given.Mutable
	}
	if given.Required != nil {
		a.Required = given.Required
	}
	if given.StringAttributeConstraints != nil && a.AttributeDataType == "String" {
		a.StringAttributeConstraints = given.StringAttributeConstraints
	}
	if given.NumberAttributeConstraints != nil && a.AttributeDataType == "Number" {
		a.NumberAttributeConstraints = given.NumberAttributeConstraints
	}
	return a
}

// bareName is a custom attribute's name without the prefixes that it has in
// the schema in force: a schema may be written either way.
func (a SchemaAttribute) bareName() string {
	return strings.TrimPrefix(strings.TrimPrefix(a.Name, "dev:"), "custom:")
}

// custom is a pool's own attribute with its full name and its defaults.
func (a SchemaAttribute) custom() SchemaAttribute {
	developer, mutable, required := a.IsDeveloperOnly() || strings.HasPrefix(a.Name, "dev:"), a.IsMutable(), false
	prefix := "custom:"
	if developer {
		prefix = "dev:custom:"
	}
	a.Name = prefix + a.bareName()
	a.DeveloperOnlyAttribute, a.Mutable, a.Required = &developer, &mutable, &required
	if a.AttributeDataType == "" {
		a.AttributeDataType = "String"
	}
	if a.AttributeDataType == "String" && a.StringAttributeConstraints == nil {
		a.StringAttributeConstraints = &StringConstraints{}
	}
	if a.AttributeDataType == "Number" && a.NumberAttributeConstraints == nil {
		a.NumberAttributeConstraints = &NumberConstraints{}
	}
	return a
}

// IsMutable says whether the attribute may change once it is set.
func (a SchemaAttribute) IsMutable() bool { return a.Mutable == nil || *a.Mutable }

// IsRequired says whether every new account needs the attribute.
func (a SchemaAttribute) IsRequired() bool { return a.Required != nil && *a.Required }

// IsDeveloperOnly says whether only operators may read and write it.
func (a SchemaAttribute) IsDeveloperOnly() bool {
	return a.DeveloperOnlyAttribute != nil && *a.DeveloperOnlyAttribute
}

// isStandard says whether every pool has the attribute.
func (a SchemaAttribute) isStandard() bool { return a.Name == a.bareName() }

// CheckValue refuses a value that the attribute cannot have. A blank value
// stands for none and passes.
func (a SchemaAttribute) CheckValue(value string) error {
	if err := CheckAttributeValue(a.Name, value); err != nil || value == "" {
		return err
	}
	switch a.Name {
	case "email":
		return CheckEmail("email", value)
	case "phone_number":
		return CheckPhone("phone_number", value)
	}
	if a.fits(value) {
		return nil
	}
	return refuse(InvalidParameter, "attribute_value", a.Name, "")
}

func (a SchemaAttribute) fits(value string) bool {
	switch a.AttributeDataType {
	case "Boolean":
		return value == "true" || value == "false"
	case "Number":
		return a.numberFits(value)
	case "String":
		return a.lengthFits(value)
	}
	return true // DateTime: Cognito keeps any text
}

func (a SchemaAttribute) numberFits(value string) bool {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil || !numberPattern.MatchString(value) {
		return false
	}
	within := func(bound string, ok func(float64) bool) bool {
		b, err := strconv.ParseFloat(bound, 64)
		return bound == "" || err != nil || ok(b)
	}
	c := a.NumberAttributeConstraints
	return c == nil || within(c.MinValue, func(b float64) bool { return n >= b }) && within(c.MaxValue, func(b float64) bool { return n <= b })
}

func (a SchemaAttribute) lengthFits(value string) bool {
	n := utf8.RuneCountInString(value)
	within := func(bound string, ok func(int) bool) bool {
		b, err := strconv.Atoi(bound)
		return bound == "" || err != nil || ok(b)
	}
	c := a.StringAttributeConstraints
	return c == nil || within(c.MinLength, func(b int) bool { return n >= b }) && within(c.MaxLength, func(b int) bool { return n <= b })
}

// checkSchema refuses a schema that Cognito does not allow.
func (s Settings) checkSchema(c *checks) {
	const field = "Schema"
	standard, seen, custom := standardSchema(), map[string]bool{}, 0
	for _, a := range s.Schema {
		c.oneOf(a.AttributeDataType, field, "String", "Number", "DateTime", "Boolean")
		name := a.custom().Name
		if i := slices.IndexFunc(standard, func(b SchemaAttribute) bool { return b.Name == a.Name }); i >= 0 {
			name = a.Name
			c.need((a.AttributeDataType == "" || a.AttributeDataType == standard[i].AttributeDataType) && !a.IsDeveloperOnly(), field,
				"You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute "+a.Name)
		} else {
			custom++
			c.notYet(a.Name, field, a.unlessLinked())
			c.need(customNamePattern.MatchString(a.bareName()), field, "a custom attribute's name has 1 to 20 characters")
			if a.IsRequired() {
				c.refuse(refuse(InvalidParameter, "custom_required", field, a.Name+" is a custom attribute, which cannot be required"))
			}
		}
		c.need(a.boundsFit(), field, name+": the constraints must be numbers, lengths from 0 to 2048, and the least not above the most")
		if seen[name] {
			e := refuse(InvalidParameter, "attribute_exists", field, name+": Existing attribute already has name "+name+".")
			e.Args["name"] = name
			c.refuse(e)
		}
		seen[name] = true
	}
	c.need(custom <= maxCustomAttributes, field, "at most 50 custom attributes")
}

// unlessLinked is the attribute's name, unless that is the one that Cognito
// adds to a pool with other identity providers.
func (a SchemaAttribute) unlessLinked() string {
	if a.Name == "identities" {
		return ""
	}
	return a.Name
}

func (a SchemaAttribute) boundsFit() bool {
	if c := a.NumberAttributeConstraints; c != nil && !boundsFit(c.MinValue, c.MaxValue, -math.MaxFloat64, math.MaxFloat64) {
		return false
	}
	c := a.StringAttributeConstraints
	return c == nil || boundsFit(c.MinLength, c.MaxLength, 0, maxAttributeValue) && !strings.Contains(c.MinLength+c.MaxLength, ".")
}

func boundsFit(least, most string, low, high float64) bool {
	read := func(bound string, otherwise float64) (float64, bool) {
		if bound == "" {
			return otherwise, true
		}
		n, err := strconv.ParseFloat(bound, 64)
		return n, err == nil && numberPattern.MatchString(bound) && n >= low && n <= high
	}
	l, okLeast := read(least, low)
	m, okMost := read(most, high)
	return okLeast && okMost && l <= m
}

// onlyGrew says whether the schema after has every attribute of the one before,
// unchanged, and custom ones beside them at most (Cognito: AddCustomAttributes).
func onlyGrew(before, after []SchemaAttribute) bool {
	for _, a := range before {
		i := slices.IndexFunc(after, func(b SchemaAttribute) bool { return b.Name == a.Name })
		if i < 0 || !reflect.DeepEqual(a, after[i]) {
			return false
		}
	}
	return true
}

var phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// CheckPhone refuses what is not a phone number in E.164 form: "+" and up to
// fifteen digits.
func CheckPhone(field, number string) error {
	if number == "" {
		return refuse(InvalidParameter, "required", field, "")
	}
	if !phonePattern.MatchString(number) {
		return refuse(InvalidParameter, "phone", field, "")
	}
	return nil
}

// verifiedFlags may be written by operators only; no client may.
var verifiedFlags = []string{"email_verified", "phone_number_verified"}

// MayRead says whether the client may see the attribute (Cognito:
// ReadAttributes; absent or empty: the standard attributes and the verified
// flags).
func (c ClientSettings) MayRead(a SchemaAttribute) bool {
	switch {
	case a.IsDeveloperOnly():
		return false
	case len(c.ReadAttributes) == 0:
		return a.isStandard()
	}
	return a.Name == "sub" || slices.Contains(c.ReadAttributes, a.Name)
}

// MayWrite says whether a person may set the attribute through the client
// (Cognito: WriteAttributes; absent or empty: the standard attributes). A
// custom attribute often says what somebody may do, so people change it only
// where the list names it.
func (c ClientSettings) MayWrite(a SchemaAttribute) bool {
	switch {
	case a.IsDeveloperOnly(), a.Name == "sub", slices.Contains(verifiedFlags, a.Name):
		return false
	case len(c.WriteAttributes) == 0:
		return a.isStandard()
	}
	return slices.Contains(c.WriteAttributes, a.Name)
}
