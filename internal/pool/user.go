package pool

import (
	"cmp"
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
	Unconfirmed         UserStatus = "UNCONFIRMED"
	Confirmed           UserStatus = "CONFIRMED"
	ResetRequired       UserStatus = "RESET_REQUIRED"
	ForceChangePassword UserStatus = "FORCE_CHANGE_PASSWORD"
)

// User is one account. Attributes hold everything but the sub, values as
// Cognito sends them (strings; "true" and "false" for the verified flags).
type User struct {
	UserPoolID string `json:"UserPoolId"`
	Sub        string
	Username   string // the sub, in pools where an address or a number is the username
	Attributes map[string]string
	Status     UserStatus
	Disabled   bool `json:",omitempty"`
	Grouped    bool `json:",omitempty"` // was put in a group at some time; nobody else's groups are looked for
	Password   Password
	MFA        UserMFA `json:",omitzero"`

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
	SRPName     string `json:",omitempty"` // that the verifier was made with; "" for the username as it is spelled
	SRPSalt     Secret `json:",omitempty"`
	SRPVerifier Secret `json:",omitempty"`
	SetAt       int64  `json:",omitempty"`
}

// SRPName is the name that the SRP verifier was made with, which whoever proves
// the password must compute with.
func (u User) SRPName() string { return cmp.Or(u.Password.SRPName, u.Username) }

// NeverHadPassword says whether the account came without a password, and waits for
// its owner to choose one by a code.
func (u User) NeverHadPassword() bool {
	return u.Status == ResetRequired && u.Password.Hash == ""
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

// The kinds of names.
const (
	NameUsername  NameKind = "username"
	NameEmail     NameKind = "email"
	NamePhone     NameKind = "phone_number"
	NamePreferred NameKind = "preferred_username"
	NameSub       NameKind = "sub" // leads to its user without an entry of its own
)

// Name is one name by which a user is found: unique in the pool per kind.
type Name struct {
	Kind   NameKind
	Folded string
}

// Claim is the entry that a name takes. Usernames and preferred usernames share
// theirs: both are typed into one field, and one must not take the other away.
func (n Name) Claim() Name {
	if n.Kind == NamePreferred {
		n.Kind = NameUsername
	}
	return n
}

// Fold brings a name to the form that is compared: as it is in a
// case-sensitive pool, lower case otherwise.
func (p Pool) Fold(name string) string {
	if p.CaseSensitive() {
		return name
	}
	return strings.ToLower(name)
}

// SignInNames are the names that typed text may be, the first that leads to
// somebody counts: a username, which a preferred one is too (see [Name.Claim]),
// before an address or a number (Cognito: Aliases). The sub is one
// where it is the username: a program that began with an address goes on with
// the username that it was told (Cognito: USER_ID_FOR_SRP).
func (p Pool) SignInNames(typed string) []Name {
	typed = strings.TrimSpace(typed)
	folded := p.Fold(typed)
	if p.SubIsUsername() {
		names := []Name{{NameKind(p.contactOf(folded)), folded}}
		if LikeSub(typed) {
			names = append(names, Name{NameSub, typed})
		}
		return names
	}
	names := []Name{{NameUsername, folded}}
	for _, kind := range []NameKind{NameEmail, NamePhone} {
		if p.Alias(string(kind)) {
			names = append(names, Name{kind, folded})
		}
	}
	return names
}

// LookupNames are the names that a username may be which a program or a mailed
// link brings: the sub, where it looks like one, before those of sign-in
// (Cognito: AdminGetUser, Username).
func (p Pool) LookupNames(typed string) []Name {
	names := p.SignInNames(typed)
	if typed = strings.TrimSpace(typed); LikeSub(typed) {
		names = append([]Name{{NameSub, typed}}, names...)
	}
	return names
}

// NamesOf lists the names that lead to u: its username or, where the sub is
// the username, its addresses, verified or not; and its aliases.
func (p Pool) NamesOf(u User) []Name {
	var names []Name
	add := func(kind NameKind, value string) {
		if value != "" {
			names = append(names, Name{kind, p.Fold(value)})
		}
	}
	if !p.SubIsUsername() {
		add(NameUsername, u.Username)
	}
	for _, kind := range []NameKind{NameEmail, NamePhone, NamePreferred} {
		attribute := string(kind)
		proven := kind == NamePreferred || u.Attributes[attribute+"_verified"] == "true"
		if slices.Contains(p.UsernameAttributes, attribute) || p.Alias(attribute) && proven {
			add(kind, u.Attributes[attribute])
		}
	}
	return names
}

// CheckUsername refuses a username that Cognito's UsernameType does not allow
// (1 to 128 letters, marks, symbols, numbers or punctuation; no space), one
// that is not an address or a number where the pool says so, and one that looks
// like somebody's alias (Cognito: Aliases) or sub.
func (p Pool) CheckUsername(name string) error {
	if name == "" {
		return refuse(InvalidParameter, "required", "username", "")
	}
	if p.SubIsUsername() {
		return p.checkContactName(name)
	}
	return p.checkPlainName("username", name)
}

func (p Pool) checkPlainName(field, name string) error {
	switch {
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > 128 || strings.ContainsFunc(name, notUsernameRune), looksAlike(name), LikeSub(strings.ToLower(name)):
		return refuse(InvalidParameter, "username", field, "")
	case p.Alias("email") && CheckEmail(field, name) == nil:
		return refuse(InvalidParameter, "alias_email", field, "")
	case p.Alias("phone_number") && CheckPhone(field, name) == nil:
		return refuse(InvalidParameter, "alias_phone", field, "")
	}
	return nil
}

func (p Pool) checkContactName(name string) error {
	err := CheckPhone("username", name)
	if p.contactOf(name) == "email" {
		err = CheckEmail("username", name)
	}
	switch {
	case err == nil:
		return nil
	case !p.PhoneIsUsername():
		return refuse(InvalidParameter, "username_email", "username", "")
	case !p.EmailIsUsername():
		return refuse(InvalidParameter, "username_phone", "username", "")
	}
	return refuse(InvalidParameter, "username_either", "username", "")
}

// contactOf is the attribute that a name is in a pool where the sub is the
// username: its e-mail address or its phone number.
func (p Pool) contactOf(name string) string {
	if p.EmailIsUsername() && (strings.Contains(name, "@") || !p.PhoneIsUsername()) {
		return "email"
	}
	return "phone_number"
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
	if !plain || len(address) > MaxName || len(local) > 64 || !publicHost(host) || looksAlike(address) || strings.ContainsFunc(address, notUsernameRune) {
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

// MaxName bounds a name that somebody types, in characters: an e-mail address
// is the longest (RFC 5321).
const MaxName = 254

// CheckTyped refuses what no name can be that leads to an account; a blank one
// is for [CheckRequired].
func CheckTyped(name string) error {
	if utf8.RuneCountInString(name) > MaxName || CheckAttributeValue("username", name) != nil {
		return refuse(InvalidParameter, "username", "username", "")
	}
	return nil
}

// CheckRequired refuses a field that was left blank.
func CheckRequired(field, value string) error {
	if value == "" {
		return refuse(InvalidParameter, "required", field, "")
	}
	return nil
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
