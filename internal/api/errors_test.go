package api

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/sigv4"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	a := &API{messages: messages()}
	refused := func(kind, reason string) *pool.Error { return &pool.Error{Kind: kind, Reason: reason} }
	for _, c := range []struct {
		err           error
		name, message string
	}{
		{refused(pool.NotAuthorized, "password"), "NotAuthorizedException", "Incorrect username or password."},
		{fmt.Errorf("signin: %w", refused(pool.NotAuthorized, "attempts")), "NotAuthorizedException", "Password attempts exceeded"},
		{refused(pool.UserNotFound, ""), "UserNotFoundException", "User does not exist."},
		{refused(pool.UserNotFound, "client"), "UserNotFoundException", "Username/client id combination not found."},
		{&pool.Error{Kind: pool.CodeMismatch, Field: "code"}, "CodeMismatchException", "Invalid verification code provided, please try again."},
		{pool.ErrRefreshReused, "RefreshTokenReuseException", "Refresh token has been used already."},
		{&pool.Error{Kind: pool.InvalidParameter, Reason: "required", Field: "username"}, "InvalidParameterException", "Missing required parameter USERNAME"},
		{&pool.Error{Kind: pool.InvalidParameter, Reason: "schema_required", Field: "email"}, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required\n"},
		{&pool.Error{Kind: pool.InvalidParameter, Reason: "schema_required", Field: "email", Args: map[string]string{"names": "email birthdate"}}, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required\nbirthdate: The attribute is required\n"},
		{&pool.Error{Kind: pool.InvalidParameter, Reason: "username", Field: "username"}, "InvalidParameterException", `1 validation error detected: Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`},
		{&pool.Error{Kind: pool.NotAuthorized, Reason: "secret_hash", Args: map[string]string{"client": "{field}"}}, "NotAuthorizedException", "SecretHash does not match for the client: {field}"},
		{refuse("UnknownOperationException", ""), "UnknownOperationException", ""},
	} {
		got, known := a.translate(c.err)
		if !known || got.status != 400 || got.name != c.name || got.message != c.message {
			t.Errorf("%v: %v (%d), known %v", c.err, got, got.status, known)
		}
	}
	for _, err := range []error{
		errors.New("disk full"), refused("NotAuthorized", "invented"), refused("Invented", ""),
		refused("NotAuthorized", "secret_hash"), // the client's id is missing
	} {
		if got, known := a.translate(err); known || got.status != 500 || got.name != "InternalErrorException" || strings.Contains(got.message, "disk") {
			t.Errorf("%v: %v, known %v", err, got, known)
		}
	}
}

// Every refusal that has a text is one of the API's exceptions.
func TestMessagesAreOfKnownExceptions(t *testing.T) {
	t.Parallel()
	m := loadModel(t)
	kinds := []map[string]string{notAuthorized(), invalidParameter(), invalidPassword(), otherRefusals()}
	n := 0
	for _, family := range kinds {
		n += len(family)
		for key := range family {
			kind, _, _ := strings.Cut(key, ".")
			if s := m.Shapes[kind+"Exception"]; s == nil || !s.Exception {
				t.Errorf("%s: the API has no %sException", key, kind)
			}
		}
	}
	if all := messages(); len(all) != n || n == 0 {
		t.Errorf("%d texts, of %d written: a key is there twice", len(all), n)
	}
}

// Every refusal that a rule or a verb can make has a text here: without one it
// would reach the caller as an internal error.
func TestEveryRefusalHasAText(t *testing.T) {
	t.Parallel()
	onlyPages := regexp.MustCompile(`^InvalidParameter\.(redirect_\w+|challenge\w*|scope)$`)
	found := map[string]string{}
	for _, room := range []string{"pool", "account", "signin", "token", "setup"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s: %v", room, err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				refusalsIn(t, name, found)
			}
		}
	}
	if len(found) < 20 {
		t.Fatalf("found only %d refusals: the search is broken", len(found))
	}
	all := messages()
	for key, place := range found {
		if all[key] == "" && !onlyPages.MatchString(key) {
			t.Errorf("%s: %s has no text", place, key)
		}
	}
}

// refusalsIn finds literals of pool.Error and calls of pool's refuse with a
// constant kind and reason.
func refusalsIn(t *testing.T, name string, found map[string]string) {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	note := func(at token.Pos, kind, reason ast.Expr) {
		k, known := kindOf(kind)
		r, constant := textOf(reason)
		if !known || !constant {
			return
		}
		found[(&pool.Error{Kind: k, Reason: r}).Key()] = files.Position(at).String()
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if typeName(n.Type) == "Error" {
				note(n.Pos(), member(n, "Kind"), member(n, "Reason"))
			}
		case *ast.CallExpr:
			if typeName(n.Fun) == "refuse" && len(n.Args) == 4 {
				note(n.Pos(), n.Args[0], n.Args[1])
			}
		}
		return true
	})
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func member(lit *ast.CompositeLit, name string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && typeName(kv.Key) == name {
			return kv.Value
		}
	}
	return nil
}

// textOf reads a string constant; an absent expression is "".
func textOf(e ast.Expr) (string, bool) {
	if e == nil {
		return "", true
	}
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// kindOf reads a kind, written as pool's constant or as a string.
func kindOf(e ast.Expr) (string, bool) {
	if name := typeName(e); name != "" {
		return name, name != "kind"
	}
	text, ok := textOf(e)
	return text, ok && text != ""
}

// The names of AWS's common errors do not run into one another.
func TestSignatureErrorNames(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, r := range []sigv4.Reason{sigv4.Missing, sigv4.Incomplete, sigv4.UnknownKey, sigv4.BadSignature} {
		names[signatureErrorName(r)] = true
	}
	if len(names) != 4 || signatureErrorName(sigv4.Expired) != "InvalidSignatureException" || signatureErrorName(sigv4.NotYetCurrent) != "InvalidSignatureException" {
		t.Errorf("names: %v", reflect.ValueOf(names).MapKeys())
	}
}
