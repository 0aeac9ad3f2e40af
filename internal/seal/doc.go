// Package seal encrypts small secrets under a ring of master keys, so that what a
// database holds is of no use without the key file beside it.
//
// A sealed value is the id of the key that sealed it, a random nonce and AES-256-GCM
// ciphertext. The first key of the ring seals; every key opens. To rotate, put a
// new line at the top of the file and leave the old ones below it.
//
// The last, oldest key also gives the keys that Derive returns, so that what was
// made with those survives a rotation. Taking the last line away ends them, and
// makes everything sealed under it unreadable.
//
// The package knows nothing of what it seals: the caller binds a value to its
// place by the additional data. Start reading at Ring in ring.go; file.go is the
// key file.
package seal
