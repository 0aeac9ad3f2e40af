package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/archive"
)

var (
	format = archive.Header{Format: "things", Version: 1}
	sealed = archive.Passphrase{Text: []byte("a long passphrase"), Costs: archive.Light()}
)

type thing struct {
	Name   string
	Secret []byte `json:",omitzero"`
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// file holds the things, with their names as secrets where it is sealed.
func file(t testing.TB, p archive.Passphrase, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	h := format
	h.Source = "here"
	w, err := archive.NewWriter(&out, h, p)
	must(t, err)
	for _, name := range names {
		one := thing{Name: name}
		if p.Text != nil {
			one.Secret, err = w.Seal(name, []byte("secret of "+name))
			must(t, err)
		}
		must(t, w.Line(one))
	}
	must(t, w.Close())
	return out.Bytes()
}

// read returns the secrets, or the names where nothing is sealed.
func read(text []byte, passphrase []byte) (all []string, err error) {
	r, err := archive.NewReader(bytes.NewReader(text), format, passphrase)
	if err != nil {
		return nil, err
	}
	for {
		var one thing
		if err := r.Next(&one); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		plain := []byte(one.Name)
		if passphrase != nil {
			if plain, err = r.Open(one.Name, one.Secret); err != nil {
				return all, err
			}
		}
		all = append(all, string(plain))
	}
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	names := []string{"ann", "bob", "carl"}
	for _, p := range []archive.Passphrase{sealed, {}} {
		text := file(t, p, names...)
		want := names
		if p.Text != nil {
			want = []string{"secret of ann", "secret of bob", "secret of carl"}
			if bytes.Contains(text, []byte("secret of")) {
				t.Error("a secret stands in the clear")
			}
		}
		for _, text := range [][]byte{text, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), bytes.TrimSuffix(text, []byte("\n"))} {
			got, err := read(text, p.Text)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("read %q, %v; want %q", got, err, want)
			}
		}
	}
	if got, err := read(file(t, sealed), sealed.Text); err != nil || len(got) != 0 {
		t.Errorf("an empty file gives %q, %v", got, err)
	}
}

func TestNoTwoBoxesAreAlike(t *testing.T) {
	t.Parallel()
	if bytes.Equal(file(t, sealed, "ann"), file(t, sealed, "ann")) {
		t.Error("two files of the same are the same: neither salt nor nonce changes")
	}
}

// Whatever somebody without the passphrase does to a file, it is refused.
func TestChangedFilesAreRefused(t *testing.T) {
	t.Parallel()
	whole := file(t, sealed, "ann", "bob", "carl")
	other := file(t, sealed, "ann", "bob", "carl")
	lines := func(text []byte) []string { return strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n") }
	l, o := lines(whole), lines(other)
	last := len(l) - 1
	join := func(lines ...string) []byte { return []byte(strings.Join(lines, "")) }
	box := func(line string) string {
		_, after, _ := strings.Cut(line, `"Secret":"`)
		inside, _, _ := strings.Cut(after, `"`)
		return inside
	}
	for name, c := range map[string]struct {
		text       []byte
		passphrase string
		want       error
	}{
		"another passphrase":             {whole, "another passphrase", archive.ErrPassphrase},
		"no passphrase":                  {whole, "", archive.ErrNeeds},
		"nothing":                        {nil, "", archive.ErrFormat},
		"a line goes":                    {join(l[0], l[1], l[3], l[last]), "", archive.ErrChanged},
		"a line comes twice":             {join(l[0], l[1], l[1], l[2], l[3], l[last]), "", archive.ErrChanged},
		"two lines change places":        {join(l[0], l[2], l[1], l[3], l[last]), "", archive.ErrChanged},
		"another end":                    {join(l[0], l[1], l[2], l[3], o[last]), "", archive.ErrChanged},
		"another beginning":              {join(o[0], l[1], l[2], l[3], l[last]), "", archive.ErrForeignBox},
		"a line of another file":         {join(l[0], o[1], l[2], l[3], l[last]), "", archive.ErrForeignBox},
		"no end":                         {join(l[:last]...), "", archive.ErrUnfinished},
		"no lines":                       {join(l[0]), "", archive.ErrUnfinished},
		"more after the end":             {join(append(slices.Clone(l), "\n", l[1])...), "", archive.ErrMore},
		"an empty line after the end":    {join(append(slices.Clone(l), "\n", "\n")...), "", archive.ErrMore},
		"a box in another record":        {join(l[0], l[1], strings.Replace(l[2], box(l[2]), box(l[1]), 1), l[3], l[last]), "", archive.ErrForeignBox},
		"a name changes":                 {join(l[0], l[1], l[2], strings.Replace(l[3], "carl", "cara", 1), l[last]), "", archive.ErrForeignBox},
		"as if it had never been sealed": {file(t, archive.Passphrase{}, "ann"), "", archive.ErrNotSealed},
		"a line without an end":          {append(slices.Clone(whole[:len(whole)-len(l[last])]), bytes.Repeat([]byte("a"), 3<<20)...), "", archive.ErrTooLong},
	} {
		passphrase := sealed.Text
		switch {
		case name == "no passphrase":
			passphrase = nil
		case c.passphrase != "":
			passphrase = []byte(c.passphrase)
		}
		if _, err := read(c.text, passphrase); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// No single byte can be changed, and the file cannot end anywhere but at its end.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	for _, p := range []archive.Passphrase{sealed, {}} {
		whole := file(t, p, "ann", "bob")
		for i := range whole[:len(whole)-1] {
			if _, err := read(whole[:i], p.Text); err == nil {
				t.Errorf("a file that ends after %d of %d bytes is read", i, len(whole))
			}
			changed := slices.Clone(whole)
			changed[i] ^= 1
			if costly(changed) {
				continue
			}
			if _, err := read(changed, p.Text); err == nil {
				t.Errorf("byte %d, %q, is changed and the file is read", i, whole[i:i+1])
			}
		}
	}
}

// costly says whether a header asks for so much that a test would not end.
func costly(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.Contains(line, []byte("KDF")) && !bytes.Contains(line, []byte(`"MemoryKiB":64,"Passes":1,"Lanes":1,`))
}

// A header asks nothing of the machine that is out of bounds, and what it says
// is known or refused.
func TestHeaders(t *testing.T) {
	t.Parallel()
	whole := string(file(t, sealed, "ann"))
	for _, c := range []struct{ from, to, want string }{
		{`"MemoryKiB":64`, `"MemoryKiB":4000000000`, archive.ErrKDF.Error()},
		{`"MemoryKiB":64`, `"MemoryKiB":0`, archive.ErrKDF.Error()},
		{`"MemoryKiB":64`, `"MemoryKiB":262145`, archive.ErrKDF.Error()},
		{`"Passes":1`, `"Passes":5`, archive.ErrKDF.Error()},
		{`"Passes":1`, `"Passes":0`, archive.ErrKDF.Error()},
		{`"Lanes":1`, `"Lanes":0`, archive.ErrKDF.Error()},
		{`"Lanes":1`, `"Lanes":256`, "KDF.Lanes"},
		{`argon2id`, `argon2i`, archive.ErrKDF.Error()},
		{`"Salt":"`, `"Salt":"AAAA`, archive.ErrKDF.Error()},
		{`"Version":1`, `"Version":2`, "of version 2, this program knows 1: a newer one wrote it"},
		{`"Version":1`, `"Version":2,"Later":true`, "a newer one wrote it"},
		{`"Version":1`, `"Version":0`, archive.ErrFormat.Error()},
		{`"Version":1`, `"Version":1,"Later":true`, "Later: there is no such member"},
		{`"Version":1`, `"Version":1,"Version":1`, archive.ErrFormat.Error()},
		{`things`, `thongs`, archive.ErrFormat.Error()},
	} {
		_, err := read([]byte(strings.Replace(whole, c.from, c.to, 1)), sealed.Text)
		if err == nil || !strings.HasPrefix(err.Error(), "line 1: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s at line 1", c.to, err, c.want)
		}
	}
}

