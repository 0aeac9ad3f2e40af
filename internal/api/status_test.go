package api

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

// statusRows reads the page on the state of each operation: name → story, ""
// for one that does not work yet.
func statusRows(t *testing.T, page string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\w+) \| (works|not yet) \| (\w*) ?\|$`).FindAllStringSubmatch(page, -1) {
		name, state, story := m[1], m[2], m[3]
		if _, twice := rows[name]; twice {
			t.Errorf("%s is on the page twice", name)
		}
		if (state == "works") != (story != "") {
			t.Errorf("%s: %s, with the story %q", name, state, story)
		}
		rows[name] = story
	}
	return rows
}

// storyTexts finds the file of each story of the API; with the story that runs
// scripts go the scripts.
func storyTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, name := range glob(t, "../stories/api_*_test.go") {
		text := read(t, name)
		if strings.Contains(text, "test/clients") {
			for _, script := range glob(t, "../../test/clients/*.mjs") {
				text += read(t, script)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^func (TestAPI\w+)\(`).FindAllStringSubmatch(text, -1) {
			texts[m[1]] = text
		}
	}
	return texts
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The page says of every operation of the model what is so: those that are
// offered work, each with a story that calls it, and no other does.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	m, err := model.Load()
	if err != nil {
		t.Fatal(err)
	}
	rows, offered, stories := statusRows(t, read(t, "../../docs/api-status.md")), (&API{}).operations(), storyTexts(t)
	for name := range m.Operations {
		story, there := rows[name]
		_, works := offered[name]
		switch {
		case !there:
			t.Errorf("%s is not on the page", name)
		case works != (story != ""):
			t.Errorf("%s: offered is %v, the page has the story %q", name, works, story)
		case works && stories[story] == "":
			t.Errorf("%s: there is no story %s", name, story)
		case works && !calls(stories[story], name):
			t.Errorf("%s: the file of %s does not call it", name, story)
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("%s is on the page, and not in the model", name)
	}
}

// calls says whether a story calls the operation: by AWS's client for Go or for
// JavaScript, or, where the one for Go does not have it, by itself.
func calls(text, operation string) bool {
	return strings.Contains(text, "."+operation+"(") || strings.Contains(text, `operation(t, h, "`+operation+`"`) || regexp.MustCompile(`\b`+operation+`(Command)?\b`).MatchString(text) && strings.Contains(text, "test/clients")
}
