package cognito_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignModule builds a program of another module that uses this package,
// and looks at what comes along.
func TestForeignModule(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write("go.sum", string(sums))
	write("go.mod", "module example.com/foreign\n\ngo 1.26\n\nrequire github.com/poolhouse/poolhouse v0.0.0\n\nreplace github.com/poolhouse/poolhouse => "+root+"\n")
	write("main.go", `package main

import "github.com/poolhouse/poolhouse/cognito"

func main() {
	if _, err := cognito.New(cognito.Config{Domain: "https://demo.auth.eu-west-1.amazoncognito.com", ClientID: "x", RedirectURL: "https://app.example.com/cb"}); err != nil {
		panic(err)
	}
}
`)
	run := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("go", "build", "-o", filepath.Join(dir, "foreign"), ".")
	run(filepath.Join(dir, "foreign"))
	allowed := []string{"golang.org/x/oauth2", "golang.org/x/sync", "github.com/coreos/go-oidc/", "github.com/go-jose/go-jose/", "github.com/poolhouse/poolhouse/cognito", "example.com/foreign"}
	for pkg := range strings.Lines(run("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")) {
		pkg = strings.TrimSpace(pkg)
		ok := pkg == ""
		for _, prefix := range allowed {
			ok = ok || strings.HasPrefix(pkg, prefix)
		}
		if !ok {
			t.Errorf("%s comes along", pkg)
		}
	}
}
