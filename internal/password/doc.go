// Package password hashes passwords with argon2id and checks them.
//
// A hash is a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, so it
// carries its own parameters and can be checked long after the ones in use have
// changed. One Hasher serves a whole process: argon2 is costly on purpose, and
// the Hasher's slots bound how much memory and processor time it may take.
//
// The package knows nothing of users, of password policies or of where a hash is
// kept. Start reading at Hasher in hasher.go; phc.go is the format.
package password
