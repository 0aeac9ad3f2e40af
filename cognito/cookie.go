package cognito

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// A browser keeps 4096 bytes of name, value and, in some, attributes
	// (RFC 6265 §6.1).
	cookiePiece = 3600
	// Five pieces hold 18 kB; many servers and proxies refuse longer headers.
	cookiePieces = 5
)

// jar writes and reads the cookies of one Web.
type jar struct {
	secure bool
}

func (j jar) set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   max(1, int(life/time.Second)),
		HttpOnly: true,
		Secure:   j.secure,
		SameSite: http.SameSiteLaxMode,
	})
}

func (j jar) clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: j.secure, SameSite: http.SameSiteLaxMode,
	})
}

// setLong writes value under name, and under name_1, name_2 … when it is longer
// than a cookie may be; the first piece begins with the number of pieces. Pieces
// that a longer value left in the browser are cleared.
func (j jar) setLong(w http.ResponseWriter, r *http.Request, c longCookie) error {
	pieces := (len(c.value) + cookiePiece - 1) / cookiePiece
	if pieces > cookiePieces {
		return ErrSessionTooLarge
	}
	for i := range pieces {
		piece := c.value[i*cookiePiece : min(len(c.value), (i+1)*cookiePiece)]
		if i == 0 {
			piece = strconv.Itoa(pieces) + "." + piece
		}
		j.set(w, pieceName(c.name, i), piece, c.life)
	}
	j.clearFrom(w, r, c.name, pieces)
	return nil
}

type longCookie struct {
	name, value string
	life        time.Duration
}

// getLong puts the pieces together again; "" if any is missing. That they
// belong together is for the seal to prove.
func (j jar) getLong(r *http.Request, name string) string {
	first, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	count, value, _ := strings.Cut(first.Value, ".")
	pieces, err := strconv.Atoi(count)
	if err != nil || pieces < 1 || pieces > cookiePieces {
		return ""
	}
	for i := 1; i < pieces; i++ {
		piece, err := r.Cookie(pieceName(name, i))
		if err != nil {
			return ""
		}
		value += piece.Value
	}
	return value
}

// clearFrom clears the pieces from number first on that the browser sent.
func (j jar) clearFrom(w http.ResponseWriter, r *http.Request, name string, first int) {
	for i := first; i < cookiePieces; i++ {
		if _, err := r.Cookie(pieceName(name, i)); err == nil {
			j.clear(w, pieceName(name, i))
		}
	}
}

func pieceName(name string, i int) string {
	if i == 0 {
		return name
	}
	return name + "_" + strconv.Itoa(i)
}
