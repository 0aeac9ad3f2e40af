package setup

import (
	"fmt"
	"slices"

	"github.com/poolhouse/poolhouse/internal/pool"
)

// Tools that write templates word text messages for pools that send none, and
// name the phone number as one of the ways to recover an account. Where the
// document refuses that, for no text messages are sent here, a template goes on
// without, and says so.

// aboutTexts are the last names of the members that word text messages.
func aboutTexts() []string {
	return []string{"SmsVerificationMessage", "SmsAuthenticationMessage", "SmsMessage", "SMSMessage"}
}

const noTexts = "left out: no text messages are sent here"

// withoutTexts leaves the recovery by text message out of the pools that have
// another way, as long as such recovery is refused.
func (t *Template) withoutTexts() {
	const byText = "verified_phone_number"
	alone := pool.AccountRecoverySetting{RecoveryMechanisms: []pool.RecoveryMechanism{{Name: byText, Priority: 1}}}
	if (pool.Settings{PoolName: "any", AccountRecoverySetting: &alone}).Check() == nil {
		return
	}
	for i, e := range t.Document.UserPools {
		if e.AccountRecoverySetting == nil || len(e.AccountRecoverySetting.RecoveryMechanisms) < 2 {
			continue
		}
		ways := e.AccountRecoverySetting.RecoveryMechanisms
		at := slices.IndexFunc(ways, func(m pool.RecoveryMechanism) bool { return m.Name == byText })
		if at < 0 {
			continue
		}
		e.AccountRecoverySetting.RecoveryMechanisms = slices.Delete(ways, at, at+1)
		t.Notices = append(t.Notices, t.at(fmt.Sprintf("UserPools.%d.AccountRecoverySetting.RecoveryMechanisms.%d", i, at), noTexts))
	}
}
