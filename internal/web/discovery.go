package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

// documentLife is how long discovery and key set may be cached, in the form of
// a Cache-Control header. Keys may rotate without notice, so it is short.
const documentLife = "public, max-age=300"

// poolOfPath finds the pool of a document: the one that the path names, else
// the one whose domain this is. On a domain no other pool is found; on the own
// host, which is a domain of every pool, the client of the query names it.
func (s *Web) poolOfPath(v *visit) (pool.Pool, error) {
	id := v.r.PathValue("pool")
	if id == "" {
		id = v.domain.UserPoolID
	}
	if id == "" && v.query.Has("client_id") {
		if err := s.findApp(v, v.query["client_id"]); err != nil {
			return pool.Pool{}, err
		}
		return v.app.Pool, nil
	}
	if !pool.ValidPoolID(id) || v.domain.UserPoolID != "" && id != v.domain.UserPoolID {
		return pool.Pool{}, &refusal{http.StatusNotFound, "not_found"}
	}
	v.trace.pool = id
	p, err := s.DB.Pools.Get(v.r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return p, &refusal{http.StatusNotFound, "not_found"}
	}
	return p, err
}

// getDiscovery answers OpenID Connect Discovery §4 and RFC 8414 §3, the latter
// in both forms: with the well-known part before the issuer's path, as the RFC
// has it, and after it, as clients try too.
func (s *Web) getDiscovery(v *visit) error {
	p, err := s.poolOfPath(v)
	if err != nil {
		return err
	}
	base, err := s.endpointBase(v.r.Context(), p.ID)
	if err != nil {
		return err
	}
	body, err := json.Marshal(s.Tokens.Discovery(p, base))
	if err != nil {
		return err
	}
	writeDocument(v.w, body)
	return nil
}

// getJWKS answers with the pool's public keys (RFC 7517 §5).
func (s *Web) getJWKS(v *visit) error {
	p, err := s.poolOfPath(v)
	if err != nil {
		return err
	}
	body, err := s.Tokens.JWKS(v.r.Context(), p.ID)
	if err != nil {
		return err
	}
	writeDocument(v.w, body)
	return nil
}

func writeDocument(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", documentLife)
	h.Del("Pragma")
	h.Del("Expires")
	w.Write(body)
}
