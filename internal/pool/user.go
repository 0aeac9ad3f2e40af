package pool

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// UserStatus is where an account stands (Cognito: UserStatusType).
type UserStatus string

// The states that accounts reach today.
const (
	Unconfirmed UserStatus = "UNCONFIRMED"
	Confirmed   UserStatus = "CONFIRMED"
)

// User is one account. Attributes hold everything but the sub, values as
// Cognito sends them (strings; "true" and "false" for the verified flags).
type User struct {
	UserPoolID string `json:"UserPoolId"`
	Sub        string
	Username   string // the sub, in pools where the e-mail address is the username
	Attributes map[string]string
	Status     UserStatus
	Disabled   bool `json:",omitempty"`
	Password   Password

	// NotBefore (ms) is when everything that the account had open was ended.
	// Grants, codes, browser sessions and challenges carry the value that they
	// began under; once it moves on, one write has ended them all.
	NotBefore        int64 `json:",omitempty"`
	CreateDate       int64
	LastModifiedDate int64
}

// Password is what is kept of a password: an argon2id hash (PHC string) and
// the SRP verifier, which is far cheaper to attack and therefore sealed.
type Password struct {
	Hash        string `json:",omitempty"`
	SRPSalt     Secret `json:",omitempty"`
	SRPVerifier Secret `json:",omitempty"`
	SetAt       int64  `json:",omitempty"`
}

// Email is the user's address, "" if there is none.
func (u User) Email() string { return u.Attributes["email"] }

// EmailVerified says whether the address was proven.
func (u User) EmailVerified() bool { return u.Attributes["email_verified"] == "true" }

// Void says whether something that began under the given NotBefore was ended:
// by sign-out everywhere, disable, reset or change of password. It compares
// values and not clocks, so that a sign-in which read the account before the
// change and finished after it is void too, on whatever node.
func (u User) Void(notBefore int64) bool { return u.Disabled || notBefore != u.NotBefore }

// EndAll ends everything that the account has open.
func (u *User) EndAll(now time.Time) { u.NotBefore = max(now.UnixMilli(), u.NotBefore+1) }

// NameKind tells apart the names that lead to a user in the ledger.
type NameKind string

// The kinds of names. A sub leads to its user without one.
const (
	NameUsername NameKind = "username"
	NameEmail    NameKind = "email"
)

// Name is one name by which a user is found: unique in the pool per kind.
type Name struct {
	Kind   NameKind
	Folded string
}

// Fold brings a name to the form that is compared: as it is in a
// case-sensitive pool, lower case otherwise.
func (p Pool) Fold(name string) string {
	if p.CaseSensitive() {
		return name
	}
	return strings.ToLower(name)
}

// SignInName is the name by which typed text is looked up in this pool.
func (p Pool) SignInName(typed string) Name {
	typed = strings.TrimSpace(typed)
	if p.EmailIsUsername() {
		return Name{NameEmail, p.Fold(typed)}
	}
	return Name{NameUsername, p.Fold(typed)}
}

// NamesOf lists the names that lead to u.
func (p Pool) NamesOf(u User) []Name {
	if p.EmailIsUsername() {
		return []Name{{NameEmail, p.Fold(u.Email())}}
	}
	return []Name{{NameUsername, p.Fold(u.Username)}}
}

// CheckUsername refuses a username that Cognito's UsernameType does not allow
// (1 to 128 letters, marks, symbols, numbers or punctuation; no space), and one
// that is not an e-mail address where the pool says so.
func (p Pool) CheckUsername(name string) error {
	if p.EmailIsUsername() {
		return CheckEmail("username", name)
	}
	if name == "" {
		return refuse(InvalidParameter, "required", "username", "")
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > 128 || strings.ContainsFunc(name, notUsernameRune) || looksAlike(name) {
		return refuse(InvalidParameter, "username", "username", "")
	}
	return nil
}

// looksAlike says whether name is written with letters that stand for others:
// the Kelvin sign for a k, a full-width or a decomposed letter. Folding or a
// reader's eye would take it for another name. (U+0130 is its own form, and
// folds to an i.)
func looksAlike(name string) bool {
	return !norm.NFKC.IsNormalString(name) || strings.ContainsRune(name, '\u0130')
}

func notUsernameRune(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
}

// CheckEmail refuses what is not one plain address (RFC 5321 limits: 64 before
// the @, 254 in all). field names the form field for the message.
func CheckEmail(field, address string) error {
	if address == "" {
		return refuse(InvalidParameter, "required", field, "")
	}
	parsed, err := mail.ParseAddress(address)
	local, host, _ := strings.Cut(address, "@")
	plain := err == nil && parsed.Name == "" && parsed.Address == address && !strings.ContainsAny(address, "<>\" ")
	if !plain || len(address) > 254 || len(local) > 64 || !publicHost(host) || looksAlike(address) || strings.ContainsFunc(address, notUsernameRune) {
		return refuse(InvalidParameter, "email", field, "")
	}
	return nil
}

// publicHost says whether mail for host leads to a domain, and not to an
// address or a machine by its bare name: strangers choose it, our mail server
// would go there. (RFC 3696 §2: a top-level domain is never all digits.)
func publicHost(host string) bool {
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || strings.ContainsAny(label, "[]:") || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(labels) > 1 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

// CheckAttributeValue refuses what Cognito's AttributeValueType does not allow:
// over 2,048 characters, invalid UTF-8, NUL and other control characters.
func CheckAttributeValue(name, value string) error {
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }
	if !utf8.ValidString(value) || utf8.RuneCountInString(value) > 2048 || strings.ContainsFunc(value, bad) {
		return refuse(InvalidParameter, "attribute", name, "")
	}
	return nil
}

// MaskEmail shows the first character of each side of an address, as Cognito
// does: "j***@e***".
func MaskEmail(address string) string {
	local, host, found := strings.Cut(address, "@")
	if !found {
		return firstRune(address) + "***"
	}
	return firstRune(local) + "***@" + firstRune(host) + "***"
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// standardAttributes are those that a person may give at sign-up (OpenID
// Connect Core §5.1, as Cognito has them).
var standardAttributes = append([]string{"email", "phone_number", "address"}, profileClaims...)

// CheckNewAttribute refuses an attribute that nobody may set at sign-up, or a
// value that cannot be kept. A blank value counts as not given.
func CheckNewAttribute(name, value string) error {
	if !slices.Contains(standardAttributes, name) {
		return refuse(InvalidParameter, "schema", name, "")
	}
	return CheckAttributeValue(name, value)
}
