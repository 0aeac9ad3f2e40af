package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const listMAC = 16 // bytes

// nextToken leads to the page after a key. It is bound to its list, so that it
// opens no other; list is the operation and what it lists within.
func (a *API) nextToken(list, after string) string {
	return base64.RawURLEncoding.EncodeToString(append(a.listMAC(list, after), after...))
}

// afterToken reads what nextToken made for this list; an empty token is the
// first page.
func (a *API) afterToken(list, token string) (after string, err error) {
	if token == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < listMAC || !hmac.Equal(b[:listMAC], a.listMAC(list, string(b[listMAC:]))) {
		return "", &pool.Error{Kind: pool.InvalidParameter, Reason: "pagination"}
	}
	return string(b[listMAC:]), nil
}

func (a *API) listMAC(list, after string) []byte {
	mac := hmac.New(sha256.New, a.ListKey)
	mac.Write([]byte(list + "\x00" + after))
	return mac.Sum(nil)[:listMAC]
}

// limitOf is how many rows a page of a list holds whose Limit may be left out
// or 0 (Cognito: QueryLimitType).
func limitOf(asked *int) int {
	if asked == nil || *asked == 0 {
		return 60
	}
	return *asked
}

// page cuts off the row too many that says whether there is another page, and
// names the last row of this one.
func page[T any](rows []T, limit int, key func(T) string) (shown []T, last string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], key(rows[limit-1])
}
