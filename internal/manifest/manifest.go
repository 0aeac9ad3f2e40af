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
// anything after the value are errors. An [Error] names the line and the path of
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

// Error says where a document is wrong, and why. It wraps the reason.
type Error struct {
	Line   int
	Member string // the path, "UserPools.0.Policies"; "" for the document itself
	Err    error
}

// Error gives the line, the member and the reason.
func (e *Error) Error() string {
	if e.Member == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d, %s: %v", e.Line, e.Member, e.Err)
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// ErrNoMember is the reason for a member that is not known.
var ErrNoMember = errors.New("there is no such member")

func explain(doc []byte, err error) error {
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		reason := errors.New("does not fit here")
		switch {
		case errors.Is(err, json.ErrUnknownName):
			reason = ErrNoMember
		case semantic.Err != nil:
			reason = semantic.Err
		case semantic.GoType != nil:
			reason = fmt.Errorf("a JSON %s does not fit here", semantic.JSONKind)
		}
		return at(doc, semantic.ByteOffset, semantic.JSONPointer, reason)
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return at(doc, syntactic.ByteOffset, syntactic.JSONPointer, errors.New(strings.TrimPrefix(syntactic.Err.Error(), "jsontext: ")))
	}
	return err
}

func at(doc []byte, offset int64, path jsontext.Pointer, reason error) error {
	line := 1 + bytes.Count(doc[:min(max(offset, 0), int64(len(doc)))], []byte("\n"))
	return &Error{line, strings.ReplaceAll(strings.TrimPrefix(string(path), "/"), "/", "."), reason}
}
