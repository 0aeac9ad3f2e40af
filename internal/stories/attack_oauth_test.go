package stories_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/poolhouse/poolhouse/internal/housetest"
	"golang.org/x/oauth2"
)

// A code that comes back ends what it gave.
func TestAttackCodeReplay(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		back := h.SignUp(h.Browser(), housetest.Ask(), ann, secret)
		given := works(t, "the first redemption", redeem(t, h, back))
		if a := userInfo(t, h, given.text("access_token")); a.status != 200 {
			t.Fatalf("userInfo before the replay: %d %s", a.status, a.body)
		}
		says(t, "the replay", redeem(t, h, back), 400, "invalid_grant")
		says(t, "its refresh token", refresh(t, h, given.text("refresh_token")), 400, "invalid_grant")
		says(t, "its access token", userInfo(t, h, given.text("access_token")), 401, "invalid_token")
	})
}

// Even when replays arrive while the first redemption still runs, whoever got
// tokens keeps none that work.
func TestRaceCodeReplay(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		for range 5 {
			back := b.Get("/oauth2/authorize" + housetest.Ask()).Back()
			answers := make(chan answer)
			for range 8 {
				go func() { answers <- redeem(t, h, back) }()
			}
			var won []answer
			for range 8 {
				if a := <-answers; a.status == 200 {
					won = append(won, a)
				} else {
					says(t, "a replay", a, 400, "invalid_grant")
				}
			}
			if len(won) > 1 {
				t.Fatalf("one code gave tokens %d times", len(won))
			}
			for _, a := range won {
				says(t, "what the first got", refresh(t, h, a.text("refresh_token")), 400, "invalid_grant")
				says(t, "what the first got", userInfo(t, h, a.text("access_token")), 401, "invalid_token")
			}
		}
	})
}

func TestAttackPKCE(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		proof := oauth2.GenerateVerifier()
		challenge := oauth2.S256ChallengeFromVerifier(proof)
		code := func(pairs ...string) *url.URL { return b.Get("/oauth2/authorize" + housetest.Ask(pairs...)).Back() }
		with := []string{"code_challenge", challenge, "code_challenge_method", "S256"}
		works(t, "the right verifier", redeemed(t, h, code(with...), "code_verifier", proof))
		for what, c := range map[string]struct {
			back  *url.URL
			pairs []string
		}{
			"a wrong verifier":                {code(with...), []string{"code_verifier", oauth2.GenerateVerifier()}},
			"no verifier":                     {code(with...), nil},
			"an empty verifier":               {code(with...), []string{"code_verifier", ""}},
			"the challenge itself":            {code(with...), []string{"code_verifier", challenge}},
			"a verifier, the challenge taken": {code(), []string{"code_verifier", proof}},
		} {
			says(t, what, redeemed(t, h, c.back, c.pairs...), 400, "invalid_grant")
			says(t, what+", then the right one", redeemed(t, h, c.back, "code_verifier", proof), 400, "invalid_grant")
		}
		for what, pairs := range map[string][]string{
			"plain":                     {"code_challenge", proof, "code_challenge_method", "plain"},
			"the method taken":          {"code_challenge", challenge},
			"the challenge taken":       {"code_challenge_method", "S256"},
			"the challenge made empty":  {"code_challenge", "", "code_challenge_method", "S256"},
			"the method in lower case":  {"code_challenge", challenge, "code_challenge_method", "s256"},
			"a challenge of one letter": {"code_challenge", "a", "code_challenge_method", "S256"},
		} {
			if got := code(pairs...).Query(); got.Get("error") != "invalid_request" || got.Has("code") {
				t.Errorf("%s: %v, want invalid_request and no code", what, got)
			}
		}
	})
}

func TestAttackRedirect(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	h.SignUp(b, housetest.Ask(), ann, secret) // signed in: a good request goes straight to the app
	for _, trick := range []string{
		evil, evil + "/callback", housetest.Callback + "/", housetest.Callback + "/..", housetest.Callback + "s", housetest.Callback + ".evil.example.net", housetest.Callback + "?a=b",
		housetest.Callback + "#", housetest.Callback + "#@evil.example.net", "https://app.example.com:444/callback", "https://app.example.com:443/callback",
		"https://app.example.com.evil.example.net/callback", "https://app.example.com@evil.example.net/callback", "https://app.example.com%40evil.example.net/callback",
		"https://user:pw@app.example.com/callback", "https://evil.example.net\\@app.example.com/callback", "https:\\\\app.example.com\\callback", "//app.example.com/callback",
		"http://app.example.com/callback", "HTTPS://APP.EXAMPLE.COM/callback", "https://app.example.com/CALLBACK", "https://app.example.com//callback", "https://app.example.com/%63allback",
		"javascript:alert(1)", "data:text/html,x", housetest.Callback + "\r\nSet-Cookie: a=b", housetest.Callback + "\x00", " " + housetest.Callback, housetest.Goodbye,
	} {
		for _, path := range []string{"/oauth2/authorize", "/authorize", "/login", "/signup", "/forgotPassword", "/confirm", "/confirmForgotPassword"} {
			p := b.Get(path + housetest.Ask("redirect_uri", trick))
			what := fmt.Sprintf("%s with %q", path, trick)
			away(t, what, p)
			switch to := p.Location(); {
			case to == nil && p.Status != 400, to != nil && (to.Host != p.URL.Host || to.Path != "/error"):
				t.Errorf("%s: %d %v, want the error page", what, p.Status, to)
			case strings.Contains(p.Body, "evil.example.net"):
				t.Errorf("%s: the page repeats it", what)
			}
		}
	}
	q := "/oauth2/authorize" + housetest.Ask() + "&redirect_uri=" + url.QueryEscape(evil)
	if p := b.Get(q); p.Status != 400 || p.Location() != nil {
		t.Errorf("two redirect URIs: %d %v", p.Status, p.Location())
	}
	says(t, "a code with another redirect", call(t, h, "/oauth2/token", "", "grant_type", "authorization_code", "client_id", housetest.ClientID, "redirect_uri", evil,
		"code", b.Get("/login"+housetest.Ask()).Back().Query().Get("code")), 400, "unauthorized_client")
}

