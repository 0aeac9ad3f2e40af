// Package srp computes Cognito's variant of SRP-6a, the Secure Remote Password
// protocol of RFC 5054.
//
// In SRP the server keeps a verifier v = g^x instead of the password, and the
// client proves that it knows x. Cognito differs from RFC 5054 on the wire and
// underneath:
//
//   - The group is the 3072-bit one with g = 2, and the hash H is SHA-256.
//   - PAD(i) is not the length of the prime but the shortest two's-complement
//     form of a positive i: a zero byte goes in front when the first bit is set.
//   - x = H(PAD(salt) ‖ H(poolName ‖ username ‖ ":" ‖ password)), where poolName is
//     the part of the pool id after "_". RFC 5054 has no pool there.
//   - Salt and public values travel as hexadecimal integers, without padding.
//
// Because poolName and username go into x, a verifier is good for one username in
// one pool and for nothing else.
//
// A verifier is far cheaper to guess at than an argon2id hash (one SHA-256 and one
// power for each guess): keep it encrypted.
//
// An exchange takes two requests. NewChallenge answers the client's A with salt
// and B; the Challenge it returns is what the second request needs, and Check
// holds the client's signature against it:
//
//	client                                server
//	A = g^a                       ──►     b random, B = k·v + g^b
//	                              ◄──     salt, B, secret block
//	S = (B − k·g^x)^(a + u·x)             S = (A·v^u)^b        u = H(PAD(A) ‖ PAD(B))
//	K = HKDF(S, u)                        K = HKDF(S, u)
//	HMAC(K, pool‖user‖block‖time) ──►     the same?
//
// An account that does not exist gets a FakeVerifier, and then costs and looks
// the same. b is used once, so the variable time of math/big tells nothing that
// could be measured twice.
//
// The package knows nothing of users, sessions or storage: single use of a
// challenge, its expiry and the lockout are its caller's. Start reading at
// NewVerifier in verifier.go and NewChallenge in challenge.go; parse.go reads what
// clients send.
package srp
