package stories_test

import (
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/poolhouse/poolhouse/internal/housetest"
)

// The stories of this file tell the page "Identity provider and relying party
// endpoints" of Cognito.

func TestDiscoveryDocument(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	issuer := h.URL() + "/" + housetest.PoolID
	want := map[string]any{
		"authorization_endpoint":                h.URL() + "/oauth2/authorize",
		"code_challenge_methods_supported":      []any{"S256"},
		"end_session_endpoint":                  h.URL() + "/logout",
		"grant_types_supported":                 []any{"authorization_code", "client_credentials", "implicit", "refresh_token"},
		"id_token_signing_alg_values_supported": []any{"RS256"},
		"issuer":                                issuer,
		"jwks_uri":                              issuer + "/.well-known/jwks.json",
		"response_types_supported":              []any{"code", "token"},
		"revocation_endpoint":                   h.URL() + "/oauth2/revoke",
		"scopes_supported":                      []any{"openid", "email", "phone", "profile"},
		"subject_types_supported":               []any{"public"},
		"token_endpoint":                        h.URL() + "/oauth2/token",
		"token_endpoint_auth_methods_supported": []any{"client_secret_basic", "client_secret_post", "none"},
		"ui_locales_supported":                  []any{"en", "de", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW"},
		"userinfo_endpoint":                     h.URL() + "/oauth2/userInfo",
	}
	order := "authorization_endpoint code_challenge_methods_supported end_session_endpoint grant_types_supported id_token_signing_alg_values_supported issuer jwks_uri " +
		"response_types_supported revocation_endpoint scopes_supported subject_types_supported token_endpoint token_endpoint_auth_methods_supported ui_locales_supported userinfo_endpoint"
	for host, paths := range map[string][]string{
		h.URL(): {
			"/" + housetest.PoolID + "/.well-known/openid-configuration", "/" + housetest.PoolID + "/.well-known/oauth-authorization-server",
			"/.well-known/oauth-authorization-server/" + housetest.PoolID,
		},
		at(h, housetest.Prefix+".localhost"): {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"},
	} {
		for _, path := range paths {
			p := h.BrowserAt(host).Get(path)
			var got map[string]any
			must(t, json.Unmarshal([]byte(p.Body), &got))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s%s: %s", host, path, diff)
			}
			if names := strings.Join(membersInOrder(t, p.Body), " "); names != order {
				t.Errorf("%s%s: the members are %s", host, path, names)
			}
			if p.Status != http.StatusOK || p.Header.Get("Content-Type") != "application/json" || p.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s%s: %d %v", host, path, p.Status, p.Header)
			}
		}
	}
}

// Whatever discovery names answers.
func TestDiscoveryNamesWhatAnswers(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	var named map[string]any
	must(t, json.Unmarshal([]byte(h.Browser().Get("/"+housetest.PoolID+"/.well-known/openid-configuration").Body), &named))
	for name, value := range named {
		address, ok := value.(string)
		if !ok || !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
			continue
		}
		u, err := url.Parse(address)
		must(t, err)
		if p := h.Browser().Get(u.Path); p.Status == http.StatusNotFound {
			t.Errorf("%s names %s, which is not there", name, address)
		}
	}
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	housetest.Databases(t, func(t *testing.T, database string) {
		h := housetest.Start(t, housetest.Config{Database: database})
		p := h.Browser().Get("/" + housetest.PoolID + "/.well-known/jwks.json")
		var set struct{ Keys []map[string]string }
		must(t, json.Unmarshal([]byte(p.Body), &set))
		if len(set.Keys) != 2 || set.Keys[0]["kid"] == set.Keys[1]["kid"] || set.Keys[0]["n"] == set.Keys[1]["n"] {
			t.Fatalf("the keys are %s", p.Body)
		}
		tokens := redeem(t, h, h.SignUp(h.Browser(), housetest.Ask(), ann, secret)).ok(t)
		for i, name := range []string{"id_token", "access_token"} {
			key := set.Keys[i]
			n, err := base64.RawURLEncoding.DecodeString(key["n"])
			must(t, err)
			if bits := new(big.Int).SetBytes(n).BitLen(); bits != 2048 {
				t.Errorf("the modulus has %d bits", bits)
			}
			kid, err := base64.StdEncoding.DecodeString(key["kid"])
			if err != nil || len(kid) != 32 || len(key) != 6 || key["alg"] != "RS256" || key["e"] != "AQAB" || key["kty"] != "RSA" || key["use"] != "sig" {
				t.Errorf("key %d is %v", i, key)
			}
			encoded, _, _ := strings.Cut(tokens.text(name), ".")
			head, err := base64.RawURLEncoding.DecodeString(encoded)
			must(t, err)
			if want := `{"kid":"` + key["kid"] + `","alg":"RS256"}`; string(head) != want {
				t.Errorf("the header of the %s is %s, want %s", name, head, want)
			}
		}
		if there := h.BrowserAt(at(h, housetest.Prefix+".localhost")).Get("/.well-known/jwks.json"); there.Body != p.Body || there.Status != http.StatusOK {
			t.Errorf("the domain answers %d %s", there.Status, there.Body)
		}
	})
}

// membersInOrder reads the names of a JSON object as they stand.
func membersInOrder(t *testing.T, object string) []string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(object))
	_, err := d.Token()
	must(t, err)
	var names []string
	for d.More() {
		name, err := d.Token()
		must(t, err)
		names = append(names, name.(string))
		var value json.RawMessage
		must(t, d.Decode(&value))
	}
	return names
}

// Scripts of any origin read who the pool is and its keys; of an origin that
// sends credentials along, nothing more is allowed.
func TestDiscoveryCORS(t *testing.T) {
	t.Parallel()
	h := housetest.Start(t, housetest.Config{})
	for base, paths := range map[string][]string{
		h.URL(): {
			"/" + housetest.PoolID + "/.well-known/openid-configuration", "/" + housetest.PoolID + "/.well-known/oauth-authorization-server",
			"/.well-known/oauth-authorization-server/" + housetest.PoolID, "/" + housetest.PoolID + "/.well-known/jwks.json",
		},
		at(h, housetest.Prefix+".localhost"): {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"},
	} {
		b := h.BrowserAt(base)
		for _, path := range paths {
			r := b.Request(http.MethodGet, path, nil)
			r.Header.Set("Origin", "https://spa.example.net")
			p := b.Do(r)
			if p.Status != http.StatusOK || !slices.Equal(p.Header.Values("Access-Control-Allow-Origin"), []string{"*"}) || p.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s%s: %d %v", base, path, p.Status, p.Header)
			}
		}
	}
}
