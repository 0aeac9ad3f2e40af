package api

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/poolhouse/poolhouse/internal/api/model"
	"github.com/poolhouse/poolhouse/internal/pool"
	"github.com/poolhouse/poolhouse/internal/sigv4"
)

var placeholder = regexp.MustCompile(`\{(FIELD|[a-z][a-z_]+)\}`)

// wireError is an error as it goes out. Status is 400 for whatever the caller
// can mend and 500 otherwise: the statuses in the API model are not what the
// service sends.
type wireError struct {
	status  int
	name    string // __type
	message string
}

func (e *wireError) Error() string { return e.name + ": " + e.message }

func refuse(name, message string) *wireError {
	return &wireError{http.StatusBadRequest, name, message}
}

func errInternal() *wireError {
	return &wireError{http.StatusInternalServerError, "InternalErrorException", "Something went wrong on our side. Please try again."}
}

// translate is the one place that turns an error into what the caller is told.
// It returns known = false for an error that nobody outside may read: that one
// has to be logged.
func (a *API) translate(err error) (out *wireError, known bool) {
	if w, ok := errors.AsType[*wireError](err); ok {
		return w, true
	}
	if s, ok := errors.AsType[*model.SerializationError](err); ok {
		return refuse("SerializationException", s.Text), true
	}
	if s, ok := errors.AsType[*sigv4.Error](err); ok {
		return refuse(signatureErrorName(s.Reason), s.Text), true
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &wireError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "The request is larger than this server takes."}, true
	}
	refusal := pool.AsError(err)
	if refusal == nil {
		return errInternal(), false
	}
	text, complete := expand(a.messages[refusal.Key()], refusal)
	if text == "" || !complete {
		return errInternal(), false
	}
	return refuse(refusal.Kind+"Exception", text), true
}

// expand puts a refusal's Args, and its Field as {field}, into a message. It is
// not complete where a placeholder has nothing to stand for.
func expand(text string, e *pool.Error) (out string, complete bool) {
	complete = true
	out = placeholder.ReplaceAllStringFunc(text, func(mark string) string {
		switch mark {
		case "{field}":
			return e.Field
		case "{FIELD}":
			return strings.ToUpper(e.Field)
		case "{required}":
			return requiredClauses(e)
		}
		value, there := e.Args[mark[1:len(mark)-1]]
		complete = complete && there
		return value
	})
	return out, complete
}

// requiredClauses says of each attribute that it is missing.
func requiredClauses(e *pool.Error) string {
	names := strings.Fields(e.Args["names"])
	if len(names) == 0 {
		names = []string{e.Field}
	}
	var clauses strings.Builder
	for _, name := range names {
		clauses.WriteString(name + ": The attribute is required\n")
	}
	return clauses.String()
}

// signatureErrorName gives the names of AWS's common errors.
func signatureErrorName(r sigv4.Reason) string {
	switch r {
	case sigv4.Missing:
		return "MissingAuthenticationTokenException"
	case sigv4.Incomplete:
		return "IncompleteSignatureException"
	case sigv4.UnknownKey:
		return "UnrecognizedClientException"
	}
	return "InvalidSignatureException"
}
