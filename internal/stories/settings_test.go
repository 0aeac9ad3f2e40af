package stories_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/poolhouse/poolhouse/internal/housetest"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/setup"
)

// Each story here shows that a setting has an effect: first what the house does
// without it, then what it does with it.

func with(t *testing.T, database string, f func(p *setup.PoolEntry, c *setup.ClientEntry)) housetest.Config {
	t.Helper()
	return housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) { f(&d.UserPools[0], &d.UserPoolClients[0]) })}
}

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func number(n int) *int { return &n }

func TestPasswordPolicySetting(t *testing.T) {
	t.Parallel()
	for _, rule := range []struct {
		name           string
		set            func(*pool.PasswordPolicy)
		refused, taken string
		says           string
	}{
		{"length", func(p *pool.PasswordPolicy) { p.MinimumLength = number(10) }, "ninechars", "tencharact", "Use at least 10 characters."},
		{"upper", func(p *pool.PasswordPolicy) { p.RequireUppercase = yes() }, "secret1", "Secret1", "upper-case letter"},
		{"lower", func(p *pool.PasswordPolicy) { p.RequireLowercase = yes() }, "SECRET1", "SECRETs1", "lower-case letter"},
		{"number", func(p *pool.PasswordPolicy) { p.RequireNumbers = yes() }, "secrets", "secret1", "a number"},
		{"symbol", func(p *pool.PasswordPolicy) { p.RequireSymbols = yes() }, "secret1", "secret1!", "special character"},
	} {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			housetest.Databases(t, func(t *testing.T, database string) {
				h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { rule.set(p.Policies.PasswordPolicy) }))
				b := h.Browser()
				p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "ann@example.com", "password", rule.refused)
				if p.Status != http.StatusOK || p.Location() != nil {
					t.Fatalf("%q was taken: %d %v", rule.refused, p.Status, p.Location())
				}
				p.Shows(`role="alert"`)
				p.Shows(rule.says)
				p.Shows("ann@example.com")
				p = b.Submit(p, "signupform", "username", "ann@example.com", "password", rule.taken)
				if to := p.Location(); to == nil || to.Path != "/confirm" {
					t.Errorf("%q was refused: %d\n%s", rule.taken, p.Status, p.Body)
				}
			})
		})
	}
}

func TestCaseSensitivitySetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UsernameConfiguration.CaseSensitive = yes() }))
		h.SignUp(h.Browser(), housetest.Ask(), "Ann@example.com", "secret1")
		h.SignIn(h.Browser(), housetest.Ask(), "Ann@example.com", "secret1")
		b := h.Browser()
		b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "ann@example.com", "password", "secret1").Shows("Incorrect username or password.")
		h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret2") // somebody else here

		folded := housetest.Start(t, housetest.Config{})
		folded.SignUp(folded.Browser(), housetest.Ask(), "Ann@example.com", "secret1")
		folded.SignIn(folded.Browser(), housetest.Ask(), "aNN@EXAMPLE.com", "secret1")
	})
}

func TestUsernameAttributesSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.UsernameAttributes = nil }))
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "ann", "password", "secret1", "requiredAttributes[email]", "ann@example.com")
		back := b.Submit(b.Follow(p), "confirmform", "code", h.Code("ann@example.com")).Back()
		id := claims(t, redeem(t, h, back).ok(t).text("id_token"))
		if id["cognito:username"] != "ann" || id["email"] != "ann@example.com" || id["email_verified"] != true || id["sub"] == "ann" {
			t.Errorf("the ID token says %v", id)
		}
		h.SignIn(h.Browser(), housetest.Ask(), "ANN", "secret1")
		b = h.Browser()
		b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "ann@example.com", "password", "secret1").Shows("Incorrect username or password.")

		byEmail := housetest.Start(t, housetest.Config{})
		id = claims(t, redeem(t, byEmail, byEmail.SignUp(byEmail.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t).text("id_token"))
		if id["cognito:username"] != id["sub"] {
			t.Errorf("the username is %v, want the sub %v", id["cognito:username"], id["sub"])
		}
	})
}

func TestSelfSignUpSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) {
			p.AdminCreateUserConfig = &pool.AdminCreateUserConfig{AllowAdminCreateUserOnly: yes()}
		}))
		b := h.Browser()
		if p := b.Get("/login" + housetest.Ask()); strings.Contains(p.Body, "/signup") {
			t.Error("the sign-in page offers a sign-up that is closed")
		}
		_, fields := b.Get("/forgotPassword" + housetest.Ask()).Form("forgotpasswordform")
		fields.Set("username", "ann@example.com")
		fields.Set("password", "secret1")
		if p := b.Post("/signup"+housetest.Ask(), fields); p.Location() != nil {
			t.Errorf("a posted sign-up leads to %s", p.Location())
		}
		if n := h.Mails("ann@example.com"); n != 0 {
			t.Errorf("%d mails were sent", n)
		}
	})
}

func TestAutoVerificationSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(p *setup.PoolEntry, _ *setup.ClientEntry) { p.AutoVerifiedAttributes = nil }))
		b := h.Browser()
		p := b.Submit(b.Get("/signup"+housetest.Ask()), "signupform", "username", "ann@example.com", "password", "secret1")
		if to := p.Location(); to == nil || to.Path != "/login" {
			t.Fatalf("sign-up leads to %v", to)
		}
		p = b.Submit(b.Follow(p), "cognitoSignInForm", "username", "ann@example.com", "password", "secret1")
		if p.Location() != nil || h.Mails("ann@example.com") != 0 {
			t.Errorf("an account that waits for an operator got in: %v", p.Location())
		}
		// Nor does it confirm itself by a code: none is mailed, whatever it asks for.
		b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "ann@example.com")
		_, fields := b.Get("/forgotPassword" + housetest.Ask()).Form("forgotpasswordform")
		fields.Set("username", "ann@example.com")
		b.Post("/resendcode"+housetest.Ask(), fields)
		if n := h.Mails("ann@example.com"); n != 0 {
			t.Errorf("%d codes were mailed to an account that an operator must confirm", n)
		}
	})
}

func TestClientSecretSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		const secret = "a-secret_of+24characters"
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.Secret = "asecretof24charactersatleast" }))
		back := h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")
		redeem(t, h, back).fails(t, http.StatusBadRequest, "invalid_client")
		code := []string{"grant_type", "authorization_code", "redirect_uri", housetest.Callback, "code", back.Query().Get("code")}
		call(t, h, "/oauth2/token", housetest.ClientID+":"+secret, code...).fails(t, http.StatusBadRequest, "invalid_client")
		call(t, h, "/oauth2/token", "", append(code, "client_id", housetest.ClientID, "client_secret", secret)...).fails(t, http.StatusBadRequest, "invalid_client")
		tokens := call(t, h, "/oauth2/token", housetest.ClientID+":asecretof24charactersatleast", code...).ok(t)
		call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"),
			"client_id", housetest.ClientID, "client_secret", "asecretof24charactersatleast").ok(t)
	})
}

func TestValiditySettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.AccessTokenValidity, c.IdTokenValidity, c.RefreshTokenValidity = number(10), number(1200), number(2)
			c.TokenValidityUnits = &pool.TokenValidityUnits{AccessToken: "minutes", IdToken: "seconds", RefreshToken: "hours"}
		}))
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t)
		life := func(token string) float64 { c := claims(t, token); return c["exp"].(float64) - c["iat"].(float64) }
		if tokens.json["expires_in"] != 600.0 || life(tokens.text("access_token")) != 600 || life(tokens.text("id_token")) != 1200 {
			t.Errorf("lives %v, %v and %v s, want 600, 600, 1200", tokens.json["expires_in"], life(tokens.text("access_token")), life(tokens.text("id_token")))
		}
		userInfo(t, h, tokens.text("access_token")).ok(t)
		h.Advance(11 * time.Minute)
		if a := userInfo(t, h, tokens.text("access_token")); a.status != http.StatusUnauthorized {
			t.Errorf("an expired access token got %d", a.status)
		}
		refresh(t, h, tokens.text("refresh_token")).ok(t)
		h.Advance(2 * time.Hour)
		refresh(t, h, tokens.text("refresh_token")).fails(t, http.StatusBadRequest, "invalid_grant")
	})
}

func TestPreventUserExistenceErrorsSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.PreventUserExistenceErrors = "LEGACY" }))
		b := h.Browser()
		p := b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "nobody@example.com", "password", "secret1")
		if strings.Contains(p.Body, "Incorrect username or password.") {
			t.Error("LEGACY hides who has an account")
		}
		p = b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "nobody@example.com")
		if p.Location() != nil {
			t.Errorf("LEGACY pretends to send a code: %s", p.Location())
		}

		hiding := housetest.Start(t, housetest.Config{})
		b = hiding.Browser()
		b.Submit(b.Get("/login"+housetest.Ask()), "cognitoSignInForm", "username", "nobody@example.com", "password", "secret1").Shows("Incorrect username or password.")
		p = b.Submit(b.Get("/forgotPassword"+housetest.Ask()), "forgotpasswordform", "username", "nobody@example.com")
		if to := p.Location(); to == nil || !strings.EqualFold(to.Path, "/confirmForgotPassword") {
			t.Errorf("ENABLED leads an unknown address to %v", to)
		}
	})
}

func TestOAuthFlowAndScopeSettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.AllowedOAuthFlows, c.AllowedOAuthScopes = []string{"implicit"}, []string{"openid", "profile"}
		}))
		b := h.Browser()
		if q := b.Get("/oauth2/authorize" + housetest.Ask("scope", "openid")).Back().Query(); q.Get("error") != "unauthorized_client" {
			t.Errorf("code without the code flow: %v", q)
		}
		back := b.Get("/oauth2/authorize" + housetest.Ask("response_type", "token")).Back()
		if back.Fragment == "" || !strings.Contains(back.Fragment, "error_description=invalid_scope") {
			t.Errorf("a scope that is not allowed: %s", back)
		}
		back = h.SignUp(h.Browser(), housetest.Ask("response_type", "token", "-scope", ""), "ann@example.com", "secret1")
		if !strings.HasPrefix(back.Fragment, "id_token=") || strings.Contains(back.Fragment, "refresh_token") {
			t.Errorf("the implicit flow answered %s", back.Fragment)
		}

		off := housetest.Start(t, with(t, "", func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.AllowedOAuthFlowsUserPoolClient = no() }))
		if q := off.Browser().Get("/oauth2/authorize" + housetest.Ask()).Back().Query(); q.Get("error") != "unauthorized_client" {
			t.Errorf("OAuth is off for the client: %v", q)
		}
	})
}

// A code-only client has no implicit flow, as an implicit-only one has no code.
func TestCodeFlowAlone(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.AllowedOAuthFlows = []string{"code"} }))
		back := h.Browser().Get("/oauth2/authorize" + housetest.Ask("response_type", "token")).Back()
		if !strings.Contains(back.Fragment, "error=unauthorized_client") {
			t.Errorf("the implicit flow of a client without it answers %s", back)
		}
		redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		if a := h.Browser().Get("/login" + housetest.Ask("response_type", "token")); a.Status == http.StatusOK {
			t.Error("the sign-in page opens for the implicit flow")
		}
	})
}

func TestURLSettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.CallbackURLs = []string{"myapp://signed-in", "https://one.example.com/cb?x=1"}
			c.DefaultRedirectURI, c.LogoutURLs = "myapp://signed-in", []string{"myapp://bye"}
		}))
		if to := h.Browser().Get("/oauth2/authorize" + housetest.Ask()).Location(); to == nil || to.Path != "/error" {
			t.Errorf("a callback that was taken away leads to %v", to)
		}
		back := h.SignUp(h.Browser(), housetest.Ask("-redirect_uri", ""), "ann@example.com", "secret1")
		if back.Scheme != "myapp" || back.Query().Get("code") == "" {
			t.Errorf("without redirect_uri the app is called at %s", back)
		}
		back = h.SignIn(h.Browser(), housetest.Ask("redirect_uri", "https://one.example.com/cb?x=1"), "ann@example.com", "secret1")
		if !strings.HasPrefix(back.RawQuery, "x=1&code=") {
			t.Errorf("a callback with a query became %s", back)
		}
		b := h.Browser()
		if to := b.Get("/logout?client_id=" + housetest.ClientID + "&logout_uri=myapp%3A%2F%2Fbye").Location(); to == nil || to.String() != "myapp://bye" {
			t.Errorf("sign-out leads to %v", to)
		}
		if p := b.Get("/logout?client_id=" + housetest.ClientID + "&logout_uri=" + "https%3A%2F%2Fapp.example.com%2Fbye"); p.Location() != nil && p.Location().Host == "app.example.com" {
			t.Errorf("a sign-out URL that is not registered was followed: %s", p.Location())
		}
	})
}

func TestAnyLoopbackPortSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		set := func(database string, on *bool) *housetest.House {
			return housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
				c.CallbackURLs, c.AnyLoopbackPort = []string{"http://127.0.0.1:4000/cb", "https://app.example.com/callback"}, on
			}))
		}
		ask := housetest.Ask("redirect_uri", "http://127.0.0.1:51234/cb")
		if to := set("", nil).Browser().Get("/oauth2/authorize" + ask).Location(); to.Path != "/error" {
			t.Errorf("another port leads to %v", to)
		}
		if to := set(database, yes()).Browser().Get("/oauth2/authorize" + ask).Location(); to.Path != "/login" {
			t.Errorf("another port leads to %v, with AnyLoopbackPort", to)
		}
	})
}

func TestRefreshFlowSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.ExplicitAuthFlows = []string{"ALLOW_USER_SRP_AUTH"} }))
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t)
		refresh(t, h, tokens.text("refresh_token")).fails(t, http.StatusBadRequest, "unauthorized_client")
	})
}

func TestRefreshTokenRotationSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) {
			c.RefreshTokenRotation = &pool.RefreshTokenRotation{Feature: "ENABLED", RetryGracePeriodSeconds: 30}
		}))
		first := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t).text("refresh_token")
		second := refresh(t, h, first).ok(t).text("refresh_token")
		if second == "" || second == first {
			t.Fatal("the refresh token was not rotated")
		}
		retried := refresh(t, h, first).ok(t).text("refresh_token") // the answer was lost; within the grace
		third := refresh(t, h, retried).ok(t)
		h.Advance(31 * time.Second)
		refresh(t, h, second).fails(t, http.StatusBadRequest, "invalid_grant") // in two hands: the family ends
		refresh(t, h, third.text("refresh_token")).fails(t, http.StatusBadRequest, "invalid_grant")
		if a := userInfo(t, h, third.text("access_token")); a.status != http.StatusUnauthorized {
			t.Errorf("an access token of a family that ended got %d", a.status)
		}

		still := housetest.Start(t, housetest.Config{})
		token := redeem(t, still, still.SignUp(still.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t).text("refresh_token")
		if again := refresh(t, still, token).ok(t); again.json["refresh_token"] != nil {
			t.Error("a new refresh token without rotation")
		}
		refresh(t, still, token).ok(t)
	})
}

func TestTokenRevocationSetting(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, with(t, database, func(_ *setup.PoolEntry, c *setup.ClientEntry) { c.EnableTokenRevocation = no() }))
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t)
		if id := claims(t, tokens.text("id_token")); id["origin_jti"] != nil || id["jti"] != nil {
			t.Errorf("the ID token has jti and origin_jti: %v", id)
		}
		call(t, h, "/oauth2/revoke", "", "token", tokens.text("refresh_token"), "client_id", housetest.ClientID).fails(t, http.StatusBadRequest, "invalid_request")
		userInfo(t, h, tokens.text("access_token")).ok(t)

		on := housetest.Start(t, housetest.Config{})
		tokens = redeem(t, on, on.SignUp(on.Browser(), housetest.Ask(), "ann@example.com", "secret1")).ok(t)
		if a := call(t, on, "/oauth2/revoke", "", "token", tokens.text("refresh_token"), "client_id", housetest.ClientID).ok(t); a.body != "" {
			t.Errorf("revoke answered %q", a.body)
		}
		refresh(t, on, tokens.text("refresh_token")).fails(t, http.StatusBadRequest, "invalid_grant")
		if a := userInfo(t, on, tokens.text("access_token")); a.status != http.StatusUnauthorized {
			t.Errorf("a revoked access token got %d", a.status)
		}
	})
}

func TestDomainSettings(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: housetest.Document(t, func(d *setup.Document) {
			d.UserPools = append(d.UserPools, d.UserPools[0])
			d.UserPools[1].ID, d.UserPools[1].PoolName = "us-east-1_Other0001", "other"
			other := d.UserPoolClients[0]
			d.UserPoolClients[0].UserPoolID, d.UserPoolDomains[0].UserPoolID = housetest.PoolID, housetest.PoolID
			other.UserPoolID, other.ID, other.ClientName = "us-east-1_Other0001", "otherapp", "Other app"
			d.UserPoolClients = append(d.UserPoolClients, other)
			d.UserPoolDomains = append(d.UserPoolDomains, pool.Domain{Domain: "auth.other.example", UserPoolID: "us-east-1_Other0001", CustomDomainConfig: &pool.CustomDomainConfig{}})
		})})
		port := h.URL()[strings.LastIndex(h.URL(), ":"):]
		prefix, custom := h.BrowserAt("http://"+housetest.Prefix+".localhost"+port), h.BrowserAt("http://auth.other.example"+port)
		own, other := housetest.Ask(), housetest.Ask("client_id", "otherapp")
		for _, at := range []struct {
			name  string
			b     *housetest.Browser
			query string
			title string
			want  int
		}{
			{"own host", h.Browser(), own, "House app", 200}, {"own host, other pool", h.Browser(), other, "Other app", 200},
			{"prefix", prefix, own, "House app", 200}, {"prefix, another pool's client", prefix, other, "", 400},
			{"custom", custom, other, "Other app", 200}, {"custom, another pool's client", custom, own, "", 400},
		} {
			p := at.b.Get("/login" + at.query)
			if p.Status != at.want || at.title != "" && !strings.Contains(p.Body, at.title) {
				t.Errorf("%s: %d, want %d with %q", at.name, p.Status, at.want, at.title)
			}
		}
		h.SignUp(prefix, own, "ann@example.com", "secret1")
		h.SignUp(custom, other, "ann@example.com", "another1") // another pool, another person
		for base, pools := range map[*housetest.Browser]string{prefix: housetest.PoolID, custom: "us-east-1_Other0001"} {
			var metadata map[string]any
			if err := json.Unmarshal([]byte(base.Get("/.well-known/openid-configuration").Body), &metadata); err != nil || metadata["issuer"] != h.URL()+"/"+pools {
				t.Errorf("the issuer is %v, %v, want %s/%s", metadata["issuer"], err, h.URL(), pools)
			}
		}
	})
}
