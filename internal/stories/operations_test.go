package stories_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

// workingOperations are the operations that work, by name, as the page on the
// API says, which internal/api holds to what is offered. What runs over them
// tries an operation that is added later by itself.
func workingOperations(t testing.TB) map[string]*model.Operation {
	t.Helper()
	page, err := os.ReadFile("../../docs/api-status.md")
	must(t, err)
	m, err := model.Load()
	must(t, err)
	working := map[string]*model.Operation{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\w+) \| works \|`).FindAllStringSubmatch(string(page), -1) {
		working[row[1]] = m.Operations[row[1]]
	}
	if len(working) < 60 {
		t.Fatalf("only %d operations work", len(working))
	}
	return working
}

// operatorsOperations are those that an operator signs.
func operatorsOperations(t testing.TB) map[string]*model.Operation {
	t.Helper()
	all := workingOperations(t)
	for name, op := range all {
		if op.Auth != "sigv4" {
			delete(all, name)
		}
	}
	return all
}
