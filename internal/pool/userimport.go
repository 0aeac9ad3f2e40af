package pool

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The columns of an import file that are no attributes.
const (
	importMFA      = "cognito:mfa_enabled"
	importUsername = "cognito:username"
)

// ImportColumns are the columns that an import file of the pool has, in any order
// (Cognito: GetCSVHeader).
func (p Pool) ImportColumns() []string {
	var out []string
	for _, a := range p.Attributes() {
		if a.Name != "sub" {
			out = append(out, a.Name)
		}
	}
	return append(out, importMFA, importUsername)
}

// CheckImportColumns holds the first row of a file against the pool's columns:
// each of them must be there once, and no other.
func (p Pool) CheckImportColumns(cells []string) error {
	want := p.ImportColumns()
	seen := map[string]bool{}
	for i, cell := range cells {
		switch {
		case !slices.Contains(want, cell):
			return fmt.Errorf("column %d is none of the pool's", i+1) // its name may be anything
		case seen[cell]:
			return fmt.Errorf("the column %s is there twice", cell)
		}
		seen[cell] = true
	}
	for _, name := range want {
		if !seen[name] {
			return fmt.Errorf("the column %s is missing", name)
		}
	}
	return nil
}

// rowFault is what only a row of a file can have wrong: the reason itself.
type rowFault string

// Error is the reason.
func (f rowFault) Error() string { return string(f) }

const (
	errCells    rowFault = "The row has not as many cells as the header."
	errMFA      rowFault = importMFA + " must be false, or true where the pool demands a second factor of everybody."
	errUnproven rowFault = "The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true)." // Cognito's words
	errContact  rowFault = importUsername + " stands for an attribute that the row has with another value."
)

// NewImported is the account that a row of a file describes: without a password,
// which its owner chooses with a code at their first sign-in (Cognito: "Importing
// users into user pools from a CSV file"). now is in ms.
func (p Pool) NewImported(columns, cells []string, now int64) (User, error) {
	if len(cells) != len(columns) {
		return User{}, errCells
	}
	given := map[string]string{}
	for i, name := range columns {
		if cells[i] != "" {
			given[name] = cells[i]
		}
	}
	username, mfa := given[importUsername], given[importMFA]
	delete(given, importUsername)
	delete(given, importMFA)
	if err := p.importable(given, username, mfa); err != nil {
		return User{}, err
	}
	user, err := p.NewInvited(username, given, now)
	user.Status = ResetRequired
	return user, errors.Join(err, p.checkComplete(user.Attributes, nil), p.checkProven(user))
}

// importable brings what a file writes in its own way to what accounts have, and
// refuses what only a file can say.
func (p Pool) importable(given map[string]string, username, mfa string) error {
	for _, a := range p.Attributes() {
		if value, there := given[a.Name]; there && a.AttributeDataType == "Boolean" {
			given[a.Name] = strings.ToLower(value) // spreadsheets write TRUE
		}
	}
	for _, contact := range []string{"email", "phone_number"} {
		if given[contact] == "" && given[contact+"_verified"] == "false" { // which spreadsheets fill in for everybody
			delete(given, contact+"_verified")
		}
	}
	if value := given["birthdate"]; value != "" {
		date, err := time.Parse("01/02/2006", value)
		if err != nil {
			date, err = time.Parse(time.DateOnly, value)
		}
		if err != nil {
			return refuse(InvalidParameter, "attribute_value", "birthdate", "")
		}
		given["birthdate"] = date.Format(time.DateOnly) // OpenID Connect Core §5.1
	}
	if p.SubIsUsername() && username != "" {
		if contact := p.contactOf(username); given[contact] != "" && given[contact] != username {
			return errContact
		}
	}
	return p.checkImportedMFA(mfa)
}

// checkImportedMFA: nobody brings a second factor along. Where the pool demands
// one of everybody the file has to say so.
func (p Pool) checkImportedMFA(mfa string) error {
	if want := strconv.FormatBool(p.MFA() == "ON"); strings.ToLower(mfa) != want {
		return errMFA
	}
	return nil
}

// checkProven demands an attribute that was proven, of those that the pool
// proves: it is where the code for the first sign-in goes.
func (p Pool) checkProven(u User) error {
	for _, contact := range p.AutoVerifiedAttributes {
		if u.Attributes[contact] != "" && u.Attributes[contact+"_verified"] == "true" {
			return nil
		}
	}
	return errUnproven
}

// ImportReason words for operators why a row made no user. It holds the names of
// columns at most, and nothing that the row says.
func ImportReason(err error) string {
	e := AsError(err)
	if fault, ok := errors.AsType[rowFault](err); ok && e == nil {
		return string(fault)
	}
	switch {
	case e == nil: // a fault of the row's form
		text := err.Error()
		return strings.ToUpper(text[:1]) + text[1:] + "."
	case e.Reason == "schema_required":
		return "Required attributes are missing: " + e.Args["names"] + "."
	case e.Field == "username":
		return importUsername + " is not one that the pool allows (" + e.Key() + ")."
	}
	return e.Field + " does not fit the schema (" + e.Key() + ")."
}

// IsUsername says whether names of the kind are what the pool's accounts are made
// with.
func (p Pool) IsUsername(kind NameKind) bool {
	return kind == NameUsername || slices.Contains(p.UsernameAttributes, string(kind))
}
