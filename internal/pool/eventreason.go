package pool

import (
	"errors"
	"strings"
)

// EventReason says why something was refused, or what it waits for.
type EventReason string

// The reasons: the whole list.
const (
	ReasonPassword     EventReason = "wrong_password"
	ReasonUnknownUser  EventReason = "unknown_user"
	ReasonNoVerifier   EventReason = "no_srp_verifier" // left behind in another pool; the password was not looked at
	ReasonDisabled     EventReason = "disabled"
	ReasonUnconfirmed  EventReason = "unconfirmed"
	ReasonNewPassword  EventReason = "new_password_required"
	ReasonSecond       EventReason = "second_factor_required"
	ReasonSetUp        EventReason = "second_factor_to_set_up"
	ReasonNoSecond     EventReason = "no_second_factor" // the pool demands one, and the account can have none
	ReasonLockedOut    EventReason = "locked_out"
	ReasonCode         EventReason = "wrong_code"
	ReasonCodeExpired  EventReason = "expired_code"
	ReasonTemporary    EventReason = "temporary_password_expired"
	ReasonReset        EventReason = "reset_required"
	ReasonSession      EventReason = "session_invalid"
	ReasonSessionOver  EventReason = "session_expired"
	ReasonSessionUsed  EventReason = "session_used"
	ReasonEnded        EventReason = "session_ended" // by sign-out everywhere, or a change of the account, meanwhile
	ReasonFlow         EventReason = "flow_not_allowed"
	ReasonClientSecret EventReason = "client_secret"
	ReasonPolicy       EventReason = "password_policy"
	ReasonParameter    EventReason = "invalid_parameter"
	ReasonTaken        EventReason = "name_taken"
	ReasonConfirmed    EventReason = "already_confirmed"
	ReasonClosed       EventReason = "sign_up_closed"
	ReasonRecovery     EventReason = "recovery_by_operator"
	ReasonNoContact    EventReason = "no_verified_address"
	ReasonNoCode       EventReason = "no_code_needed" // nothing of the account waits for one
	ReasonLimit        EventReason = "limit_exceeded"
	ReasonBusy         EventReason = "server_busy"
	ReasonCodeUnknown  EventReason = "code_unknown" // an authorization code
	ReasonCodeSpent    EventReason = "code_replayed"
	ReasonCodeLate     EventReason = "code_expired"
	ReasonRedirect     EventReason = "redirect_mismatch"
	ReasonVerifier     EventReason = "verifier_mismatch" // PKCE
	ReasonScope        EventReason = "scope_not_allowed"
	ReasonToken        EventReason = "token_invalid"
	ReasonTokenExpired EventReason = "token_expired"
	ReasonTokenRevoked EventReason = "token_revoked"
	ReasonTokenReused  EventReason = "token_reused"
	ReasonAttribute    EventReason = "attribute_not_allowed"
	ReasonDenied       EventReason = "access_denied"
	ReasonUnknownKey   EventReason = "unknown_key"
	ReasonSignature    EventReason = "signature"
	ReasonFlood        EventReason = "flood" // more refusals than are kept one by one (see [Flood])
	ReasonOther        EventReason = "other"
)

// reasons are the true reasons of refusals that say them, by [Error.Key] or by
// its kind.
func reasons() map[string]EventReason {
	return map[string]EventReason{
		"NotAuthorized.password":          ReasonPassword,
		"NotAuthorized.attempts":          ReasonLockedOut,
		"NotAuthorized.disabled":          ReasonDisabled,
		"NotAuthorized.confirmed":         ReasonConfirmed,
		"NotAuthorized.temporary_expired": ReasonTemporary,
		"NotAuthorized.no_factor":         ReasonNoSecond,
		"EnableSoftwareTokenMFA":          ReasonCode,
		"NotAuthorized.recovery":          ReasonRecovery,
		"NotAuthorized.secret_missing":    ReasonClientSecret,
		"NotAuthorized.secret_hash":       ReasonClientSecret,
		"NotAuthorized.secret_hash_auth":  ReasonClientSecret,
		"NotAuthorized.session":           ReasonSession,
		"NotAuthorized.session_expired":   ReasonSessionOver,
		"NotAuthorized.session_used":      ReasonSessionUsed,
		"NotAuthorized.signup_closed":     ReasonClosed,
		"NotAuthorized.write_attribute":   ReasonAttribute,
		"NotAuthorized.refresh":           ReasonToken,
		"NotAuthorized.refresh_expired":   ReasonTokenExpired,
		"NotAuthorized.refresh_revoked":   ReasonTokenRevoked,
		"RefreshTokenReuse":               ReasonTokenReused,
		"UserNotFound":                    ReasonUnknownUser,
		"UserNotConfirmed":                ReasonUnconfirmed,
		"PasswordResetRequired":           ReasonReset,
		"CodeMismatch":                    ReasonCode,
		"ExpiredCode":                     ReasonCodeExpired,
		"UsernameExists":                  ReasonTaken,
		"AliasExists":                     ReasonTaken,
		"InvalidPassword":                 ReasonPolicy,
		"LimitExceeded":                   ReasonLimit,
		"TooManyRequests":                 ReasonBusy,
		"Unauthorized":                    ReasonClientSecret,
		"InvalidParameter":                ReasonParameter,
		"InvalidParameter.flow":           ReasonFlow,
		"InvalidParameter.flow_other":     ReasonFlow,
		"InvalidParameter.flow_srp":       ReasonFlow,
		"InvalidParameter.flow_custom":    ReasonFlow,
		"InvalidParameter.flow_operation": ReasonFlow,
		"InvalidParameter.custom_trigger": ReasonFlow,
		"InvalidParameter.contact":        ReasonNoContact,
		"InvalidParameter.confirmed":      ReasonConfirmed,
	}
}

// Because is a refusal whose true reason is not the one that the caller is told:
// it is told and compared as err, and goes into the audit trail with reason.
func Because(err error, reason EventReason) error { return &because{err, reason} }

type because struct {
	error
	reason EventReason
}

func (b *because) Unwrap() error { return b.error }

// ReasonOf is the true reason of a refusal; "" for an error that is none.
func ReasonOf(err error) EventReason {
	if b, ok := errors.AsType[*because](err); ok {
		return b.reason
	}
	refusal := AsError(err)
	if refusal == nil {
		return ""
	}
	known := reasons()
	for _, key := range []string{refusal.Key(), refusal.Kind} {
		if reason, ok := known[key]; ok {
			return reason
		}
	}
	return ReasonOther
}

// UnknownSubject says whether a subject is a name that nobody had.
func UnknownSubject(subject string) bool { return strings.HasPrefix(subject, "?") }
