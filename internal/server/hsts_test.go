package server_test

import (
	"net/http"
	"testing"

	"github.com/poolhouse/poolhouse/internal/server"
)

// Whoever ends the TLS, both doors of a server that is reached by https say so.
func TestBothDoorsAskForHTTPS(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]bool{"https://id.example.com": true, "http://localhost:9229": false} {
		s := newStill(t, func(c *server.Config) {
			if c.URL = url; want {
				production(c)
			}
		})
		for _, r := range [][2]string{{http.MethodGet, "/login"}, {http.MethodPost, "/"}} {
			got := s.send(r[0], url+r[1], stranger).Header.Get("Strict-Transport-Security") != ""
			if got != want {
				t.Errorf("%s %s%s: Strict-Transport-Security is there: %t", r[0], url, r[1], got)
			}
		}
	}
}
