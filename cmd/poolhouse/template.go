package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/internal/server"
)

// templateFlags are about CloudFormation templates.
type templateFlags struct {
	Stack       string   `placeholder:"NAME" help:"The stack's name, from which ids follow; the template's file name unless that says nothing, like template.yaml."`
	Parameter   []string `sep:"none" placeholder:"NAME=VALUE" help:"A parameter of the template; may be repeated."`
	OutputsJSON bool     `name:"outputs-json" help:"Print the outputs alone, as one JSON object; what changed goes to standard error."`
}

func (f templateFlags) given() bool { return f.Stack != "" || len(f.Parameter) > 0 || f.OutputsJSON }

// template brings the database to what a template says.
func (c applyCommand) template(s surroundings, text []byte) error {
	stack, err := c.stack()
	if err != nil {
		return err
	}
	template, err := server.ReadTemplate(text, stack)
	if template != nil {
		for _, notice := range template.Notices {
			fmt.Fprintf(s.err, "%s: %s\n", c.File, oneLine(notice))
		}
	}
	if err != nil {
		return err
	}
	changes, outputs, err := server.ApplyTemplate(s, c.ledger(s), template, c.DryRun)
	if err != nil {
		return err
	}
	if c.OutputsJSON {
		c.print(s.err, changes)
		return printJSON(s.out, outputs)
	}
	c.print(s.out, changes)
	for _, o := range outputs {
		fmt.Fprintf(s.out, "%-9s  %-15s  %s\n", "output", clean(o.Name), clean(o.Value))
	}
	return nil
}

// printJSON prints outputs as an object, in the order of the template.
func printJSON(w io.Writer, outputs []server.Output) error {
	lines := make([]string, len(outputs))
	for i, o := range outputs {
		name, err := json.Marshal(o.Name)
		if err != nil {
			return err
		}
		value, err := json.Marshal(o.Value)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("  %s: %s", name, value)
	}
	_, err := fmt.Fprintf(w, "{\n%s\n}\n", strings.Join(lines, ",\n"))
	return err
}

// stack is what the flags say of it.
func (c applyCommand) stack() (server.Stack, error) {
	stack := server.Stack{Name: c.Stack, Region: c.Region, Account: c.Account, URL: c.URL, Parameters: map[string]string{}}
	for _, p := range c.Parameter {
		name, value, found := strings.Cut(p, "=")
		if _, twice := stack.Parameters[name]; !found || twice {
			return stack, fmt.Errorf("--parameter is NAME=VALUE, each NAME once")
		}
		stack.Parameters[name] = value
	}
	if stack.Name != "" {
		return stack, nil
	}
	stack.Name = filepath.Base(c.File)
	for _, end := range []string{".yaml", ".yml", ".json", ".template"} {
		stack.Name = strings.TrimSuffix(stack.Name, end)
	}
	if slices.Contains([]string{"template", "packaged", "cloudformation", "cfn", "stack", "main", "index", "output"}, strings.ToLower(stack.Name)) {
		return stack, fmt.Errorf("say --stack NAME: ids follow from it, and a file name like this one is everybody's")
	}
	return stack, nil
}
