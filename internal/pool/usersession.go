package pool

import (
	"math/big"
	"strings"

	"github.com/google/uuid"
)

// UserSession is what somebody has open, as it is listed to them: the tokens of
// one sign-in, or a browser that is remembered (Cognito: Managing user
// sessions). Times are ms.
type UserSession struct {
	ID         string // "tkn" or "sso" and 25 lowercase letters or digits
	ClientID   string // of a token session
	CreatedAt  int64
	LastActive int64
	From       Device
	Origin     string // the ID of the browser session that a token session came through, or ""
	Current    bool   // the one that asks
}

// The kinds of sessions, as their ids begin.
const (
	TokenSessions   = "tkn"
	BrowserSessions = "sso"
)

// sessionDigits is how many digits of base 36 a UUID has at most; all ids have
// as many.
const sessionDigits = 25

// SessionID is the id under which a grant or a browser session with a UUID is
// listed.
func SessionID(kind, id string) string {
	u, err := uuid.Parse(id)
	if err != nil {
		return ""
	}
	digits := new(big.Int).SetBytes(u[:]).Text(36)
	return kind + strings.Repeat("0", sessionDigits-len(digits)) + digits
}

// ParseSessionID is the kind and the UUID of a listed session; ok is false for
// what is none. The length comes first: reading a number takes time by the
// square of its digits.
func ParseSessionID(id string) (kind, uid string, ok bool) {
	if len(id) != len(TokenSessions)+sessionDigits {
		return "", "", false
	}
	kind = id[:len(TokenSessions)]
	n, isNumber := new(big.Int).SetString(id[len(kind):], 36)
	if !isNumber || n.Sign() < 0 || n.BitLen() > 128 || kind != TokenSessions && kind != BrowserSessions {
		return "", "", false
	}
	var u uuid.UUID
	n.FillBytes(u[:])
	return kind, u.String(), SessionID(kind, u.String()) == id // no other spelling
}
