package archive

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Why a file is refused.
var (
	ErrPassphrase = errors.New("the passphrase is not the one that the file was written with, or the first line was changed")
	ErrNeeds      = errors.New("the file is sealed: its passphrase is needed")
	ErrNotSealed  = errors.New("the file is not sealed, so nothing proves that it is the one which was written: it is not read with a passphrase")
	ErrKDF        = errors.New("the key is derived in a way that is not known here")
	ErrFormat     = errors.New("this is no such file")
	ErrTooLong    = fmt.Errorf("the line has more than %d bytes", MaxLine)
	ErrUnfinished = errors.New("the file ends before its last line: it was cut off")
	ErrChanged    = errors.New("the file is not the one that was written: lines were changed, left out or put in")
	ErrMore       = errors.New("there is more after the last line")
	ErrForeignBox = errors.New("what is sealed here was changed, or belongs to another record or another file")
	errEmpty      = errors.New("the line is empty")
)

// LineError says at which line of a file something is wrong. It wraps the reason.
type LineError struct {
	Line int
	Err  error
}

// Error gives the line and the reason: no more of what a file says than a
// terminal can show.
func (e *LineError) Error() string {
	why := []rune(e.Err.Error())
	if len(why) > maxReason {
		why = append(why[:maxReason], '…')
	}
	return fmt.Sprintf("line %d: %s", e.Line, strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(why)))
}

const maxReason = 300 // runes

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads a file.
type Reader struct {
	Source string // where the records come from

	lines  *bufio.Scanner
	number int
	keys   *keys
	header []byte
	digest hash.Hash
	count  int64
}

// NewReader reads the first line, which must be of the format and of no later
// version. A file that was sealed is read with its passphrase, any other without
// one. Errors are [LineError]s, or those of in.
func NewReader(in io.Reader, want Header, passphrase []byte) (*Reader, error) {
	r := &Reader{lines: bufio.NewScanner(in)}
	r.lines.Buffer(make([]byte, 0, 64<<10), MaxLine+2) // and how the line ends
	line, err := r.line()
	if errors.Is(err, ErrUnfinished) {
		err = ErrFormat
	}
	if err == nil {
		err = r.begin(line, want, passphrase)
	}
	return r, r.here(err)
}

func (r *Reader) begin(line []byte, want Header, passphrase []byte) error {
	var what struct{ Format, Version any }
	if err := json.Unmarshal(line, &what); err != nil || what.Format != want.Format {
		return ErrFormat
	}
	if version, ok := what.Version.(float64); ok && version > float64(want.Version) {
		return fmt.Errorf("the file is of version %v, this program knows %d: a newer one wrote it", version, want.Version)
	}
	var h header
	if err := Decode(line, &h); err != nil {
		return err
	}
	switch {
	case h.Version != want.Version:
		return ErrFormat
	case h.KDF == nil && passphrase != nil:
		return ErrNotSealed
	case h.KDF != nil && passphrase == nil:
		return ErrNeeds
	}
	if h.KDF != nil {
		var err error
		if r.keys, err = h.KDF.open(passphrase); err != nil {
			return err
		}
	}
	r.Source, r.header, r.digest = h.Source, slices.Clone(line), r.keys.running()
	r.take(line)
	return nil
}

// Next reads a record into a pointer to a struct: strictly, a member that the
// struct does not have is an error. At the end of a whole file it gives io.EOF.
func (r *Reader) Next(record any) error {
	line, err := r.line()
	if err != nil {
		return r.here(err)
	}
	if bytes.HasPrefix(line, []byte(endMark)) {
		return r.here(r.finish(line))
	}
	r.take(line)
	r.count++
	return r.here(Decode(line, record))
}

// Line is the number of the line that was read last; the header has 1.
func (r *Reader) Line() int { return r.number }

// Sum is a digest of all that was read so far: the same as long as the lines are.
func (r *Reader) Sum() []byte { return r.digest.Sum(nil) }

// Open opens a box of this file that was sealed under the label.
func (r *Reader) Open(label string, sealed []byte) ([]byte, error) {
	if r.keys == nil {
		return nil, r.here(ErrForeignBox)
	}
	plain, err := r.keys.box.Open(nil, nil, sealed, binding(r.header, label))
	if err != nil {
		return nil, r.here(ErrForeignBox)
	}
	return plain, nil
}

func (r *Reader) finish(line []byte) error {
	var last end
	if err := Decode(line, &last); err != nil {
		return err
	}
	if last.End.Count != r.count || !hmac.Equal(last.End.Digest, r.digest.Sum(nil)) {
		return ErrChanged
	}
	// What says the same in other letters (base64 has spare bits) was changed too.
	if written, err := encode(last); err != nil || !bytes.Equal(line, written) {
		return ErrChanged
	}
	if _, err := r.line(); !errors.Is(err, ErrUnfinished) {
		if err == nil {
			err = ErrMore
		}
		return err
	}
	return io.EOF
}

// line reads a line, whether it ends as on Unix or as on Windows.
func (r *Reader) line() ([]byte, error) {
	if r.lines.Scan() {
		r.number++
		if line := r.lines.Bytes(); len(line) <= MaxLine {
			return line, nil
		}
		return nil, ErrTooLong
	}
	err := r.lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		r.number++
		return nil, ErrTooLong
	}
	if err == nil {
		err = ErrUnfinished
	}
	return nil, err
}

func (r *Reader) take(line []byte) {
	r.digest.Write(line)
	r.digest.Write([]byte{'\n'})
}

// here adds the line to what is wrong with it.
func (r *Reader) here(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &LineError{r.number, err}
}

// Decode reads JSON as a record must be: no member that into does not have, none twice.
func Decode(line []byte, into any) error {
	if len(line) == 0 {
		return errEmpty
	}
	err := json.Unmarshal(line, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		at := strings.ReplaceAll(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "/", ".")
		why := fmt.Sprintf("a JSON %s does not fit here", semantic.JSONKind)
		if errors.Is(err, json.ErrUnknownName) {
			why = "there is no such member"
		}
		return errors.New(strings.TrimPrefix(at+": "+why, ": "))
	}
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("byte %d: %s", syntactic.ByteOffset, strings.TrimPrefix(syntactic.Err.Error(), "jsontext: "))
	}
	return err
}
