package cognito_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/poolhouse/poolhouse/internal/fakepool"
)

func TestWebRefreshesByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, fakepool.Options{Rotate: true}, webConfig())
		a.get("/login")
		time.Sleep(59*time.Minute + 30*time.Second)
		before := a.pool.Count("/oauth2/token")
		stale := a.browser.Jar
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				c := &http.Client{Transport: a.pool.Net, Jar: frozen{stale}}
				if _, body := a.do(c, http.MethodGet, "/private/x"); body != "ann@example.com at /private/x" {
					t.Error(body)
				}
			})
		}
		all.Wait()
		a.want("/private/y", "ann@example.com at /private/y")
		if n := a.pool.Count("/oauth2/token") - before; n != 1 {
			t.Errorf("%d refreshes, want 1", n)
		}
		for range 30 * 24 { // an hour at a time, until the session ends
			time.Sleep(time.Hour)
			a.get("/")
		}
		a.want("/", "nobody")
		if len(a.cookies()) != 0 {
			t.Error("cookies outlive the session")
		}
	})
}

// frozen is a jar that forgets what it is told, as requests in parallel do.
type frozen struct{ http.CookieJar }

func (frozen) SetCookies(*url.URL, []*http.Cookie) {}

func TestWebSessionEndsWhenThePoolSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, fakepool.Options{}, webConfig())
		a.get("/login")
		a.pool.EndRefresh()
		time.Sleep(2 * time.Hour)
		a.want("/", "nobody")
		if len(a.cookies()) != 0 {
			t.Errorf("cookies are left: %v", a.cookies())
		}
	})
}

func TestWebSessionOutlivesAPoolThatIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, fakepool.Options{}, webConfig())
		a.get("/login")
		a.pool.Net.Cut("localhost:9229")
		time.Sleep(59*time.Minute + 30*time.Second)
		a.want("/private/x", "ann@example.com at /private/x")
		time.Sleep(time.Hour)
		if resp, _ := a.get("/private/x"); resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("status is %s", resp.Status)
		}
		a.pool.Net.Serve("localhost:9229", a.pool)
		a.want("/private/x", "ann@example.com at /private/x")
	})
}

func TestWebLogsNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, fakepool.Options{}, webConfig())
		a.get("/login")
		a.get("/oauth/cognito?state=secret-state&code=secret-code")
		a.pool.Net.Cut("localhost:9229")
		time.Sleep(2 * time.Hour)
		a.get("/private/x")
		a.do(a.step(), http.MethodPost, "/logout")
		if log := a.log.String(); strings.Contains(log, "eyJ") || strings.Contains(log, "secret-") || strings.Count(log, "\n") < 3 {
			t.Errorf("log:\n%s", log)
		}
	})
}

func TestWebOldCookiesAreWorthless(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := webConfig()
		cfg.Lifetime = 2 * time.Hour
		a := newApp(t, fakepool.Options{Life: 24 * time.Hour}, cfg)
		login, _ := a.do(a.step(), http.MethodGet, "/login")
		kept := a.cookies()
		time.Sleep(time.Hour + time.Second)
		a.setCookie(kept[0].Name, kept[0].Value)
		if resp, _ := a.get(login.Header.Get("Location")); resp.StatusCode != http.StatusBadRequest {
			t.Errorf("a sign-in after an hour: %s", resp.Status)
		}
		a.get("/login")
		kept = a.cookies()
		time.Sleep(2*time.Hour + time.Second)
		for _, c := range kept {
			a.setCookie(c.Name, c.Value)
		}
		a.want("/", "nobody")
	})
}
