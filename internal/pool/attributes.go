package pool

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// contacts are the attributes that codes can prove.
var contacts = []string{"email", "phone_number"}

// NewAttributes are the attributes of a new account: what was given, held
// against the schema and the client's rights, and what the username stands for.
// Blank values count as not given. What the schema requires must be there, and
// so must whatever asked names. Nothing is verified yet. All that is wrong is
// told at once, joined, up to the first name that the schema does not have: a
// program may send any number of those, a page sends none.
func (a App) NewAttributes(username string, given map[string]string, asked []string) (map[string]string, error) {
	wrong := []error{a.Pool.CheckUsername(username)}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		err := a.checkNew(name, given[name])
		wrong = append(wrong, err)
		if errors.Is(err, errSchema) {
			break
		}
		if given[name] != "" {
			out[name] = given[name]
		}
	}
	if a.Pool.SubIsUsername() {
		out[a.Pool.contactOf(username)] = username
	}
	wrong = append(wrong, a.Pool.checkComplete(out, asked))
	return unverified(out), errors.Join(wrong...)
}

// errSchema matches the refusal of a name that the schema does not have.
var errSchema = refuse(InvalidParameter, "schema", "", "")

func (a App) checkNew(name, value string) error {
	attribute, known := a.Pool.Attribute(name)
	switch {
	case !known:
		return refuse(InvalidParameter, "schema", name, "")
	case !a.Client.MayWrite(attribute):
		return refuse(NotAuthorized, "write_attribute", name, "")
	case name == "preferred_username" && value != "" && a.Pool.Alias(name): // Cognito: it can be set once the account is confirmed
		return refuse(InvalidParameter, "preferred_username", name, "")
	}
	return attribute.CheckValue(value)
}

// checkComplete demands what the schema requires and what was asked.
func (p Pool) checkComplete(given map[string]string, asked []string) error {
	var missing []string
	for _, attribute := range p.Attributes() {
		name := attribute.Name
		if name != "sub" && given[name] == "" && (attribute.IsRequired() || slices.Contains(asked, name)) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	e := refuse(InvalidParameter, "schema_required", missing[0], "")
	e.Args = map[string]string{"names": strings.Join(missing, " ")}
	return e
}

// unverified adds the flags of addresses and numbers that have none.
func unverified(attributes map[string]string) map[string]string {
	for _, contact := range contacts {
		if flag := contact + "_verified"; attributes[contact] != "" && attributes[flag] == "" {
			attributes[flag] = "false"
		}
	}
	return attributes
}

// AskedAtSignUp lists the attributes that the sign-up page asks for, in the
// schema's order: those that the schema requires and, where the client may
// write it, the address that is to be proven; unless the username is that
// already.
func (a App) AskedAtSignUp() []string {
	p := a.Pool
	var out []string
	for _, attribute := range p.Attributes() {
		name := attribute.Name
		proven := name == "email" && p.VerifiesEmail() && !p.EmailIsUsername() && a.Client.MayWrite(attribute)
		isUsername := len(p.UsernameAttributes) == 1 && p.UsernameAttributes[0] == name
		if (attribute.IsRequired() || proven) && !isUsername && name != "sub" && !slices.Contains(verifiedFlags, name) {
			out = append(out, name)
		}
	}
	return out
}

// NewInvited is an account that an operator makes, which waits for its owner to
// choose a password (Cognito: AdminCreateUser). now is in ms.
func (p Pool) NewInvited(username string, given map[string]string, now int64) (User, error) {
	username = strings.TrimSpace(username)
	attributes, err := p.createdAttributes(username, given)
	if err != nil {
		return User{}, err
	}
	u := User{
		UserPoolID: p.ID, Sub: NewSub(), Username: username, Attributes: attributes, Status: ForceChangePassword,
		CreateDate: now, LastModifiedDate: now,
	}
	if p.SubIsUsername() {
		u.Username = u.Sub
	}
	return u, nil
}

// createdAttributes are the attributes of an account that an operator makes:
// whatever the schema has but the sub, and what the username stands for. What
// the schema requires may be left out.
func (p Pool) createdAttributes(username string, given map[string]string) (map[string]string, error) {
	if err := p.CheckUsername(username); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		attribute, known := p.Attribute(name)
		if !known || name == "sub" {
			return nil, refuse(InvalidParameter, "schema", name, "")
		}
		if err := p.checkAttribute(attribute, given[name]); err != nil {
			return nil, err
		}
		if given[name] != "" {
			out[name] = given[name]
		}
	}
	if p.SubIsUsername() {
		out[p.contactOf(username)] = username
	}
	if err := checkFlags(out); err != nil {
		return nil, err
	}
	return unverified(out), nil
}

