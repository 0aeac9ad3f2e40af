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
// The package knows nothing of users, sessions or storage. Start reading at
// NewVerifier in verifier.go.
package srp
