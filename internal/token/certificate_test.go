package token_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/token"
)

// Nodes that make a pool's certificate at once all give the same, of the key that
// the ledger keeps.
func TestRaceCertificates(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		db, _ := housetest.Ledger(t, database, nil)
		type made struct {
			der []byte
			err error
		}
		answers := make(chan made, 4)
		for range 4 {
			go func() {
				der, err := (&token.Tokens{DB: db, Now: time.Now}).Certificate(t.Context(), housetest.PoolID)
				answers <- made{der, err}
			}()
		}
		var first []byte
		for range 4 {
			got := <-answers
			if first == nil {
				first = got.der
			}
			if got.err != nil || len(got.der) == 0 || !bytes.Equal(got.der, first) {
				t.Errorf("a certificate of %d bytes, another one: %v, %v", len(got.der), !bytes.Equal(got.der, first), got.err)
			}
		}
		certificate, err := x509.ParseCertificate(first)
		if err != nil {
			t.Fatal(err)
		}
		row, err := db.SigningKeys.Get(t.Context(), housetest.PoolID, "saml")
		if err != nil {
			t.Fatal(err)
		}
		private, err := x509.ParsePKCS8PrivateKey([]byte(row.Private.Reveal()))
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := private.(*rsa.PrivateKey); !ok || !key.PublicKey.Equal(certificate.PublicKey) {
			t.Error("the certificate is of another key")
		}
	})
}
