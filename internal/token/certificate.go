package token

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/poolhouse/poolhouse/internal/store"
)

const (
	certificateYears = 10 // Cognito: GetSigningCertificate
	certificateSlot  = "saml"
)

// Certificate returns the X.509 certificate, in DER, under which the pool signs
// what it asks of SAML providers. Its key, which signs nothing else, is made with
// it when somebody asks first. Two nodes that do so at once end up with the same:
// the ledger keeps the first, and both read it back.
func (t *Tokens) Certificate(ctx context.Context, poolID string) ([]byte, error) {
	row, err := t.DB.SigningKeys.Get(ctx, poolID, certificateSlot)
	if !errors.Is(err, store.ErrNotFound) {
		return row.Certificate, err
	}
	fresh, err := newCertificate(poolID, t.Now())
	if err != nil {
		return nil, err
	}
	if err := t.DB.SigningKeys.Create(ctx, &fresh, poolID, certificateSlot); err != nil && !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	row, err = t.DB.SigningKeys.Get(ctx, poolID, certificateSlot)
	return row.Certificate, err
}

// newCertificate makes a key with a certificate that it has signed itself, in the
// pool's name.
func newCertificate(poolID string, now time.Time) (store.SigningKey, error) {
	key, err := newKey(now.UnixMilli())
	if err != nil {
		return key, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey([]byte(key.Private.Reveal()))
	if err != nil {
		return key, fmt.Errorf("reading a new key: %w", err)
	}
	private := parsed.(*rsa.PrivateKey) // which newKey made
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return key, err
	}
	name := pkix.Name{CommonName: poolID}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: name, Issuer: name,
		NotBefore: now, NotAfter: now.AddDate(certificateYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, SignatureAlgorithm: x509.SHA256WithRSA,
	}
	key.Certificate, err = x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return key, fmt.Errorf("making a certificate: %w", err)
	}
	return key, nil
}