// Pools and clients are apart, whatever one of them brings to the other.
func TestAttackAnotherPool(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b := h.Browser()
		h.SignUp(b, housetest.Ask(), ann, secret)
		code := func() *url.URL { return b.Get("/login" + housetest.Ask()).Back() }
		redeem := func(id, secret string, back *url.URL) answer {
			pairs := []string{"grant_type", "authorization_code", "client_id", id, "redirect_uri", housetest.Callback, "code", back.Query().Get("code")}
			if secret != "" {
				pairs = append(pairs, "client_secret", secret)
			}
			return call(t, h, "/oauth2/token", "", pairs...)
		}
		mine := code()
		says(t, "a client of the same pool", redeem(secondApp, "", mine), 400, "invalid_grant")
		says(t, "a client of another pool", redeem(otherApp, otherSecret, mine), 400, "invalid_grant")
		says(t, "without its secret", redeem(otherApp, "", mine), 400, "invalid_client")
		says(t, "with a wrong secret", redeem(otherApp, otherSecret+"x", mine), 400, "invalid_client")
		tokens := works(t, "its own client, afterwards", redeem(housetest.ClientID, "", mine))

		kept := tokens.text("refresh_token")
		says(t, "its refresh token at another client", call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", secondApp, "refresh_token", kept), 400, "invalid_grant")
		says(t, "its refresh token at another pool", call(t, h, "/oauth2/token", "", "grant_type", "refresh_token", "client_id", otherApp, "client_secret", otherSecret, "refresh_token", kept), 400, "invalid_grant")
		for _, id := range []string{secondApp, otherApp} {
			pairs := []string{"client_id", id, "token", kept}
			if id == otherApp {
				pairs = append(pairs, "client_secret", otherSecret)
			}
			if a := call(t, h, "/oauth2/revoke", "", pairs...); a.status != 200 {
				t.Errorf("revocation by %s: %d %s", id, a.status, a.body)
			}
		}
		works(t, "after revocation by others", refresh(t, h, kept))

		// The browser session is the pool's own, and so is the account.
		if p := b.Get("/login" + housetest.Ask("client_id", otherApp)); p.Status != 200 {
			t.Errorf("another pool takes the session: %d %v", p.Status, p.Location())
		}
		p := b.Submit(b.Get("/login"+housetest.Ask("client_id", otherApp)), "cognitoSignInForm", "username", ann, "password", secret)
		p.Shows("Incorrect username or password.")
		// On a pool's domain no other pool's client or token counts.
		other := h.BrowserAt(at(h, "other.localhost"))
		if p := other.Get("/login" + housetest.Ask()); p.Status != 400 {
			t.Errorf("another pool's domain serves the client: %d", p.Status)
		}
		r := other.Request(http.MethodGet, "/oauth2/userInfo", nil)
		r.Header.Set("Authorization", "Bearer "+tokens.text("access_token"))
		says(t, "another pool's domain", send(t, h, r), 401, "invalid_token")
	})
}

// A token that was changed, signed by nobody, or signed with what everybody
// knows is none.
func TestAttackForgedTokens(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database, Document: neighbours(t)})
		b := h.Browser()
		tokens := works(t, "redemption", redeemed(t, h, h.SignUp(b, housetest.Ask(), ann, secret)))
		access, id := tokens.text("access_token"), tokens.text("id_token")
		if a := userInfo(t, h, access); a.status != 200 {
			t.Fatalf("the real one: %d", a.status)
		}
		for what, raw := range forgeries(t, h, access, id) {
			a := userInfo(t, h, raw)
			if a.status != 400 && a.status != 401 || a.text("error") == "" || a.text("email") != "" {
				t.Errorf("%s: userInfo answered %d %s", what, a.status, a.body)
			}
			q := url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {housetest.Goodbye}}
			if p := h.Browser().Get("/logout?" + q.Encode()); p.Status != 400 || p.Location() != nil {
				t.Errorf("%s: as a hint it led to %d %v", what, p.Status, p.Location())
			}
			says(t, what+" to refresh with", refresh(t, h, raw), 400, "invalid_grant")
		}
	})
}

