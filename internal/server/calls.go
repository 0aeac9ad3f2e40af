package server

import (
	"context"
	"net/http"

	"github.com/poolhouse/poolhouse/internal/api"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/web"
)

// operator finds who owns an access key. It asks the ledger at every call, so
// that a revoked key ends at once on every node.
func (s *Server) operator(ctx context.Context, accessKeyID string) (api.Operator, bool, error) {
	k, found, err := s.setup().FindKey(ctx, accessKeyID)
	return api.Operator{ARN: k.ARN(s.config.Account), Name: pool.OperatorName{Key: k.ID, Name: k.Name}, Secret: k.Secret, May: k.May}, found, err
}

// onOwnHost serves the API's path on the server's own host. On a pool's domain
// it is a page's.
func (s *Server) onOwnHost(pages *web.Web, page, call http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, err := pages.IsOwn(r.Context(), r.Host)
		if err != nil {
			s.config.Log.Error("the host cannot be looked up", "host", r.Host, "error", err)
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		if own {
			call.ServeHTTP(w, r)
			return
		}
		page.ServeHTTP(w, r)
	})
}
