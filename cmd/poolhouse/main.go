// Command poolhouse runs a user pool: see `poolhouse --help`.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the command line; every flag has a POOLHOUSE_* twin.
type commands struct {
	Demo    demoCommand    `cmd:"" help:"Run a pool and an app that signs people in through it, to try things out."`
	Serve   serveCommand   `cmd:"" help:"Run a server."`
	Apply   applyCommand   `cmd:"" help:"Create and update pools, app clients and domains from a file."`
	Keys    keysCommand    `cmd:"" help:"Make, list and revoke the access keys that sign operators' calls."`
	Imports importsCommand `cmd:"" help:"Show the user import jobs of pools, and which lines of a file made no user."`
	Users   usersCommand   `cmd:"" help:"Move people from one pool, database or server to another."`
	Why     whyCommand     `cmd:"" help:"Say why somebody could not sign in, and what to do."`
	Audit   auditCommand   `cmd:"" help:"Print the audit trail as JSON lines."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// surroundings is what a command may use of its process.
type surroundings struct {
	context.Context
	in  io.Reader // what a command is given
	out io.Writer // what was asked for
	err io.Writer // log and errors
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends what does not heed the first
	os.Exit(run(surroundings{ctx, os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run is the whole program: 0 for done, 1 for refused, 2 for a command line
// that cannot be read.
func run(s surroundings, args []string) int {
	switch { // what people type first
	case len(args) == 1 && args[0] == "help":
		args = []string{"--help"}
	case len(args) == 1 && args[0] == "--version":
		args = []string{"version"}
	}
	code := -1
	parser, err := newParser(&commands{}, kong.Writers(s.out, s.err), kong.Exit(func(c int) { code = c }))
	if err != nil {
		fmt.Fprintln(s.err, "poolhouse:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if code >= 0 { // --help was answered
		return code
	}
	if err != nil {
		fmt.Fprintln(s.err, "poolhouse:", err)
		return 2
	}
	if err := command.Run(s); err != nil {
		for _, one := range each(err) {
			fmt.Fprintln(s.err, "poolhouse:", oneLine(one))
		}
		return 1
	}
	return 0
}

// newParser reads a command line, and the environment behind it, into cli.
func newParser(cli *commands, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(cli, append(options,
		kong.Name("poolhouse"), kong.Description("A user pool you can own, wire-compatible with Amazon Cognito."),
		kong.DefaultEnvars("POOLHOUSE"), kong.UsageOnError())...)
}

// each is an error, or all that were joined in it.
func each(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, each(one)...)
	}
	return all
}

// oneLine is the error without the line breaks that drivers put into theirs, and
// without what a terminal could take for an order: it may quote a file.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\t' })
	return clean(strings.Join(slices.Compact(lines), " "))
}

// logLevel is slog's, with a refusal that says what there is.
type logLevel slog.Level

// UnmarshalText is called by kong.
func (l *logLevel) UnmarshalText(text []byte) error {
	if (*slog.Level)(l).UnmarshalText(text) != nil {
		return fmt.Errorf("%q is none of DEBUG, INFO, WARN and ERROR", text)
	}
	return nil
}

// Level makes it a [slog.Leveler].
func (l logLevel) Level() slog.Level { return slog.Level(l) }

// logger writes lines of at least level to w.
func logger(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

type versionCommand struct{}

// Run prints the version that the binary was built as.
func (versionCommand) Run(s surroundings) error {
	version, goVersion := "(devel)", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		if info.Main.Version != "" {
			version = info.Main.Version
		}
	}
	_, err := fmt.Fprintf(s.out, "poolhouse %s %s\n", version, goVersion)
	return err
}
