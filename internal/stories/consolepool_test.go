package stories_test

import (
	"context"
	_ "embed"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// consolePool is a pool as Cognito's console makes it for one web app on
// localhost: every setting that the console asks for, in the shapes of
// CreateUserPool, CreateUserPoolClient and CreateUserPoolDomain.
//
//go:embed testdata/console-pool.json
var consolePool []byte

// leadsTo is a transport for which the web app's registered address, which the
// document fixes, is app, and every other host the house.
func leadsTo(t *testing.T, app, house string) *http.Transport {
	t.Helper()
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "localhost:4200" {
			return dialer.DialContext(ctx, network, app)
		}
		return dialer.DialContext(ctx, network, house)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// TestConsolePool: such a document is applied as it is, and an app with its
// settings signs people up, in and out at the pool's own domain.
func TestConsolePool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		document, err := setup.ReadDocument(consolePool)
		must(t, err)
		h := housetest.Start(t, housetest.Config{Database: database, Document: &document})
		listener := httptest.NewUnstartedServer(nil)
		t.Cleanup(listener.Close)
		client := document.UserPoolClients[0]
		app := fourCalls{
			domain: at(h, document.UserPoolDomains[0].Domain+".localhost"), clientID: client.ID,
			callback: client.CallbackURLs[0], goodbye: client.LogoutURLs[0],
			http: &http.Client{Transport: leadsTo(t, listener.Listener.Addr().String(), h.Address)},
		}
		listener.Config.Handler = app
		listener.Start()

		s := newSurfer(t)
		s.http.Transport = app.http.Transport
		const weak = "aaaaaa" // six characters and no other rule
		s.get(strings.Replace(app.login(), "/login?", "/signup?", 1))
		s.submit("username", ann, "password", weak[1:])
		s.reads("Use at least 6 characters.")
		s.submit("username", ann, "password", weak)
		s.submit("code", h.Code(ann))
		checkFourCalls(t, s)
		s.get(app.logout())
		s.reads("signed out")
		s.get(app.login())
		s.submit("username", strings.ToUpper(ann), "password", weak)
		checkFourCalls(t, s)

		changes, err := (&setup.Setup{DB: h.DB, Region: "us-east-1", Now: h.Now}).Apply(t.Context(), document, false)
		must(t, err)
		for _, c := range changes {
			if c.Action != setup.Unchanged {
				t.Errorf("applied again: %+v", c)
			}
		}
	})
}
