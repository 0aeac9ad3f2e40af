package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/poolhouse/poolhouse/internal/server"
)

// flag is what one flag of serve is by default and what it becomes.
type flag struct {
	unset  string // what is configured without it
	twin   string // its value in the environment
	given  string // its value on the command line
	reads  func(server.Config) string
	become map[string]string // what a value configures, where that is not the value itself
}

func (f flag) becomes(value string) string {
	if other, found := f.become[value]; found {
		return other
	}
	return value
}

// serveFlags are all flags of serve, each with where its value goes. The
// documents that --apply reads are in folder.
func serveFlags(folder string) map[string]flag {
	one, other := filepath.Join(folder, "one.json"), filepath.Join(folder, "other.json")
	return map[string]flag{
		"listen":          {"localhost:9229", "127.0.0.1:1", "[::1]:2", func(c server.Config) string { return c.Listen }, nil},
		"url":             {"", "https://a.example.com", "https://b.example.com", func(c server.Config) string { return c.URL }, nil},
		"db":              {"sqlite:poolhouse.db", "sqlite:a.db", "postgres://b/pool", func(c server.Config) string { return c.Database }, nil},
		"mail":            {"", "mailbox", "smtp://localhost?from=a@example.com", func(c server.Config) string { return c.Mail }, nil},
		"master-key-file": {"poolhouse.key", "a.key", "b.key", func(c server.Config) string { return c.MasterKeyFile }, nil},
		"tls-cert":        {"", "a.pem", "b.pem", func(c server.Config) string { return c.TLSCert }, nil},
		"tls-key":         {"", "a.pem", "b.pem", func(c server.Config) string { return c.TLSKey }, nil},
		"trusted-proxy": {"[]", "10.0.0.0/8,fd00::/8", "192.0.2.1/32", func(c server.Config) string { return fmt.Sprint(c.TrustedProxies) }, map[string]string{
			"10.0.0.0/8,fd00::/8": "[10.0.0.0/8 fd00::/8]", "192.0.2.1/32": "[192.0.2.1/32]"}},
		"region":  {"us-east-1", "eu-west-1", "ap-south-1", func(c server.Config) string { return c.Region }, nil},
		"account": {"000000000000", "111111111111", "222222222222", func(c server.Config) string { return c.Account }, nil},
		"dev":     {"false", "true", "false", func(c server.Config) string { return fmt.Sprint(c.Dev) }, nil},
		"apply":   {"", one, other, appliedName, map[string]string{one: "one", other: "other"}},
		"log-level": {"INFO", "debug", "error", lowestLevel, map[string]string{
			"debug": "DEBUG", "error": "ERROR"}},
	}
}

func appliedName(c server.Config) string {
	if c.Apply == nil {
		return ""
	}
	return c.Apply.UserPools[0].PoolName
}

// lowestLevel is the level of the least line that the log lets through.
func lowestLevel(c server.Config) string {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if c.Log.Enabled(context.Background(), level) {
			return level.String()
		}
	}
	return "silent"
}

// TestFlagBeatsEnvironmentBeatsDefault, for every flag of serve, up to what the
// server is told.
func TestFlagBeatsEnvironmentBeatsDefault(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"one", "other"} {
		document := fmt.Sprintf(`{ "UserPools": [{ "PoolName": %q }] }`, name)
		if err := os.WriteFile(filepath.Join(folder, name+".json"), []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := serveFlags(folder)
	for _, f := range flagsOfServe(t) {
		if _, found := flags[f.Name]; !found {
			t.Errorf("--%s is not in the table of this test", f.Name)
		}
	}
	for name, f := range flags {
		t.Run(name, func(t *testing.T) {
			demand(t, f, f.unset)
			t.Setenv("POOLHOUSE_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), f.twin)
			demand(t, f, f.becomes(f.twin))
			demand(t, f, f.becomes(f.given), "--"+name+"="+f.given)
		})
	}
}

// demand reads a command line of serve and says what should come of the flag.
func demand(t *testing.T, f flag, want string, args ...string) {
	t.Helper()
	var cli commands
	parser, err := newParser(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"serve"}, args...)); err != nil {
		t.Fatal(err)
	}
	config, err := cli.Serve.config(surroundings{t.Context(), strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.reads(config); got != want {
		t.Errorf("%q configures %q, want %q", args, got, want)
	}
}

// flagsOfServe asks the program itself, so that a new flag is missed.
func flagsOfServe(t *testing.T) []*kong.Flag {
	t.Helper()
	parser, err := newParser(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if command.Name == "serve" {
			return command.Flags
		}
	}
	t.Fatal("there is no serve")
	return nil
}
