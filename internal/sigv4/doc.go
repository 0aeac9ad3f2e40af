// Package sigv4 checks requests signed with AWS Signature Version 4 (AWS: Create
// a signed AWS API request), as AWS's SDKs sign calls of an operator.
//
// A check has two halves, so that its caller can look the secret up in between:
//
//	Parse   the Authorization header → who claims to have signed, what, and when
//	Verify  secret, request and body → nil, or why not
//
// Only what was signed counts: Parse refuses a request whose host, time or any
// header named in its Scope was left out of the signature. The body is always
// hashed here, so an unsigned payload does not pass. Presigned URLs and
// temporary credentials are not known to it.
//
// The canonical request is built here, not by signing again with the SDK's
// signer: that one never signs User-Agent and some other headers, and older
// clients do. The package knows nothing of keys, operations or stores. Start
// reading at Parse in parse.go; verify.go has the arithmetic.
package sigv4
