package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/poolhouse/poolhouse/internal/server"
)

type whyCommand struct {
	ledgerFlags
	Pool string `placeholder:"ID" help:"The user pool; may be left out where there is one."`
	User string `arg:"" help:"Who: what they type to sign in, their username, or their sub."`
}

// Run says in plain words how somebody stands.
func (c whyCommand) Run(s surroundings) error {
	who, err := server.Why(s, c.ledger(s), c.Pool, c.User)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(s.out)
	for _, line := range explain(who, c.User) {
		fmt.Fprintln(out, line)
	}
	return out.Flush()
}

func explain(who server.Standing, typed string) []string {
	var lines []string
	if who.Known {
		u := who.User
		lines = append(lines, fmt.Sprintf("%s is an account of user pool %s: %s, sub %s.", quoted(typed), who.Pool.ID, u.Status, u.Sub))
		for _, h := range who.Hindrances {
			lines = append(lines, "- "+hindrance(h, inShell(typed)))
		}
		if len(who.Hindrances) == 0 {
			lines = append(lines, "Nothing keeps them out now: with the right password they can sign in.")
		}
	} else {
		lines = append(lines, fmt.Sprintf("Nobody in user pool %s signs in as %s. They may have another name, another pool, or no account yet.", who.Pool.ID, quoted(typed)))
	}
	if len(who.Events) == 0 && len(who.Drowned) > 0 {
		lines = append(lines, "Whether anything was tried under this name is not known. It may be among many names that nobody has, which were counted together; the newest first:")
		for _, e := range who.Drowned {
			lines = append(lines, "  "+eventWords(e))
		}
		return lines
	}
	if len(who.Events) == 0 {
		return append(lines, "Nothing was tried under this name, as far as the audit trail goes back.")
	}
	lines = append(lines, "Lately, the newest first:")
	for _, e := range who.Events {
		lines = append(lines, "  "+eventWords(e))
	}
	return lines
}

// hindrance says what is in the way, and what to do.
func hindrance(h server.Hindrance, user string) string {
	until := time.UnixMilli(h.Until).UTC().Format(time.RFC3339)
	texts := map[string]string{
		"locked_out":                 "Locked out after too many wrong passwords, until " + until + ". Wait, or let them reset the password: that ends it.",
		"no_password":                "There is no password. Set one: admin-set-user-password --username " + user + " --password … --permanent.",
		"first_password":             "They came without a password (by an import), and choose one themselves: \"Forgot your password?\" sends them a code.",
		"no_srp_verifier":            "Since they came from another pool SRP does not know their password, right as it is. Let them sign in once on the pages or by USER_PASSWORD_AUTH: then it does.",
		"no_second_factor":           "The pool demands a second factor, and they have none and can set up none. Switch one on that they can have (set-user-pool-mfa-config).",
		"disabled":                   "Disabled by an operator. To let them in: admin-enable-user --username " + user + ".",
		"unconfirmed":                "The e-mail address is not confirmed. They need the code from their mail (resend-confirmation-code sends another), or admin-confirm-sign-up --username " + user + ".",
		"unconfirmed_operator":       "The account is not confirmed, and no code can do that here. Confirm it: admin-confirm-sign-up --username " + user + ".",
		"reset_required":             "An operator asked for a new password. They need the code from their mail (\"Forgot your password?\" sends another).",
		"temporary_password_expired": "The temporary password has expired. Make another: admin-create-user --username " + user + " --message-action RESEND, or admin-set-user-password.",
		"temporary_password":         "They have a temporary password, good until " + until + ": they choose their own when they sign in with it.",
		"no_verified_address":        "They cannot reset their password themselves: no e-mail address is verified. Set email_verified with admin-update-user-attributes, or a password with admin-set-user-password.",
		"recovery_by_operator":       "In this pool only operators reset passwords: admin-set-user-password.",
	}
	if text, ok := texts[string(h.Kind)]; ok {
		return text
	}
	return string(h.Kind)
}

// eventWords is an event on one line: 2026-01-31T08:00:00.000Z  sign_in refused: wrong_password …
func eventWords(e server.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s", moment(e.At), e.Kind)
	if e.Operation != "" {
		b.WriteString(" " + e.Operation)
	}
	fmt.Fprintf(&b, " %s", e.Result)
	if e.Reason != "" {
		fmt.Fprintf(&b, ": %s", e.Reason)
	}
	if e.Feedback != "" {
		fmt.Fprintf(&b, ": %s, by %s", e.Feedback, e.Provider)
	}
	if e.Count > 1 {
		fmt.Fprintf(&b, " (%d times, last %s)", e.Count, moment(e.Last))
	}
	if e.Client != "" {
		b.WriteString(" at app client " + e.Client)
	}
	if e.From.IP != "" {
		b.WriteString(" from " + e.From.IP)
	}
	if name := e.Operator.Name + e.Operator.Key; name != "" {
		fmt.Fprintf(&b, " by operator %s", strings.TrimSpace(e.Operator.Name+" "+e.Operator.Key))
	}
	return clean(b.String())
}

// quoted is what was typed, as a terminal may show it.
func quoted(typed string) string { return `"` + clean(typed) + `"` }

// inShell is what was typed as one word of a command that is copied into a shell,
// which expands nothing in it.
func inShell(typed string) string {
	return "'" + strings.ReplaceAll(clean(typed), "'", `'\''`) + "'"
}

// clean drops what a terminal could take for an order.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}
