package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/manifest"
)

type document struct {
	Name string
	List []struct{ Size int }
}

func TestReadNamesTheMemberAtFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, doc, want string }{
		{"unknown member", "{\n\"Name\":\"x\",\n\"name\":\"y\"}", "line 3, name: there is no such member"},
		{"repeated member", `{"Name":"x","Name":"y"}`, `duplicate`},
		{"wrong type", "{\"List\":[{\"Size\":1},\n{\"Size\":\"big\"}]}", "line 2, List.1.Size: a JSON string does not fit here"},
		{"cut off", `{"Name":`, "line 1"},
		{"more than one value", `{} {}`, "line 1"},
		{"empty", ``, "line 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var d document
			err := manifest.Read([]byte(c.doc), &d)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read(%q) = %v, want an error with %q", c.doc, err, c.want)
			}
		})
	}
}

func TestReadTakesAGoodDocument(t *testing.T) {
	t.Parallel()
	var d document
	if err := manifest.Read([]byte(`{"Name":"x","List":[{"Size":2}]}`), &d); err != nil || d.Name != "x" || d.List[0].Size != 2 {
		t.Errorf("Read = %v, %+v", err, d)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"Name":"x","List":[{"Size":2}]}`))
	f.Add([]byte("{\"List\":[{\"Size\":\"\xff\"}]}"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var d document
		if err := manifest.Read(doc, &d); err != nil && err.Error() == "" {
			t.Error("an error without a word")
		}
	})
}

func TestErrorSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	var d document
	err := manifest.Read([]byte("{\"List\":[\n{\"Size\":1,\"Colour\":2}]}"), &d)
	wrong, ok := errors.AsType[*manifest.Error](err)
	if !ok || wrong.Line != 2 || wrong.Member != "List.0.Colour" || !errors.Is(err, manifest.ErrNoMember) {
		t.Errorf("got %#v", err)
	}
	err = manifest.Read([]byte(`[]`), &d)
	if wrong, ok := errors.AsType[*manifest.Error](err); !ok || wrong.Member != "" || errors.Is(err, manifest.ErrNoMember) {
		t.Errorf("got %#v", err)
	}
}
