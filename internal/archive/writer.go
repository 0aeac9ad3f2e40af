package archive

import (
	"bufio"
	"errors"
	"hash"
	"io"

	"github.com/go-json-experiment/json"
)

// Header is what the first line says of a file: whose lines these are, in which
// version of their form, and where they come from.
type Header struct {
	Format  string
	Version int
	Source  string
}

// header is the first line; KDF is left out where nothing is sealed.
type header struct {
	Header `json:",inline"`
	KDF    *kdf `json:",omitzero"`
}

// end is the last line.
type end struct {
	End struct {
		Count  int64
		Digest []byte
	}
}

// endMark begins the last line, and no other.
const endMark = `{"End":`

// MaxLine bounds a line, in bytes.
const MaxLine = 1 << 20

// Passphrase opens a file. Without Text nothing is sealed and nothing proves who
// wrote the file; Costs are those of a new one.
type Passphrase struct {
	Text  []byte
	Costs Costs
}

// Writer writes a file. It is whole only after Close.
type Writer struct {
	out    *bufio.Writer
	keys   *keys // nil: nothing is sealed
	header []byte
	digest hash.Hash
	count  int64
}

// NewWriter begins a file.
func NewWriter(out io.Writer, h Header, p Passphrase) (*Writer, error) {
	w, first := &Writer{out: bufio.NewWriterSize(out, 64<<10)}, header{Header: h}
	if p.Text != nil {
		var err error
		if w.keys, first.KDF, err = newKeys(p.Text, p.Costs); err != nil {
			return nil, err
		}
	}
	w.digest = w.keys.running()
	line, err := encode(first)
	if err != nil {
		return nil, err
	}
	w.header = line
	return w, w.write(line)
}

// Seal makes a box that opens in this file and under this label alone.
func (w *Writer) Seal(label string, plain []byte) ([]byte, error) {
	if w.keys == nil {
		return nil, errors.New("archive: a secret in a file without a passphrase")
	}
	return w.keys.box.Seal(nil, nil, plain, binding(w.header, label)), nil
}

// Line writes a record, a JSON object that does not begin with a member "End".
func (w *Writer) Line(record any) error {
	line, err := encode(record)
	if err != nil {
		return err
	}
	if len(line) > MaxLine {
		return ErrTooLong
	}
	w.count++
	return w.write(line)
}

// Count is how many records were written.
func (w *Writer) Count() int64 { return w.count }

// Close writes the last line. It does not close what it writes to.
func (w *Writer) Close() error {
	var last end
	last.End.Count, last.End.Digest = w.count, w.digest.Sum(nil)
	line, err := encode(last)
	if err != nil {
		return err
	}
	if err := w.write(line); err != nil {
		return err
	}
	return w.out.Flush()
}

func (w *Writer) write(line []byte) error {
	line = append(line, '\n')
	w.digest.Write(line)
	_, err := w.out.Write(line)
	return err
}

// encode spells a value in one way always: members of maps in their order.
func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }
