package stories_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// promises counts what is known of Cognito's behaviour, by section of
// docs/conformance.tsv: none may be forgotten or lost. A section with a plus
// holds parts of these that stand in another state, and is not counted.
func promises() map[string]int {
	return map[string]int{
		"1.3": 12, "1.4": 6, "2.1": 17, "2.2": 6, "2.3": 19, "2.4": 4, "3.1": 18, "3.2": 7, "3.3": 17, "3.4": 14, "3.5": 9, "3.6": 6, "3.7": 13, "3.8": 8,
		"4.1": 15, "4.2": 4, "4.3": 5, "4.4": 10, "5": 11, "6": 11, "7.1": 4, "7.2": 15, "7.3": 12, "7.4": 4, "10": 11,
	}
}

var (
	// testName is a piece of evidence: package.TestName. What follows a slash is
	// read along, so that a name with one is the name of no function: whether a
	// subtest exists cannot be seen from the source alone.
	testName = regexp.MustCompile(`\b[a-z]+\.Test\w+(/\S*)?`)
	// anchored is the evidence of a difference: words that the list of
	// divergences holds, and the reason.
	anchored = regexp.MustCompile(`^\[([^\]]+)\] .+`)
)

// Every promise of docs/conformance.tsv is kept by a test that exists, waits
// for a feature that it names, or is broken on purpose and listed as that.
func TestConformance(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile(filepath.Join(root, "docs", "conformance.tsv"))
	must(t, err)
	divergences, err := os.ReadFile(filepath.Join(root, "docs", "divergences.md"))
	must(t, err)
	head, body, _ := strings.Cut(string(table), "\n")
	if head != "section\twhat\tcertainty\tstate\tevidence" {
		t.Fatalf("the head is %q", head)
	}
	tests, seen, counts := testsOfTree(t), map[string]bool{}, map[string]int{}
	for n, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		row := strings.Split(line, "\t")
		if len(row) != 5 || slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) == "" }) {
			t.Errorf("row %d lacks an entry: %q", n+2, line)
			continue
		}
		section, what, certainty, state, evidence := row[0], row[1], row[2], row[3], row[4]
		counts[section]++
		if seen[what] {
			t.Errorf("row %d says a second time: %s", n+2, what)
		}
		seen[what] = true
		if certainty != "observed" && certainty != "doc" {
			t.Errorf("row %d: certainty %q", n+2, certainty)
		}
		for _, wrong := range evidenceFaults(state, evidence, tests, string(divergences)) {
			t.Errorf("row %d (%s): %s", n+2, what, wrong)
		}
	}
	for section, want := range promises() {
		if counts[section] != want {
			t.Errorf("section %s has %d rows, want %d", section, counts[section], want)
		}
		delete(counts, section)
		delete(counts, section+"+")
	}
	for section := range counts {
		if section != "2.5+" && section != "7.5+" { // said in passing, with no list of their own
			t.Errorf("there is no section %s", section)
		}
	}
}

// evidenceFaults says what is wrong with the evidence of one row.
func evidenceFaults(state, evidence string, tests map[string]bool, divergences string) []string {
	var wrong []string
	named := testName.FindAllString(evidence, -1)
	for _, name := range named {
		if !tests[name] {
			wrong = append(wrong, "there is no test "+name)
		}
	}
	switch state {
	case "done":
		if rest := strings.Trim(testName.ReplaceAllString(evidence, ""), ", "); len(named) == 0 || rest != "" {
			wrong = append(wrong, "done is shown by tests and nothing else: "+evidence)
		}
	case "differs":
		anchor := anchored.FindStringSubmatch(evidence)
		if anchor == nil || !strings.Contains(divergences, anchor[1]) {
			wrong = append(wrong, "docs/divergences.md does not tell of it: "+evidence)
		}
	case "later":
	default:
		wrong = append(wrong, "the state is "+state)
	}
	return wrong
}

// testsOfTree finds every test function, as package.TestName.
func testsOfTree(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	must(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				found[strings.TrimSuffix(file.Name.Name, "_test")+"."+f.Name.Name] = true
			}
		}
		return nil
	}))
	return found
}

// The check itself refuses what it is there to refuse.
func TestConformanceCheck(t *testing.T) {
	t.Parallel()
	tests, divergences := map[string]bool{"web.TestThere": true}, "| this is told | x |"
	for _, c := range []struct {
		state, evidence string
		good            bool
	}{
		{"done", "web.TestThere", true}, {"done", "web.TestThere, web.TestThere", true}, {"done", "web.TestThere/sub, web.TestThere", false}, {"later", "federation; web.TestThere/sub", false}, {"done", "web.TestGone", false}, {"done", "somehow", false}, {"done", "web.TestThere somehow", false},
		{"later", "federation", true}, {"later", "federation; web.TestGone", false},
		{"differs", "[is told] why; web.TestThere", true}, {"differs", "[is not told] why", false}, {"differs", "why", false}, {"differs", "[is told] ", false}, {"differs", "[is told] web.TestGone", false},
		{"perhaps", "web.TestThere", false},
	} {
		if wrong := evidenceFaults(c.state, c.evidence, tests, divergences); (len(wrong) == 0) != c.good {
			t.Errorf("%s %q: %v", c.state, c.evidence, wrong)
		}
	}
}