func TestRecordsAreStrict(t *testing.T) {
	t.Parallel()
	whole := string(file(t, archive.Passphrase{}, "ann"))
	for line, want := range map[string]string{
		`{"Name":"ann","Nickname":"a"}`:  "line 2: Nickname: there is no such member",
		`{"Name":"ann","Name":"ann"}`:    "line 2: byte 14: ",
		`{"name":"ann"}`:                 "line 2: name: there is no such member",
		`{"Name":7}`:                     "line 2: Name: a JSON number does not fit here",
		`{"Name":"a`:                     "line 2: byte 10: ",
		`[]`:                             "line 2: a JSON [",
		``:                               "line 2: the line is empty",
		`{"End":{"Count":1,"Digest":7}}`: "line 2: End.Digest: ",
	} {
		_, err := read([]byte(strings.Replace(whole, `{"Name":"ann"}`, line, 1)), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

func TestNoLineIsTooLongToBeRead(t *testing.T) {
	t.Parallel()
	w, err := archive.NewWriter(io.Discard, format, archive.Passphrase{})
	must(t, err)
	if err := w.Line(thing{Name: strings.Repeat("a", archive.MaxLine)}); !errors.Is(err, archive.ErrTooLong) {
		t.Errorf("writing a line that no reader takes gives %v", err)
	}
	if _, err := w.Seal("ann", nil); err == nil {
		t.Error("a secret is taken where nothing is sealed")
	}
	most := strings.Repeat("a", archive.MaxLine-len(`{"Name":""}`))
	if got, err := read(file(t, archive.Passphrase{}, most), nil); err != nil || got[0] != most {
		t.Errorf("the longest line is not read: %v", err)
	}
}

// FuzzRead: whatever a file says, it is refused or read as one that was written.
func FuzzRead(f *testing.F) {
	whole := file(f, sealed, "ann", "bob")
	f.Add(whole)
	f.Add(file(f, archive.Passphrase{}, "ann", "bob"))
	f.Add(bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")))
	f.Add([]byte(`{"Format":"things","Version":1,"Source":""}` + "\n" + `{"End":{"Count":0,"Digest":""}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if costly(text) {
			t.Skip()
		}
		if _, err := read(text, sealed.Text); err == nil {
			same := bytes.Equal(bytes.TrimSuffix(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n")), bytes.TrimSuffix(whole, []byte("\n")))
			if !same && bytes.HasPrefix(text, whole[:bytes.IndexByte(whole, '\n')]) {
				t.Errorf("a forged file is read: %q", text)
			}
		}
		if all, err := read(text, nil); err == nil {
			if again, err := read(file(t, archive.Passphrase{}, all...), nil); err != nil || fmt.Sprint(again) != fmt.Sprint(all) {
				t.Errorf("%q is read, and then written is not: %v", all, err)
			}
		}
	})
}

func TestErrorsAreShortAndPlain(t *testing.T) {
	t.Parallel()
	e := &archive.LineError{Line: 7, Err: errors.New("\x1b[2J" + strings.Repeat("é", 5000))}
	if got := e.Error(); got != "line 7: \ufffd[2J"+strings.Repeat("é", 296)+"…" {
		t.Errorf("%q", got)
	}
}
