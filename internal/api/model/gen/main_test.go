package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/poolhouse/poolhouse/internal/api/model"
)

// The committed structs are those of the committed model.
func TestGeneratedCodeIsUpToDate(t *testing.T) {
	t.Parallel()
	m, err := model.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range files() {
		want, err := write(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the model says: run go generate ./internal/api", name)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	one := int64(1)
	for name, c := range map[string]struct {
		in           model.Member
		goType, tail string
	}{
		"required":        {model.Member{Shape: &model.Shape{Type: model.String}, Required: true}, "string", ""},
		"may be empty":    {model.Member{Shape: &model.Shape{Type: model.String}}, "*string", ",omitempty"},
		"never empty":     {model.Member{Shape: &model.Shape{Type: model.String, Min: &one}}, "string", ",omitempty"},
		"enum":            {model.Member{Shape: &model.Shape{Type: model.String, Enum: []string{"A"}}}, "string", ",omitempty"},
		"sensitive":       {model.Member{Shape: &model.Shape{Type: model.String, Sensitive: true}}, "*Sensitive", ",omitempty"},
		"number":          {model.Member{Shape: &model.Shape{Type: model.Integer}}, "*int", ",omitempty"},
		"required number": {model.Member{Shape: &model.Shape{Type: model.Long}, Required: true}, "int64", ""},
		"list":            {model.Member{Shape: &model.Shape{Type: model.List, Element: &model.Shape{Type: model.Boolean}}}, "[]bool", ",omitzero"},
		"document":        {model.Member{Shape: &model.Shape{Type: model.Structure, Document: true}, Required: true}, "json.RawMessage", ",omitzero"},
		"structure":       {model.Member{Shape: &model.Shape{Type: model.Structure, Name: "S"}}, "*S", ",omitempty"},
	} {
		if goType, tail := field(c.in); goType != c.goType || tail != c.tail {
			t.Errorf("%s: %s %q, want %s %q", name, goType, tail, c.goType, c.tail)
		}
	}
}
