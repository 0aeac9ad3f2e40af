package main

import (
	"errors"
	"fmt"

	"github.com/poolhouse/poolhouse/internal/server"
)

// usersCommand moves people between pools, databases and servers: each of the
// commands below it opens the database itself, beside servers that run on it.
type usersCommand struct {
	Export usersExportCommand `cmd:"" help:"Write a pool's users, with their password hashes, to standard output."`
	Import usersImportCommand `cmd:"" help:"Read users from standard input into a pool."`
}

type usersFlags struct {
	ledgerFlags
	Pool           string `required:"" placeholder:"ID" help:"The user pool."`
	PassphraseFile string `placeholder:"FILE" help:"Holds the passphrase that seals the secrets in the file of users, on one line."`
}

// passphrase is nil where there is none.
func (f usersFlags) passphrase() ([]byte, error) {
	if f.PassphraseFile == "" {
		return nil, nil
	}
	return server.ReadPassphrase(f.PassphraseFile)
}

type usersExportCommand struct {
	usersFlags
	WithoutSecrets bool `help:"Leave the passwords behind: people will have to set new ones."`
}

// Run writes the users, and says on the error output how many.
func (c usersExportCommand) Run(s surroundings) error {
	switch sealed := c.PassphraseFile != ""; {
	case sealed && c.WithoutSecrets:
		return errors.New("--passphrase-file is for secrets, and --without-secrets leaves them behind")
	case !sealed && !c.WithoutSecrets:
		return errors.New("users have secrets: seal them with --passphrase-file, or leave them behind with --without-secrets")
	}
	passphrase, err := c.passphrase()
	if err != nil {
		return err
	}
	n, err := server.ExportUsers(s, c.ledger(s), c.Pool, s.out, passphrase)
	if err == nil {
		fmt.Fprintf(s.err, "exported %d users\n", n)
	}
	return err
}

type usersImportCommand struct{ usersFlags }

// Run reads the users and prints what became of them. Those who were refused
// make it fail, though the others were written.
func (c usersImportCommand) Run(s surroundings) error {
	passphrase, err := c.passphrase()
	if err != nil {
		return err
	}
	done, err := server.ImportUsers(s, c.ledger(s), c.Pool, s.in, passphrase)
	if err == nil || done.Created > 0 {
		fmt.Fprintf(s.out, "created %d, there already %d, refused %d\n", done.Created, done.Unchanged, done.Refused)
	}
	if more := done.Refused - int64(len(done.Conflicts)); more > 0 {
		done.Conflicts = append(done.Conflicts, fmt.Errorf("and %d more", more))
	}
	return errors.Join(append(done.Conflicts, err)...)
}
