package pool

import "time"

// Hindrance is something that keeps the owner of an account from signing in, or
// from helping themselves. Until (ms) is when it ends by itself; 0 is never.
type Hindrance struct {
	Kind  HindranceKind
	Until int64
}

// HindranceKind says what stands in the way.
type HindranceKind string

// What can stand in the way: the whole list, in the order in which it is met.
const (
	HindranceLockedOut        HindranceKind = "locked_out"
	HindranceFirstPassword    HindranceKind = "first_password" // they came without one, and choose it by a code
	HindranceNoPassword       HindranceKind = "no_password"
	HindranceDisabled         HindranceKind = "disabled"
	HindranceConfirmByCode    HindranceKind = "unconfirmed"
	HindranceConfirmOperator  HindranceKind = "unconfirmed_operator" // no code can confirm it
	HindranceReset            HindranceKind = "reset_required"
	HindranceTemporaryExpired HindranceKind = "temporary_password_expired"
	HindranceTemporary        HindranceKind = "temporary_password"  // a new one is to be chosen; Until is when it is too late
	HindranceNoSecond         HindranceKind = "no_second_factor"    // the pool demands one that the account can have none of
	HindranceNoVerifier       HindranceKind = "no_srp_verifier"     // SRP alone is refused: the password must be shown once
	HindranceNoContact        HindranceKind = "no_verified_address" // they cannot reset their password themselves
	HindranceOperatorRecovery HindranceKind = "recovery_by_operator"
)

// Hindrances are what keeps u out at now, in the order in which a sign-in meets
// it, and then what keeps them from a new password.
func (p Pool) Hindrances(u User, l Lockout, now time.Time) []Hindrance {
	var out []Hindrance
	add := func(is bool, kind HindranceKind, until int64) {
		if is {
			out = append(out, Hindrance{kind, until})
		}
	}
	temporary := u.Status == ForceChangePassword
	ends := p.TemporaryUntil(u)
	add(now.UnixMilli() < l.LockedUntil, HindranceLockedOut, l.LockedUntil)
	add(u.NeverHadPassword(), HindranceFirstPassword, 0)
	add(u.Password.Hash == "" && !u.NeverHadPassword(), HindranceNoPassword, 0)
	add(u.Disabled, HindranceDisabled, 0)
	add(u.Status == Unconfirmed && p.ConfirmsByCode(u), HindranceConfirmByCode, 0)
	add(u.Status == Unconfirmed && !p.ConfirmsByCode(u), HindranceConfirmOperator, 0)
	add(u.Status == ResetRequired && !u.NeverHadPassword(), HindranceReset, 0)
	add(temporary && now.UnixMilli() >= ends, HindranceTemporaryExpired, 0)
	add(temporary && now.UnixMilli() < ends, HindranceTemporary, ends)
	add(p.SecondFor(u).Impossible, HindranceNoSecond, 0)
	add(u.Password.Hash != "" && u.Password.SRPVerifier == "", HindranceNoVerifier, 0)
	_, err := p.RecoveryContact(u)
	add(p.RecoversByOperatorOnly(), HindranceOperatorRecovery, 0)
	add(err != nil && !temporary && !p.RecoversByOperatorOnly(), HindranceNoContact, 0)
	return out
}
