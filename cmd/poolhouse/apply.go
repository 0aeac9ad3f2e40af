package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/poolhouse/poolhouse/internal/server"
)

type applyCommand struct {
	ledgerFlags
	File   string `arg:"" help:"UserPools, ResourceServers, IdentityProviders, UserPoolClients, UserPoolDomains and Groups in JSON, in the shapes of Cognito's Create… operations."`
	URL    string `name:"url" placeholder:"URL" help:"That of the server, so that no custom domain is taken for its own host."`
	DryRun bool   `help:"Say what would change and change nothing."`
}

// Run brings the database to what the file says and prints what it changed.
func (c applyCommand) Run(s surroundings) error {
	document, err := readDocument(c.File)
	if err != nil {
		return err
	}
	ledger := c.ledger(s)
	ledger.URL = c.URL
	changes, err := server.Apply(s, ledger, document, c.DryRun)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	c.print(s.out, changes)
	return nil
}

func (c applyCommand) print(w io.Writer, changes []server.Change) {
	for _, change := range changes {
		name := change.ID
		if change.Kind == "user pool" {
			name = fmt.Sprintf("%s (%s) %s", change.ID, change.Name, c.arn(change.ID))
		}
		fmt.Fprintf(w, "%-9s  %-15s  %s", change.Action, change.Kind, name)
		if len(change.Members) > 0 {
			fmt.Fprintf(w, ": %s", strings.Join(change.Members, ", "))
		}
		fmt.Fprintln(w)
		if change.NewSecret != "" && !c.DryRun {
			fmt.Fprintf(w, "           its secret, shown this once: %s\n", change.NewSecret.Reveal())
		}
	}
	if c.DryRun {
		fmt.Fprintln(w, "dry run: nothing was changed")
	}
}

// arn is the pool's name in AWS's form.
func (c applyCommand) arn(poolID string) string {
	region, _, _ := strings.Cut(poolID, "_")
	return fmt.Sprintf("arn:aws:cognito-idp:%s:%s:userpool/%s", region, c.Account, poolID)
}
