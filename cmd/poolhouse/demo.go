package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/poolhouse/poolhouse/examples/webapp"
	"github.com/poolhouse/poolhouse/internal/server"
)

//go:embed demo.json
var demoDocument []byte

// demoApp is where demo.json expects the sample app.
const demoApp = "http://localhost:4200"

type demoCommand struct {
	Listen    string   `default:"localhost:9229" placeholder:"HOST:PORT" help:"Where the pool listens (${default})."`
	AppListen string   `default:"localhost:4200" placeholder:"HOST:PORT" help:"Where the sample app listens (${default}); the pool's callback follows."`
	Data      string   `default:".poolhouse" placeholder:"FOLDER" help:"Where accounts are kept (${default})."`
	App       bool     `default:"true" negatable:"" help:"Start the sample app too; --no-app leaves --app-listen to an app of your own."`
	Fresh     bool     `help:"Start empty: forget what the folder holds."`
	LogLevel  logLevel `default:"WARN" placeholder:"LEVEL" help:"DEBUG, INFO, WARN or ERROR (${default})."`
}

// Run serves the demo pool and the sample app until it is told to stop.
func (c demoCommand) Run(s surroundings) error {
	release, err := c.openFolder()
	if err != nil {
		return err
	}
	defer release()
	log := logger(s.err, c.LogLevel)
	if err := server.CheckLoopback("--app-listen", c.AppListen); err != nil {
		return err
	}
	poolListeners, listen, err := openListeners("--listen", c.Listen)
	if err != nil {
		return err
	}
	appListeners, appListen, err := c.openApp()
	if err != nil {
		closeAll(poolListeners)
		return err
	}
	house, app, err := c.build(s, listen, appListen, log)
	if err != nil {
		closeAll(slices.Concat(poolListeners, appListeners))
		return err
	}
	if c.App {
		handler, err := webapp.New(app)
		if err != nil {
			return errors.Join(err, house.Close())
		}
		defer server.Beside(handler, appListeners, log)()
	}
	c.banner(s.out, house.URL(), app)
	return house.Run(s, poolListeners)
}

// openApp opens the sample app's listeners. Without the app it says where one of
// somebody's own is expected.
func (c demoCommand) openApp() ([]net.Listener, string, error) {
	if c.App {
		return openListeners("--app-listen", c.AppListen)
	}
	if _, port, err := net.SplitHostPort(c.AppListen); err != nil || port == "0" {
		return nil, "", fmt.Errorf("--app-listen %q is not host:port, which an app of your own is to have", c.AppListen)
	}
	return nil, c.AppListen, nil
}

// build makes the pool and the app's settings, each with the other's address.
func (c demoCommand) build(ctx context.Context, listen, appListen string, log *slog.Logger) (*server.Server, webapp.Config, error) {
	appURL := urlOf(appListen)
	document, err := demoAt(appURL)
	if err != nil {
		return nil, webapp.Config{}, err
	}
	house, err := server.New(ctx, server.Config{
		Listen: listen, URL: urlOf(listen), Database: "sqlite:" + filepath.Join(c.Data, "demo.db"), Mail: "mailbox",
		MasterKeyFile: filepath.Join(c.Data, "master.key"), Region: "us-east-1", Dev: true, Apply: &document,
		Log: log,
	})
	if err != nil {
		return nil, webapp.Config{}, err
	}
	app, err := c.appConfig(house.URL(), appURL, document)
	app.Logger = log
	return house, app, err
}

func (c demoCommand) appConfig(poolURL, appURL string, document server.Document) (webapp.Config, error) {
	own, err := url.Parse(appURL)
	if err != nil {
		return webapp.Config{}, err
	}
	secret, err := c.cookieSecret()
	if err != nil {
		return webapp.Config{}, err
	}
	client := document.UserPoolClients[0]
	values := map[string]string{
		"COGNITO_CLIENT_ID": client.ID, "COGNITO_DOMAIN_NAME_URL": poolURL, "COGNITO_ISSUER": poolURL + "/" + client.UserPoolID,
		"COGNITO_LOGIN_REDIRECT_URL": client.CallbackURLs[0], "COGNITO_LOGOUT_REDIRECT_URL": client.LogoutURLs[0],
		"COGNITO_LOGIN_SCOPE": strings.Join(client.AllowedOAuthScopes, " "), "COOKIE_SESSION_NAME": "poolhouse_demo",
		"COOKIE_SESSION_SECRET": secret, "HOSTNAME": own.Hostname(), "PORT": own.Port(),
	}
	return webapp.ConfigFromEnv(func(name string) string { return values[name] })
}

// demoAt is the demo's document for a sample app at appURL.
func demoAt(appURL string) (server.Document, error) {
	return server.ReadDocument([]byte(strings.ReplaceAll(string(demoDocument), demoApp, appURL)))
}

// urlOf is how a browser reaches host:port on this machine.
func urlOf(listen string) string { return "http://" + listen }

// openFolder makes the data folder, takes its lock, so that two demos cannot
// share one, and empties it if that is asked.
func (c demoCommand) openFolder() (release func(), err error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be made: %w", c.Data, cause(err))
	}
	lock, err := os.OpenFile(filepath.Join(c.Data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the folder %s cannot be written: %w", c.Data, cause(err))
	}
	if err := lockFile(lock); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another demo is running on the folder %s: stop it, or give this one its own with --data", c.Data)
	}
	if c.Fresh {
		for _, name := range []string{"demo.db", "demo.db-wal", "demo.db-shm", "master.key", "app.secret"} {
			if err := os.Remove(filepath.Join(c.Data, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				lock.Close()
				return nil, fmt.Errorf("%s cannot be emptied: %w", c.Data, cause(err))
			}
		}
	}
	return func() { lock.Close() }, nil
}

// cause is the reason inside a path error, without the path again.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// cookieSecret is the sample app's own, kept so that its sessions survive a
// restart too.
func (c demoCommand) cookieSecret() (string, error) {
	path := filepath.Join(c.Data, "app.secret")
	if secret, err := os.ReadFile(path); err == nil && len(secret) >= 32 {
		return string(secret), nil
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(path, []byte(secret), 0o600)
}

func (c demoCommand) banner(w io.Writer, poolURL string, app webapp.Config) {
	login := poolURL + "/login?" + url.Values{
		"client_id": {app.ClientID}, "response_type": {"code"}, "scope": {app.Scope}, "redirect_uri": {app.RedirectURL},
	}.Encode()
	own := "http://" + net.JoinHostPort(app.Hostname, app.Port)
	hint := "An app of your own takes the sample's place after --no-app, with these settings:"
	if !c.App {
		own, hint = own+" (to be yours)", "Its settings:"
	}
	fmt.Fprintf(w, `
Poolhouse is running. Stop it with Ctrl+C.

  Sample app    %s
  Sign-in page  %s
  Mailbox       %s/mailbox
  AWS's SDKs    endpoint %s, pool %s, client %s (SRP)

%s

%s`, own, login, poolURL, poolURL, app.Issuer[strings.LastIndexByte(app.Issuer, '/')+1:], app.ClientID, hint, pasteable(app))
}

// pasteable is the app's settings with a secret in them, a new one each time.
func pasteable(app webapp.Config) string {
	var out strings.Builder
	for line := range strings.Lines(app.Env()) {
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "COOKIE_SESSION_SECRET="):
			out.WriteString("COOKIE_SESSION_SECRET=" + rand.Text() + rand.Text() + "\n")
		default:
			out.WriteString(line)
		}
	}
	return out.String()
}
