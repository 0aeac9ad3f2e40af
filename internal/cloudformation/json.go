package cloudformation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// json reads a template in JSON (RFC 8259).
func (r *reader) json(template []byte) (*node, error) {
	j := &jsonReader{reader: r, text: template, from: json.NewDecoder(bytes.NewReader(template)), line: 1}
	j.from.UseNumber()
	root, err := j.value(1)
	if err != nil {
		return nil, err
	}
	if _, err := j.from.Token(); !errors.Is(err, io.EOF) {
		return nil, j.wrong("something follows the template")
	}
	return root, nil
}

type jsonReader struct {
	*reader
	text    []byte
	from    *json.Decoder
	line    int
	counted int64 // the offset up to which lines are counted
}

// next returns the next token and moves line to where it ends.
func (j *jsonReader) next() (json.Token, error) {
	token, err := j.from.Token()
	offset := j.from.InputOffset()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(j.counted, min(syntax.Offset, int64(len(j.text))))
	}
	j.line += bytes.Count(j.text[j.counted:offset], []byte("\n"))
	j.counted = offset
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, j.wrong("the JSON ends too early")
	case err != nil:
		return nil, j.wrong(strings.TrimPrefix(err.Error(), "json: "))
	}
	return token, nil
}

func (j *jsonReader) wrong(reason string) error { return Problems{{Line: j.line, Reason: reason}} }

func (j *jsonReader) value(depth int) (*node, error) {
	token, err := j.next()
	if err == nil {
		err = j.more(j.line, depth)
	}
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return j.list(depth)
		}
		return j.object(depth)
	case json.Number:
		return scalarOf(number, v.String(), j.line)
	case bool:
		return scalarOf(truth, map[bool]string{true: "true", false: "false"}[v], j.line)
	case string:
		return scalarOf(text, v, j.line)
	}
	return nil, j.wrong("null is not allowed in a template: leave the member out")
}

func (j *jsonReader) list(depth int) (*node, error) {
	n := &node{kind: list, line: j.line}
	for j.from.More() {
		item, err := j.value(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := j.next() // the bracket
	return n, err
}

func (j *jsonReader) object(depth int) (*node, error) {
	n := &node{kind: object, line: j.line}
	seen := map[string]bool{}
	for j.from.More() {
		token, err := j.next()
		if err != nil {
			return nil, err
		}
		name, line := token.(string), j.line // the decoder takes nothing else for a name
		if seen[name] {
			return nil, twice(line, name)
		}
		seen[name] = true
		item, err := j.value(depth + 1)
		if err == nil {
			err = n.add(name, line, item)
		}
		if err != nil {
			return nil, err
		}
		item.line = line
	}
	_, err := j.next() // the brace
	return n, err
}

// outerNames are the names of the members of a JSON object, up to where it is
// broken.
func outerNames(text []byte) (names []string) {
	from := json.NewDecoder(bytes.NewReader(text))
	if _, err := from.Token(); err != nil {
		return nil
	}
	for from.More() {
		name, err := from.Token()
		if err != nil {
			return names
		}
		words, _ := name.(string) // nothing else stands there
		names = append(names, words)
		var value json.RawMessage
		if err := from.Decode(&value); err != nil {
			return names
		}
	}
	return names
}
