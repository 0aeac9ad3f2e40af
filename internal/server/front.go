package server

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// front is what every request passes: forwarded headers are believed or
// dropped, sources that ask too often are refused, bodies are bounded, a panic
// becomes a 500, and one line is logged.
func (s *Server) front(next http.Handler) http.Handler {
	bounded := s.limits.limit(http.MaxBytesHandler(next, 1<<20))
	uploads := s.limits.limit(next) // which bound their bodies themselves
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.forwarded(r)
		if len(r.TransferEncoding) > 0 && r.ProtoMajor == 1 { // it may have had a length too, which others on its way may have gone by (RFC 9112 §6.1)
			w.Header().Set("Connection", "close")
		}
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				s.config.Log.Error("a handler panicked", "path", r.URL.Path, "panic", p)
				if seen.status == 0 {
					http.Error(seen, "internal error", http.StatusInternalServerError)
				}
			}
			s.config.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("host", r.Host), slog.String("path", r.URL.Path), slog.Int("status", seen.status),
				slog.Duration("took", time.Since(began)), slog.String("from", r.RemoteAddr), slog.String("id", requestID(w.Header())))
		}()
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/imports/") {
			uploads.ServeHTTP(seen, r)
			return
		}
		bounded.ServeHTTP(seen, r)
	})
}

// requestID is the id by which a caller can name the request: a page's, or the
// API's.
func requestID(h http.Header) string {
	if id := h.Get("X-Amz-Cognito-Request-Id"); id != "" {
		return id
	}
	return h.Get("X-Amzn-Requestid")
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// forwarded takes host, scheme and client from X-Forwarded-* where the direct
// peer is a trusted proxy, and drops those headers otherwise, so that behind
// this line X-Forwarded-Proto can be believed.
func (s *Server) forwarded(r *http.Request) {
	if s.trusted(r.RemoteAddr) {
		if host := r.Header.Get("X-Forwarded-Host"); host != "" {
			r.Host = host
		}
		if proto := r.Header.Get("X-Forwarded-Proto"); proto != "http" && proto != "https" {
			r.Header.Del("X-Forwarded-Proto")
		}
		if client := s.clientOf(r.Header.Values("X-Forwarded-For")); client != "" {
			r.RemoteAddr = client
		}
	} else {
		r.Header.Del("X-Forwarded-Proto")
	}
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-For", "Forwarded"} {
		r.Header.Del(name)
	}
}

func (s *Server) trusted(remote string) bool {
	if len(s.config.TrustedProxies) == 0 {
		return false
	}
	peer, err := netip.ParseAddrPort(remote)
	return err == nil && s.trustedIP(peer.Addr())
}

func (s *Server) trustedIP(ip netip.Addr) bool {
	for _, p := range s.config.TrustedProxies {
		if p.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// clientOf reads X-Forwarded-For from the right: the first address that is not
// one of our proxies is the client; everything left of it is hearsay.
func (s *Server) clientOf(headers []string) string {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return ""
		}
		if !s.trustedIP(ip) || i == 0 {
			return netip.AddrPortFrom(ip, 0).String()
		}
	}
	return ""
}
