package csvrows

import (
	"errors"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// all reads every row of a text.
func all(t testing.TB, text string) []Row {
	t.Helper()
	var rows []Row
	r := NewReader(strings.NewReader(text), Place{})
	for {
		row, err := r.Next()
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

func TestCells(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"a,b,c":                {"a", "b", "c"},
		"a":                    {"a"},
		",":                    {"", ""},
		" a , b\t,":            {"a", "b", ""},
		`Doe\, Ann,x`:          {"Doe, Ann", "x"},
		`\,`:                   {","},
		`a\\,b`:                {`a\,b`},
		`C:\dir,x`:             {`C:\dir`, "x"},
		`"Doe, Ann",x`:         {"Doe, Ann", "x"},
		`"say ""hi""" , x`:     {`say "hi"`, "x"},
		`"a\, b",`:             {"a, b", ""},
		`""`:                   {""},
		`5" disk,x`:            {`5" disk`, "x"},
		`{"formatted":"1\,2"}`: {`{"formatted":"1,2"}`},
		"Zoë,日本":               {"Zoë", "日本"},
	} {
		rows := all(t, line)
		if len(rows) != 1 || rows[0].Err != nil || !reflect.DeepEqual(rows[0].Cells, want) {
			t.Errorf("%q: %v, want %q", line, rows, want)
		}
	}
}

func TestFaultyRows(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]error{
		`"open`:                            ErrQuote,
		`a,"open,b`:                        ErrQuote,
		`"a"b,c`:                           ErrQuote,
		"a\x00b":                           ErrText,
		"a\xffb":                           ErrText,
		strings.Repeat("ä", MaxRow+1):      ErrLong,
		strings.Repeat("x", 300_000):       ErrLong,
		strings.Repeat(",", MaxRow+1):      ErrLong,
		"\xff\xfea\x00,\x00b\x00":          ErrText,
		"\x1f\x8b\x08\x00\x00\x00\x00\x00": ErrText,
	} {
		rows := all(t, line+"\nnext,row\n")
		if len(rows) != 2 || !errors.Is(rows[0].Err, want) || rows[0].Cells != nil || !reflect.DeepEqual(rows[1].Cells, []string{"next", "row"}) || rows[1].Line != 2 {
			t.Errorf("%.20q: %v, want %v and the next row", line, rows, want)
		}
	}
	if rows := all(t, strings.Repeat("ä", MaxRow)); len(rows) != 1 || rows[0].Err != nil {
		t.Error("a row of the greatest length is refused")
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	rows := all(t, "\ufeffa\r\n\r\n  \nb\n\ufeffc")
	want := []Row{
		{Line: 1, Cells: []string{"a"}, After: Place{6, 1}},
		{Line: 4, Cells: []string{"b"}, After: Place{13, 4}},
		{Line: 5, Cells: []string{"\ufeffc"}, After: Place{17, 5}},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%+v, want %+v", rows, want)
	}
	if rows := all(t, ""); rows != nil {
		t.Errorf("nothing has the rows %v", rows)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadingFails(t *testing.T) {
	t.Parallel()
	r := NewReader(io.MultiReader(strings.NewReader("a\nhalf a ro"), broken{}), Place{})
	if row, err := r.Next(); err != nil || row.Line != 1 {
		t.Errorf("the first row: %v, %v", row, err)
	}
	if row, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a row is %v, %v", row, err)
	}
}

// letters gives the same letter, so many times.
type letters struct {
	letter byte
	left   int
}

func (l *letters) Read(b []byte) (int, error) {
	if l.left == 0 {
		return 0, io.EOF
	}
	n := min(len(b), l.left)
	for i := range n {
		b[i] = l.letter
	}
	l.left -= n
	return n, nil
}

// A line of 100 MB, of commas or of anything, takes no memory to speak of.
func TestALongLineTakesNoMemory(t *testing.T) {
	for _, letter := range []byte{'x', ',', '"', 0} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := NewReader(io.MultiReader(&letters{letter, 100 << 20}, strings.NewReader("\nlast")), Place{})
		row, err := r.Next()
		if err != nil || !errors.Is(row.Err, ErrLong) || row.After != (Place{100<<20 + 1, 1}) {
			t.Fatalf("%q: %v, %v", letter, row, err)
		}
		if row, err = r.Next(); err != nil || row.Line != 2 || row.Cells[0] != "last" {
			t.Fatalf("%q: after it %v, %v", letter, row, err)
		}
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
			t.Errorf("%q: %d bytes were allocated", letter, used)
		}
	}
}

// Whatever the bytes: the rows cover them in order, and reading on after any of
// them finds the same rows as reading through.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"", "a,b\n", "\ufeffa\\,b,\"c\"\"\"\r\n\n,,\n", "\"open\n\x00\xff", "\r\r\n", strings.Repeat("x,", 9000) + "\ny"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows := all(t, text)
		at := Place{}
		for i, row := range rows {
			if row.After.Offset <= at.Offset || row.After.Line <= at.Line || row.Line != row.After.Line {
				t.Fatalf("row %d goes from %v to %v", i, at, row.After)
			}
			if (row.Err == nil) != (len(row.Cells) > 0) || len(row.Cells) > MaxRow+1 {
				t.Fatalf("row %d has %d cells and the error %v", i, len(row.Cells), row.Err)
			}
			for _, cell := range row.Cells {
				if cell != strings.TrimSpace(cell) || strings.ContainsAny(cell, "\n\x00") {
					t.Fatalf("row %d has the cell %q", i, cell)
				}
			}
			at = row.After
			if i > 20 {
				continue
			}
			r := NewReader(strings.NewReader(text[at.Offset:]), at)
			for _, want := range rows[i+1:] {
				if got, err := r.Next(); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("after row %d: %v, %v, want %v", i, got, err, want)
				}
			}
		}
		if at.Offset > int64(len(text)) {
			t.Fatalf("%d bytes of %d were read", at.Offset, len(text))
		}
	})
}
