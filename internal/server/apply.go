package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/poolhouse/poolhouse/internal/setup"
)

// Document and Change are setup's, for the command line.
type (
	Document = setup.Document
	Change   = setup.Change
)

// ReadDocument reads what `poolhouse apply` is given.
func ReadDocument(text []byte) (Document, error) { return setup.ReadDocument(text) }

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
func Apply(ctx context.Context, l Ledger, d Document, dry bool) (changes []Change, err error) {
	if dry {
		forget, err := l.elsewhere()
		if err != nil {
			return nil, err
		}
		defer forget()
	}
	err = l.use(ctx, func(s *setup.Setup) error {
		changes, err = s.Apply(ctx, d, dry)
		return err
	})
	return changes, err
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
