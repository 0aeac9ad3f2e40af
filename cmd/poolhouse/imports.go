package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/poolhouse/poolhouse/internal/server"
)

// importsCommand shows user import jobs. It opens the database itself, beside
// servers that run on it.
type importsCommand struct {
	ledgerFlags
	Pool string `arg:"" optional:"" help:"Only the jobs of this pool."`
	Job  string `arg:"" optional:"" help:"This job, and the lines of its file that made no user."`
}

// Run prints one line for each job, or one for each failure of a job.
func (c importsCommand) Run(s surroundings) error {
	ledger := c.ledger(s)
	if c.Job == "" {
		jobs, err := server.ListImports(s, ledger, c.Pool)
		if err != nil {
			return err
		}
		return printImports(s.out, jobs)
	}
	job, failures, err := server.ImportFailures(s, ledger, c.Pool, c.Job)
	if err != nil {
		return err
	}
	if err := printImports(s.out, []server.ImportJob{job}); err != nil {
		return err
	}
	return printFailures(s.out, job, failures)
}

func printImports(out io.Writer, jobs []server.ImportJob) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "POOL\tJOB\tNAME\tSTATUS\tIMPORTED\tSKIPPED\tFAILED\tCREATED\tMESSAGE")
	for _, j := range jobs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", j.UserPoolID, j.ID, cell(j.Name), j.Status, j.Imported, j.Skipped, j.Failed,
			time.UnixMilli(j.CreationDate).UTC().Format(time.RFC3339), cell(j.CompletionMsg))
	}
	return w.Flush()
}

// printFailures names lines by their numbers, as Cognito's log does: nothing of
// what they say is known any more.
func printFailures(out io.Writer, j server.ImportJob, failures []server.ImportFailure) error {
	for _, f := range failures {
		outcome := "FAILED"
		if f.Skipped {
			outcome = "SKIPPED"
		}
		fmt.Fprintf(out, "[%s] Line Number %d - %s\n", outcome, f.Line, cell(f.Reason))
	}
	var err error
	if more := j.Skipped + j.Failed - int64(len(failures)); more > 0 {
		_, err = fmt.Fprintf(out, "%d more are counted, not kept.\n", more)
	}
	return err
}

// cell is text that somebody else chose, made harmless for a terminal and for the
// spreadsheet that it may be copied into: no control characters, and nothing that
// begins a formula.
func cell(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	if text != "" && strings.ContainsAny(text[:1], "=+-@") {
		return "'" + text
	}
	return text
}
