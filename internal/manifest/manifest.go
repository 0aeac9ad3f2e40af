// Package manifest reads JSON documents that people write by hand: strictly,
// and with errors that lead to the member at fault. It knows nothing of what
// the members mean. Start reading at [Read].
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxSize bounds a document, in bytes.
const MaxSize = 8 << 20

// Read decodes one JSON value (RFC 8259) into into, a pointer. Member names
// must be spelt exactly; a member that into does not have, a repeated one, and
// anything after the value are errors. The error names the line and the path of
// the member.
func Read(doc []byte, into any) error {
	if len(doc) > MaxSize {
		return fmt.Errorf("the document has more than %d bytes", MaxSize)
	}
	if err := json.Unmarshal(doc, into, json.RejectUnknownMembers(true)); err != nil {
		return explain(doc, err)
	}
	return nil
}

func explain(doc []byte, err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		reason := "does not fit here"
		switch {
		case errors.Is(err, json.ErrUnknownName):
			reason = "there is no such member"
		case semantic.Err != nil:
			reason = semantic.Err.Error()
		case semantic.GoType != nil:
			reason = fmt.Sprintf("a JSON %s does not fit here", semantic.JSONKind)
		}
		return at(doc, semantic.ByteOffset, semantic.JSONPointer, reason)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return at(doc, syntactic.ByteOffset, syntactic.JSONPointer, strings.TrimPrefix(syntactic.Err.Error(), "jsontext: "))
	}
	return err
}

func at(doc []byte, offset int64, path jsontext.Pointer, reason string) error {
	line := 1 + bytes.Count(doc[:min(max(offset, 0), int64(len(doc)))], []byte("\n"))
	name := strings.ReplaceAll(strings.TrimPrefix(string(path), "/"), "/", ".")
	if name == "" {
		return fmt.Errorf("line %d: %s", line, reason)
	}
	return fmt.Errorf("line %d, %s: %s", line, name, reason)
}