func forgeries(t *testing.T, h *housetest.House, access, id string) map[string]string {
	t.Helper()
	parts := strings.Split(access, ".")
	enc := base64.RawURLEncoding.EncodeToString
	payload := func(raw string, change func(map[string]any)) string {
		plain, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
		must(t, err)
		var claims map[string]any
		must(t, json.Unmarshal(plain, &claims))
		change(claims)
		plain, err = json.Marshal(claims)
		must(t, err)
		return enc(plain)
	}
	grown := payload(access, func(c map[string]any) { c["sub"] = "somebody-else" })
	foreign := payload(access, func(c map[string]any) { c["client_id"], c["iss"] = otherApp, h.URL()+"/"+otherPool })
	kid, _ := header(t, access)["kid"].(string)
	var public jose.JSONWebKeySet
	jwks := h.Browser().Get("/" + housetest.PoolID + "/.well-known/jwks.json")
	must(t, json.Unmarshal([]byte(jwks.Body), &public))
	key := public.Key(kid)[0]
	asPEM, err := key.MarshalJSON()
	must(t, err)
	thumb, err := key.Thumbprint(crypto.SHA256)
	must(t, err)
	hs := func(secret []byte) string {
		text := enc([]byte(`{"kid":"`+kid+`","alg":"HS256"}`)) + "." + grown
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(text))
		return text + "." + enc(mac.Sum(nil))
	}
	return map[string]string{
		"another payload":             parts[0] + "." + grown + "." + parts[2],
		"another pool in the payload": parts[0] + "." + foreign + "." + parts[2],
		"alg none":                    enc([]byte(`{"alg":"none"}`)) + "." + grown + ".",
		"alg None with a kid":         enc([]byte(`{"kid":"`+kid+`","alg":"None"}`)) + "." + grown + ".",
		"RS256 without a signature":   parts[0] + "." + grown + ".",
		"HS256 with the JWK":          hs(asPEM),
		"HS256 with its modulus":      hs(thumb),
		"HS256 with the key set":      hs([]byte(jwks.Body)),
		"HS256 with nothing":          hs(nil),
		"its own key in the header":   ownKey(t, kid, grown),
		"the signature of the other":  parts[0] + "." + parts[1] + "." + strings.Split(id, ".")[2],
		"a bit of the signature":      access[:len(access)-6] + "AAAAAA",
		"two dots":                    "..",
		"JSON":                        `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"twice":                       access + "." + access,
	}
}

// ownKey signs a payload with a key that it brings along in its header.
func ownKey(t *testing.T, kid, payload string) string {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	must(t, err)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: attackersKey(t), KeyID: kid}}, &jose.SignerOptions{EmbedJWK: true})
	must(t, err)
	object, err := signer.Sign(plain)
	must(t, err)
	raw, err := object.CompactSerialize()
	must(t, err)
	return raw
}

func header(t *testing.T, raw string) map[string]any {
	t.Helper()
	plain, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[0])
	must(t, err)
	var out map[string]any
	must(t, json.Unmarshal(plain, &out))
	return out
}

func TestAttackLogoutRedirect(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	b := h.Browser()
	tokens := works(t, "redemption", redeemed(t, h, h.SignUp(b, housetest.Ask(), ann, secret)))
	for _, target := range []string{
		evil, "//evil.example.net", "/\\evil.example.net", housetest.Goodbye + ".evil.example.net", housetest.Goodbye + "/", housetest.Goodbye + "?next=" + evil, "https://app.example.com@evil.example.net/bye",
		"javascript:alert(1)", housetest.Goodbye + "\r\nX: y", housetest.Callback,
	} {
		for what, q := range map[string]url.Values{
			"logout_uri":               {"client_id": {housetest.ClientID}, "logout_uri": {target}},
			"redirect_uri":             {"client_id": {housetest.ClientID}, "redirect_uri": {target + "x"}, "response_type": {"code"}},
			"post_logout_redirect_uri": {"client_id": {housetest.ClientID}, "post_logout_redirect_uri": {target}},
			"with a hint":              {"id_token_hint": {tokens.text("id_token")}, "post_logout_redirect_uri": {target}},
			"beside a good one":        {"client_id": {housetest.ClientID}, "logout_uri": {target}, "post_logout_redirect_uri": {housetest.Goodbye}},
		} {
			p := b.Get("/logout?" + q.Encode())
			away(t, fmt.Sprintf("%s %q", what, target), p)
			if p.Location() != nil || p.Status != 400 {
				t.Errorf("%s %q: %d %v, want the error page", what, target, p.Status, p.Location())
			}
		}
	}
}
