package server

import (
	"context"
	"log/slog"
	"time"

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
	Log           *slog.Logger
}

// Apply brings a ledger to what a document says, without a server. A dry run
// changes nothing and says what would change.
func Apply(ctx context.Context, l Ledger, d Document, dry bool) ([]Change, error) {
	_, db, err := OpenLedger(ctx, l.Database, l.MasterKeyFile, l.Log)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return (&setup.Setup{DB: db, Region: l.Region, Now: time.Now}).Apply(ctx, d, dry)
}
