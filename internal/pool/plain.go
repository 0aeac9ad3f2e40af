package pool

import (
	"cmp"
	"strings"
)

// Plain says in a file's words why something of an account is refused: the
// catalogues of the doors have theirs.
func Plain(e *Error) string {
	if detail := e.Args["detail"]; detail != "" {
		return detail
	}
	why := map[string]string{
		"username": "is no username", "username_email": "must be an e-mail address", "username_phone": "must be a phone number",
		"username_either": "must be an e-mail address or a phone number", "alias_email": "cannot be an e-mail address in this pool",
		"alias_phone": "cannot be a phone number in this pool", "required": "is missing", "schema": "is no attribute of the pool",
		"schema_update": "is no attribute of the pool", "email": "is no e-mail address", "phone": "is no phone number like +14325551212",
		"email_verify": "there is no e-mail address to verify", "phone_verify": "there is no phone number to verify", "immutable": "cannot be changed",
		"required_deleted": "is missing", "attribute": "is too long, or has characters that no value can have", "attribute_value": "does not fit the schema",
	}[e.Reason]
	return cmp.Or(why, "cannot be what it is to be ("+e.Key()+")")
}

// PlainLine is an error in one line of a file's words: where it is a refusal,
// with the member at fault.
func PlainLine(err error) string {
	e := AsError(err)
	if e == nil {
		return err.Error()
	}
	return strings.TrimPrefix(e.Field+": "+Plain(e), ": ")
}
