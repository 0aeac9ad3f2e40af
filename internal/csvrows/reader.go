package csvrows

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxRow is how long a row may be, in characters (Cognito's).
const MaxRow = 16_000

// What can be wrong with a row.
var (
	ErrLong  = errors.New("the row is longer than 16,000 characters")
	ErrText  = errors.New("the row is not UTF-8 text")
	ErrQuote = errors.New("a quotation mark is not closed, or text follows the closing one")
)

// Place is a position between two rows: how many bytes and lines lie before it.
type Place struct{ Offset, Line int64 }

// Row is one line that is not blank. Line counts from 1, with the blank ones;
// After is where the next row begins. Err says why there are no cells.
type Row struct {
	Line  int64
	Cells []string
	After Place
	Err   error
}

// Reader reads rows. Its memory is that of one row, whatever it reads.
type Reader struct {
	r    *bufio.Reader
	at   Place
	line []byte
}

// NewReader reads on in a file from the place at, which is where r begins.
func NewReader(r io.Reader, at Place) *Reader {
	return &Reader{r: bufio.NewReader(r), at: at}
}

// Next returns the next row, io.EOF after the last, or the error of reading.
func (r *Reader) Next() (Row, error) {
	for {
		long, err := r.readLine()
		if err != nil {
			return Row{}, err
		}
		line := bytes.TrimSuffix(bytes.TrimSuffix(r.line, []byte("\n")), []byte("\r"))
		if r.at.Line == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) == 0 && !long {
			continue
		}
		row := Row{Line: r.at.Line, After: r.at}
		switch {
		case long || utf8.RuneCount(line) > MaxRow:
			row.Err = ErrLong
		case !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0:
			row.Err = ErrText
		default:
			row.Cells, row.Err = split(string(line))
		}
		return row, nil
	}
}

// readLine puts the next line, with its end, into r.line and moves the place
// behind it. Of a line that can be no row it keeps nothing: long.
func (r *Reader) readLine() (long bool, err error) {
	const most = MaxRow*utf8.UTFMax + len("\ufeff\r\n")
	r.line = r.line[:0]
	for {
		part, err := r.r.ReadSlice('\n')
		r.at.Offset += int64(len(part))
		if long = long || len(r.line)+len(part) > most; !long {
			r.line = append(r.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && (len(r.line) > 0 || long):
		case err != nil:
			return false, err
		}
		r.at.Line++
		return long, nil
	}
}

// split cuts a line into its cells.
func split(line string) ([]string, error) {
	var cells []string
	for {
		cell, rest, more, err := first(line)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if !more {
			return cells, nil
		}
		line = rest
	}
}

// first takes the first cell off a line; more says that a comma ended it.
func first(line string) (cell, rest string, more bool, err error) {
	if trimmed := strings.TrimLeft(line, " \t"); strings.HasPrefix(trimmed, `"`) {
		return quoted(trimmed[1:])
	}
	end := 0
	for ; end < len(line) && (line[end] != ',' || end > 0 && line[end-1] == '\\'); end++ {
	}
	cell = strings.TrimSpace(strings.ReplaceAll(line[:end], `\,`, ","))
	if end == len(line) {
		return cell, "", false, nil
	}
	return cell, line[end+1:], true, nil
}

// quoted reads a cell whose opening quotation mark is behind; two stand for one.
func quoted(line string) (cell, rest string, more bool, err error) {
	var b strings.Builder
	for {
		text, after, closed := strings.Cut(line, `"`)
		b.WriteString(text)
		if !closed {
			return "", "", false, ErrQuote
		}
		if strings.HasPrefix(after, `"`) {
			b.WriteByte('"')
			line = after[1:]
			continue
		}
		cell = strings.TrimSpace(strings.ReplaceAll(b.String(), `\,`, ","))
		switch after = strings.TrimLeft(after, " \t"); {
		case after == "":
			return cell, "", false, nil
		case after[0] == ',':
			return cell, after[1:], true, nil
		}
		return "", "", false, ErrQuote
	}
}