// CheckUpdate holds a person's change of their own attributes, by name, against
// the schema and the client's rights. A blank value takes the attribute away.
func (p Pool) CheckUpdate(c Client, u User, set map[string]string) error {
	return p.checkChange(u, set, c.MayWrite)
}

// CheckDelete holds the removal of attributes against the same rules.
func (p Pool) CheckDelete(c Client, u User, names []string) error {
	return p.checkChange(u, Removing(names), c.MayWrite)
}

// CheckUpdateByOperator holds an operator's change against the schema alone:
// they may set verified flags and developer attributes too.
func (p Pool) CheckUpdateByOperator(u User, set map[string]string) error {
	return p.checkChange(u, set, func(SchemaAttribute) bool { return true })
}

// Removing is the change that takes attributes away.
func Removing(names []string) map[string]string {
	set := map[string]string{}
	for _, name := range names {
		set[name] = ""
	}
	return set
}

func (p Pool) checkChange(u User, set map[string]string, may func(SchemaAttribute) bool) error {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		attribute, known := p.Attribute(name)
		switch {
		case !known:
			return refuse(InvalidParameter, "schema_update", name, "")
		case !may(attribute):
			return refuse(NotAuthorized, "write_attribute", name, "")
		case !attribute.IsMutable():
			return refuse(InvalidParameter, "immutable", name, "")
		case set[name] == "" && attribute.IsRequired():
			return refuse(InvalidParameter, "required_deleted", name, "")
		}
		if err := p.checkAttribute(attribute, set[name]); err != nil {
			return err
		}
	}
	after := u
	after.SetAttributes(set)
	if err := p.checkReachable(after); err != nil {
		return err
	}
	return checkFlags(after.Attributes)
}

// checkReachable refuses to take the last address or number from an account
// that signs in with it: nobody could any more.
func (p Pool) checkReachable(u User) error {
	if p.SubIsUsername() && len(p.NamesOf(u)) == 0 {
		return refuse(InvalidParameter, "required_deleted", p.UsernameAttributes[0], "")
	}
	return nil
}

// checkAttribute is CheckValue with the rule for a name that is also looked up:
// an alias that people choose has the form of a username.
func (p Pool) checkAttribute(a SchemaAttribute, value string) error {
	if a.Name == "preferred_username" && value != "" && p.Alias(a.Name) {
		if err := p.checkPlainName(a.Name, value); err != nil {
			return err
		}
	}
	return a.CheckValue(value)
}

// checkFlags refuses to call verified what is not there.
func checkFlags(attributes map[string]string) error {
	dangling := func(contact string) bool { return attributes[contact] == "" && attributes[contact+"_verified"] != "" }
	switch {
	case dangling("email"):
		return refuse(InvalidParameter, "email_verify", "email_verified", "")
	case dangling("phone_number"):
		return refuse(InvalidParameter, "phone_verify", "phone_number_verified", "")
	}
	return nil
}

