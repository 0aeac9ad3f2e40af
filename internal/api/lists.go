package api

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/poolhouse/poolhouse/internal/pool"
)

const listMAC = 16 // bytes

// nextToken leads to the page after a key. It is bound to its list, so that it
// opens no other; list is the operation and what it lists within.
func (a *API) nextToken(list, after string) string {
	return pool.Opaque(append(a.listMAC(list, after), after...))
}

// afterToken reads what nextToken made for this list; an empty token is the
// first page.
func (a *API) afterToken(list, token string) (after string, err error) {
	if token == "" {
		return "", nil
	}
	b, ok := pool.ReadOpaque(token)
	if !ok || len(b) < listMAC || !hmac.Equal(b[:listMAC], a.listMAC(list, string(b[listMAC:]))) {
		return "", &pool.Error{Kind: pool.InvalidParameter, Reason: "pagination"}
	}
	return string(b[listMAC:]), nil
}

func (a *API) listMAC(list, after string) []byte {
	mac := hmac.New(sha256.New, a.ListKey)
	mac.Write([]byte(list + "\x00" + after))
	return mac.Sum(nil)[:listMAC]
}

// limitOf is how many rows a page of a list holds whose limit may be left out
// or 0: then it is the most there are (Cognito: QueryLimitType).
func limitOf(asked *int, most int) int {
	if asked == nil || *asked == 0 {
		return most
	}
	return *asked
}

// pageAsk is a page of a list that a call asks for: at most limit rows after
// what token says.
type pageAsk struct {
	list, token string // list is the operation and what it lists within
	limit       int
}

// paged reads a page and makes the token of the next, "" after the last. rows
// reads after a key; one row too many says whether there is another page.
func paged[T any](a *API, ask pageAsk, rows func(after string, limit int) ([]T, error), key func(T) string) (shown []T, next string, err error) {
	after, err := a.afterToken(ask.list, ask.token)
	if err != nil {
		return nil, "", err
	}
	if shown, err = rows(after, ask.limit+1); err != nil || len(shown) <= ask.limit {
		return shown, "", err
	}
	shown = shown[:ask.limit]
	return shown, a.nextToken(ask.list, key(shown[ask.limit-1])), nil
}
