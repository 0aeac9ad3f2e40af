package pool

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// The parts of a session's id, in bytes: what cannot be guessed, when it ends
// (ms), and an authenticator of both and of the app client.
const (
	sessionRandom = 32
	sessionEnd    = 8
	sessionMAC    = 16
)

// NewSessionID makes the id of a session. The row alone says what it is worth;
// the id lets one that is gone be told from one that never was. That of a
// SessionSetUp begins with the app client, which the calls that bring it do not
// name (Cognito: AssociateSoftwareToken).
func NewSessionID(key []byte, s Session) string {
	if s.Purpose == SessionSetUp {
		return s.ClientID + "." + newSessionID(key, s)
	}
	return newSessionID(key, s)
}

// ClientOfSession is the app client that the id of a SessionSetUp names, "" for
// another's.
func ClientOfSession(id string) string {
	client, _, found := strings.Cut(id, ".")
	if !found {
		return ""
	}
	return client
}

func newSessionID(key []byte, s Session) string {
	b := make([]byte, sessionRandom, sessionRandom+sessionEnd+sessionMAC)
	rand.Read(b)
	b = binary.BigEndian.AppendUint64(b, uint64(s.ExpiresAt))
	return Opaque(append(b, s.mac(key, b)...))
}

// GoneSession words why there is no row for an id that somebody brings to app:
// its time is over, it was used, or it was never given out
// (Cognito: NotAuthorizedException).
func GoneSession(key []byte, app App, id string, now time.Time) error {
	if _, rest, found := strings.Cut(id, "."); found {
		id = rest
	}
	b, ok := ReadOpaque(id)
	if !ok || len(b) != sessionRandom+sessionEnd+sessionMAC {
		return ErrSession
	}
	s, signed := Session{UserPoolID: app.Pool.ID, ClientID: app.Client.ID}, b[:sessionRandom+sessionEnd]
	if !hmac.Equal(b[len(signed):], s.mac(key, signed)) {
		return ErrSession
	}
	if now.UnixMilli() >= int64(binary.BigEndian.Uint64(b[sessionRandom:])) {
		return errSessionExpired
	}
	return errSessionUsed
}

func (s Session) mac(key, signed []byte) []byte {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s|%s|", s.UserPoolID, s.ClientID)
	mac.Write(signed)
	return mac.Sum(nil)[:sessionMAC]
}
