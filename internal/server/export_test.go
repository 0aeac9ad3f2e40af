package server

import "context"

// SweepNow sweeps once, without waiting for the clock.
func (s *Server) SweepNow(ctx context.Context) { s.sweepOnce(ctx) }
