package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/poolhouse/poolhouse/internal/server"
)

type applyCommand struct {
	ledgerFlags
	templateFlags
	File   string `arg:"" help:"A CloudFormation template (YAML or JSON); or UserPools, ResourceServers, IdentityProviders, UserPoolClients, UserPoolDomains, UICustomizations, Groups, Users and GroupMembers in JSON, in the shapes of Cognito's Create… operations."`
	URL    string `name:"url" placeholder:"URL" help:"That of the server, so that no custom domain is taken for its own host, and for outputs that name it."`
	DryRun bool   `help:"Say what would change and change nothing."`
}

// Run brings the database to what the file says and prints what it changed.
func (c applyCommand) Run(s surroundings) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	if server.IsTemplate(text) && len(text) > 0 {
		return inFile(c.File, c.template(s, text))
	}
	if c.templateFlags.given() {
		return fmt.Errorf("%s is no CloudFormation template: --stack, --parameter and --outputs-json are for one", c.File)
	}
	document, err := server.ReadDocument(text)
	if err != nil {
		return inFile(c.File, err)
	}
	changes, err := server.Apply(s, c.ledger(s), document, c.DryRun)
	if err != nil {
		return inFile(c.File, err)
	}
	c.print(s.out, changes)
	return nil
}

// ledger is where the data is, and the URL that is known of the server.
func (c applyCommand) ledger(s surroundings) server.Ledger {
	ledger := c.ledgerFlags.ledger(s)
	ledger.URL = c.URL
	return ledger
}

// inFile puts the file before each of the errors that were joined.
func inFile(file string, err error) error {
	if err == nil {
		return nil
	}
	var all []error
	for _, one := range each(err) {
		all = append(all, fmt.Errorf("%s: %w", file, one))
	}
	return errors.Join(all...)
}

func (c applyCommand) print(w io.Writer, changes []server.Change) {
	todo := false
	for _, change := range changes {
		name := change.ID
		switch change.Kind {
		case "user pool":
			name = fmt.Sprintf("%s (%s) %s", change.ID, change.Name, c.arn(change.ID))
		case "user", "group member":
			name = change.Name
		}
		fmt.Fprintf(w, "%-9s  %-15s  %s", change.Action, change.Kind, name)
		if len(change.Members) > 0 {
			fmt.Fprintf(w, ": %s", strings.Join(change.Members, ", "))
		}
		if change.Action == "left" {
			fmt.Fprint(w, ": no longer in the template; nothing is deleted")
		}
		fmt.Fprintln(w)
		if change.NewSecret != "" && !c.DryRun {
			fmt.Fprintf(w, "           its secret, shown this once: %s\n", change.NewSecret.Reveal())
		}
		todo = todo || change.Action == "created" || change.Action == "updated"
	}
	switch {
	case !todo:
		fmt.Fprintln(w, "nothing to change")
	case c.DryRun:
		fmt.Fprintln(w, "dry run: nothing was changed")
	}
}

// arn is the pool's name in AWS's form.
func (c applyCommand) arn(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return fmt.Sprintf("arn:aws:cognito-idp:%s:%s:userpool/%s", region, c.Account, poolID)
}
