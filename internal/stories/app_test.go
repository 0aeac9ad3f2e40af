package stories_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/poolhouse/poolhouse/examples/webapp"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// sample is the sample app beside a house, each registered with the other.
type sample struct {
	house *housetest.House
	url   string
}

// startSample runs the sample app against a house on the database; "" is a new
// SQLite file. The document of the house may be changed by f.
func startSample(t *testing.T, database string, f func(*setup.Document)) sample {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	t.Cleanup(listener.Close)
	address := "http://" + listener.Listener.Addr().String()
	house := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
		d.UserPoolClients[0].CallbackURLs = append(d.UserPoolClients[0].CallbackURLs, address+"/oauth/cognito")
		d.UserPoolClients[0].LogoutURLs = append(d.UserPoolClients[0].LogoutURLs, address+"/oauth/cognito/logout")
		if f != nil {
			f(d)
		}
	})})
	app, err := webapp.New(webapp.Config{
		ClientID: housetest.ClientID, Domain: house.URL(), Issuer: house.URL() + "/" + housetest.PoolID,
		GrantType: "authorization_code", ResponseType: "code", Scope: "openid email",
		RedirectURL: address + "/oauth/cognito", LogoutURL: address + "/oauth/cognito/logout",
		CookieName: "sample", CookieSecret: "a secret of more than thirty-two characters", HTTPClient: &http.Client{},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = app
	listener.Start()
	return sample{house: house, url: address}
}