// SetAttributes makes a change that was found good. A blank value takes the
// attribute away. An address or a number that changes is not verified any more,
// unless the change says that it is.
func (u *User) SetAttributes(set map[string]string) {
	next := maps.Clone(u.Attributes)
	if next == nil {
		next = map[string]string{}
	}
	for name, value := range set {
		next[name] = value
	}
	for _, contact := range contacts {
		value, touched := set[contact]
		_, flagged := set[contact+"_verified"]
		switch {
		case !touched || value == u.Attributes[contact]:
		case value == "" && !flagged:
			next[contact+"_verified"] = ""
		case !flagged:
			next[contact+"_verified"] = "false"
		}
	}
	maps.DeleteFunc(next, func(_, value string) bool { return value == "" })
	u.Attributes = next
}

// Surrender is what happens to the account that had a verified alias which now
// belongs to another (Cognito: ForceAliasCreation): it keeps the value, no
// longer verified.
func (u *User) Surrender(alias NameKind) {
	u.SetAttributes(map[string]string{string(alias) + "_verified": "false"})
}

// Forcible says whether a name of the kind can be taken away from the account
// that has it: an alias that somebody else has since proven to be theirs.
func (p Pool) Forcible(kind NameKind) bool {
	return slices.Contains(contacts, string(kind)) && p.Alias(string(kind))
}

// deliverable says whether codes can be sent to the attribute: there is no
// sender of text messages yet.
func deliverable(contact string) bool { return contact == "email" }

// RecoveryContact is the attribute to which a code for a new password goes: the
// first by priority that is verified, or that a new account waits to prove
// (Cognito: AccountRecoverySetting; without it the phone number comes first).
// What is somebody's second factor is no way to the first (Cognito: Passwords,
// account recovery, and password policies). There is none before the first own password: a temporary one, once expired,
// is the operator's to replace.
func (p Pool) RecoveryContact(u User) (attribute string, err error) {
	switch {
	case p.RecoversByOperatorOnly():
		return "", refuse(NotAuthorized, "recovery", "", "")
	case u.Status == ForceChangePassword:
		return "", refuse(NotAuthorized, "reset_state", "", "")
	}
	ways := []RecoveryMechanism{{"verified_phone_number", 1}, {"verified_email", 2}}
	if s := p.AccountRecoverySetting; s != nil && len(s.RecoveryMechanisms) > 0 {
		ways = slices.SortedStableFunc(slices.Values(s.RecoveryMechanisms), func(a, b RecoveryMechanism) int { return a.Priority - b.Priority })
	}
	second := p.SecondFor(u)
	for _, way := range ways {
		contact := strings.TrimPrefix(way.Name, "verified_")
		if contact == "email" && second.Fits(FactorEmail) {
			continue
		}
		proven := u.Attributes[contact+"_verified"] == "true" || u.Status == Unconfirmed && p.VerifiesEmail() // elsewhere an operator confirms, and a code must not
		if deliverable(contact) && u.Attributes[contact] != "" && proven {
			return contact, nil
		}
	}
	return "", refuse(InvalidParameter, "contact", "", "")
}

// CheckReset refuses to take a password out of use where nobody could replace
// it: before there is one of the owner's own, or where no code can be sent
// (Cognito: AdminResetUserPassword).
func (p Pool) CheckReset(u User) error {
	switch {
	case u.Disabled:
		return refuse(NotAuthorized, "disabled", "", "")
	case u.Status != Confirmed && u.Status != ResetRequired:
		return refuse(NotAuthorized, "reset_state", "", "")
	}
	if _, err := p.RecoveryContact(u); err != nil {
		return refuse(InvalidParameter, "contact", "", "")
	}
	return nil
}

// Recovers says whether a mailed code may still set a new password: whether the
// address that it went to is the one that the account is recovered by now.
func (p Pool) Recovers(u User, code MailedCode) bool {
	contact, err := p.RecoveryContact(u)
	return err == nil && contact == code.Attribute && u.Attributes[contact] == code.Value
}
