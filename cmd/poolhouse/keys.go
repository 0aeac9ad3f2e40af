package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/poolhouse/poolhouse/internal/server"
)

// keysCommand is for operators' access keys: each of the commands below it
// opens the database itself, beside servers that run on it.
type keysCommand struct {
	Add    keysAddCommand    `cmd:"" help:"Make a key. Its secret is shown this once."`
	List   keysListCommand   `cmd:"" help:"List the keys."`
	Revoke keysRevokeCommand `cmd:"" help:"End a key, at once and for good."`
}

func (f ledgerFlags) ledger(s surroundings) server.Ledger {
	return server.Ledger{Database: f.DB, MasterKeyFile: f.MasterKeyFile, Region: f.Region, Log: logger(s.err, slog.LevelWarn)}
}

type keysAddCommand struct {
	ledgerFlags
	Name     string   `placeholder:"NAME" help:"What it is for: at most 64 letters, digits or +=,.@-_"`
	ReadOnly bool     `help:"Only for operations that change nothing."`
	Pool     []string `placeholder:"ID" help:"Only for this pool; may be repeated."`
}

// Run makes a key and prints it, in the form in which AWS's programs read it.
func (c keysAddCommand) Run(s surroundings) error {
	k, err := server.AddKey(s, c.ledger(s), server.Key{Name: c.Name, ReadOnly: c.ReadOnly, Pools: c.Pool})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", k.ID, k.Secret.Reveal())
	return err
}

type keysListCommand struct{ ledgerFlags }

// Run prints one line for each key.
func (c keysListCommand) Run(s surroundings) error {
	keys, err := server.ListKeys(s, c.ledger(s))
	if err != nil {
		return err
	}
	return printKeys(s.out, keys)
}

func printKeys(out io.Writer, keys []server.Key) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tMAY\tPOOLS\tMADE")
	for _, k := range keys {
		may, pools := "read, write", "all"
		if k.ReadOnly {
			may = "read"
		}
		if len(k.Pools) > 0 {
			pools = strings.Join(k.Pools, ", ")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, may, pools, time.UnixMilli(k.CreatedAt).UTC().Format(time.RFC3339))
	}
	return w.Flush()
}

type keysRevokeCommand struct {
	ledgerFlags
	ID string `arg:"" help:"The key's id, AKIA…"`
}

// Run ends the key.
func (c keysRevokeCommand) Run(s surroundings) error {
	if err := server.RevokeKey(s, c.ledger(s), c.ID); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.out, "revoked %s\n", c.ID)
	return err
}
