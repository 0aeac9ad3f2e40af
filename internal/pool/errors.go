package pool

import (
	"errors"
	"fmt"
	"strings"
)

// Error is a refusal that the caller may know about. Kind is the name of
// Cognito's exception without its suffix ("NotAuthorized", "CodeMismatch");
// Reason tells apart the causes of one kind and, with Kind, names the sentence
// in the message catalogue; Field names the member or form field at fault, if
// one is; Args fill the placeholders of that sentence.
type Error struct {
	Kind   string
	Reason string
	Field  string
	Args   map[string]string
}

// Error describes the refusal for logs and tests; people are shown the
// catalogue's sentence for [Error.Key] instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Key())
	if e.Field != "" {
		fmt.Fprintf(&b, " at %s", e.Field)
	}
	if d := e.Args["detail"]; d != "" {
		b.WriteString(": " + d)
	}
	return b.String()
}

// Key is "Kind.Reason", or "Kind" where a kind has one cause only.
func (e *Error) Key() string {
	if e.Reason == "" {
		return e.Kind
	}
	return e.Kind + "." + e.Reason
}

// Is reports whether target is an *Error of the same Kind and, if target names
// one, the same Reason: errors.Is(err, &Error{Kind: NotAuthorized}).
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Reason == "" || t.Reason == e.Reason)
}

// AsError finds the refusal inside err, the first where several were joined, or
// returns nil.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// Refusals lists the refusals that were joined in err, in their order: a page
// shows all of them, a program is told the first.
func Refusals(err error) []*Error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, one := range joined.Unwrap() {
			all = append(all, Refusals(one)...)
		}
		return all
	}
	if e := AsError(err); e != nil {
		return []*Error{e}
	}
	return nil
}

// The kinds in use, spelt as Cognito spells its exceptions.
const (
	NotAuthorized            = "NotAuthorized"
	InvalidParameter         = "InvalidParameter"
	InvalidPassword          = "InvalidPassword"
	UsernameExists           = "UsernameExists"
	AliasExists              = "AliasExists"
	UserNotFound             = "UserNotFound"
	UserNotConfirmed         = "UserNotConfirmed"
	CodeMismatch             = "CodeMismatch"
	ExpiredCode              = "ExpiredCode"
	LimitExceeded            = "LimitExceeded"
	TooManyRequests          = "TooManyRequests"
	ResourceNotFound         = "ResourceNotFound"
	GroupExists              = "GroupExists"
	ConcurrentModification   = "ConcurrentModification"
	UnsupportedTokenType     = "UnsupportedTokenType"
	UnsupportedOperation     = "UnsupportedOperation"
	InvalidOAuthFlow         = "InvalidOAuthFlow"
	ScopeDoesNotExist        = "ScopeDoesNotExist"
	PasswordResetRequired    = "PasswordResetRequired"
	FeatureUnavailableInTier = "FeatureUnavailableInTier"
	DuplicateProvider        = "DuplicateProvider"
	UserPoolTagging          = "UserPoolTagging"
	OperationNotEnabled      = "OperationNotEnabled"
	PreconditionNotMet       = "PreconditionNotMet"
	UserImportInProgress     = "UserImportInProgress"
	SoftwareTokenMFANotFound = "SoftwareTokenMFANotFound"
	EnableSoftwareTokenMFA   = "EnableSoftwareTokenMFA"
)

// refuse builds an Error; detail is English for logs and the command line.
func refuse(kind, reason, field, detail string) *Error {
	e := &Error{Kind: kind, Reason: reason, Field: field}
	if detail != "" {
		e.Args = map[string]string{"detail": detail}
	}
	return e
}
