package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/poolhouse/poolhouse/internal/server"
)

// ledgerFlags say where the data is and how it is sealed.
type ledgerFlags struct {
	DB            string `name:"db" default:"sqlite:poolhouse.db" placeholder:"URL" help:"Where the data is: sqlite:PATH or postgres://user:pass@host/name (${default})."`
	MasterKeyFile string `default:"poolhouse.key" placeholder:"FILE" help:"The key that seals secrets in the database (${default}); made for a new database. Back it up."`
	Region        string `default:"us-east-1" help:"The region in the ids of new pools, and for which operators sign (${default})."`
	Account       string `default:"000000000000" help:"The account in ARNs, twelve digits (${default})."`
}

// Validate is called by kong.
func (f ledgerFlags) Validate() error {
	if len(f.Account) != 12 {
		return fmt.Errorf("--account must have twelve digits")
	}
	for _, r := range f.Account {
		if r < '0' || r > '9' {
			return fmt.Errorf("--account must have twelve digits")
		}
	}
	return nil
}

type serveCommand struct {
	ledgerFlags
	Listen       string         `default:"localhost:9229" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	URL          string         `name:"url" placeholder:"URL" help:"The address under which browsers reach this server; follows --listen on loopback."`
	Mail         string         `placeholder:"URL" help:"smtp://user:pass@host:port?from=…&tls=starttls|tls|none, or mailbox (with --dev)."`
	TLSCert      string         `name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM), to serve https."`
	TLSKey       string         `name:"tls-key" placeholder:"FILE" help:"Its private key (PEM)."`
	TrustedProxy []netip.Prefix `placeholder:"CIDR" help:"Networks of proxies whose X-Forwarded-* headers count."`
	Dev          bool           `help:"For development: mailbox page, light password hash, reasons on error pages. Loopback only."`
	Apply        string         `placeholder:"FILE" help:"Create and update what this file says before serving."`
	LogLevel     logLevel       `default:"INFO" placeholder:"LEVEL" help:"DEBUG, INFO, WARN or ERROR (${default})."`
}

// Run serves until it is told to stop.
func (c serveCommand) Run(s surroundings) error {
	config, err := c.config(s)
	if err != nil {
		return err
	}
	log := config.Log
	if err := config.Check(); err != nil { // before the port: a wrong flag is not a taken port
		return err
	}
	listeners, listen, err := openListeners("--listen", c.Listen)
	if err != nil {
		return err
	}
	config.Listen = listen
	house, err := server.New(s, config)
	if err != nil {
		closeAll(listeners)
		return err
	}
	for _, change := range house.Changes {
		log.Info("applied", "action", change.Action, "kind", change.Kind, "id", change.ID, "members", change.Members)
	}
	log.Info("serving", "listen", listen, "url", house.URL())
	return house.Run(s, listeners)
}

// config is what the flags say.
func (c serveCommand) config(s surroundings) (server.Config, error) {
	config := server.Config{
		Listen: c.Listen, URL: c.URL, Database: c.DB, Mail: c.Mail, MasterKeyFile: c.MasterKeyFile,
		TLSCert: c.TLSCert, TLSKey: c.TLSKey, TrustedProxies: c.TrustedProxy, Region: c.Region, Account: c.Account, Dev: c.Dev,
		Log: logger(s.err, c.LogLevel),
	}
	if c.Apply == "" {
		return config, nil
	}
	document, err := readDocument(c.Apply)
	config.Apply = &document
	return config, err
}

// openListeners opens address and says which port it got.
func openListeners(flag, address string) ([]net.Listener, string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("%s %q is not host:port", flag, address)
	}
	listeners, err := server.Listen(address)
	if err != nil {
		return nil, "", fmt.Errorf("%s %w", flag, err)
	}
	_, port, err := net.SplitHostPort(listeners[0].Addr().String())
	return listeners, net.JoinHostPort(host, port), err
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

func readDocument(path string) (server.Document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return server.Document{}, err
	}
	if server.IsTemplate(text) && len(text) > 0 {
		return server.Document{}, fmt.Errorf("%s is a CloudFormation template, or no JSON: bring in a template with poolhouse apply", path)
	}
	document, err := server.ReadDocument(text)
	if err != nil {
		return document, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}
