package token

import (
	"github.com/poolhouse/poolhouse/internal/locale"
	"github.com/poolhouse/poolhouse/internal/pool"
)

// Metadata is a discovery document (OpenID Connect Discovery §3, RFC 8414 §2),
// members in Cognito's order. It names only what answers.
type Metadata struct {
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	CodeChallengeMethods  []string `json:"code_challenge_methods_supported"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	GrantTypes            []string `json:"grant_types_supported"`
	IDTokenAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	Issuer                string   `json:"issuer"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseTypes         []string `json:"response_types_supported"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	TokenEndpoint         string   `json:"token_endpoint"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	UILocales             []string `json:"ui_locales_supported"`
	UserInfoEndpoint      string   `json:"userinfo_endpoint"`
}

// Discovery describes the pool's endpoints at base (scheme and host, no slash
// at its end). The keys are named under the issuer, or, for a pool that keeps
// an issuer from elsewhere, where this server answers for it.
func (t *Tokens) Discovery(p pool.Pool, base string) Metadata {
	return Metadata{
		AuthorizationEndpoint: base + "/oauth2/authorize",
		CodeChallengeMethods:  []string{"S256"},
		EndSessionEndpoint:    base + "/logout",
		GrantTypes:            []string{"authorization_code", "client_credentials", "implicit", "refresh_token"},
		IDTokenAlgorithms:     []string{"RS256"},
		Issuer:                t.Issuer(p),
		JWKSURI:               t.URL + "/" + p.ID + "/.well-known/jwks.json",
		ResponseTypes:         []string{"code", "token"},
		RevocationEndpoint:    base + "/oauth2/revoke",
		Scopes:                []string{pool.ScopeOpenID, pool.ScopeEmail, pool.ScopePhone, pool.ScopeProfile},
		SubjectTypes:          []string{"public"},
		TokenEndpoint:         base + "/oauth2/token",
		TokenAuthMethods:      []string{"client_secret_basic", "client_secret_post", "none"},
		UILocales:             locale.Tags(),
		UserInfoEndpoint:      base + "/oauth2/userInfo",
	}
}
