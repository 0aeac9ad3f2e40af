// Package poolhouse holds the tests of the module as a whole.
package poolhouse

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/poolhouse/poolhouse/"

// The floors of the house: who may import whom. This table is the law; a room
// that is not in it may not be in the tree.
var (
	crafts  = []string{"internal/password", "internal/srp", "internal/seal", "internal/sigv4", "internal/manifest", "internal/cloudformation", "internal/csvrows", "internal/archive", "internal/brandcss", "internal/picture", "internal/locale", "internal/totp"}
	ground  = append([]string{"internal/pool"}, crafts...)
	hands   = []string{"internal/store", "internal/message", "internal/trigger"}
	verbs   = []string{"internal/account", "internal/signin", "internal/federation", "internal/token", "internal/setup"}
	doors   = []string{"internal/api", "internal/web", "internal/console"}
	apart   = []string{"cognito", "examples/webapp", "examples/webapp/cmd"}
	helpers = []string{"internal/housetest", "internal/fakepool", "internal/stories", "bench"}

	house = func() map[string][]string {
		may := map[string][]string{
			"cmd/poolhouse":       {"internal/server", "examples/webapp"}, // for the demo
			"internal/server":     slices.Concat(doors, verbs, hands, ground),
			"cognito":             nil,
			"examples/webapp":     {"cognito"},
			"examples/webapp/cmd": {"examples/webapp"},
			"internal/housetest":  slices.Concat([]string{"internal/server"}, doors, verbs, hands, ground),
			"internal/fakepool":   nil,
			"internal/stories":    slices.Concat([]string{"internal/housetest", "internal/server", "cognito", "examples/webapp"}, hands, ground),
			"bench":               slices.Concat([]string{"internal/housetest", "cognito"}, ground),
		}
		for floor, below := range map[*[]string][]string{
			&ground: nil,
			&hands:  ground,
			&verbs:  slices.Concat(hands, ground),
			&doors:  slices.Concat(verbs, []string{"internal/store"}, ground),
		} {
			for _, room := range *floor {
				may[room] = below
			}
		}
		return may
	}()

	// only says in which rooms a package of the standard library may be used.
	only = map[string][]string{
		"net/http":     slices.Concat(doors, apart, helpers, []string{"internal/server", "internal/sigv4", "internal/message", "internal/trigger", "internal/federation"}),
		"database/sql": {"internal/store"},
		"testing":      helpers,
	}
)

// TestArrows holds the imports of all files but tests against the table.
func TestArrows(t *testing.T) {
	t.Parallel()
	graph, err := imports(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(graph["internal/store"]) == 0 {
		t.Fatal("read no imports of internal/store: the graph was not read")
	}
	for _, breach := range breaches(graph) {
		t.Error(breach)
	}
}

// TestArrowsSeeBreaches proves that the check can fail.
func TestArrowsSeeBreaches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ folder, imported, want string }{
		{"internal/attic", "fmt", "not a room"},
		{"internal/pool", module + "internal/seal", "may not import"},
		{"internal/signin", module + "internal/token", "may not import"},
		{"internal/web", module + "internal/api", "may not import"},
		{"internal/store", module + "internal/message", "may not import"},
		{"internal/web", module + "internal/message", "may not import"},
		{"internal/server", module + "internal/housetest", "may not import"},
		{"internal/server", module + "internal/housetest/postgres", "may not import"},
		{"cognito", module + "internal/pool", "may not import"},
		{"examples/webapp", module + "internal/fakepool", "may not import"},
		{"internal/account", "net/http", "net/http"},
		{"internal/setup", "net/http/httputil", "net/http"},
		{"internal/token", "database/sql", "database/sql"},
		{"internal/store", "testing/fstest", "testing"},
	} {
		got := breaches(map[string][]string{c.folder: {c.imported}})
		if len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s imports %s: got %q, want one breach with %q", c.folder, c.imported, got, c.want)
		}
	}
	for _, c := range []struct{ folder, imported string }{
		{"internal/web/locale", module + "internal/web"}, {"internal/web", "net/http"}, {"internal/store", "database/sql"},
		{"internal/server", module + "internal/web"}, {"internal/token", module + "internal/store"},
	} {
		if got := breaches(map[string][]string{c.folder: {c.imported}}); len(got) != 0 {
			t.Errorf("%s imports %s: %q, want none", c.folder, c.imported, got)
		}
	}
}

// imports reads which packages the non-test files of each folder import. Other
// modules inside the tree are left out.
func imports(root string) (map[string][]string, error) {
	graph := map[string][]string{}
	return graph, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(name, d.Name())
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(name))
		if graph[folder] == nil {
			graph[folder] = []string{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if !slices.Contains(graph[folder], imported) {
				graph[folder] = append(graph[folder], imported)
			}
		}
		return nil
	})
}

func skip(name, base string) error {
	if name == "." {
		return nil
	}
	nested, err := filepath.Glob(filepath.Join(name, "go.mod"))
	if err != nil {
		return err
	}
	if base == "testdata" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || len(nested) > 0 {
		return filepath.SkipDir
	}
	return nil
}

// breaches says, one line each, where a graph breaks the table.
func breaches(graph map[string][]string) []string {
	var out []string
	for folder, imported := range graph {
		room := roomOf(folder)
		if room == "" {
			out = append(out, folder+" is not a room of the house: add it to the table in arrows_test.go, or move it")
			continue
		}
		for _, p := range imported {
			if breach := crosses(room, p); breach != "" {
				out = append(out, breach)
			}
		}
	}
	slices.Sort(out)
	return out
}

func crosses(room, imported string) string {
	for std, rooms := range only {
		if (imported == std || strings.HasPrefix(imported, std+"/")) && !slices.Contains(rooms, room) {
			return fmt.Sprintf("%s imports %s: %s belongs to %s", room, imported, std, strings.Join(rooms, ", "))
		}
	}
	folder, ours := strings.CutPrefix(imported, module)
	if !ours {
		return ""
	}
	other := roomOf(folder)
	if other == room || slices.Contains(house[room], other) {
		return ""
	}
	return fmt.Sprintf("%s may not import %s", room, imported)
}

// roomOf finds the room that a folder is in: the nearest one at or above it.
func roomOf(folder string) string {
	for f := folder; f != "."; f = path.Dir(f) {
		if _, ok := house[f]; ok {
			return f
		}
	}
	return ""
}
