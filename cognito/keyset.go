package cognito

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

const (
	// keysFresh is how long keys are used without asking again, so that a key
	// the pool has withdrawn stops counting.
	keysFresh = time.Hour
	// A token with an unknown kid makes us ask, but a stranger who invents kids
	// must not make us ask all the time.
	keysGap = 5 * time.Second
	// keysRetry is the gap after a failure: a server that restarts is back soon.
	keysRetry = time.Second
)

// keySet is the pool's public keys (RFC 7517; Cognito: Verifying JSON web
// tokens). It differs from go-oidc's RemoteKeySet in that it matches the kid
// exactly and always, limits how often an unknown kid makes it ask, asks again
// now and then, reads a limited answer and never quotes one.
type keySet struct {
	url    string
	client *http.Client
	flight singleflight.Group

	mu    sync.Mutex
	keys  map[string]*rsa.PublicKey // by kid, as written: padded base64 with + and / on AWS
	since time.Time                 // of the keys
	tried time.Time                 // the last attempt
	err   error                     // of the last attempt
}

// VerifySignature implements oidc.KeySet.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(jws.Signatures) != 1 {
		return nil, fmt.Errorf("%w: malformed, or not signed with RS256", ErrTokenInvalid)
	}
	key, err := s.key(ctx, jws.Signatures[0].Protected.KeyID)
	if err != nil {
		return nil, err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, fmt.Errorf("%w: the signature is wrong", ErrTokenInvalid)
	}
	return payload, nil
}

// key returns a known key at once, asking for newer ones in the background when
// they are old: while the server is away, known keys go on counting.
func (s *keySet) key(ctx context.Context, kid string) (*rsa.PublicKey, error) {
	if kid == "" {
		return nil, fmt.Errorf("%w: it names no key", ErrTokenInvalid)
	}
	key, stale := s.cached(kid)
	if key != nil {
		if stale {
			go func() { _ = s.update(context.WithoutCancel(ctx)) }()
		}
		return key, nil
	}
	if err := s.update(ctx); err != nil {
		return nil, err
	}
	if key, _ = s.cached(kid); key == nil {
		return nil, fmt.Errorf("%w: it is signed with a key that the pool does not publish", ErrTokenInvalid)
	}
	return key, nil
}

func (s *keySet) cached(kid string) (key *rsa.PublicKey, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	stale = now.Sub(s.since) > keysFresh && now.Sub(s.tried) > keysGap
	return s.keys[kid], stale
}

// update asks for the keys unless that was done a moment ago; everybody who
// wants them meanwhile waits for the same answer.
func (s *keySet) update(ctx context.Context) error {
	done := s.flight.DoChan("", func() (any, error) {
		s.mu.Lock()
		gap := keysGap
		if s.err != nil {
			gap = keysRetry
		}
		wait, last := time.Since(s.tried) < gap, s.err
		s.mu.Unlock()
		if wait {
			return nil, last
		}
		keys, err := s.fetch(context.WithoutCancel(ctx))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tried, s.err = time.Now(), err
		if err == nil {
			s.keys, s.since = keys, s.tried
		}
		return nil, err
	})
	select {
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	case res := <-done:
		return res.Err
	}
}

func (s *keySet) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	status, body, err := fetch(ctx, s.client, s.url)
	if err != nil {
		return nil, fmt.Errorf("keys of the pool: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &set) != nil {
		return nil, fmt.Errorf("%w: no keys at %s: status %d", ErrUnavailable, s.url, status)
	}
	keys := map[string]*rsa.PublicKey{}
	for _, raw := range set.Keys {
		var jwk jose.JSONWebKey
		// RFC 7517 §5: keys that are not understood are passed over.
		if json.Unmarshal(raw, &jwk) != nil || !signsRS256(jwk) {
			continue
		}
		if _, twice := keys[jwk.KeyID]; !twice {
			keys[jwk.KeyID] = jwk.Key.(*rsa.PublicKey)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no usable key at %s", ErrBadResponse, s.url)
	}
	return keys, nil
}

func signsRS256(jwk jose.JSONWebKey) bool {
	key, isRSA := jwk.Key.(*rsa.PublicKey)
	return isRSA && key.N.BitLen() >= 2048 && jwk.KeyID != "" &&
		(jwk.Use == "" || jwk.Use == "sig") && (jwk.Algorithm == "" || jwk.Algorithm == string(jose.RS256))
}
