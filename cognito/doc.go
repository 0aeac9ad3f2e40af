// Package cognito signs people in through the OAuth 2.0 / OpenID Connect
// endpoints of a user pool — Amazon Cognito's or Poolhouse's — without the AWS
// SDK. It works the same against both: the only difference is the Domain.
//
// There are three things to hold in the head:
//
//   - [Client] speaks the protocol. [Client.LoginURL] makes a sign-in URL and
//     the [Transaction] that belongs to it, [Client.Exchange] checks the answer
//     against that transaction and returns verified [Tokens]; [Client.Refresh],
//     [Client.UserInfo], [Client.Revoke] and [Client.LogoutURL] do what they say.
//   - [Web] is net/http middleware for a web app: it sends people to sign in,
//     receives the callback, keeps the session in encrypted cookies (or in a
//     [SessionStore]), renews it, and signs people out.
//   - [Verifier] checks tokens that somebody else presents, and is net/http
//     middleware for an API: [Verifier.RequireBearer].
//
// Every error that a program may want to react to is a constant of type [Kind]
// and is found with errors.Is; what the server said is in a [*ServerError],
// found with errors.As.
//
// # What is checked
//
// state, nonce and PKCE (S256, RFC 7636) are made and checked for every
// sign-in. Tokens must be signed with RS256 by a key of the pool's JWKS, come
// from the pool's issuer, be meant for this app client, be of the right
// token_use, and be unexpired. at_hash is checked when present. Plain http is
// spoken to loopback hosts only.
//
// # The issuer
//
// A pool's issuer is not its domain. Set Config.Issuer when you know it: on AWS
// it is https://cognito-idp.{region}.amazonaws.com/{poolId}. It may be left
// empty for signing in: the client then asks the domain for its discovery
// document, which Poolhouse serves there, and where there is none (AWS) it
// learns the issuer from the first ID token that the token endpoint hands out;
// such an issuer must have the shape of an AWS issuer, and of the domain's
// region where the domain names one, and is kept from then on. A Verifier
// judges tokens from strangers and so always needs an Issuer.
//
// # What this package must not know
//
// It imports nothing of the Poolhouse server, and has no idea of how one is
// built: an app that uses it carries golang.org/x/oauth2, golang.org/x/sync,
// github.com/coreos/go-oidc and github.com/go-jose/go-jose, nothing else.
//
// # Where to start reading
//
// client.go is the protocol in the order in which it happens; verify.go and
// keyset.go say when a token is believed; web.go is the middleware and
// session.go, cookie.go and ring.go are what it keeps in the browser.
package cognito
