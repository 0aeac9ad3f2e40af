package cognito_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poolhouse/poolhouse/cognito"
	"github.com/poolhouse/poolhouse/internal/fakepool"
)

const jwksPath = "/.well-known/jwks.json"

// longLived is a pool whose tokens outlive the hours that these tests jump over.
func longLived() *fakepool.Pool { return fakepool.New(fakepool.Options{Life: 100 * time.Hour}) }

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := longLived()
		v := verifier(t, config(p))
		old := p.AccessToken("openid")
		mustVerify(t, v, old)
		time.Sleep(10 * time.Second)
		p.RotateKeys()
		mustVerify(t, v, p.AccessToken("openid"))
		if n := p.Count(jwksPath); n != 2 {
			t.Errorf("keys were fetched %d times, want 2", n)
		}
		_, err := v.VerifyAccess(context.Background(), old)
		wantError(t, err, cognito.ErrTokenInvalid)
	})
}

func TestWithdrawnKeysStopCounting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := longLived()
		v := verifier(t, config(p))
		old := p.AccessToken("openid")
		mustVerify(t, v, old)
		p.RotateKeys()
		time.Sleep(time.Hour + time.Second)
		mustVerify(t, v, old) // and asks for the keys behind our back
		synctest.Wait()
		time.Sleep(10 * time.Second)
		_, err := v.VerifyAccess(context.Background(), old)
		wantError(t, err, cognito.ErrTokenInvalid)
	})
}

func TestKnownKeysSurviveAnUnreachableServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := longLived()
		v := verifier(t, config(p))
		known := p.AccessToken("openid")
		mustVerify(t, v, known)
		p.Net.Cut("localhost:9229")
		for range 50 {
			time.Sleep(time.Hour)
			mustVerify(t, v, known)
		}
		p.RotateKeys()
		fresh := p.AccessToken("openid")
		time.Sleep(10 * time.Second)
		_, err := v.VerifyAccess(context.Background(), fresh)
		wantError(t, err, cognito.ErrUnavailable)
		mustVerify(t, v, known)
		p.Net.Serve("localhost:9229", p)
		time.Sleep(2 * time.Second)
		mustVerify(t, v, fresh)
	})
}

func TestUnusableKeySetsAreSurvived(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"HTML":     "<html>",
		"empty":    `{"keys":[]}`,
		"strange":  `{"keys":[{"kty":"OKP","crv":"X448","kid":"a"},{"kty":"oct","k":"AAAA","kid":"b"},{"kty":"RSA"}]}`,
		"too long": strings.Repeat(" ", 2<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := longLived()
				v := verifier(t, config(p))
				known := p.AccessToken("openid")
				mustVerify(t, v, known)
				p.Break(jwksPath, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
				time.Sleep(2 * time.Hour)
				mustVerify(t, v, known)
				synctest.Wait()
				mustVerify(t, v, known)
				p.RotateKeys()
				time.Sleep(10 * time.Second)
				_, err := v.VerifyAccess(context.Background(), p.AccessToken("openid"))
				if got := cognito.HTTPStatus(err); got != http.StatusBadGateway && got != http.StatusServiceUnavailable {
					t.Errorf("%v is status %d, want the pool blamed", err, got)
				}
			})
		})
	}
}

func TestInventedKeysDoNotMakeUsAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, strange := longLived(), longLived()
		v := verifier(t, config(p))
		mustVerify(t, v, p.AccessToken("openid"))
		strange.RotateKeys()
		forged := strange.AccessToken("openid")
		for range 600 { // a minute of attack
			time.Sleep(100 * time.Millisecond)
			_, err := v.VerifyAccess(context.Background(), forged)
			wantError(t, err, cognito.ErrTokenInvalid)
		}
		if n := p.Count(jwksPath); n > 13 {
			t.Errorf("keys were fetched %d times in a minute", n)
		}
	})
}

func TestKeysAreFetchedOnceByMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := longLived()
		v := verifier(t, config(p))
		p.Break(jwksPath, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			p.Answer(w, r)
		})
		token := p.AccessToken("openid")
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := v.VerifyAccess(t.Context(), token); err != nil {
					t.Error(err)
				}
			})
		}
		// Who goes away does not take the answer from the others.
		gone, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		_, err := v.VerifyAccess(gone, token)
		wantError(t, err, cognito.ErrUnavailable)
		all.Wait()
		if n := p.Count(jwksPath); n != 1 {
			t.Errorf("keys were fetched %d times", n)
		}
	})
}

func TestManyWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := longLived()
		v := verifier(t, config(p))
		p.Break(jwksPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
		token := p.AccessToken("openid")
		for range 100 {
			_, err := v.VerifyAccess(context.Background(), token)
			wantError(t, err, cognito.ErrUnavailable)
		}
		if n := p.Count(jwksPath); n != 1 {
			t.Errorf("a server in trouble was asked %d times at once", n)
		}
		p.Break(jwksPath, nil)
		time.Sleep(2 * time.Second)
		mustVerify(t, v, token)
	})
}

func mustVerify(t *testing.T, v *cognito.Verifier, token string) {
	t.Helper()
	if _, err := v.VerifyAccess(context.Background(), token); err != nil {
		t.Fatal(err)
	}
}
