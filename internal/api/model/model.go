package model

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

//go:embed cognito-idp.model.json
var baseJSON []byte

//go:embed additions.json
var additionsJSON []byte

// The types of shapes.
const (
	Structure = "structure"
	List      = "list"
	Map       = "map"
	String    = "string"
	Boolean   = "boolean"
	Integer   = "integer"
	Long      = "long"
	Timestamp = "timestamp"
	Blob      = "blob"
)

// Model is the API. It is read-only after Load.
type Model struct {
	TargetPrefix string // what stands before the dot of X-Amz-Target
	Operations   map[string]*Operation
	Shapes       map[string]*Shape
}

// Operation is one call of the API.
type Operation struct {
	Name   string
	Auth   string // "sigv4", or "none" where the body itself says who calls
	Input  *Shape
	Output *Shape   // nil where the answer has no body
	Errors []string // the exceptions it declares
}

// Shape is one type of the API. Which members are set depends on Type.
type Shape struct {
	Name      string
	Type      string
	Members   []Member // of a structure, in the model's order
	Element   *Shape   // of a list; of a map's values
	Key       *Shape   // of a map's keys
	Min, Max  *int64   // length of strings (characters), blobs (bytes), lists and maps (entries; never without a Max); value of numbers
	Pattern   string   // a Java regular expression that must match all of a string
	Enum      []string
	Sensitive bool // its values are never printed
	Exception bool
	Document  bool // any JSON

	matcher func() *regexp.Regexp
}

// Member is one member of a structure.
type Member struct {
	Name     string
	Shape    *Shape
	Required bool
}

// Two patterns are matched by others than are shown. lookBehind is the one that
// Go's regular expressions cannot say: a bucket's name does not end in a dot.
// prefix is published for all domains, but custom ones have dots.
const (
	lookBehind   = `^[0-9A-Za-z\.\-_]*(?<!\.)$`
	noLookBehind = `([0-9A-Za-z\.\-_]*[0-9A-Za-z\-_])?`

	prefix       = `^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$`
	prefixOrHost = `^[a-z0-9](?:[a-z0-9\-.]*[a-z0-9])?$`
)

// Load reads the embedded model and its additions. An error means that one of
// the two files is broken; it names the place.
func Load() (*Model, error) {
	var base, more file
	if err := json.Unmarshal(baseJSON, &base); err != nil {
		return nil, fmt.Errorf("model: cognito-idp.model.json: %w", err)
	}
	if err := json.Unmarshal(additionsJSON, &more); err != nil {
		return nil, fmt.Errorf("model: additions.json: %w", err)
	}
	if err := base.add(more); err != nil {
		return nil, fmt.Errorf("model: additions.json: %w", err)
	}
	return base.link()
}

// file is the form of both files; names stand where pointers will be. Members
// and Optional change structures of the base.
type file struct {
	TargetPrefix string
	Operations   map[string]fileOperation
	Shapes       map[string]fileShape
	Members      map[string]members
	Optional     map[string][]string
}

type fileOperation struct {
	Auth, Input, Output string
	Errors              []string
}

type fileShape struct {
	Type, Key, Value, Member       string
	Members                        members
	Required, Enum                 []string
	Min, Max                       *int64
	Pattern                        string
	Sensitive, Exception, Document bool
}

// members keeps the order in which a structure's members are written.
type members []struct{ name, shape string }

// UnmarshalJSON reads an object of strings.
func (m *members) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var shape string
		if err := dec.Decode(&shape); err != nil {
			return err
		}
		*m = append(*m, struct{ name, shape string }{fmt.Sprint(name), shape})
	}
	return nil
}

func (f *file) add(more file) error {
	for name, op := range more.Operations {
		if _, there := f.Operations[name]; there {
			return fmt.Errorf("operation %s is there already", name)
		}
		f.Operations[name] = op
	}
	for name, shape := range more.Shapes {
		if _, there := f.Shapes[name]; there {
			return fmt.Errorf("shape %s is there already", name)
		}
		f.Shapes[name] = shape
	}
	for name, extra := range more.Members {
		shape := f.Shapes[name]
		shape.Members = append(shape.Members, extra...)
		f.Shapes[name] = shape
	}
	for name, optional := range more.Optional {
		shape := f.Shapes[name]
		shape.Required = slices.DeleteFunc(shape.Required, func(m string) bool { return slices.Contains(optional, m) })
		f.Shapes[name] = shape
	}
	return nil
}

func (f *file) link() (*Model, error) {
	m := &Model{TargetPrefix: f.TargetPrefix, Operations: map[string]*Operation{}, Shapes: map[string]*Shape{}}
	for name, s := range f.Shapes {
		m.Shapes[name] = &Shape{
			Name: name, Type: s.Type, Min: s.Min, Max: s.max(), Pattern: s.Pattern, Enum: s.Enum,
			Sensitive: s.Sensitive, Exception: s.Exception, Document: s.Document, matcher: matcher(s.Pattern),
		}
	}
	var missing []string
	find := func(name string) *Shape {
		if name != "" && m.Shapes[name] == nil {
			missing = append(missing, name)
		}
		return m.Shapes[name]
	}
	for name, s := range f.Shapes {
		shape := m.Shapes[name]
		shape.Element, shape.Key = find(s.Member+s.Value), find(s.Key)
		for _, member := range s.Members {
			shape.Members = append(shape.Members, Member{member.name, find(member.shape), slices.Contains(s.Required, member.name)})
		}
	}
	for name, op := range f.Operations {
		m.Operations[name] = &Operation{Name: name, Auth: op.Auth, Input: find(op.Input), Output: find(op.Output), Errors: op.Errors}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("model: shapes are named that do not exist: %v", missing)
	}
	return m, nil
}

// maxEntries bounds the lists and maps that AWS's model leaves without a bound.
const maxEntries = 1000

func (s fileShape) max() *int64 {
	if s.Max == nil && (s.Type == List || s.Type == Map) {
		return new(int64(maxEntries))
	}
	return s.Max
}

// matcher compiles a pattern when it is first needed. Java matches a whole
// string where Go looks for a part.
func matcher(pattern string) func() *regexp.Regexp {
	switch pattern {
	case lookBehind:
		pattern = noLookBehind
	case prefix:
		pattern = prefixOrHost
	}
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\A(?:` + pattern + `)\z`) })
}

// Matches says whether the whole text matches the shape's pattern; without one
// everything does.
func (s *Shape) Matches(text string) bool { return s.Pattern == "" || s.matcher().MatchString(text) }
