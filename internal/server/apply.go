package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/poolhouse/poolhouse/internal/account"
	"github.com/poolhouse/poolhouse/internal/cloudformation"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
	"github.com/poolhouse/poolhouse/internal/store"
)

// What `poolhouse apply` is given and gives back, for the command line.
type (
	Document = setup.Document
	Change   = setup.Change
	Template = setup.Template
	Stack    = cloudformation.Stack
	Output   = setup.Output
)

// ReadDocument reads a document.
func ReadDocument(text []byte) (Document, error) { return setup.ReadDocument(text) }

// IsTemplate tells a CloudFormation template from a document.
func IsTemplate(text []byte) bool { return cloudformation.IsTemplate(text) }

// ReadTemplate reads a CloudFormation template for a stack.
func ReadTemplate(text []byte, s Stack) (*Template, error) { return setup.ReadTemplate(text, s) }

// Ledger says where data is and how it is sealed.
type Ledger struct {
	Database      string // sqlite:PATH or postgres://…
	MasterKeyFile string
	Region        string
	URL           string // of the server's own host; "" where it is not known
	Log           *slog.Logger
}

// Apply brings a ledger to what a document says, without a server. A dry run
// changes nothing and says what would change.
func Apply(ctx context.Context, l Ledger, d Document, dry bool) ([]Change, error) {
	return l.apply(ctx, d, dry, func(*setup.Setup) error { return nil })
}

// apply is Apply, and then something more on the same ledger.
func (l Ledger) apply(ctx context.Context, d Document, dry bool, then func(*setup.Setup) error) (changes []Change, err error) {
	if dry {
		forget, err := l.elsewhere()
		if err != nil {
			return nil, err
		}
		defer forget()
	}
	err = l.use(ctx, func(ctx context.Context, s *setup.Setup) error {
		if changes, err = s.Apply(ctx, d, dry); err != nil {
			return err
		}
		return then(s)
	})
	return changes, err
}

// ApplyTemplate is Apply for a template, with its outputs.
func ApplyTemplate(ctx context.Context, l Ledger, t *Template, dry bool) (changes []Change, outputs []Output, err error) {
	changes, err = l.apply(ctx, t.Document, dry, func(s *setup.Setup) (err error) {
		outputs, err = s.Outputs(ctx, t)
		return err
	})
	return changes, outputs, t.Explain(err)
}

// peopleOf is what applying asks of accounts.
func peopleOf(a *account.Accounts) setup.People {
	return setup.People{
		Invite: func(ctx context.Context, p pool.Pool, e setup.UserEntry) (func(context.Context, *store.DB) error, error) {
			_, write, err := a.Invited(ctx, p, account.Invitation{
				Username: e.Username, Attributes: e.Attributes(), Action: e.MessageAction, Mediums: e.DesiredDeliveryMediums, ForceAlias: e.ForceAliasCreation,
			})
			return write, err
		},
		Correct: a.Correct, Join: account.Join,
	}
}

// elsewhere moves a ledger that is not there yet into a folder that goes away:
// a dry run leaves nothing behind, no empty database and no key.
func (l *Ledger) elsewhere() (forget func(), err error) {
	path, found := strings.CutPrefix(l.Database, "sqlite:")
	if !found {
		return func() {}, nil
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return func() {}, err
	}
	folder, err := os.MkdirTemp("", "poolhouse-dry-run")
	if err != nil {
		return nil, err
	}
	l.Database, l.MasterKeyFile = "sqlite:"+filepath.Join(folder, "dry.db"), filepath.Join(folder, "dry.key")
	l.Log = slog.New(slog.DiscardHandler)
	return func() { os.RemoveAll(folder) }, nil
}
