package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/server"
	"github.com/poolhouse/poolhouse/internal/store"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	if p := get(t, h, "/readyz"); p.Status != http.StatusOK {
		t.Errorf("/readyz: %d", p.Status)
	}
	b := h.BrowserAt("http://whatever.example.com")
	if p := b.Get("/healthz"); p.Status != http.StatusOK || p.Body != "ok\n" {
		t.Errorf("/healthz under another name: %d %q", p.Status, p.Body)
	}
	if err := h.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if p := get(t, h, "/readyz"); p.Status != http.StatusServiceUnavailable {
		t.Errorf("/readyz without a ledger: %d", p.Status)
	}
	if p := get(t, h, "/healthz"); p.Status != http.StatusOK {
		t.Errorf("/healthz without a ledger: %d", p.Status)
	}
}

// TestMailboxShowsNoRealMail: the mailbox is there only while mail stays in it.
func TestMailboxShowsNoRealMail(t *testing.T) {
	t.Parallel()
	for mail, want := range map[string]int{"": http.StatusOK, "smtp://127.0.0.1:1?from=pool@example.com&tls=none": http.StatusNotFound} {
		h := housetest.Start(t, housetest.Config{Mail: mail})
		for _, path := range []string{"/mailbox", "/mailbox.json"} {
			if p := get(t, h, path); p.Status != want {
				t.Errorf("%s with --mail %q: %d, want %d", path, mail, p.Status, want)
			}
		}
	}
}

// run serves on a loopback port until the returned function is called, which
// waits for the end.
func run(t *testing.T, f func(*server.Config)) (address string, stop func() error) {
	t.Helper()
	listeners := listen(t, "127.0.0.1:0")
	address = listeners[0].Addr().String()
	s, err := newServer(t, func(c *server.Config) {
		c.Listen, c.Apply = address, housetest.Document(t, nil)
		if f != nil {
			f(c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listeners) }()
	t.Cleanup(cancel)
	return address, func() error { cancel(); return <-done }
}

// TestStopLetsRequestsFinish: who was being served when the server was told to
// stop gets an answer; nobody new is let in.
func TestStopLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	address, stop := run(t, nil)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	form := "grant_type=refresh_token&client_id=" + housetest.ClientID + "&refresh_token=nonsense"
	fmt.Fprintf(conn, "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(form))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server said %q (%v)", line, err) // it reads the body: the request is in hand
	}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for closed := false; !closed; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if closed = err != nil; !closed {
			c.Close()
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("the server ended (%v) before the request", err)
	default:
	}
	fmt.Fprint(conn, form)
	if _, err := answers.ReadString('\n'); err != nil { // the empty line after 100 Continue
		t.Fatal(err)
	}
	if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 400 ") {
		t.Errorf("the request was answered %q (%v)", line, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t)
	address, stop := run(t, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	answer, err := client.Get("https://" + address + "/login" + housetest.Ask())
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.Contains(answer.Header.Get("Set-Cookie"), "; Secure") {
		t.Errorf("%d, Set-Cookie %q", answer.StatusCode, answer.Header.Get("Set-Cookie"))
	}
	client.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := newServer(t, func(c *server.Config) { c.TLSCert, c.TLSKey = key, cert }); err == nil || !strings.HasPrefix(err.Error(), "--tls-cert ") {
		t.Errorf("a certificate that is none: %v", err)
	}
}

// certificate makes one for 127.0.0.1, in two PEM files.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	cert, key, roots = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem"), x509.NewCertPool()
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		text := pem.EncodeToMemory(block)
		roots.AppendCertsFromPEM(text)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key, roots
}

// TestSweep: what has expired goes, in as many batches as it takes; what has
// not, and mail that nobody has taken yet, stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	ctx, now := t.Context(), h.Now()
	const many = 1200
	err := h.DB.Tx(ctx, func(ctx context.Context, tx *store.DB) error {
		for i := range many {
			s := pool.Session{ExpiresAt: now.Add(-time.Minute).UnixMilli()}
			if err := tx.Sessions.Create(ctx, &s, housetest.PoolID, fmt.Sprintf("old-%d", i)); err != nil {
				return err
			}
		}
		s := pool.Session{ExpiresAt: now.Add(time.Hour).UnixMilli()}
		if err := tx.Sessions.Create(ctx, &s, housetest.PoolID, "new"); err != nil {
			return err
		}
		m := pool.Mail{ID: "waiting", UserPoolID: housetest.PoolID, To: "ann@example.com", State: pool.MailWaiting, CreatedAt: 1, DueAt: now.Add(time.Hour).UnixMilli()}
		return tx.Mails.Put(ctx, &m)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Server.SweepNow(ctx)
	left, err := h.DB.Sessions.List(ctx, "", many, housetest.PoolID)
	if err != nil || len(left) != 1 {
		t.Errorf("%d sessions are left (%v), want 1", len(left), err)
	}
	if mails, err := h.DB.Mails.Newest(ctx, "", many); err != nil || len(mails) != 1 {
		t.Errorf("%d mails are left (%v), want 1", len(mails), err)
	}
}

// TestOneLinePerRequest: method, host, path, status, and never the query.
func TestOneLinePerRequest(t *testing.T) {
	t.Parallel()
	var log journal
	h := housetest.Start(t, housetest.Config{Log: &log})
	p := get(t, h, "/confirmUser?client_id="+housetest.ClientID+"&user_name=x&confirmation_code=424242")
	line := log.line("/confirmUser")
	for _, want := range []string{"method=GET", "host=localhost:", "status=200", "from=127.0.0.1:", "id=" + p.Header.Get("X-Amz-Cognito-Request-Id")} {
		if !strings.Contains(line, want) {
			t.Errorf("the line %q lacks %s", line, want)
		}
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	if bytes.Contains(log.buf.Bytes(), []byte("424242")) {
		t.Errorf("the code from the link is in the log:\n%s", log.buf.String())
	}
}
