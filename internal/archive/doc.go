// Package archive writes and reads files of JSON lines that are taken whole or
// not at all, and of which parts are sealed to a passphrase.
//
//	{"Format":"…","Version":1,"Source":"…","KDF":{…}}     the header
//	{…}                                                   a line for each record
//	{"End":{"Count":2,"Digest":"…"}}                      the end
//
// From the passphrase argon2id (RFC 9106) derives a key, and HKDF (RFC 5869) one
// for each use of it. What a record keeps secret is a box of its own, AES-256-GCM
// with a random nonce, bound to the header and to a label that the record's owner
// chooses, so that a box which was put into another record or another file does
// not open. The digest is an HMAC-SHA-256 over every line before it: whatever is
// changed, left out, repeated or put in another place is found. Without a
// passphrase it is a SHA-256, which finds damage but stops nobody.
//
// A reader knows only at the end whether a file is whole, so it is read twice:
// once to check, and then for what it says. Neither reader nor writer keeps more
// than a line. The package does not know what the records mean. Start reading at
// [Writer], then [Reader]; keys.go holds the cryptography.
package archive
