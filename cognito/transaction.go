package cognito

import (
	"crypto/rand"
	"log/slog"

	"golang.org/x/oauth2"
)

// Transaction is one sign-in on its way: the secrets that bind the callback to
// the browser that began it. Keep it with that browser and nowhere else — [Web]
// keeps it in an encrypted cookie — and give it to [Client.Exchange]. It
// marshals to JSON.
type Transaction struct {
	State    string `json:"state"`    // RFC 6749 §10.12; 26 characters
	Nonce    string `json:"nonce"`    // OpenID Connect Core §3.1.2.1; 26 characters
	Verifier string `json:"verifier"` // RFC 7636 §4.1; 43 characters, secret
}

// String shows nothing: whoever knows a transaction can finish it.
func (Transaction) String() string { return "cognito.Transaction{…}" }

// GoString hides the content from %#v.
func (t Transaction) GoString() string { return t.String() }

// LogValue hides the content from log/slog.
func (t Transaction) LogValue() slog.Value { return slog.StringValue(t.String()) }

func newTransaction() Transaction {
	return Transaction{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier()}
}
