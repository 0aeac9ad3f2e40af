package token

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/store"
)

const keyBits = 2048

// keyPair is a pool's two keys: one signs ID tokens, the other access tokens.
type keyPair struct{ id, access signingKey }

type signingKey struct {
	kid     string
	private *rsa.PrivateKey
	header  string // base64url of the JOSE header: exactly kid and alg, in Cognito's order
}

// EnsureKeys makes the pool's keys if it has none. Two nodes that do so at once
// end up with the same: the ledger keeps the first, and both read it back.
func (t *Tokens) EnsureKeys(ctx context.Context, poolID string) error {
	_, err := t.keysOf(ctx, poolID)
	return err
}

func (t *Tokens) keysOf(ctx context.Context, poolID string) (keyPair, error) {
	t.mu.RLock()
	pair, ok := t.keys[poolID]
	t.mu.RUnlock()
	if ok {
		return pair, nil
	}
	id, err := t.ensureKey(ctx, poolID, "id")
	if err != nil {
		return pair, err
	}
	access, err := t.ensureKey(ctx, poolID, "access")
	if err != nil {
		return pair, err
	}
	pair = keyPair{id, access}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys == nil {
		t.keys = map[string]keyPair{}
	}
	t.keys[poolID] = pair
	return pair, nil
}

func (t *Tokens) ensureKey(ctx context.Context, poolID, slot string) (signingKey, error) {
	row, err := t.DB.SigningKeys.Get(ctx, poolID, slot)
	if errors.Is(err, store.ErrNotFound) {
		fresh, err := newKey(t.Now().UnixMilli())
		if err != nil {
			return signingKey{}, err
		}
		if err := t.DB.SigningKeys.Create(ctx, &fresh, poolID, slot); err != nil && !errors.Is(err, store.ErrExists) {
			return signingKey{}, err
		}
		row, err = t.DB.SigningKeys.Get(ctx, poolID, slot)
		if err != nil {
			return signingKey{}, err
		}
		return parseKey(row)
	}
	if err != nil {
		return signingKey{}, err
	}
	return parseKey(row)
}

func newKey(now int64) (store.SigningKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("making a signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return store.SigningKey{}, fmt.Errorf("encoding a signing key: %w", err)
	}
	kid := make([]byte, 32)
	rand.Read(kid)
	return store.SigningKey{Kid: base64.StdEncoding.EncodeToString(kid), Private: pool.Secret(der), CreatedAt: now}, nil
}

func parseKey(row store.SigningKey) (signingKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey([]byte(row.Private.Reveal()))
	if err != nil {
		return signingKey{}, fmt.Errorf("reading a signing key: %w", err)
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return signingKey{}, errors.New("a signing key is not RSA")
	}
	header, err := json.Marshal(struct {
		Kid string `json:"kid"`
		Alg string `json:"alg"`
	}{row.Kid, "RS256"})
	return signingKey{row.Kid, private, base64.RawURLEncoding.EncodeToString(header)}, err
}

// jws signs claims as a compact JWS (RFC 7515 §3.1). It is written out here, not
// left to a library, for the header's members and their order are Cognito's.
func (k signingKey) jws(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := k.header + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k.private, crypto.SHA256, digest[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// verify checks a compact JWS under this key, RS256 only, and returns its
// payload.
func (k signingKey) verify(raw string) ([]byte, error) {
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, err
	}
	if parsed.Signatures[0].Header.KeyID != k.kid {
		return nil, errors.New("signed by another key")
	}
	return parsed.Verify(&k.private.PublicKey)
}

// JWKS returns the pool's public keys as a JSON Web Key Set (RFC 7517 §5).
func (t *Tokens) JWKS(ctx context.Context, poolID string) ([]byte, error) {
	pair, err := t.keysOf(ctx, poolID)
	if err != nil {
		return nil, err
	}
	set := jose.JSONWebKeySet{}
	for _, k := range []signingKey{pair.id, pair.access} {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &k.private.PublicKey, KeyID: k.kid, Algorithm: "RS256", Use: "sig"})
	}
	return json.Marshal(set)
}
