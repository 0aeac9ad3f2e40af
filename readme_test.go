package poolhouse

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeCompiles builds the Go of README.md as it stands there. It leaves
// out what every reader adds: the other imports, the key, and at each "// …"
// the look at the error.
func TestReadmeCompiles(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(import [^\n]+\n)(.+?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 1 {
		t.Fatalf("README.md holds %d blocks of Go that begin with an import, want 1", len(blocks))
	}
	body := strings.ReplaceAll(blocks[0][2], "// …\n", "if err != nil {\n\tlog.Fatal(err)\n}\n")
	source := filepath.Join(t.TempDir(), "main.go")
	program := "package main\n\nimport (\n\t\"fmt\"\n\t\"log\"\n\t\"net/http\"\n)\n\n" + blocks[0][1] + "\nfunc main() {\n\tkey := make([]byte, 32)\n" + body + "}\n"
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "readme"), source)
	build.Env = append(os.Environ(), "GOPROXY=off", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nof the program\n%s", err, out, program)
	}
}
