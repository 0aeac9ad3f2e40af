package model

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"iter"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SerializationError is a body that is no JSON, or has another JSON type in a
// place than the model: Cognito's SerializationException. Text is its message,
// often empty.
type SerializationError struct{ Text string }

func (e *SerializationError) Error() string {
	if e.Text == "" {
		return "the body is not a JSON object"
	}
	return e.Text
}

// Object is a structure as it was read: the members that were given and are not
// null, by name. The values are string, bool, json.Number, Object, []any,
// map[string]any (a map), []byte (a blob) and json.RawMessage (a document); an
// entry of a list or map may be nil for null.
type Object map[string]any

// Read takes a body apart by a structure's shape (AWS JSON 1.1 protocol):
// names count in their exact case, null is absent, unknown members are skipped.
// It fails with a *SerializationError.
func (s *Shape) Read(body []byte) (Object, error) {
	if !utf8.Valid(body) || kindOf(body) != '{' || !json.Valid(body) {
		return nil, &SerializationError{}
	}
	return s.readStructure(body)
}

// kindOf returns the first character of a JSON value.
func kindOf(raw []byte) byte {
	for _, c := range raw {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

func (s *Shape) read(raw json.RawMessage) (any, error) {
	kind := kindOf(raw)
	if kind == 'n' {
		return nil, nil
	}
	if s.Document {
		return raw, nil
	}
	if text := s.mismatch(kind, raw); text != "" {
		return nil, &SerializationError{text}
	}
	switch s.Type {
	case Structure:
		return s.readStructure(raw)
	case List:
		return s.readList(raw)
	case Map:
		return s.readMap(raw)
	case Boolean:
		return kind == 't', nil
	case Integer, Long, Timestamp:
		return s.readNumber(string(raw))
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, &SerializationError{}
	}
	if s.Type == Blob {
		return readBlob(text)
	}
	return text, nil
}

// parts walks over the members of an object, or over the elements of an array
// under the name "". Read has found the whole body valid, so nothing in it fails.
func parts(raw []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(raw))
		open, _ := d.Token()
		for d.More() {
			var name string
			if open == json.Delim('{') {
				token, _ := d.Token()
				name, _ = token.(string)
			}
			var part json.RawMessage
			if d.Decode(&part) != nil || !yield(name, part) {
				return
			}
		}
	}
}

func (s *Shape) readStructure(raw []byte) (Object, error) {
	given, err := named(raw, maxEntries)
	if err != nil || len(given) > maxEntries {
		return nil, &SerializationError{}
	}
	object := Object{}
	for _, m := range s.Members {
		part, there := given[m.Name]
		if !there {
			continue
		}
		v, err := m.Shape.read(part)
		if err != nil {
			return nil, err
		}
		if v != nil {
			object[m.Name] = v
		}
	}
	return object, nil
}

// named takes an object apart. Of more members than most it returns one too many;
// where they are so many by naming some again and again, it fails.
func named(raw []byte, most int64) (map[string]json.RawMessage, error) {
	given, n := map[string]json.RawMessage{}, int64(0)
	for name, part := range parts(raw) {
		given[name] = part
		if n++; n > most {
			break
		}
	}
	if n > most && int64(len(given)) <= most {
		return nil, &SerializationError{}
	}
	return given, nil
}

// readList reads a list that is too long until that is seen.
func (s *Shape) readList(raw []byte) (any, error) {
	list := []any{}
	for _, part := range parts(raw) {
		v, err := s.Element.read(part)
		if err != nil {
			return nil, err
		}
		if list = append(list, v); int64(len(list)) > *s.Max {
			break
		}
	}
	return list, nil
}

// readMap reads a map that is too long until that is seen.
func (s *Shape) readMap(raw []byte) (any, error) {
	given, err := named(raw, *s.Max)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(given))
	for _, key := range slices.Sorted(maps.Keys(given)) { // so that the first error is always the same
		v, err := s.Element.read(given[key])
		if err != nil {
			return nil, err
		}
		// The parameters of a sign-in are the sensitive maps. In them null is absent
		// too: amazon-cognito-identity-js refreshes with a DEVICE_KEY of null.
		if v != nil || !s.Sensitive || int64(len(given)) > *s.Max { // one that is too long is not made shorter
			out[key] = v
		}
	}
	return out, nil
}

// readNumber takes whole numbers in every spelling (1, 1.0, 1e1) within 32 or
// 64 bits, and any number for a time.
func (s *Shape) readNumber(text string) (any, error) {
	if s.Type == Timestamp {
		return json.Number(text), nil
	}
	limit := map[string]int{Integer: 32, Long: 64}[s.Type]
	if n, err := strconv.ParseInt(text, 10, limit); err == nil {
		return json.Number(strconv.FormatInt(n, 10)), nil
	}
	// An exponent is bounded before big.Rat writes it out.
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(text) <= 32 && len(exponent) <= 3 {
		if r, ok := new(big.Rat).SetString(text); ok && r.IsInt() && r.Num().BitLen() < limit {
			return json.Number(r.Num().String()), nil
		}
	}
	return nil, &SerializationError{token('0', []byte(text)) + " can not be converted to " + article(s.Type)}
}

func readBlob(text string) (any, error) {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, &SerializationError{"only base-64-encoded strings are convertible to bytes"}
	}
	return b, nil
}

// mismatch says what is wrong with a value that begins with kind, "" if nothing
// is. The texts are those of AWS's JSON services.
func (s *Shape) mismatch(kind byte, raw []byte) string {
	number := kind == '-' || kind >= '0' && kind <= '9'
	switch s.Type {
	case Structure, Map:
		switch kind {
		case '{':
			return ""
		case '[':
			return "Unrecognized collection type"
		}
		return "Unexpected field type"
	case List:
		switch kind {
		case '[':
			return ""
		case '{':
			return "Start of structure or map found where not expected."
		}
		return "Unexpected field type"
	}
	switch {
	case kind == '{':
		return "Start of structure or map found where not expected."
	case kind == '[':
		return "Unrecognized collection type"
	case s.fits(kind, number):
		return ""
	case s.Type == Blob:
		return "only base-64-encoded strings are convertible to bytes"
	}
	return token(kind, raw) + " can not be converted to " + article(s.Type)
}

func (s *Shape) fits(kind byte, number bool) bool {
	switch s.Type {
	case Boolean:
		return kind == 't' || kind == 'f'
	case Integer, Long, Timestamp:
		return number
	}
	return kind == '"'
}

// token names a JSON value as the parser of AWS's services does.
func token(kind byte, raw []byte) string {
	switch kind {
	case '"':
		return "STRING_VALUE"
	case 't':
		return "TRUE_VALUE"
	case 'f':
		return "FALSE_VALUE"
	}
	if strings.ContainsAny(string(raw), ".eE") {
		return "DECIMAL_VALUE"
	}
	return "NUMBER_VALUE"
}

func article(shapeType string) string {
	switch shapeType {
	case Integer:
		return "an Integer"
	case Long:
		return "a Long"
	case Boolean:
		return "a Boolean"
	case Timestamp:
		return "a Timestamp"
	}
	return "a String"
}
